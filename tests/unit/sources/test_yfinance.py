"""Yahoo through yfinance itself: its session leads to a local socket that answers as Yahoo's chart service does."""

from __future__ import annotations

import datetime as dt
import random
from decimal import Decimal
from typing import ClassVar
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import pytest

from rustybt.catalog import open_version
from rustybt.errors import (
    InputError,
    SourceMalformed,
    SourceRateLimited,
    SourceUnavailable,
    SourceUnknownSymbol,
)
from rustybt.ingest import ingest
from rustybt.sources import Pace, YFinance
from rustybt.testing import FakeClock, SourceContract
from tests.unit.sources._server import Reply
from tests.unit.sources.conftest import LIVE

yfinance = pytest.importorskip("yfinance")
requests = pytest.importorskip("requests")

ZONE = ZoneInfo("America/New_York")
DAYS = [dt.date(2020, 8, d) for d in (27, 28, 31)] + [dt.date(2020, 9, 1)]
AAPL = [125.01000213623047, 124.80750274658203, 129.0399932861328, 134.17999267578125]
"""Yahoo's 32-bit floats: 500.04/4, 499.23/4, 129.04, 134.18. The four-for-one was on August 31."""
SPLIT = dt.date(2020, 8, 31)


def opening(day: dt.date) -> int:
    return int(dt.datetime.combine(day, dt.time(9, 30), ZONE).timestamp())


def chart(symbol: str, stamps: list[int], closes: list[float | None], events: dict, interval: str = "1d") -> dict:
    quote = dict.fromkeys(("open", "high", "low", "close"), closes)
    meta = {
        "currency": "USD",
        "symbol": symbol,
        "exchangeName": "NMS",
        "instrumentType": "EQUITY",
        "exchangeTimezoneName": "America/New_York",
        "timezone": "EDT",
        "gmtoffset": -14400,
        "priceHint": 2,
        "dataGranularity": interval,
        "range": "",
        "validRanges": ["1d", "5d", "1mo", "max"],
        "regularMarketTime": 1_719_777_600,
        "currentTradingPeriod": {
            name: {"timezone": "EDT", "start": 1_719_754_200, "end": 1_719_777_600, "gmtoffset": -14400}
            for name in ("pre", "regular", "post")
        },
    }
    if interval != "1d":
        meta["tradingPeriods"] = [
            [{"timezone": "EDT", "start": opening(day), "end": opening(day) + 23_400, "gmtoffset": -14400}]
            for day in DAYS
        ]
    volumes = [None if close is None else 187_629_600 + n for n, close in enumerate(closes)]
    indicators = {"quote": [{**quote, "volume": volumes}], "adjclose": [{"adjclose": closes}]}
    if interval != "1d":
        del indicators["adjclose"]
    result = {"meta": meta, "timestamp": stamps, "indicators": indicators}
    if events:
        result["events"] = events
    return {"chart": {"result": [result], "error": None}}


def split_on(day: dt.date, shares: float) -> dict:
    stamp = opening(day)
    return {str(stamp): {"date": stamp, "numerator": shares, "denominator": 1.0, "splitRatio": f"{shares}:1"}}


