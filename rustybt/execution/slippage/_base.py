"""The base of slippage models, and the answers that are not a fill."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar, Final, Self

from rustybt._kernels import WorkingOrder
from rustybt.core import Asset, CostKind, Equity, Future, Notes, PriceParts, exact_number, scaled
from rustybt.errors import InputError
from rustybt.execution._allowed import allowed_by
from rustybt.execution._offer import Offer

type Quote = tuple[int, int]
"""Price at the instrument's fill scale, and how many units fill (above zero)."""

SKIP: Final[Quote] = (0, 0)
"""This order does not fill on this bar, as its price would be beyond its limit; the next one may."""
EXHAUSTED: Final[Quote] = (0, -1)
"""No order of this asset fills on this bar any more."""
DECLINED: Final[Quote] = (0, -2)
"""This order does not fill on this bar, for a reason of the model's own."""


class SlippageModel:
    """At what price, and how much of it, an order fills on a bar.

    A model of your own has `process_order(data, order)`, with the numbers that a strategy sees. The models that come
    along have `quote`, in integers; so can yours.

    allowed_asset_types: the classes of assets that it can be set for: Equity stands for all but futures.
    capped: whether the broker holds the price at the limit of a limit order. A model that looks at the limit
    itself, and rather does not fill, sets it to False.
    cost_kind: what the difference to the price of the bar is, in `Result.costs`. itemised: whether `parts` says what it
    is made of.

    >>> from rustybt import SimulationBlotter, run
    >>> from rustybt.api import slippage
    >>> def handle_data(context, data):
    ...     context.order_target(context.symbol("IBM"), 100)
    >>> class AtTheOpen(slippage.SlippageModel):
    ...     def process_order(self, data, order):
    ...         return data.current(order.asset, "open"), order.amount
    >>> model = AtTheOpen()
    >>> result = run(handle_data, start="2010-01-04", end="2010-01-05", blotter=SimulationBlotter(model))
    >>> result.transactions["price"][0]
    Decimal('131.68')
    """

    allowed_asset_types: ClassVar[tuple[type[Asset], ...]] = (Equity, Future)
    capped: bool = True
    cost_kind: CostKind = CostKind.SLIPPAGE
    itemised: bool = False
    _volume_for_bar: Any = 0
    _asked: Callable[[], tuple[Any, Any]] | None = None

    def __init_subclass__(cls, **more: Any) -> None:
        super().__init_subclass__(**more)
        allowed_by(cls)

    @property
    def volume_for_bar(self) -> Any:
        """How many units of the asset went to earlier orders on this bar; of use in process_order."""
        return self._volume_for_bar

    def process_order(self, data: Any, order: Any) -> tuple[Any, Any]:
        """Called once per bar with a volume for each open order whose trigger was reached, oldest first.

        data: as a strategy sees it, with the bar that the order is worked on. order: a snapshot of the order.
        Returns the price and the signed number of units that fill, or (None, None) for none on this bar. The price is
        rounded half-even to the asset's price scale and ten decimals, the units are cut to whole steps.
        Raises LiquidityExceeded where no order of the asset is to fill on this bar any more.
        """
        if self._asked is None:
            raise NotImplementedError(
                f"{type(self).__name__} has neither process_order(data, order) nor quote(order, offer)."
            )
        return self._asked()

    def quote(self, order: WorkingOrder, offer: Offer) -> Quote:
        """The same question in integers.

        Returns a price at order.instrument.fill_scale and a multiple of order.instrument.step up to offer.wanted, or
        SKIP, EXHAUSTED or DECLINED.
        """
        raise NotImplementedError(
            f"{type(self).__name__} has neither process_order(data, order) nor quote(order, offer)."
        )

    def parts(self, order: WorkingOrder, offer: Offer, price: int) -> PriceParts:
        """The parts by which the price that `quote` just gave is worse than offer.price, kind by kind.

        Differences per unit at order.instrument.fill_scale, above zero against the order. What they leave of the
        difference is SLIPPAGE.
        """
        return ()

    def bound(self, data: Any) -> Self:
        """The model for a run that sees its market through `data`. Called once, after `initialize`, on its own copy."""
        return self

    def _let_go(self) -> None:
        """Called on the copy when the run is over: lets go of its market."""

    def tell(self, notes: Notes) -> None:
        """Called when the run is over: adds what its result is to tell of the model."""

    def kernel(self) -> Any:
        """The numbers with which the native kernel does what `quote` does; NotImplemented where it can't."""
        return NotImplemented

    def parameters(self) -> dict[str, str]:
        """The parameters as text, for the repr and for the manifest of a result."""
        return {}

    def __repr__(self) -> str:
        try:
            shown = ", ".join(f"{k}={v}" for k, v in self.parameters().items())
        except AttributeError:  # of a class of the user's own whose base was not initialised
            shown = "..."
        return f"{type(self).__name__}({shown})"


