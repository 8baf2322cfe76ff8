"""What a strategy sees of its money: portfolio, account, positions. All of it is read from the books when asked for."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, Generic, overload

from rustybt.core import (
    RATIO_SCALE,
    Asset,
    Scalar,
    cost_per_unit,
    datetime_of,
    div_half_even,
    facts_html,
    grid_html,
)
from rustybt.errors import InputError
from rustybt.strategy._account_state import AccountState
from rustybt.strategy._by_asset import ByAsset, note_text
from rustybt.strategy._currencies import CashByCurrency

HEADS: Final = ("asset", "units", "cost basis", "last price", "as of")


@dataclass(frozen=True, slots=True)
class Position(Generic[Scalar]):
    """What is held of an asset.

    amount: units, negative for a short. cost_basis: money per unit, fees included. last_sale_price: the mark. Both are
    in the asset's currency.
    last_sale_date: the moment of the mark: now, or, of an asset whose life is over, the end of its last bar.

    >>> from rustybt import BarData, Context, Position, run
    >>> def handle_data(context: Context, data: BarData) -> None:
    ...     ibm = context.symbol("IBM")
    ...     context.order_target(ibm, 10)
    ...     held: Position = context.portfolio.positions[ibm]
    ...     print(held.amount, held.cost_basis, held.last_sale_price)
    >>> result = run(handle_data, start="2010-01-04", end="2010-01-05")
    0 0 0
    10 130.91642500000000 130.8500
    """

    asset: Asset
    amount: Scalar
    cost_basis: Scalar
    last_sale_price: Scalar
    last_sale_date: dt.datetime | None

    @property
    def sid(self) -> Asset:
        """The asset, under the name that Zipline gives it."""
        return self.asset

    def _repr_html_(self) -> str:
        return grid_html(HEADS, [_cells(self)])


def _marked_at(state: AccountState[Any], instrument: Any) -> int:
    """When the price of a position was last known, in ns UTC."""
    market = state.market
    return market.axis.times[instrument.last] if market.bar > instrument.last else state.data.now_ns()


class Positions(Mapping[Asset, Position[Scalar]], Generic[Scalar]):
    """The open positions by asset, as a mapping of what is held.

    `positions[asset]` of an asset that is not held is an empty position, as in Zipline; `get` gives the default.
    """

    __slots__ = ("_state",)

    def __init__(self, state: AccountState[Scalar]) -> None:
        self._state = state

    def __getitem__(self, asset: Asset) -> Position[Scalar]:
        _checked(asset)
        state = self._state
        numbers = state.numbers
        instrument = state.market.instruments.get(asset.sid)
        if instrument is not None and instrument.asset is not asset and instrument.asset != asset:
            instrument = None
        quantity, cost = state.books.position(instrument.slot) if instrument is not None else (0, 0)
        if instrument is None or not quantity:
            return Position(asset, numbers.quantity(0, 0), numbers.price(0, 0), numbers.price(0, 0), None)
        return Position(
            asset,
            numbers.quantity(quantity, instrument.quantity_scale),
            numbers.price(cost_per_unit(cost, quantity, instrument), instrument.fill_scale),
            numbers.price(*_shortened(state.books.mark(instrument.slot), instrument)),
            datetime_of(_marked_at(state, instrument)),
        )

    def __iter__(self) -> Iterator[Asset]:
        slots = self._state.instruments
        return iter([slots[slot].asset for slot in self._state.books.held()])

    def __len__(self) -> int:
        return len(self._state.books.held())

    def __contains__(self, asset: object) -> bool:
        if isinstance(asset, str):
            note_text(self._state.notes, "context.portfolio.positions", asset)
        instrument = self._state.market.instruments.get(asset.sid) if isinstance(asset, Asset) else None
        return (
            instrument is not None and instrument.asset == asset and self._state.books.position(instrument.slot)[0] != 0
        )

    @overload
    def get(self, asset: Asset, default: None = None) -> Position[Scalar] | None: ...
    @overload
    def get[T](self, asset: Asset, default: T) -> Position[Scalar] | T: ...
    def get(self, asset: Asset, default: Any = None) -> Any:
        """The position of an asset that is held, else the default. Raises InputError for what is no asset."""
        _checked(asset)
        return self[asset] if asset in self else default  # noqa: SIM401  this is `get`

    def __repr__(self) -> str:
        return repr(dict(self))

    def _repr_html_(self) -> str:
        return grid_html(HEADS, map(_cells, self.values())) if self else "<em>no positions</em>"


def _cells(position: Position[Any]) -> list[object]:
    """A position as a row."""
    when = position.last_sale_date
    cells = [position.asset.symbol, position.amount, position.cost_basis, position.last_sale_price]
    return [*cells, None if when is None else f"{when:%Y-%m-%d %H:%M} UTC"]


def _checked(asset: Any) -> None:
    if not isinstance(asset, Asset):
        raise InputError(f"positions[{asset!r}]: ask with an asset. Look it up with symbol({str(asset)!r}) first.")


def _shortened(mark: int, instrument: Any) -> tuple[int, int]:
    """A mark at the price scale where it has no more digits than that."""
    short, rest = divmod(mark, 10 ** (instrument.fill_scale - instrument.price_scale))
    return (mark, instrument.fill_scale) if rest else (short, instrument.price_scale)


class Portfolio(Generic[Scalar]):
    """Cash, positions and what they are worth now. Money is in the run's currency: what is in others is converted.

    cash_by_currency: the cash of each currency, in that currency.
    """

    __slots__ = ("_state", "cash_by_currency", "positions")

    def __init__(self, state: AccountState[Scalar]) -> None:
        self._state = state
        self.cash_by_currency: CashByCurrency[Scalar] = CashByCurrency(state)
        self.positions: Positions[Scalar] = Positions(state)

    @property
    def cash(self) -> Scalar:
        """The cash of all currencies, at the moment's rates; below zero what is borrowed."""
        return self._state.numbers.money(self._state.books.cash())

    @property
    def starting_cash(self) -> Scalar:
        """The capital that the run began with."""
        return self._state.numbers.money(self._state.capital)

    @property
    def positions_value(self) -> Scalar:
        """What the positions are worth; a future is worth nothing of its own, a short counts below zero."""
        return self._state.numbers.money(self._state.books.positions_value())

    @property
    def positions_exposure(self) -> Scalar:
        """Long less short exposure: futures count with price, multiplier and contracts."""
        return self._state.numbers.money(sum(self._state.books.long_and_short_exposure()))

    @property
    def portfolio_value(self) -> Scalar:
        """Cash and positions."""
        return self._state.numbers.money(self._state.equity())

    @property
    def pnl(self) -> Scalar:
        """What was gained since the start; capital that came or went is no part of it."""
        return self._state.numbers.money(self._state.flows.gain(self._state.equity()))

    @property
    def returns(self) -> Scalar:
        """The return since the start, as a ratio: 0.05 is five per cent."""
        return self._state.numbers.ratio(self._state.flows.returns(self._state.equity()))

    @property
    def capital_used(self) -> Scalar:
        """What cash has changed by since the start, but for capital that came or went."""
        return self._state.numbers.money(self._state.flows.gain(self._state.books.cash()))

    @property
    def cash_flow(self) -> Scalar:
        """`capital_used`, under the other name that Zipline has for it."""
        return self.capital_used

    @property
    def start_date(self) -> dt.date:
        """The first day of the run."""
        return self._state.start_date

    @property
    def current_portfolio_weights(self) -> dict[Asset, Scalar]:
        """The exposure of each position as a share of the portfolio's value."""
        state = self._state
        value = state.equity()
        slots = state.instruments
        weights = {
            slots[slot].asset: state.numbers.ratio(
                div_half_even(state.books.exposure(slot) * 10**RATIO_SCALE, value) if _is_base(state, value) else None
            )
            for slot in state.books.held()
        }
        return ByAsset(weights, state.notes, "current_portfolio_weights")

    def _repr_html_(self) -> str:
        facts = [("value", self.portfolio_value), ("cash", self.cash), ("profit", self.pnl)]
        return f"<div>{facts_html('Portfolio', facts)}{self.positions._repr_html_()}</div>"

    def __repr__(self) -> str:
        return f"Portfolio(value={self.portfolio_value}, cash={self.cash}, positions={len(self.positions)})"


