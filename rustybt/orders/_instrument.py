"""The parts of a run that the order gate needs, as it needs them: the engine hands them over."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Protocol

from rustybt.core import Asset, Cause, Number, OrderTerms

type WholeSteps = Callable[[int, int], int]
"""A size in whole steps from a numerator and a denominator, as the kernels round it."""
type Amounts = Mapping[Asset, Number] | HasItems
type Weights = Amounts | Iterable[tuple[Asset, Number]]


class HasItems(Protocol):
    """Numbers by asset, as a Series of pandas has them."""

    def items(self) -> Iterable[tuple[Any, Any]]: ...


class Instrument(Protocol):
    """An asset in a run: its prices by bar, the bars of its life, and its scales.

    price: at the mark scale; times mark_to_fill_scale at fill_scale. first, priced: the first bar with a price, and the
    first of its life with one. start, last, closing: the first and the last bar of its life, and the last one on which
    it can be ordered. foreign: whether it trades in another currency than the run's. conditional: whether more than its
    life decides if it can be ordered.
    """

    @property
    def asset(self) -> Asset: ...
    @property
    def slot(self) -> int: ...
    @property
    def price(self) -> Sequence[int]: ...
    @property
    def mark_to_fill_scale(self) -> int: ...
    @property
    def fill_scale(self) -> int: ...
    @property
    def quantity_scale(self) -> int: ...
    @property
    def step(self) -> int: ...
    @property
    def tick(self) -> tuple[int, int]: ...
    @property
    def multiplier(self) -> int: ...
    @property
    def multiplier_scale(self) -> int: ...
    @property
    def first(self) -> int: ...
    @property
    def priced(self) -> int: ...
    @property
    def start(self) -> int: ...
    @property
    def last(self) -> int: ...
    @property
    def closing(self) -> int: ...
    @property
    def foreign(self) -> bool: ...
    @property
    def conditional(self) -> bool: ...


class Axis(Protocol):
    """The bars of a run. times: when each is over, ns UTC. opens, run_closes: of each session, ns UTC; days: its day.

    daily: whether a session has one bar. steps: the sessions within one, where it is a week or month; else None.
    """

    daily: bool
    days: list[int]
    run_closes: list[int]
    steps: Any

    @property
    def times(self) -> Sequence[int]: ...
    @property
    def opens(self) -> Sequence[int]: ...
    def before_open_stamp(self, session: int, /) -> int: ...
    def close_of(self, day: int, /) -> int: ...


class Market(Protocol):
    """The assets of a run, and its moment.

    before_open: whether that is before the session's bars. now: where it lies between two bars, in ns UTC; else 0.
    """

    @property
    def axis(self) -> Axis: ...
    @property
    def bar(self) -> int: ...
    @property
    def session(self) -> int: ...
    @property
    def now(self) -> int: ...
    @property
    def before_open(self) -> bool: ...
    @property
    def instruments(self) -> Mapping[int, Instrument]: ...
    def instrument(self, asset: Asset, /) -> Instrument: ...


class Sizer(Protocol):
    """The books of an account: what is held, and sizes that its value decides, in scaled units."""

    def position(self, slot: int, /) -> tuple[int, int]: ...
    def size_of_value(self, slot: int, money: int, scale: int, price: int, target: bool, /) -> int: ...
    def size_of_weight(self, slot: int, weight: int, scale: int, price: int, target: bool, /) -> int: ...


class Limit(Protocol):
    """What the account allows: asked of each order, those past the controls too."""

    def refusal(self, instrument: Any, size: int, terms: OrderTerms[int] | None, /) -> tuple[Cause, str] | None: ...
    def refusal_of_change(
        self, order: Any, terms: OrderTerms[int] | None, amount: int, /
    ) -> tuple[Cause, str] | None: ...


class Conversions(Protocol):
    """The rates of a run in several currencies."""

    def check(self, asset: Asset, /) -> None: ...
    def refusal(self, currency: str, bar: int, /) -> str | None: ...
    def rate(self, currency: str, bar: int, /) -> tuple[int, int]: ...


class Clock(Protocol):
    """The moment in ns UTC."""

    def now_ns(self) -> int: ...


class Phased(Protocol):
    """The phase of a run: "initialize", "before", "opened" (until the first bar), "bar", "timer", "analyze", "done"."""

    @property
    def phase(self) -> str: ...


class Rules(Protocol):
    """Zipline's ways with orders, where a run takes them."""

    @property
    def late_orders_are_none(self) -> bool: ...
    @property
    def notional_without_multiplier(self) -> bool: ...


class Quantities(Protocol):
    """Scaled units as a control of the user's own gets them."""

    def quantity(self, value: int, scale: int, /) -> Any: ...
