"""Events that a strategy asks for: intervals, price levels, triggers of its own."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Final, Generic

from rustybt.core import Asset, Number, Scalar, exact_number, frequency_named
from rustybt.errors import InputError, NonFiniteInput, WrongType
from rustybt.strategy._account_state import AccountState
from rustybt.strategy._events import Crossing, Direction, Interval, Occurrence, Threshold, Trigger, Watch
from rustybt.strategy._run_facts import RunPhase
from rustybt.strategy._schedules import Schedules
from rustybt.view import Term

if TYPE_CHECKING:
    from rustybt.strategy._guard import Context
    from rustybt.view import BarData, MarketView

DIRECTIONS: Final = ("up", "down", "both")
MOST_PRIORITY: Final = 10**6
LEAST_NS: Final = 10**6


class Listening(Generic[Scalar]):
    """The part of `context` that has functions called when something happens."""

    __slots__ = ()

    _state: AccountState[Scalar]
    _phase: RunPhase
    _schedules: Schedules

    def on_time_interval(
        self,
        interval: dt.timedelta | str,
        function: Callable[[Context[Scalar], BarData[Scalar]], object],
        *,
        priority: int = 0,
    ) -> str:
        """Calls function(context, data) each time that an interval is over; see `rustybt.api.on_time_interval`."""
        what = "on_time_interval"
        check_function(what, function)
        step = self._step_of(interval)
        return self._listen(Interval(*self._next(), function, check_priority(what, priority), once=False, step_ns=step))

    def on_price_threshold(
        self,
        asset: Asset,
        price: Number,
        function: Callable[[Context[Scalar], BarData[Scalar]], object],
        *,
        direction: Direction = "both",
        once: bool = False,
        priority: int = 0,
    ) -> str:
        """Calls function(context, data) when a price comes to a level; see `rustybt.api.on_price_threshold`."""
        what = "on_price_threshold"
        check_function(what, function)
        if not isinstance(asset, Asset):
            raise WrongType(
                f"{what}({asset!r}): pass an asset, like symbol('AAPL'). For all else, a continuous future among it, "
                "write a trigger for on_event."
            )
        if direction not in DIRECTIONS:
            raise InputError(f"{what}(direction={direction!r}): pass {', '.join(map(repr, DIRECTIONS))}.")
        try:
            level = exact_number(price)
        except NonFiniteInput:
            raise WrongType(f"{what}(price={price!r}): pass the price to wait for, a number.") from None
        return self._listen(
            Threshold(
                *self._next(),
                function,
                check_priority(what, priority),
                once=_flag(what, once),
                asset=asset,
                level=Fraction(level),
                direction=direction,
                side=self._side_of(asset, level),
            )
        )

    def on_event(
        self,
        trigger: Trigger,
        function: Callable[[Context[Scalar], BarData[Scalar]], object],
        *,
        once: bool = False,
        priority: int = 0,
    ) -> str:
        """Calls function(context, data) when a trigger of one's own fires; see `rustybt.api.on_event`."""
        what = "on_event"
        check_function(what, function)
        if isinstance(trigger, type) or not callable(getattr(trigger, "fires", None)):
            raise WrongType(
                f"{what}({trigger!r}): the first is an object with a method fires(self, moment, data), which returns "
                "True or False, the second the function to call. See rustybt.Trigger."
            )
        once = _flag(what, once)
        return self._listen(Watch(*self._next(), function, check_priority(what, priority), once=once, trigger=trigger))

    def on_true(
        self,
        condition: Term,
        function: Callable[[Context[Scalar], BarData[Scalar]], object],
        *,
        once: bool = False,
        priority: int = 0,
    ) -> str:
        """Calls function(context, data) with each bar at which a condition holds; see `rustybt.api.on_true`."""
        what = "on_true"
        check_function(what, function)
        found: Any = condition
        if not isinstance(found, Term) or not found.is_condition:
            raise WrongType(f"{what}({condition!r}): the first is a comparison of terms, like fast > slow.")
        _check_term(what, condition, self._state.market)
        once, first = _flag(what, once), check_priority(what, priority)
        return self._listen(Occurrence(*self._next(), function, first, once=once, condition=condition))

    def on_cross(
        self,
        a: Term,
        b: Term | Number,
        function: Callable[[Context[Scalar], BarData[Scalar], str], object],
        *,
        once: bool = False,
        priority: int = 0,
    ) -> str:
        """Calls function(context, data, direction) when a term crosses another; see `rustybt.api.on_cross`."""
        what = "on_cross"
        check_function(what, function)
        for one in (a, b):
            if isinstance(one, Term) and one.is_condition:
                raise WrongType(f"{what}: {one!r} is a comparison. Pass the two terms that cross.")
        if not isinstance(a, Term):
            raise WrongType(f"{what}({a!r}): the first is a term of one asset, the second a term or a number.")
        _check_term(what, a - b, self._state.market)
        once, first = _flag(what, once), check_priority(what, priority)
        handler: Any = function
        return self._listen(Crossing(*self._next(), handler, first, once=once, left=a, right=b))

    def cancel_event(self, event_id: str) -> bool:
        """Calls a function no more; see `rustybt.api.cancel_event`."""
        for event in self._schedules.events:
            if event.id == event_id:
                was, event.over = event.over, True
                return not was
        raise InputError(
            f"cancel_event({event_id!r}): there is no such event. Pass what on_time_interval, on_price_threshold or "
            "on_event returned."
        )

    def _next(self) -> tuple[int, str]:
        return len(self._schedules), f"event-{len(self._schedules.events) + 1}"

    def _listen(self, event: Interval | Threshold | Watch | Occurrence | Crossing) -> str:
        self._schedules.add(event)
        return event.id

    def _side_of(self, asset: Asset, level: Decimal) -> int | None:
        """On which side of a level the price is that a strategy sees now; before the first session nobody looks."""
        market = self._state.market
        if self._phase.phase == "initialize":
            market.want(asset)
            return None
        return side_of(self._state.data.exact_value(market.instrument(asset), "price"), Fraction(level))

    def _step_of(self, interval: dt.timedelta | str) -> int:
        what = f"on_time_interval({interval!r})"
        step: int | None
        if isinstance(interval, str):
            try:
                step = frequency_named(interval).step_ns
            except InputError:
                raise InputError(f"{what}: pass a timedelta or a text like '5m', '1h' or '250ms'.") from None
        elif isinstance(interval, dt.timedelta):
            step = interval // dt.timedelta(microseconds=1) * 1000
        else:
            raise WrongType(f"{what}: pass a timedelta or a text like '5m', '1h' or '250ms'.")
        axis = self._state.market.axis
        if step is None or axis.daily:
            raise InputError(
                f"{what}: an interval lies within a session"
                + ("" if step is None else ", and this run has no bar within one")
                + ". For days, weeks and months use schedule_function with date_rules"
                + (", for less run on shorter bars." if axis.daily else ".")
            )
        longest = max(close - open_ for open_, close in zip(axis.run_opens, axis.run_closes, strict=True))
        if not LEAST_NS <= step <= longest:
            raise InputError(
                f"{what}: an interval is at least a millisecond, and at most as long as the run's longest session, "
                f"{dt.timedelta(microseconds=longest // 1000)}. For days and more use schedule_function."
            )
        return step


