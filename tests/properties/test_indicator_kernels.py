"""Both kernels compute each indicator to the same bits, of whatever floats; a run computes with its own."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

import rustybt
from rustybt import indicators
from rustybt._kernels import PYTHON, Kernel, kernel_named, twins
from rustybt.api import symbol, term
from rustybt.indicators import Indicator
from tests._examples import examples

ALL = [one for name in indicators.__all__ if isinstance(one := getattr(indicators, name), Indicator)]
HARD = [0.0, -0.0, np.nan, np.inf, -np.inf, 5e-324, -5e-324, 1e-300, 1.7e308, -1.7e308, 0.1, 1 / 3, 1e16, 1e16 + 2, 1.0]

needs_native = pytest.mark.skipif("rust" not in twins(), reason="there is no native kernel here")


def bits(values: npt.NDArray[np.float64]) -> bytes:
    """Which NaN it is says nothing."""
    return np.where(np.isnan(values), np.nan, values).tobytes()


def tables(shape: tuple[int, int]) -> Any:
    """Prices as they are, and what is hard for floats: both zeros, infinities, what overflows, what vanishes."""
    any_price = st.floats(allow_nan=True, allow_infinity=True)
    return arrays(np.float64, shape, elements=st.one_of(st.sampled_from(HARD), st.floats(1, 2), any_price))


@needs_native
@pytest.mark.parametrize("kind", ALL, ids=[one.name for one in ALL])
@given(data=st.data())
@settings(max_examples=examples(8), deadline=None)
def test_both_kernels_give_the_same_bits(kind: Indicator, data: st.DataObject) -> None:
    # nine columns and more are worked on in groups of eight
    shape = data.draw(st.tuples(st.integers(1, 40), st.sampled_from([1, 2, 9, 17])))
    columns = [data.draw(tables(shape)) for _ in kind.reads]
    if "session" in kind.reads:
        columns[-1] = np.repeat(np.arange(shape[0])[:, None] // 7, shape[1], axis=1).astype(np.float64)
    whole = {name: data.draw(st.integers(kind.least, 45)) for name, value in kind.parameters.items() if value is ...}
    for name, value in kind.parameters.items():
        if isinstance(value, int) and not isinstance(value, bool):
            whole[name] = data.draw(st.integers(kind.least if name == "window" else 1, 45))
    given_ = kind.checked(whole)
    pure = kind.columns(columns, given_, PYTHON)
    native = kind.columns(columns, given_, kernel_named("rust"))
    for one, other in zip(pure, native, strict=True):
        assert bits(one) == bits(other), given_


@pytest.mark.parametrize("name", list(twins()))
def test_a_run_computes_with_its_own_kernel(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    used: list[str | None] = []
    columns = Indicator.columns

    def watched(self: Indicator, given_: Any, parameters: Any, kernel: Kernel | None = None) -> Any:
        used.append(None if kernel is None else kernel.name)
        return columns(self, given_, parameters, kernel)

    monkeypatch.setattr(Indicator, "columns", watched)

    def initialize(context: Any) -> None:
        context.average = term(indicators.EMA, symbol("AAPL"), window=3)

    def handle_data(context: Any, data: Any) -> None:
        context.record(average=context.average.now)

    rustybt.run_algorithm("2010-01-04", "2010-01-06", initialize, handle_data=handle_data, kernel=name, progress=False)  # type: ignore[arg-type]
    assert used == [name]
