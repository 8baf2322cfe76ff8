"""`context`: the functions of `rustybt.api` as methods, and whatever a strategy hangs on it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np

from rustybt.core import Asset, Order, datetime_of, exact_number, scaled
from rustybt.errors import (
    BadSchedule,
    CannotOrderDelistedAsset,
    InputError,
    NotYetAvailable,
    OrderDuringInitialize,
    OrderInBeforeTradingStart,
    SetCommissionPostInit,
    SetSlippagePostInit,
)
from rustybt.orders import limit_on_tick, style_of
from rustybt.strategy._desk import Desk
from rustybt.strategy._portfolio import Account, Portfolio
from rustybt.strategy._rules import DateRule, TimeRule, date_rules
from rustybt.view import Listing

MEMO_SIZE = 4096


@dataclass(frozen=True, slots=True)
class Schedule:
    """A function and when it runs. index: its place among the run's schedules."""

    index: int
    function: Callable[[Any, Any], Any]
    date_rule: DateRule
    time_rule: TimeRule
    half_days: bool


class TradingAlgorithm:
    """The `context` of a run. Attributes that a strategy sets on it stay for the whole run.

    portfolio, account: what is held and what it is worth now. recorded_vars: the last recorded values.
    rng: a numpy Generator made from the run's seed.
    """

    def __init__(self, desk: Desk, whole_steps: Callable[[int, int], int]) -> None:
        self._desk = desk
        self._whole_steps = whole_steps
        self._floats: dict[float, tuple[int, int]] = {}
        self._rng: np.random.Generator | None = None
        self.portfolio = Portfolio(desk)
        self.account = Account(desk)

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
        """The asset that carries a symbol on the run's last session. Raises SymbolNotFound."""
        if not hasattr(symbol_str, "upper"):
            raise InputError(f"symbol({symbol_str!r}): give the symbol as text, like 'AAPL'.")
        if country_code is not None:
            raise NotYetAvailable("symbol(country_code=...) comes with a later version: a bundle has one country.")
        return self._known(self._desk.market.version.lookup_symbol(symbol_str, self._desk.look_up_day))

    def symbols(self, *args: str, country_code: str | None = None) -> list[Asset]:
        """The assets that carry these symbols, in their order."""
        return [self.symbol(symbol, country_code=country_code) for symbol in args]

    def sid(self, sid: int) -> Asset:
        """The asset with that number in the bundle. Raises SidsNotFound."""
        return self._known(self._desk.market.version.asset(int(sid)))

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
        return now.astimezone(ZoneInfo(tz) if isinstance(tz, str) else tz)

    def get_environment(self, field: str = "platform") -> Any:
        """A fact about the run: arena, data_frequency, start, end, capital_base, platform, or "*" for all of them."""
        if field == "*":
            return dict(self._desk.environment)
        if field not in self._desk.environment:
            raise InputError(
                f"get_environment({field!r}): there are {', '.join(self._desk.environment)}, and '*' for all."
            )
        return self._desk.environment[field]

    def record(self, *args: Any, **kwargs: Any) -> None:
        """Keeps values by name: pairs of name and value, or keywords. Each becomes a column of `result.recorded`."""
        if len(args) % 2:
            raise InputError(f"record: {len(args)} positional values; give pairs of name and value.")
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
        leaves out sessions that close early.
        """
        if calendar is not None:
            raise NotYetAvailable("schedule_function(calendar=...) comes with a later version.")
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
        schedules.append(Schedule(len(schedules), func, date, time, half_days))
        self._desk.schedules_changed = True

    def set_slippage(self, us_equities: Any = None, us_futures: Any = None) -> None:
        """Sets the slippage model; only in `initialize`."""
        if us_futures is not None:
            raise NotYetAvailable("set_slippage(us_futures=...) comes with a later version.")
        if self._desk.phase != "initialize":
            raise SetSlippagePostInit("set_slippage was called after initialize. Call it there.")
        if not hasattr(us_equities, "quote"):
            raise InputError(f"set_slippage({us_equities!r}): give a model like slippage.FixedBasisPointsSlippage().")
        self._desk.slippage = us_equities

    def set_commission(self, us_equities: Any = None, us_futures: Any = None) -> None:
        """Sets the commission model; only in `initialize`."""
        if us_futures is not None:
            raise NotYetAvailable("set_commission(us_futures=...) comes with a later version.")
        if self._desk.phase != "initialize":
            raise SetCommissionPostInit("set_commission was called after initialize. Call it there.")
        if not hasattr(us_equities, "fee"):
            raise InputError(f"set_commission({us_equities!r}): give a model like commission.PerShare().")
        self._desk.commission = us_equities

    # orders

    def order(
        self, asset: Asset, amount: Any, limit_price: Any = None, stop_price: Any = None, style: Any = None
    ) -> str | None:
        """Orders so many units; negative sells. Returns the order's id, or None where the size comes to zero.

        What is not a whole number of quantity steps is cut towards zero (within 1/10,000 of a step it is rounded).
        """
        listing = self._orderable(asset)
        value, scale = self._scaled(amount, "amount")
        size = self._whole_steps(value * 10**listing.quantity_scale, listing.step * 10**scale) * listing.step
        return self._place(listing, size, limit_price, stop_price, style)

    def order_value(
        self, asset: Asset, value: Any, limit_price: Any = None, stop_price: Any = None, style: Any = None
    ) -> str | None:
        """Orders units worth an amount of money at the current price."""
        return self._order_worth(asset, value, False, limit_price, stop_price, style)

    def order_percent(
        self, asset: Asset, percent: Any, limit_price: Any = None, stop_price: Any = None, style: Any = None
    ) -> str | None:
        """Orders units worth a share of the portfolio's value; 0.5 is half of it."""
        return self._order_weight(asset, percent, False, limit_price, stop_price, style)

    def order_target(
        self, asset: Asset, target: Any, limit_price: Any = None, stop_price: Any = None, style: Any = None
    ) -> str | None:
        """Orders the difference between what is held and a number of units. Open orders do not count."""
        listing = self._orderable(asset)
        value, scale = self._scaled(target, "target")
        held = self._desk.books.position(listing.slot)[0]
        size = self._whole_steps(value * 10**listing.quantity_scale - held * 10**scale, listing.step * 10**scale)
        return self._place(listing, size * listing.step, limit_price, stop_price, style)

    def order_target_value(
        self, asset: Asset, target: Any, limit_price: Any = None, stop_price: Any = None, style: Any = None
    ) -> str | None:
        """Orders the difference between what is held and units worth an amount of money."""
        return self._order_worth(asset, target, True, limit_price, stop_price, style)

    def order_target_percent(
        self, asset: Asset, target: Any, limit_price: Any = None, stop_price: Any = None, style: Any = None
    ) -> str | None:
        """Orders the difference between what is held and units worth a share of the portfolio's value."""
        return self._order_weight(asset, target, True, limit_price, stop_price, style)

    def get_order(self, order_id: str) -> Order | None:
        """A snapshot of an order; None if there is none with that id."""
        order = self._desk.blotter.find(order_id)
        return None if order is None else self._desk.order_view(order)

    def get_open_orders(self, asset: Asset | None = None) -> Any:
        """Snapshots of the open orders: of an asset a list, oldest first; without one a dict of such lists."""
        view, queues = self._desk.order_view, self._desk.blotter.open
        if asset is not None:
            listing = self._desk.market.listings.get(asset.sid)
            return [view(order) for order in queues.get(listing.slot, ())] if listing is not None else []
        return {queue[0].listing.asset: [view(order) for order in queue] for queue in queues.values()}

    def cancel_order(self, order_param: str | Order) -> None:
        """Cancels an order that is open; one that is not open stays as it is."""
        order_id = order_param.id if isinstance(order_param, Order) else order_param
        order = self._desk.blotter.find(order_id)
        if order is None:
            raise InputError(f"cancel_order({order_param!r}): there is no order with that id.")
        self._desk.blotter.cancel(order, self._desk.data.now_ns(), "cancelled by the strategy")

    def _order_worth(
        self, asset: Asset, value: Any, target: bool, limit_price: Any, stop_price: Any, style: Any
    ) -> str | None:
        listing = self._orderable(asset)
        amount, scale = self._scaled(value, "value")
        price = self._price(listing)
        size = self._desk.books.size_of_value(listing.slot, amount, scale, price, target) if price else 0
        return self._place(listing, size, limit_price, stop_price, style)

    def _order_weight(
        self, asset: Asset, weight: Any, target: bool, limit_price: Any, stop_price: Any, style: Any
    ) -> str | None:
        listing = self._orderable(asset)
        amount, scale = self._scaled(weight, "percent")
        price = self._price(listing)
        size = self._desk.books.size_of_weight(listing.slot, amount, scale, price, target) if price else 0
        return self._place(listing, size, limit_price, stop_price, style)

    def _scaled(self, number: Any, what: str) -> tuple[int, int]:
        if type(number) is float:
            known = self._floats.get(number)
            if known is None:
                if len(self._floats) >= MEMO_SIZE:
                    self._floats.clear()
                known = self._floats[number] = scaled(exact_number(number, what))
            return known
        if type(number) is int:
            return number, 0
        return scaled(number if type(number) is Decimal and number.is_finite() else exact_number(number, what))

    def _orderable(self, asset: Asset) -> Listing:
        desk = self._desk
        if desk.phase != "bar":
            if desk.phase == "before":
                raise OrderInBeforeTradingStart(
                    "An order was placed in before_trading_start. Place it in handle_data or a scheduled function."
                )
            raise OrderDuringInitialize(
                f"An order was placed in {desk.phase}. Place it in handle_data or a scheduled function."
            )
        if not isinstance(asset, Asset):
            raise InputError(f"{asset!r} is not an asset. Look it up with symbol({str(asset)!r}) first.")
        listing = desk.market.listings.get(asset.sid)
        if listing is None:
            listing = desk.market.listing(asset)
        if listing.asset.currency != desk.currency:
            raise NotYetAvailable(
                f"{asset.symbol} trades in {asset.currency} and the run's books are in {desk.currency}: several "
                "currencies in one run come with a later version."
            )
        return listing

    def _price(self, listing: Listing) -> int:
        """The price that turns a value into a quantity, at the fill scale. Raises CannotOrderDelistedAsset."""
        bar = self._desk.market.bar
        if listing.first <= bar <= listing.last and bar >= listing.start:
            return int(listing.price[bar] * listing.lane_to_fill)
        asset = listing.asset
        if bar < listing.start:
            why = f"it starts on {asset.start_date}"
        elif bar > listing.last:
            why = f"it ended on {asset.end_date}"
        else:
            why = "it has no price yet"
        raise CannotOrderDelistedAsset(
            f"{asset.symbol} can't be ordered by value at {datetime_of(self._desk.data.now_ns())}: {why}. "
            "Ask data.can_trade(asset) first."
        )

    def _place(self, listing: Listing, size: int, limit_price: Any, stop_price: Any, style: Any) -> str | None:
        desk = self._desk
        limit = None
        if limit_price is not None or style is not None or stop_price is not None:
            chosen = style_of(limit_price, stop_price, style)
            if chosen is not None and chosen.limit_price is not None:
                limit = limit_on_tick(chosen.limit_price, size > 0, listing.tick, listing.fill_scale)
        if not size:
            return None
        stamp = int(desk.market.axis.stamps[desk.market.bar])
        reason = self._refusal(listing)
        if reason is not None:
            return str(desk.blotter.order_id(desk.blotter.reject(listing, size, limit, stamp, reason).number))
        return str(desk.blotter.order_id(desk.blotter.accept(listing, size, limit, stamp).number))

    def _refusal(self, listing: Listing) -> str | None:
        """Why an order for an asset is refused; None if it is not."""
        asset = listing.asset
        if self._desk.market.bar > listing.last:
            return f"{asset.symbol} ended on {asset.end_date}"
        if asset.kind in ("index", "future"):
            return f"{asset.symbol} is of type {asset.kind!r}, which can't be ordered in this version"
        return None


API_METHODS = (
    "cancel_order",
    "get_datetime",
    "get_environment",
    "get_open_orders",
    "get_order",
    "order",
    "order_percent",
    "order_target",
    "order_target_percent",
    "order_target_value",
    "order_value",
    "record",
    "schedule_function",
    "set_commission",
    "set_slippage",
    "sid",
    "symbol",
    "symbols",
)
"""The methods that `rustybt.api` offers as functions."""
