"""Indicators of one's own: a function over arrays, or of one window, that is checked for looking ahead."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from rustybt.errors import InputError, WrongType
from rustybt.indicators._indicator import FIELD, FIELDS, Indicator, parameters_of

type Floats = npt.NDArray[np.float64]

CUTS: Final = 4
"""At how many places of whole columns a function is tried for what comes after."""
PIECES, AROUND = 40, 8
"""At how many places of short pieces, and how many bars these reach beyond a window to both sides."""


def indicator(
    *, window: int | str | None, fields: tuple[str, ...] = (FIELD,), step: bool = False
) -> Callable[[Callable[..., Any]], Indicator]:
    """Makes an indicator of a function, to be read with `term` like those of the library.

    The function takes an array for each field, oldest first, NaN where there is no bar, and its own parameters as
    keywords; it returns an array of the same length. step: it is called with each whole window instead, and returns
    a number.
    window: how many bars a value depends on: a number, the name of a parameter, or None for all bars before. fields:
    what it reads, "field" for the one that `term` is asked for.
    In a run the prices of each window are restated as of its moment. With the first use in a run it is tried on the
    data: whether a value changes when bars after it do, or bars before its window. Raises InputError then. What it
    gives is kept by its parameters: all that it depends on must be one of them.

    >>> from rustybt.indicators import indicator
    >>> @indicator(window="window", fields=("high", "low"))
    ... def middle(high, low, *, window):
    ...     '''The middle of the mean high and the mean low.'''
    ...     kernel = [1 / window] * window
    ...     found = high * float("nan")
    ...     found[window - 1:] = [(high[i - window + 1:i + 1] + low[i - window + 1:i + 1]).mean() / 2
    ...                           for i in range(window - 1, len(high))]
    ...     return found
    >>> middle([2.0, 4.0], [0.0, 2.0], window=2).tolist()
    [nan, 2.0]
    >>> @indicator(window=3, step=True)
    ... def span(values):
    ...     return values.max() - values.min()
    >>> span([1.0, 5.0, 2.0, 3.0]).tolist()
    [nan, nan, 4.0, 3.0]
    """
    named: Any = fields
    if isinstance(named, str) or not named or any(one != FIELD and one not in FIELDS for one in named):
        raise InputError(f"indicator(fields={fields!r}): pass a tuple of 'field' and {', '.join(FIELDS)}.")

    def made(function: Callable[..., Any]) -> Indicator:
        parameters = _checked_function(function, fields)
        _check_window(window, parameters)
        if step and window is None:
            raise InputError("indicator(step=True) is called with whole windows: state window=.")
        return Indicator(
            function.__name__,
            _by_step(function, window) if step else function,
            reads=tuple(fields),
            parameters=parameters,
            warm_up=lambda **given: _bars(window, given),
            recursive=window is None,
            own=True,
        )

    return made


def _checked_function(function: Any, fields: tuple[str, ...]) -> dict[str, Any]:
    """Its parameters. Raises WrongType for what can't be called with a column for each field."""
    if not callable(function) or not hasattr(function, "__qualname__"):
        raise WrongType(f"indicator: {function!r} is no function. Write it above a function of arrays.")
    parameters = parameters_of(function)
    try:
        inspect.signature(function).bind(*fields, **parameters)
    except TypeError as error:
        raise WrongType(
            f"indicator(fields={fields!r}): {function.__name__} takes other arguments: {error}. It is called with an "
            f"array for each field, and its parameters as keywords, behind a `*`."
        ) from None
    return parameters


def _check_window(window: Any, parameters: dict[str, Any]) -> None:
    if isinstance(window, str):
        if window not in parameters:
            raise InputError(
                f"indicator(window={window!r}): the function has no keyword {window!r}, as in `def f(values, *, "
                f"{window})`. Name one of its keywords, or pass a number."
            )
    elif window is not None and (isinstance(window, bool) or not isinstance(window, int) or window < 1):
        raise InputError(f"indicator(window={window!r}): pass a number of bars, the name of a parameter, or None.")


def _bars(window: int | str | None, given: dict[str, Any]) -> int:
    return 1 if window is None else int(given[window]) if isinstance(window, str) else window


