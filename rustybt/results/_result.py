"""The result of a run."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import polars as pl

from rustybt.core import Note, check_process
from rustybt.errors import LookupFailed
from rustybt.results._asked import Asked
from rustybt.results._costs import Costs, no_costs
from rustybt.results._exported import Exported
from rustybt.results._floats import as_floats
from rustybt.results._frame import FRAMES, Frame
from rustybt.results._interval import Interval
from rustybt.results._lacking import AMBIGUOUS, CONVERSIONS, whole
from rustybt.results._later import Later, LooksBack, gone, looking_back
from rustybt.results._ledger_hash import LEDGER_HASH_VERSION, ledger_hash
from rustybt.results._looked_at import LookedAt
from rustybt.results._pictured import Pictured
from rustybt.results._reported import Reported
from rustybt.results._store import load_frames, save_frames
from rustybt.results._text import html_of, table_of, text_of
from rustybt.results._traded import Traded

if TYPE_CHECKING:
    from rustybt.core import Explanation
    from rustybt.diagnostics import Diagnostics
    from rustybt.metrics import Figures
    from rustybt.results._compat_report import CompatReport


# Money has 20 decimals; a frame that is printed shows those that say something. The values stay what they are.
pl.Config.set_trim_decimal_zeros(True)

INNER: Final = frozenset(
    {
        *("compared", "cost_rows", "first_figures", "has_costs", "looks_back"),
        *("run_bars", "tell_when_saved", "written_report"),
    }
)
"""Attributes of a result for other steps."""


class Result(Asked, Traded, LookedAt, Pictured, Reported, Exported):
    """The books, the daily rows and the figures of one run.

    daily: one row a session; money Decimal(38, 20), ratios and statistics Decimal(38, 18), Zipline's column names.
    orders, order_events: what was asked for and what happened to it, with reasons.
    transactions, positions: what was filled; what was held at each close.
    recorded: `record()`ed names, one column each; a last value persists.
    measures: what metrics of the user's own wrote, one column each; without any it has no rows.
    entries: the ledger, append-only; cash and quantities are sums over it.
    ambiguous: bars that did not say in which order their prices came, where that mattered: when, which orders, and what
    their fills are worth at the close, in the asset's currency, at the `worst` and the `best`; `at_stake` lies between.
    `shorter_bars`: with resolve=, whether bars within it "decide", are "ambiguous", "differ" or are "missing".
    interval: with same_bar="interval" the results of all three runs, `low`, `base` and `high`; else None.
    assets: the assets that the run looked up, a row each, with all of their fields.
    costs: what was paid for spread, slippage, impact, fees and carrying, per fill, order, session and in total.
    cash_by_currency: the cash at each close, a column for each currency. conversions: what was asked for of
    `convert_currency`, and what became of it.
    periods: sessions per year that the statistics are annualised with.
    notes: what the run tells besides, such as that no order was placed; printed with the result.

    Money is in the run's currency; prices, cost basis and commission are in the asset's, entries in that of their line.
    A frame is made when it is first looked at, of what the run left; the result holds neither the strategy nor the
    market. frames: by name. `daily` may come with or without the statistics' columns; in a dict of frames they are
    added where they are absent.

    >>> from rustybt import run
    >>> from rustybt.api import order_target_percent, symbol
    >>> def handle_data(context, data):
    ...     order_target_percent(symbol("AAPL"), 1)
    >>> result = run(handle_data, start="2010-01-04", end="2010-12-31")
    >>> result.metrics["sharpe"], result.metrics["max_drawdown"]
    (Decimal('1.660766384535467369'), Decimal('-0.129291266461747745'))
    >>> result.daily.select("session", "portfolio_value").rows()[-1]
    (datetime.date(2010, 12, 31), Decimal('150469.53527000000000000000'))
    """

    __slots__ = (
        "_costs",
        "_diagnostics",
        "_explains",
        "_first_figures",
        "_floats",
        "_frames",
        "_hash",
        "_held",
        "_manifest",
        "_metrics",
        "_on_save",
        "_report",
        "_rerun",
        "compared",
        "interval",
        "notes",
        "periods",
    )

    daily = Frame["Result"]()
    orders = Frame["Result"]()
    order_events = Frame["Result"]()
    transactions = Frame["Result"]()
    positions = Frame["Result"]()
    recorded = Frame["Result"]()
    measures = Frame["Result"](lambda _: pl.DataFrame(schema={"session": pl.Date()}))
    entries = Frame["Result"]()
    assets = Frame["Result"]()
    cost_rows = Frame["Result"](no_costs)
    ambiguous = Frame["Result"](lambda _: pl.DataFrame(schema=AMBIGUOUS))
    cash_by_currency = Frame["Result"](lambda result: result._ending_cash())
    conversions = Frame["Result"](lambda _: pl.DataFrame(schema=CONVERSIONS))

    def __init__(
        self,
        frames: Mapping[str, pl.DataFrame],
        *,
        manifest: dict[str, Any],
        periods: int,
        report: dict[str, Any] | None = None,
        notes: Iterable[Note] = (),
        rerun: Callable[[Result, Iterable[str] | None], CompatReport] | None = None,
        explains: LooksBack | None = None,
    ) -> None:
        self._frames = whole(frames, periods) if isinstance(frames, dict) else frames
        self.periods = periods
        self.notes = tuple(notes)
        self.interval: Interval | None = None
        self.compared: CompatReport | None = None
        self._report = dict(report or {})
        self._rerun = rerun
        self._explains = explains
        self._manifest = dict(manifest)
        self._metrics: Figures | None = None
        self._first_figures: Figures | None = None
        self._costs: Costs | None = None
        self._diagnostics: Diagnostics | None = None
        self._held: pl.DataFrame | None = None
        self._floats: pl.DataFrame | None = None
        self._hash: str | None = None
        self._on_save: Callable[[Path, dict[str, Any]], None] | None = None

    @property
    def metrics(self) -> Figures:
        """The figures: those of `rustybt.metrics.summary`, then those of `rustybt.metrics.table` that it has not, by
        the same names; last `orders` and `transactions` (how many) and `commission` (money)."""
        if self._metrics is None:
            from rustybt.results._figures import all_figures

            self._metrics = all_figures(self)
        return self._metrics

    @property
    def first_figures(self) -> Figures:
        """Those of `metrics` that every result is shown and saved with: all but those of `rustybt.metrics.table`."""
        if self._first_figures is None:
            from rustybt.results._figures import first_figures

            self._first_figures = first_figures(self)
        return self._first_figures

    @property
    def costs(self) -> Costs:
        """The costs of the run: `by_kind`, `daily`, `orders` and `fills` are frames, `total`, `gross` and `net` money.

        Raises ResultError for a result that was saved by a version without costs.

        >>> from rustybt import run
        >>> def handle_data(context, data):
        ...     context.order_target(context.symbol("IBM"), 100)
        >>> result = run(handle_data, start="2010-01-04", end="2010-01-29")
        >>> result.costs
        slippage                6.54
        commission              0.10
        total                   6.64
        profit before costs  -846.00
        profit               -852.64
        """
        if self._costs is None:
            check_process()
            self._costs = Costs(self.cost_rows, self.transactions, self.daily)
        return self._costs

    @property
    def has_costs(self) -> bool:
        """Whether it knows what the run cost: not where a version without costs saved it."""
        return "cost_rows" in self._frames

    @property
    def looks_back(self) -> LooksBack | None:
        """What knows the market of the run."""
        return self._explains

    @property
    def daily_float(self) -> pl.DataFrame:
        """`daily` with floats in the place of Decimals, the nearest to each: for NumPy, charts and other libraries,
        where `np.log` and `cum_prod` take no Decimal. The books are `daily`; nothing is computed from this.
        """
        if self._floats is None:
            self._floats = as_floats(self.daily)
        return self._floats

    def _ending_cash(self) -> pl.DataFrame:
        """The cash at each close of a run in one currency."""
        check_process()
        name = str(self._manifest.get("currency") or "USD")
        return self.daily.select("session", pl.col("ending_cash").alias(name))

    @property
    def risk_report(self) -> dict[str, Any]:
        """The metrics' report at the end: with `metrics_set="classic"` the figures over every 1, 3, 6 and 12 months
        (`rustybt.metrics.risk_report`), and whatever metrics of the user's own wrote in end_of_simulation."""
        check_process()
        classic = "ClassicRiskReport" in self._manifest.get("metrics", ())
        if not classic:
            return dict(self._report)
        from rustybt.metrics import risk_report

        return risk_report(self.daily, periods=self.periods) | self._report

    @property
    def written_report(self) -> dict[str, Any]:
        """The writings of the user's own metrics in end_of_simulation; text where JSON has no form once it is saved."""
        return self._report

    @property
    def ledger_hash(self) -> str:
        """SHA-256 over the entries and order events; equal for equal books. Computed when first asked for."""
        if self._hash is None:
            check_process()
            self._hash = ledger_hash(self.entries, self.order_events, self.orders, self.assets)
        return self._hash

    @property
    def manifest(self) -> dict[str, Any]:
        """The origin of the run: version, data and its hash, strategy, parameters, seed, kernel; its ledger hash.

        A caller may add to it before `save()`.
        """
        if "ledger_hash" not in self._manifest:
            self._manifest["ledger_hash"] = self.ledger_hash
            self._manifest["ledger_hash_version"] = LEDGER_HASH_VERSION
        return self._manifest

    def compat_report(self, rows: Iterable[str] | None = None) -> CompatReport:
        """The rows of `Compat` that would have changed this result. Runs the strategy once more for each row.

        rows: the names of some rows; by default all of them, and a last line for all at once.
        A result does not keep its strategy and arguments alive, unless it comes of run_algorithm(keep_strategy=True).
        Returns a report that shows itself; `.rows` are the names, `.lines` is a frame; it is saved with the result.
        Raises InputError where a loaded result has none of these rows, where the strategy or an argument is gone, and
        for a strategy that does not repeat itself.

        >>> from rustybt import run
        >>> def handle_data(context, data):
        ...     context.order_target(context.symbol("AAPL"), 10)
        >>> result = run(handle_data, start="2010-01-04", end="2010-02-26")
        >>> result.compat_report(["year_of_252", "split_in_cents"]).rows
        []
        """
        if self._rerun is None:
            from rustybt.results._compat_report import kept_report

            return kept_report(self.compared, rows)
        found = self._rerun(self, rows)
        self.compared = found if self.compared is None else found.beside(self.compared)
        return found

    def explain(self, order_id: str) -> Explanation:
        """The history of an order, bar by bar, and why it filled or did not: printed as sentences, `.frame` as data.

        It is reckoned now, of the events and the bars that the run read, which are opened again: of a loaded result
        too, as long as a catalog has its version.
        Raises InputError for an unknown id, ResultError where the bars are not at hand.

        >>> from rustybt import run
        >>> from rustybt.api import order, symbol
        >>> def handle_data(context, data):
        ...     if not context.get_open_orders():
        ...         order(symbol("IBM"), 9, stop_price=140)
        >>> print(run(handle_data, start="2010-01-04", end="2010-01-05").explain("main-1"))
        main-1 IBM, stop order
        2010-01-04 21:00 accepted: buy 9, stop 140
        2010-01-05 21:00 the close was 130.85, the stop is 140: not reached
        """
        back = looking_back(self)
        try:
            return back(self, order_id)
        except LookupFailed as error:
            raise gone(error) from error

    def __getstate__(self) -> tuple[None, dict[str, Any]]:
        # a strategy need not be picklable, its result is
        later = None if self._explains is None else Later(self._explains.saved(), self._manifest.get("compat", {}))
        own = {"_rerun": None, "_explains": later, "_floats": None, "_costs": None, "_frames": dict(self._frames)}
        return None, {name: getattr(self, name) for name in self.__slots__} | own

    def frames(self) -> dict[str, pl.DataFrame]:
        """All frames, by name; those of currencies where the run had several.

        >>> from rustybt import run
        >>> result = run(lambda context, data: None, start="2010-01-04", end="2010-01-05")
        >>> {name: frame.height for name, frame in result.frames().items() if frame.height}
        {'daily': 2, 'entries': 1}
        """
        return {name: self._frames[name] for name in FRAMES if name in self._frames}

    def save(self, path: Path | str | None = None, *, overwrite: bool = False) -> Path:
        """Writes the result as a folder: a Parquet file per frame, and result.json. All of it appears, or nothing.

        path: the folder; by default runs/<strategy>-<UTC time>-<hash> in RUSTYBT_ROOT or the user's data folder.
        overwrite: replace a result that is there already. A folder that holds anything else is never replaced.
        Returns the folder. Raises ResultExists, and InputError where the manifest holds what JSON can't.
        A recorded column of Python objects is written as their text.

        >>> import pathlib, tempfile
        >>> from rustybt import run
        >>> result = run(lambda context, data: None, start="2010-01-04", end="2010-01-05")
        >>> result.save(pathlib.Path(tempfile.mkdtemp()) / "idle").name
        'idle'
        """
        place = save_frames(self, None if path is None else Path(path), overwrite=overwrite)
        if self._on_save is not None:
            self._on_save(place, self.manifest)
        return place

    def tell_when_saved(self, listener: Callable[[Path, dict[str, Any]], None]) -> None:
        """Calls listener(folder, manifest) after each `save`: the catalog notes which data the run used."""
        self._on_save = listener

    @classmethod
    def load(cls, path: Path | str) -> Result:
        """The result that was saved, to the last digit.

        path: its folder, or as `rustybt runs` take it: the name of one in `runs` of RUSTYBT_ROOT or the user's data
        folder, how that begins, or "latest".
        Raises ResultNotFound, and ResultCorrupt where a file is not what was saved.

        >>> import tempfile
        >>> from rustybt import Result, run
        >>> result = run(lambda context, data: None, start="2010-01-04", end="2010-01-05")
        >>> Result.load(result.save(tempfile.mkdtemp())).ledger_hash == result.ledger_hash
        True
        """
        folder = Path(path).expanduser()
        if not folder.exists() and str(path) == folder.name:
            from rustybt.results._saved import run_named, saved_runs

            folder = run_named(folder.name, saved_runs()[0]).path
        frames, own, saved, page = load_frames(folder)
        later = None if saved is None else Later(saved, own["manifest"].get("compat", {}))
        result = cls(frames, explains=later, **own)
        if "interval" in page:
            low, high = (cls.load(folder / part) for part in page["interval"])
            result.interval = Interval(low, result, high)
        if "compat_report" in page:
            from rustybt.results._compat_report import CompatReport

            result.compared = CompatReport.of_page(page["compat_report"])
        return result

    def __dir__(self) -> list[str]:
        return [name for name in super().__dir__() if not name.startswith("_") and name not in INNER]

    def __repr__(self) -> str:
        return text_of(self)

    def __str__(self) -> str:
        return table_of(self)

    def _repr_html_(self) -> str:
        return html_of(self)
