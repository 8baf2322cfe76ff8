"""`run_algorithm`: opens the data, joins the steps, runs the loop, hands over a Result."""

from __future__ import annotations

import hashlib
import inspect
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from rustybt import _version
from rustybt._kernels import Books, kernel_in_use, whole_steps
from rustybt.catalog import Version, open_version
from rustybt.core import (
    MONEY_SCALE,
    Order,
    check_money,
    date_of,
    datetime_of,
    day_of,
    exact_number,
    parse_date,
    to_scale,
)
from rustybt.engine._actions import CorporateActions
from rustybt.engine._compat import Compat, compat_named
from rustybt.engine._loop import Loop
from rustybt.engine._progress import Progress, progress_for
from rustybt.engine._recorder import Recorder, why
from rustybt.errors import BundleNotFound, InputError, NoData, NotYetAvailable, RustyBTError
from rustybt.execution import Blotter, SimulatedBroker
from rustybt.execution.commission import PerShare
from rustybt.execution.slippage import FixedBasisPointsSlippage
from rustybt.ledger import Ledger
from rustybt.results import Result
from rustybt.strategy import Desk, Labels, Strategy, TradingAlgorithm, activate, deactivate, numbers_named
from rustybt.view import Axis, BarData, Listing, Market

DEFAULT_CAPITAL = 10_000_000
PERIODS_OF_ZIPLINE = 252
YEARS_TO_AVERAGE = 3
MOST_DAYS_IN_A_ROW = 7
FREQUENCIES = {"daily": "1d", "minute": "1m"}
type Function = Callable[..., Any]


def run_algorithm(
    start: Any,
    end: Any,
    initialize: Function | None = None,
    capital_base: Any = DEFAULT_CAPITAL,
    handle_data: Function | None = None,
    before_trading_start: Function | None = None,
    analyze: Function | None = None,
    data_frequency: str = "daily",
    bundle: str = "sample",
    bundle_timestamp: Any = None,
    trading_calendar: Any = None,
    metrics_set: str = "default",
    benchmark_returns: Any = None,
    default_extension: bool = True,
    extensions: Any = (),
    strict_extensions: bool = True,
    environ: Any = None,
    custom_loader: Any = None,
    blotter: Any = "default",
    *,
    strategy: Any = None,
    params: dict[str, Any] | None = None,
    version: str | None = None,
    seed: int = 0,
    capital_changes: Any = None,
    fill_at: str = "close",
    trigger: str = "close",
    compat: Any = None,
    numbers: str = "decimal",
    progress: Any = None,
) -> Result:
    """Runs a strategy over the bars of a bundle and returns its Result.

    start, end: first and last day, both included: a date, datetime, Timestamp or text like "2024-07-04".
    initialize(context, **params), handle_data(context, data), before_trading_start(context, data),
    analyze(context, result): the strategy as functions; or strategy: a Strategy class or object.
    capital_base: cash at the start; int, Decimal, text or float.
    data_frequency: "daily" or "minute". bundle, version: which data; by default the newest version.
    trading_calendar: the bundle's own calendar, by name, or None.
    fill_at: orders fill at the next bar's "close" or "open". trigger: limits are tested on that price ("close"), or
    within the bar's "range".
    compat: "zipline" reproduces Zipline where RustyBT differs on purpose; see `Compat`.
    numbers: "decimal" gives a strategy exact scalars, "float" gives floats and NaN. The books are exact in both.
    seed: of context.rng. progress: True, False, a function(done, sessions), or None for a bar on terminals only.
    The other parameters are Zipline's; what a later version brings raises NotYetAvailable when it is used.
    Raises BundleNotFound, NoData, InputError, and whatever the strategy raises.
    """
    _refuse_later(
        bundle_timestamp=(bundle_timestamp, None),
        metrics_set=(metrics_set, "default"),
        benchmark_returns=(benchmark_returns, None),
        default_extension=(default_extension, True),
        extensions=(tuple(extensions), ()),
        strict_extensions=(strict_extensions, True),
        custom_loader=(custom_loader, None),
        blotter=(blotter, "default"),
        capital_changes=(capital_changes, None),
    )
    if environ is not None and environ is not os.environ:
        raise NotYetAvailable("environ= comes with a later version. Set RUSTYBT_ROOT in the process's environment.")
    if data_frequency not in FREQUENCIES:
        raise InputError(f"data_frequency={data_frequency!r}: choose 'daily' or 'minute'.")
    if fill_at not in ("close", "open") or trigger not in ("close", "range"):
        raise InputError(f"fill_at={fill_at!r}, trigger={trigger!r}: choose 'close' or 'open', and 'close' or 'range'.")
    functions = _functions(strategy, initialize, handle_data, before_trading_start, analyze)
    kind = compat_named(compat)
    data = _open(bundle, version)
    axis = _axis(data, FREQUENCIES[data_frequency], start, end, trading_calendar)
    capital = check_money(to_scale(exact_number(capital_base, "capital_base"), MONEY_SCALE))
    if capital <= 0:
        raise InputError(f"capital_base={capital_base!r}: give an amount above zero.")
    desk = _desk(data, axis, data_frequency, capital, kind, numbers, seed)
    context = TradingAlgorithm(desk, whole_steps)
    token = activate(context)
    try:
        loop = _initialised(desk, context, functions, params or {}, kind, fill_at, trigger)
        with progress_for(progress, axis.sessions, functions.name) as bar:
            _run(loop, bar)
        desk.phase = "analyze"
        result = _result(desk, loop, functions, params or {}, kind, fill_at, trigger, data)
        if functions.analyze is not None:
            functions.analyze(context, result)
    except TypeError as error:
        _explain_decimals(error)
        raise
    finally:
        deactivate(token)
    return result


