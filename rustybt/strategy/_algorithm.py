"""`context`: the functions of `rustybt.api` as methods, and whatever a strategy hangs on it."""

from __future__ import annotations

import datetime as dt
import operator
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from rustybt.calendars import SessionTable
from rustybt.core import DAY_NS, Asset, ContinuousFuture, Future, parse_moment, time_zone
from rustybt.errors import (
    BadSchedule,
    InputError,
    ScheduleFunctionInvalidCalendar,
    SetBenchmarkOutsideInitialize,
    SidsNotFound,
    UnsupportedDatetimeFormat,
    WrongType,
)
from rustybt.orders import OrderGate
from rustybt.strategy._controlling import Controlling
from rustybt.strategy._currencies import Converting
from rustybt.strategy._desk import Desk
from rustybt.strategy._ordering import Ordering
from rustybt.strategy._portfolio import Account, Portfolio
from rustybt.strategy._rules import DateRule, TimeRule, date_rules
from rustybt.strategy._settings import Settings

MOST_SID: Final = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Schedule:
    """A function and when it runs.

    index: its place among the run's schedules. calendar: the sessions that its rules mean; None for the run's own.
    """

    index: int
    function: Callable[[Any, Any], Any]
    date_rule: DateRule
    time_rule: TimeRule
    half_days: bool
    calendar: SessionTable | None = None


