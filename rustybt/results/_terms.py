"""How the assets of a result count: units, prices and multipliers as integers."""

from __future__ import annotations

from fractions import Fraction
from math import gcd
from typing import TYPE_CHECKING, Final, NamedTuple

import polars as pl

from rustybt.core import MONEY_SCALE, div_half_even
from rustybt.results._wide import ratio_half_even

if TYPE_CHECKING:
    from rustybt.results._result import Result

PRICE_SCALE: Final = 18
_ONE: Final = 10**MONEY_SCALE


class Terms(NamedTuple):
    """An asset: symbol, currency, multiplier (a quotient), and the powers of ten of its quantities and closes."""

    symbol: str
    currency: str
    multiplier: int
    divisor: int
    quantity_one: int
    price_one: int

    def money(self, quantity: int, price: int, price_one: int) -> int:
        """What so many units are worth, at scale 20."""
        return div_half_even(quantity * price * self.multiplier * _ONE, self.quantity_one * price_one * self.divisor)

    def worth(self, price_one: int) -> tuple[int, int]:
        """The quotient that makes money, at scale 20, of units times a price."""
        return _reduced(self.multiplier * _ONE, self.quantity_one * price_one * self.divisor)

    def per_unit(self) -> tuple[int, int]:
        """The quotient that makes a price, at scale 18, of money by units."""
        return _reduced(self.quantity_one * self.divisor * 10**PRICE_SCALE, self.multiplier * _ONE)


def _reduced(numerator: int, denominator: int) -> tuple[int, int]:
    common = gcd(numerator, denominator)
    return numerator // common, denominator // common


def terms_of(result: Result) -> dict[int, Terms]:
    """By sid."""
    quantity_one = 10 ** scale_of(result.entries["quantity"])
    price_one = 10 ** scale_of(result.positions["last_sale_price"])
    wanted = result.assets.select("sid", "symbol", "currency", "multiplier").rows()
    return {
        sid: Terms(symbol, currency or "", *Fraction(multiplier).as_integer_ratio(), quantity_one, price_one)
        for sid, symbol, currency, multiplier in wanted
    }


def scale_of(column: pl.Series) -> int:
    """The decimals of a column; 0 for one of integers."""
    return column.dtype.scale if isinstance(column.dtype, pl.Decimal) else 0


def by_row(sids: pl.Series, of: dict[int, tuple[int, int]]) -> tuple[pl.Series | int, pl.Series | int]:
    """A quotient of each asset as columns, by row; a plain number where all have the same."""
    if len(set(of.values())) <= 1:
        return next(iter(of.values()), (1, 1))
    known = list(of)
    places = sids.replace_strict(known, range(len(known)), return_dtype=pl.UInt32)
    up, down = (pl.Series([of[sid][part] for sid in known], dtype=pl.Int128).gather(places) for part in (0, 1))
    return up, down


def money_of(
    sids: pl.Series, units: pl.Series, prices: pl.Series, terms: dict[int, Terms], price_one: int
) -> pl.Series:
    """What units are worth at their prices, at scale 20; each row is rounded once."""
    up, down = by_row(sids, {sid: one.worth(price_one) for sid, one in terms.items()})
    return ratio_half_even(ratio_half_even(units, prices, 1), up, down)
