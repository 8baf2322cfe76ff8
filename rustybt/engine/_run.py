"""`Run` and `run_algorithm`: open the data, join the steps, run the loop, hand over a Result."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final, Literal, Self

from rustybt.core import Folded, Moment, Phase
from rustybt.engine._after import analysed, going
from rustybt.engine._agenda import NEVER
from rustybt.engine._collector import gc_paused
from rustybt.engine._compat_report import reporting, rerun_for
from rustybt.engine._manifest import manifest_of
from rustybt.engine._market import Market
from rustybt.engine._outcome import result_of
from rustybt.engine._prepared import prepared
from rustybt.engine._progress import progress_for
from rustybt.engine._ruin import ending_at_ruin, warn_of_ruin
from rustybt.engine._run_options import Analyze, Initialize, OnOrder, SameBar, WithData
from rustybt.engine._run_parts import active, bar_at, loop_of, with_arguments_of
from rustybt.engine._watch import WATCHED
from rustybt.errors import InputError, SnapshotError
from rustybt.orders import OrderGate
from rustybt.results import Result

if TYPE_CHECKING:
    from rustybt.engine._snapshot import Snapshot
    from rustybt.strategy import Context, Strategy

ENDED: Final = "This run ended with an error, and can't go on. Begin another one, or restore a snapshot."
DEFAULT_CAPITAL = 10_000_000


def run_algorithm[S: (Decimal, float)](
    start: Any = None,
    end: Any = None,
    initialize: Initialize[S] | None = None,
    capital_base: Any = DEFAULT_CAPITAL,
    handle_data: WithData[S] | None = None,
    before_trading_start: WithData[S] | None = None,
    analyze: Analyze[S] | None = None,
    data_frequency: str | None = None,
    bundle: str | None = None,
    bundle_timestamp: Any = None,
    trading_calendar: Any = None,
    metrics_set: Any = "default",
    benchmark_returns: Any = None,
    default_extension: bool = True,
    extensions: Any = (),
    strict_extensions: bool = True,
    environ: Any = None,
    custom_loader: Any = None,
    blotter: Any = "default",
    *,
    data: Any = None,
    market: Market | None = None,
    strategy: Strategy[S] | type[Strategy[S]] | None = None,
    params: dict[str, Any] | None = None,
    version: str | None = None,
    seed: int = 0,
    benchmark: Any = None,
    emission_rate: Literal["daily", "minute"] = "daily",
    capital_changes: Any = None,
    fill_at: Literal["close", "open"] = "close",
    trigger: Literal["close", "range"] = "close",
    compat: Any = None,
    numbers: Literal["decimal", "float"] = "decimal",
    currency: str | None = None,
    decimals: Any = None,
    progress: Any = None,
    keep_strategy: bool = False,
    on_ruin: Literal["warn", "stop", "raise"] = "warn",
    kernel: Literal["auto", "rust", "python"] = "auto",
    on_order: OnOrder[S] | None = None,
    same_bar: SameBar = "pessimistic",
    touch: Literal["at", "through"] = "at",
    resolve: str | None = None,
) -> Result:
    """Runs a strategy over the bars of a bundle and returns its Result.

    start, end: first and last day, both included: a date, datetime, Timestamp or text like "2024-07-04"; None means the
    first and last day of the data. After its last bar a run goes on to its end over sessions without bars.
    initialize(context, **params), handle_data(context, data), before_trading_start(context, data),
    analyze(context, result): the strategy as functions; or strategy: a Strategy class or object.
    on_order(context, event) is told what happens to the orders, an `OrderEvent` each: with a bar after its fills are
    booked and before handle_data; what a callback does to orders, after it has returned.
    capital_base: cash at the start; int, Decimal, text or float.
    data_frequency: "daily", which is the default, "minute", or the length of a bar from "1ms" to "1mo", such as "5m",
    "1h" or "1w": stored so, or made of shorter bars that are. bundle, version: which data; by default the newest
    version of "sample".
    data: a frame, a mapping of symbols to frames, or a path, instead of a bundle: see `rustybt.load_data`, whose market
    is kept for the next run on the same data. trading_calendar names their calendar where it is neither XNYS nor 24/7.
    market: what `rustybt.load` returned, instead of a bundle: the run reads no bar that was read already.
    trading_calendar: the bundle's own calendar, by name, or None.
    benchmark_returns: a pandas Series by date, a Polars or pandas frame or the path of a CSV or Parquet file with the
    columns date and return; a session that is missing counts as 0. A date may be text, or a moment within the session
    with its time zone, such as its close. In a run on weeks or months the returns of days compound.
    benchmark: an asset instead, by symbol or sid; it can be set in `initialize` too, with set_benchmark, which comes
    first.
    capital_changes: {moment: {"type": "delta" or "target", "value": amount}}: capital that comes or goes before a
    session or, in a minute run, a bar; it is no profit and no return.
    metrics_set: "default", "none", "classic", a name that rustybt.metrics.register knows, or the metrics themselves.
    emission_rate: "minute" calls the metrics' end_of_bar with every bar of a run of minutes.
    blotter: a SimulationBlotter, which is models of slippage and commission and a cancel policy, or the name of one.
    fill_at: orders fill at the next bar's "close" or "open". trigger: limits and stops are tested on that price
    ("close"), or within the bar's "range".
    same_bar: how a bar is read, by range, that does not say in which order its prices came: at its worst, at its best,
    on one path, or in three runs ("interval"); docs/guides/same_bar.md. touch: a limit fills "at" or "through" it.
    resolve: shorter bars of the same data, such as "1m", that say in which order the prices of a bar came, before
    same_bar decides.
    bundle_timestamp: the data as they were then, where no version is named.
    extensions: Python files and modules to execute before the run, after extension.py in the catalog's folder, which
    default_extension=False leaves out; strict_extensions=False goes on where one fails. environ: where RUSTYBT_ROOT is
    looked up.
    compat: "zipline" reproduces Zipline where RustyBT differs on purpose; see `Compat`.
    numbers: "decimal" gives a strategy exact scalars, "float" gives floats and NaN. The books are exact in both.
    currency: of capital and of the portfolio's value, where the bundle's assets trade in several; assets of the others
    can be ordered where the bundle has the pair of the two, and their money is kept in their currency.
    decimals: fills at the tick, by class of assets or by asset: a `DecimalConfig`, its mapping, such as
    {"equity": {"rounding": "half_even"}}, or the path of a TOML, JSON or YAML file of it.
    seed: of context.rng. progress: True, False, a bar such as tqdm's, a function(done, sessions), or None: shown on a
    terminal and in a notebook, where the run takes longer than half a second.
    keep_strategy: whether the result keeps the strategy and all arguments alive, for `Result.compat_report`; without it
    they serve the report for as long as the caller keeps them.
    on_ruin: what happens at the close of the first session after which the account is worth less than nothing, or has
    lost all it had: "warn" goes on, with a warning and a note, "stop" ends the run, "raise" raises AccountRuined.
    kernel: what computes: "rust", "python", or "auto", which is what the variable RUSTYBT_KERNELS says, else Rust where
    it is there. Both give the same result; its manifest names the one that made it.
    custom_loader: of pipelines, which a later version brings; until then it raises NotYetAvailable.
    Raises BundleNotFound, NoData, CurrencyMismatch, InputError, KernelError, and whatever the strategy raises.

    >>> from rustybt import run_algorithm
    >>> from rustybt.api import order_target_percent, symbol
    >>> def initialize(context, share):
    ...     context.asset, context.share = symbol("AAPL"), share
    >>> def handle_data(context, data):
    ...     order_target_percent(context.asset, context.share)
    >>> result = run_algorithm(
    ...     "2010-01-04", "2010-03-31", initialize, 100_000, handle_data, benchmark="IBM", params={"share": "0.9"}
    ... )
    >>> result.daily["portfolio_value"][-1]
    Decimal('108631.57783550000000000000')
    """
    with Folded():
        given = dict(locals())
        if same_bar == "interval":
            from rustybt.engine._interval import interval_run

            return interval_run(Run._of, given)
        return Run._of(given).finish()


class Run:
    """A backtest under way, which can be stopped at any of its moments and gone on with.

    It takes the arguments of `run_algorithm`, which is a Run that is finished. Where it is there, `initialize` has been
    called, and no session was begun. What the strategy raises is raised here; a run that raised can't go on.

    >>> from rustybt import Run
    >>> from rustybt.api import order, symbol
    >>> def handle_data(context, data):
    ...     order(symbol("AAPL"), 1)
    >>> run = Run("2010-01-04", "2010-01-06", handle_data=handle_data)
    >>> [run.step().phase.name for _ in range(3)]
    ['OPEN', 'MARKET', 'CLOSE']
    >>> run.until("2010-01-05").when.isoformat()
    '2010-01-05T21:00:00+00:00'
    >>> [position.amount for position in run.context.portfolio.positions.values()]
    [Decimal('1')]
    >>> run.finish().orders.height, run.over
    (3, True)
    """

    __slots__ = ("_failed", "_late", "_loop", "_moving", "_parts", "_result")

    @with_arguments_of(run_algorithm)
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        bound = inspect.signature(run_algorithm).bind(*args, **kwargs)
        bound.apply_defaults()
        self._begin(bound.arguments)

    @classmethod
    def _of(cls, given: dict[str, Any], snapshot: Snapshot | None = None) -> Self:
        """A run of all arguments by name. snapshot: what it goes on from."""
        run = cls.__new__(cls)
        run._begin(given, snapshot)
        return run

    def _begin(self, given: dict[str, Any], snapshot: Snapshot | None = None) -> None:
        self._late: BaseException | None = None
        self._result: Result | None = None
        self._failed = self._moving = False
        parts = self._parts = prepared(given)
        with active(self._parts.context):
            self._loop = loop_of(parts, snapshot)
            self._loop.ends = ending_at_ruin(given["on_ruin"], parts.run.account, self._loop.recorder)
        if (watch := WATCHED.get()) is not None:
            self._loop.agenda.every(Phase.CLOSE, watch.after_bar)

    @property
    def context(self) -> Context[Any]:
        """The `context` of the strategy: its portfolio, and what the strategy keeps there."""
        return self._parts.context

    @property
    def gate(self) -> OrderGate:
        """Places orders at the moment, for whoever is not the strategy: they fill from the next bar on.

        Not between the opening of a session and its first bar: OrderInBeforeTradingStart. After the close before it,
        an order is eligible with that bar.
        """
        return self._parts.gate

    @property
    def moment(self) -> Moment | None:
        """The last opening, bar or close that the run went through; None before its first one."""
        return self._loop.moment

    @property
    def upcoming(self) -> Moment | None:
        """The moment that the next `step` goes through; None where the run is over."""
        return None if self._loop.over else self._loop.upcoming()

    @property
    def manifest(self) -> dict[str, Any]:
        """The origin of the run, as the manifest of its result has it: data, strategy, parameters, models."""
        return manifest_of(self._parts)

    @property
    def over(self) -> bool:
        """Whether no moment is left."""
        return self._loop.over

    def step(self) -> Moment | None:
        """Goes through the next moment: the opening of a session, a bar, its close. Returns it; None after the last.

        >>> run = Run("2010-01-04", "2010-01-05", handle_data=lambda context, data: None)
        >>> while moment := run.step():
        ...     print(moment.phase.name, moment.when)
        OPEN 2010-01-04 13:45:00+00:00
        MARKET 2010-01-04 21:00:00+00:00
        CLOSE 2010-01-04 21:00:00+00:00
        OPEN 2010-01-05 13:45:00+00:00
        MARKET 2010-01-05 21:00:00+00:00
        CLOSE 2010-01-05 21:00:00+00:00
        """
        with active(self._parts.context):
            return self._go(self._loop.step)

    def until(self, stamp: Any) -> Moment | None:
        """Goes through all moments up to one, which is included. Returns the last one; None where there was none yet.

        stamp: a datetime, a Timestamp, text, or ns UTC; without a time zone it is UTC. A date, or midnight, means the
        close of the session of that day, or of the last one before it.

        >>> run = Run("2010-01-04", "2010-01-29", handle_data=lambda context, data: None)
        >>> run.until("2010-01-15").when.date()
        datetime.date(2010, 1, 15)
        """
        stop = bar_at(self._parts.run.market.axis, stamp)
        with active(self._parts.context), gc_paused():
            self._advance(stop)
        return self.moment

    def finish(self) -> Result:
        """Goes to the end, and returns what `run_algorithm` returns. Called again, it returns the same result.

        >>> run = Run("2010-01-04", "2010-01-29", handle_data=lambda context, data: None)
        >>> run.finish().daily.height
        19
        """
        return self._finish()

    def _finish(self, complete: Callable[[Result], None] | None = None, *, analyze: bool = True) -> Result:
        """`finish`. complete: is given the result before the strategy's analyze is. analyze: whether that is called."""
        if self._result is not None:
            return self._result
        parts, loop = self._parts, self._loop
        given, run = parts.given, parts.run
        with active(self._parts.context):
            with gc_paused():
                self._advance(NEVER)
                run.phase.phase = "analyze"
                rerun = reporting(rerun_for(run_algorithm, dict(given), given["keep_strategy"]))
                result = self._result = result_of(parts, loop, rerun)
            if complete is not None:
                complete(result)
            ruin = () if parts.compat.figures_below_zero else result.notes  # Zipline says nothing of it
            warned = loop.copies.warn_of_changes, functools.partial(warn_of_ruin, ruin)
            return analysed(result, parts.callbacks.analyze if analyze else None, parts.context, self._late, warned)

    def snapshot(self) -> Snapshot:
        """The run as it is, to be gone on with by `restore`: here, in another process, with the other kernel.

        What the strategy keeps on `context` and on itself is pickled, and so are models, controls, metrics and
        scheduled functions. What stands in global variables and in the variables of outer functions is not saved.
        Raises SnapshotError naming what can't be saved, or where a moment is under way.

        >>> run = Run("2010-01-04", "2010-01-08", handle_data=lambda context, data: None)
        >>> _ = run.until("2010-01-05")
        >>> run.snapshot().moment.when.isoformat()
        '2010-01-05T21:00:00+00:00'
        """
        from rustybt.engine._snapshot import taken

        self._check_goes_on()
        return taken(self._parts, self._loop)

    @classmethod
    def restore[S: (Decimal, float)](
        cls,
        snapshot: Snapshot,
        *,
        strategy: Strategy[S] | type[Strategy[S]] | None = None,
        initialize: Initialize[S] | None = None,
        handle_data: WithData[S] | None = None,
        before_trading_start: WithData[S] | None = None,
        analyze: Analyze[S] | None = None,
        on_order: OnOrder[S] | None = None,
        market: Market | None = None,
        kernel: Literal["auto", "rust", "python"] = "auto",
        progress: Any = None,
    ) -> Self:
        """A run that goes on where a snapshot was taken, with the same result as if it had never stopped.

        strategy, or the functions: those of the run. `initialize` is not called again, and a Strategy gets the
        attributes that it had. market: what `rustybt.load` returned of the snapshot's version, so that no bar is read
        again; else the version is looked up in the catalog. All other arguments are those of the run.
        Only restore what you trust: a snapshot holds pickles, and whoever made it can execute code here.
        Raises SnapshotMismatch for other data and for another strategy, and what `run_algorithm` raises.

        >>> def handle_data(context, data):
        ...     context.order_target(context.symbol("IBM"), 10)
        >>> run = Run("2010-01-04", "2010-01-08", handle_data=handle_data)
        >>> _ = run.until("2010-01-05")
        >>> later = Run.restore(run.snapshot(), handle_data=handle_data)
        >>> later.finish().ledger_hash == run.finish().ledger_hash
        True
        """
        from rustybt.engine._snapshot import CALLBACKS, arguments_of

        made = strategy() if inspect.isclass(strategy) else strategy
        callbacks = (made, initialize, handle_data, before_trading_start, analyze, on_order)
        given: dict[str, Any] = dict(zip(CALLBACKS, callbacks, strict=True))
        given |= {"kernel": kernel, "progress": progress, "environ": None, "keep_strategy": False}
        return cls._of(arguments_of(snapshot, given, market), snapshot)

    def fork(self) -> Run:
        """Another run that goes on from here, independently, on the same market data.

        What the strategy keeps is copied as a snapshot does it; functions and classes are shared, whatever they are.
        Raises SnapshotError naming what can't be copied, or where a moment is under way.

        >>> run = Run("2010-01-04", "2010-01-08", handle_data=lambda context, data: None)
        >>> fork = run.fork()
        >>> fork.finish().ledger_hash == run.finish().ledger_hash
        True
        """
        from rustybt.engine._snapshot import arguments_of, taken

        self._check_goes_on()
        parts, kept = self._parts, ("kernel", "progress", "environ", "keep_strategy")
        given = parts.callbacks.apart(parts.given["strategy"]) | {name: parts.given[name] for name in kept}
        snapshot = taken(parts, self._loop, fork=True)
        return Run._of(arguments_of(snapshot, given, parts.market), snapshot)

    def _check_goes_on(self) -> None:
        if self._moving:
            raise SnapshotError("A snapshot was asked for within a moment. Take it between two steps of the run.")
        if self._failed:
            raise InputError(ENDED)

    def _advance(self, stop: int) -> None:
        parts, loop = self._parts, self._loop
        with progress_for(parts.given["progress"], parts.run.market.axis.sessions, parts.callbacks.name) as bar:
            loop.on_session = bar.advance
            self._go(functools.partial(loop.go, stop))
            loop.on_session = None

    def _go[T](self, move: Callable[[], T]) -> T | None:
        if self._moving:
            raise InputError(
                "The run was moved from within one of its moments. Move it between two of them, or a fork."
            )
        if self._failed:
            raise InputError(ENDED)
        self._failed = self._moving = True
        try:
            found, self._late = going(self._loop, move, self._late)
        finally:
            self._moving = False
        self._failed = False
        return found