class Yahoo:
    def __init__(self, vendor):
        vendor.routes |= {
            "/fc.yahoo.com": lambda _: Reply("", 404),
            "/query1.finance.yahoo.com/v1/test/getcrumb": lambda _: Reply(
                "crumb", headers={"Content-Type": "text/plain"}
            ),
            "/query2.finance.yahoo.com/v8/finance/chart/": self.chart,
        }

    def chart(self, asked):
        symbol = asked.path.rpartition("/")[2]
        if symbol not in ("AAPL", "SPY"):
            error = {"code": "Not Found", "description": "No data found, symbol may be delisted"}
            return Reply({"chart": {"result": None, "error": error}}, 404)
        if asked.query.get("range") == "1d":
            return Reply(chart(symbol, [opening(DAYS[-1])], [1.0], {}))
        first, last = int(asked.query["period1"]), int(asked.query["period2"])
        if asked.query["interval"] == "1m":
            stamps = [opening(day) + 60 * n for day in DAYS for n in range(3)]
            closes = [AAPL[n // 3] for n in range(len(stamps))]
            return self.cut(symbol, stamps, closes, first, last, {}, "1m")
        events = {}
        if symbol == "AAPL" and first <= opening(SPLIT) <= last:
            paid = opening(dt.date(2020, 8, 28))
            events = {"splits": split_on(SPLIT, 4.0), "dividends": {str(paid): {"amount": 0.205, "date": paid}}}
        return self.cut(symbol, [opening(day) for day in DAYS], AAPL, first, last, events, "1d")

    @staticmethod
    def cut(symbol, stamps, closes, first, last, events, interval):
        kept: list[tuple[int, float]] = [(s, c) for s, c in zip(stamps, closes, strict=True) if first <= s < last]
        if not kept:
            reply = chart(symbol, [], [], {}, interval)
            reply["chart"]["result"][0]["indicators"] = {"quote": [{}]}
            return Reply(reply)
        return Reply(chart(symbol, [s for s, _ in kept], [c for _, c in kept], events, interval))


class LocalSession(requests.Session):
    """What would go to https://host/path goes to the local socket's /host/path."""

    def __init__(self, url):
        super().__init__()
        self._url = url

    def request(self, method, url, *args, **kwargs):
        parts = urlsplit(url)
        kwargs.pop("impersonate", None)
        return super().request(method, f"{self._url}/{parts.netloc}{parts.path}", *args, **kwargs)


@pytest.fixture(autouse=True)
def _yahoo(vendor, tmp_path, monkeypatch, caplog):
    if LIVE:
        return
    Yahoo(vendor)
    yfinance.cache.set_cache_location(str(tmp_path / "yfinance"))
    # one cookie and crumb for all sessions of a process is yfinance's way
    data = yfinance.data.YfData()
    monkeypatch.setattr(data, "_crumb", None)
    monkeypatch.setattr(data, "_cookie", None)


@pytest.fixture
def source(vendor, pace):
    return YFinance(session=LocalSession(vendor.url), pace=pace)


class TestContract(SourceContract):
    symbols: ClassVar = ("AAPL", "SPY")
    start, end = "2020-08-27", "2020-09-01"

    @pytest.fixture(autouse=True)
    def _made(self, vendor, pace):
        self._with = (vendor, pace)

    def make(self):
        vendor, pace = self._with
        return YFinance() if LIVE else YFinance(session=LocalSession(vendor.url), pace=pace)


@pytest.mark.skipif(LIVE, reason="Yahoo has minutes of the last month only")
class TestContractOfMinutes(TestContract):
    frequency = "1m"

    @pytest.fixture(autouse=True)
    def _made(self, vendor):
        clock = FakeClock("2020-09-10T00:00:00+00:00")
        self._with = (vendor, Pace(clock=clock, rng=random.Random(1)))


def test_prices_are_as_traded_the_split_multiplied_back_in(source):
    fetched = source.fetch(["AAPL"], "2020-08-27", "2020-09-01")
    assert fetched.bars["close"].to_list() == [Decimal(x) for x in ("500.04", "499.23", "129.04", "134.18")]
    assert fetched.bars["volume"].to_list() == [Decimal(x) for x in (46_907_400, 46_907_400, 187_629_602, 187_629_603)]
    assert fetched.splits.rows() == [("AAPL", "2020-08-31", "1/4")]
    assert fetched.dividends.rows() == [("AAPL", "2020-08-28", "0.82")]


def test_the_currency_is_yahoo_s_not_the_dollar_by_default(source, vendor, root):
    plain = vendor.routes["/query2.finance.yahoo.com/v8/finance/chart/"]

    def pence(asked):
        reply = plain(asked)
        reply.body["chart"]["result"][0]["meta"]["currency"] = "GBp"
        return reply

    vendor.routes["/query2.finance.yahoo.com/v8/finance/chart/"] = pence
    for frequency in ("1d", "1m"):
        fetched = source.fetch(["SPY"], "2020-08-27", "2020-09-01", frequency)
        assert fetched.assets.rows() == [("SPY", "GBp")]
    ingest("london", fetched, root=root)
    assert open_version("london", root=root).assets()[0].currency == "GBp"


def test_a_split_after_the_range_counts_too(source):
    fetched = source.fetch(["AAPL"], "2020-08-27", "2020-08-28")
    assert fetched.bars["close"].to_list() == [Decimal("500.04"), Decimal("499.23")]
    assert fetched.splits is None


def test_minutes_too_are_as_traded_and_asked_a_week_at_a_time(vendor, source, root):
    fetched = source.fetch(["AAPL"], "2020-08-27", "2020-09-08", "1m")
    assert fetched.bars["close"].to_list()[::3] == [Decimal(x) for x in ("500.04", "499.23", "129.04", "134.18")]
    asked = [a.query for a in vendor.asked if a.query.get("interval") == "1m"]
    assert len(asked) == 2
    assert int(asked[0]["period2"]) == int(asked[1]["period1"])
    assert ingest("yahoo", fetched, root=root).rows == 12
    assert open_version("yahoo", root=root).frequencies == ("1m",)


def test_decimals_that_are_asked_for_are_the_only_other_rounding(vendor, pace):
    source = YFinance(session=LocalSession(vendor.url), pace=pace, price_decimals=1)
    fetched = source.fetch(["AAPL"], "2020-08-27", "2020-09-01")
    assert [str(x) for x in fetched.bars["close"]] == ["500.0", "499.2", "129.0", "134.2"]
    with pytest.raises(InputError, match="split_decimals is 99"):
        YFinance(split_decimals=99)


def test_a_day_without_prices_is_left_out_as_yfinance_does(vendor, source):
    vendor.routes["/query2.finance.yahoo.com/v8/finance/chart/"] = lambda asked: Reply(
        chart("AAPL", [opening(day) for day in DAYS], [1.5, None, 2.5, 3.5], {})
    )
    assert source.fetch(["AAPL"], "2020-08-27", "2020-09-01").bars["close"].to_list() == [
        Decimal("1.5"),
        Decimal("2.5"),
        Decimal("3.5"),
    ]


def test_too_many_requests_are_waited_for(vendor, source, clock):
    path = "/query2.finance.yahoo.com/v8/finance/chart/"
    plain, refusals = vendor.routes[path], [Reply("Too Many Requests", 429)] * 4
    vendor.routes[path] = lambda asked: refusals.pop() if refusals and "period1" in asked.query else plain(asked)
    fetched = source.fetch(["SPY"], "2020-08-27", "2020-09-01")
    assert fetched.bars.height == 4
    assert clock.slept


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        (Reply("Too Many Requests", 429), SourceRateLimited),
        (Reply("", hang_up=True), SourceUnavailable),
        (Reply("<html>sorry</html>"), SourceMalformed),
        (Reply({"chart": {"result": [{"meta": {}}], "error": None}}), SourceMalformed),
        (Reply({"chart": {"result": [], "error": None}}), SourceUnknownSymbol),
    ],
)
def test_errors(vendor, source, reply, error):
    vendor.routes["/query2.finance.yahoo.com/v8/finance/chart/"] = lambda asked: (
        Reply(chart("SPY", [opening(DAYS[0])], [1.0], {})) if asked.query.get("range") else reply
    )
    with pytest.raises(error):
        source.fetch(["SPY"], "2020-08-27", "2020-09-01")


