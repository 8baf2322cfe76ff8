"""`run_algorithm`: opens the data, joins the steps, runs the loop, hands over a Result."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from rustybt._kernels import whole_steps
from rustybt.core import (
    MONEY_SCALE,
    Notes,
    as_decimal_config,
    check_money,
    check_process,
    exact_number,
    frequency_named,
    to_scale,
)
from rustybt.engine._after import analysed, run_to_the_end
from rustybt.engine._benchmark import benchmark_of
from rustybt.engine._collector import undisturbed
from rustybt.engine._compat import compat_named
from rustybt.engine._compat_report import again_for, reporting
from rustybt.engine._currency import currency_of
from rustybt.engine._data import named_extensions
from rustybt.engine._extensions import load_extensions
from rustybt.engine._functions import functions_of, params_of
from rustybt.engine._hooks import hooks_for
from rustybt.engine._load import FREQUENCIES, market_of
from rustybt.engine._market import Market, axis_of, tracks_on
from rustybt.engine._memory import keep_freed_memory
from rustybt.engine._outcome import result_of
from rustybt.engine._progress import progress_for
from rustybt.engine._ruin import check_on_ruin, ending_at_ruin, warn_of_ruin
from rustybt.engine._setup import desk_of, initialised
from rustybt.errors import InputError, NotYetAvailable
from rustybt.execution import blotter_named
from rustybt.metrics import metrics_of
from rustybt.results import Result
from rustybt.strategy import TradingAlgorithm, activate, deactivate
from rustybt.view import MarketView

DEFAULT_CAPITAL = 10_000_000
type Function = Callable[..., Any]


def run_algorithm(
    start: Any = None,
    end: Any = None,
    initialize: Function | None = None,
    capital_base: Any = DEFAULT_CAPITAL,
    handle_data: Function | None = None,
    before_trading_start: Function | None = None,
    analyze: Function | None = None,
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
    market: Market | None = None,
    strategy: Any = None,
    params: dict[str, Any] | None = None,
    version: str | None = None,
    seed: int = 0,
    benchmark: Any = None,
    emission_rate: str = "daily",
    capital_changes: Any = None,
    fill_at: str = "close",
    trigger: str = "close",
    compat: Any = None,
    numbers: str = "decimal",
    currency: str | None = None,
    decimals: Any = None,
    progress: Any = None,
    keep_strategy: bool = False,
    on_ruin: str = "warn",
) -> Result:
    """Runs a strategy over the bars of a bundle and returns its Result.

    start, end: first and last day, both included: a date, datetime, Timestamp or text like "2024-07-04"; None means the
    first and last day of the data. After its last bar a run goes on to its end over sessions without bars.
    initialize(context, **params), handle_data(context, data), before_trading_start(context, data),
    analyze(context, result): the strategy as functions; or strategy: a Strategy class or object.
    capital_base: cash at the start; int, Decimal, text or float.
    data_frequency: "daily", which is the default, "minute", or the length of a bar from "1ms" to "1mo", such as "5m",
    "1h" or "1w": stored so, or made of shorter bars that are. bundle, version: which data; by default the newest
    version of "sample".
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
    seed: of context.rng. progress: True, False, a function(done, sessions), or None for a bar on terminals only.
    keep_strategy: whether the result keeps the strategy and all arguments alive, for `Result.compat_report`; without it
    they serve the report for as long as the caller keeps them.
    on_ruin: what happens at the close of the first session after which the account is worth less than nothing, or has
    lost all it had: "warn" goes on, with a warning and a note, "stop" ends the run, "raise" raises AccountRuined.
    The other parameters are Zipline's; what a later version brings raises NotYetAvailable when it is used.
    Raises BundleNotFound, NoData, CurrencyMismatch, InputError, and whatever the strategy raises.
    """
    settings = dict(locals())
    check_process()
    _refuse_later(
        custom_loader=(custom_loader, None),
    )
    _check_kinds(emission_rate=(emission_rate, str), seed=(seed, int))
    params = params_of(params)
    if fill_at not in ("close", "open") or trigger not in ("close", "range"):
        raise InputError(f"fill_at={fill_at!r}, trigger={trigger!r}: choose 'close' or 'open', and 'close' or 'range'.")
    check_on_ruin(on_ruin)
    metrics, precision = metrics_of(metrics_set), as_decimal_config(decimals)
    functions = functions_of(strategy, initialize, handle_data, before_trading_start, analyze)
    kind = compat_named(compat)
    if environ is not None and not isinstance(environ, Mapping):
        raise InputError(f"environ={environ!r}: give a dict like os.environ, or nothing.")
    keep_freed_memory()

    def load_named(root: Path) -> None:
        load_extensions(named_extensions(default_extension, extensions, root), strict_extensions)

    market = market_of(market, data_frequency, bundle, version, bundle_timestamp, environ, load_named)
    if emission_rate not in FREQUENCIES or (emission_rate == "minute" and frequency_named(market.length).by_session):
        raise InputError(f"emission_rate={emission_rate!r}: choose 'daily', or 'minute' in a run of minutes.")
    data, notes = market.data, Notes()
    axis = axis_of(market, start, end, trading_calendar, notes)
    capital = check_money(to_scale(exact_number(capital_base, "capital_base"), MONEY_SCALE))
    if capital <= 0:
        raise InputError(f"capital_base={capital_base!r}: give an amount above zero.")
    money = currency_of(data, currency, kind)
    models = blotter_named(blotter)
    view = MarketView(tracks_on(market, axis, kind))
    desk = desk_of(view, market.data_frequency, capital, kind, numbers, seed, models, money, currency, notes)
    context = TradingAlgorithm(desk, whole_steps)
    token = activate(context)
    try:
        loop = initialised(
            desk, context, functions, params, kind, fill_at, trigger, capital_changes, precision, metrics
        )
        loop.recorder.benchmark = benchmark_of(desk, context, benchmark, benchmark_returns)
        loop.hooks = hooks_for(loop.copies.metrics, desk, loop.recorder, emission_rate)
        loop.ends = ending_at_ruin(on_ruin, desk, loop.recorder)
        with undisturbed():
            with progress_for(progress, axis.sessions, functions.name) as bar:
                late = run_to_the_end(loop, bar)
            desk.phase = "analyze"
            again = reporting(again_for(run_algorithm, settings, keep_strategy))
            result = result_of(desk, loop, functions, params, kind, fill_at, trigger, data, metrics, again)
        ruin = () if kind.figures_below_zero else result.notes  # Zipline says nothing of it
        warned = loop.copies.warn_of_changes, functools.partial(warn_of_ruin, ruin)
        return analysed(result, functions.analyze, context, late, warned)
    except TypeError as error:
        _explain(error)
        raise
    finally:
        deactivate(token)


def _check_kinds(**parameters: tuple[Any, type]) -> None:
    for name, (value, kind) in parameters.items():
        if not isinstance(value, kind) or isinstance(value, bool) or (isinstance(value, int) and value < 0):
            wanted = "text" if kind is str else "a whole number, 0 or more"
            raise InputError(f"{name}={value!r}: give {wanted}.")


def _refuse_later(**parameters: tuple[Any, Any]) -> None:
    for name, (value, default) in parameters.items():
        if value is not default and not (isinstance(value, str | tuple | bool) and value == default):
            raise NotYetAvailable(f"run_algorithm({name}=...) comes with a later version. Leave it out.")


def _explain(error: TypeError) -> None:
    if "decimal.Decimal" in str(error) and "float" in str(error):
        error.add_note(
            "Scalars of a run are exact Decimals: write Decimal('0.5') or a whole number instead of 0.5, or take "
            "float(x). run_algorithm(numbers='float') gives floats instead; the books stay exact."
        )
    if "Decimal without precision/scale" in str(error):
        error.add_note(
            "Polars takes assets apart into their fields. Give a list of them; where it has to be a Series, make it "
            "with pl.Series(assets, dtype=pl.Object)."
        )
