"""Terms: what a strategy reads of indicators at its moment, and what it makes of them."""

from __future__ import annotations

import operator
from abc import ABC, abstractmethod
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final, NoReturn, Protocol

import numpy as np
import numpy.typing as npt

from rustybt.core import Asset
from rustybt.errors import InputError, WrongType
from rustybt.view._market_view import MarketView

type Floats = npt.NDArray[np.float64]
type Operation = Callable[..., Any]

OPERATIONS: Final[dict[str, Operation]] = {
    "+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv,
    "==": operator.eq, "!=": operator.ne, "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
    "&": operator.and_, "|": operator.or_, "^": operator.xor,
}  # fmt: skip
MOST_BARS: Final = 10**7
COMPARING: Final = frozenset({"==", "!=", "<", "<=", ">", ">="})
LOGICAL: Final = frozenset({"&", "|", "^"})


class Phase(Protocol):
    """The phase of a run."""

    phase: str


class Term(ABC):
    """An indicator that a run reads at its moment. `term` makes one; arithmetic and comparisons make others of it.

    assets: of which it is, in their order.

    >>> from rustybt import run_algorithm
    >>> from rustybt.api import symbol, term
    >>> from rustybt.indicators import SMA
    >>> def initialize(context):
    ...     context.fast, context.slow = [term(SMA, symbol("AAPL"), window=n) for n in (2, 5)]
    ...     context.rising = context.fast > context.slow
    >>> def handle_data(context, data):
    ...     print(round(context.fast.now, 3), round(context.slow.now, 3), context.rising.now)
    >>> result = run_algorithm("2010-01-11", "2010-01-13", initialize=initialize, handle_data=handle_data)
    211.045 211.604 False
    208.915 210.272 False
    209.185 210.208 False
    """

    __slots__ = ("_looked", "_market", "_phase", "_read", "_single", "assets")

    def __init__(self, market: MarketView, phase: Phase, assets: tuple[Asset, ...], *, single: bool) -> None:
        self._market = market
        self._phase = phase
        self._single = single
        # by bar, from bar 0 on: a number of one asset, else a row; None before it is first asked for
        self._read: Any = None
        self._looked = False
        self.assets = assets

    @property
    def now(self) -> Any:
        """The value at the moment: a float for one asset, else an array in the order of the assets. NaN where there is
        none yet. Of a comparison a bool, or an array of bools.

        Raises InputError in `initialize`, where there is no moment yet.

        >>> from rustybt import run_algorithm
        >>> from rustybt.api import symbols, term
        >>> from rustybt.indicators import Returns
        >>> def initialize(context):
        ...     context.returns = term(Returns, symbols("AAPL", "IBM"))
        >>> def handle_data(context, data):
        ...     print(context.returns.now.round(4).tolist())
        >>> result = run_algorithm("2010-01-05", "2010-01-06", initialize=initialize, handle_data=handle_data)
        [0.0017, -0.0121]
        [-0.0159, -0.0065]
        """
        market, read = self._market, self._read
        if market.before_open:
            return self._told("now")
        if read is None:
            if not self._looked:  # one that is made at a moment is read once, and needs no value of any other
                self._looked = True
                return self._told("now")
            read = self._read = self._readable()
        return read[market.bar] if self._single else read[market.bar].copy()

    def history(self, bar_count: int) -> npt.NDArray[Any]:
        """The last values, the newest last, restated as of the moment as `data.history` does; a copy.

        Shape (bar_count,) for one asset, else (bar_count, assets); NaN before the data begin. Of a term of longer bars
        the last ones that are over; where terms of several lengths are combined, what they said with the run's bars.
        Raises InputError in `initialize`.

        >>> from rustybt import run_algorithm
        >>> from rustybt.api import symbol, term
        >>> from rustybt.indicators import SMA
        >>> def initialize(context):
        ...     context.fast = term(SMA, symbol("AAPL"), window=2)
        >>> def handle_data(context, data):
        ...     print(context.fast.history(2).round(3).tolist())
        >>> result = run_algorithm("2010-01-12", "2010-01-13", initialize=initialize, handle_data=handle_data)
        [211.045, 208.915]
        [208.915, 209.185]
        """
        count: Any = bar_count
        if isinstance(count, bool) or not isinstance(count, int) or not 1 <= count <= MOST_BARS:
            raise InputError(f"history({bar_count!r}): pass how many bars, a whole number from 1 to {MOST_BARS:,}.")
        self._check_moment("history")
        window = np.array(self._window(bar_count))
        return window[:, 0] if self._single else window

    def _check_moment(self, what: str) -> None:
        if self._phase.phase == "initialize":
            raise InputError(
                f"{self!r}.{what} was read in initialize, where there is no bar yet. Read it in handle_data, "
                "before_trading_start or a scheduled function."
            )

    def _told(self, what: str) -> Any:
        self._check_moment(what)
        row = self._window(1)[-1]
        return row[0].item() if self._single else np.array(row)

    def at_bars(self) -> Any:
        """What `now` is at each bar of the run, bar 0 included: when it is over, for whoever draws it."""
        column = self._column(0)
        return column[:, 0] if self._single else column

    def _readable(self) -> Any:
        column = self._column(0)
        return memoryview(np.ascontiguousarray(column[:, 0])) if self._single else column

    @abstractmethod
    def _window(self, count: int) -> npt.NDArray[Any]:
        """The last values as of the moment, (count, assets)."""

    @abstractmethod
    def _window_of_run(self, count: int) -> npt.NDArray[Any]:
        """What it said with the last bars of the run, as of the moment, (count, assets)."""

    @abstractmethod
    def _column(self, back: int) -> npt.NDArray[Any]:
        """At each bar of the run from bar 0 on the value of so many bars before, restated as of that bar."""

    # of terms other terms

    def _with(self, sign: str, other: Any, *, swapped: bool = False) -> Term:
        if not isinstance(other, Term) and not _is_number(other):
            raise WrongType(f"{self!r} {sign} {other!r}: a term goes with another term or a number.")
        if not isinstance(other, Term) and other != other:  # noqa: PLR0124  NaN
            raise InputError(f"{self!r} {sign} {other!r}: nothing comes of what is no number. Pass one.")
        return Combined(sign, other, self) if swapped else Combined(sign, self, other)

    def __add__(self, other: Any) -> Term:
        return self._with("+", other)

    def __radd__(self, other: Any) -> Term:
        return self._with("+", other, swapped=True)

    def __sub__(self, other: Any) -> Term:
        return self._with("-", other)

    def __rsub__(self, other: Any) -> Term:
        return self._with("-", other, swapped=True)

    def __mul__(self, other: Any) -> Term:
        return self._with("*", other)

    def __rmul__(self, other: Any) -> Term:
        return self._with("*", other, swapped=True)

    def __truediv__(self, other: Any) -> Term:
        return self._with("/", other)

    def __rtruediv__(self, other: Any) -> Term:
        return self._with("/", other, swapped=True)

    def __neg__(self) -> Term:
        return self._with("*", -1)

    # arrays of NumPy leave arithmetic to the term
    __array_ufunc__ = None
    __hash__ = object.__hash__

    def __eq__(self, other: object) -> Any:
        return self._with("==", other) if isinstance(other, Term) or _is_number(other) else NotImplemented

    def __ne__(self, other: object) -> Any:
        return self._with("!=", other) if isinstance(other, Term) or _is_number(other) else NotImplemented

    def __lt__(self, other: Any) -> Term:
        return self._with("<", other)

    def __le__(self, other: Any) -> Term:
        return self._with("<=", other)

    def __gt__(self, other: Any) -> Term:
        return self._with(">", other)

    def __ge__(self, other: Any) -> Term:
        return self._with(">=", other)

    def __and__(self, other: Any) -> Term:
        return self._with("&", other)

    def __or__(self, other: Any) -> Term:
        return self._with("|", other)

    def __invert__(self) -> Term:
        if not self.is_condition:
            raise WrongType(f"~{self!r}: only a comparison can be turned round.")
        return Combined("^", self, Combined(">=", Combined("*", self, 0), 0))

    @property
    def is_condition(self) -> bool:
        """Whether it is true or false, as a comparison is."""
        return False

    @property
    @abstractmethod
    def frequency(self) -> str:
        """Of the bars that it is of; empty for the run's own."""

    def is_read_in(self, market: MarketView) -> bool:
        """Whether it belongs to the run that sees that market."""
        return self._market is market

    @property
    def is_single(self) -> bool:
        """Whether it is of one asset, and was not asked for as a list of one."""
        return self._single

    def __bool__(self) -> NoReturn:
        raise WrongType(f"{self!r} is a term, and true or false only at a moment: ask its .now.")

    def __float__(self) -> NoReturn:
        raise WrongType(f"{self!r} is a term, and a number only at a moment: ask its .now.")


