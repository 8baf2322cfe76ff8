"""Contracts: what the assets frame says of them, and how they are found."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import polars as pl
import pytest

from rustybt.catalog import open_version
from rustybt.core import Future, day_of
from rustybt.errors import InputError, SymbolNotFound
from rustybt.ingest import ingest

TODAY = day_of(dt.date(2024, 1, 5))


def contracts(root, daily, **columns):
    about = pl.DataFrame({"symbol": ["CLF24"], "type": ["future"], **columns})
    ingest("b", pl.concat([daily("CLF24"), daily("AAA")]), root=root, assets=about, mode="replace")
    return open_version("b", root=root)


def test_a_contract_has_all_that_was_said_of_it(root, daily):
    version = contracts(
        root,
        daily,
        root_symbol=["CL"],
        multiplier=["1000"],
        tick_size=["0.01"],
        exchange=["NYMEX"],
        notice_date=["2024-01-10"],
        expiration_date=["2024-01-12"],
        auto_close_date=["2024-01-09"],
    )
    found = version.lookup_future("CLF24", TODAY)
    assert isinstance(found, Future)
    assert (found.root_symbol, found.multiplier, found.exchange) == ("CL", Decimal(1000), "NYMEX")
    assert (found.tick_size, found.price_multiplier) == (Decimal("0.01"), Decimal(1000))
    assert (found.notice_date, found.expiration_date) == (dt.date(2024, 1, 10), dt.date(2024, 1, 12))
    assert found.auto_close_date == dt.date(2024, 1, 9)


@pytest.mark.parametrize(
    ("days", "closes"),
    [
        ({"notice_date": ["2024-01-12"], "expiration_date": ["2024-01-10"]}, dt.date(2024, 1, 10)),
        ({"notice_date": ["2024-01-08"], "expiration_date": ["2024-01-10"]}, dt.date(2024, 1, 8)),
        ({"notice_date": ["2024-01-08"]}, dt.date(2024, 1, 8)),
        ({"expiration_date": ["2024-01-10"]}, dt.date(2024, 1, 10)),
        ({}, None),
    ],
)
def test_a_contract_closes_at_first_notice_or_expiration_whichever_is_earlier(root, daily, days, closes):
    assert contracts(root, daily, **days).lookup_future("CLF24", TODAY).auto_close_date == closes


@pytest.mark.parametrize(
    ("symbol", "root_symbol"), [("CLF24", "CL"), ("6EH2024", "6E"), ("ESZ4", "ES"), ("FGBL MAR", "FGBL MAR")]
)
def test_the_root_is_what_stands_before_month_and_year(root, daily, symbol, root_symbol):
    about = pl.DataFrame({"symbol": [symbol], "type": ["future"]})
    ingest("b", daily(symbol), root=root, assets=about)
    version = open_version("b", root=root)
    assert [asset.symbol for asset in version.contracts(root_symbol)] == [symbol]


def test_what_is_not_there_is_named_with_what_is(root, daily):
    version = contracts(root, daily)
    with pytest.raises(SymbolNotFound, match=r"no future 'CLG24'. It has 1 future: CLF24"):
        version.lookup_future("CLG24", TODAY)
    with pytest.raises(SymbolNotFound, match=r"AAA .* is of type 'equity', not a future"):
        version.lookup_future("AAA", TODAY)
    with pytest.raises(SymbolNotFound, match=r"no futures with the root symbol 'NG'. It has CL."):
        version.contracts("NG")
    ingest("shares", daily("AAA"), root=root)
    with pytest.raises(SymbolNotFound, match="no futures at all"):
        open_version("shares", root=root).contracts("CL")
    with pytest.raises(SymbolNotFound, match="no futures at all"):
        open_version("shares", root=root).lookup_future("CLF24", TODAY)


def test_only_futures_have_a_root_or_a_notice(root, daily):
    about = pl.DataFrame({"symbol": ["AAA"], "notice_date": ["2024-01-10"]})
    with pytest.raises(InputError, match="AAA has notice_date, and its type is 'equity'"):
        ingest("b", daily("AAA"), root=root, assets=about)
