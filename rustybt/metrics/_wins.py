"""How often and how much results win: of sessions, trades, or anything that ends above or below zero."""

from __future__ import annotations

from decimal import Decimal

from rustybt.metrics._numbers import Numbers, ratio
from rustybt.metrics._sample import Sample, exact_ratio, sample_of


def win_rate(results: Numbers | Sample) -> Decimal | None:
    """The share of results above 0. Results of exactly 0 count as results that did not win.

    results: one number each: returns of sessions, profits of trades; no nulls.
    Returns 18 decimals, half-even; None for no result.
    Raises NonFiniteInput on NaN and infinities, InputError on nulls.

    >>> win_rate([5, -2, 3, 0])
    Decimal('0.500000000000000000')
    """
    sample = sample_of(results)
    return ratio(exact_ratio(sample.wins, sample.count)) if sample.count else None


def profit_factor(results: Numbers | Sample) -> Decimal | None:
    """What the winners made over what the losers lost: `sum(x, x > 0) / -sum(x, x < 0)`.

    results: one number each; no nulls.
    Returns 18 decimals, half-even; None where nothing was lost.
    Raises NonFiniteInput on NaN and infinities, InputError on nulls.

    >>> profit_factor([5, -2, 3, 0])
    Decimal('4.000000000000000000')
    """
    sample = sample_of(results)
    return ratio(exact_ratio(sample.total + sample.lost, sample.lost)) if sample.lost else None


def payoff_ratio(results: Numbers | Sample) -> Decimal | None:
    """The mean winner over the mean loser, as a positive number.

    results: one number each; no nulls.
    Returns 18 decimals, half-even; None where nothing won or nothing lost.
    Raises NonFiniteInput on NaN and infinities, InputError on nulls.

    >>> payoff_ratio([5, -2, 3, 0])
    Decimal('2.000000000000000000')
    """
    sample = sample_of(results)
    won, losses = sample.total + sample.lost, sample.losers
    return ratio(exact_ratio(won * losses, sample.wins * sample.lost)) if sample.wins and losses else None


def expectancy(results: Numbers | Sample) -> Decimal | None:
    """The mean result: what one more of them is worth, if nothing changes.

    results: one number each; no nulls.
    Returns 18 decimals, half-even; None for no result.
    Raises NonFiniteInput on NaN and infinities, InputError on nulls.

    >>> expectancy([5, -2, 3, 0])
    Decimal('1.500000000000000000')
    """
    sample = sample_of(results)
    return ratio(exact_ratio(sample.total, sample.count * sample.one)) if sample.count else None


def longest_streaks(results: Numbers | Sample) -> tuple[int, int]:
    """The most winners in a row, and the most losers; a result of 0 ends both.

    results: one number each, in the order of time; no nulls.
    Raises NonFiniteInput on NaN and infinities, InputError on nulls.

    >>> longest_streaks([5, 3, -2, 0, 4])
    (2, 1)
    """
    return sample_of(results).streaks