def _by_step(function: Callable[..., Any], window: Any) -> Callable[..., Any]:
    def each(*columns: Floats, **given: Any) -> Floats:
        bars = _bars(window, given)
        found = np.full(len(columns[0]), np.nan)
        for place in range(bars - 1, len(found)):
            value = function(*[column[place + 1 - bars : place + 1] for column in columns], **given)
            try:
                found[place] = value
            except (TypeError, ValueError):
                raise WrongType(
                    f"The indicator {function.__name__} returned {value!r} for a window: return a number."
                ) from None
        return found

    each.__name__, each.__doc__, each.__module__ = function.__name__, function.__doc__, function.__module__
    each.__qualname__ = function.__qualname__
    return each


def own_column(kind: Indicator, columns: list[Floats], parameters: dict[str, Any]) -> Floats:
    """What a function of one's own makes of columns of one asset. Raises WrongType for another shape.

    It is not called where there is no whole window.
    """
    if len(columns[0]) < kind.warm_up(**parameters):
        return np.full(len(columns[0]), np.nan)
    with np.errstate(all="ignore"):
        given: Any = kind.function(*[column.copy() for column in columns], **parameters)
    try:
        if np.iscomplexobj(given):
            raise TypeError
        found: Floats = np.asarray(given, dtype=np.float64)
    except (TypeError, ValueError):
        raise WrongType(
            f"The indicator {kind.name} returned {type(given).__name__}: return an array of numbers."
        ) from None
    if found.shape != columns[0].shape:
        raise WrongType(
            f"The indicator {kind.name} returned the shape {found.shape} for {len(columns[0])} bars: return a value "
            "for each bar, NaN where there is none."
        )
    return found


def check_causal(kind: Indicator, columns: list[Floats], parameters: dict[str, Any]) -> None:
    """Raises InputError where a value depends on bars after it, or on bars before its window.

    Tried at a few places of the columns, and at many of short pieces of them: what comes after is cut off, raised,
    lowered, and put in another order.
    """
    whole = own_column(kind, columns, parameters)
    count, bars = len(whole), kind.warm_up(**parameters)
    for cut in sorted({count * k // (CUTS + 1) for k in range(1, CUTS + 1)} - {0}):
        _check_future(kind, columns, cut, whole, parameters, 0)
        if not kind.recursive and cut >= bars:
            alone = own_column(kind, [column[cut - bars : cut] for column in columns], parameters)
            _check_same(kind, whole[cut - 1 : cut], alone[-1:], cut - 1, f"bars before its window of {bars} do")
    if kind.recursive:
        return
    for cut in np.random.default_rng(count).integers(1, max(count, 2), PIECES).tolist():
        first = max(0, cut - bars - AROUND)
        piece = [column[first : cut + AROUND] for column in columns]
        _check_future(kind, piece, cut - first, own_column(kind, piece, parameters), parameters, first)


def _check_future(
    kind: Indicator, columns: list[Floats], cut: int, whole: Floats, parameters: dict[str, Any], first: int
) -> None:
    """Raises InputError where a value before a cut is another one with other bars from it on."""
    for other in _other_futures(columns, cut):
        _check_same(kind, whole[:cut], own_column(kind, other, parameters)[:cut], first, "bars after it do")


def _other_futures(columns: list[Floats], cut: int) -> Iterator[list[Floats]]:
    yield [column[:cut] for column in columns]
    for factor in (1000.0, 0.001, -1.0):
        yield [np.concatenate([column[:cut], column[cut:] * factor]) for column in columns]
    yield [np.concatenate([column[:cut], column[cut:][::-1]]) for column in columns]
    yield [np.concatenate([column[:cut], np.full(len(column) - cut, np.nan)]) for column in columns]


def _check_same(kind: Indicator, whole: Floats, other: Floats, first: int, what: str) -> None:
    close = np.isclose(whole, other, rtol=1e-9, atol=0.0, equal_nan=True)
    if not close.all():
        place = first + int(np.argmin(close))
        raise InputError(
            f"The indicator {kind.name} looks where it must not: its value at bar {place} changes when {what}. "
            "Use only the bars up to each one, and as many as `window` says; window=None for all before."
        )
