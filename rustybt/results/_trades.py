"""The trades of a run as a frame: what was bought and sold matched, and what came in and was paid between."""

from __future__ import annotations

import datetime as dt
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import polars as pl

from rustybt.core import MONEY_SCALE, UTC_NS, decimal_column, div_half_even, scaled_ints
from rustybt.errors import InputError, ResultError
from rustybt.results._lots import METHODS, OVERNIGHT, Line, Matched, Method, Trade

if TYPE_CHECKING:
    from rustybt.results._result import Result

_PRICE_SCALE: Final = 18
_ONE: Final = 10**MONEY_SCALE


class _Terms(NamedTuple):
    """An asset: symbol, currency, multiplier (a quotient), and the powers of ten of its quantities and closes."""

    symbol: str
    currency: str
    multiplier: int
    divisor: int
    quantity_one: int
    price_one: int

    def money(self, quantity: int, price: int, price_one: int) -> int:
        """What so many units are worth, at scale 20."""
        return div_half_even(quantity * price * self.multiplier * _ONE, self.quantity_one * price_one * self.divisor)

    def price(self, value: int, quantity: int) -> int | None:
        """Per unit, at scale 18."""
        units = quantity * self.multiplier * _ONE
        return div_half_even(value * self.quantity_one * self.divisor * 10**_PRICE_SCALE, units) if units else None


class _Closes(NamedTuple):
    """The sessions at whose close an asset was held, and its prices there."""

    sessions: list[int]
    prices: list[int]


def round_trips(result: Result, method: Method) -> pl.DataFrame:
    """The frame that `Result.round_trips` is.

    Raises InputError for an unknown method, ResultError where the frames don't belong together.
    """
    if method not in METHODS:
        raise InputError(f"method: {method!r} is unknown. Pass one of {', '.join(map(repr, METHODS))}.")
    terms = _terms(result)
    closes = _closes(result)
    tags = dict(result.orders.select("id", "tag").rows()) if "tag" in result.orders.columns else {}
    last = result.daily.height - 1
    rows: list[tuple[Any, ...]] = []
    for sid, lines in _lines(result, terms).items():
        matched = Matched(method)
        matched.read(lines)
        own, seen = terms[sid], closes.get(sid, _Closes([], []))
        held = _worth(result, sid, own) if matched.holding else 0
        still = list(matched.still_open(last, held))
        found = [*matched.trades, *still]
        rows += [_row(trade, own, sid, seen, matched.units, tags) for trade in found]
    rows.sort(key=lambda row: (row[0], row[1] is None, row[1] or 0))
    return _frame(rows, result)


def _terms(result: Result) -> dict[int, _Terms]:
    quantity_one, price_one = (
        10 ** _scale(result.entries["quantity"]),
        10 ** _scale(result.positions["last_sale_price"]),
    )
    wanted = result.assets.select("sid", "symbol", "currency", "multiplier").rows()
    return {
        sid: _Terms(symbol, currency or "", *Fraction(multiplier).as_integer_ratio(), quantity_one, price_one)
        for sid, symbol, currency, multiplier in wanted
    }


def _scale(column: pl.Series) -> int:
    return column.dtype.scale if isinstance(column.dtype, pl.Decimal) else 0


def _lines(result: Result, terms: dict[int, _Terms]) -> dict[int, list[Line]]:
    """The entries of each asset, in their order."""
    entries = result.entries.filter(pl.col("sid").is_not_null())
    closes = result.daily["period_close"].to_physical().to_list()
    dates = result.daily["session"].to_list()
    stamps = entries["stamp"].to_physical().to_list()
    kinds, sids = entries["kind"].to_list(), entries["sid"].to_list()
    quantities, amounts = _ints(entries["quantity"]), _ints(entries["amount"])
    orders, details = entries["order_id"].to_list(), entries["detail"].to_list()
    notionals = _notionals(result, terms)
    lines: dict[int, list[Line]] = {}
    filled: dict[tuple[int, str | None, int], int] = {}
    columns = zip(stamps, kinds, sids, quantities, amounts, orders, details, strict=True)
    for stamp, kind, sid, quantity, booked, order, detail in columns:
        ex, amount = None, booked
        if kind in ("fill", "auto_close"):
            notional = next(notionals, None)
            if notional is None:
                raise ResultError("The result has more fills among its entries than transactions. Run it again.")
            amount = booked or notional
        elif kind == "dividend" and detail is not None:
            ex = bisect_left(dates, _date(detail))
        elif kind == "fee" and (fill := filled.get((sid, order, stamp))) is not None:
            own = lines[sid]
            own[fill] = own[fill]._replace(fees=own[fill].fees - booked)
            continue
        elif kind == "in_kind" and (fill := filled.get((sid, order, stamp))) is not None:
            own, bought = lines[sid], lines[sid][fill]
            if -quantity < bought.quantity:
                # what the fee took never arrived: it was neither held nor sold
                own[fill] = bought._replace(quantity=bought.quantity + quantity, amount=bought.amount + booked)
                continue
        # what happens overnight belongs to the session that begins: its open may be the close before
        place = bisect_right(closes, stamp) if kind in OVERNIGHT else bisect_left(closes, stamp)
        session = min(place, len(closes) - 1)
        own = lines.setdefault(sid, [])
        if kind == "fill":
            filled[sid, order, stamp] = len(own)
        own.append(Line(stamp, session, kind, quantity, amount, order, ex))
    return lines


