"""`context`: the functions of `rustybt.api` as methods, and whatever a strategy hangs on it."""

from __future__ import annotations

import datetime as dt
import operator
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Generic, NamedTuple, Protocol

import numpy as np

from rustybt.calendars import SessionTable
from rustybt.core import DAY_NS, Asset, ContinuousFuture, Future, Scalar, parse_moment, time_zone
from rustybt.errors import (
    InputError,
    ScheduleFunctionInvalidCalendar,
    SetBenchmarkOutsideInitialize,
    SidsNotFound,
    UnsupportedDatetimeFormat,
    WrongType,
)
from rustybt.orders import OrderBook, OrderGate
from rustybt.strategy._account_state import AccountState
from rustybt.strategy._asset_lookup import AssetLookup
from rustybt.strategy._carrying import Carrying
from rustybt.strategy._controlling import Controlling
from rustybt.strategy._currencies import Converter, Converting
from rustybt.strategy._forms import FetchedRows, When
from rustybt.strategy._indicators import Indicators
from rustybt.strategy._listening import Listening, check_priority
from rustybt.strategy._order_views import OrderViews
from rustybt.strategy._ordering import Ordering
from rustybt.strategy._portfolio import Account, Portfolio
from rustybt.strategy._rules import DateRule, TimeRule, date_rules
from rustybt.strategy._run_facts import RunFacts, RunPhase
from rustybt.strategy._run_settings import RunSettings
from rustybt.strategy._schedules import Schedule, Schedules, check_schedule
from rustybt.strategy._settings import Settings

if TYPE_CHECKING:
    from rustybt.core import Explanation
    from rustybt.strategy._guard import Context
    from rustybt.view import BarData

MOST_SID: Final = 2**63 - 1


class FetchCSV(Protocol):
    """Reads a CSV as more fields of `data`."""

    def __call__(self, **asked: Any) -> FetchedRows: ...