class EquitySlippageModel(SlippageModel):
    """The base of a model for all assets but futures.

    >>> from rustybt import SimulationBlotter, run
    >>> from rustybt.api import slippage
    >>> def handle_data(context, data):
    ...     context.order_target(context.symbol("IBM"), 100)
    >>> class AtTheHigh(slippage.EquitySlippageModel):
    ...     def process_order(self, data, order):
    ...         return data.current(order.asset, "high"), order.amount
    >>> model = AtTheHigh()
    >>> result = run(handle_data, start="2010-01-04", end="2010-01-05", blotter=SimulationBlotter(model))
    >>> result.transactions["price"][0]
    Decimal('131.85')
    """

    allowed_asset_types = (Equity,)


class FutureSlippageModel(SlippageModel):
    """The base of a model for futures only.

    >>> from rustybt import SimulationBlotter
    >>> from rustybt.api import slippage
    >>> class ATickAway(slippage.FutureSlippageModel):
    ...     def process_order(self, data, order):
    ...         return data.current(order.asset, "close") + order.direction * order.asset.tick_size, order.amount
    >>> SimulationBlotter(future_slippage=ATickAway()).slippage["future"]
    ATickAway()
    """

    allowed_asset_types = (Future,)


def fraction(value: Any, what: str, *, at_most_one: bool = False) -> tuple[int, int]:
    """A parameter of 0 or more, as numerator and denominator."""
    number, scale = scaled(exact_number(value, what))
    if number < 0 or (at_most_one and number > 10**scale):
        raise InputError(f"{what} is {value!r}: pass a number {'from 0 to 1' if at_most_one else 'of 0 or more'}.")
    return number, 10**scale


VOLUME_SHARES: Final = {"aggressive": "0.25", "moderate": "0.1", "conservative": "0.02"}
"""Words for the share of a bar's volume that the orders of an asset fill together: how soon a large order is done."""


def share_of_volume(value: Any, what: str) -> tuple[int, int]:
    """As `volume_share`, up to 1. Zipline's models take more than there was, and keep it."""
    share = volume_share(value, what)
    if share[0] > share[1]:
        raise InputError(f"{what} is {value!r}: more would fill than was traded. Pass a share up to 1, such as 0.1.")
    return share


def volume_share(value: Any, what: str) -> tuple[int, int]:
    """A share of the volume, given as a number or a word, as numerator and denominator."""
    if isinstance(value, str) and value.isalpha():
        if value not in VOLUME_SHARES:
            raise InputError(f"{what} is {value!r}: pass a number, or one of {', '.join(VOLUME_SHARES)}.")
        value = VOLUME_SHARES[value]
    return fraction(value, what)


def volume_left(volume: int, used: int, share: tuple[int, int], step: int) -> int:
    """The units that a share of the bar's volume still allows, in whole steps."""
    return volume * share[0] // (share[1] * step) * step - used
