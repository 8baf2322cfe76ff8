"""Polygon.io, which is Massive since October 2025: stocks, crypto and currencies over REST."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final, Literal
from urllib.parse import quote, urlsplit

import polars as pl

from rustybt.core import DateLike, Frequency
from rustybt.errors import InputError, SourceError, SourceMalformed, SourceRefused
from rustybt.sources._actions import Action, day_in, ratio, text_or_none, within
from rustybt.sources._download import download, make_request
from rustybt.sources._http import Http
from rustybt.sources._keys import Secret, find_key, keep
from rustybt.sources._pace import Caller, Pace
from rustybt.sources._page import Page, Row, need, rows_of, stamp_ns
from rustybt.sources._pairs import pair_of
from rustybt.sources._source import Fetched, Progress, Supports, Window

_BASE: Final = "https://api.massive.com"
_FREQUENCIES: Final = ("1m", "5m", "15m", "30m", "1h", "4h", "1d", "1w", "1mo")
_SPANS: Final = {"s": "second", "m": "minute", "h": "hour", "d": "day", "w": "week", "mo": "month"}
_MARKETS: Final = {
    "stocks": ("", "XNYS", "America/New_York"),
    "crypto": ("X:", "24/7", "UTC"),
    "fx": ("C:", "24/5", "UTC"),
}
_BARS: Final = "bars"
_SPLITS: Final = "splits"
_DIVIDENDS: Final = "dividends"

type Market = Literal["stocks", "crypto", "fx"]


class Polygon:
    """Bars, splits and dividends of Polygon, now Massive. Prices are as traded (`adjusted=false`).

    key: else MASSIVE_API_KEY or POLYGON_API_KEY, else [polygon] api_key in the keys file.
    market: "stocks", "crypto" (symbols like BTC/USD) or "fx" (EUR/USD). Bars below a day include extended hours.
    pace: the free plan allows 5 calls a minute, which is the default; paid plans give Pace().
    base_url: another address that speaks the same.
    """

    name = "polygon"

    def __init__(
        self,
        key: str | Secret | None = None,
        *,
        market: Market = "stocks",
        pace: Pace | None = None,
        base_url: str = _BASE,
        timeout: float = 30.0,
    ) -> None:
        if market not in _MARKETS:
            raise InputError(f"market is {market!r}. Pass one of {', '.join(_MARKETS)}.")
        self.market = market
        self._prefix, calendar, tz = _MARKETS[market]
        stocks = market == "stocks"
        self.supports = Supports(
            _FREQUENCIES,
            calendar,
            tz,
            splits=stocks,
            dividends=stocks,
            extended_hours=stocks,
            needs_key=True,
            intraday_calendar="24/5-fx" if market == "fx" else None,  # its days are those of UTC, 24/5
        )
        self.identity = f"polygon market={market}{'' if base_url == _BASE else f' address={base_url}'}"
        self._key = keep(key)
        self._base = base_url.rstrip("/")
        self._timeout = timeout
        self._caller = Caller(pace or Pace(calls=5, seconds=60.0))

    def vendor_symbol(self, symbol: str) -> str:
        """AAPL stays AAPL; BTC/USD is X:BTCUSD, EUR/USD is C:EURUSD."""
        if not self._prefix or symbol.startswith(self._prefix):
            return symbol
        return self._prefix + symbol.replace("/", "").replace("-", "")

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
        key = find_key(self._key, self.name, "api_key", "MASSIVE_API_KEY", "POLYGON_API_KEY").reveal()
        http = Http(self.name, headers={"Authorization": f"Bearer {key}"}, secrets=(key,), timeout=self._timeout)
        pages = _Pages(http, self._base, self)
        return download(request, self._caller, pages.page, {"address": self._base, "adjusted": False})


class _Pages:
    """One fetch. The cursor is what is under way and the address of its next page: "bars https://...", "splits "."""

    def __init__(self, http: Http, base: str, source: Polygon) -> None:
        self._http = http
        self._base = base
        self._source = source

    def page(self, symbol: str, window: Window, cursor: str | None) -> Page:
        what, _, url = (cursor or _BARS).partition(" ")
        ticker = self._source.vendor_symbol(symbol)
        reply = self._ask(url, what, ticker, window)
        following = self._next_address(reply)
        if what == _BARS:
            page = Page(_bars(reply), None, asset=None if cursor else pair_of(symbol, self._source.market))
        elif what == _SPLITS:
            page = Page(rows_of(), None, splits=_splits(reply, window))
        else:
            page = Page(rows_of(), None, dividends=_dividends(reply, window))
        then = {_BARS: _SPLITS if self._source.supports.splits else None, _SPLITS: _DIVIDENDS, _DIVIDENDS: None}
        return replace(page, next=f"{what} {following}" if following else then[what])

    def _ask(self, url: str, what: str, ticker: str, window: Window) -> Any:
        if url:
            reply = self._http.get(url)
        elif what == _BARS:
            reply = self._http.get(
                f"{self._base}/v2/aggs/ticker/{quote(ticker, safe=':')}/range/{_range(window)}",
                {"adjusted": "false", "sort": "asc", "limit": 50_000},
            )
        else:
            date = "execution_date" if what == _SPLITS else "ex_dividend_date"
            within = {f"{date}.gte": window.first_date, f"{date}.lte": window.last_date}
            reply = self._http.get(f"{self._base}/stocks/v1/{what}", {"ticker": ticker, **within, "limit": 5000})
        if not isinstance(reply, dict):
            raise SourceMalformed(f"polygon sent {str(reply)[:100]}, which is no object. Try later.")
        status = reply.get("status")
        if status == "NOT_AUTHORIZED":
            raise SourceRefused(f"{self._source.name}: {self._http.clean(str(reply.get('message')))}. Check your plan.")
        if status == "ERROR":
            raise SourceError(f"{self._source.name}: {self._http.clean(str(reply.get('error')))}. Check the request.")
        return reply

    def _next_address(self, reply: Any) -> str | None:
        url = reply.get("next_url")
        if not url:
            return None
        here, there = urlsplit(self._base), urlsplit(str(url))
        if (here.scheme, here.netloc) != (there.scheme, there.netloc):
            # the key goes where this leads
            raise SourceMalformed(
                f"{self._source.name} sends on to another host, {there.netloc}. Nothing was sent there."
            )
        return str(url)


def _range(window: Window) -> str:
    frequency: Frequency = window.frequency
    if frequency.step_ns is not None:
        first, last = str(window.start_ns // 1_000_000), str(window.end_ns // 1_000_000 - 1)
    else:
        first, last = str(window.first_date), str(window.last_date)
    return f"{frequency.count}/{_SPANS[frequency.unit]}/{first}/{last}"


def _results(reply: Any) -> list[Any]:
    found = reply.get("results") or []
    if not isinstance(found, list):
        raise SourceMalformed(f"polygon sent {str(reply)[:100]}, which has no list of results. Try later.")
    return found


def _bars(reply: Any) -> pl.DataFrame:
    what = "a bar of polygon"
    rows: list[Row] = []
    for bar in _results(reply):
        stamp = stamp_ns(need(bar, "t", what), 1_000_000, what)
        rows.append((stamp, *(need(bar, name, what) for name in "ohlcv")))
    return rows_of(rows)


def _splits(reply: Any, window: Window) -> tuple[Action, ...]:
    """`split_to` new shares for `split_from` old ones; the ratio is old prices to new ones."""
    found: list[Action] = []
    for split in _results(reply):
        old, new = (need(split, name, "a split of polygon") for name in ("split_from", "split_to"))
        found.append({"ex_date": day_in(split, "execution_date", "a split of polygon"), "ratio": ratio(old, new)})
    return within(found, window)


def _dividends(reply: Any, window: Window) -> tuple[Action, ...]:
    what = "a dividend of polygon"
    found: list[Action] = [
        {
            "ex_date": day_in(dividend, "ex_dividend_date", what),
            "amount": str(need(dividend, "cash_amount", what)),
            "currency": text_or_none(dividend.get("currency")) or "USD",
            "pay_date": text_or_none(dividend.get("pay_date")),
            "record_date": text_or_none(dividend.get("record_date")),
            "declared_date": text_or_none(dividend.get("declaration_date")),
        }
        for dividend in _results(reply)
    ]
    return within(found, window)
