"""Alpaca's market data API v2 on a local socket, replies shaped as its documents show them."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import ClassVar

import pytest

from rustybt.errors import InputError, SourceError, SourceMalformed, SourceRefused
from rustybt.sources import Alpaca
from rustybt.testing import SourceContract
from tests.unit.sources._server import Reply
from tests.unit.sources.conftest import LIVE

KEYS = ("PKTEST0123456789", "secret-of-alpaca-0123456789")
DAYS = ["2024-01-02", "2024-01-03", "2024-01-04", "2024-01-05"]
KNOWN = {"AAPL": "163.02", "TSLA": "815.7075"}


def bar(symbol: str, stamp: str) -> str:
    price = KNOWN[symbol]
    return f'{{"t":"{stamp}","o":{price},"h":{price},"l":{price},"c":{price},"v":90552883,"n":743379,"vw":164.274348}}'


def serve(vendor):
    def bars(asked):
        symbol, first, last = asked.query["symbols"], asked.query["start"], asked.query["end"]
        if symbol not in KNOWN:
            return Reply({"message": f"invalid symbol: {symbol}"}, 400)
        assert asked.query["adjustment"] == "raw"
        stamps = [f"{day}T05:00:00Z" for day in DAYS]
        if asked.query["timeframe"] == "15Min":
            stamps = ["2024-01-02T14:15:00Z", "2024-01-02T14:30:00Z", "2024-01-02T14:45:00Z"]
        stamps = [stamp for stamp in stamps if first <= stamp <= last]
        at = int(asked.query.get("page_token", "page-0").removeprefix("page-"))
        rows = ",".join(bar(symbol, stamp) for stamp in stamps[at : at + 2])
        token = f'"page-{at + 2}"' if at + 2 < len(stamps) else "null"
        return Reply(f'{{"bars":{{"{symbol}":[{rows}]}},"next_page_token":{token}}}')

    def actions(asked):
        if asked.query["symbols"] != "AAPL":
            return Reply({"corporate_actions": {}, "next_page_token": None})
        if "page_token" not in asked.query:
            split = {
                "symbol": "AAPL",
                "ex_date": "2024-01-04",
                "new_rate": 4,
                "old_rate": 1,
                "process_date": "2024-01-04",
            }
            return Reply({"corporate_actions": {"forward_splits": [split]}, "next_page_token": "more"})
        dividends = [
            {"symbol": "AAPL", "ex_date": "2024-01-03", "rate": 0.24, "payable_date": "2024-01-19", "special": False},
            {"symbol": "AAPL", "ex_date": "2024-02-09", "rate": 0.24, "payable_date": "2024-02-15"},
        ]
        reverse = {"symbol": "AAPL", "ex_date": "2024-01-05", "new_rate": 1, "old_rate": 10}
        found = {"cash_dividends": dividends, "reverse_splits": [reverse]}
        return Reply({"corporate_actions": found, "next_page_token": None})

    vendor.routes |= {"/v2/stocks/bars": bars, "/v1/corporate-actions": actions}


@pytest.fixture
def source(vendor, pace):
    serve(vendor)
    return Alpaca(*KEYS, base_url=vendor.url, pace=pace)


class TestContract(SourceContract):
    symbols: ClassVar = ("AAPL", "TSLA")
    start, end = "2024-01-02", "2024-01-05"
    secrets: ClassVar = () if LIVE else KEYS

    @pytest.fixture(autouse=True)
    def _vendor(self, vendor, pace):
        serve(vendor)
        self._made = (vendor, pace)

    def make(self):
        vendor, pace = self._made
        return Alpaca() if LIVE else Alpaca(*KEYS, base_url=vendor.url, pace=pace)


def test_bars_and_actions_of_all_pages(source, vendor):
    fetched = source.fetch(["AAPL"], "2024-01-02", "2024-01-05")
    assert fetched.bars["date"].to_list() == [dt.date.fromisoformat(day) for day in DAYS]
    assert fetched.bars["close"][0] == Decimal("163.02")
    assert fetched.splits.rows() == [("AAPL", "2024-01-04", "1/4"), ("AAPL", "2024-01-05", "10/1")]
    assert fetched.dividends.rows() == [("AAPL", "2024-01-03", "0.24", "USD", "2024-01-19")]
    asked = [a for a in vendor.asked if a.path == "/v1/corporate-actions"]
    # what goes ex in the range is processed, and filtered, when it is paid
    assert asked[0].query["end"] == "2024-07-23"


def test_keys_go_into_headers_only(source, vendor):
    source.fetch(["AAPL"], "2024-01-02", "2024-01-05")
    assert {(a.headers["apca-api-key-id"], a.headers["apca-api-secret-key"]) for a in vendor.asked} == {KEYS}
    assert not [a for a in vendor.asked if KEYS[1] in str(a.query)]


def test_quarter_hours(source):
    fetched = source.fetch(["AAPL"], "2024-01-02", "2024-01-02", "15m")
    assert fetched.bars["timestamp"].dt.strftime("%H:%M").to_list() == ["14:15", "14:30", "14:45"]
    assert fetched.extended_hours


def test_moments_with_a_zone_limit_the_range(source):
    fetched = source.fetch(["AAPL"], "2024-01-02T14:30:00Z", "2024-01-02T14:45:00Z", "15m")
    assert fetched.bars["timestamp"].dt.strftime("%H:%M").to_list() == ["14:30"]
    with pytest.raises(InputError, match="no time zone"):
        source.fetch(["AAPL"], dt.datetime(2024, 1, 2, 14, 30), "2024-01-03", "15m")


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        (Reply({"message": "forbidden."}, 403), SourceRefused),
        (Reply({"message": "subscription does not permit querying recent SIP data"}, 403), SourceRefused),
        (Reply({"message": "invalid timeframe"}, 422), SourceError),
        (Reply({"next_page_token": None}), SourceMalformed),
        (Reply({"bars": ["AAPL"], "next_page_token": None}), SourceMalformed),
        (Reply({"bars": {"AAPL": [{"t": "yesterday", "o": 1}]}, "next_page_token": None}), SourceMalformed),
        (Reply({"bars": {"AAPL": [{"t": 5}]}, "next_page_token": None}), SourceMalformed),
    ],
)
def test_errors_and_odd_replies(source, vendor, reply, error):
    vendor.trouble = [reply]
    with pytest.raises(error) as caught:
        source.fetch(["AAPL"], "2024-01-02", "2024-01-05")
    assert len(vendor.asked) == 1
    assert not any(key in str(caught.value) for key in KEYS)


def test_an_empty_page_before_the_last_is_passed_over(source, vendor):
    vendor.trouble = [Reply({"bars": None, "next_page_token": "page-0"})]
    assert source.fetch(["AAPL"], "2024-01-02", "2024-01-05").bars.height == 4


def test_crypto_has_other_addresses(vendor, pace):
    vendor.routes["/v1beta3/crypto/us/bars"] = lambda asked: Reply(
        '{"bars":{"BTC/USD":[{"t":"2024-01-02T00:00:00Z","o":1.5,"h":2.25,"l":1,"c":2,"v":0.00012345}]},'
        '"next_page_token":null}'
    )
    source = Alpaca(*KEYS, market="crypto", base_url=vendor.url, pace=pace)
    fetched = source.fetch(["BTC-USD"], "2024-01-02", "2024-01-02")
    assert fetched.bars["volume"][0] == Decimal("0.00012345")
    assert (fetched.calendar, fetched.splits) == ("24/7", None)
    assert fetched.assets.select("symbol", "type", "currency").rows() == [("BTC-USD", "crypto", "USD")]
    assert len(vendor.asked) == 1
    with pytest.raises(InputError, match="stocks, crypto"):
        Alpaca(market="options")
