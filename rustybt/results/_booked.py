"""Entries of the ledger by asset, laid out for matching."""

from __future__ import annotations

import datetime as dt
from bisect import bisect_left
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
import polars as pl

from rustybt.errors import ResultError
from rustybt.results._fifo import fits
from rustybt.results._lots import OVERNIGHT, Line
from rustybt.results._terms import Terms, money_of, scale_of
from rustybt.results._wide import wide

if TYPE_CHECKING:
    from rustybt.results._result import Result

_TRADED = ("fill", "auto_close")
_KINDS: Final[dict[str, int]] = {
    "fill": 0,
    "auto_close": 1,
    "split": 2,
    "stock_dividend": 2,
    "dividend": 3,
    "cash_in_lieu": 3,
    "variation": 4,
    "fee": 5,
    "in_kind": 6,
}
"""What the native kernel calls them; the others are costs."""
_PLAIN = (*_TRADED, "fee", "variation")


class Bookings(NamedTuple):
    """Entries as the native kernel reads them, and what they say of themselves."""

    columns: dict[str, Any]
    stamps: pl.Series
    sessions: pl.Series
    orders: pl.Series


@dataclass(frozen=True)
class Booked:
    """The entries of assets: sid, stamp, session, kind, quantity, amount, order, detail, and fill, the row among them
    that a fee is of. worth: by sid, what the units held at the end are worth. sids: in the order of their first entry.
    """

    entries: pl.DataFrame
    dates: list[dt.date]
    closes: list[int]
    worth: dict[int, int]
    sids: list[int]

    def plain(self) -> list[int]:
        """The assets of which fills and their fees are all that was booked, in the order of their first entry."""
        entries = self.entries
        other = ~pl.col("kind").is_in(_PLAIN) | ((pl.col("kind") == "fee") & pl.col("fill").is_null())
        none = pl.col("kind").is_in(_TRADED) & (pl.col("quantity") == 0)
        others = set(entries.filter(other | none)["sid"].unique().to_list())
        found = [sid for sid in self.sids if sid not in others]
        return found if fits(entries["quantity"]) else []

    def fills(self, sids: list[int]) -> pl.DataFrame:
        """The fills of plain assets with their fees, by asset in that order, then by time."""
        entries = self.entries
        paid = pl.lit(0, pl.Int128) - pl.col("amount").sum()
        fees = entries.filter(pl.col("kind") == "fee").group_by("fill").agg(fees=paid)
        rank = {sid: place for place, sid in enumerate(sids)}
        traded = entries.filter(pl.col("kind").is_in(_TRADED) & pl.col("sid").is_in(sids))
        ranked = traded.with_columns(rank=pl.col("sid").replace_strict(rank, return_dtype=pl.Int64))
        found = ranked.join(fees, left_on="row", right_on="fill", how="left", maintain_order="left")
        return found.with_columns(pl.col("fees").fill_null(0)).sort("rank", maintain_order=True)

    def bookings(self, sids: set[int]) -> Bookings | None:
        """The entries of some assets in columns of plain integers; None where one has more than 38 digits."""
        own = self.entries.filter(pl.col("sid").is_in(sids))
        ex = np.full(own.height, -1)
        dated = own.select(pl.arg_where((pl.col("kind") == "dividend") & (pl.col("detail") != ""))).to_series()
        for row, date in zip(dated, own["detail"].gather(dated), strict=True):
            ex[row] = bisect_left(self.dates, dt.date.fromisoformat(date))
        try:
            wide = {name: own[name].cast(pl.Decimal(38, 0)) for name in ("quantity", "amount")}
        except pl.exceptions.InvalidOperationError:
            return None
        kinds = own["kind"].replace_strict(_KINDS, default=len(_KINDS), return_dtype=pl.Int64)
        orders = own["order"].cast(pl.Categorical).to_physical().cast(pl.Int64).fill_null(-1)
        plain = {"sid": own["sid"], "stamp": own["stamp"], "session": own["session"], "kind": kinds, "order": orders}
        columns = {name: column.cast(pl.Int64).to_numpy() for name, column in plain.items()}
        return Bookings(columns | {"ex": ex} | wide, own["stamp"], own["session"], own["order"])

    def lines(self, sids: set[int]) -> dict[int, list[Line]]:
        """The entries of the other assets, in their order."""
        own = self.entries.filter(pl.col("sid").is_in(sids))
        lines: dict[int, list[Line]] = {}
        filled: dict[tuple[int, str | None, int], int] = {}
        columns = own.select("sid", "stamp", "session", "kind", "quantity", "amount", "order", "detail").iter_rows()
        for sid, stamp, session, kind, quantity, amount, order, detail in columns:
            own_lines = lines.setdefault(sid, [])
            fill = filled.get((sid, order, stamp)) if kind in ("fee", "in_kind") else None
            if fill is not None:
                bought = own_lines[fill]
                if kind == "fee":
                    own_lines[fill] = bought._replace(fees=bought.fees - amount)
                    continue
                if -quantity < bought.quantity:
                    # what the fee took never arrived: it was neither held nor sold
                    own_lines[fill] = bought._replace(
                        quantity=bought.quantity + quantity, amount=bought.amount + amount
                    )
                    continue
            ex = bisect_left(self.dates, dt.date.fromisoformat(detail)) if kind == "dividend" and detail else None
            if kind == "fill":
                filled[sid, order, stamp] = len(own_lines)
            own_lines.append(Line(stamp, session, kind, quantity, amount, order, ex))
        return lines


