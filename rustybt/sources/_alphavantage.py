"""Alpha Vantage: stocks, currencies and crypto, one symbol a call. It sends numbers as text."""

from __future__ import annotations

import datetime as dt
import zoneinfo
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final, Literal

from rustybt.core import DateLike
from rustybt.errors import (
    InputError,
    SourceError,
    SourceMalformed,
    SourceRateLimited,
    SourceRefused,
    SourceUnknownSymbol,
)
from rustybt.sources._actions import Action, day_in, ratio, text_or_none, within
from rustybt.sources._download import download, make_request
from rustybt.sources._http import Http
from rustybt.sources._keys import Secret, find_key, keep
from rustybt.sources._pace import Caller, Pace
from rustybt.sources._page import Page, Row, need, rows_of
from rustybt.sources._pairs import pair_of
from rustybt.sources._source import Fetched, Progress, Supports, Window

_BASE: Final = "https://www.alphavantage.co/query"
_INTRADAY: Final = {"1m": "1min", "5m": "5min", "15m": "15min", "30m": "30min", "1h": "60min"}
_CALENDARS: Final = {"stocks": ("XNYS", "America/New_York"), "fx": ("24/5", "UTC"), "crypto": ("24/7", "UTC")}
_FUNCTIONS: Final = {"stocks": "TIME_SERIES", "fx": "FX", "crypto": "DIGITAL_CURRENCY"}
_FIRST_MONTH: Final = (2000, 1)
_COMPACT: Final = 100


class AlphaVantage:
    """Bars as traded, splits and dividends of Alpha Vantage.

    key: else ALPHAVANTAGE_API_KEY, else [alphavantage] api_key in the keys file.
    market: "stocks", "fx" (EUR/USD) or "crypto" (BTC/USD); the latter two in days only.
    outputsize: "compact" is the last 100 days, which the free plan gives; "full" is all, for paid plans.
    actions: ask for splits and dividends too, which is two calls more a symbol of the free plan's 25 a day.
    pace: one call a second by default, as the free plan allows.
    """

    name = "alphavantage"

    def __init__(
        self,
        key: str | Secret | None = None,
        *,
        market: Literal["stocks", "fx", "crypto"] = "stocks",
        outputsize: Literal["compact", "full"] = "compact",
        actions: bool = True,
        pace: Pace | None = None,
        base_url: str = _BASE,
        timeout: float = 60.0,
    ) -> None:
        if market not in _CALENDARS or outputsize not in ("compact", "full"):
            raise InputError(
                f"market is {market!r} and outputsize {outputsize!r}. Pass stocks, fx or crypto, and compact or full."
            )
        stocks = market == "stocks"
        calendar, tz = _CALENDARS[market]
        frequencies = (*(_INTRADAY if stocks else ()), "1d")
        self.supports = Supports(frequencies, calendar, tz, stocks and actions, stocks and actions, False, True)
        self.identity = f"alphavantage market={market} outputsize={outputsize} actions={actions}"
        if base_url != _BASE:
            self.identity += f" address={base_url}"
        self._market = market
        self._outputsize = outputsize
        self._key = keep(key)
        self._base = base_url
        self._timeout = timeout
        self._caller = Caller(pace or Pace(calls=1, seconds=1.2))

    def vendor_symbol(self, symbol: str) -> str:
        """Stocks outside the US carry a suffix (TSCO.LON); pairs are written EUR/USD."""
        return symbol if self._market == "stocks" else symbol.replace("-", "/")

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
        key = find_key(self._key, self.name, "api_key", "ALPHAVANTAGE_API_KEY").reveal()
        http = Http(self.name, secrets=(key,), timeout=self._timeout)

        def page(symbol: str, window: Window, cursor: str | None) -> Page:
            if cursor in ("SPLITS", "DIVIDENDS"):
                reply = self._ask(http, key, symbol, {"function": cursor, "symbol": symbol})
                return _actions(cursor, reply, window)
            if window.frequency.step_ns is not None:
                return self._month(http, key, symbol, window, cursor)
            return self._days(http, key, symbol, window)

        return download(request, self._caller, page, {"address": self._base, "outputsize": self._outputsize})

    def _ask(self, http: Http, key: str, symbol: str, params: dict[str, object]) -> dict[str, Any]:
        """One call. The vendor tells of errors in the body, under 200."""
        reply = http.get(self._base, {**params, "apikey": key})
        if not isinstance(reply, dict):
            raise SourceMalformed(f"alphavantage sent {str(reply)[:100]} for {symbol}. Try later.")
        if "Error Message" in reply:
            raise SourceUnknownSymbol(
                f"alphavantage does not know {symbol}: {http.clean(str(reply['Error Message']))} Check the spelling."
            )
        told = http.clean(str(reply.get("Information") or reply.get("Note") or ""))
        if told and len(reply) == 1:
            raise _told(told)
        return reply

    def _days(self, http: Http, key: str, symbol: str, window: Window) -> Page:
        params: dict[str, object] = {"function": f"{_FUNCTIONS[self._market]}_DAILY"}
        base, _, quote = self.vendor_symbol(symbol).partition("/")
        if self._market == "stocks":
            params |= {"symbol": symbol, "outputsize": self._outputsize}
        elif self._market == "fx":
            params |= {"from_symbol": base, "to_symbol": quote, "outputsize": self._outputsize}
        else:
            params |= {"symbol": base, "market": quote}
        rows = _rows(self._ask(http, key, symbol, params), self._market, self.supports.tz)
        stamps = sorted(row[0] for row in rows)
        if self._outputsize == "compact" and len(rows) >= _COMPACT and stamps[0] > window.start_ns + 7 * 86_400 * 10**9:
            raise SourceRefused(
                f"alphavantage gives the last {_COMPACT} days of {symbol} with outputsize='compact', and you asked "
                f"from {window.first_date}. Pass outputsize='full', which needs a paid plan, or a later start."
            )
        return Page(rows_of(rows), self._after_bars(), asset=pair_of(symbol, self._market))

    def _month(self, http: Http, key: str, symbol: str, window: Window, cursor: str | None) -> Page:
        first, last = window.first_date, window.last_date
        month = cursor or f"{max((first.year, first.month), _FIRST_MONTH)[0]}-{first.month:02}"
        params: dict[str, object] = {
            "function": "TIME_SERIES_INTRADAY",
            "symbol": symbol,
            "interval": _INTRADAY[str(window.frequency)],
            "month": month,
            "adjusted": "false",
            "extended_hours": "false",
            "outputsize": "full",
        }
        rows = _rows(self._ask(http, key, symbol, params), self._market, self.supports.tz)
        year, number = (int(part) for part in month.split("-"))
        following = f"{year + number // 12}-{number % 12 + 1:02}"
        return Page(rows_of(rows), following if following <= f"{last.year}-{last.month:02}" else self._after_bars())

    def _after_bars(self) -> str | None:
        return "SPLITS" if self.supports.splits else None


