"""Symbols are names that an asset carries for a while: looked up as of a day, by whoever carried them then."""

from __future__ import annotations

import datetime as dt

import polars as pl
import pytest

from rustybt.catalog import open_version
from rustybt.core import day_of
from rustybt.errors import MultipleSymbolsFound, SymbolNotFound
from rustybt.ingest import ingest

DAYS = [dt.date(2024, 1, day) for day in range(1, 11)]


def named(root, rows, **more):
    """rows: asset key, symbol, first and last day of the month."""
    frame = pl.DataFrame(
        [
            (key, symbol, DAYS[day - 1], "10", "10", "10", "10", "100")
            for key, symbol, first, last in rows
            for day in range(first, last + 1)
        ],
        schema=["asset_key", "symbol", "date", "open", "high", "low", "close", "volume"],
        orient="row",
    )
    ingest("b", frame, calendar="24/7", root=root, **more)
    return open_version("b", root=root)


def key_on(version, symbol, day):
    found = version.lookup_symbol(symbol, day_of(DAYS[day - 1]))
    assert found.symbol == symbol
    return found.key


def test_an_asset_is_found_by_each_of_its_names_and_one_name_on_each_day_by_its_owner(root):
    # META was FB until the 4th; another one took FB on the 7th
    version = named(root, [("meta", "FB", 1, 4), ("meta", "META", 5, 10), ("fund", "FB", 7, 10)])
    assert [key_on(version, "FB", day) for day in (1, 4, 5, 6, 7, 10)] == ["meta"] * 4 + ["fund"] * 2
    with pytest.raises(SymbolNotFound, match=r"called 'META' on 2024-01-01, .* from 2024-01-05 on"):
        version.lookup_symbol("META", day_of(DAYS[0]))
    assert len(version.assets()) == 2
    sid = version.lookup_symbol("META", day_of(DAYS[4])).sid
    assert len(version.load([sid], "1d", 0, 2**62)[sid]) == 10


def test_a_name_that_two_carry_on_one_day_names_both(root):
    version = named(root, [("XETRA:SAP", "SAP", 1, 6), ("NYSE:SAP", "SAP", 4, 10)])
    assert key_on(version, "SAP", 2) == "XETRA:SAP"
    with pytest.raises(MultipleSymbolsFound, match=r"2 assets .* on 2024-01-05: XETRA:SAP .*, NYSE:SAP"):
        version.lookup_symbol("SAP", day_of(DAYS[4]))
    assert key_on(version, "SAP", 9) == "NYSE:SAP"


def test_a_country_tells_them_apart(root):
    about = pl.DataFrame({"symbol": ["SAP"] * 2, "asset_key": ["XETRA:SAP", "NYSE:SAP"], "country": ["DE", "US"]})
    version = named(root, [("XETRA:SAP", "SAP", 1, 6), ("NYSE:SAP", "SAP", 4, 10)], assets=about)
    day = day_of(DAYS[4])
    assert version.lookup_symbol("SAP", day, country="de").key == "XETRA:SAP"
    assert version.lookup_symbol("SAP", day, country="US").key == "NYSE:SAP"
    with pytest.raises(SymbolNotFound):
        version.lookup_symbol("SAP", day, country="FR")