class Combined(Term):
    """What an operation makes of two terms, or of a term and a number."""

    __slots__ = ("_left", "_right", "_sign")

    def __init__(self, sign: str, left: Any, right: Any) -> None:
        terms = [one for one in (left, right) if isinstance(one, Term)]
        several = [one for one in terms if not one._single]
        wide = several[0] if several else terms[0]
        if any(one.assets != wide.assets for one in several):
            raise InputError(f"{left!r} {sign} {right!r}: these are of other assets. Take terms of the same ones.")
        if any(one._market is not wide._market for one in terms):
            raise InputError(f"{left!r} {sign} {right!r}: these are of two runs. Ask for both in initialize of one.")
        if sign in LOGICAL and not all(one.is_condition for one in terms):
            raise WrongType(f"{left!r} {sign} {right!r}: take comparisons, in brackets: (a > b) {sign} (c > d).")
        super().__init__(wide._market, wide._phase, wide.assets, single=wide._single)
        self._sign = sign
        self._left = left
        self._right = right

    def __repr__(self) -> str:
        return f"({self._left!r} {self._sign} {self._right!r})"

    def __reduce__(self) -> tuple[Any, ...]:
        return Combined, (self._sign, self._left, self._right)

    @property
    def is_condition(self) -> bool:
        return self._sign in LOGICAL or self._sign in COMPARING

    @property
    def frequency(self) -> str:
        named = {one.frequency for one in (self._left, self._right) if isinstance(one, Term)}
        return named.pop() if len(named) == 1 else ""

    def _window(self, count: int) -> npt.NDArray[Any]:
        frequency = self.frequency
        return self._of(lambda one: one._window(count) if one.frequency == frequency else one._window_of_run(count))

    def _window_of_run(self, count: int) -> npt.NDArray[Any]:
        return self._of(lambda term: term._window_of_run(count))

    def _column(self, back: int) -> npt.NDArray[Any]:
        return self._of(lambda term: term._column(back))

    def _of(self, read: Callable[[Term], npt.NDArray[Any]]) -> npt.NDArray[Any]:
        left, right = [read(one) if isinstance(one, Term) else float(one) for one in (self._left, self._right)]
        with np.errstate(all="ignore"):
            found: npt.NDArray[Any] = OPERATIONS[self._sign](left, right)
        return found


def bars_of(left: Term, right: Any = None) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.bool_]]:
    """The bars of the run at which a condition of one asset holds, or at which a term crosses another one or a number.

    And whether the crossing is upward: at or below on the bar before, above on this one.
    """
    if right is None:
        held = np.flatnonzero(left._column(0)[1:, 0]) + 1
        return held, np.ones(len(held), dtype=np.bool_)
    apart = left - right
    before, now = apart._column(1)[1:, 0], apart._column(0)[1:, 0]
    with np.errstate(invalid="ignore"):
        up, down = (before <= 0) & (now > 0), (before >= 0) & (now < 0)
    crossed = np.flatnonzero(up | down)
    return crossed + 1, up[crossed]


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float | Decimal | Fraction | np.integer | np.floating) and not isinstance(
        value, bool
    )