def _is_base(state: AccountState[Any], value: int) -> bool:
    """Whether something can be told as a share of the portfolio's value: of nothing, or of a debt, nothing can."""
    return value > 0 or (value < 0 and state.figures_below_zero)


class Account(Generic[Scalar]):
    """The figures that a broker's account statement would show. Limits that a simulation lacks are infinite."""

    __slots__ = ("_state",)

    def __init__(self, state: AccountState[Scalar]) -> None:
        self._state = state

    def _repr_html_(self) -> str:
        facts = [("net liquidation", self.net_liquidation), ("leverage", self.leverage)]
        return facts_html("Account", [*facts, ("settled cash", self.settled_cash)])

    def __repr__(self) -> str:
        return f"Account(net_liquidation={self.net_liquidation}, leverage={self.leverage})"

    def _ratio(self, top: int) -> Scalar:
        value = self._state.equity()
        has_ratio = _is_base(self._state, value)
        return self._state.numbers.ratio(div_half_even(top * 10**RATIO_SCALE, value) if has_ratio else None)

    def _money(self, value: int) -> Scalar:
        return self._state.numbers.money(value)

    @property
    def settled_cash(self) -> Scalar:
        """The cash."""
        return self._money(self._state.books.cash())

    @property
    def available_funds(self) -> Scalar:
        """The cash."""
        return self._money(self._state.books.cash())

    @property
    def total_position_value(self) -> Scalar:
        """What the positions are worth."""
        return self._money(self._state.books.positions_value())

    @property
    def total_positions_value(self) -> Scalar:
        """`total_position_value`, under the other name that Zipline has for it."""
        return self.total_position_value

    @property
    def total_positions_exposure(self) -> Scalar:
        """Long less short exposure."""
        return self._money(sum(self._state.books.long_and_short_exposure()))

    @property
    def equity_with_loan(self) -> Scalar:
        """Cash and positions."""
        return self._money(self._state.equity())

    @property
    def net_liquidation(self) -> Scalar:
        """Cash and positions."""
        return self._money(self._state.equity())

    @property
    def leverage(self) -> Scalar:
        """Gross exposure, long and short added, as a share of the value."""
        long_exposure, short_exposure = self._state.books.long_and_short_exposure()
        return self._ratio(long_exposure - short_exposure)

    @property
    def gross_leverage(self) -> Scalar:
        """`leverage`."""
        return self.leverage

    @property
    def net_leverage(self) -> Scalar:
        """Long less short exposure, as a share of the value."""
        return self._ratio(sum(self._state.books.long_and_short_exposure()))

    @property
    def cushion(self) -> Scalar:
        """Cash as a share of the value."""
        return self._ratio(self._state.books.cash())

    @property
    def buying_power(self) -> Scalar:
        """Infinite: a simulation has no bound."""
        return self._state.numbers.infinity

    @property
    def regt_margin(self) -> Scalar:
        """Infinite: a simulation has no bound."""
        return self._state.numbers.infinity

    @property
    def day_trades_remaining(self) -> Scalar:
        """Infinite: a simulation has no bound."""
        return self._state.numbers.infinity

    @property
    def regt_equity(self) -> Scalar:
        """The cash."""
        return self._money(self._state.books.cash())

    @property
    def accrued_interest(self) -> Scalar:
        """0: no interest is charged."""
        return self._money(0)

    @property
    def initial_margin_requirement(self) -> Scalar:
        """0: no margin is asked for."""
        return self._money(0)

    @property
    def maintenance_margin_requirement(self) -> Scalar:
        """0: no margin is asked for."""
        return self._money(0)

    @property
    def excess_liquidity(self) -> Scalar:
        """The cash."""
        return self._money(self._state.books.cash())
