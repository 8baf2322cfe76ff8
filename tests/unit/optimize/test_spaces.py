"""Parameters and spaces: which values there are, where each lies, what is refused."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rustybt.errors import InputError
from rustybt.optimize import Choice, Integer, Normal, ParameterSpace, Real
from rustybt.optimize._space import canonical, read_point
from tests._examples import examples

SHARES = st.floats(0, 1, exclude_max=True)


@settings(max_examples=examples(60), deadline=None)
@given(st.integers(-50, 50), st.integers(0, 90), st.integers(1, 7), SHARES)
def test_an_integer_has_the_values_of_its_range(low: int, width: int, step: int, share: float) -> None:
    parameter = Integer(low, low + width, step=step)
    values = list(range(low, low + width + 1, step))
    assert list(parameter.values("x", None)) == values
    assert parameter.count == len(values)
    assert parameter.at(share) == values[int(share * len(values))]
    assert all(parameter.at(parameter.share(value)) == value for value in values)


@settings(max_examples=examples(60), deadline=None)
@given(st.integers(1, 50), st.integers(0, 500), st.integers(1, 7), SHARES)
def test_a_logarithmic_integer_has_them_too(low: int, width: int, step: int, share: float) -> None:
    parameter = Integer(low, low + width, step=step, log=True)
    assert parameter.at(share) in range(low, low + width + 1, step)
    assert all(parameter.at(parameter.share(value)) == value for value in range(low, low + width + 1, step))


@settings(max_examples=examples(60), deadline=None)
@given(st.floats(0.001, 100), st.floats(0.01, 100), st.booleans(), SHARES)
def test_a_real_stays_within_its_range(low: float, width: float, log: bool, share: float) -> None:
    parameter = Real(low, low + width, log=log)
    value = parameter.at(share)
    assert low <= value <= low + width
    assert parameter.share(value) == pytest.approx(share, abs=1e-6)


def test_halves_of_the_range_are_where_they_belong() -> None:
    assert Real(0, 10).at(0.5) == 5
    assert Real(0.01, 1, log=True).at(0.5) == 0.1
    assert Normal(3, 2).at(0.5) == 3
    assert Normal(0, 1).at(0.975) == pytest.approx(1.959963984540054)  # of any table
    assert Real(0, 1, decimals=1).at(0.449) == 0.4


def test_points_come_as_nested_loops_go_and_where_refuses_some() -> None:
    space = ParameterSpace(a=[1, 2], b=range(3, 6), where=lambda p: p["a"] + p["b"] != 5)
    assert [tuple(point.values()) for point in space.points()] == [(1, 3), (1, 5), (2, 4), (2, 5)]
    assert space.size == 6
    assert ParameterSpace(a=[1], b=Real(0, 1)).size is None


def test_a_parameter_that_has_no_meaning_is_left_out() -> None:
    """A distance only where there is a stop: two points without, two with each distance."""
    space = ParameterSpace(stop=["none", "fixed"], distance=Choice([5, 10], when=lambda p: p["stop"] == "fixed"))
    assert list(space.points()) == [
        {"stop": "none"},
        {"stop": "fixed", "distance": 5},
        {"stop": "fixed", "distance": 10},
    ]
    assert space.at([0.0, 0.9]) == {"stop": "none"}
    assert space.at([0.5, 0.9]) == {"stop": "fixed", "distance": 10}


def test_objects_go_by_their_names() -> None:
    space = ParameterSpace(cut=Choice({"deep": max, "shallow": min}))
    (first, _) = space.points()
    assert first == {"cut": "deep"}
    assert space.resolved(first) == {"cut": max}


@settings(max_examples=examples(60), deadline=None)
@given(
    st.dictionaries(
        st.text(max_size=5),
        st.one_of(
            st.integers(), st.floats(allow_nan=False, allow_infinity=False), st.text(), st.booleans(), st.none(),
            st.decimals(allow_nan=False, allow_infinity=False),
        ),
        max_size=5,
    )
)  # fmt: skip
def test_a_point_comes_back_as_it_was_written(point: dict[str, Any]) -> None:
    again = read_point(canonical(point))
    assert again == point
    assert {name: type(value) for name, value in again.items()} == {name: type(one) for name, one in point.items()}
    assert canonical(dict(reversed(list(point.items())))) == canonical(point)


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (ParameterSpace, "no parameter"),
        (lambda: ParameterSpace(days=20), r"params=\{'days'"),
        (lambda: ParameterSpace(days=range(0)), "is empty"),
        (lambda: ParameterSpace(days=[]), "has no value"),
        (lambda: Integer(5, 4), "low <= high"),
        (lambda: Integer(1, 5, step=0), "step from 1"),
        (lambda: Integer(1.5, 5), "whole numbers"),  # type: ignore[arg-type]
        (lambda: Integer(0, 5, log=True), "begins at 1"),
        (lambda: Real(1, 1), "no range"),
        (lambda: Real(0, 1, log=True), "above 0"),
        (lambda: Real(0, float("inf")), "not finite"),
        (lambda: Normal(0, 0), "above 0"),
        (lambda: Choice([object()]), "name what is no text"),
        (lambda: Choice(["a", "a"]), "twice"),
        (lambda: list(ParameterSpace(x=Real(0, 1)).points()), "x is continuous"),
    ],
)
def test_what_is_no_space_is_refused(make: Any, says: str) -> None:
    with pytest.raises(InputError, match=says):
        make()


def test_a_choice_tells_one_from_true_and_from_a_decimal() -> None:
    choice = Choice([1, True, Decimal(1), 1.0, None])
    assert [type(choice.at(place / 5)) for place in range(5)] == [int, bool, Decimal, float, type(None)]
    assert [choice.share(value) for value in (True, 1.0)] == [0.3, 0.7]
