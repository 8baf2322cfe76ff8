"""Polygon, now Massive, on a local socket that answers as its documents say."""

from __future__ import annotations

import datetime as dt
import gzip
import json
from decimal import Decimal
from typing import ClassVar

import pytest

from rustybt.catalog import open_version
from rustybt.errors import (
    InputError,
    SourceError,
    SourceMalformed,
    SourceRateLimited,
    SourceRefused,
    SourceUnavailable,
    SourceUnknownSymbol,
)
from rustybt.ingest import ingest
from rustybt.sources import Pace, Polygon
from rustybt.testing import SourceContract
from tests.unit.sources._server import Reply
from tests.unit.sources.conftest import LIVE

KEY = "massive-key-0123456789"
NEW_YORK = dt.timezone(dt.timedelta(hours=-5))
DAYS = [dt.date(2024, 1, d) for d in (2, 3, 4, 5, 8, 9)]
BASE = {"AAPL": "185", "SPY": "472"}


def ms(day: dt.date, hour: int = 0, minute: int = 0) -> int:
    return int(dt.datetime(day.year, day.month, day.day, hour, minute, tzinfo=NEW_YORK).timestamp() * 1000)


def bar(symbol: str, day: dt.date, stamp: int) -> str:
    """A bar as text: floats in JSON, whose digits must arrive as they stand."""
    base = BASE[symbol]
    return (
        f'{{"v": 82488700.0, "vw": {base}.5, "o": {base}.15, "c": {base}.64{day.day}, '
        f'"h": {base}.88, "l": {base}.0, "t": {stamp}, "n": 1008871}}'
    )


class Massive:
    """Pages of two bars, the second page beginning with the bar that the first ended with."""

    def __init__(self, vendor):
        self.vendor = vendor
        vendor.routes |= {"/v2/aggs/ticker/": self.bars, "/stocks/v1/": self.actions}

    def bars(self, asked):
        parts = asked.path.split("/")
        symbol, span, first, last = parts[4], parts[7], parts[8], parts[9]
        if symbol not in BASE:
            return Reply({"status": "OK", "resultsCount": 0, "queryCount": 0})
        assert asked.query["adjusted"] == "false"
        if span == "minute":
            stamps = [ms(DAYS[0], 9, 0), ms(DAYS[0], 9, 30), ms(DAYS[0], 9, 31), ms(DAYS[0], 16, 5)]
            rows = [bar(symbol, DAYS[0], stamp) for stamp in stamps if int(first) <= stamp <= int(last)]
            return Reply(f'{{"status": "OK", "results": [{",".join(rows)}]}}')
        days = [day for day in DAYS if first <= str(day) <= last]
        at = int(asked.query.get("cursor", 0))
        rows = [bar(symbol, day, ms(day)) for day in days[at : at + 3]]
        following = ""
        if at + 3 < len(days):
            more = f"{self.vendor.url}{asked.path}?adjusted=false&cursor={at + 2}"
            following = f', "next_url": "{more}"'
        return Reply(f'{{"status": "DELAYED", "ticker": "{symbol}", "results": [{",".join(rows)}]{following}}}')

    def actions(self, asked):
        if asked.path.endswith("splits") and asked.query["ticker"] == "AAPL":
            split = {"adjustment_type": "forward_split", "execution_date": "2024-01-04", "split_from": 1, "split_to": 4}
            return Reply({"status": "OK", "results": [split], "next_url": None})
        if asked.path.endswith("dividends") and asked.query["ticker"] == "SPY":
            told = {"ex_dividend_date": "2024-01-05", "pay_date": "2024-02-01", "record_date": "2024-01-08"}
            return Reply(
                '{"status": "OK", "results": [{"cash_amount": 1.90656, "currency": "USD", "declaration_date": null, '
                + json.dumps(told)[1:]
                + "]}"
            )
        return Reply({"status": "OK", "results": []})


@pytest.fixture
def massive(vendor):
    return Massive(vendor)


