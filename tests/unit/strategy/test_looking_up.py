"""Looking assets up in a strategy."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest

from rustybt import api
from rustybt.errors import SymbolNotFound
from tests.unit._small import ingest, run, seen


def futures() -> None:
    about = pl.DataFrame({"symbol": ["CLF24"], "type": ["future"], "country": ["US"]})
    ingest({"CLF24": ["70"] * 5, "AAA": ["1"] * 5}, assets=about)


def test_a_contract_is_found_by_its_symbol_in_either_case() -> None:
    futures()
    found = seen(lambda context, data: (api.future_symbol("clf24"), context.future_symbol("CLF24")))
    assert found[0] is found[1]
    assert (found[0].root_symbol, found[0].kind) == ("CL", "future")


def test_what_is_no_contract_is_refused() -> None:
    futures()
    for symbol, said in (("AAA", "not a future"), ("CLG24", "CLF24")):

        def look(context: Any, data: Any, symbol: str = symbol) -> None:
            context.future_symbol(symbol)

        with pytest.raises(SymbolNotFound, match=said):
            run(look)


def test_a_country_narrows_the_look_up() -> None:
    futures()
    assert seen(lambda context, data: api.symbol("CLF24", country_code="us").key) == "24/7:CLF24"
    with pytest.raises(SymbolNotFound):
        run(lambda context, data: context.symbol("AAA", country_code="US"))
