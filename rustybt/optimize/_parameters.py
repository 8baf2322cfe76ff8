"""The kinds of parameters: which values one may have, and where each lies between 0 and 1."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from statistics import NormalDist
from typing import Any, Final

from rustybt.errors import InputError

DIGITS: Final = 14
"""Of a real number: what two machines compute alike."""
_INSIDE: Final = 1 - 2**-53
_PLAIN: Final = (str, int, float, bool, Decimal, type(None))

type When = Callable[[Mapping[str, Any]], Any]


class Parameter(ABC):
    """A parameter of a search. when: a function of the parameters before it: whether it is there at all."""

    when: When | None
    count: int | None
    """How many values it has; None where they are continuous."""

    @abstractmethod
    def at(self, share: float) -> Any:
        """The value at a share of the range, from 0 up to 1."""

    @abstractmethod
    def share(self, value: Any) -> float:
        """Where a value lies, from 0 to 1."""

    @abstractmethod
    def has(self, value: Any) -> bool:
        """Whether it may have the value."""

    @abstractmethod
    def described(self) -> dict[str, Any]:
        """The parameter as data."""

    def values(self, name: str, continuous: int | None) -> Iterable[Any]:
        """All values in their order. Raises InputError where they are continuous and not counted."""
        count = self.count or continuous
        if count is None:
            raise InputError(
                f"{name} is continuous: say how many of its values a grid has, Grid(continuous=10), or give a list."
            )
        return (self.at((place + 0.5) / count) for place in range(count))

    def resolved(self, value: Any) -> Any:
        """What a strategy is given for it."""
        return value

    def __repr__(self) -> str:
        told = {**self.described(), "values": getattr(self, "_values", None)}
        inner = ", ".join(f"{name}={value!r}" for name, value in told.items() if name != "kind" and value is not None)
        return f"{type(self).__name__}({inner})"


class Integer(Parameter):
    """Whole numbers from low to high, both included, a step apart. log: small ones are as likely as large ones.

    Raises InputError for a range that is empty or, with log, not above 0.

    >>> [Integer(5, 60, step=5).at(share) for share in (0, 0.5, 0.99)]
    [5, 35, 60]
    """

    def __init__(self, low: int, high: int, *, step: int = 1, log: bool = False, when: When | None = None) -> None:
        if any(isinstance(one, bool) or not isinstance(one, int) for one in (low, high, step)):
            raise InputError(f"Integer({low!r}, {high!r}, step={step!r}): give whole numbers.")
        if low > high or step < 1:
            raise InputError(
                f"Integer({low}, {high}, step={step}) has no value: give low <= high and a step from 1 on."
            )
        if log and low < 1:
            raise InputError(f"Integer({low}, {high}, log=True): a logarithmic range begins at 1 or above.")
        self.low, self.step, self.log, self.when = low, step, log, when
        self.count: int = (high - low) // step + 1
        self.high = low + (self.count - 1) * step

    def at(self, share: float) -> int:
        if self.log:
            edge = math.log(self.low - 0.5), math.log(self.high + 0.5)
            place = round((math.exp(edge[0] + share * (edge[1] - edge[0])) - self.low) / self.step)
        else:
            place = int(share * self.count)
        return self.low + min(max(place, 0), self.count - 1) * self.step

    def values(self, name: str, continuous: int | None) -> Iterable[int]:
        return range(self.low, self.high + 1, self.step)

    def share(self, value: Any) -> float:
        if self.log:
            edge = math.log(self.low - 0.5), math.log(self.high + 0.5)
            return float((math.log(value) - edge[0]) / (edge[1] - edge[0]))
        return float(((value - self.low) / self.step + 0.5) / self.count)

    def has(self, value: Any) -> bool:
        return type(value) is int and value in range(self.low, self.high + 1, self.step)

    def described(self) -> dict[str, Any]:
        return {"kind": "integer", "low": self.low, "high": self.high, "step": self.step, "log": self.log}


class Real(Parameter):
    """Numbers from low to high, as floats. log: by their logarithm. decimals: rounded to so many.

    Raises InputError for a range that is empty, not finite or, with log, not above 0.

    >>> Real(0.0001, 1, log=True).at(0.5)
    0.01
    """

    count = None

    def __init__(
        self, low: Any, high: Any, *, log: bool = False, decimals: int | None = None, when: When | None = None
    ) -> None:
        low, high = _finite(low), _finite(high)
        if not math.isfinite(high - low):
            raise InputError(f"Real({low}, {high}) is wider than floats go: give a smaller range.")
        if not low < high:
            raise InputError(f"Real({low}, {high}) has no range: give low < high.")
        if log and low <= 0:
            raise InputError(f"Real({low}, {high}, log=True): a logarithmic range begins above 0.")
        self.low, self.high, self.log, self.decimals, self.when = low, high, log, decimals, when

    def at(self, share: float) -> float:
        if self.log:
            ends = math.log(self.low), math.log(self.high)
            value = math.exp(ends[0] + share * (ends[1] - ends[0]))
        else:
            value = self.low + share * (self.high - self.low)
        return float(min(max(_rounded(value, self.decimals), self.low), self.high))

    def share(self, value: Any) -> float:
        low, high, value = self.low, self.high, float(value)
        if self.log:
            low, high, value = math.log(low), math.log(high), math.log(value)
        return float((value - low) / (high - low))

    def values(self, name: str, continuous: int | None) -> Iterable[float]:
        if continuous is None or continuous < 2:
            return super().values(name, continuous)
        return (self.at(place / (continuous - 1)) for place in range(continuous))

    def has(self, value: Any) -> bool:
        return isinstance(value, float | int) and self.low <= value <= self.high

    def described(self) -> dict[str, Any]:
        return {"kind": "real", "low": self.low, "high": self.high, "log": self.log, "decimals": self.decimals}


class Normal(Parameter):
    """Numbers about a mean, as floats. sd: their standard deviation. decimals: rounded to so many.

    Raises InputError where the deviation is not above 0.

    >>> Normal(10, 2).at(0.5)
    10.0
    """

    count = None

    def __init__(self, mean: Any, sd: Any, *, decimals: int | None = None, when: When | None = None) -> None:
        self.mean, self.sd, self.decimals, self.when = _finite(mean), _finite(sd), decimals, when
        if self.sd <= 0:
            raise InputError(f"Normal({mean}, {sd}): the standard deviation is above 0.")
        self._law = NormalDist(self.mean, self.sd)

    def at(self, share: float) -> float:
        return _rounded(self._law.inv_cdf(min(max(share, 2**-53), _INSIDE)), self.decimals)

    def share(self, value: Any) -> float:
        return self._law.cdf(float(value))

    def has(self, value: Any) -> bool:
        return isinstance(value, float | int) and math.isfinite(value)

    def described(self) -> dict[str, Any]:
        return {"kind": "normal", "mean": self.mean, "sd": self.sd, "decimals": self.decimals}


class Choice(Parameter):
    """One of some values: texts, numbers, Decimals, booleans, None; or, in a mapping, anything under a name.

    The name is what stands in the table of trials. Raises InputError for none, for one twice, and for other values.

    >>> Choice(["close", "open"]).at(0.6)
    'open'
    """

    def __init__(self, values: Iterable[Any] | Mapping[str, Any], *, when: When | None = None) -> None:
        self._objects = dict(values) if isinstance(values, Mapping) else None
        self._values = list(values)
        self.count: int = len(self._values)
        self.when = when
        if not self._values:
            raise InputError("Choice([]) has no value: give one at least.")
        for place, value in enumerate(self._values):
            if type(value) not in _PLAIN:
                raise InputError(
                    f"Choice has {value!r}: name what is no text, number, boolean or None, as Choice({{'name': ...}})."
                )
            if any(type(value) is type(other) and value == other for other in self._values[:place]):
                raise InputError(f"Choice has {value!r} twice.")

    def at(self, share: float) -> Any:
        return self._values[min(int(share * self.count), self.count - 1)]

    def values(self, name: str, continuous: int | None) -> Iterable[Any]:
        return list(self._values)

    def share(self, value: Any) -> float:
        place = next(k for k, one in enumerate(self._values) if type(one) is type(value) and one == value)
        return (place + 0.5) / self.count

    def has(self, value: Any) -> bool:
        return any(type(one) is type(value) and one == value for one in self._values)

    def resolved(self, value: Any) -> Any:
        return value if self._objects is None else self._objects[value]

    def described(self) -> dict[str, Any]:
        values = [
            {"type": type(value).__name__, "text": str(value)} if isinstance(value, float | Decimal) else value
            for value in self._values
        ]
        return {"kind": "choice", "values": values} | ({"objects": True} if self._objects is not None else {})


def _finite(value: Any) -> float:
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        raise InputError(f"{value!r} is no number that a float can be: give a number.") from None
    if not math.isfinite(number):
        raise InputError(f"{value!r} is not finite: give a number.")
    return number


def _rounded(value: float, decimals: int | None) -> float:
    return float(f"{value:.{DIGITS}g}") if decimals is None else round(value, decimals)
