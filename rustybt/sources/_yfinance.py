"""Yahoo through yfinance: stocks, funds, currencies, indices and crypto, without a key.

Yahoo has every price divided by the splits that came later, and sends 32-bit floats printed as 64-bit ones. Here the
splits are multiplied back in, so that prices are as traded, and a number is the shortest text of its 32-bit float.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable, Sequence
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

import numpy as np

from rustybt.core import DateLike, div_half_even
from rustybt.errors import (
    InputError,
    MissingExtra,
    SourceError,
    SourceMalformed,
    SourceRateLimited,
    SourceUnavailable,
    SourceUnknownSymbol,
)
from rustybt.sources._actions import Action
from rustybt.sources._download import download, make_request
from rustybt.sources._pace import Caller, Pace
from rustybt.sources._page import Page, Row, rows_of
from rustybt.sources._pairs import yahoo_asset
from rustybt.sources._source import Fetched, Progress, Supports, Window, local_date, midnight

_FREQUENCIES: Final = {
    "1m": "1m", "2m": "2m", "5m": "5m", "15m": "15m", "30m": "30m", "1h": "1h", "90m": "90m",
    "1d": "1d", "1w": "1wk", "1mo": "1mo",
}  # fmt: skip
_DAYS: Final = ("1d", "1w", "1mo")
_MINUTES_A_CALL: Final = dt.timedelta(days=7)
"""Yahoo gives bars of one minute for at most eight days a call."""
_DAYS_BEFORE: Final = dt.timedelta(days=7)
_DIVIDEND_DECIMALS: Final = 6

type Splits = list[tuple[dt.date, Fraction]]


class YFinance:
    """Bars as traded, splits and dividends of Yahoo.

    price_decimals: round prices to that many decimals, half-even. None keeps what Yahoo sends, save where a split was
        multiplied back in: Yahoo's division had lost digits there, and prices are rounded to `split_decimals`.
    calendar: of the assets; Yahoo has other exchanges too (calendar="XLON"). Days are those of each asset's exchange.
    tz: in which start and end are counted.
    session: a session of curl_cffi or requests, for proxies.
    pace: one call in two seconds by default; Yahoo publishes no limit, and blocks who asks too fast.
    """

    name = "yfinance"

    def __init__(
        self,
        *,
        price_decimals: int | None = None,
        split_decimals: int = 4,
        calendar: str = "XNYS",
        tz: str = "America/New_York",
        session: Any = None,
        pace: Pace | None = None,
        timeout: float = 30.0,
    ) -> None:
        for what, value in (("price_decimals", price_decimals), ("split_decimals", split_decimals)):
            if value is not None and not 0 <= value <= 20:
                raise InputError(f"{what} is {value}. Pass a whole number from 0 to 20.")
        try:
            import yfinance
        except ImportError:
            raise MissingExtra("yfinance is not installed. Install it with: pip install 'rustybt[data]'") from None
        self._library = yfinance
        self._decimals = price_decimals
        self._split_decimals = split_decimals if price_decimals is None else price_decimals
        self._session = session
        self._timeout = timeout
        self._caller = Caller(pace or Pace(calls=1, seconds=2.0))
        self.supports = Supports(tuple(_FREQUENCIES), calendar, tz, splits=True, dividends=True)
        # "days" parts them from what was kept when days were counted in tz
        self.identity = (
            f"yfinance days=exchange tz={tz} price_decimals={price_decimals} split_decimals={self._split_decimals}"
        )

    def vendor_symbol(self, symbol: str) -> str:
        """Yahoo's own names (EURUSD=X, BTC-USD, TSCO.L); a class of shares is BRK-B."""
        base, _, suffix = symbol.rpartition(".")
        return f"{base}-{suffix}" if base and suffix in ("A", "B", "C") else symbol

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
        splits: dict[str, Splits] = {}

        def page(symbol: str, window: Window, cursor: str | None) -> Page:
            return self._page(symbol, window, cursor, splits)

        provenance = {
            "library": f"yfinance {self._library.__version__}",
            "prices": "Yahoo's 32-bit floats by their shortest text, splits multiplied back in",
            "price_decimals": self._decimals,
            "split_decimals": self._split_decimals,
        }
        return download(request, self._caller, page, provenance)

    def _page(self, symbol: str, window: Window, cursor: str | None, known: dict[str, Splits]) -> Page:
        """The cursor is the day from which bars of one minute go on; everything else is one page."""
        frequency = window.frequency
        first = dt.date.fromisoformat(cursor) if cursor else window.first_date
        if frequency.by_session:
            frame = self._history(symbol, frequency, first, None)
            splits = _splits_of(frame)
            bars = self._rows(frame, splits, window)
            return Page(rows_of(bars), None, *self._actions(frame, splits, window), asset=_asset(symbol, frame))
        actions: tuple[tuple[Action, ...], tuple[Action, ...]] = ((), ())
        if symbol not in known or not cursor:
            # of splits after the window only the days until now tell
            daily = self._history(symbol, None, window.first_date - _DAYS_BEFORE, None)
            known[symbol] = _splits_of(daily)
            actions = self._actions(daily, known[symbol], window) if not cursor else actions
        last = None
        if str(frequency) == "1m" and first + _MINUTES_A_CALL <= window.last_date:
            last = first + _MINUTES_A_CALL
        frame = self._history(symbol, frequency, first, last)
        bars = [] if frame is None else self._rows(frame, known[symbol], window)
        asset = None if cursor else _asset(symbol, frame)
        return Page(rows_of(bars), last.isoformat() if last else None, *actions, asset=asset)

    def _history(self, symbol: str, frequency: object, first: dt.date, last: dt.date | None) -> Any:
        """Yahoo's frame; frequency None is days. None where a day's parts have no trade. Errors of yfinance as ours."""
        library = self._library
        errors = library.exceptions
        hidden = library.config.debug.hide_exceptions
        # kept replies would answer a retry with the error that was retried
        library.data.YfData.cache_get.cache_clear()
        library.config.debug.hide_exceptions = False
        try:
            ticker = library.Ticker(self.vendor_symbol(symbol), session=self._session)
            frame = ticker.history(
                interval=_FREQUENCIES[str(frequency or "1d")],
                start=first.isoformat(),
                end=last.isoformat() if last else None,
                auto_adjust=False,
                actions=True,
                timeout=self._timeout,
            )
            frame.attrs["currency"] = ticker.history_metadata.get("currency")
            return frame
        except errors.YFRateLimitError:
            raise SourceRateLimited("yfinance: Yahoo was asked too often. Wait some minutes, ask less often.") from None
        except errors.YFPricesMissingError as error:
            if str(frequency or "1d") not in _DAYS and error.rationale.startswith("no price data found"):
                return None  # days without a trade in between; that the symbol is known the days have told
            raise SourceUnknownSymbol(f"yfinance: {error}. Check spelling and dates at finance.yahoo.com.") from None
        except errors.YFTickerMissingError as error:
            raise SourceUnknownSymbol(f"yfinance: {error}. Check the spelling at finance.yahoo.com.") from None
        except errors.YFException as error:
            raise SourceError(f"yfinance: {error}. Run the same again later.") from None
        except Exception as error:  # noqa: BLE001 - its parsing raises whatever it meets in a reply of another shape
            raise _unread(error, symbol) from None
        finally:
            library.config.debug.hide_exceptions = hidden

    def _rows(self, frame: Any, splits: Splits, window: Window) -> list[Row]:
        if frame.empty:
            return []
        stamps = _starts(frame, window)
        columns = [frame[name].tolist() for name in ("Open", "High", "Low", "Close", "Volume")]
        zone = _zone_of(frame, window)
        later = [(midnight(day, zone), ratio) for day, ratio in splits]
        now = self._caller.clock.now()
        rows: list[Row] = []
        for stamp, *numbers in zip(stamps, *columns, strict=True):
            end = window.frequency.end_of(stamp)
            if window.frequency.by_session and end > now:
                continue
            factor = Fraction(1)
            for day, ratio in later:
                if day >= end:
                    factor *= ratio
            prices = [self._price(number, factor) for number in numbers[:4]]
            traded = None if math.isnan(numbers[4]) else Fraction(numbers[4]) / factor
            volume = None if traded is None else str(div_half_even(traded.numerator, traded.denominator))
            rows.append((_day_start(stamp, zone, window), *prices, volume))  # type: ignore[arg-type]
        return rows

    def _price(self, number: float, factor: Fraction) -> str | None:
        if math.isnan(number):
            return None
        value = Fraction(shortest(number)) * factor
        if factor == 1 and self._decimals is None:
            return shortest(number)
        return rounded(value, self._split_decimals if self._decimals is None else self._decimals)

    def _actions(self, frame: Any, splits: Splits, window: Window) -> tuple[tuple[Action, ...], tuple[Action, ...]]:
        """Splits and dividends within the window. Capital gains that a fund pays out are dividends."""
        told: list[Action] = [
            {"ex_date": str(day), "ratio": f"{ratio.denominator}/{ratio.numerator}"}
            for day, ratio in splits
            if window.first_date <= day <= window.last_date
        ]
        paid: list[Action] = []
        for name in ("Dividends", "Capital Gains"):
            if name not in frame.columns:
                continue
            for stamp, number in zip(frame.index, frame[name].tolist(), strict=True):
                day = stamp.date()
                if number > 0 and window.first_date <= day <= window.last_date:
                    later = [ratio for other, ratio in splits if other > day]
                    amount = Fraction(shortest(number))
                    for ratio in later:
                        amount *= ratio
                    text = rounded(amount, self._split_decimals) if later else rounded(amount, _DIVIDEND_DECIMALS)
                    paid.append({"ex_date": str(day), "amount": text})
        return tuple(told), tuple(paid)


