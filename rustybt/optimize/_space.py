"""What a search may choose: parameters by name, the values of each, and what must hold among them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

from rustybt.errors import InputError
from rustybt.optimize._parameters import Choice, Integer, Parameter

type Params = dict[str, Any]

_LISTED: Final = 5


class ParameterSpace:
    """Parameters of a strategy and the values that each may have.

    parameters: by name, an `Integer`, `Real`, `Normal` or `Choice`; a range is an Integer with its step, any other list
    or tuple a Choice. Names that are no Python names, or `where`, go into the mapping before them.
    where: a function of a mapping of all parameters: whether they may stand together. It is asked where the search
    runs, never in another process.
    Raises InputError for an empty space and for values that a parameter can't have.

    >>> from rustybt.optimize import Integer, ParameterSpace, Real
    >>> space = ParameterSpace(
    ...     fast=Integer(5, 60), slow=range(20, 300, 5), stop=Real(0.01, 0.2, log=True), exit=["close", "stop"],
    ...     where=lambda p: p["fast"] < p["slow"],
    ... )
    >>> space.names
    ('fast', 'slow', 'stop', 'exit')
    >>> space.at([0.5, 0.5, 0.5, 0.0])
    {'fast': 33, 'slow': 160, 'stop': 0.044721359549996, 'exit': 'close'}
    >>> space.at([0.9, 0.0, 0.5, 0.0]) is None  # fast would be above slow
    True
    """

    def __init__(
        self,
        mapping: Mapping[str, Any] | None = None,
        /,
        *,
        where: Callable[[Params], Any] | None = None,
        **parameters: Any,
    ) -> None:
        given = {**(mapping or {}), **parameters}
        if not given:
            raise InputError("The space has no parameter: name one, like ParameterSpace(days=range(20, 200, 20)).")
        self.parameters: dict[str, Parameter] = {name: parameter_of(name, value) for name, value in given.items()}
        self.where = where

    @property
    def names(self) -> tuple[str, ...]:
        """The names, in their order."""
        return tuple(self.parameters)

    @property
    def size(self) -> int | None:
        """How many points the lattice has, those that `where` refuses among them; None where a value is continuous."""
        product = 1
        for parameter in self.parameters.values():
            if parameter.count is None:
                return None
            product *= parameter.count
        return product

    def __repr__(self) -> str:
        inner = ", ".join(f"{name}={parameter!r}" for name, parameter in self.parameters.items())
        return f"ParameterSpace({inner}{', where=...' if self.where else ''})"

    def at(self, shares: Sequence[float]) -> Params | None:
        """The point at a share of each parameter's range, from 0 up to 1; None where `where` refuses it.

        A parameter whose `when` does not hold is left out.
        """
        point: Params = {}
        for (name, parameter), share in zip(self.parameters.items(), shares, strict=True):
            if parameter.when is None or parameter.when(dict(point)):
                point[name] = parameter.at(share)
        return point if self.allows(point) else None

    def allows(self, point: Params) -> bool:
        """Whether `where` lets a point be."""
        return self.where is None or bool(self.where(dict(point)))

    def has(self, point: Any) -> bool:
        """Whether a point is of the space: names and values that there are, and `where` lets it be."""
        if not isinstance(point, dict) or not point.keys() <= self.parameters.keys():
            return False
        for name, parameter in self.parameters.items():
            there = parameter.when is None or bool(parameter.when(dict(point)))
            if there is not (name in point) or (there and not parameter.has(point[name])):
                return False
        return self.allows(point)

    def points(self, continuous: int | None = None) -> Iterator[Params]:
        """Every point of the lattice that `where` allows: the last parameter moves first, as in nested loops.

        continuous: how many values of a parameter that is continuous count, at equal distances.
        Raises InputError where one is continuous and no number was given.
        """
        return self._points(list(self.parameters.items()), {}, continuous, set())

    def _points(
        self, left: list[tuple[str, Parameter]], point: Params, continuous: int | None, seen: set[str]
    ) -> Iterator[Params]:
        if not left:
            if self.allows(point) and (text := canonical(point)) not in seen:
                seen.add(text)
                yield dict(point)
            return
        (name, parameter), *others = left
        if parameter.when is not None and not parameter.when(dict(point)):
            yield from self._points(others, point, continuous, seen)
            return
        for value in parameter.values(name, continuous):
            yield from self._points(others, {**point, name: value}, continuous, seen)

    def shares(self, point: Params) -> list[float]:
        """Where a point lies, from 0 to 1 in each parameter; 0 for one that it leaves out."""
        return [parameter.share(point[name]) if name in point else 0.0 for name, parameter in self.parameters.items()]

    def resolved(self, point: Params) -> Params:
        """What a strategy is given: names of a Choice of objects are the objects."""
        return {name: self.parameters[name].resolved(value) for name, value in point.items()}

    def described(self) -> dict[str, Any]:
        """The space as data, for a record: functions only by whether they are there."""
        return {
            "parameters": {
                name: parameter.described() | ({"when": True} if parameter.when else {})
                for name, parameter in self.parameters.items()
            },
            "where": self.where is not None,
        }

    @property
    def digest(self) -> str:
        """A hash of `described`."""
        return hashlib.sha256(json.dumps(self.described(), sort_keys=True).encode()).hexdigest()


def parameter_of(name: str, given: Any) -> Parameter:
    """A parameter from what stands for one. Raises InputError naming it."""
    if isinstance(given, Parameter):
        return given
    if isinstance(given, range):
        if not given:
            raise InputError(f"{name}={given!r} is empty: give a range with values.")
        low, high = min(given), max(given)
        return Integer(low, high, step=abs(given.step) if low < high else 1)
    if isinstance(given, list | tuple):
        return Choice(given)
    raise InputError(
        f"{name}={given!r} is no range of values: give an Integer, Real, Normal or Choice, a range or a list. What "
        f"does not change goes into params={{{name!r}: ...}}."
    )


def canonical(point: Params) -> str:
    """A point as one text: equal for equal points, whatever the order of their names."""
    return json.dumps(point, sort_keys=True, default=_exact, separators=(",", ":"))


def _exact(value: Any) -> Any:
    if isinstance(value, Decimal):
        return {"Decimal": str(value)}
    raise TypeError(f"{value!r} has no text")


def read_point(text: str) -> Params:
    """The point that `canonical` wrote."""
    point: Params = json.loads(text)
    return {name: Decimal(one["Decimal"]) if isinstance(one, dict) else one for name, one in point.items()}


def shown(point: Params) -> str:
    """A point as people read it.

    >>> shown({"fast": 5, "exit": "close"})
    'fast=5 exit=close'
    """
    return " ".join(f"{name}={value}" for name, value in point.items())
