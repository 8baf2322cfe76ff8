"""`context.portfolio` as a Zipline script sees it. Nothing is kept: each answer comes from the books."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from rustybt.strategy import Portfolio as Books
from rustybt.zipline._assets import Asset, AssetWrapper
from rustybt.zipline._pandas import pandas
from rustybt.zipline._times import stamp

PORTFOLIO = (
    "cash_flow", "starting_cash", "portfolio_value", "pnl", "returns", "cash", "positions", "start_date",
    "positions_value", "positions_exposure",
)  # fmt: skip
"""What a portfolio prints, in Zipline's order."""
ACCOUNT = (
    "settled_cash", "accrued_interest", "buying_power", "equity_with_loan", "total_positions_value",
    "total_positions_exposure", "regt_equity", "regt_margin", "initial_margin_requirement",
    "maintenance_margin_requirement", "available_funds", "excess_liquidity", "cushion", "day_trades_remaining",
    "leverage", "net_leverage", "net_liquidation", "gross_leverage",
)  # fmt: skip
"""The same of an account."""


class Position:
    """What is held of an asset, as it is whenever it is asked.

    amount: units, negative for a short. cost_basis: per unit, commissions included. last_sale_price: its mark.
    """

    __slots__ = ("_held", "asset")

    def __init__(self, held: Any, asset: Asset) -> None:
        self._held = held
        self.asset = asset

    @property
    def sid(self) -> Asset:
        return self.asset

    @property
    def amount(self) -> Any:
        amount = self._held[self.asset.core].amount
        return int(amount) if amount == int(amount) else amount

    @property
    def cost_basis(self) -> float:
        return float(self._held[self.asset.core].cost_basis)

    @property
    def last_sale_price(self) -> float:
        return float(self._held[self.asset.core].last_sale_price)

    @property
    def last_sale_date(self) -> Any:
        moment = self._held[self.asset.core].last_sale_date
        return None if moment is None else stamp(moment)

    def __repr__(self) -> str:
        names = ("asset", "amount", "cost_basis", "last_sale_price", "last_sale_date")
        values = {name: getattr(self, name) for name in names}
        return f"Position({values!r})"


class Positions(Mapping[Asset, Position]):
    """The open positions by asset. An asset without one gives an empty position; it is not added."""

    __slots__ = ("_held", "_known", "_wrapper")

    def __init__(self, held: Any, wrapper: AssetWrapper) -> None:
        self._held = held
        self._wrapper = wrapper
        self._known: dict[Asset, Position] = {}

    def __getitem__(self, asset: Asset) -> Position:
        position = self._known.get(asset)
        if position is None:
            if not hasattr(asset, "core"):
                kind = type(asset).__name__
                raise ValueError(f"positions[{asset!r}]: ask with an asset, not with {kind}. symbol() looks one up.")
            position = self._known[asset] = Position(self._held, asset)
        return position

    def __iter__(self) -> Iterator[Asset]:
        return iter(self._wrapper.all(self._held))

    def __len__(self) -> int:
        return len(self._held)

    def __contains__(self, asset: object) -> bool:
        return isinstance(asset, Asset) and asset.core in self._held

    def get(self, asset: Any, default: Any = None) -> Any:
        """The position of an asset that is held, else the default."""
        return self[asset] if asset in self else default  # noqa: SIM401  this is `get`

    def __repr__(self) -> str:
        return repr(dict(self.items()))


class Portfolio:
    """Cash, positions and what they are worth now, as floats.

    cash, starting_cash, portfolio_value, positions_value, positions_exposure, pnl, returns, cash_flow, capital_used.
    """

    __slots__ = ("_books", "positions")

    def __init__(self, books: Books, wrapper: AssetWrapper) -> None:
        object.__setattr__(self, "_books", books)
        object.__setattr__(self, "positions", Positions(books.positions, wrapper))

    positions: Positions

    def __getattr__(self, name: str) -> Any:
        return getattr(object.__getattribute__(self, "_books"), name)

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"portfolio.{name} can't be set: the books are changed by orders alone.")

    @property
    def start_date(self) -> Any:
        return pandas().Timestamp(self._books.start_date)

    @property
    def current_portfolio_weights(self) -> Any:
        """The share of each position in the portfolio's value, a Series by asset."""
        worth = {
            asset: position.last_sale_price * position.amount * asset.price_multiplier
            for asset, position in self.positions.items()
        }
        return pandas().Series(worth, dtype=float) / self._books.portfolio_value

    def __repr__(self) -> str:
        return f"Portfolio({ {name: getattr(self, name) for name in PORTFOLIO} })"


class Account:
    """The figures of the account, as floats; it prints all of them."""

    __slots__ = ("_account",)

    def __init__(self, account: Any) -> None:
        object.__setattr__(self, "_account", account)

    def __getattr__(self, name: str) -> Any:
        return getattr(object.__getattribute__(self, "_account"), name)

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"account.{name} can't be set: it follows from the books.")

    def __repr__(self) -> str:
        return f"Account({ {name: getattr(self, name) for name in ACCOUNT} })"
