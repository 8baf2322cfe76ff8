"""The daily columns: every statistic over all sessions so far, in one pass."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rustybt.core import div_half_even
from rustybt.errors import InputError
from rustybt.metrics._max_drawdown import running_drawdowns
from rustybt.metrics._numbers import ONE, check_periods, root_half_even
from rustybt.metrics._sharpe import scaled_sharpe
from rustybt.metrics._sortino import scaled_sortino


@dataclass(frozen=True, slots=True)
class ExpandingStatistics:
    """One value a session: the measure over the sessions up to and with it, at scale 18; None where undefined.

    Volatility, Sharpe and Sortino need two sessions; drawdown and period return need a positive start; leverage
    needs a session whose portfolio value is not 0. As Zipline has them, they go on through a value of nothing or less;
    `without_meaning` takes out what can't be had there.
    """

    algorithm_period_return: list[int | None]
    algo_volatility: list[int | None]
    sharpe: list[int | None]
    sortino: list[int | None]
    max_drawdown: list[int | None]
    max_leverage: list[int | None]


def expanding_statistics(
    returns: Sequence[int], path: Sequence[int], gross_leverage: Sequence[int | None], *, periods: int
) -> ExpandingStatistics:
    """All statistics of the daily frame. Each row equals the measure's own function on the sessions so far.

    returns: simple session returns at scale 18.
    path: what the capital grew to, at the start and at each close (`growth_path`): one more than there are returns.
    gross_leverage: at each close, scale 18; None where the portfolio value was 0.
    periods: sessions per year of the run's calendar.
    The cost of a session does not depend on the sessions before it.
    Raises InputError where the lengths do not fit.
    """
    annual = check_periods(periods)
    count = len(returns)
    if count and not (len(path) == count + 1 and len(gross_leverage) == count):
        raise InputError(
            f"{count} returns, {len(path)} points of the path and {len(gross_leverage)} leverages: pass one return "
            "and one leverage per session, and one point more."
        )
    start = path[0] if count else 1
    nothing: list[int | None] = [None] * count
    volatilities, sharpes, sortinos = _dispersion(returns, annual)
    return ExpandingStatistics(
        algorithm_period_return=[div_half_even((value - start) * ONE, start) for value in path[1:]]
        if start > 0
        else nothing,
        algo_volatility=volatilities,
        sharpe=sharpes,
        sortino=sortinos,
        max_drawdown=[*running_drawdowns(path)[1:]] if count and start > 0 else nothing,
        max_leverage=_running_maximum(gross_leverage),
    )


def _dispersion(returns: Sequence[int], periods: int) -> tuple[list[int | None], list[int | None], list[int | None]]:
    """Volatility, Sharpe and Sortino so far, from running sums."""
    total = squares = below = 0
    volatilities: list[int | None] = []
    sharpes: list[int | None] = []
    sortinos: list[int | None] = []
    for count, value in enumerate(returns, 1):
        square = value * value
        total += value
        squares += square
        if value < 0:
            below += square
        if count == 1:
            volatilities.append(None)
            sharpes.append(None)
            sortinos.append(None)
            continue
        spread = count * squares - total * total
        volatilities.append(root_half_even(spread * periods, count * (count - 1)))
        sharpes.append(scaled_sharpe(count, total, squares, periods))
        sortinos.append(scaled_sortino(count, total, below, periods))
    return volatilities, sharpes, sortinos


def _running_maximum(values: Sequence[int | None]) -> list[int | None]:
    """None before the first value; an account that owes more than it has brings none above 0."""
    highest: int | None = None
    column = []
    for value in values:
        if value is not None:
            highest = max(highest or 0, value)
        column.append(highest)
    return column