class TradingAlgorithm(Ordering, Converting, Settings, Controlling):
    """The `context` of a run. Attributes that a strategy sets on it stay for the whole run.

    portfolio, account: what is held and what it is worth now. recorded_vars: the last recorded values.
    rng: a numpy Generator made from the run's seed.
    """

    def __init__(self, desk: Desk, gate: OrderGate, portfolio: Portfolio) -> None:
        super().__init__(desk, gate)
        self._rng: np.random.Generator | None = None
        self._portfolio = portfolio
        self._account = Account(desk)

    @property
    def portfolio(self) -> Portfolio:
        """What is held, and what it is worth now."""
        return self._portfolio

    @property
    def account(self) -> Account:
        """The account: its value, leverage and exposure now."""
        return self._account

    @property
    def rng(self) -> np.random.Generator:
        """Random numbers that are the same in every run with the same seed."""
        if self._rng is None:
            self._rng = np.random.default_rng(self._desk.seed)
        return self._rng

    @property
    def recorded_vars(self) -> dict[str, Any]:
        """The last value of each recorded name."""
        return dict(self._desk.recorded)

    @property
    def datetime(self) -> dt.datetime:
        """The moment, UTC."""
        return self._desk.data.current_dt

    # what there is

    def symbol(self, symbol_str: str, country_code: str | None = None) -> Asset:
        """The asset that carries a symbol on the look-up date, which is the run's last session unless it was set.

        country_code: among the assets of that country. Raises SymbolNotFound, MultipleSymbolsFound.
        """
        if not isinstance(symbol_str, str):
            raise WrongType(f"symbol({symbol_str!r}): give the symbol as text, like 'AAPL'.")
        if country_code is not None and not isinstance(country_code, str):
            raise WrongType(f"symbol(country_code={country_code!r}): give two letters, like 'US', or nothing.")
        desk = self._desk
        return self._known(desk.market.version.lookup_symbol(symbol_str, desk.look_up_day, country=country_code))

    def set_symbol_lookup_date(self, dt: Any) -> None:
        """The day on which an asset must carry a symbol for `symbol` to find it, from now on."""
        try:
            moment = parse_moment(dt, "set_symbol_lookup_date")
        except InputError as error:
            raise UnsupportedDatetimeFormat(str(error)) from None
        self._desk.look_up_day = moment // DAY_NS

    def symbols(self, *args: str, country_code: str | None = None) -> list[Asset]:
        """The assets that carry these symbols, in their order."""
        if len(args) > 1 and all(isinstance(one, str) for one in (*args, country_code or "")):
            self._desk.market.version.read_ahead(args, country_code)
        return [self.symbol(symbol, country_code=country_code) for symbol in args]

    def future_symbol(self, symbol: str) -> Future:
        """The contract of that symbol, like "CLF24". Raises SymbolNotFound."""
        if not isinstance(symbol, str):
            raise WrongType(f"future_symbol({symbol!r}): give the symbol as text, like 'CLF24'.")
        found: Any = self._known(self._desk.market.version.lookup_future(symbol, self._desk.look_up_day))
        return found  # type: ignore[no-any-return]

    def continuous_future(
        self, root_symbol_str: str, offset: int = 0, roll: str = "volume", adjustment: str | None = "mul"
    ) -> ContinuousFuture:
        """The contracts of a root symbol read as one: its current contract, and windows spliced from all.

        offset: 0 is the current contract, 1 the one after it. roll: "volume", once the next contract had the larger
        volume on the session before, or "calendar", when the current one closes. adjustment: how windows compare prices
        over a roll, "mul", "add" or None. Raises SymbolNotFound, FutureContractsNotFound, InputError.
        """
        return self._desk.continuous.future(root_symbol_str, offset, roll, adjustment)

    def sid(self, sid: int) -> Asset:
        """The asset with that number in the bundle. Raises SidsNotFound."""
        try:
            number = -1 if isinstance(sid, bool) else operator.index(sid)
        except TypeError:
            number = -1
        if not 0 <= number <= MOST_SID:
            raise SidsNotFound(f"sid({sid!r}): give a whole number, 0 or more, like symbol('AAPL').sid.")
        return self._known(self._desk.market.version.asset(number))

    def _known(self, asset: Asset) -> Asset:
        listing = self._desk.market.listings.get(asset.sid)
        if listing is not None:
            return listing.asset
        self._desk.labels.of(asset)
        self._desk.market.want(asset)
        return asset

    def get_datetime(self, tz: str | dt.tzinfo | None = None) -> dt.datetime:
        """The moment, in UTC or in another time zone."""
        now = self._desk.data.current_dt
        if tz is None:
            return now
        return now.astimezone(time_zone(tz, "get_datetime"))

    def get_environment(self, field: str = "platform") -> Any:
        """A fact about the run: arena, data_frequency, start, end, capital_base, platform, or "*" for all of them."""
        if field == "*":
            return dict(self._desk.environment)
        if field not in list(self._desk.environment):
            raise InputError(
                f"get_environment({field!r}): there are {', '.join(self._desk.environment)}, and '*' for all."
            )
        return self._desk.environment[field]

    def record(self, *args: Any, **kwargs: Any) -> None:
        """Keeps values by name: pairs of name and value, or keywords. Each becomes a column of `result.recorded`."""
        if len(args) % 2:
            raise InputError(f"record: {len(args)} positional values; give pairs of name and value.")
        for name in args[::2]:
            if not isinstance(name, str):
                raise InputError(f"record({name!r}, ...): {name!r} is no name. Give text, like record('price', 5).")
        self._desk.recorded.update(zip(args[::2], args[1::2], strict=True))
        self._desk.recorded.update(kwargs)

    def schedule_function(
        self,
        func: Callable[[Any, Any], Any],
        date_rule: DateRule | None = None,
        time_rule: TimeRule | None = None,
        half_days: bool = True,
        calendar: Any = None,
    ) -> None:
        """Calls func(context, data) by a rule for the session and one for the time of day, after handle_data.

        Without a date rule: every session. Without a time rule: with the session's first bar. half_days: False
        leaves out sessions that close early. calendar: which one the rules mean, by name or from `calendars`, where it
        is not the run's own: at the open of XNYS, say, in a run on us_futures.
        """
        date: Any = date_rules.every_day() if date_rule is None else date_rule
        time: Any = TimeRule("first") if time_rule is None else time_rule
        if isinstance(date, TimeRule) and time_rule is None:
            # schedule_function(f, time_rules...) means the time of every day, as in Zipline
            date, time = date_rules.every_day(), date
        if not isinstance(date, DateRule) or not isinstance(time, TimeRule) or not callable(func):
            raise BadSchedule(
                f"schedule_function({func!r}, {date!r}, {time!r}): give a function, a rule of date_rules and a rule "
                "of time_rules; both are called, like date_rules.every_day()."
            )
        schedules = self._desk.schedules
        schedule = Schedule(len(schedules), func, date, time, half_days, self._sessions_of(calendar))
        schedules.append(schedule)
        self._desk.on_schedule(schedule)

    def set_benchmark(self, benchmark: Asset) -> None:
        """Compares the run with an asset: alpha, beta and the benchmark's columns; only in `initialize`.

        It must have bars from the run's first session to its last. It comes before `benchmark_returns`.
        """
        if self._desk.phase != "initialize":
            raise SetBenchmarkOutsideInitialize("set_benchmark was called after initialize. Call it there.")
        if not isinstance(benchmark, Asset):
            raise InputError(f"set_benchmark({benchmark!r}): give an asset, like symbol('SPY').")
        self._desk.benchmark = benchmark

    def fetch_csv(
        self,
        url: Any,
        pre_func: Callable[[Any], Any] | None = None,
        post_func: Callable[[Any], Any] | None = None,
        date_column: str = "date",
        date_format: str | None = None,
        timezone: Any = "UTC",
        symbol: str | None = None,
        mask: bool = True,
        symbol_column: str | None = None,
        special_params_checker: Callable[[str], Any] | None = None,
        country_code: str | None = None,
        **kwargs: Any,
    ) -> Any:
        """Reads a CSV, from a file or over http, as more fields of `data`; see `rustybt.api.fetch_csv`."""
        return self._desk.fetch_csv(
            url=url,
            pre_func=pre_func,
            post_func=post_func,
            date_column=date_column,
            date_format=date_format,
            timezone=timezone,
            symbol=symbol,
            mask=mask,
            symbol_column=symbol_column,
            special_params_checker=special_params_checker,
            country_code=country_code,
            more=kwargs,
        )

    def _sessions_of(self, calendar: Any) -> SessionTable | None:
        own = self._desk.market.axis.calendar
        if calendar is None or calendar == own.name:
            return None
        try:
            from rustybt.calendars import named_table

            table = named_table(calendar, int(own.days[0]), int(own.days[-1]))
        except InputError as error:
            raise ScheduleFunctionInvalidCalendar(f"schedule_function(calendar={calendar!r}): {error}") from None
        return None if table.name == own.name else table


API_METHODS = (
    "batch_market_order",
    "cancel_order",
    "continuous_future",
    "convert_currency",
    "future_symbol",
    "fetch_csv",
    "get_datetime",
    "get_environment",
    "get_open_orders",
    "get_order",
    "order",
    "order_percent",
    "order_target",
    "order_target_percent",
    "order_target_percents",
    "order_target_value",
    "order_value",
    "record",
    "schedule_function",
    "set_asset_restrictions",
    "set_benchmark",
    "set_cancel_policy",
    "set_commission",
    "set_do_not_order_list",
    "set_long_only",
    "set_max_leverage",
    "set_max_order_count",
    "set_max_order_size",
    "set_max_position_size",
    "set_min_leverage",
    "set_slippage",
    "set_symbol_lookup_date",
    "sid",
    "symbol",
    "symbols",
)
"""The methods that `rustybt.api` offers as functions."""
