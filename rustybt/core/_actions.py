"""Corporate actions as frozen values. A day is a count of days since 1970-01-01."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Split:
    """A split: old prices times numerator/denominator are comparable with new ones (1/2 for a two-for-one).

    prices_only: Zipline's merger: it adjusts earlier prices, but neither volumes nor orders nor positions.
    """

    sid: int
    ex_day: int
    numerator: int
    denominator: int
    prices_only: bool = False


@dataclass(frozen=True, slots=True)
class CashDividend:
    """A cash dividend: `amount * 10**-scale` per share held at the start of the ex-day.

    pay_day, record_day, declared_day: None where the source has none.
    """

    sid: int
    ex_day: int
    pay_day: int | None
    record_day: int | None
    declared_day: int | None
    amount: int
    scale: int
    currency: str


@dataclass(frozen=True, slots=True)
class StockDividend:
    """A dividend in shares: numerator/denominator units of `payment_sid` per unit of `sid` held at the ex-day's start.

    pay_day, record_day, declared_day: None where the source has none.
    """

    sid: int
    ex_day: int
    payment_sid: int
    numerator: int
    denominator: int
    pay_day: int | None
    record_day: int | None
    declared_day: int | None


@dataclass(frozen=True, slots=True)
class FundingRate:
    """The payment of one side of a perpetual to the other at a moment: `rate * 10**-scale` of the money that it holds.

    Longs pay where it is above zero, shorts where it is below. stamp: ns UTC. price, price_scale: the mark that the
    venue counted the money at; None where it is the last close.
    """

    sid: int
    stamp: int
    rate: int
    scale: int
    price: int | None = None
    price_scale: int = 0
