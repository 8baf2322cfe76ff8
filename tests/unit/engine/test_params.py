"""Parameters of `initialize` that it does not take are told with those that it takes."""

from __future__ import annotations

from typing import Any

import pytest

from rustybt import Strategy, run_algorithm
from rustybt.errors import InputError, RustyBTError
from tests.unit._small import DAYS, ingest

FROM = {"start": DAYS[0], "end": DAYS[1], "bundle": "small"}


@pytest.fixture(autouse=True)
def _bars() -> None:
    ingest({"A": [10, 11]})


def initialize(context: Any, days: int = 20, *, symbol: str = "AAPL") -> None:
    context.given = days, symbol


def needing(context: Any, days: int) -> None:
    raise AssertionError("it was called")


class Own(Strategy):
    def initialize(self, context: Any, window: int = 3) -> None:
        pass


@pytest.mark.parametrize(
    ("run", "told"),
    [
        (
            {"initialize": initialize, "params": {"dayz": 5}},
            (
                "params: got an unexpected keyword argument 'dayz'. initialize takes days=20, symbol='AAPL'. "
                "Did you mean days by dayz?"
            ),
        ),
        ({"initialize": needing}, "params: missing a required argument: 'days'. initialize takes days."),
        (
            {"initialize": lambda context: None, "params": {"n": 1}},
            "params: got an unexpected keyword argument 'n'. initialize takes no parameters.",
        ),
        (
            {"strategy": Own, "params": {"widow": 1}},
            (
                "params: got an unexpected keyword argument 'widow'. initialize takes window=3. "
                "Did you mean window by widow?"
            ),
        ),
    ],
)
def test_what_initialize_does_not_take_is_told_with_what_it_takes(run: dict[str, Any], told: str) -> None:
    with pytest.raises(TypeError) as caught:
        run_algorithm(**FROM, **run)
    assert isinstance(caught.value, InputError)
    assert str(caught.value) == told
    assert caught.value.__suppress_context__


def test_what_it_takes_goes_to_it() -> None:
    found = []
    run_algorithm(
        **FROM,
        initialize=initialize,
        handle_data=lambda context, data: found.append(context.given),
        params={"symbol": "A"},
    )
    assert found[0] == (20, "A")


def test_a_type_error_of_initialize_stays_its_own() -> None:
    def wrong(context: Any, n: int = 1) -> None:
        initialize(context, 1, 2, 3)  # type: ignore[misc, call-arg]

    with pytest.raises(TypeError, match="takes from 1 to 2 positional arguments") as caught:
        run_algorithm(**FROM, initialize=wrong)
    assert not isinstance(caught.value, RustyBTError)
