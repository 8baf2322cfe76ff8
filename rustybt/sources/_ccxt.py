"""Any exchange that CCXT knows: bars of crypto pairs, paginated, with ticks and steps of the markets."""

from __future__ import annotations

import contextlib
import datetime as dt
import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any, Final

from rustybt.core import DateLike, datetime_of, frequency_named
from rustybt.errors import (
    InputError,
    MissingExtra,
    SourceError,
    SourceMalformed,
    SourceRateLimited,
    SourceRefused,
    SourceUnavailable,
    SourceUnknownSymbol,
)
from rustybt.files import check_zone
from rustybt.sources._download import download, make_request
from rustybt.sources._pace import Caller, Pace
from rustybt.sources._page import Page, Row, plain_number, rows_of, stamp_ns
from rustybt.sources._source import Fetched, Progress, Supports, Window

_MS: Final = 1_000_000
_LIMIT: Final = 500
"""Bars a call where CCXT does not say how many the exchange gives."""
_RATES: Final = 100
"""Funding rates a call: so many every exchange gives."""
_FUNDING: Final = "funding "
_HOUR_MS: Final = 3_600_000
_TYPES: Final = {"spot": "crypto", "swap": "perpetual", "future": "future"}


class CCXT:
    """Bars of one exchange, as `CCXT("binance")`; prices with the digits that the exchange sent.

    exchange: CCXT's name of it. options: CCXT's own configuration, such as {"enableRateLimit": False} or
        {"proxies": {...}}; CCXT keeps to the exchange's rate limit by itself.
    tz: the zone at whose midnights the exchange's days begin, such as Asia/Shanghai where they begin at 16:00 UTC.
    pace: retries, and a limit beside CCXT's if one is wanted.
    """

    def __init__(
        self,
        exchange: str,
        *,
        options: Mapping[str, Any] | None = None,
        tz: str = "UTC",
        pace: Pace | None = None,
        timeout: float = 30.0,
    ) -> None:
        try:
            import ccxt
        except ImportError:
            raise MissingExtra("CCXT is not installed. Install it with: pip install 'rustybt[data]'") from None
        if exchange not in ccxt.exchanges:
            raise InputError(
                f"CCXT knows no exchange {exchange!r}. Pass one of its names, such as binance, kraken or coinbase."
            )
        self._ccxt = ccxt
        self._exchange = getattr(ccxt, exchange)(
            {"enableRateLimit": True, "timeout": int(timeout * 1000), **(options or {})}
        )
        # text, not floats: what the exchange wrote reaches the books
        self._exchange.number = str
        self._exchange.on_json_response = _quoted
        self._frequencies = _frequencies(self._exchange.timeframes or {})
        self._caller = Caller(pace or Pace())
        self.name = "ccxt"
        self._options = options or {}
        pays = bool(self._exchange.has.get("fetchFundingRateHistory"))
        self.supports = Supports(tuple(self._frequencies), "24/7", check_zone(tz) or "UTC", funding=pays)

    @property
    def identity(self) -> str:
        """The identity of the bars: the exchange, its address, and which of its markets are the default."""
        told = {name: self._options[name] for name in ("urls", "options", "hostname") if name in self._options}
        if self.supports.tz != "UTC":
            told["tz"] = self.supports.tz
        if not told:
            return f"ccxt exchange={self._exchange.id}"
        # a digest: what is in there is the user's
        digest = hashlib.sha256(json.dumps(told, sort_keys=True, default=str).encode()).hexdigest()[:12]
        return f"ccxt exchange={self._exchange.id} options={digest}"

    def vendor_symbol(self, symbol: str) -> str:
        """CCXT's unified names: BTC/USDT, and BTC/USDT:USDT for what settles in USDT. BTC-USDT is BTC/USDT."""
        return symbol if "/" in symbol else symbol.replace("-", "/", 1)

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
        source = f"ccxt:{self._exchange.id}"
        request = make_request(
            source, self.supports, symbols, start, end, frequency, now, progress=progress, resume=resume
        )
        provenance = {"exchange": self._exchange.id, "library": f"ccxt {self._ccxt.__version__}"}
        fetched = download(request, self._caller, self._page, provenance)
        return replace(fetched, notes=(*fetched.notes, *_unpaid(fetched)))

    def _page(self, symbol: str, window: Window, cursor: str | None) -> Page:
        """From the cursor on, in milliseconds; what perpetuals paid comes after their bars."""
        ticker = self.vendor_symbol(symbol)
        if cursor and cursor.startswith(_FUNDING):
            return self._funding(ticker, window, int(cursor.removeprefix(_FUNDING)))
        since = int(cursor) if cursor else -(-window.start_ns // _MS)
        market = self._ask(self._market, ticker)
        limit = self._ask(self._exchange.feature_value, ticker, "fetchOHLCV", "limit") or _LIMIT
        bars = self._ask(
            self._exchange.fetch_ohlcv, ticker, self._frequencies[str(window.frequency)], since, int(limit)
        )
        rows = [_row(bar) for bar in bars or ()]
        step = window.frequency.span_ns // 10**6
        last = max((row[0] // _MS for row in rows), default=-1)
        if last >= since:
            following = last + step
        else:
            # nothing from here on: before the listing, or a hole; exchanges send either nothing or what lies elsewhere
            following = self._first_after(ticker, since, since + int(limit) * step, window)
        ends = following * _MS >= window.end_ns
        asset = self._asset(market)
        paid = self.supports.funding and asset["type"] == "perpetual"
        after = f"{_FUNDING}{-(-window.start_ns // _MS)}" if paid else None
        notes = () if cursor else _settled_elsewhere(market)
        return Page(rows_of(rows), after if ends else str(following), asset=None if cursor else asset, notes=notes)

    def _funding(self, ticker: str, window: Window, since: int) -> Page:
        """Funding rates from `since` on.

        Of a range with more rates than they give at once some exchanges send the first, others the last. So the range
        is one in which there are no more, with one an hour.
        """
        until = min(since + _RATES * _HOUR_MS, -(-window.end_ns // _MS)) - 1
        sent = self._ask(self._rates, ticker, since, until)
        if sent is None:
            return Page(rows_of(), notes=(f"{self._exchange.id} does not tell what it paid",))
        found = [(stamp, rate) for stamp, rate in map(_rate, sent) if stamp >= since]
        last = max((stamp for stamp, _ in found), default=-1)
        # beyond the range: the exchange knows no end of it, and goes on for as long as it likes
        following = last + 1 if last > until or len(found) >= _RATES else until + 1
        inside = tuple(rate for stamp, rate in found if stamp * _MS < window.end_ns)
        return Page(rows_of(), None if following * _MS >= window.end_ns else f"{_FUNDING}{following}", funding=inside)

    def _rates(self, ticker: str, since: int, until: int) -> Sequence[Mapping[str, Any]] | None:
        """None where this market's can't be had."""
        try:
            rates: Sequence[Mapping[str, Any]] = self._exchange.fetch_funding_rate_history(
                ticker, since, _RATES, {"until": until}
            )
        except self._ccxt.NotSupported:
            return None
        return rates or ()

    def _first_after(self, ticker: str, since: int, beyond: int, window: Window) -> int:
        """The moment to go on from after a page without bars: the days tell at which one there are some again."""
        if window.frequency.step_ns is not None and "1d" in self._frequencies:
            days = self._ask(self._exchange.fetch_ohlcv, ticker, self._frequencies["1d"], since, _LIMIT)
            later = [_row(day)[0] // _MS for day in days or ()]
            first = min((stamp for stamp in later if stamp > since), default=None)
            # in one jump, but never past a bar: the day's first minute may be its only one
            return max(beyond, first) if first is not None else max(beyond, since + _LIMIT * 86_400_000)
        return beyond

    def _market(self, ticker: str) -> dict[str, Any]:
        self._exchange.load_markets()
        market: dict[str, Any] = self._exchange.market(ticker)
        return market

    def _asset(self, market: Mapping[str, Any]) -> dict[str, str]:
        precision = market.get("precision") or {}
        told = {
            "type": "index" if _settled_elsewhere(market) else _TYPES.get(str(market.get("type")), "crypto"),
            "exchange": self._exchange.id,
            "currency": market.get("quote"),
            "tick_size": self._step(precision.get("price")),
            "quantity_step": self._step(precision.get("amount")),
            "multiplier": market.get("contractSize"),
        }
        return {name: str(value) for name, value in told.items() if value is not None}

    def _step(self, precision: object) -> str | None:
        """CCXT tells of precision as a step, or as a number of decimals; of significant digits nothing follows."""
        if precision is None:
            return None
        try:
            if self._exchange.precisionMode == self._ccxt.TICK_SIZE:
                step = Decimal(str(precision))
            elif self._exchange.precisionMode == self._ccxt.DECIMAL_PLACES:
                step = Decimal(1).scaleb(-int(str(precision)))
            else:
                return None
        except (InvalidOperation, ValueError):
            return None
        return format(step, "f") if step.is_finite() and step > 0 else None

    def _ask[T](self, ask: Callable[..., T], *arguments: object) -> T:
        """A call of CCXT's, with its errors as ours."""
        errors = self._ccxt
        name = self._exchange.id
        try:
            return ask(*arguments)
        except errors.BadSymbol as error:
            raise SourceUnknownSymbol(f"{name} has no such pair: {_short(error)}. Write it like BTC/USDT.") from None
        except (errors.RateLimitExceeded, errors.DDoSProtection) as error:
            raise SourceRateLimited(f"{name} was asked too often: {_short(error)}. Wait.", retry_after=None) from None
        except errors.AuthenticationError as error:
            raise SourceRefused(f"{name} refuses: {_short(error)}. Check keys and region.", stops=True) from None
        except errors.RestrictedLocation as error:
            raise SourceRefused(f"{name} refuses from here: {_short(error)}. Choose another.", stops=True) from None
        except errors.BadResponse as error:
            raise SourceMalformed(
                f"{name} sent what can't be read: {_short(error)}. Try later.", may_pass=True
            ) from None
        except errors.NetworkError as error:
            raise SourceUnavailable(f"{name} can't be reached: {_short(error)}. Run the same again later.") from None
        except errors.BaseError as error:
            raise SourceError(f"{name}: {_short(error)}. Check pair and frequency.") from None
        except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
            # what CCXT's parsing meets in a reply of another shape than it knows
            raise SourceMalformed(f"{name} sent what CCXT can't read ({error!r}). Try later.", may_pass=True) from None


def _quoted(text: str) -> Any:
    """JSON whose numbers with a point stay text."""
    return json.loads(text, parse_float=str)


def _row(bar: Sequence[Any]) -> Row:
    if not isinstance(bar, list | tuple) or len(bar) < 6 or bar[0] is None:
        raise SourceMalformed(
            f"a bar of ccxt is {str(bar)[:100]}, not time, open, high, low, close, volume. Try later."
        )
    return (stamp_ns(bar[0], _MS, "a bar of ccxt"), *bar[1:6])


def _rate(told: Mapping[str, Any]) -> tuple[int, dict[str, str | None]]:
    """A funding rate, and its moment in milliseconds: the full second, which some exchanges stamp a little late."""
    stamp, rate = told.get("timestamp"), told.get("fundingRate")
    if stamp is None or rate is None:
        raise SourceMalformed(f"a funding rate of ccxt is {str(told)[:100]}, without moment or rate. Try later.")
    second = int(stamp) // 1000
    moment = datetime_of(second * 10**9).strftime("%Y-%m-%dT%H:%M:%SZ")
    # not among what CCXT has for all exchanges; Binance and those like it tell of it
    mark = (told.get("info") or {}).get("markPrice") or None
    found = {"timestamp": moment, "rate": plain_number(rate, "a funding rate"), "mark_price": None}
    if mark is not None:
        found["mark_price"] = plain_number(mark, "a mark price")
    return second * 1000, found


def _unpaid(fetched: Fetched) -> Iterator[str]:
    """Notes on perpetuals whose funding begins later than their bars."""
    assets, funding = fetched.assets, fetched.funding
    if assets is None or "type" not in assets.columns:
        return
    stamp = fetched.bars.columns[1]
    for symbol in assets.filter(assets["type"] == "perpetual")["symbol"].to_list():
        began = str(fetched.bars.filter(fetched.bars["symbol"] == symbol)[stamp].min())[:10]
        paid = funding.filter(funding["symbol"] == symbol)["timestamp"].to_list() if funding is not None else []
        first = min(paid, default="")[:10]
        if not first or (dt.date.fromisoformat(first) - dt.date.fromisoformat(began)).days > 1:
            yield f"{symbol}: bars begin on {began}, and funding rates {f'on {first}' if first else 'are not there'}"


def _short(error: BaseException) -> str:
    return " ".join(str(error).split())[:200]


def _frequencies(timeframes: Iterable[str]) -> dict[str, str]:
    """The exchange's name of each frequency that bars here can have; lengths such as three days are left out."""
    found = {}
    for name in timeframes:
        with contextlib.suppress(InputError):
            found[frequency_named(name.replace("M", "mo")).name] = name
    return found


def _settled_elsewhere(market: Mapping[str, Any]) -> tuple[str, ...]:
    """A note on a contract that settles in the coin itself, or in a third one; none on others.

    It gains otherwise than quantity times change of price, which is what the books count.
    """
    if not market.get("inverse") and market.get("linear") is not False:
        return ()
    coin, base, quote = market.get("settle"), market.get("base"), market.get("quote")
    looked_at = f"a contract that settles in {coin}, and not in {quote}, comes as an index: orders for it are refused"
    instead = f"to trade, take one that settles in what it is quoted in, such as {base}/USDT:USDT, or the coin itself"
    return (f"{looked_at}; {instead}",)
