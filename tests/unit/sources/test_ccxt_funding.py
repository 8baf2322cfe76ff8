"""What perpetuals paid, through CCXT itself: exchanges on a local socket that page as Binance and Bybit do."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import ClassVar

import polars as pl
import pytest

import rustybt
from rustybt.api import commission, slippage
from rustybt.catalog import open_version
from rustybt.errors import SourceMalformed, SourceUnavailable
from rustybt.ingest import ingest
from rustybt.sources import CCXT
from rustybt.testing import SourceContract
from tests.unit.sources._server import Reply

pytest.importorskip("ccxt")

HOUR = 3_600_000
DAY = 24 * HOUR
LISTED = int(dt.datetime(2024, 1, 2, tzinfo=dt.UTC).timestamp() * 1000)
OVER = LISTED + 180 * DAY
SWAP = "BTC/USDT:USDT"


def rate_at(number: int) -> str:
    """A rate of its own for each moment; every third is below zero."""
    return f"{'-' if number % 3 == 1 else ''}0.{number + 1:08}"


class Binance:
    """A perpetual paid every eight hours, stamped some milliseconds late.

    knows_end: False goes on from the start for as many rates as fit on a page, whatever end is asked for.
    """

    def __init__(self, vendor, *, knows_end=True):
        self.knows_end = knows_end
        market = {
            "symbol": "BTCUSDT",
            "pair": "BTCUSDT",
            "contractType": "PERPETUAL",
            "deliveryDate": 4133404800000,
            "onboardDate": LISTED,
            "status": "TRADING",
            "baseAsset": "BTC",
            "quoteAsset": "USDT",
            "marginAsset": "USDT",
            "pricePrecision": 2,
            "quantityPrecision": 3,
            "filters": [
                {"filterType": "PRICE_FILTER", "minPrice": "556.80", "maxPrice": "4529764", "tickSize": "0.10"},
                {"filterType": "LOT_SIZE", "minQty": "0.001", "maxQty": "1000", "stepSize": "0.001"},
            ],
        }
        info = {"timezone": "UTC", "serverTime": LISTED, "rateLimits": [], "exchangeFilters": [], "symbols": [market]}
        vendor.routes |= {
            "/fapi/v1/exchangeInfo": lambda _: Reply(info),
            "/fapi/v1/klines": self.klines,
            "/fapi/v1/fundingRate": self.rates,
        }

    def klines(self, asked):
        step = {"1h": HOUR, "1d": DAY}[asked.query["interval"]]
        since = max(int(asked.query["startTime"]), LISTED)
        since += -since % step
        stamps = range(since, min(OVER, since + 500 * step), step)
        price = "42283.50"
        more = ["5", 10, "1.0", "2.0", "0"]
        return Reply([[stamp, *[price] * 4, "12.345", stamp + step - 1, *more] for stamp in stamps])

    def rates(self, asked):
        first, last = int(asked.query["startTime"]), int(asked.query["endTime"]) if self.knows_end else OVER
        paid = [(n, LISTED + n * 8 * HOUR + n % 3) for n in range(180 * 3)]
        inside = [(n, stamp) for n, stamp in paid if first <= stamp <= last][: int(asked.query["limit"])]
        marks = {n: "" if n % 2 else f"4228{n % 10}.12345678" for n, _ in inside}
        return Reply(
            [
                {"symbol": "BTCUSDT", "fundingTime": stamp, "fundingRate": rate_at(n), "markPrice": marks[n]}
                for n, stamp in inside
            ]
        )


def binance(vendor, pace):
    urls = {"api": {"fapiPublic": f"{vendor.url}/fapi/v1"}}
    options = {"defaultType": "swap", "fetchMarkets": {"types": ["linear"]}, "fetchCurrencies": False}
    return CCXT("binance", options={"urls": urls, "options": options, "rateLimit": 0}, pace=pace)


class Bybit:
    """Paid every hour; of a range with more rates than fit on a page it sends the last ones, newest first."""

    def __init__(self, vendor):
        market = {
            "symbol": "BTCUSDT",
            "contractType": "LinearPerpetual",
            "status": "Trading",
            "baseCoin": "BTC",
            "quoteCoin": "USDT",
            "settleCoin": "USDT",
            "launchTime": str(LISTED),
            "deliveryTime": "0",
            "priceScale": "2",
            "leverageFilter": {"minLeverage": "1", "maxLeverage": "100", "leverageStep": "0.01"},
            "priceFilter": {"minPrice": "0.10", "maxPrice": "1999999.80", "tickSize": "0.10"},
            "lotSizeFilter": {"maxOrderQty": "1190", "minOrderQty": "0.001", "qtyStep": "0.001"},
            "fundingInterval": 60,
        }
        vendor.routes |= {
            "/v5/market/instruments-info": lambda asked: self.told(
                {"category": asked.query["category"], "nextPageCursor": "",
                 "list": [market] if asked.query["category"] == "linear" else []}
            ),
            "/v5/market/kline": self.klines,
            "/v5/market/funding/history": self.rates,
        }  # fmt: skip

    @staticmethod
    def told(result):
        return Reply({"retCode": 0, "retMsg": "OK", "result": result, "retExtInfo": {}, "time": LISTED})

    def klines(self, asked):
        since = max(int(asked.query["start"]), LISTED)
        since += -since % DAY
        rows = [[str(s), *["42283.5"] * 4, "12.345", "5"] for s in range(since, min(OVER, since + 200 * DAY), DAY)]
        return self.told({"category": "linear", "symbol": "BTCUSDT", "list": rows[::-1]})

    def rates(self, asked):
        first, last = int(asked.query["startTime"]), int(asked.query["endTime"])
        inside = [(n, s) for n, s in ((n, LISTED + n * HOUR) for n in range(180 * 24)) if first <= s <= last]
        newest = inside[::-1][: min(200, int(asked.query["limit"]))]
        told = [{"symbol": "BTCUSDT", "fundingRate": rate_at(n), "fundingRateTimestamp": str(s)} for n, s in newest]
        return self.told({"category": "linear", "list": told})


def bybit(vendor, pace):
    urls = {"api": dict.fromkeys(("spot", "futures", "v2", "public", "private"), vendor.url)}
    options = {"defaultType": "swap", "fetchMarkets": {"types": ["linear"]}, "enableUnifiedAccount": True}
    has = {"fetchCurrencies": False}
    return CCXT("bybit", options={"urls": urls, "options": options, "has": has, "rateLimit": 0}, pace=pace)


class TestContract(SourceContract):
    symbols: ClassVar = (SWAP, "BTC-USDT:USDT")
    unknown = "NO/SUCH:USDT"
    start, end = "2024-01-02", "2024-01-20"

    @pytest.fixture(autouse=True)
    def _vendor(self, vendor, pace):
        Binance(vendor)
        self._made = (vendor, pace)

    def make(self):
        return binance(*self._made)


def moments(first: str, count: int, hours: int) -> list[str]:
    start = dt.datetime.fromisoformat(first)
    return [f"{start + dt.timedelta(hours=hours * n):%Y-%m-%dT%H:%M:%SZ}" for n in range(count)]


@pytest.mark.parametrize("knows_end", [True, False])
def test_every_rate_of_the_range_comes_with_the_digits_sent(vendor, pace, knows_end):
    Binance(vendor, knows_end=knows_end)
    fetched = binance(vendor, pace).fetch([SWAP], "2024-01-03", "2024-03-01")
    days = 29 + 29 + 1
    assert fetched.funding["timestamp"].to_list() == moments("2024-01-03", days * 3, 8)
    assert fetched.funding["rate"].to_list() == [rate_at(3 + n) for n in range(days * 3)]
    marks = [None if n % 2 else f"4228{n % 10}.12345678" for n in range(3, 3 + days * 3)]
    assert fetched.funding["mark_price"].to_list() == marks
    assert fetched.notes == ()
    assert "177 funding rates" in repr(fetched)
    assert fetched.assets.to_dicts() == [
        {
            "symbol": SWAP,
            "type": "perpetual",
            "exchange": "binance",
            "currency": "USDT",
            "tick_size": "0.10",
            "quantity_step": "0.001",
            "multiplier": "1",
        }
    ]


def test_an_exchange_that_sends_the_last_rates_of_a_range_loses_none(vendor, pace):
    Bybit(vendor)
    fetched = bybit(vendor, pace).fetch([SWAP], "2024-01-02", "2024-02-01")
    assert fetched.funding["timestamp"].to_list() == moments("2024-01-02", 31 * 24, 1)
    assert fetched.funding["rate"].to_list() == [rate_at(n) for n in range(31 * 24)]
    assert "mark_price" not in fetched.funding.columns


def test_a_range_that_begins_before_the_listing(vendor, pace):
    Binance(vendor)
    fetched = binance(vendor, pace).fetch([SWAP], "2023-11-01", "2024-01-03", "1h")
    assert fetched.funding["timestamp"].to_list() == moments("2024-01-02", 6, 8)


def test_rates_that_begin_later_than_the_bars_are_noted(vendor, pace):
    Binance(vendor)
    plain = vendor.routes["/fapi/v1/fundingRate"]
    late = LISTED + 10 * DAY
    vendor.routes["/fapi/v1/fundingRate"] = lambda asked: Reply(
        [rate for rate in plain(asked).body if rate["fundingTime"] >= late]
    )
    fetched = binance(vendor, pace).fetch([SWAP], "2024-01-02", "2024-02-01")
    assert fetched.notes == (f"{SWAP}: bars begin on 2024-01-02, and funding rates on 2024-01-12",)
    vendor.routes["/fapi/v1/fundingRate"] = lambda _: Reply([])
    fetched = binance(vendor, pace).fetch([SWAP], "2024-01-02", "2024-02-01")
    assert fetched.funding is None
    assert fetched.notes == (f"{SWAP}: bars begin on 2024-01-02, and funding rates are not there",)


def test_rates_that_cannot_be_had_fail_the_symbol_not_quietly(vendor, pace):
    Binance(vendor)
    vendor.routes["/fapi/v1/fundingRate"] = lambda _: Reply("", 503)
    with pytest.raises(SourceUnavailable):
        binance(vendor, pace).fetch([SWAP], "2024-01-02", "2024-02-01")
    vendor.routes["/fapi/v1/fundingRate"] = lambda _: Reply([{"symbol": "BTCUSDT", "fundingTime": LISTED}])
    with pytest.raises(SourceMalformed, match="without moment or rate"):
        binance(vendor, pace).fetch([SWAP], "2024-01-02", "2024-02-01")


def test_what_was_fetched_is_stored_and_paid_in_a_run(vendor, pace, root, monkeypatch):
    monkeypatch.setenv("RUSTYBT_ROOT", str(root))
    Binance(vendor)
    fetched = binance(vendor, pace).fetch([SWAP], "2024-01-02", "2024-01-05")
    ingest("swaps", fetched, root=root)
    with open_version("swaps", root=root) as version:
        (asset,) = version.assets()
    assert (asset.kind, asset.multiplier, asset.currency) == ("perpetual", Decimal(1), "USDT")
    assert (asset.tick_size, asset.quantity_step) == (Decimal("0.1"), Decimal("0.001"))
    # what is appended day by day is what comes at once
    for first, last in (("2024-01-02", "2024-01-03"), ("2024-01-04", "2024-01-05")):
        report = ingest("bit-by-bit", binance(vendor, pace).fetch([SWAP], first, last), mode="append", root=root)
    with open_version("swaps", root=root) as version:
        assert report.hash == version.hash

    def initialize(context):
        context.swap = context.symbol(SWAP)
        context.set_commission(us_equities=commission.PerDollar(0))
        context.set_slippage(us_equities=slippage.NoSlippage())

    def handle_data(context, data):
        if not context.portfolio.positions:
            context.order(context.swap, 2)

    result = rustybt.run_algorithm("2024-01-02", "2024-01-05", initialize, 1_000_000, handle_data, bundle="swaps")
    paid = result.entries.filter(pl.col("kind") == "funding")
    # bought with the bar of the 3rd, over at midnight: that moment's rate is due with the bar, before its fill
    numbers = range(7, 12)
    close = Decimal("42283.50")
    expected = [-2 * Decimal(rate_at(n)) * (close if n % 2 else Decimal(f"4228{n % 10}.12345678")) for n in numbers]
    assert paid["amount"].to_list() == expected


def test_the_cache_keeps_them_and_asks_for_what_is_missing_only(vendor, pace, root):
    Binance(vendor)
    source = rustybt.cached(binance(vendor, pace), root=root, clock=pace.clock)
    straight = binance(vendor, pace).fetch([SWAP], "2024-01-02", "2024-01-20")
    source.fetch([SWAP], "2024-01-02", "2024-01-10")
    assert source.fetch([SWAP], "2024-01-02", "2024-01-20").funding.equals(straight.funding)
    before = len(vendor.asked)
    assert source.fetch([SWAP], "2024-01-02", "2024-01-20").funding.equals(straight.funding)
    assert len(vendor.asked) == before


class BinanceCoin(Binance):
    """A perpetual on bitcoin that settles in bitcoin."""

    def __init__(self, vendor):
        super().__init__(vendor)
        market = {
            "symbol": "BTCUSD_PERP",
            "pair": "BTCUSD",
            "contractType": "PERPETUAL",
            "deliveryDate": 4133404800000,
            "onboardDate": LISTED,
            "contractStatus": "TRADING",
            "contractSize": 100,
            "baseAsset": "BTC",
            "quoteAsset": "USD",
            "marginAsset": "BTC",
            "pricePrecision": 1,
            "quantityPrecision": 0,
            "filters": [{"filterType": "PRICE_FILTER", "minPrice": "1000", "maxPrice": "4520958", "tickSize": "0.1"}],
        }
        info = {"timezone": "UTC", "serverTime": LISTED, "rateLimits": [], "exchangeFilters": [], "symbols": [market]}
        vendor.routes |= {"/dapi/v1/exchangeInfo": lambda _: Reply(info), "/dapi/v1/klines": self.klines}


def test_a_contract_that_settles_in_its_coin_is_told_stored_and_not_traded(vendor, pace, root, monkeypatch):
    BinanceCoin(vendor)
    urls = {"api": {"dapiPublic": f"{vendor.url}/dapi/v1"}}
    options = {"defaultType": "delivery", "fetchMarkets": {"types": ["inverse"]}, "fetchCurrencies": False}
    source = CCXT("binance", options={"urls": urls, "options": options, "rateLimit": 0}, pace=pace)
    fetched = source.fetch(["BTC/USD:BTC"], "2024-01-02", "2024-01-05")
    (note,) = fetched.notes
    assert note.startswith(
        "BTC/USD:BTC: a contract that settles in BTC, and not in USD, comes as an index: orders for it"
    )
    assert "such as BTC/USDT:USDT" in note
    assert note in repr(fetched)
    monkeypatch.setenv("RUSTYBT_ROOT", str(root))
    ingest("coin", fetched)

    def initialize(context):
        context.asset = rustybt.api.symbol("BTC/USD:BTC")

    def handle_data(context, data):
        assert data.current(context.asset, "close") == Decimal("42283.5")
        rustybt.api.order(context.asset, 1)

    result = rustybt.run_algorithm("2024-01-02", "2024-01-05", initialize, 1_000_000, handle_data, bundle="coin")
    assert set(result.orders["status"]) == {"rejected"}
    assert set(result.orders["reason"]) == {"BTC/USD:BTC is an index, which can't be ordered"}
    assert result.daily["ending_cash"][-1] == 1_000_000