class TradingAlgorithm(
    Ordering[Scalar],
    Converting[Scalar],
    Settings,
    Carrying,
    Controlling[Scalar],
    Listening[Scalar],
    Indicators[Scalar],
    Generic[Scalar],
):
    """The `context` of a run. Attributes that a strategy sets on it stay for the whole run.

    portfolio, account: what is held and what it is worth now. recorded_vars: the last recorded values.
    rng: a numpy Generator made from the run's seed.
    """

    # what the run gives is in slots: `vars` are what the strategy set, and the random numbers that it began
    __slots__ = (
        "__dict__",
        "_account",
        "_converter",
        "_currencies_are_one",
        "_explain",
        "_facts",
        "_fetch",
        "_lookup",
        "_phase",
        "_portfolio",
        "_recorded",
        "_schedules",
        "_settings",
    )

    _rng: np.random.Generator | None = None

    def __init__(
        self,
        gate: OrderGate,
        book: OrderBook,
        views: OrderViews[Scalar],
        account: AccountState[Scalar],
        *,
        portfolio: Portfolio[Scalar],
        lookup: AssetLookup,
        settings: RunSettings,
        facts: RunFacts,
        phase: RunPhase,
        schedules: Schedules,
        recorded: dict[str, Any],
        fetch: FetchCSV,
        explain: Callable[[str], Explanation],
        converter: Converter | None,
        currencies_are_one: bool,
    ) -> None:
        super().__init__(gate, book, views, account)
        self._lookup = lookup
        self._settings = settings
        self._facts = facts
        self._phase = phase
        self._schedules = schedules
        self._recorded = recorded
        self._fetch = fetch
        self._explain = explain
        self._converter = converter
        self._currencies_are_one = currencies_are_one
        self._portfolio = portfolio
        self._account: Account[Scalar] = Account(account)

    @property
    def portfolio(self) -> Portfolio[Scalar]:
        """What is held, and what it is worth now."""
        return self._portfolio

    @property
    def account(self) -> Account[Scalar]:
        """The account: its value, leverage and exposure now."""
        return self._account

    @property
    def rng(self) -> np.random.Generator:
        """Random numbers that are the same in every run with the same seed."""
        if self._rng is None:
            self._rng = np.random.default_rng(self._facts.seed)
        return self._rng

    @property
    def recorded_vars(self) -> dict[str, Any]:
        """The last value of each recorded name."""
        return dict(self._recorded)

    @property
    def datetime(self) -> dt.datetime:
        """The moment, UTC."""
        return self._state.data.current_dt

    # what there is

    def symbol(self, symbol_str: str, country_code: str | None = None) -> Asset:
        """The asset that carries a symbol on the look-up date, which is the run's last session unless it was set.

        country_code: among the assets of that country. Raises SymbolNotFound, MultipleSymbolsFound.
        """
        if not isinstance(symbol_str, str):
            raise WrongType(f"symbol({symbol_str!r}): pass the symbol as text, like 'AAPL'.")
        if country_code is not None and not isinstance(country_code, str):
            raise WrongType(f"symbol(country_code={country_code!r}): pass two letters, like 'US', or nothing.")
        return self._lookup.symbol(symbol_str, country_code)

    def set_symbol_lookup_date(self, dt: When) -> None:
        """The day on which an asset must carry a symbol for `symbol` to find it, from now on."""
        try:
            moment = parse_moment(dt, "set_symbol_lookup_date")
        except InputError as error:
            raise UnsupportedDatetimeFormat(str(error)) from None
        self._lookup.day = moment // DAY_NS

    def symbols(self, *args: str, country_code: str | None = None) -> list[Asset]:
        """The assets that carry these symbols, in their order."""
        if len(args) > 1 and all(isinstance(one, str) for one in (*args, country_code or "")):
            self._lookup.read_ahead(args, country_code)
        return [self.symbol(symbol, country_code=country_code) for symbol in args]

    def future_symbol(self, symbol: str) -> Future:
        """The contract of that symbol, like "CLF24". Raises SymbolNotFound."""
        if not isinstance(symbol, str):
            raise WrongType(f"future_symbol({symbol!r}): pass the symbol as text, like 'CLF24'.")
        found: Any = self._lookup.future(symbol)
        return found  # type: ignore[no-any-return]

    def continuous_future(
        self, root_symbol_str: str, offset: int = 0, roll: str = "volume", adjustment: str | None = "mul"
    ) -> ContinuousFuture:
        """The contracts of a root symbol read as one: its current contract, and windows spliced from all.

        offset: 0 is the current contract, 1 the one after it. roll: "volume", once the next contract had the larger
        volume on the session before, or "calendar", when the current one closes. adjustment: how windows compare prices
        over a roll, "mul", "add" or None. Raises SymbolNotFound, FutureContractsNotFound, InputError.
        """
        return self._lookup.continuous.future(root_symbol_str, offset, roll, adjustment)

    def sid(self, sid: int) -> Asset:
        """The asset with that number in the bundle. Raises SidsNotFound."""
        try:
            number = -1 if isinstance(sid, bool) else operator.index(sid)
        except TypeError:
            number = -1
        if not 0 <= number <= MOST_SID:
            raise SidsNotFound(f"sid({sid!r}): pass a whole number, 0 or more, like symbol('AAPL').sid.")
        return self._lookup.sid(number)

    def get_datetime(self, tz: str | dt.tzinfo | None = None) -> dt.datetime:
        """The moment, in UTC or in another time zone."""
        now = self._state.data.current_dt
        if tz is None:
            return now
        return now.astimezone(time_zone(tz, "get_datetime"))

    def get_environment(self, field: str = "platform") -> Any:
        """A fact about the run: arena, data_frequency, start, end, capital_base, platform, or "*" for all of them."""
        if field == "*":
            return dict(self._facts.environment)
        if field not in list(self._facts.environment):
            raise InputError(
                f"get_environment({field!r}): there are {', '.join(self._facts.environment)}, and '*' for all."
            )
        return self._facts.environment[field]

    def record(self, *args: Any, **kwargs: Any) -> None:
        """Keeps values by name: pairs of name and value, or keywords. Each becomes a column of `result.recorded`."""
        if len(args) % 2:
            raise InputError(
                f"record: {len(args)} positional values; pass pairs of name and value, like record('price', 5), or "
                "keywords, like record(price=5)."
            )
        for name in args[::2]:
            if not isinstance(name, str):
                raise InputError(f"record({name!r}, ...): {name!r} is no name. Pass text, like record('price', 5).")
        self._recorded.update(zip(args[::2], args[1::2], strict=True))
        self._recorded.update(kwargs)

    def schedule_function(
        self,
        func: Callable[[Context[Scalar], BarData[Scalar]], object],
        date_rule: DateRule | None = None,
        time_rule: TimeRule | None = None,
        half_days: bool = True,
        calendar: str | None = None,
        *,
        priority: int = 0,
    ) -> None:
        """Calls func(context, data) by a rule for the session and one for the time of day, after handle_data.

        Without a date rule: every session. Without a time rule: with the session's first bar. half_days: False
        leaves out sessions that close early. calendar: which one the rules mean, by name or from `calendars`, where it
        is not the run's own: at the open of XNYS, say, in a run on us_futures. priority: of what is due at one moment,
        the smaller one is called first.
        """
        date: Any = date_rules.every_day() if date_rule is None else date_rule
        time: Any = TimeRule("first") if time_rule is None else time_rule
        if isinstance(date, TimeRule) and time_rule is None:
            # schedule_function(f, time_rules...) means the time of every day, as in Zipline
            date, time = date_rules.every_day(), date
        check_schedule(func, date, time)
        first = check_priority("schedule_function", priority)
        sessions = self._sessions_of(calendar)
        self._schedules.add(Schedule(len(self._schedules), func, date, time, half_days, sessions, first))

    def set_benchmark(self, benchmark: Asset) -> None:
        """Compares the run with an asset: alpha, beta and the benchmark's columns; only in `initialize`.

        It must have bars from the run's first session to its last. It comes before `benchmark_returns`.
        """
        if self._phase.phase != "initialize":
            raise SetBenchmarkOutsideInitialize("set_benchmark was called after initialize. Call it there.")
        if not isinstance(benchmark, Asset):
            raise InputError(f"set_benchmark({benchmark!r}): pass an asset, like symbol('SPY').")
        self._settings.benchmark = benchmark

    def explain(self, order_id: str) -> Explanation:
        """What happened to an order so far, bar by bar, and why; see `rustybt.api.explain`."""
        return self._explain(order_id)

    def fetch_csv(
        self,
        url: str | Path,
        pre_func: Callable[[Any], Any] | None = None,
        post_func: Callable[[Any], Any] | None = None,
        date_column: str = "date",
        date_format: str | None = None,
        timezone: str | dt.tzinfo = "UTC",
        symbol: str | None = None,
        mask: bool = True,
        symbol_column: str | None = None,
        special_params_checker: Callable[[str], Any] | None = None,
        country_code: str | None = None,
        **kwargs: Any,
    ) -> FetchedRows:
        """Reads a CSV, from a file or over http, as more fields of `data`; see `rustybt.api.fetch_csv`."""
        return self._fetch(
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
        own = self._state.market.axis.calendar
        if calendar is None or calendar == own.name:
            return None
        try:
            from rustybt.calendars import named_table

            table = named_table(calendar, int(own.days[0]), int(own.days[-1]))
        except InputError as error:
            raise ScheduleFunctionInvalidCalendar(f"schedule_function(calendar={calendar!r}): {error}") from None
        return None if table.name == own.name else table


class RunParts(NamedTuple):
    """The parts of a run behind its `context`, for what wraps it (rustybt.zipline)."""

    account: AccountState
    lookup: AssetLookup
    settings: RunSettings
    facts: RunFacts
    book: OrderBook
    views: OrderViews


def parts_of(context: TradingAlgorithm[Any]) -> RunParts:
    """What the calls of a `context` reach."""
    c = context
    return RunParts(c._state, c._lookup, c._settings, c._facts, c._book, c._views)


API_METHODS = (
    "batch_market_order",
    "cancel_event",
    "cancel_order",
    "continuous_future",
    "convert_currency",
    "explain",
    "future_symbol",
    "fetch_csv",
    "get_datetime",
    "get_environment",
    "get_open_orders",
    "get_order",
    "on_cross",
    "on_event",
    "on_price_threshold",
    "on_time_interval",
    "on_true",
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
    "set_latency",
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
    "term",
)
"""The methods that `rustybt.api` offers as functions."""
