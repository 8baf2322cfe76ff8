"""Alpaca's market data API, version 2: US stocks, and crypto."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final, Literal

from rustybt.core import DateLike, datetime_of
from rustybt.errors import InputError, SourceMalformed
from rustybt.sources._actions import Action, day_in, ratio, records_in, text_or_none, within
from rustybt.sources._download import download, make_request
from rustybt.sources._http import Http
from rustybt.sources._keys import Secret, find_key, keep
from rustybt.sources._pace import Caller, Pace
from rustybt.sources._page import Page, Row, need, rows_of
from rustybt.sources._pairs import pair_of
from rustybt.sources._source import Fetched, Progress, Supports, Window

_BASE: Final = "https://data.alpaca.markets"
_FREQUENCIES: Final = ("1m", "5m", "15m", "30m", "1h", "4h", "1d", "1w", "1mo")
_UNITS: Final = {"m": "Min", "h": "Hour", "d": "Day", "w": "Week", "mo": "Month"}
_ADDRESSES: Final = {"stocks": "/v2/stocks/bars", "crypto": "/v1beta3/crypto/us/bars"}
_ACTIONS: Final = "/v1/corporate-actions"
_KINDS: Final = ("forward_splits", "reverse_splits", "cash_dividends")
_PROCESSED_LATER: Final = dt.timedelta(days=200)
"""Alpaca filters actions by the day it processes them, and a dividend is processed when it is paid."""


class Alpaca:
    """Bars as traded, splits and cash dividends of Alpaca.

    key_id, secret_key: else APCA_API_KEY_ID and APCA_API_SECRET_KEY, else [alpaca] key_id and secret_key in the keys
        file.
    market: "stocks", or "crypto" (symbols like BTC/USD). Stock bars below a day include extended hours.
    feed: "sip" (all exchanges), "iex" (one, free) and what else the vendor offers; None leaves the choice to it.
    pace: the free plan allows 200 calls a minute, which is the default.
    """

    name = "alpaca"

    def __init__(
        self,
        key_id: str | Secret | None = None,
        secret_key: str | Secret | None = None,
        *,
        market: Literal["stocks", "crypto"] = "stocks",
        feed: str | None = None,
        pace: Pace | None = None,
        base_url: str = _BASE,
        timeout: float = 30.0,
    ) -> None:
        if market not in _ADDRESSES:
            raise InputError(f"market is {market!r}. Pass one of {', '.join(_ADDRESSES)}.")
        stocks = market == "stocks"
        calendar, tz = ("XNYS", "America/New_York") if stocks else ("24/7", "UTC")
        self.supports = Supports(
            _FREQUENCIES, calendar, tz, splits=stocks, dividends=stocks, extended_hours=stocks, needs_key=True
        )
        self.identity = f"alpaca market={market} feed={feed if stocks else None}"
        if base_url != _BASE:
            self.identity += f" address={base_url}"
        self._market = market
        self._keys = (keep(key_id), keep(secret_key))
        self._feed = feed if stocks else None
        self._base = base_url.rstrip("/")
        self._timeout = timeout
        self._caller = Caller(pace or Pace(calls=200, seconds=60.0))

    def vendor_symbol(self, symbol: str) -> str:
        """Stocks as they are; crypto as BTC/USD."""
        return symbol.replace("-", "/") if self._market == "crypto" else symbol

    def fetch(
        self,
        symbols: Sequence[str],
        start: DateLike,
        end: DateLike | None = None,
        frequency: str = "1d",
        *,
        progress: Callable[[Progress], None] | None = None,
        resume: str | Path | None = None,
    ) -> Fetched:
        """See `Source.fetch`."""
        now = self._caller.clock.now()
        request = make_request(
            self.name, self.supports, symbols, start, end, frequency, now, progress=progress, resume=resume
        )
        key_id = find_key(self._keys[0], self.name, "key_id", "APCA_API_KEY_ID").reveal()
        secret = find_key(self._keys[1], self.name, "secret_key", "APCA_API_SECRET_KEY").reveal()
        headers = {"APCA-API-KEY-ID": key_id, "APCA-API-SECRET-KEY": secret}
        http = Http(self.name, headers=headers, secrets=(key_id, secret), timeout=self._timeout)

        def page(symbol: str, window: Window, cursor: str | None) -> Page:
            what, _, token = (cursor or "bars").partition(" ")
            if what == "bars":
                return self._bars(http, symbol, window, token or None)
            return self._actions(http, symbol, window, token or None)

        provenance = {"address": self._base, "adjustment": "raw", "feed": self._feed or "default"}
        return download(request, self._caller, page, provenance)

    def _bars(self, http: Http, symbol: str, window: Window, token: str | None) -> Page:
        ticker = self.vendor_symbol(symbol)
        frequency = window.frequency
        params: dict[str, object] = {
            "symbols": ticker,
            "timeframe": f"{frequency.count}{_UNITS[frequency.unit]}",
            "start": _iso(window.start_ns),
            "end": _iso(window.end_ns - 1_000_000_000),
            "limit": 10_000,
            "sort": "asc",
            "page_token": token,
        }
        if self._market == "stocks":
            params |= {"adjustment": "raw", "feed": self._feed}
        reply = http.get(f"{self._base}{_ADDRESSES[self._market]}", params)
        bars = need(reply, "bars", "a reply of alpaca") or {}
        if not isinstance(bars, dict):
            raise SourceMalformed(f"alpaca sent bars as {type(bars).__name__}, not by symbol. Try later.")
        rows = [_row(bar) for bar in records_in(bars.get(ticker), f"alpaca's bars of {symbol}")]
        following = reply.get("next_page_token")
        then = "actions" if self.supports.splits else None
        asset = None if token else pair_of(symbol, self._market)
        return Page(rows_of(rows), f"bars {following}" if following else then, asset=asset)

    def _actions(self, http: Http, symbol: str, window: Window, token: str | None) -> Page:
        params: dict[str, object] = {
            "symbols": self.vendor_symbol(symbol),
            "types": "forward_split,reverse_split,cash_dividend",
            "start": window.first_date,
            "end": window.last_date + _PROCESSED_LATER,
            "limit": 1000,
            "page_token": token,
        }
        reply = http.get(f"{self._base}{_ACTIONS}", params)
        found = need(reply, "corporate_actions", "a reply of alpaca") or {}
        if not isinstance(found, dict):
            raise SourceMalformed(f"alpaca sent actions as {type(found).__name__}, not by kind. Try later.")
        told = {kind: records_in(found.get(kind), f"alpaca's {kind} of {symbol}") for kind in _KINDS}
        page = Page(
            rows_of(),
            splits=within((_split(s) for kind in _KINDS[:2] for s in told[kind]), window),
            dividends=within((_dividend(d) for d in told["cash_dividends"]), window),
        )
        following = reply.get("next_page_token")
        return replace(page, next=f"actions {following}") if following else page


def _iso(ns: int) -> str:
    return datetime_of(ns).isoformat().replace("+00:00", "Z")


def _row(bar: Any) -> Row:
    what = "a bar of alpaca"
    try:
        moment = dt.datetime.fromisoformat(need(bar, "t", what))
    except (TypeError, ValueError):
        raise SourceMalformed(f"{what} has the time {bar['t']!r}. Try later.") from None
    start = int(moment.timestamp()) * 1_000_000_000
    return (start, *(need(bar, name, what) for name in "ohlcv"))


def _split(split: Any) -> Action:
    what = "a split of alpaca"
    return {
        "ex_date": day_in(split, "ex_date", what),
        "ratio": ratio(need(split, "old_rate", what), need(split, "new_rate", what)),
    }


def _dividend(dividend: Any) -> Action:
    what = "a dividend of alpaca"
    return {
        "ex_date": day_in(dividend, "ex_date", what),
        "amount": str(need(dividend, "rate", what)),
        "currency": text_or_none(dividend.get("currency")) or "USD",
        "pay_date": text_or_none(dividend.get("payable_date")),
        "record_date": text_or_none(dividend.get("record_date")),
        "declared_date": None,
    }
