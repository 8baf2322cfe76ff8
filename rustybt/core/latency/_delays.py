"""How long a message is under way: always the same, drawn from a distribution, or from what was measured."""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Iterable
from fractions import Fraction
from random import Random
from typing import Any, Final, Protocol

from rustybt.core._fixed import exact_number
from rustybt.errors import InputError

UNITS: Final = {"ns": 1, "us": 10**3, "ms": 10**6, "s": 10**9}
_LENGTH: Final = re.compile(r"([0-9]+(?:\.[0-9]*)?)(ns|us|ms|s)")

type Length = dt.timedelta | str
"""How long something takes: a timedelta, or text such as "50ms", "0.2s", "80us"."""


class Delay(Protocol):
    """How long a part of the way takes: what an object of your own must have to be one.

    >>> class Busy:
    ...     longest = 9_000_000
    ...     def draw(self, random):
    ...         return 1_000_000 if random.random() < 0.9 else 9_000_000
    >>> from rustybt.api import latency
    >>> delay: latency.Delay = Busy()
    >>> latency.Latency(network=delay).longest
    9000000
    """

    @property
    def longest(self) -> int | None:
        """No message takes longer, in ns; None where there is no bound."""

    def draw(self, random: Random, /) -> int:
        """The time of one message in ns, 0 or more. random: of the run, and nothing else is asked for chance."""


def nanoseconds(length: Any, what: str) -> int:
    """A length of time in whole ns. Raises InputError."""
    if isinstance(length, dt.timedelta):
        found = ((length.days * 86_400 + length.seconds) * 10**6 + length.microseconds) * 1_000
    else:
        match = _LENGTH.fullmatch(length) if isinstance(length, str) else None
        if match is None:
            raise InputError(f"{what} is {length!r}. Pass a timedelta, or text such as '50ms', '0.2s' or '80us'.")
        found = int(Fraction(match[1]) * UNITS[match[2]])
    if found < 0:
        raise InputError(f"{what} is {length!r}: nothing arrives before it is sent. Pass 0 or more.")
    return found


class Fixed:
    """Always the same."""

    def __init__(self, length: Any, what: str) -> None:
        self.longest = nanoseconds(length, what)
        self._told = repr(str(length))

    def draw(self, random: Random, /) -> int:
        """The time of one message in ns."""
        return self.longest

    def __repr__(self) -> str:
        return self._told


class Uniform:
    """Each length between two is as likely as another; both are included.

    >>> from rustybt.api import latency
    >>> latency.Uniform("5ms", "50ms")
    Uniform('5ms', '50ms')
    """

    def __init__(self, low: Length, high: Length) -> None:
        self.low = low
        self.high = high
        self._low = nanoseconds(low, "Uniform(low)")
        self.longest = nanoseconds(high, "Uniform(high)")
        if self.longest < self._low:
            raise InputError(f"Uniform({low!r}, {high!r}): high is below low. Pass the shorter one first.")

    def draw(self, random: Random, /) -> int:
        """The time of one message in ns."""
        return self._low + random.randrange(self.longest - self._low + 1)

    def __repr__(self) -> str:
        return f"Uniform({str(self.low)!r}, {str(self.high)!r})"


class LogNormal:
    """Mostly near a median, now and then much longer, as networks are.

    median: half of all take longer. spread: the standard deviation of the logarithm; with 0.5 one of forty takes more
    than 2.7 times the median. Without a bound.

    >>> from rustybt.api import latency
    >>> latency.LogNormal("20ms", "0.5")
    LogNormal('20ms', 0.5)
    """

    longest = None

    def __init__(self, median: Length, spread: Any) -> None:
        self.median = median
        self.spread = spread
        self._median = nanoseconds(median, "LogNormal(median)")
        self._spread = float(exact_number(spread, "LogNormal(spread)"))
        if self._spread < 0:
            raise InputError(f"LogNormal(spread) is {spread!r}. Pass a number of 0 or more.")

    def draw(self, random: Random, /) -> int:
        """The time of one message in ns."""
        return int(self._median * math.exp(self._spread * random.gauss()))

    def __repr__(self) -> str:
        return f"LogNormal({str(self.median)!r}, {self.spread})"


class Sample:
    """One of the lengths that were measured, each as likely as another.

    >>> from rustybt.api import latency
    >>> latency.Sample(["18ms", "21ms", "19ms", "240ms"])
    Sample(4 lengths)
    """

    def __init__(self, lengths: Iterable[Length]) -> None:
        self._lengths = [nanoseconds(one, "Sample(lengths)") for one in lengths]
        if not self._lengths:
            raise InputError("Sample([]): pass at least one length of time.")
        self.longest = max(self._lengths)

    def draw(self, random: Random, /) -> int:
        """The time of one message in ns."""
        return self._lengths[random.randrange(len(self._lengths))]

    def __repr__(self) -> str:
        return f"Sample({len(self._lengths)} lengths)"


UNCHANGING: Final = (Fixed, Uniform, LogNormal, Sample)
"""What no run changes, and needs no copy."""


def delay_of(given: Any, what: str) -> Delay:
    """A part of the way as it may be given: a length, several that were measured, or a distribution."""
    if isinstance(given, list | tuple):
        return Sample(given)
    if callable(getattr(given, "draw", None)) and hasattr(given, "longest"):
        delay: Delay = given
        return delay
    return Fixed(given, what)