@pytest.fixture
def source(massive, vendor, pace):
    return Polygon(KEY, base_url=vendor.url, pace=pace)


class TestContract(SourceContract):
    symbols: ClassVar = ("AAPL", "SPY")
    start, end = "2024-01-02", "2024-01-08"
    secrets: ClassVar = () if LIVE else (KEY,)

    @pytest.fixture(autouse=True)
    def _vendor(self, vendor, pace):
        self._made = (vendor, pace)
        Massive(vendor)

    def make(self):
        vendor, pace = self._made
        return Polygon() if LIVE else Polygon(KEY, base_url=vendor.url, pace=pace)


class TestContractOfMinutes(TestContract):
    frequency = "1m"
    end = "2024-01-02"


def test_digits_arrive_as_the_vendor_wrote_them(source):
    fetched = source.fetch(["AAPL"], "2024-01-02", "2024-01-03")
    assert fetched.bars.rows()[0] == (
        "AAPL", dt.date(2024, 1, 2), Decimal("185.15"), Decimal("185.88"), Decimal("185.0"), Decimal("185.642"),
        Decimal(82488700),
    )  # fmt: skip


def test_pages_that_overlap_are_joined_once(source, vendor):
    fetched = source.fetch(["AAPL"], "2024-01-02", "2024-01-09")
    assert fetched.bars["date"].to_list() == DAYS
    assert fetched.notes == ()
    assert len([path for path in vendor.paths() if "/v2/aggs/" in path]) == 3


def test_a_bar_that_comes_twice_with_other_numbers_is_noted(source, vendor, massive):
    plain = massive.bars
    vendor.routes["/v2/aggs/ticker/"] = lambda asked: Reply(
        str(plain(asked).body).replace("185.644", "185.999") if "cursor" in asked.query else str(plain(asked).body)
    )
    fetched = source.fetch(["AAPL"], "2024-01-02", "2024-01-09")
    assert fetched.bars["close"][2] == Decimal("185.999")
    assert "1 bars came twice" in fetched.notes[0]


def test_splits_and_dividends_come_along_and_are_stored(source, root):
    fetched = source.fetch(["AAPL", "SPY"], "2024-01-02", "2024-01-09")
    assert fetched.splits.rows() == [("AAPL", "2024-01-04", "1/4")]
    assert fetched.dividends.to_dicts() == [
        {
            "symbol": "SPY",
            "ex_date": "2024-01-05",
            "amount": "1.90656",
            "currency": "USD",
            "pay_date": "2024-02-01",
            "record_date": "2024-01-08",
        }
    ]
    report = ingest("us", fetched, root=root)
    assert report.rows == 12
    version = open_version("us", root=root)
    assert (version.splits([0])[0].numerator, version.splits([0])[0].denominator) == (1, 4)
    assert version.provenance["source"] == "polygon"


