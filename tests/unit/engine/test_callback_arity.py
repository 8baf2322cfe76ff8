"""A callback that can't be called with what it is given is refused before the first bar, with what it takes."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest

import rustybt
from rustybt.errors import WrongType
from tests.unit._small import ingest

WRONG = {
    "handle_data": (lambda context: None, "context and data, and takes context. Write it as handle_data"),
    "before_trading_start": (lambda context, data, more: None, "takes context, data, more"),
    "analyze": (lambda: None, "context and results, and takes nothing"),
    "on_order": (lambda event: None, "context and event, and takes event. Write it as on_order"),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_callback_with_other_arguments_is_refused_at_the_start(name: str) -> None:
    function, said = WRONG[name]
    ingest({"A": ["8"] * 5})
    called: list[Any] = []
    given: dict[str, Any] = {"handle_data": lambda context, data: called.append(data), name: function}
    with pytest.raises(WrongType, match=f"{name}: .*{said}"):
        rustybt.run_algorithm(bundle="small", progress=False, **given)
    assert not called


def test_whatever_can_be_called_with_them_is_taken() -> None:
    ingest({"A": ["8"] * 5})

    class Called:
        def __call__(self, *given: Any, more: int = 0) -> None: ...

        def method(self, context: Any, event: Any) -> None: ...

    for function in (Called(), Called().method, partial(lambda one, context, data: None, 1), print, max):
        given: dict[str, Any] = {"handle_data": lambda context, data: None, "on_order": function}
        rustybt.run_algorithm(bundle="small", progress=False, **given)