def _asset(symbol: str, frame: Any) -> dict[str, str] | None:
    return yahoo_asset(symbol, None if frame is None else frame.attrs.get("currency"))


def _splits_of(frame: Any) -> Splits:
    """Day and shares per share, "4" for a four-for-one, as the simplest fraction that the float stands for."""
    found: Splits = []
    if frame.empty or "Stock Splits" not in frame.columns:
        return found
    for stamp, number in zip(frame.index, frame["Stock Splits"].tolist(), strict=True):
        if number > 0:
            exact = Fraction(Decimal(repr(number)))
            simple = exact.limit_denominator(1000)
            found.append((stamp.date(), simple if float(simple) == number else exact))
    return found


def _zone_of(frame: Any, window: Window) -> str:
    """The zone in which Yahoo counts the days of this asset: its exchange's."""
    zone = frame.index.tz
    return window.tz if zone is None else str(getattr(zone, "key", None) or getattr(zone, "zone", None) or zone)


def _starts(frame: Any, window: Window) -> list[int]:
    """UTC nanoseconds; of days and more the midnight of the date that stands there, by which actions go too."""
    index = frame.index
    if not window.frequency.by_session:
        stamps: list[int] = index.as_unit("ns").asi8.tolist()
        return stamps
    zone = _zone_of(frame, window)
    return [midnight(stamp.date(), zone) for stamp in index]


