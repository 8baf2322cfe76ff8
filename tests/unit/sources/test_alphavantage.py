"""Alpha Vantage on a local socket. It answers errors with 200, and sends numbers as text."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import ClassVar

import pytest

from rustybt.errors import (
    InputError,
    SourceError,
    SourceMalformed,
    SourceRateLimited,
    SourceRefused,
    SourceUnknownSymbol,
)
from rustybt.sources import AlphaVantage, Pace
from rustybt.testing import SourceContract
from tests.unit.sources._server import Reply
from tests.unit.sources.conftest import LIVE

KEY = "AVKEY0123456789"
KNOWN = {"IBM": "161.5000", "MSFT": "370.87"}
DAYS = ["2024-01-05", "2024-01-04", "2024-01-03", "2024-01-02"]


def fields(price: str) -> dict[str, str]:
    names = ("1. open", "2. high", "3. low", "4. close")
    return {**dict.fromkeys(names, price), "5. volume": "3825044"}


def answer(asked):
    query = asked.query
    symbol = query.get("symbol")
    if query["function"] == "TIME_SERIES_DAILY" and symbol in KNOWN:
        return Reply({"Meta Data": {}, "Time Series (Daily)": {day: fields(KNOWN[symbol]) for day in DAYS}})
    if query["function"] == "TIME_SERIES_INTRADAY" and symbol in KNOWN:
        assert (query["adjusted"], query["extended_hours"]) == ("false", "false")
        times = [f"{query['month']}-{day:02} {clock}" for day in (3, 2) for clock in ("15:55:00", "09:30:00")]
        return Reply({"Meta Data": {}, "Time Series (5min)": {time: fields(KNOWN[symbol]) for time in times}})
    if query["function"] == "SPLITS":
        split = {"effective_date": "2024-01-04", "split_factor": "1.5000"}
        return Reply({"symbol": symbol, "data": [split] if symbol == "IBM" else []})
    if query["function"] == "DIVIDENDS":
        paid = {"ex_dividend_date": "2024-01-03", "declaration_date": "None", "record_date": "2024-01-04"}
        paid |= {"payment_date": "2024-01-20", "amount": "1.66"}
        return Reply({"symbol": symbol, "data": [paid, paid] if symbol == "IBM" else []})
    return Reply({"Error Message": "Invalid API call. Please retry or visit the documentation"})


@pytest.fixture
def source(vendor, pace):
    vendor.routes["/query"] = answer
    return AlphaVantage(KEY, base_url=f"{vendor.url}/query", pace=pace)


class TestContract(SourceContract):
    symbols: ClassVar = ("IBM", "MSFT")
    start, end = "2024-01-02", "2024-01-05"
    secrets: ClassVar = () if LIVE else (KEY,)

    @pytest.fixture(autouse=True)
    def _vendor(self, vendor, pace):
        vendor.routes["/query"] = answer
        self._made = (vendor, pace)

    def make(self):
        vendor, pace = self._made
        if LIVE:
            return AlphaVantage(outputsize="full")
        return AlphaVantage(KEY, base_url=f"{vendor.url}/query", pace=pace)


def test_text_is_kept_and_the_latest_comes_last(source):
    fetched = source.fetch(["IBM"], "2024-01-02", "2024-01-05")
    assert [str(day) for day in fetched.bars["date"]] == DAYS[::-1]
    assert fetched.bars["open"].to_list() == [Decimal("161.5")] * 4
    assert fetched.splits.rows() == [("IBM", "2024-01-04", "2/3")]
    assert fetched.dividends.rows() == [("IBM", "2024-01-03", "1.66", "2024-01-20", "2024-01-04")]


def test_months_are_asked_one_by_one_across_the_year(source, vendor):
    fetched = source.fetch(["IBM"], "2023-12-03", "2024-02-02", "5m")
    asked = [a.query["month"] for a in vendor.asked if a.query["function"] == "TIME_SERIES_INTRADAY"]
    assert asked == ["2023-12", "2024-01", "2024-02"]
    first, last = fetched.bars["timestamp"][0], fetched.bars["timestamp"][-1]
    assert (first, last) == (
        dt.datetime(2023, 12, 3, 14, 30, tzinfo=dt.UTC),
        dt.datetime(2024, 2, 2, 20, 55, tzinfo=dt.UTC),
    )


RATE = "We have detected your API key as {} and our standard API rate limit is 25 requests per day."
BURST = (
    "Thank you for using Alpha Vantage! Please consider spreading out your free API requests (1 request per second)."
)


@pytest.mark.parametrize(
    ("body", "error", "calls"),
    [
        ({"Information": RATE.format(KEY)}, SourceRateLimited, 1),
        ({"Information": BURST}, SourceRateLimited, 5),
        ({"Note": "Our standard API call frequency is 5 calls per minute."}, SourceRateLimited, 5),
        ({"Information": "Thank you! This is a premium endpoint."}, SourceRefused, 1),
        ({"Information": f"the parameter apikey {KEY} is invalid or missing."}, SourceRefused, 1),
        ({"Error Message": f"Invalid API call with {KEY}."}, SourceUnknownSymbol, 1),
        ({"Meta Data": {}}, SourceMalformed, 1),
        ({"Time Series (Daily)": {"2024-01-02": {"1. open": "1"}}}, SourceMalformed, 1),
        ({"Time Series (Daily)": {"2024-01-02": "none"}}, SourceMalformed, 1),
        ({"Time Series (Daily)": {"some day": fields("1")}}, SourceMalformed, 1),
        (["a list"], SourceMalformed, 1),
    ],
)
def test_errors_under_200_are_told_apart(source, vendor, body, error, calls):
    vendor.trouble = [Reply(body)] * calls
    with pytest.raises(error) as caught:
        source.fetch(["IBM"], "2024-01-02", "2024-01-05")
    assert len(vendor.asked) == calls
    assert KEY not in str(caught.value)


def test_when_the_day_s_allowance_is_used_up_the_others_wait_for_tomorrow(source, vendor):
    source.fetch(["IBM"], "2024-01-02", "2024-01-05")
    plain = vendor.routes["/query"]
    vendor.routes["/query"] = lambda a: Reply({"Information": RATE}) if a.query["symbol"] == "MSFT" else plain(a)
    before = len(vendor.asked)
    fetched = source.fetch(["IBM", "MSFT", "AAPL"], "2024-01-02", "2024-01-05")
    assert [failure.symbol for failure in fetched.failures] == ["MSFT", "AAPL"]
    assert len(vendor.asked) == before + 4


def test_a_hundred_days_of_a_longer_range_are_refused_not_passed_off_as_all(source, vendor):
    days = [str(dt.date(2024, 1, 1) + dt.timedelta(days=n)) for n in range(100)]
    vendor.routes["/query"] = lambda _: Reply({"Time Series (Daily)": {day: fields("1") for day in days}})
    with pytest.raises(SourceRefused, match="outputsize='full'"):
        source.fetch(["IBM"], "2020-01-01", "2024-04-01")


def test_one_call_a_second(vendor, clock):
    vendor.routes["/query"] = answer
    source = AlphaVantage(KEY, base_url=f"{vendor.url}/query", pace=Pace(calls=1, seconds=1.2, clock=clock))
    source.fetch(["IBM", "MSFT"], "2024-01-02", "2024-01-05")
    assert len(vendor.asked) == 6
    assert clock.slept == pytest.approx([1.2] * 5)


def test_currencies_and_crypto(vendor, pace):
    asked = []

    def reply(one):
        asked.append(one.query)
        if one.query["function"] == "FX_DAILY":
            bar = {"1. open": "1.0945", "2. high": "1.0972", "3. low": "1.0938", "4. close": "1.0951"}
            return Reply({"Time Series FX (Daily)": {"2024-01-02": bar}})
        bar = {"1. open": "44179.55000000", "2. high": "45879.63", "3. low": "44148.34", "4. close": "44946.91"}
        return Reply({"Time Series (Digital Currency Daily)": {"2024-01-02": {**bar, "5. volume": "21.00001"}}})

    vendor.routes["/query"] = reply
    options = {"base_url": f"{vendor.url}/query", "pace": pace}
    fx = AlphaVantage(KEY, market="fx", **options).fetch(["EUR/USD"], "2024-01-02", "2024-01-02")
    assert fx.bars.row(0)[2:] == tuple(Decimal(x) for x in ("1.0945", "1.0972", "1.0938", "1.0951", "0"))
    crypto = AlphaVantage(KEY, market="crypto", **options).fetch(["BTC-USD"], "2024-01-02", "2024-01-02")
    assert crypto.bars["volume"][0] == Decimal("21.00001")
    told = [source.assets.select("symbol", "type", "currency").row(0) for source in (fx, crypto)]
    assert told == [("EUR/USD", "forex", "USD"), ("BTC-USD", "crypto", "USD")]
    assert (asked[0]["from_symbol"], asked[0]["to_symbol"]) == ("EUR", "USD")
    assert (asked[1]["symbol"], asked[1]["market"]) == ("BTC", "USD")
    with pytest.raises(InputError, match="compact or full"):
        AlphaVantage(market="bonds")


def test_a_server_error_is_tried_again(source, vendor):
    vendor.trouble = [Reply("", 500)]
    assert source.fetch(["MSFT"], "2024-01-02", "2024-01-05").bars.height == 4
    vendor.trouble = [Reply({"x": 1}, 418)]
    with pytest.raises(SourceError, match="418"):
        source.fetch(["MSFT"], "2024-01-02", "2024-01-05")
