"""Lists of assets and of fields in other forms: a Series of Polars or pandas, an array, a tuple."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest

from rustybt.api import order_target_percents
from rustybt.errors import InputError, UnsupportedOrderParameters
from tests.unit._small import ingest, run, seen

FORMS: dict[str, Callable[[list[Any]], Any]] = {
    "polars": lambda items: pl.Series("x", items, dtype=pl.String if isinstance(items[0], str) else pl.Object),
    "pandas": pd.Series,
    "index": pd.Index,
    "array": lambda items: np.array(items, dtype=object),
    "tuple": tuple,
}


@pytest.fixture(autouse=True)
def _bundle() -> None:
    ingest({"A": [10, 11, 12, 13, 14], "B": [20, 21, 22, 23, 24]})


@pytest.mark.parametrize("form", FORMS)
def test_data_takes_any_sequence_of_assets_and_of_fields(form: str) -> None:
    def look(context: Any, data: Any) -> None:
        both, fields = context.symbols("A", "B"), ["open", "close"]
        assets, names = FORMS[form](both), FORMS[form](fields)
        for asked in ("price", "close"):
            assert data.current(assets, asked) == data.current(both, asked)
            assert data.history(assets, asked, 2, "1d").equals(data.history(both, asked, 2, "1d"))
        for one, other in ((both[0], both[0]), (assets, both)):
            for again in range(2):
                found, wanted = data.current(one, names), data.current(other, fields)
                assert (found.rows() if again and not isinstance(found, dict) else str(found)) == (
                    wanted.rows() if again and not isinstance(wanted, dict) else str(wanted)
                )
            assert data.history(one, names, 2, "1d").equals(data.history(other, fields, 2, "1d"))
        assert data.can_trade(assets) == data.can_trade(both)
        assert data.is_stale(assets) == data.is_stale(both)
        looked.append(form)

    looked: list[str] = []
    run({2: look})
    assert looked == [form]


@pytest.mark.parametrize("form", FORMS)
def test_orders_are_for_one_asset_and_say_so(form: str) -> None:
    def on_bar(context: Any, data: Any) -> Any:
        assets = FORMS[form](context.symbols("A", "B"))
        for function in (context.order, context.order_value, context.order_percent, context.order_target,
                         context.order_target_value, context.order_target_percent):  # fmt: skip
            with pytest.raises(UnsupportedOrderParameters, match="is not an asset"):
                function(assets, 1)
        with pytest.raises(InputError, match="units by asset"):
            context.batch_market_order(assets) if form != "pandas" else context.batch_market_order([1])
        with pytest.raises(InputError, match="pass an asset"):
            context.get_open_orders(assets)
        return len(order_target_percents(zip(assets, [0.1, 0.2], strict=True)))

    assert seen(on_bar, bar=0) == 2


def test_a_series_that_polars_can_not_make_of_assets_is_explained() -> None:
    def on_bar(context: Any, data: Any) -> None:
        pl.Series("assets", context.symbols("A", "B"))

    with pytest.raises(TypeError) as caught:
        run(on_bar)
    assert any("dtype=pl.Object" in note for note in caught.value.__notes__)
