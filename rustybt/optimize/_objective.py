"""What a search is to make large or small."""

from __future__ import annotations

import difflib
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final

from rustybt.core import RATIO_SCALE, as_decimal, exact_number
from rustybt.errors import InputError, NonFiniteInput
from rustybt.optimize._trial import Trial, TrialState
from rustybt.results import Result

_RISK: Final = tuple(
    f"{measure}_{level}{kind}"
    for measure in ("var", "cvar")
    for level in (95, 99)
    for kind in ("", "_normal", "_cornish_fisher")
)
LESS: Final = frozenset(
    {
        "volatility", "downside_deviation", "ulcer_index", "time_under_water", "longest_under_water", *_RISK,
        "longest_losing_streak", "tracking_error", "max_leverage", "average_gross_leverage", "down_capture",
        "kurtosis", "minimum_track_record", "orders", "transactions", "commission",
    }
)  # fmt: skip
"""Measures of which less is better. A drawdown is a negative number: more is better."""
MORE: Final = frozenset(
    {
        "final_value", "pnl", "total_return", "annual_return", "calendar_return", "sharpe", "sharpe_low", "sharpe_high",
        "probabilistic_sharpe", "sortino", "max_drawdown", "alpha", "arithmetic_alpha", "calmar", "omega", "martin",
        "gain_to_pain", "tail_ratio", "kelly", "skewness", "best_session", "worst_session", "recovery_factor",
        "win_rate", "profit_factor", "payoff_ratio", "expectancy", "longest_winning_streak", "information_ratio",
        "treynor", "up_capture",
    }
)  # fmt: skip
"""Those of which more is."""
EITHER: Final = frozenset(
    {
        "trading_days", "starting_value", "average_net_leverage", "average_long_exposure", "average_short_exposure",
        "benchmark_return", "benchmark_volatility", "beta", "correlation",
    }
)  # fmt: skip
"""Those of which a search has to say what it wants."""


class Objective:
    """What is to be large, or small.

    of: a measure of `result.metrics` by name, or a function of the result that returns a number, or None for none.
    maximize: None goes by the measure's name: less is better of volatility, value at risk and what else says how much
    was risked or paid, more of the others and of a function; of beta and correlation it has to be said.
    least_trades: with fewer round trips the value is None, which is worse than any number.
    turnover_penalty: taken from the value (added where less is better) for each time a year that the account is turned
    over: what is bought and sold, half of it, over the mean of the portfolio's value.
    Raises InputError for settings that mean nothing.

    >>> from rustybt.optimize import Objective
    >>> Objective("sharpe", least_trades=30, turnover_penalty="0.01")
    Objective('sharpe', least_trades=30, turnover_penalty=0.01)
    """

    def __init__(
        self,
        of: str | Callable[[Result], Any],
        *,
        maximize: bool | None = None,
        least_trades: int = 0,
        turnover_penalty: Any = 0,
    ) -> None:
        if not isinstance(of, str) and not callable(of):
            raise InputError(
                f"objective={of!r}: give the name of a measure, such as 'sharpe', or a function of a Result."
            )
        if type(least_trades) is not int or least_trades < 0:
            raise InputError(f"least_trades={least_trades!r}: give a whole number, 0 or more.")
        self.of, self.least_trades = of, least_trades
        self.penalty = Fraction(exact_number(turnover_penalty, "turnover_penalty"))
        self._told = str(turnover_penalty)
        if self.penalty < 0:
            raise InputError(f"turnover_penalty={turnover_penalty!r}: give a number of 0 or more.")
        if isinstance(of, str) and of not in LESS | MORE | EITHER:
            raise UnknownMeasure(f"objective={of!r}: a result has no such measure. {_near(of, LESS | MORE | EITHER)}")
        if maximize is None and of in EITHER:
            raise InputError(f"objective={of!r}: say which is better, Objective({of!r}, maximize=True) or False.")
        self.maximize = of not in LESS if maximize is None else maximize

    @property
    def name(self) -> str:
        """That of the measure or function."""
        return self.of if isinstance(self.of, str) else getattr(self.of, "__name__", type(self.of).__name__)

    def __repr__(self) -> str:
        known = self.of not in EITHER and self.maximize == (self.of not in LESS)
        parts = [
            repr(self.of) if isinstance(self.of, str) else self.name,
            *([] if known else [f"maximize={self.maximize}"]),
        ]
        parts += [f"least_trades={self.least_trades}"] if self.least_trades else []
        parts += [f"turnover_penalty={self._told}"] if self.penalty else []
        return f"Objective({', '.join(parts)})"

    def value(self, result: Result) -> Decimal | None:
        """Of a run. Raises InputError for a measure that there is not, NonFiniteInput for NaN and infinities."""
        value = self._own(result)
        if value is None or (self.least_trades and result.trades.height < self.least_trades):
            return None
        if not self.penalty:
            return value
        paid = self.penalty * turnover(result)
        exact = Fraction(value) - paid if self.maximize else Fraction(value) + paid
        return as_decimal(round(exact * 10**RATIO_SCALE), RATIO_SCALE)

    def _own(self, result: Result) -> Decimal | None:
        if callable(self.of):
            return _number(self.of(result), self.name)
        figures = figures_with(result, self.of)
        if self.of not in figures:
            raise UnknownMeasure(f"objective={self.of!r}: these runs have none. {_near(self.of, figures)}")
        return _number(figures[self.of], self.of)


