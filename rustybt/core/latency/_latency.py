"""The way of an order to the exchange, part by part."""

from __future__ import annotations

import copy
import datetime as dt
from collections.abc import Sequence
from random import Random
from typing import Any, Final

from rustybt.core.latency._delays import UNCHANGING, Delay, Fixed, delay_of
from rustybt.errors import InputError

type Part = dt.timedelta | str | Sequence[dt.timedelta | str] | Delay


class Latency:
    """How long an order, a change or a cancel is under way: over the network, at the broker, at the exchange.

    Each part: a timedelta or text such as "50ms"; a distribution, `latency.Uniform` or `latency.LogNormal`; a list of
    lengths that were measured; or an object of your own with `draw(random)` and `longest`. The three are added up. What
    is drawn follows from the run's seed. Raises InputError.

    >>> from rustybt.api import latency
    >>> latency.Latency(network=latency.Uniform("5ms", "50ms"), broker="3ms", exchange=["0.2ms", "0.4ms", "5ms"])
    Latency(network=Uniform('5ms', '50ms'), broker='3ms', exchange=Sample(3 lengths))
    """

    __slots__ = ("_certain", "_drawn", "broker", "exchange", "network")

    def __init__(self, network: Part = "0ms", broker: Part = "0ms", exchange: Part = "0ms") -> None:
        self.network = delay_of(network, "Latency(network)")
        self.broker = delay_of(broker, "Latency(broker)")
        self.exchange = delay_of(exchange, "Latency(exchange)")
        parts = self.network, self.broker, self.exchange
        self._certain = sum(part.longest for part in parts if isinstance(part, Fixed))
        self._drawn = [part for part in parts if not isinstance(part, Fixed)]

    def __deepcopy__(self, memo: dict[int, Any]) -> Latency:
        parts = self.network, self.broker, self.exchange
        if all(isinstance(part, UNCHANGING) for part in parts):
            return self
        return Latency(*(copy.deepcopy(part, memo) for part in parts))

    @property
    def certain(self) -> int | None:
        """How long each message takes, in ns; None where that is drawn.

        >>> from rustybt.api import latency
        >>> latency.Latency(network="2ms", exchange="1ms").certain
        3000000
        """
        return None if self._drawn else self._certain

    @property
    def longest(self) -> int | None:
        """No message takes longer, in ns; None where there is no bound."""
        parts = [part.longest for part in (self.network, self.broker, self.exchange)]
        bounds = [part for part in parts if part is not None]
        return sum(bounds) if len(bounds) == len(parts) else None

    def draw(self, random: Random) -> int:
        """How long the next message takes, in ns."""
        length = self._certain
        for part in self._drawn:
            length += part.draw(random)
        return length

    def __repr__(self) -> str:
        return f"Latency(network={self.network!r}, broker={self.broker!r}, exchange={self.exchange!r})"


PROFILES: Final[dict[str, Latency]] = {
    "colocated": Latency("0.05ms", "0.02ms", "0.1ms"),
    "same_city": Latency("2ms", "1ms", "0.5ms"),
    "same_continent": Latency("20ms", "5ms", "1ms"),
    "overseas": Latency("90ms", "5ms", "1ms"),
    "retail": Latency("50ms", "20ms", "5ms"),
}
"""Round figures by distance, to begin with; nobody measured them. What you measured is a list of lengths."""


def latency_named(given: Any) -> Latency:
    """A `Latency`, as it is or as a profile names it. Raises InputError.

    >>> from rustybt.api import latency
    >>> latency.latency_named(latency.Latency("5ms")).longest
    5000000
    """
    if isinstance(given, Latency):
        return given
    found = PROFILES.get(given) if isinstance(given, str) else None
    if found is None:
        raise InputError(
            f"set_latency({given!r}): pass a latency.Latency(network=, broker=, exchange=), or the name of a profile: "
            f"{', '.join(PROFILES)}."
        )
    return found