def test_minutes_are_stamped_with_their_start_and_extended_hours_stay_out_of_the_bundle(source, root):
    fetched = source.fetch(["AAPL"], "2024-01-02", "2024-01-02", "1m")
    assert fetched.bars["timestamp"].dt.strftime("%H:%M").to_list() == ["14:00", "14:30", "14:31", "21:05"]
    report = ingest("us", fetched, root=root)
    assert (report.rows, report.findings) == (2, ())
    stamps = open_version("us", root=root).load([0], "1m", 0, 2**62)[0].stamps
    assert [stamp // 60_000_000_000 % 1440 for stamp in stamps] == [14 * 60 + 31, 14 * 60 + 32]


def test_the_key_goes_into_the_header_only(source, vendor):
    source.fetch(["AAPL"], "2024-01-02", "2024-01-03")
    assert {asked.headers["authorization"] for asked in vendor.asked} == {f"Bearer {KEY}"}
    assert not [asked for asked in vendor.asked if KEY in asked.path or KEY in str(asked.query)]


def test_a_missing_key_is_told_before_anything_is_asked(vendor, massive):
    with pytest.raises(SourceRefused, match="MASSIVE_API_KEY or POLYGON_API_KEY"):
        Polygon(base_url=vendor.url).fetch(["AAPL"], "2024-01-02")
    assert vendor.asked == []


def test_the_key_comes_from_the_environment_else_from_the_file(vendor, massive, pace, monkeypatch, tmp_path):
    (tmp_path / "sources.toml").write_text('[polygon]\napi_key = "from the file"\n')
    Polygon(base_url=vendor.url, pace=pace).fetch(["AAPL"], "2024-01-02", "2024-01-02")
    assert vendor.asked[-1].headers["authorization"] == "Bearer from the file"
    monkeypatch.setenv("POLYGON_API_KEY", "from the environment")
    Polygon(base_url=vendor.url, pace=pace).fetch(["AAPL"], "2024-01-02", "2024-01-02")
    assert vendor.asked[-1].headers["authorization"] == "Bearer from the environment"


def test_a_file_of_keys_that_is_broken_is_told_without_its_content(vendor, tmp_path):
    (tmp_path / "sources.toml").write_text("[polygon]\napi_key = hunter2\n")
    with pytest.raises(InputError) as caught:
        Polygon(base_url=vendor.url).fetch(["AAPL"], "2024-01-02")
    assert "hunter2" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_after_429_it_waits_as_long_as_the_vendor_wants(source, vendor, clock):
    vendor.trouble = [Reply({"status": "ERROR", "error": "exceeded"}, 429, {"Retry-After": "17"})]
    assert source.fetch(["AAPL"], "2024-01-02", "2024-01-02").bars.height == 1
    assert clock.slept[0] == 17


def test_the_waits_grow_with_jitter_and_end(source, vendor, clock):
    vendor.trouble = [Reply("", 503)] * 5
    with pytest.raises(SourceUnavailable, match="503") as caught:
        source.fetch(["AAPL"], "2024-01-02", "2024-01-02")
    assert len(vendor.asked) == 5
    assert len(clock.slept) == 4
    assert all(0 <= waited <= 2**n for n, waited in enumerate(clock.slept))
    assert len(set(clock.slept)) == 4
    assert "tried 5 times" in caught.value.__notes__[0]


@pytest.mark.parametrize(
    "trouble",
    [
        Reply("", hang_up=True),
        Reply("<html>busy</html>", 502),
        Reply('{"status": "OK", "resul'),
        Reply(gzip.compress(b'{"status": "OK"}')[:-9], headers={"Content-Encoding": "gzip"}),
    ],
    ids=["hung up", "bad gateway", "cut off", "broken gzip"],
)
def test_what_may_pass_is_tried_again(source, vendor, trouble):
    vendor.trouble = [trouble]
    assert source.fetch(["AAPL"], "2024-01-02", "2024-01-09").bars.height == 6


def test_compressed_replies_are_read(source, vendor, massive):
    plain = massive.bars
    vendor.routes["/v2/aggs/ticker/"] = lambda asked: Reply(
        gzip.compress(str(plain(asked).body).encode()), headers={"Content-Encoding": "gzip"}
    )
    assert source.fetch(["AAPL"], "2024-01-02", "2024-01-03").bars.height == 2


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        (Reply({"status": "ERROR", "error": f"Unknown API Key {KEY}"}, 401), SourceRefused),
        (Reply({"status": "NOT_AUTHORIZED", "message": "upgrade your plan"}, 403), SourceRefused),
        (Reply({"status": "NOT_AUTHORIZED", "message": "upgrade your plan"}), SourceRefused),
        (Reply({"status": "ERROR", "error": "bad range"}, 400), SourceError),
        (Reply({"status": "NOT_FOUND"}, 404), SourceUnknownSymbol),
        (Reply({"status": "OK", "results": [{"o": 1}]}), SourceMalformed),
        (Reply({"status": "OK", "results": {"t": 1}}), SourceMalformed),
        (Reply([1, 2]), SourceMalformed),
        (Reply('{"status": "OK", "results": [{"t":1704171600000,"o":"x","h":1,"l":1,"c":1,"v":1}]}'), SourceMalformed),
        (Reply("", 302, {"Location": "http://127.0.0.1:1/steal"}), SourceError),
    ],
)
def test_what_will_not_pass_is_not_tried_again(source, vendor, reply, error):
    vendor.trouble = [reply]
    with pytest.raises(error) as caught:
        source.fetch(["AAPL"], "2024-01-02", "2024-01-09")
    assert len(vendor.asked) == 1
    assert KEY not in str(caught.value)