class UnknownMeasure(InputError):
    """A measure that no run has: no trial would have it."""


def figures_with(result: Result, name: str) -> Mapping[str, Any]:
    """Figures of a run, one of which is the one of a name, if there is any: all are dear where the first ones do."""
    return result.first_figures if name in result.first_figures else result.metrics


def _near(name: str, known: Iterable[str]) -> str:
    names = sorted(known)
    near = difflib.get_close_matches(name, names, 3)
    return f"Did you mean {' or '.join(map(repr, near))}?" if near else f"Choose among {', '.join(names)}."


def _number(value: Any, name: str) -> Decimal | None:
    if value is None:
        return None
    if isinstance(value, float) and not math.isfinite(value):
        raise NonFiniteInput(f"The objective {name} returned {value}: return None for a run that has no value.")
    return exact_number(value, f"what the objective {name} returned")


def turnover(result: Result) -> Fraction:
    """How often a year the account was turned over: half of what was bought and sold, over the mean value; exact."""
    daily, fills = result.daily, result.transactions
    if not daily.height:
        return Fraction(0)
    worth = sum((Fraction(value) for value in daily["portfolio_value"]), Fraction(0)) / daily.height
    if worth <= 0:
        return Fraction(0)
    traded = sum((abs(Fraction(a) * Fraction(p)) for a, p in fills.select("amount", "price").rows()), Fraction(0))
    return traded / 2 / worth * result.periods / daily.height


def objectives_of(given: Any) -> tuple[Objective, ...]:
    """One or several objectives from what stands for them."""
    several = list(given) if isinstance(given, list | tuple) else [given]
    if not several:
        raise InputError("objective=[]: give one at least.")
    return tuple(one if isinstance(one, Objective) else Objective(one) for one in several)


def better_first(values: Sequence[Decimal | None], maximize: Sequence[bool]) -> tuple[Any, ...]:
    """A key by which the best sorts first: None is worse than any value. maximize: of each, whether more is better."""
    padded = [*values, *[None] * (len(maximize) - len(values))]
    return tuple(
        (value is None, Decimal(0) if value is None else -value if more else value)
        for value, more in zip(padded, maximize, strict=True)
    )


def ranked(trials: Iterable[Trial], maximize: Sequence[bool]) -> list[Trial]:
    """The trials that are complete, the best first; equal ones in the order of their numbers."""
    complete = [trial for trial in trials if trial.state is TrialState.COMPLETE]
    return sorted(complete, key=lambda trial: (better_first(trial.values, maximize), trial.number))


def dominates(one: Sequence[Decimal | None], other: Sequence[Decimal | None], maximize: Sequence[bool]) -> bool:
    """Whether one is as good in all objectives, and better in one at least."""
    pairs = list(zip(better_first(one, maximize), better_first(other, maximize), strict=True))
    return all(a <= b for a, b in pairs) and any(a < b for a, b in pairs)