def test_yfinance_s_own_settings_stay_the_user_s(source):
    before = yfinance.config.debug.hide_exceptions
    source.fetch(["SPY"], "2020-08-27", "2020-09-01")
    assert yfinance.config.debug.hide_exceptions is before


def test_one_call_in_two_seconds_unless_told_otherwise(vendor):
    assert YFinance(session=LocalSession(vendor.url))._caller._pace.seconds == 2.0


def test_names():
    source = YFinance()
    assert [source.vendor_symbol(s) for s in ("BRK.B", "TSCO.L", "EURUSD=X")] == ["BRK-B", "TSCO.L", "EURUSD=X"]


ELSEWHERE = {
    "BTC-USD": ("UTC", 0),
    "EURUSD=X": ("Europe/London", 0),
    "^GDAXI": ("Europe/Berlin", 9),
    "0700.HK": ("Asia/Hong_Kong", 9),
    "VALE3.SA": ("America/Sao_Paulo", 10),
    "AAPL": ("America/New_York", 9),
}


@pytest.mark.parametrize("symbol", ELSEWHERE)
@pytest.mark.parametrize("tz", ["America/New_York", "UTC", "Asia/Tokyo"])
@pytest.mark.parametrize("calendar", ["XNYS", "24/7"])
def test_days_splits_and_dividends_are_those_of_the_asset_s_exchange(vendor, pace, root, symbol, tz, calendar):
    zone, hour = ELSEWHERE[symbol]
    days = [dt.date(2023, 8, day) for day in (7, 8, 9, 10)]  # the close is the day of the month
    stamps = [int(dt.datetime.combine(day, dt.time(hour), ZoneInfo(zone)).timestamp()) for day in days]
    events = {
        "splits": {str(stamps[2]): {"date": stamps[2], "numerator": 2.0, "denominator": 1.0, "splitRatio": "2:1"}},
        "dividends": {str(stamps[1]): {"amount": 0.25, "date": stamps[1]}},
    }

    def reply(_):
        body = chart(symbol, stamps, [3.5, 4.0, 9.0, 10.0], events)
        body["chart"]["result"][0]["meta"]["exchangeTimezoneName"] = zone
        return Reply(body)

    vendor.routes["/query2.finance.yahoo.com/v8/finance/chart/"] = reply
    source = YFinance(session=LocalSession(vendor.url), pace=pace, tz=tz, calendar=calendar)
    fetched = source.fetch([symbol], "2023-08-07", "2023-08-10")
    assert fetched.bars.select("date", "close").rows() == [(day, Decimal(day.day)) for day in days]
    assert fetched.splits["ex_date"].to_list() == ["2023-08-09"]
    assert fetched.dividends["ex_date"].to_list() == ["2023-08-08"]
    assert ingest("b", fetched, root=root).rows == 4