def test_a_next_page_on_another_host_is_not_followed(source, vendor):
    vendor.trouble = [Reply({"status": "OK", "results": [], "next_url": "https://evil.example/v2"})]
    with pytest.raises(SourceMalformed, match=r"evil\.example"):
        source.fetch(["AAPL"], "2024-01-02", "2024-01-09")


def test_pages_without_end_are_noticed(source, vendor):
    vendor.routes["/v2/aggs/ticker/"] = lambda asked: Reply(
        {"status": "OK", "results": [], "next_url": f"{vendor.url}/v2/aggs/ticker/round"}
    )
    with pytest.raises(SourceMalformed, match="over and over"):
        source.fetch(["AAPL"], "2024-01-02", "2024-01-09")


def test_a_wrong_key_spares_the_other_symbols_the_asking(source, vendor):
    vendor.trouble = [Reply({"error": "Unknown API Key"}, 401)]
    with pytest.raises(SourceRefused) as caught:
        source.fetch(["AAPL", "SPY"], "2024-01-02", "2024-01-09")
    assert len(vendor.asked) == 1
    assert "SPY: not asked for" in caught.value.__notes__[0]


def test_when_three_in_a_row_can_not_be_reached_the_others_are_not_asked(source, vendor):
    vendor.routes["/v2/aggs/ticker/S"] = lambda asked: Reply("", 500)
    fetched = source.fetch(["AAPL", "S1", "S2", "S3", "S4"], "2024-01-02", "2024-01-09")
    assert [f.symbol for f in fetched.failures] == ["S1", "S2", "S3", "S4"]
    assert fetched.failures[-1].reason.startswith("not asked for")
    assert not [path for path in vendor.paths() if "S4" in path]


def test_the_free_plan_is_five_calls_a_minute(massive, vendor, clock):
    Polygon(KEY, base_url=vendor.url, pace=Pace(calls=5, seconds=60, clock=clock)).fetch(
        ["AAPL", "SPY"], "2024-01-02", "2024-01-02"
    )
    assert len(vendor.asked) == 6
    assert clock.slept == [60.0]


def test_the_bar_of_a_day_that_is_not_over_is_left_out(massive, vendor, pace, clock):
    clock._now = int(dt.datetime(2024, 1, 5, 15, tzinfo=dt.UTC).timestamp()) * 10**9
    fetched = Polygon(KEY, base_url=vendor.url, pace=pace).fetch(["AAPL"], "2024-01-02")
    assert fetched.bars["date"].to_list() == DAYS[:3]


def test_pairs_have_prefixes():
    assert Polygon(KEY, market="crypto").vendor_symbol("BTC/USD") == "X:BTCUSD"
    assert Polygon(KEY, market="fx").vendor_symbol("EUR/USD") == "C:EURUSD"
    with pytest.raises(InputError, match="stocks, crypto, fx"):
        Polygon(KEY, market="options")


def test_a_vendor_that_is_not_there_is_unavailable(clock):
    with pytest.raises(SourceUnavailable, match="can't be reached"):
        Polygon(KEY, base_url="http://127.0.0.1:9", pace=Pace(attempts=2, clock=clock)).fetch(["A"], "2024-01-02")


def test_a_long_wait_is_left_to_the_user(source, vendor, clock):
    vendor.trouble = [Reply({"error": "later"}, 429, {"Retry-After": "86400"})]
    with pytest.raises(SourceRateLimited):
        source.fetch(["AAPL"], "2024-01-02", "2024-01-02")
    assert clock.slept == []
