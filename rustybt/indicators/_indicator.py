"""What an indicator is: arithmetic on columns, with what it reads, when it is ready, and in what unit it is."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from rustybt._kernels import Kernel
from rustybt.errors import InputError, WrongType
from rustybt.indicators._native import computed_with

type Floats = npt.NDArray[np.float64]

FIELD: Final = "field"
"""Of what an indicator reads: the field that is asked for. Of its unit: that of this field."""
AGAINST: Final = "against"
"""The same field of another asset."""
FIELDS: Final = ("open", "high", "low", "close", "price", "volume")
MOST: Final = 10**6


@dataclass(frozen=True, eq=False, repr=False)
class Indicator:
    """An indicator: called with arrays it gives one, with time along the first axis; `term` reads it in a run.

    name: as it is told. reads: the columns that it takes, in order: fields of bars, `field` for the one that is asked
    for, `against` for the same field of another asset, `session` for the number of each bar's session.
    parameters: names and defaults; a parameter without a default is `...`.
    outputs: names of its columns where it has several.
    unit: of its values: "price" or "volume" where a split restates them as it does those, None where it leaves them as
    they are, `field` where it does as with the field. warm_up: how many bars it takes to its first value.
    recursive: whether a value depends on all bars before it. own: whether it is a user's, which is checked for looking
    ahead. least: the shortest window that says something.

    >>> from rustybt.indicators import SMA
    >>> SMA([1.0, 2.0, 3.0, 4.0], window=2).tolist()
    [nan, 1.5, 2.5, 3.5]
    """

    name: str
    function: Callable[..., Any]
    reads: tuple[str, ...] = (FIELD,)
    parameters: Mapping[str, Any] = field(default_factory=dict)
    outputs: tuple[str, ...] = ()
    unit: str | None = None
    warm_up: Callable[..., int] = lambda **_: 1
    recursive: bool = False
    own: bool = False
    least: int = 1

    def __post_init__(self) -> None:
        # found where the function stands, under its name: it is pickled by that
        for name in ("__doc__", "__module__", "__name__", "__qualname__"):
            object.__setattr__(self, name, getattr(self.function, name))

    def __reduce__(self) -> str:
        return str(self.function.__qualname__)

    def __deepcopy__(self, memo: Any) -> Indicator:
        return self

    def __repr__(self) -> str:
        given = "".join(f", {name}" + ("" if value is ... else f"={value}") for name, value in self.parameters.items())
        return f"{self.name}({', '.join(self.reads)}{given})"

    def __call__(self, *columns: Any, **parameters: Any) -> Any:
        """The indicator of arrays, NaN where it has no value yet; a named tuple of arrays where it has several columns.

        columns: as `reads` says, each of the shape (bars,) or (bars, assets).
        """
        if len(columns) != len(self.reads):
            raise InputError(f"{self.name} reads {', '.join(self.reads)}: pass {len(self.reads)}, not {len(columns)}.")
        try:
            arrays = [np.asarray(column, dtype=np.float64) for column in columns]
        except (TypeError, ValueError) as error:
            raise WrongType(f"{self.name}: {error}. Pass arrays of numbers, of one shape.") from None
        if any(array.ndim not in (1, 2) or array.shape != arrays[0].shape for array in arrays):
            raise InputError(f"{self.name}: pass arrays of one shape, (bars,) or (bars, assets).")
        checked = self.checked(parameters)
        if self.own and arrays[0].ndim > 1:
            places = range(arrays[0].shape[1])
            return np.stack([self(*[one[:, k] for one in arrays], **checked) for k in places], axis=1)
        found = self.columns(arrays, checked)
        return found[0] if not self.outputs else dict(zip(self.outputs, found, strict=True))

    @property
    def of_library(self) -> bool:
        """Whether it is one that `rustybt.indicators` lists."""
        import rustybt.indicators as listed

        return getattr(listed, self.name, None) is self

    def checked(self, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """All parameters, whole numbers and floats. Raises InputError for what is unknown, missing or out of bounds."""
        unknown = [name for name in parameters if name not in self.parameters]
        if unknown:
            raise InputError(f"{self.name} has no parameter {unknown[0]!r}. It is {self!r}.")
        whole = dict(self.parameters) | dict(parameters)
        for name, value in whole.items():
            whole[name] = self._checked(name, value)
        return whole

    def _checked(self, name: str, value: Any) -> Any:
        default = self.parameters[name]
        if value is ...:
            raise InputError(f"{self.name} needs {name}=: it is {self!r}.")
        if self.own and default is not ... and not isinstance(default, int | float):
            try:
                hash(value)
            except TypeError:
                raise WrongType(
                    f"{self.name}({name}={value!r}): pass what does not change, a tuple for a list: what an indicator "
                    "gives is kept by its parameters."
                ) from None
            return value
        if isinstance(value, bool) or not isinstance(value, int | float | np.integer | np.floating):
            raise WrongType(f"{self.name}({name}={value!r}): pass a number.")
        if not math.isfinite(value):
            raise InputError(f"{self.name}({name}={value!r}): pass a number that is finite.")
        if isinstance(default, float):
            if not float(value) > 0:
                raise InputError(f"{self.name}({name}={value!r}): pass a number above 0.")
            return float(value)
        least = self.least if name == "window" else 1
        if int(value) != value or not least <= value <= MOST:
            raise InputError(f"{self.name}({name}={value!r}): pass a whole number of bars, {least} to {MOST:,}.")
        return int(value)

    def columns(
        self, columns: list[Floats], parameters: Mapping[str, Any], kernel: Kernel | None = None
    ) -> tuple[Floats, ...]:
        """Its columns, of columns of floats and checked parameters."""
        with np.errstate(all="ignore"), computed_with(kernel):
            found = self.function(*columns, **parameters)
        return found if isinstance(found, tuple) else (found,)

    def column(self, columns: list[Floats], parameters: Mapping[str, Any]) -> Floats:
        """What a function of one's own makes of columns of one asset. Raises WrongType for another shape."""
        from rustybt.indicators._own import own_column

        return own_column(self, columns, dict(parameters))

    def check(self, columns: list[Floats], parameters: Mapping[str, Any]) -> None:
        """Raises InputError where a value depends on bars after it, or on bars before its window."""
        from rustybt.indicators._own import check_causal

        check_causal(self, columns, dict(parameters))


def parameters_of(function: Callable[..., Any]) -> dict[str, Any]:
    """The keywords of a function, with their defaults; `...` for those without one."""
    return {
        name: ... if one.default is inspect.Parameter.empty else one.default
        for name, one in inspect.signature(function).parameters.items()
        if one.kind is inspect.Parameter.KEYWORD_ONLY
    }


def built_in(
    name: str,
    *,
    reads: tuple[str, ...] = (FIELD,),
    unit: str | None = None,
    outputs: tuple[str, ...] = (),
    recursive: bool = False,
    least: int = 1,
    warm_up: Callable[..., int],
) -> Callable[[Callable[..., Any]], Indicator]:
    """Makes an indicator of a function of columns, whose keywords are its parameters."""

    def made(function: Callable[..., Any]) -> Indicator:
        return Indicator(
            name,
            function,
            reads=reads,
            parameters=parameters_of(function),
            outputs=outputs,
            unit=unit,
            warm_up=warm_up,
            recursive=recursive,
            least=least,
        )

    return made