def test_a_day_that_is_not_over_at_the_exchange_is_left_out(vendor):
    clock = FakeClock("2023-08-09T16:00:00+00:00")  # the 10th in Tokyo, the 9th where coins count their days
    days = [dt.date(2023, 8, day) for day in (7, 8, 9)]
    stamps = [int(dt.datetime.combine(day, dt.time(), dt.UTC).timestamp()) for day in days]

    def reply(_):
        body = chart("BTC-USD", stamps, [7.0, 8.0, 9.0], {})
        body["chart"]["result"][0]["meta"]["exchangeTimezoneName"] = "UTC"
        return Reply(body)

    vendor.routes["/query2.finance.yahoo.com/v8/finance/chart/"] = reply
    pace = Pace(clock=clock, rng=random.Random(1))
    source = YFinance(session=LocalSession(vendor.url), pace=pace, tz="Asia/Tokyo", calendar="24/7")
    assert source.fetch(["BTC-USD"], "2023-08-07").bars["close"].to_list() == [7, 8]


def test_minutes_of_the_morning_after_a_split_are_not_those_before_it(vendor, pace):
    """At midnight in New York it is noon in Hong Kong, where trading of the day began at half past nine."""
    zone = ZoneInfo("Asia/Hong_Kong")
    days = [dt.date(2023, 8, 8), dt.date(2023, 8, 9)]
    opens = [int(dt.datetime.combine(day, dt.time(9, 30), zone).timestamp()) for day in days]
    split = {"date": opens[1], "numerator": 2.0, "denominator": 1.0, "splitRatio": "2:1"}

    def reply(asked):
        interval = asked.query.get("interval", "1d")
        body = chart(
            "0700.HK", opens, [4.0, 4.5], {"splits": {str(opens[1]): split}} if interval == "1d" else {}, interval
        )
        meta = body["chart"]["result"][0]["meta"]
        meta["exchangeTimezoneName"] = "Asia/Hong_Kong"
        meta["tradingPeriods"] = [
            [{"timezone": "HKT", "start": s, "end": s + 23_400, "gmtoffset": 28_800}] for s in opens
        ]
        return Reply(body)

    vendor.routes["/query2.finance.yahoo.com/v8/finance/chart/"] = reply
    source = YFinance(session=LocalSession(vendor.url), pace=pace, calendar="XHKG")
    fetched = source.fetch(["0700.HK"], "2023-08-07", "2023-08-10", "1h")
    assert fetched.bars["close"].to_list() == [Decimal(8), Decimal("4.5")]
