"""Where float noise decides in Zipline: such a case proves nothing, and another takes its place."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

MOST = 1e-5
"""Noise of cash, in money, beyond which a case proves too little."""


class Undecided(Exception):
    """Noise decided: the rest of the run is not worth its time."""


class KnifeEdge:
    """Notes where Zipline's float came to lie on a rounding edge, so that noise decided: such a case proves nothing.

    stop: whether the first note ends the run, with Undecided.
    noise: by how much, at most, the roundings of all bookings so far have moved cash.
    """

    def __init__(self, stop: bool = False) -> None:
        self.notes: list[str] = []
        self.noise = 0.0
        self.stop = stop

    def _note(self, text: str) -> None:
        self.notes.append(text)
        if self.stop:
            raise Undecided(text)

    def cents(self, what: str, value: float) -> None:
        """A value that is about to be rounded to cents."""
        away = abs(value * 100 - math.floor(value * 100) - 0.5)
        if away < 1e-6:
            self._note(f"{what} {value!r} lies half-way between cents")

    def whole(self, what: str, value: float) -> None:
        """A value that is about to be truncated."""
        away = abs(value - round(value))
        if 0 < away < 1e-9:
            self._note(f"{what} {value!r} lies next to a whole number")

    def trigger(self, what: str, price: float, bound: float | None) -> None:
        """A price that is about to be compared with a stop or a limit."""
        if bound is not None and 0 < abs(price - bound) < 1e-9:
            self._note(f"price {price!r} lies next to the {what} {bound!r}")

    def money(self, cash: float, amount: float) -> None:
        """Cash after an amount was booked: the sum is rounded, and so was the amount, its price and its slippage."""
        self._blur(math.ulp(cash) / 2 + 2 * math.ulp(amount))

    def settled(self, exposure: float) -> None:
        """What a future comes to whose change of price is booked: two prices were rounded, and stand for so much."""
        self._blur(math.ulp(exposure))

    def _blur(self, most: float) -> None:
        self.noise += most
        if self.noise > MOST and not self.notes:
            self._note("the roundings of Zipline's bookings may come to a thousandth of a cent by now")

    def withdrawal(self, value: float, amount: float) -> None:
        """Money that is about to come or to go."""
        if amount < 0 and value + amount < 0:
            self._note(f"{amount!r} leaves a portfolio that is worth {value!r}, which RustyBT refuses")

    def watch(self) -> Callable[[], None]:
        """Wrap what rounds or compares in Zipline; returns a function that takes the wrappers off."""
        from zipline.algorithm import TradingAlgorithm
        from zipline.data.data_portal import DataPortal
        from zipline.finance import ledger, position, slippage
        from zipline.finance.order import Order

        kinds = (
            (position.Position, "handle_split", self._on_position),
            (position.Position, "earn_stock_dividend", self._on_stock_dividend),
            (Order, "handle_split", self._on_order),
            (Order, "check_order_triggers", self._on_trigger),
            (slippage.VolatilityVolumeShare, "get_txn_volume", self._on_share),
            (slippage.SlippageModel, "simulate", self._on_model),
            (ledger.Ledger, "_cash_flow", self._on_booking),
            (ledger.Ledger, "capital_change", self._on_capital),
            (DataPortal, "get_adjusted_value", self._on_carried),
        )
        before = [(kind, name, getattr(kind, name)) for kind, name, _ in kinds]
        for (kind, name, original), (_, _, wrapped) in zip(before, kinds, strict=True):
            setattr(kind, name, wrapped(original))
        sizing, payout = TradingAlgorithm.round_order, ledger.Ledger._calculate_payout
        TradingAlgorithm.round_order = staticmethod(self._on_size(sizing))
        ledger.Ledger._calculate_payout = staticmethod(self._on_payout(payout))

        def undo() -> None:
            for kind, name, original in before:
                setattr(kind, name, original)
            TradingAlgorithm.round_order = staticmethod(sizing)
            ledger.Ledger._calculate_payout = staticmethod(payout)

        return undo

    def _on_position(self, original: Any) -> Any:
        def handle_split(position: Any, asset: Any, split: float) -> Any:
            basis = position.cost_basis * split
            shares = position.amount / split
            self.cents("cost basis", basis)
            self.whole("shares", shares)
            if shares != math.trunc(shares):
                self.cents("cash in lieu", (shares - math.trunc(shares)) * round(basis, 2))
            return original(position, asset, split)

        return handle_split

    def _on_stock_dividend(self, original: Any) -> Any:
        def earn(position: Any, dividend: Any) -> Any:
            self.whole("shares of a stock dividend", position.amount * float(dividend.ratio))
            return original(position, dividend)

        return earn

    def _on_order(self, original: Any) -> Any:
        def handle_split(order: Any, split: float) -> Any:
            self.whole("open amount", order.open_amount / split)
            self.whole("filled", order.filled / split)
            for what in ("limit", "stop"):
                if getattr(order, what) is not None:
                    self.cents(what, getattr(order, what) * split)
            return original(order, split)

        return handle_split

    def _on_trigger(self, original: Any) -> Any:
        def check(order: Any, price: float) -> Any:
            self.trigger("limit", price, order.limit)
            self.trigger("stop", price, order.stop)
            return original(order, price)

        return check

    def _on_share(self, original: Any) -> Any:
        def get_txn_volume(model: Any, data: Any, order: Any) -> Any:
            volume = original(model, data, order)
            self.whole("share of the volume", volume)
            return volume

        return get_txn_volume

    def _on_model(self, original: Any) -> Any:
        def simulate(model: Any, data: Any, asset: Any, orders: Any) -> Any:
            limit = getattr(model, "volume_limit", None)
            if limit is not None:
                self.whole("share of the volume", limit * data.current(asset, "volume"))
            return original(model, data, asset, orders)

        return simulate

    def _on_booking(self, original: Any) -> Any:
        def cash_flow(ledger: Any, amount: float) -> None:
            original(ledger, amount)
            self.money(ledger._portfolio.cash, amount)

        return cash_flow

    def _on_payout(self, original: Any) -> Any:
        def calculate_payout(multiplier: float, amount: float, old_price: float, price: float) -> Any:
            self.settled(multiplier * amount * price)
            return original(multiplier, amount, old_price, price)

        return calculate_payout

    def _on_carried(self, original: Any) -> Any:
        """A fault of Zipline's, not noise: a price is carried into a window over a roll as it was."""
        from zipline.assets import ContinuousFuture

        def get_adjusted_value(
            portal: Any, asset: Any, field: str, dt: Any, perspective_dt: Any, *rest: Any, **named: Any
        ) -> Any:
            if isinstance(asset, ContinuousFuture) and asset.adjustment is not None:
                then, now = (portal._get_current_contract(asset, moment) for moment in (dt, perspective_dt))
                if then != now:
                    self._note(f"the {field} of {asset} is carried over a roll to {perspective_dt} as it was")
            return original(portal, asset, field, dt, perspective_dt, *rest, **named)

        return get_adjusted_value

    def _on_capital(self, original: Any) -> Any:
        def capital_change(ledger: Any, amount: float) -> None:
            ledger.update_portfolio()
            self.withdrawal(ledger._portfolio.portfolio_value, amount)
            original(ledger, amount)

        return capital_change

    def _on_size(self, original: Any) -> Any:
        def round_order(amount: float) -> int:
            if abs(abs(amount) % 1 - 0.9999) < 1e-8:
                self._note(f"size {amount!r} lies on the edge of rounding up")
            return int(original(amount))

        return round_order