def _day_start(stamp: int, zone: str, window: Window) -> int:
    """Bars of days and more begin at midnight of the source's zone, on the date that they have at the exchange."""
    return midnight(local_date(stamp, zone), window.tz) if window.frequency.by_session else stamp


def shortest(number: float) -> str:
    """The text that Yahoo had: the shortest that gives the same 32-bit float, where it is one.

    >>> shortest(187.14999389648438), shortest(0.1)
    ('187.15', '0.1')
    """
    single = np.float32(number)
    text = str(single) if float(single) == number else repr(float(number))
    return format(Decimal(text).normalize(), "f")


def rounded(value: Fraction, places: int) -> str:
    """Half-even, to that many decimals.

    >>> rounded(Fraction("585.569992"), 4)
    '585.57'
    """
    units = div_half_even(value.numerator * 10**places, value.denominator)
    text = format(Decimal(units).scaleb(-places), "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def _unread(error: Exception, symbol: str) -> SourceError:
    """The error for what no error of yfinance's stands for."""
    # the error of requests for what is no JSON is a ValueError and an OSError
    if isinstance(error, OSError) and not isinstance(error, ValueError):
        return SourceUnavailable(f"yfinance: Yahoo can't be reached: {str(error)[:200]}. Check the connection.")
    return SourceMalformed(
        f"yfinance can't read what Yahoo sent for {symbol} ({type(error).__name__}: {str(error)[:100]}). "
        "Try later, or a newer yfinance.",
        may_pass=True,
    )