class _Functions:
    """The callbacks of a strategy, whichever way it was written."""

    def __init__(self, name: str, initialize: Any, handle_data: Any, before_trading_start: Any, analyze: Any) -> None:
        self.name = name
        self.initialize = initialize
        self.handle_data = handle_data
        self.before_trading_start = before_trading_start
        self.analyze = analyze

    def code_hash(self) -> str | None:
        """SHA-256 of the file that the strategy stands in; None where there is none, as in a notebook."""
        function = self.initialize or self.handle_data
        code = getattr(function, "__code__", None)
        path = Path(code.co_filename) if code is not None else None
        return hashlib.sha256(path.read_bytes()).hexdigest() if path is not None and path.is_file() else None


def _functions(strategy: Any, initialize: Any, handle_data: Any, before_trading_start: Any, analyze: Any) -> _Functions:
    given = {
        "initialize": initialize,
        "handle_data": handle_data,
        "before_trading_start": before_trading_start,
        "analyze": analyze,
    }
    if strategy is None:
        for name, function in given.items():
            if function is not None and not callable(function):
                raise InputError(f"{name}={function!r} is not a function.")
        named = initialize or handle_data
        name = getattr(named, "__module__", None) or "strategy"
        return _Functions(name if name != "__main__" else "strategy", **given)
    twice = [name for name, function in given.items() if function is not None]
    if twice:
        raise InputError(f"Both strategy= and {', '.join(twice)} were given. Give the one or the other.")
    made = strategy() if inspect.isclass(strategy) else strategy
    if not isinstance(made, Strategy):
        raise InputError(f"strategy={strategy!r}: give a subclass of rustybt.Strategy, or an object of one.")
    own = {name: getattr(made, name) for name in given if getattr(type(made), name) is not getattr(Strategy, name)}
    return _Functions(type(made).__name__, **{name: own.get(name) for name in given})


def _refuse_later(**parameters: tuple[Any, Any]) -> None:
    for name, (value, default) in parameters.items():
        if value is not default and not (isinstance(value, str | tuple | bool) and value == default):
            raise NotYetAvailable(f"run_algorithm({name}=...) comes with a later version. Leave it out.")


def _open(bundle: str, version: str | None) -> Version:
    try:
        return open_version(bundle, version=version)
    except BundleNotFound:
        if bundle != "sample":
            raise
        # the sample ships with the package: the first run on it brings it into the catalog
        from rustybt.ingest import ingest_sample

        ingest_sample()
        return open_version(bundle, version=version)