def _date(text: str) -> dt.date:
    return dt.date.fromisoformat(text)


def _ints(column: pl.Series) -> list[int]:
    return [value or 0 for value in scaled_ints(column)]


def _notionals(result: Result, terms: dict[int, _Terms]) -> Iterator[int]:
    """What the units of each fill were worth at its price, as cash: below zero for what was bought."""
    filled = result.transactions
    up = 10 ** (_scale(result.entries["quantity"]) - _scale(filled["amount"]))
    price_one = 10 ** _scale(filled["price"])
    for sid, amount, price in zip(filled["sid"], _ints(filled["amount"]), _ints(filled["price"]), strict=True):
        yield -terms[sid].money(amount * up, price, price_one)


def _closes(result: Result) -> dict[int, _Closes]:
    """By sid, the closes at which it was held."""
    held = result.positions
    place_of = {session: place for place, session in enumerate(result.daily["session"].to_list())}
    found: dict[int, _Closes] = {}
    columns = zip(held["sid"].to_list(), held["session"].to_list(), _ints(held["last_sale_price"]), strict=True)
    for sid, session, price in columns:
        own = found.get(sid)
        if own is None:
            own = found[sid] = _Closes([], [])
        own.sessions.append(place_of[session])
        own.prices.append(price)
    return found


def _worth(result: Result, sid: int, own: _Terms) -> int:
    """What the units held at the end are worth at their last price: above zero for shorts too."""
    held = result.positions.filter((pl.col("sid") == sid) & (pl.col("session") == result.daily["session"][-1]))
    if held.height != 1:
        raise ResultError(f"{own.symbol}: the entries end with units that no row of positions has. Run it again.")
    up = 10 ** (_scale(result.entries["quantity"]) - _scale(held["amount"]))
    return own.money(abs(_ints(held["amount"])[0]) * up, _ints(held["last_sale_price"])[0], own.price_one)


def _row(
    trade: Trade, own: _Terms, sid: int, seen: _Closes, units: Sequence[tuple[int, Fraction]], tags: dict[str, str]
) -> tuple[Any, ...]:
    lot = trade.lot
    worst, best = (None, None) if lot.several else _excursion(trade, own, seen, units)
    return (
        lot.entry,
        trade.exit,
        own.symbol,
        sid,
        "long" if lot.side > 0 else "short",
        lot.quantity,
        own.price(lot.value, lot.quantity),
        own.price(trade.exit_value, lot.quantity),
        trade.gross,
        lot.costs,
        trade.gross - lot.costs,
        own.currency,
        None if trade.exit is None else trade.exit - lot.entry,
        trade.last - lot.session,
        tags.get(lot.order or ""),
        lot.order,
        tags.get(trade.order or ""),
        trade.order,
        worst,
        best,
        trade.exit is None,
    )


def _excursion(trade: Trade, own: _Terms, seen: _Closes, units: Sequence[tuple[int, Fraction]]) -> tuple[int, int]:
    """How far it was down and up at the worst and the best close, its end among them: money, of prices alone."""
    lot = trade.lot
    at_the_end = lot.side * (trade.exit_value - lot.value)
    start = bisect_left(seen.sessions, lot.session)
    # what is held at the close of the session in which it ended is another lot
    end = bisect_right(seen.sessions, trade.last if trade.exit is None else trade.last - 1)
    if end <= start:
        return min(0, at_the_end), max(0, at_the_end)
    prices = seen.prices[start:end]
    if len(units) > 1:
        ratios = [
            units[bisect_right(units, session, key=_session) - 1][1] / trade.units
            for session in seen.sessions[start:end]
        ]
        prices = [
            div_half_even(price * ratio.numerator, ratio.denominator)
            for price, ratio in zip(prices, ratios, strict=True)
        ]
    low, high = (
        lot.side * (own.money(lot.quantity, price, own.price_one) - lot.value) for price in (min(prices), max(prices))
    )
    return min(0, at_the_end, low, high), max(0, at_the_end, low, high)


def _session(restated: tuple[int, Fraction]) -> int:
    return restated[0]


def _frame(rows: list[tuple[Any, ...]], result: Result) -> pl.DataFrame:
    columns = list(zip(*rows, strict=True)) or [()] * len(_COLUMNS)
    quantity_scale = _scale(result.entries["quantity"])
    scales = {"money": MONEY_SCALE, "price": _PRICE_SCALE, "quantity": quantity_scale}
    return pl.DataFrame(
        [
            decimal_column(name, list(values), scales[kind])
            if isinstance(kind, str)
            else pl.Series(name, values, dtype=kind, strict=False)
            for (name, kind), values in zip(_COLUMNS.items(), columns, strict=True)
        ]
    )


_COLUMNS: Final[dict[str, Any]] = {
    "entry": UTC_NS,
    "exit": UTC_NS,
    "symbol": pl.String(),
    "sid": pl.Int64(),
    "side": pl.String(),
    "quantity": "quantity",
    "entry_price": "price",
    "exit_price": "price",
    "gross": "money",
    "costs": "money",
    "net": "money",
    "currency": pl.String(),
    "duration": pl.Duration("ns"),
    "sessions": pl.Int64(),
    "tag": pl.String(),
    "order_id": pl.String(),
    "exit_tag": pl.String(),
    "exit_order_id": pl.String(),
    "mae": "money",
    "mfe": "money",
    "open": pl.Boolean(),
}
