"""What a strategy has called when something happens: an interval is over, a price is reached, a trigger fires."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Literal, Protocol

import numpy as np

from rustybt.core import Asset
from rustybt.errors import WrongType

if TYPE_CHECKING:
    from rustybt.view import BarData, Term

type Direction = Literal["up", "down", "both"]


class Trigger(Protocol):
    """What says when a function is called, for `on_event`: a class of one's own with the method `fires`.

    It is asked with each bar, after handle_data, in the order of priorities. It sees what a strategy sees, the market
    up to the moment and nothing after it, and may keep on itself what it likes. A run works on a copy of one that
    `initialize` was given, and snapshots pickle it.

    >>> from rustybt import BarData, Strategy, Trigger, run
    >>> from rustybt.api import on_event, symbol
    >>> class Gap(Trigger):
    ...     '''A bar that opens above the high of the one before.'''
    ...     def __init__(self, asset):
    ...         self.asset, self.high = asset, None
    ...
    ...     def fires(self, moment, data: BarData) -> bool:
    ...         opened, high = data.current(self.asset, "open"), self.high
    ...         self.high = data.current(self.asset, "high")
    ...         return high is not None and opened > high
    >>> class Gaps(Strategy):
    ...     def initialize(self, context):
    ...         on_event(Gap(symbol("AAPL")), self.tell)
    ...
    ...     def tell(self, context, data):
    ...         print(data.current_session)
    >>> result = run(Gaps, start="2010-01-04", end="2010-01-29")
    2010-01-05
    2010-01-11
    2010-01-15
    2010-01-26
    """

    def fires(self, moment: dt.datetime, data: BarData[Any], /) -> bool:
        """Whether the function is called now. moment: UTC, the end of the bar. data: the market up to it.

        >>> import datetime as dt
        >>> from rustybt import Trigger
        >>> class Noon(Trigger):
        ...     def fires(self, moment, data):
        ...         return moment.hour == 12 and moment.minute == 0
        >>> Noon().fires(dt.datetime(2024, 1, 2, 12, tzinfo=dt.UTC), None)
        True
        """
        ...


@dataclass(eq=False, slots=True)
class Event:
    """A function that is called when something happens, until it is over.

    index: its place among all that the run has registered. id: what `cancel_event` takes. once: over with the first
    call.
    """

    index: int
    id: str
    function: Callable[[Any, Any], object]
    priority: int
    once: bool
    over: bool = field(default=False, kw_only=True)

    def __call__(self, context: Any, data: Any) -> None:
        if not self.over:
            self.over = self.once
            self.function(context, data)


@dataclass(eq=False, slots=True)
class Interval(Event):
    """Called each time that a length of time is over within a session. upcoming: when next, ns UTC; 0 where nothing is
    due in the session under way."""

    step_ns: int
    upcoming: int = 0


@dataclass(eq=False, slots=True)
class Threshold(Event):
    """Called when a price comes to a level. side: of the level at which the price was last: -1 below, 1 above, 0 at it;
    None before there was a price."""

    asset: Asset
    level: Fraction
    direction: Direction
    side: int | None = None

    def passes(self, side: int) -> bool:
        """Takes in on which side the price is now; whether it came to the level from the side that is asked for."""
        before, self.side = self.side, side
        if before is None or side == before:
            return False
        up, down = before < 0, before > 0
        return up if self.direction == "up" else down if self.direction == "down" else up or down


@dataclass(eq=False, slots=True)
class Watch(Event):
    """Called when a trigger fires; the trigger is asked with each bar, when the turn of this comes."""

    trigger: Trigger

    def __call__(self, context: Any, data: Any) -> None:
        if self.over:
            return
        moment = data.current_dt
        fires: Any = self.trigger.fires(moment, data)
        if fires is not False and (fires is True or self._is_true(fires, moment)):
            self.over = self.once
            self.function(context, data)

    def _is_true(self, fires: Any, moment: dt.datetime) -> bool:
        """What a bool of NumPy says; all else is refused."""
        if not isinstance(fires, np.bool_):
            raise WrongType(
                f"{type(self.trigger).__name__}.fires returned {fires!r} at {moment}: return True where the function "
                "is to be called, else False."
            )
        return bool(fires)


@dataclass(eq=False, slots=True)
class Occurrence(Event):
    """Called with the bars at which a condition holds, which are known by themselves: nobody asks in between.

    condition: a comparison of terms, of one asset.
    """

    condition: Term

    def bars(self) -> tuple[Any, Any]:
        """At which bars, and which way."""
        from rustybt.view import bars_of

        return bars_of(self.condition)

    def happen(self, context: Any, data: Any, upward: bool) -> None:
        """Calls the function."""
        self.function(context, data)


@dataclass(eq=False, slots=True)
class Crossing(Event):
    """Called with the bars at which a term crosses another one, or a number; with the direction, "up" or "down"."""

    left: Term
    right: Any

    def bars(self) -> tuple[Any, Any]:
        """At which bars, and which way."""
        from rustybt.view import bars_of

        return bars_of(self.left, self.right)

    def happen(self, context: Any, data: Any, upward: bool) -> None:
        """Calls the function."""
        function: Any = self.function
        function(context, data, "up" if upward else "down")