def _axis(data: Version, frequency: str, start: Any, end: Any, trading_calendar: Any) -> Axis:
    first_date, last_date = parse_date(start, "start"), parse_date(end, "end")
    if last_date < first_date:
        raise InputError(f"start={first_date} lies after end={last_date}. Swap them.")
    if frequency not in data.frequencies:
        raise NoData(
            f"Bundle {data.bundle!r} has no bars of {frequency!r}, only of {', '.join(data.frequencies)}. "
            f"Ingest them with frequency={frequency!r}, or choose another data_frequency."
        )
    calendar = data.calendar
    wanted = trading_calendar if isinstance(trading_calendar, str | None) else getattr(trading_calendar, "name", None)
    if trading_calendar is not None and wanted != calendar.name:
        raise NotYetAvailable(
            f"trading_calendar={wanted!r}: bundle {data.bundle!r} has {calendar.name!r}, and accounting on another "
            "calendar comes with a later version."
        )
    first_day, last_day = data.first_day_of(frequency), data.last_day_of(frequency)
    if day_of(first_date) > last_day or day_of(last_date) < first_day:
        raise NoData(
            f"Bundle {data.bundle!r} has {frequency!r} bars from {date_of(first_day)} to {date_of(last_day)}; "
            f"{first_date} to {last_date} lies outside. Choose dates within."
        )
    if day_of(first_date) < first_day or day_of(last_date) > last_day + 7:
        raise NoData(
            f"{first_date} to {last_date} is more than bundle {data.bundle!r} has: {frequency!r} bars from "
            f"{date_of(first_day)} to {date_of(last_day)}. Choose dates within."
        )
    begin = int(np.searchsorted(calendar.days, day_of(first_date), side="left"))
    stop = int(np.searchsorted(calendar.days, min(day_of(last_date), last_day), side="right")) - 1
    if stop < begin:
        raise NoData(f"{calendar.name} has no session from {first_date} to {last_date}. Choose a longer range.")
    return Axis(calendar, begin, stop, frequency == "1d")


def _desk(
    data: Version, axis: Axis, data_frequency: str, capital: int, compat: Compat, numbers: str, seed: int
) -> Desk:
    kind = numbers_named(numbers)
    market = Market(
        data,
        axis,
        FREQUENCIES[data_frequency],
        dividends_need_a_bar=compat.dividends_need_a_bar,
        price_of_last_trade=compat.price_of_last_trade,
    )
    last_session = axis.first_session + axis.sessions - 1
    labels = Labels()
    decimals = 3 if compat.history_in_thousandths else None
    desk = Desk(
        market=market,
        data=BarData(market, number=kind.price, missing=kind.missing, history_decimals=decimals, name=labels.of),
        books=Books(capital),
        blotter=Blotter(),
        numbers=kind,
        capital=capital,
        currency=data.currency,
        start_date=date_of(int(axis.calendar.days[axis.first_session])),
        environment={
            "arena": "backtest",
            "data_frequency": data_frequency,
            "start": datetime_of(int(axis.calendar.opens[axis.first_session])),
            "end": datetime_of(int(axis.calendar.closes[last_session])),
            "capital_base": kind.money(capital),
            "platform": "rustybt",
        },
        look_up_day=int(axis.calendar.days[last_session]),
        seed=seed,
        slippage=FixedBasisPointsSlippage(),
        commission=PerShare(),
        compat=compat,
        labels=labels,
    )
    desk.order_view = lambda order: _order_view(desk, order)
    market.on_load(lambda listing: _open_slot(desk, listing))
    return desk


def _open_slot(desk: Desk, listing: Listing) -> None:
    listing.slot = desk.books.open_slot(
        listing.price,
        listing.lane_scale,
        listing.fill_scale,
        listing.quantity_scale,
        listing.step,
        listing.multiplier,
        listing.multiplier_scale,
    )
    desk.listing_of_slot.append(listing)


def _order_view(desk: Desk, order: Any) -> Order:
    listing, numbers = order.listing, desk.numbers
    limit = None if order.limit is None else numbers.price(order.limit, listing.fill_scale)
    return Order(
        id=desk.blotter.order_id(order.number),
        asset=listing.asset,
        amount=numbers.quantity(order.amount, listing.quantity_scale),
        filled=numbers.quantity(order.filled, listing.quantity_scale),
        limit=limit,
        stop=None,
        limit_reached=order.limit_reached,
        stop_reached=False,
        commission=numbers.money(order.commission),
        created=datetime_of(order.created),
        dt=datetime_of(order.changed),
        status=order.status,
        reason=why(order),
        account=desk.blotter.account,
    )


