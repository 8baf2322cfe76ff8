"""Exchanges through CCXT itself, their public addresses replaced by a local socket that answers as they do."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import ClassVar

import pytest

from rustybt.catalog import open_version
from rustybt.errors import (
    InputError,
    SourceMalformed,
    SourceRateLimited,
    SourceRefused,
    SourceUnavailable,
    SourceUnknownSymbol,
)
from rustybt.ingest import ingest
from rustybt.sources import CCXT
from rustybt.testing import SourceContract
from tests.unit.sources._server import Reply
from tests.unit.sources.conftest import LIVE

pytest.importorskip("ccxt")

DAY = 86_400_000
LISTED = int(dt.datetime(2024, 1, 2, tzinfo=dt.UTC).timestamp() * 1000)


def spot(base: str, tick: str, step: str) -> dict:
    return {
        "symbol": f"{base}USDT",
        "status": "TRADING",
        "baseAsset": base,
        "baseAssetPrecision": 8,
        "quoteAsset": "USDT",
        "quotePrecision": 8,
        "quoteAssetPrecision": 8,
        "isSpotTradingAllowed": True,
        "permissions": [],
        "permissionSets": [["SPOT"]],
        "orderTypes": ["LIMIT", "MARKET"],
        "filters": [
            {"filterType": "PRICE_FILTER", "minPrice": tick, "maxPrice": "1000000.00000000", "tickSize": tick},
            {"filterType": "LOT_SIZE", "minQty": step, "maxQty": "9000.00000000", "stepSize": step},
            {"filterType": "NOTIONAL", "minNotional": "5.00000000"},
        ],
    }


def kline(stamp: int, step: int, price: str) -> list:
    return [stamp, price, price, price, price, "123.45678900", stamp + step - 1, "5", 10, "1.0", "2.0", "0"]


class Binance:
    """Six months from the day it was listed, five days or 300 shorter bars a page whatever the limit."""

    steps: ClassVar = {"1m": 60_000, "1h": 3_600_000, "1d": DAY}

    def __init__(self, vendor):
        markets = [spot("BTC", "0.01000000", "0.00001000"), spot("PEPE", "0.00000001", "1.00000000")]
        info = {"timezone": "UTC", "serverTime": LISTED, "rateLimits": [], "exchangeFilters": [], "symbols": markets}
        vendor.routes |= {"/api/v3/exchangeInfo": lambda _: Reply(info), "/api/v3/klines": self.klines}

    def klines(self, asked):
        step = self.steps[asked.query["interval"]]
        since = max(int(asked.query["startTime"]), LISTED)
        since += -since % step
        price = {"BTCUSDT": "42283.58000000", "PEPEUSDT": "0.00000129"}[asked.query["symbol"]]
        stamps = [since + n * step for n in range(5 if step == DAY else 300)]
        return Reply([kline(stamp, step, price) for stamp in stamps if stamp < LISTED + 180 * DAY])


def binance(vendor, pace, **more):
    urls = {"api": {"public": f"{vendor.url}/api/v3"}}
    options = {"defaultType": "spot", "fetchMarkets": {"types": ["spot"]}, "fetchCurrencies": False}
    return CCXT("binance", options={"urls": urls, "options": options, "rateLimit": 0}, pace=pace, **more)


@pytest.fixture
def source(vendor, pace):
    Binance(vendor)
    return binance(vendor, pace)


class TestContract(SourceContract):
    symbols: ClassVar = ("BTC/USDT", "PEPE/USDT")
    unknown = "NO/SUCH"
    start, end = "2024-01-02", "2024-01-20"

    @pytest.fixture(autouse=True)
    def _vendor(self, vendor, pace):
        Binance(vendor)
        self._made = (vendor, pace)

    def make(self):
        return CCXT("binance") if LIVE else binance(*self._made)


class TestContractOfHours(TestContract):
    frequency = "1h"
    end = "2024-01-02"


class TestOtherExchangesLive(SourceContract):
    """Three exchanges, as the requirement says; only against the real ones."""

    symbols: ClassVar = ("BTC/USD", "ETH/USD")
    unknown = "NO/SUCH"
    start, end = "2026-09-01", "2026-09-20"

    @pytest.fixture(autouse=True, params=["coinbase", "kraken", "bitstamp"])
    def _exchange(self, request):
        if not LIVE:
            pytest.skip("RUSTYBT_LIVE_SOURCES is not 1")
        self._name = request.param

    def make(self):
        return CCXT(self._name)


def test_text_of_the_exchange_becomes_decimal(source):
    fetched = source.fetch(["PEPE/USDT"], "2024-01-02", "2024-01-03")
    assert fetched.bars["close"][0] == Decimal("0.00000129")
    assert fetched.bars["volume"][0] == Decimal("123.456789")
    assert fetched.assets.to_dicts() == [
        {
            "symbol": "PEPE/USDT",
            "type": "crypto",
            "exchange": "binance",
            "currency": "USDT",
            "tick_size": "0.00000001",
            "quantity_step": "1.00000000",
        }
    ]


def test_history_is_paged_and_stored_with_ticks_and_steps(source, vendor, root):
    fetched = source.fetch(["BTC/USDT"], "2024-01-02", "2024-01-20")
    assert fetched.bars.height == 19
    assert len([path for path in vendor.paths() if path.endswith("klines")]) == 4
    report = ingest("crypto", fetched, root=root)
    asset = open_version("crypto", root=root).assets()[0]
    assert (report.rows, asset.symbol, asset.kind) == (19, "BTC/USDT", "crypto")
    assert (asset.tick_size, asset.quantity_step, asset.currency) == (Decimal("0.01"), Decimal("0.00001"), "USDT")


def test_a_range_that_begins_years_before_the_listing(source, vendor):
    """Binance answers with the first bars there are; an exchange that answers with nothing is passed over quickly."""
    fetched = source.fetch(["BTC/USDT"], "2017-01-01", "2024-01-03", "1h")
    assert fetched.bars["timestamp"][0] == dt.datetime(2024, 1, 2, tzinfo=dt.UTC)
    assert "begin" in fetched.notes[0]
    plain = vendor.routes["/api/v3/klines"]

    def silent(asked):
        since, step = int(asked.query["startTime"]), Binance.steps[asked.query["interval"]]
        return plain(asked) if since + int(asked.query["limit"]) * step > LISTED else Reply([])

    vendor.routes["/api/v3/klines"] = silent
    before = len(vendor.asked)
    again = source.fetch(["BTC/USDT"], "2017-01-01", "2024-01-03", "1h")
    assert again.bars.equals(fetched.bars)
    assert len(vendor.asked) - before < 40


def test_a_hole_in_the_minutes_ends_nothing(source, vendor):
    """Two days without a trade: pages without bars, then bars again."""
    plain = vendor.routes["/api/v3/klines"]
    gap = range(LISTED + 60 * 60_000, LISTED + 2 * DAY, 60_000)

    def holed(asked):
        rows = plain(asked).body
        kept = [row for row in rows if row[0] not in gap] if asked.query["interval"] == "1m" else rows
        return Reply(kept)

    vendor.routes["/api/v3/klines"] = holed
    fetched = source.fetch(["BTC/USDT"], "2024-01-02", "2024-01-04T00:30:00Z", "1m")
    minutes = fetched.bars["timestamp"].to_list()
    assert len(minutes) == 60 + 30
    assert minutes[59:61] == [
        dt.datetime(2024, 1, 2, 0, 59, tzinfo=dt.UTC),
        dt.datetime(2024, 1, 4, tzinfo=dt.UTC),
    ]


@pytest.mark.parametrize(
    ("reply", "error", "calls"),
    [
        (Reply({"code": -1003, "msg": "Too many requests."}, 429), SourceRateLimited, 5),
        (Reply({"code": -1121, "msg": "Invalid symbol."}, 400), SourceUnknownSymbol, 1),
        (Reply({"code": -2015, "msg": "Invalid API-key."}, 401), SourceRefused, 1),
        (Reply("", 503), SourceUnavailable, 5),
        (Reply("", hang_up=True), SourceUnavailable, 5),
        (Reply([[LISTED, "x", "1", "1", "1", "1"]]), SourceMalformed, 1),
    ],
)
def test_errors_of_the_exchange(source, vendor, reply, error, calls):
    source.fetch(["BTC/USDT"], "2024-01-02", "2024-01-03")
    before = len(vendor.asked)
    vendor.trouble = [reply] * calls
    with pytest.raises(error):
        source.fetch(["BTC/USDT"], "2024-01-02", "2024-01-03")
    assert len(vendor.asked) - before == calls


def test_names():
    with pytest.raises(InputError, match="no exchange 'mtgox'"):
        CCXT("mtgox")
    source = CCXT("kraken")
    assert source.vendor_symbol("BTC-USD") == "BTC/USD"
    assert "1w" in source.supports.frequencies


def test_bare_numbers_in_json_arrive_as_they_were_written(vendor, pace):
    """Bitfinex sends numbers, not text; a float would have lost the last digits."""
    pairs = [[["BTCUSD", [None, None, None, "0.00004", "2000.0", None, None, None, 0.2, 0.1]]], [], [], []]
    vendor.routes |= {
        "/v2/conf/pub:info:pair": lambda _: Reply(pairs),
        "/v2/candles/": lambda _: Reply(f"[[{LISTED},42283.580000000001,42283.6,42283.7,42283.5,12.34567891]]"),
    }
    urls = {"api": dict.fromkeys(("v1", "public", "private"), vendor.url)}
    source = CCXT("bitfinex", options={"urls": urls, "rateLimit": 0, "has": {"fetchCurrencies": False}}, pace=pace)
    fetched = source.fetch(["BTC/USD"], "2024-01-02", "2024-01-02")
    assert fetched.bars.row(0)[2] == Decimal("42283.580000000001")


@pytest.mark.parametrize(
    ("market", "kind"),
    [
        ({"type": "spot", "linear": None, "inverse": None}, "crypto"),
        ({"type": "swap", "linear": True, "inverse": False}, "perpetual"),
        ({"type": "future", "linear": True, "inverse": False}, "future"),
        # its gain is no product of quantity and change of price: no orders for it
        ({"type": "swap", "linear": False, "inverse": True}, "index"),
    ],
)
def test_what_a_market_is(market, kind):
    told = CCXT("binance")._asset({**market, "quote": "USDT", "contractSize": "0.01", "precision": {}})
    assert (told["type"], told["currency"], told["multiplier"]) == (kind, "USDT", "0.01")


def test_days_that_begin_elsewhere_than_at_midnight_need_their_zone(vendor, pace, root):
    Binance(vendor)
    evening = LISTED - 8 * 3_600_000  # midnight in Shanghai is 16:00 UTC

    def klines(asked):
        since = max(int(asked.query["startTime"]), evening)
        since += (evening - since) % DAY
        return Reply([kline(since + n * DAY, DAY, f"{n + 1}.0") for n in range(3)])

    vendor.routes["/api/v3/klines"] = klines
    with pytest.raises(SourceMalformed, match=r"begins a day of BTC/USDT at 2024-01-02 16:00 UTC.*tz="):
        binance(vendor, pace).fetch(["BTC/USDT"], "2024-01-02", "2024-01-04")
    fetched = binance(vendor, pace, tz="Asia/Shanghai").fetch(["BTC/USDT"], "2024-01-02", "2024-01-04")
    days = [dt.date(2024, 1, day) for day in (2, 3, 4)]
    assert fetched.bars.select("date", "close").rows() == list(zip(days, map(Decimal, (1, 2, 3)), strict=True))
    assert ingest("b", fetched, root=root).rows == 3
