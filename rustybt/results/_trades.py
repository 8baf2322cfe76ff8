"""The trades of a run as a frame: what was bought and sold matched, and what came in and was paid between."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import polars as pl

from rustybt.core import MONEY_SCALE, RATIO_SCALE, UTC_NS, decimal_column
from rustybt.errors import InputError, ResultError
from rustybt.results._booked import Booked, booked_of
from rustybt.results._fifo import matched_fills
from rustybt.results._lots import METHODS, Method
from rustybt.results._matched import PIECES, matched_pieces
from rustybt.results._range_of_closes import Closes, closes_of
from rustybt.results._restated import restated
from rustybt.results._risk import risk_at_entry
from rustybt.results._terms import PRICE_SCALE, Terms, by_row, money_of, scale_of, terms_of
from rustybt.results._wide import ratio_half_even, share_half_even, wide

if TYPE_CHECKING:
    from rustybt.results._result import Result

_OTHERS: Final[dict[str, Any]] = {
    "several": pl.Boolean(),
    "then": pl.Int128(),
    "low": pl.Int128(),
    "high": pl.Int128(),
}
"""Whether units of several fills or ends are in it, how many units it was at its entry, and what all of its units were
worth at the lowest and the highest close."""


def round_trips(result: Result, method: Method) -> pl.DataFrame:
    """The frame that `Result.round_trips` is.

    Raises InputError for an unknown method, ResultError where the frames don't belong together.
    """
    if method not in METHODS:
        raise InputError(f"method: {method!r} is unknown. Pass one of {', '.join(map(repr, METHODS))}.")
    if not result.daily.height:
        return _framed(result, _no_pieces(), {})
    terms = terms_of(result)
    closes = closes_of(result.positions, result.daily["session"])
    booked = booked_of(result, terms)
    plain = booked.plain() if method == "fifo" else []
    pieces = [_no_pieces()]
    last = result.daily.height - 1
    if plain:
        found = matched_fills(booked.fills(plain), _checked(booked, terms), last)
        pieces.append(_with_range(found, closes, terms))
    others = set(booked.sids).difference(plain)
    if others:
        found = restated(matched_pieces(booked, others, method, _checked(booked, terms), last), closes, terms)
        pieces.append(_with_range(found, closes, terms))
    rank = {sid: place for place, sid in enumerate(booked.sids)}
    whole = pl.concat(pieces).with_columns(rank=pl.col("sid").replace_strict(rank, return_dtype=pl.Int64))
    order = ("entry", pl.col("exit").fill_null(2**63 - 1), "rank")
    return _framed(result, whole.sort(order, maintain_order=True), terms)


def _no_pieces() -> pl.DataFrame:
    return pl.DataFrame(schema=PIECES | _OTHERS)


class _Worth(dict[int, int]):
    """The worth of what is held at the end, by sid."""

    def __init__(self, known: dict[int, int], terms: dict[int, Terms]) -> None:
        super().__init__(known)
        self._terms = terms

    def __missing__(self, sid: int) -> int:
        symbol = self._terms[sid].symbol
        raise ResultError(f"{symbol}: the entries end with units that no row of positions has. Run it again.")


def _checked(booked: Booked, terms: dict[int, Terms]) -> dict[int, int]:
    return _Worth(booked.worth, terms)


def _with_range(pieces: pl.DataFrame, closes: Closes, terms: dict[int, Terms]) -> pl.DataFrame:
    """With what the units were worth at the lowest and the highest close, where not known; null without a close."""
    last = pieces["last"] - pieces["exit"].is_not_null().cast(pl.Int64)
    prices = closes.ranges(pieces["sid"], pieces["session"].to_numpy(), last.to_numpy())
    sids, price_one = pieces["sid"], next(iter(terms.values())).price_one
    worth = [money_of(sids, pieces["quantity"], price.fill_null(0), terms, price_one) for price in prices]
    none = pieces["exit_value"].clear(pieces.height)
    held = [part.zip_with(price.is_not_null(), none) for part, price in zip(worth, prices, strict=True)]
    if "several" in pieces.columns:
        return pieces.with_columns(pl.col("low").fill_null(held[0]), pl.col("high").fill_null(held[1]))
    return pieces.with_columns(several=pl.lit(value=False), then=pl.col("quantity"), low=held[0], high=held[1]).select(
        list(PIECES | _OTHERS)
    )


def _framed(result: Result, pieces: pl.DataFrame, terms: dict[int, Terms]) -> pl.DataFrame:
    at_exit = pl.col("side") * (pl.col("exit_value") - pl.col("value"))
    ends = [pl.col("side") * (pl.col(name) - pl.col("value")) for name in ("low", "high")]
    one = ~pl.col("several") & pl.col("low").is_not_null()
    frame = pieces.with_columns(
        gross=at_exit + pl.col("income"),
        mae=pl.when(one).then(pl.min_horizontal(at_exit, *ends, 0)),
        mfe=pl.when(one).then(pl.max_horizontal(at_exit, *ends, 0)),
    ).with_columns(net=pl.col("gross") - pl.col("costs"))
    sids = frame["sid"]
    up, down = by_row(sids, {sid: own.per_unit() for sid, own in terms.items()})
    per_unit = frame["quantity"] * (wide([down]) if isinstance(down, int) else down)
    prices = [
        ratio_half_even(frame[name], up, per_unit).alias(f"{end}_price")
        for name, end in (("value", "entry"), ("exit_value", "exit"))
    ]
    return _named(result, frame.with_columns(*prices, *_ratios(result, frame, terms)), terms)


def _named(result: Result, frame: pl.DataFrame, terms: dict[int, Terms]) -> pl.DataFrame:
    """The columns of `Result.round_trips`, of pieces with their sums."""
    known = list(terms)
    places = frame["sid"].replace_strict(known, range(len(known)), return_dtype=pl.UInt32) if known else frame["sid"]
    texts = {
        name: pl.Series([getattr(terms[sid], name) for sid in known], dtype=pl.String).gather(places)
        for name in ("symbol", "currency")
    }
    tags = _tags(frame, result)
    scales = {"money": MONEY_SCALE, "price": PRICE_SCALE, "ratio": RATIO_SCALE}
    scales["quantity"] = scale_of(result.entries["quantity"])
    plain = frame.with_columns(
        pl.col("entry", "exit").cast(UTC_NS),
        pl.when(pl.col("side") > 0).then(pl.lit("long")).otherwise(pl.lit("short")).alias("side"),
        (pl.col("exit") - pl.col("entry")).cast(pl.Duration("ns")).alias("duration"),
        (pl.col("last") - pl.col("session")).alias("sessions"),
        pl.col("exit").is_null().alias("open"),
        *(column.alias(name) for name, column in (texts | tags).items()),
    )
    return pl.DataFrame(
        [
            decimal_column(name, plain[name], scales[kind]) if isinstance(kind, str) else plain[name].cast(kind)
            for name, kind in _COLUMNS.items()
        ]
    )


def _tags(frame: pl.DataFrame, result: Result) -> dict[str, pl.Series]:
    """The tags of the orders of both ends."""
    if "tag" not in result.orders.columns or result.orders["tag"].null_count() == result.orders.height:
        none = pl.Series([None], dtype=pl.String).new_from_index(0, frame.height)
        return {"tag": none, "exit_tag": none}
    orders = result.orders.select("id", "tag")
    return {
        f"{end}tag": frame.select(id=f"{end}order_id").join(orders, on="id", how="left", maintain_order="left")["tag"]
        for end in ("", "exit_")
    }


def _ratios(result: Result, frame: pl.DataFrame, terms: dict[int, Terms]) -> list[pl.Series]:
    """The profit of a trade over what it had at risk, and over the prices that it could have had."""
    risk = risk_at_entry(result, frame, terms)
    span = frame["mfe"] - frame["mae"]
    at_exit = frame["side"] * (frame["exit_value"] - frame["value"])
    parts = {"r_multiple": (frame["net"], risk), "entry_quality": (frame["mfe"], span)}
    parts["exit_quality"] = (at_exit - frame["mae"], span)
    return [share_half_even(*part, RATIO_SCALE).alias(name) for name, part in parts.items()]


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
    "r_multiple": "ratio",
    "entry_quality": "ratio",
    "exit_quality": "ratio",
    "open": pl.Boolean(),
}
