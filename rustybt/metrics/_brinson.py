"""What a portfolio returned beyond its benchmark, by segment: how it was weighted, and what was chosen within."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final, Literal, NamedTuple, get_args

import polars as pl

from rustybt.core import RATIO_SCALE, exact_number
from rustybt.errors import InputError
from rustybt.metrics._checks import check_choice, check_frame
from rustybt.metrics._sample import PRECISE, quotient, rounded

type Model = Literal["brinson-fachler", "brinson-hood-beebower"]
type Link = Literal["carino", "menchero", "grap"]
_COLUMNS: Final = ("period", "segment", "weight", "return", "benchmark_weight", "benchmark_return")
_EFFECTS: Final = ("allocation", "selection", "interaction")
_DECIMAL: Final = pl.Decimal(38, RATIO_SCALE)


class _Segment(NamedTuple):
    weight: Fraction
    earned: Fraction
    other_weight: Fraction
    other_earned: Fraction


type _Period = dict[str, _Segment]


def brinson(segments: pl.DataFrame, *, model: Model = "brinson-fachler", link: Link | None = "carino") -> pl.DataFrame:
    """What a portfolio returned beyond its benchmark, by segment and period, in three effects.

    allocation: segments were weighted otherwise than in the benchmark. selection: what was held in a segment returned
    something else. interaction: both at once. With `link` the effects of all periods add up to the difference of the
    two returns over the whole time; without, those of a period to the difference in it.

    segments: a row for each period and segment: period (in its order), segment, weight and return of the portfolio,
        benchmark_weight, benchmark_return. Weights are those at the begin of a period, and add up to 1 in each; returns
        are simple ones.
    model: "brinson-fachler" measures allocation against the whole benchmark's return, "brinson-hood-beebower" does not.
    link: "carino" by logarithms, "menchero" with the least change of the effects, "grap" by what was earned before and
        by the benchmark after; None for each period's own.
    Returns a frame in the order of the rows: period, segment, allocation, selection, interaction, of 18 digits each.
    Raises InputError for columns or values that are missing, weights that do not add up to 1 (to 1e-9), and an unknown
    model or link; NonFiniteInput on NaN and infinities.
    Source: Brinson and Fachler (1985), Brinson, Hood and Beebower (1986), Carino (1999), Menchero (2000), GRAP (1997).

    >>> import polars as pl
    >>> from rustybt.metrics import brinson
    >>> rows = [("2024", "shares", "0.8", "0.10", "0.6", "0.08"), ("2024", "bonds", "0.2", "0.02", "0.4", "0.03")]
    >>> names = ["period", "segment", "weight", "return", "benchmark_weight", "benchmark_return"]
    >>> found = brinson(pl.DataFrame(rows, names, orient="row"))
    >>> found.select("segment", found["allocation"].cast(float), found["selection"].cast(float)).rows()
    [('shares', 0.004, 0.012), ('bonds', 0.006, -0.004)]
    """
    check_choice(model, get_args(Model.__value__), "model")
    if link is not None:
        check_choice(link, _LINKS, "link", ", or None")
    periods = _periods(segments)
    totals = [_totals(rows) for rows in periods.values()]
    factors = [Decimal(1)] * len(totals) if link is None else _LINKS[link](totals)
    found = {
        (period, name): _effects(segment, total[1], factor, model)
        for (period, rows), total, factor in zip(periods.items(), totals, factors, strict=True)
        for name, segment in rows.items()
    }
    keys = list(zip(segments["period"].to_list(), segments["segment"].to_list(), strict=True))
    effects = {
        effect: pl.Series([found[key][place] for key in keys], dtype=_DECIMAL) for place, effect in enumerate(_EFFECTS)
    }
    return segments.select("period", "segment").with_columns(**effects)


def _periods(segments: pl.DataFrame) -> dict[Any, _Period]:
    """The segments of each period, in the order of the rows."""
    check_frame(segments, _COLUMNS, "segments")
    if not segments.height:
        raise InputError(f"segments: it has no row. Pass a frame with {', '.join(_COLUMNS)}.")
    found: dict[Any, _Period] = {}
    for row, (period, segment, *given) in enumerate(segments.select(_COLUMNS).iter_rows()):
        where = f"segments, row {row}"
        if any(value is None for value in given):
            raise InputError(f"{where}: a value is missing. Where nothing is held, the weight is 0.")
        own = found.setdefault(period, {})
        if segment in own:
            raise InputError(f"{where}: {segment!r} stands twice in period {period!r}. Add its rows up.")
        own[segment] = _Segment(*(Fraction(exact_number(value, where)) for value in given))
    for period, rows in found.items():
        for what, whole in (
            ("weight", sum((one.weight for one in rows.values()), Fraction())),
            ("benchmark_weight", sum((one.other_weight for one in rows.values()), Fraction())),
        ):
            if abs(whole - 1) > Fraction(1, 10**9):
                raise InputError(
                    f"segments: the column {what} adds up to {float(whole):.6g} in period {period!r}, and not to 1. "
                    "Cash is a segment too."
                )
    return found


def _totals(rows: _Period) -> tuple[Fraction, Fraction]:
    """What the portfolio and the benchmark returned in a period."""
    own = sum((one.weight * one.earned for one in rows.values()), Fraction())
    return own, sum((one.other_weight * one.other_earned for one in rows.values()), Fraction())


def _effects(one: _Segment, benchmark: Fraction, factor: Decimal, model: Model) -> list[Decimal | None]:
    more, beyond = one.weight - one.other_weight, one.earned - one.other_earned
    level = benchmark if model == "brinson-fachler" else Fraction()
    parts = (more * (one.other_earned - level), one.other_weight * beyond, more * beyond)
    return [rounded(PRECISE.multiply(_decimal(part), factor)) for part in parts]


def _decimal(value: Fraction) -> Decimal:
    return quotient(value.numerator, value.denominator)


def _grown(returns: Sequence[Fraction]) -> Fraction:
    grown = Fraction(1)
    for value in returns:
        grown *= 1 + value
    return grown


def _checked(totals: Sequence[tuple[Fraction, Fraction]]) -> None:
    if any(value <= -1 for pair in totals for value in pair):
        raise InputError("segments: a period lost all, and no logarithm or root is left of it. Pass link='grap'.")


def _carino(totals: Sequence[tuple[Fraction, Fraction]]) -> list[Decimal]:
    """`k(r, b) / k(R, B)`, with `k(r, b) = (ln(1 + r) - ln(1 + b)) / (r - b)`."""
    _checked(totals)
    own, other = (_grown([pair[place] for pair in totals]) - 1 for place in (0, 1))
    whole = _slope_of_log(own, other)
    return [PRECISE.divide(_slope_of_log(*pair), whole) for pair in totals]


def _slope_of_log(own: Fraction, other: Fraction) -> Decimal:
    if own == other:
        return _decimal(1 / (1 + own))
    logs = PRECISE.subtract(PRECISE.ln(_decimal(1 + own)), PRECISE.ln(_decimal(1 + other)))
    return PRECISE.divide(logs, _decimal(own - other))


def _menchero(totals: Sequence[tuple[Fraction, Fraction]]) -> list[Decimal]:
    """`M + a * (r - b)`: one factor for all, and what it leaves in proportion to the difference of each period."""
    _checked(totals)
    count = len(totals)
    own, other = (_grown([pair[place] for pair in totals]) for place in (0, 1))
    part = PRECISE.divide(Decimal(1), Decimal(count))
    if own == other:
        natural = PRECISE.power(_decimal(own), PRECISE.subtract(Decimal(1), part))
    else:
        roots = PRECISE.subtract(PRECISE.power(_decimal(own), part), PRECISE.power(_decimal(other), part))
        natural = PRECISE.divide(_decimal((own - other) / count), roots)
    apart = [r - b for r, b in totals]
    squares = sum((value * value for value in apart), Fraction())
    if not squares:
        return [natural] * count
    left = PRECISE.subtract(_decimal(own - other), PRECISE.multiply(natural, _decimal(sum(apart, Fraction()))))
    return [PRECISE.add(natural, PRECISE.multiply(left, _decimal(value / squares))) for value in apart]


def _grap(totals: Sequence[tuple[Fraction, Fraction]]) -> list[Decimal]:
    """What the portfolio grew by before a period, times what the benchmark grows by after it."""
    own, other = ([pair[place] for pair in totals] for place in (0, 1))
    return [_decimal(_grown(own[:at]) * _grown(other[at + 1 :])) for at in range(len(totals))]


_LINKS: Final[dict[str, Callable[[Sequence[tuple[Fraction, Fraction]]], list[Decimal]]]] = {
    "carino": _carino,
    "menchero": _menchero,
    "grap": _grap,
}