def booked_of(result: Result, terms: dict[int, Terms]) -> Booked:
    """The entries of a result's assets. Raises ResultError where there are more fills than transactions."""
    closes = result.daily["period_close"].to_physical().to_numpy()
    entries = result.entries.filter(pl.col("sid").is_not_null()).select(
        "kind", "sid", "detail", pl.col("stamp").to_physical(), pl.col("order_id").alias("order"),
        pl.col("quantity").to_physical().cast(pl.Int128).fill_null(0),
        pl.col("amount").to_physical().cast(pl.Int128).fill_null(0),
    ).with_row_index("row")  # fmt: skip
    stamps = entries["stamp"].to_numpy()
    # what happens overnight belongs to the session that begins: its open may be the close before
    overnight = entries["kind"].is_in(list(OVERNIGHT)).to_numpy()
    places = np.where(overnight, np.searchsorted(closes, stamps, side="right"), np.searchsorted(closes, stamps))
    entries = entries.with_columns(
        pl.Series("session", np.minimum(places, len(closes) - 1), dtype=pl.Int64),
        pl.Series("amount", _amounts(result, entries, terms)),
        pl.when(pl.col("kind") == "fee").then(
            pl.when(pl.col("kind") == "fill").then(pl.col("row")).forward_fill().over(["sid", "order", "stamp"])
        ).alias("fill"),
    )  # fmt: skip
    sids = entries["sid"].unique(maintain_order=True).to_list()
    return Booked(entries, result.daily["session"].to_list(), closes.tolist(), _worth(result, terms), sids)


def _amounts(result: Result, entries: pl.DataFrame, terms: dict[int, Terms]) -> pl.Series:
    """The money of each entry; of a fill that books none, since it settles daily, what its units were worth."""
    filled = result.transactions
    traded = entries["kind"].is_in(list(_TRADED))
    count = int(traded.sum())
    if count > filled.height:
        raise ResultError("The result has more fills among its entries than transactions. Run it again.")
    up = 10 ** (scale_of(result.entries["quantity"]) - scale_of(filled["amount"]))
    units = wide(filled["amount"]) * wide([-up])
    worth = money_of(filled["sid"], units, wide(filled["price"]), terms, 10 ** scale_of(filled["price"]))
    if not count:
        return entries["amount"]
    places = (traded.cum_sum().cast(pl.Int64) - 1).clip(0, None)
    notional = worth.gather(places)
    return notional.zip_with(traded & (entries["amount"] == wide([0])), entries["amount"])


def _worth(result: Result, terms: dict[int, Terms]) -> dict[int, int]:
    """The worth of the units held at the end, at their last price: above zero for shorts too."""
    if not result.daily.height:
        return {}
    held = result.positions.filter(pl.col("session") == result.daily["session"][-1])
    up = 10 ** (scale_of(result.entries["quantity"]) - scale_of(held["amount"]))
    units = abs(wide(held["amount"])) * wide([up])
    price_one = 10 ** scale_of(held["last_sale_price"])
    worth = money_of(held["sid"], units, wide(held["last_sale_price"]), terms, price_one)
    return dict(zip(held["sid"].to_list(), worth.to_list(), strict=True))