def _told(told: str) -> SourceError:
    """The error that a message under 200 means; it has no code."""
    lower = told.lower()
    if "per day" in lower and "premium endpoint" not in lower:
        return SourceRateLimited(f"alphavantage: {told} Go on tomorrow, or with a paid plan.", stops=True)
    if "premium" in lower and "endpoint" in lower:
        return SourceRefused(f"alphavantage: {told} This needs a paid plan.")
    if "apikey" in lower or "api key" in lower:
        return SourceRefused(f"alphavantage: {told} Check the key.", stops=True)
    return SourceRateLimited(f"alphavantage: {told} Ask less often.", retry_after=15.0)


def _rows(reply: dict[str, Any], market: str, tz: str) -> list[Row]:
    """The series of a reply: date or naive time of the exchange to fields such as "1. open"."""
    name = next((name for name in reply if name.startswith("Time Series")), None)
    series = reply[name] if name else None
    if not isinstance(series, dict):
        raise SourceMalformed(f"alphavantage sent no time series but {', '.join(reply) or 'nothing'}. Try later.")
    zone = zoneinfo.ZoneInfo(tz)
    rows: list[Row] = []
    for text, fields in series.items():
        if not isinstance(fields, dict):
            raise SourceMalformed(f"alphavantage sent {str(fields)[:50]} for {text}. Try later.")
        values = {_plain(label): value for label, value in fields.items()}
        try:
            stamp = int(dt.datetime.fromisoformat(text).replace(tzinfo=zone).timestamp()) * 1_000_000_000
        except ValueError:
            raise SourceMalformed(f"alphavantage sent the time {text!r}. Try later.") from None
        prices = (need(values, field, "a bar of alphavantage") for field in ("open", "high", "low", "close"))
        # of currencies nobody knows a volume; of shares a reply without one is another reply
        volume = values.get("volume", "0") if market == "fx" else need(values, "volume", "a bar of alphavantage")
        rows.append((stamp, *prices, volume))
    return rows


def _plain(label: str) -> str:
    """ "1. open" and "1a. open (USD)" are the open."""
    return label.partition(". ")[2].partition(" (")[0]


def _actions(what: str, reply: dict[str, Any], window: Window) -> Page:
    records = need(reply, "data", "a reply of alphavantage")
    if not isinstance(records, list):
        raise SourceMalformed(f"alphavantage sent {str(records)[:50]} as {what.lower()}. Try later.")
    if what == "SPLITS":
        splits: list[Action] = [
            {
                "ex_date": day_in(record, "effective_date", "a split of alphavantage"),
                "ratio": ratio(1, need(record, "split_factor", "a split of alphavantage")),
            }
            for record in records
        ]
        return Page(rows_of(), "DIVIDENDS", splits=within(splits, window))
    dividends: list[Action] = [
        {
            "ex_date": day_in(record, "ex_dividend_date", "a dividend of alphavantage"),
            "amount": str(need(record, "amount", "a dividend of alphavantage")),
            "currency": None,
            "pay_date": text_or_none(record.get("payment_date")),
            "record_date": text_or_none(record.get("record_date")),
            "declared_date": text_or_none(record.get("declaration_date")),
        }
        for record in records
    ]
    return Page(rows_of(), dividends=within(dividends, window))
