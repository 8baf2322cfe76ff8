"""The life of one order, told: as data, and as sentences."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Final

import polars as pl

from rustybt.core._causes import SENTENCES, Cause
from rustybt.core._fixed import as_plain_decimal
from rustybt.core._frames import UTC_NS, decimal_column
from rustybt.core._order_steps import OrderStep
from rustybt.core._time import datetime_of

LABELS: Final = {cause.label: cause for cause in Cause}
PRICES: Final = ("price", "level", "at")
UNITS: Final = ("volume", "taken", "quantity")


class Explanation:
    """The history of an order, bar by bar, and why. Printed it is sentences; `frame` is the same as data.

    order_id, symbol: whose. kind: of the order, in words. models: what says how much fills and at which price, and what
    it costs, as texts.
    frame: a row for each bar on which the order was at work, with kind "bar", and for each of its events. A bar says
    which of its prices was `tested`, its `price`, `against` what ("limit", "stop", "touch") and at which `level`; its
    `volume`, and what other orders of the asset had `taken` of it; `at` is the price that it offered, null where the
    order went on waiting for its `cause`. `read`, where the bar does not say in which order its prices came, is what
    decided: a reading of `same_bar`, or the length of shorter bars; else null. An event has `quantity`, `at` (of a
    fill, else its limit), `cause`, `reason`.

    >>> from rustybt import run
    >>> from rustybt.api import order, symbol
    >>> def handle_data(context, data):
    ...     if not context.get_open_orders():
    ...         order(symbol("IBM"), 10, limit_price=131)
    >>> result = run(handle_data, start="2010-01-04", end="2010-01-06", trigger="range")
    >>> print(result.explain("main-1"))  # doctest: +ELLIPSIS
    main-1 IBM, limit order
    2010-01-04 21:00 accepted: buy 10, limit 131
    2010-01-05 21:00 the low was 130.1, the limit is 131: reached; volume 6841400
    ...
    """

    __slots__ = ("_scales", "_steps", "frame", "kind", "models", "order_id", "symbol")

    def __init__(
        self,
        order_id: str,
        symbol: str,
        kind: str,
        steps: Sequence[OrderStep],
        scales: tuple[int, int],
        models: tuple[str, str],
    ) -> None:
        self.order_id = order_id
        self.kind = kind
        self.symbol = symbol
        self.models = models
        self._steps = steps
        self._scales = scales
        self.frame = _frame(steps, scales)

    @property
    def sentences(self) -> list[str]:
        """A line for each event, and for bars that follow each other and do the same to the order."""
        found: list[str] = []
        for _, group in groupby(self._steps, key=_alike):
            steps = list(group)
            found += self._of_bars(steps) if steps[0].kind == "bar" else [self._of_event(step) for step in steps]
        return found

    def __str__(self) -> str:
        return "\n".join([f"{self.order_id} {self.symbol}, {self.kind}", *self.sentences])

    def __repr__(self) -> str:
        return f"<Explanation of {self.order_id} {self.symbol}: {self.frame.height} steps>"

    def __iter__(self) -> Iterator[str]:
        return iter(self.sentences)

    def _of_bars(self, steps: list[OrderStep]) -> list[str]:
        first, last = steps[0], steps[-1]
        when = _when(first.stamp)
        if len(steps) > 1:
            when += f" to {_when(last.stamp)}, {len(steps)} bars:"
        return [f"{when} {self._what_bars_did(steps)}"]

    def _what_bars_did(self, steps: list[OrderStep]) -> str:
        step = steps[-1]
        if step.price is None or step.tested is None:
            return SENTENCES[LABELS[step.cause or ""]] if step.cause != Cause.NO_TRADE.label else "no trade"
        if step.against is None:
            return f"the {step.tested} was {self._price(step.price)}{self._volume(step)}"
        buys_below = step.level is not None and step.price > step.level
        nearest = (min if buys_below else max)(one.price or 0 for one in steps)
        name = f"the {step.tested} was {'never nearer than ' if len(steps) > 1 else ''}{self._price(nearest)}"
        levels = {one.level for one in steps}
        if step.level is None:
            level = f"the {step.against} has no level yet"
        elif len(levels) > 1:
            level = f"the {step.against} moved to {self._price(step.level)}"
        else:
            level = f"the {step.against} is {self._price(step.level)}"
        if step.read is not None:
            return f"{name}, {level}: {_decided(step.read)}{self._volume(step)}"
        reached = "not reached" if step.at is None else f"reached{self._volume(step)}"
        return f"{name}, {level}: {reached}"

    def _volume(self, step: OrderStep) -> str:
        """The volume that was there to fill from, where nothing more is told of the bar."""
        taken = f", {self._units(step.taken)} of it taken by other orders" if step.taken else ""
        return f"; volume {self._units(step.volume)}{taken}"

    def _of_event(self, step: OrderStep) -> str:
        units = step.quantity or 0
        size = f"{'buy' if units > 0 else 'sell'} {self._units(abs(units))}"
        prices = "".join(
            f", {name} {self._price(value)}"
            for name, value in (("limit", step.at), (step.against, step.level))
            if value is not None
        )
        why = step.reason or ("" if step.cause is None else SENTENCES[LABELS[step.cause]])
        if step.kind in ("filled", "partially_filled"):
            done = "filled" if step.kind == "filled" else "filled in part"
            text = f"{done}: {size} at {self._price(step.at or 0)} ({self.models[0]}; {self.models[1]})"
        elif step.kind == "triggered":
            at = step.level if step.level is not None else step.at
            text = f"triggered: {why}{'' if at is None else f', at {self._price(at)}'}"
        elif step.kind in ("cancelled", "rejected"):
            kind = "expired" if step.cause == Cause.EXPIRED.label else step.kind
            text = f"{kind}, {self._units(abs(units))} open: {why}"
        else:
            text = f"{step.kind}: {size}{prices}{f' ({why})' if why else ''}"
        return f"{_when(step.stamp)} {text}"

    def _price(self, value: int) -> str:
        return f"{as_plain_decimal(value, self._scales[0]):f}"

    def _units(self, value: int | None) -> str:
        return f"{as_plain_decimal(value or 0, self._scales[1]):f}"


def _decided(read: str) -> str:
    """What says what becomes of an order on a bar that does not say it."""
    what = f"same_bar={read!r}" if read[0].isalpha() else f"{read!r} bars within it"
    return f"the bar does not say in which order its prices came, {what} decided"


def _alike(step: OrderStep) -> object:
    """Bars of which one line tells: those on which an order waits for the same."""
    if step.kind != "bar" or step.cause is None or step.read is not None:
        return step.stamp, step.kind, step.quantity, step.cause
    return step.cause, step.against, step.tested


def _when(stamp: int) -> str:
    return f"{datetime_of(stamp):%Y-%m-%d %H:%M}"


def _frame(steps: Sequence[OrderStep], scales: tuple[int, int]) -> pl.DataFrame:
    columns: list[pl.Series] = []
    for name in OrderStep._fields:
        values = [getattr(step, name) for step in steps]
        if name == "stamp":
            columns.append(pl.Series(name, values, dtype=pl.Int64).cast(UTC_NS))
        elif name in PRICES or name in UNITS:
            columns.append(decimal_column(name, values, scales[name in UNITS]))
        else:
            columns.append(pl.Series(name, values, dtype=pl.String))
    return pl.DataFrame(columns)