def side_of(price: tuple[int, int] | None, level: Fraction) -> int | None:
    """Whether a price, value and scale, is below a level (-1), above it (1) or at it (0); None where there is none."""
    if price is None:
        return None
    found = Fraction(price[0], 10 ** price[1])
    return (found > level) - (found < level)


def check_function(what: str, function: Any) -> None:
    """Raises WrongType for what can't be called with context and data."""
    if not callable(function):
        raise WrongType(f"{what}: {function!r} is no function. Pass the function to call, itself, without brackets.")


def check_priority(what: str, priority: Any) -> int:
    """A whole number; raises InputError for all else."""
    if isinstance(priority, bool) or not isinstance(priority, int) or abs(priority) > MOST_PRIORITY:
        raise InputError(
            f"{what}(priority={priority!r}): pass a whole number. Of what is due at one moment the smaller one is "
            "called first; 0 is that of all that were given none."
        )
    return priority


def _check_term(what: str, term: Term, market: MarketView) -> None:
    if not term.is_read_in(market):
        raise InputError(f"{what}({term!r}): it is of another run. Ask for it in initialize of this one.")
    if not term.is_single:
        raise WrongType(
            f"{what}({term!r}): it waits for one asset. Take terms of one, term(SMA, symbol('AAPL')), each."
        )


def _flag(what: str, once: Any) -> bool:
    if not isinstance(once, bool):
        raise WrongType(f"{what}(once={once!r}): pass True or False.")
    return once
