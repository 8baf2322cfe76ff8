"""`context` as a Zipline script sees it: the functions of zipline.api over those of the run, in Zipline's types."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from rustybt import strategy
from rustybt.core import Future, OrderStatus
from rustybt.errors import NotYetAvailable, SymbolNotFound, WrongType
from rustybt.execution import SimulationBlotter
from rustybt.results import Result
from rustybt.strategy import guard_properties, parts_of
from rustybt.zipline._assets import AssetWrapper, ContinuousFuture, unwrap
from rustybt.zipline._bar_data import BarData
from rustybt.zipline._finder import AssetFinder
from rustybt.zipline._models import wrapped_commission, wrapped_slippage
from rustybt.zipline._orders import PLAIN, Order, sized
from rustybt.zipline._portfolio import Account, Portfolio
from rustybt.zipline._recorded import Recorded
from rustybt.zipline._run_blotter import RunBlotter
from rustybt.zipline._times import Times, stamp
from rustybt.zipline.utils.calendar_utils import get_calendar

LISTS = ("positions", "transactions", "orders")


@dataclass(frozen=True, slots=True)
class SimulationParameters:
    """What a run was asked for: its sessions, its capital and the length of its bars."""

    start_session: Any
    end_session: Any
    capital_base: float
    data_frequency: str
    first_open: Any
    last_close: Any


class TradingAlgorithm:
    """What is passed to a script as `context`. Attributes that a script sets on it stay for the whole run.

    portfolio, account: what is held and what it is worth now. asset_finder: the bundle's assets. blotter: its orders
    and models. risk_report: what metrics wrote in end_of_simulation; there in `analyze`.
    """

    def __init__(self, run: strategy.TradingAlgorithm) -> None:
        parts = parts_of(run)
        market = parts.account.market
        self._run = run
        self._wrapper = AssetWrapper()
        self._market = market
        self._recorded = Recorded()
        self.risk_report: dict[str, Any] = {}
        self._times = Times(market)
        self._environment = parts.facts.environment
        self._calendar = market.axis.calendar.name
        self._data = BarData(parts.account.data, market, self._wrapper, self._times)
        self._portfolio = Portfolio(run.portfolio, self._wrapper)
        self._account = Account(run.account)
        self.asset_finder = AssetFinder(market.version, self._wrapper, parts.lookup.day)
        self.blotter = RunBlotter(self, run, self._wrapper)

    @property
    def portfolio(self) -> Portfolio:
        """What is held, and what it is worth now."""
        return self._portfolio

    @property
    def account(self) -> Account:
        """The account: its value, leverage and exposure now."""
        return self._account

    @property
    def sim_params(self) -> SimulationParameters:
        """What the run was asked for."""
        facts = self.get_environment("*")
        return SimulationParameters(
            start_session=facts["start"].tz_localize(None).normalize(),
            end_session=facts["end"].tz_localize(None).normalize(),
            capital_base=facts["capital_base"],
            data_frequency=facts["data_frequency"],
            first_open=facts["start"],
            last_close=facts["end"],
        )

    @property
    def trading_calendar(self) -> Any:
        """The calendar of the run, from exchange_calendars."""
        return get_calendar(self._calendar)

    @property
    def recorded_vars(self) -> dict[str, Any]:
        """The last value of each recorded name."""
        return dict(self._recorded.last)

    @property
    def datetime(self) -> Any:
        """The moment, a Timestamp in UTC."""
        return self.get_datetime()

    @property
    def data_frequency(self) -> str:
        """ "daily" or "minute"."""
        return str(self._environment["data_frequency"])

    def frame_of(self, result: Result) -> Any:
        """Zipline's performance frame, with the script's assets in place of sids."""
        frame = result.to_pandas()
        for name in LISTS:
            for day in frame.get(name, ()):
                for row in day:
                    row["sid"] = self.asset_finder.retrieve_asset(row["sid"])
                    if name == "orders":
                        row["status"] = OrderStatus(row["status"])
                        # Zipline gives a reason to rejected orders alone
                        if row["status"] != OrderStatus.REJECTED:
                            row["reason"] = None
        return self._recorded.over(frame)

    def shown_to(self, function: Callable[..., Any]) -> Callable[[Any, Any], Any]:
        """A callback of the script as the engine calls it."""
        context, data = self, self._data

        def called(_context: Any, _data: Any) -> Any:
            return function(context, data)

        return called

    def _later(self, name: str) -> Any:
        method = getattr(self._run, name, None)
        if method is None:
            raise NotYetAvailable(f"zipline.api.{name} comes with a later version of RustyBT. Leave it out.")
        return method

    # orders

    def order(
        self, asset: Any, amount: Any, limit_price: Any = None, stop_price: Any = None, style: Any = None
    ) -> str | None:
        """Orders so many units; negative sells. Returns the order's id, or None where the size comes to zero."""
        size = amount if type(amount) in PLAIN else sized(amount, "amount")
        return self._run.order(unwrap(asset), size, limit_price, stop_price, style)

    def order_value(
        self, asset: Any, value: Any, limit_price: Any = None, stop_price: Any = None, style: Any = None
    ) -> str | None:
        """Orders units worth an amount of money at the current price."""
        size = value if type(value) in PLAIN else sized(value, "value")
        return self._run.order_value(unwrap(asset), size, limit_price, stop_price, style)

    def order_percent(
        self, asset: Any, percent: Any, limit_price: Any = None, stop_price: Any = None, style: Any = None
    ) -> str | None:
        """Orders units worth a share of the portfolio's value; 0.5 is half of it."""
        size = percent if type(percent) in PLAIN else sized(percent, "percent")
        return self._run.order_percent(unwrap(asset), size, limit_price, stop_price, style)

    def order_target(
        self, asset: Any, target: Any, limit_price: Any = None, stop_price: Any = None, style: Any = None
    ) -> str | None:
        """Orders the difference between what is held and a number of units. Open orders do not count."""
        size = target if type(target) in PLAIN else sized(target, "target")
        return self._run.order_target(unwrap(asset), size, limit_price, stop_price, style)

    def order_target_value(
        self, asset: Any, target: Any, limit_price: Any = None, stop_price: Any = None, style: Any = None
    ) -> str | None:
        """Orders the difference between what is held and units worth an amount of money."""
        size = target if type(target) in PLAIN else sized(target, "target")
        return self._run.order_target_value(unwrap(asset), size, limit_price, stop_price, style)

    def order_target_percent(
        self, asset: Any, target: Any, limit_price: Any = None, stop_price: Any = None, style: Any = None
    ) -> str | None:
        """Orders the difference between what is held and units worth a share of the portfolio's value."""
        size = target if type(target) in PLAIN else sized(target, "target")
        return self._run.order_target_percent(unwrap(asset), size, limit_price, stop_price, style)

    def batch_market_order(self, share_counts: Any) -> list[str]:
        """Market orders for a Series of whole units by asset. Returns the ids; a size of zero has none."""
        if getattr(share_counts, "dtype", None) != "int64":
            raise WrongType(f"batch_market_order({share_counts!r}): pass a Series of whole units (int64) by asset.")
        counts = {unwrap(asset): int(count) for asset, count in share_counts.items()}
        return list(self._run.batch_market_order(counts))

    def get_order(self, order_id: str) -> Order | None:
        """A snapshot of an order; None if there is none with that id."""
        order = self._run.get_order(order_id)
        return None if order is None else Order.of(order, self._wrapper)

    def get_open_orders(self, asset: Any = None) -> Any:
        """Snapshots of the open orders: of an asset a list, oldest first; without one a dict of such lists."""
        found = self._run.get_open_orders(unwrap(asset))
        if asset is not None:
            return [Order.of(order, self._wrapper) for order in found]
        return {
            self._wrapper.of(one): [Order.of(order, self._wrapper) for order in orders] for one, orders in found.items()
        }

    def cancel_order(self, order_param: Any) -> None:
        """Cancels an order that is open, given by its id or as it came from get_order.

        Other ids are passed over, and so is None, the id of an order whose size came to zero.
        """
        order_id = getattr(order_param, "id", order_param)
        if self._run.get_order(order_id) is not None:
            self._run.cancel_order(order_id)

    # what there is

    def symbol(self, symbol_str: str, country_code: str | None = None) -> Any:
        """The asset that carries a symbol. Raises SymbolNotFound, for a contract too."""
        found = self._run.symbol(symbol_str, country_code)
        if isinstance(found, Future):
            raise SymbolNotFound(f"{symbol_str!r} is a contract. Look it up with future_symbol({symbol_str!r}).")
        return self._wrapper.of(found)

    def symbols(self, *args: str, **kwargs: Any) -> list[Any]:
        """The assets that carry these symbols, in their order."""
        return [self.symbol(symbol, **kwargs) for symbol in args]

    def sid(self, sid: int) -> Any:
        """The asset with that number in the bundle. Raises SidsNotFound."""
        whole = isinstance(sid, float) and sid.is_integer()
        return self._wrapper.of(self._run.sid(int(sid) if whole else sid))

    def future_symbol(self, symbol: str) -> Any:
        """The futures contract with that ticker. Raises SymbolNotFound."""
        return self._wrapper.of(self._run.future_symbol(symbol))

    def continuous_future(
        self, root_symbol_str: str, offset: int = 0, roll: str = "volume", adjustment: str | None = "mul"
    ) -> Any:
        """The chain of a root's contracts as one thing to look at; roll: "volume" or "calendar"."""
        return ContinuousFuture(self._run.continuous_future(root_symbol_str, offset, roll, adjustment))

    def set_symbol_lookup_date(self, dt: Any) -> None:
        """The date as of which symbol() looks up."""
        self._run.set_symbol_lookup_date(dt)

    def get_datetime(self, tz: Any = None) -> Any:
        """The moment, a Timestamp in UTC or in another time zone."""
        now = self._data.current_dt
        return now if tz is None else now.tz_convert(tz)

    def get_environment(self, field: str = "platform") -> Any:
        """A fact about the run: arena, data_frequency, start, end, capital_base, platform, or "*" for all of them."""
        facts = self._run.get_environment("*")
        facts |= {"start": stamp(facts["start"]), "end": stamp(facts["end"]), "platform": "zipline"}
        if field == "*":
            return facts
        return facts[field] if field in facts else self._run.get_environment(field)

    # what happens when

    def record(self, *args: Any, **kwargs: Any) -> None:
        """Keeps values by name: pairs of name and value, or keywords. Each becomes a column of the frame."""
        self._recorded.add(self._market.session, args, kwargs)

    def schedule_function(
        self, func: Any, date_rule: Any = None, time_rule: Any = None, half_days: bool = True, calendar: Any = None
    ) -> None:
        """Calls func(context, data) by a rule for the session and one for the time of day, after handle_data."""
        self._run.schedule_function(self.shown_to(func), date_rule, time_rule, half_days, calendar)

    def set_benchmark(self, benchmark: Any) -> None:
        """The asset that the results are compared with; only in `initialize`."""
        self._run.set_benchmark(unwrap(benchmark))

    def fetch_csv(
        self,
        url: str,
        pre_func: Any = None,
        post_func: Any = None,
        date_column: str = "date",
        date_format: str | None = None,
        timezone: Any = "UTC",
        symbol: str | None = None,
        mask: bool = True,
        symbol_column: str | None = None,
        special_params_checker: Any = None,
        country_code: str | None = None,
        **kwargs: Any,
    ) -> Any:
        """Rows of a CSV file, local or remote, as more fields of `data`. kwargs: those of pandas.read_csv."""
        functions = {"pre_func": pre_func, "post_func": post_func, "special_params_checker": special_params_checker}
        columns = {"date_column": date_column, "date_format": date_format, "symbol_column": symbol_column}
        more = {"timezone": timezone, "symbol": symbol, "mask": mask, "country_code": country_code}
        return self._later("fetch_csv")(url, **functions, **columns, **more, **kwargs)

    def attach_pipeline(self, pipeline: Any, name: str, chunks: Any = None, eager: bool = True) -> Any:
        """Pipelines come with a later version."""
        raise NotYetAvailable(
            "attach_pipeline: Pipeline comes with a later version of RustyBT. Until then compute the ranking in "
            "before_trading_start or a scheduled function, from data.history over the assets."
        )

    def pipeline_output(self, name: str) -> Any:
        """Pipelines come with a later version."""
        raise NotYetAvailable(f"pipeline_output({name!r}): Pipeline comes with a later version of RustyBT.")

    # models and controls

    def set_slippage(self, us_equities: Any = None, us_futures: Any = None) -> None:
        """Sets the slippage models; only in `initialize`."""
        models = [wrapped_slippage(model, self._data, self._wrapper) for model in (us_equities, us_futures)]
        self._run.set_slippage(*models)

    def set_commission(self, us_equities: Any = None, us_futures: Any = None) -> None:
        """Sets the commission models; only in `initialize`."""
        models = [wrapped_commission(model, self._data, self._wrapper) for model in (us_equities, us_futures)]
        self._run.set_commission(*models)

    def set_models(self, blotter: SimulationBlotter) -> None:
        """Sets what a SimulationBlotter says, as if `initialize` began with it."""
        self.set_slippage(blotter.slippage["equity"], blotter.slippage["future"])
        self.set_commission(blotter.commission["equity"], blotter.commission["future"])
        self.set_cancel_policy(blotter.cancel_policy)

    def set_cancel_policy(self, cancel_policy: Any) -> None:
        """When open orders are cancelled by themselves; only in `initialize`."""
        self._run.set_cancel_policy(cancel_policy)

    def set_max_leverage(self, max_leverage: float) -> None:
        """The run ends where the gross leverage at a close is above this."""
        self._run.set_max_leverage(max_leverage)

    def set_min_leverage(self, min_leverage: float, grace_period: Any) -> None:
        """The run ends where the gross leverage at a close is below this, once the grace period is over."""
        self._run.set_min_leverage(min_leverage, grace_period)

    def set_max_position_size(
        self, asset: Any = None, max_shares: Any = None, max_notional: Any = None, on_error: Any = "fail"
    ) -> None:
        """The largest position, in units or money, that orders may lead to."""
        self._run.set_max_position_size(unwrap(asset), max_shares, max_notional, on_error)

    def set_max_order_size(
        self, asset: Any = None, max_shares: Any = None, max_notional: Any = None, on_error: Any = "fail"
    ) -> None:
        """The largest order, in units or money."""
        self._run.set_max_order_size(unwrap(asset), max_shares, max_notional, on_error)

    def set_max_order_count(self, max_count: int, on_error: Any = "fail") -> None:
        """How many orders a day may have."""
        self._run.set_max_order_count(max_count, on_error)

    def set_long_only(self, on_error: Any = "fail") -> None:
        """No order may lead to a short position."""
        self._run.set_long_only(on_error)

    def set_asset_restrictions(self, restrictions: Any, on_error: Any = "fail") -> None:
        """Which assets may not be ordered."""
        self._run.set_asset_restrictions(restrictions, on_error)

    def set_do_not_order_list(self, restricted_list: Any, on_error: Any = "fail") -> None:
        """Assets that may not be ordered."""
        self._run.set_do_not_order_list(restricted_list, on_error)


# as in Zipline, where a script may still set a name of a function, like `context.symbol = symbol("AAPL")`
guard_properties(TradingAlgorithm)


def wrapper_of(context: TradingAlgorithm) -> AssetWrapper:
    """The assets that a script was given."""
    return context._wrapper


def data_of(context: TradingAlgorithm) -> BarData:
    """What a script's callbacks get beside the context."""
    return context._data