def _initialised(
    desk: Desk, context: Any, functions: _Functions, params: dict[str, Any], compat: Compat, fill_at: str, trigger: str
) -> Loop:
    axis = desk.market.axis
    stamp = int(axis.calendar.opens[axis.first_session])
    ledger = Ledger(desk.books, desk.currency, desk.capital, stamp)
    actions = CorporateActions(desk.market, exact_pay_dates=compat.exact_pay_dates)
    recorder = Recorder(desk, ledger, desk.blotter)
    if functions.initialize is not None:
        functions.initialize(context, **params)
    elif params:
        raise InputError(f"params={params!r} were given, but there is no initialize to take them.")
    broker = SimulatedBroker(
        desk.blotter,
        desk.slippage,
        desk.commission,
        fill_at=fill_at,
        trigger=trigger,
        limits_hold=not compat.limits_can_slip,
    )
    return Loop(
        desk,
        ledger,
        broker,
        actions,
        recorder,
        compat,
        context,
        functions.before_trading_start,
        functions.handle_data,
    )


def _run(loop: Loop, bar: Progress) -> None:
    try:
        loop.run(bar.advance)
    except Exception as error:
        if not isinstance(error, RustyBTError) or loop.desk.phase != "done":
            error.add_note(f"in the strategy's run, at {loop.desk.data.current_dt}")
        raise


def _result(
    desk: Desk,
    loop: Loop,
    functions: _Functions,
    params: dict[str, Any],
    compat: Compat,
    fill_at: str,
    trigger: str,
    data: Version,
) -> Result:
    axis = desk.market.axis
    periods = PERIODS_OF_ZIPLINE if compat.year_of_252 else sessions_per_year(axis.calendar)
    manifest = {
        "rustybt": _version.__version__,
        "strategy": functions.name,
        "strategy_sha256": functions.code_hash(),
        "params": {key: _plain(value) for key, value in params.items()},
        "seed": desk.seed,
        "start": desk.start_date.isoformat(),
        "end": date_of(desk.look_up_day).isoformat(),
        "capital_base": str(exact_number(desk.numbers.money(desk.capital))),
        "currency": desk.currency,
        "data_frequency": desk.environment["data_frequency"],
        "bundle": data.bundle,
        "data_version": data.id,
        "data_hash": data.hash,
        "calendar": axis.calendar.name,
        "periods": periods,
        "fill_at": fill_at,
        "trigger": trigger,
        "numbers": desk.numbers.name,
        "compat": {field: getattr(compat, field) for field in Compat.__dataclass_fields__},
        "slippage": repr(desk.slippage),
        "commission": repr(desk.commission),
        "kernel": kernel_in_use(),
        "python": ".".join(map(str, sys.version_info[:3])),
        "bars": loop.bars_run,
    }
    return Result(**loop.recorder.frames(), manifest=manifest, periods=periods)


def _plain(value: Any) -> Any:
    """A parameter as JSON can hold it."""
    if isinstance(value, bool | int | str | float | None):
        return value
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    return str(value)


def sessions_per_year(calendar: Any) -> int:
    """Sessions in the calendar's usual year: the average of its whole years, where it has three or more.

    A shorter calendar says only whether it trades every day: 365, or 252.
    """
    days = calendar.days
    years = days.astype("datetime64[D]").astype("datetime64[Y]").astype(np.int64)
    whole = np.unique(years, return_counts=True)[1][1:-1]
    if len(whole) >= YEARS_TO_AVERAGE:
        return round(float(whole.mean()))
    return (
        365 if len(days) == int(days[-1]) - int(days[0]) + 1 and len(days) > MOST_DAYS_IN_A_ROW else PERIODS_OF_ZIPLINE
    )


def _explain_decimals(error: TypeError) -> None:
    if "Decimal" in str(error) and "float" in str(error):
        error.add_note(
            "Scalars of a run are exact Decimals: write Decimal('0.5') or a whole number instead of 0.5, or take "
            "float(x). run_algorithm(numbers='float') gives floats instead; the books stay exact."
        )
