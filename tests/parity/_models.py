"""Slippage, commission and cancel policies of a case, by the names that both engines give them; custom ones too.

The custom models compute in floats on either side: what each engine makes of the same float is the question.
"""

from __future__ import annotations

from typing import Any

SLIPPAGE = {
    "none": "NoSlippage",
    "fixed": "FixedSlippage",
    "basis_points": "FixedBasisPointsSlippage",
    "volume_share": "VolumeShareSlippage",
    "volatility": "VolatilityVolumeShare",
}
COMMISSION = {
    "per_share": "PerShare",
    "per_trade": "PerTrade",
    "per_dollar": "PerDollar",
    "per_contract": "PerContract",
    "per_future_trade": "PerFutureTrade",
}


def slippage(side: Any, chosen: tuple[str, dict[str, str]]) -> Any | None:
    """The slippage model, None for the engine's default."""
    name, arguments = chosen
    if name == "default":
        return None
    if name == "custom":
        return _spread_by_share(side.api.slippage)
    if name == "custom_impact":
        return _impact_by_root(side.api.slippage)
    return getattr(side.api.slippage, SLIPPAGE[name])(**_numbers(side, arguments))


def commission(side: Any, chosen: tuple[str, dict[str, str]], *, futures: bool = False) -> Any | None:
    """The commission model, None for the engine's default."""
    name, arguments = chosen
    if name == "default":
        return None
    if name == "custom":
        return _ticket(side.api.commission)
    if name == "free":
        if futures:
            return side.api.commission.PerContract(cost=0, exchange_fee=0)
        return side.api.commission.PerShare(cost=0)
    return getattr(side.api.commission, COMMISSION[name])(**_numbers(side, arguments))


def _numbers(side: Any, arguments: dict[str, str]) -> dict[str, Any]:
    return {name: side.number(value) for name, value in arguments.items()}


def cancel_policy(api: Any, name: str) -> Any:
    """The cancel policy of a name."""
    if name == "eod":
        return api.EODCancel()
    return api.NeverCancel() if name == "never" else _every_other(api.cancel_policy)


def _spread_by_share(module: Any) -> Any:
    class SpreadByShare(module.SlippageModel):  # type: ignore[misc]
        """Fills a fifth of the bar's volume at most, two cents away from the close for each order of the bar."""

        def process_order(self, data: Any, order: Any) -> Any:
            price = float(data.current(order.asset, "close"))
            volume = float(data.current(order.asset, "volume"))
            room = int(volume / 5) - int(self.volume_for_bar)
            if room < 1:
                raise module.LiquidityExceeded
            wanted = min(abs(int(order.open_amount)), room)
            away = 0.02 if int(self.volume_for_bar) == 0 else 0.0425
            return price + away * int(order.direction), wanted * int(order.direction)

    return SpreadByShare()


def _impact_by_root(module: Any) -> Any:
    class ImpactByRoot(module.MarketImpactBase):  # type: ignore[misc]
        """A third of the bar at a price that the day's volatility moves."""

        def get_txn_volume(self, data: Any, order: Any) -> Any:
            return int(float(data.current(order.asset, "volume")) / 3)

        def get_simulated_impact(
            self,
            order: Any,
            current_price: Any,
            current_volume: Any,
            txn_volume: Any,
            mean_volume: Any,
            volatility: Any,
        ) -> Any:
            share = float(txn_volume) / float(mean_volume)
            return float(current_price) * float(volatility) * share / 50

    return ImpactByRoot()


def _ticket(module: Any) -> Any:
    class Ticket(module.CommissionModel):  # type: ignore[misc]
        """A ticket for the first fill, a part of the money for each."""

        def calculate(self, order: Any, transaction: Any) -> Any:
            ticket = 1.25 if int(order.filled) == 0 else 0.0
            return ticket + abs(int(transaction.amount)) * float(transaction.price) * 0.0004

    return Ticket()


def _every_other(module: Any) -> Any:
    class EveryOther(module.CancelPolicy):  # type: ignore[misc]
        """Cancels at the end of every other session."""

        warn_on_cancel = False

        def __init__(self) -> None:
            self.asked = 0

        def should_cancel(self, event: Any) -> bool:
            self.asked += 1
            return self.asked % 2 == 0

    return EveryOther()
