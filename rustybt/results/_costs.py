"""The costs of a run, by kind: in total, per session, per order and per fill."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any, Final, NoReturn

import polars as pl

from rustybt.core import MONEY_SCALE, CostKind, as_decimal, decimal_column, scaled_ints
from rustybt.errors import InputError, ResultError
from rustybt.results._text import shown

KINDS: Final = tuple(kind.value for kind in CostKind)
KINDS_OF_FILLS: Final = ("spread", "slippage", "impact", "commission", "tax")
MONEY: Final = pl.Decimal(38, MONEY_SCALE)


class Costs:
    """The costs of a run, in the run's currency; above zero for what was paid, below for what was received.

    The costs add up to the difference of two profits: `gross`, of fills at their reference prices without any charge,
    and `net`, which the ledger booked. The reference of a fill is the price that the bar offered before slippage: the
    close, or the open with fill_at="open", and by range the price of the stop or limit, or the open beyond it.

    rows: a row for each cost, as it arose: dt, session, order_id, fill (its row in `transactions`), symbol, sid, kind,
    detail (what a fee is for), reference, amount in `currency`, and cost in the run's currency.
    In a run of several currencies a cost is converted at the rate of its moment: what the paid money would have gained
    or lost by later rates is no cost.

    >>> from rustybt import run
    >>> def handle_data(context, data):
    ...     context.order_target(context.symbol("IBM"), 100)
    >>> costs = run(handle_data, start="2010-01-04", end="2010-01-29").costs
    >>> costs.by_kind.select("kind", "cost").rows()
    [('slippage', Decimal('6.54250000000000000000')), ('commission', Decimal('0.10000000000000000000'))]
    >>> costs.gross - costs.net == costs.total == costs.orders["total"].sum()
    True
    """

    def __init__(self, rows: pl.DataFrame, transactions: pl.DataFrame, daily: pl.DataFrame) -> None:
        self.rows = rows
        self._transactions = transactions
        self._daily = daily

    @functools.cached_property
    def by_kind(self) -> pl.DataFrame:
        """A row for each kind of which there was something, and each detail of it: kind, detail, cost."""
        found: dict[tuple[str, str | None], int] = {}
        kinds, details = self.rows["kind"].to_list(), self.rows["detail"].to_list()
        for kind, detail, cost in zip(kinds, details, self._ints, strict=True):
            # a fee for nothing in particular is what its kind says
            key = kind, None if detail == kind else detail
            found[key] = found.get(key, 0) + cost
        kept = sorted([key for key, cost in found.items() if cost], key=lambda key: (KINDS.index(key[0]), key[1] or ""))
        return pl.DataFrame(
            [
                pl.Series("kind", [kind for kind, _ in kept], dtype=pl.String),
                pl.Series("detail", [detail for _, detail in kept], dtype=pl.String),
                decimal_column("cost", [found[key] for key in kept], MONEY_SCALE),
            ]
        )

    @functools.cached_property
    def daily(self) -> pl.DataFrame:
        """A row a session: session, a column for each kind, their total, and the session's profit, gross and net."""
        sessions = self._daily["session"]
        place_of = {day: place for place, day in enumerate(sessions.to_list())}
        places = [place_of[day] for day in self.rows["session"].to_list()]
        sums, totals = self._sums(places, len(sessions), KINDS)
        net = _ints(self._daily["pnl"])
        return pl.DataFrame(
            [
                sessions,
                *sums,
                decimal_column("total", totals, MONEY_SCALE),
                decimal_column("gross", [pnl + cost for pnl, cost in zip(net, totals, strict=True)], MONEY_SCALE),
                self._daily["pnl"].alias("net"),
            ]
        )

    @functools.cached_property
    def orders(self) -> pl.DataFrame:
        """A row for each order that cost something: order_id, symbol, sid, a column for each kind, their total."""
        ids = self.rows["order_id"].to_list()
        first: dict[Any, int] = {}
        for place, order in enumerate(ids):
            if order is not None:
                first.setdefault(order, place)
        number = {order: place for place, order in enumerate(first)}
        sums, totals = self._sums([number.get(order) for order in ids], len(first), KINDS_OF_FILLS)
        head = self.rows.select("order_id", "symbol", "sid")[list(first.values())]
        return head.with_columns(*sums, decimal_column("total", totals, MONEY_SCALE))

    @functools.cached_property
    def fills(self) -> pl.DataFrame:
        """The rows of `transactions`, each with its reference price, a column for each kind, and their total."""
        fills = self.rows["fill"].to_list()
        count = self._transactions.height
        sums, totals = self._sums(fills, count, KINDS_OF_FILLS)
        first: dict[int, int] = {}
        for place, fill in enumerate(fills):
            if fill is not None:
                first.setdefault(fill, place)
        reference = self.rows["reference"][[first[fill] for fill in range(count)]]
        head = self._transactions.select("dt", "session", "order_id", "symbol", "sid", "amount", "price")
        return head.with_columns(reference, *sums, decimal_column("total", totals, MONEY_SCALE))

    @property
    def total(self) -> Decimal:
        """All costs together."""
        return as_decimal(sum(self._ints), MONEY_SCALE)

    @property
    def net(self) -> Decimal:
        """The profit that the ledger booked."""
        return as_decimal(sum(_ints(self._daily["pnl"])), MONEY_SCALE)

    @property
    def gross(self) -> Decimal:
        """The profit of fills at their reference prices, without any charge."""
        return as_decimal(sum(_ints(self._daily["pnl"])) + sum(self._ints), MONEY_SCALE)

    def of(self, kind: str) -> Decimal:
        """All costs of a kind, such as "commission". Raises InputError for one that there is not."""
        if kind not in KINDS:
            raise InputError(f"kind: {kind!r} is unknown. Pass one of {', '.join(map(repr, KINDS))}.")
        kinds = self.rows["kind"].to_list()
        return as_decimal(sum(cost for of, cost in zip(kinds, self._ints, strict=True) if of == kind), MONEY_SCALE)

    @functools.cached_property
    def _ints(self) -> Sequence[int]:
        return _ints(self.rows["cost"])

    def _sums(
        self, places: Iterable[int | None], count: int, kinds: Sequence[str]
    ) -> tuple[list[pl.Series], list[int]]:
        """The costs of each kind by place, as columns, and all of them together. A cost without a place is left out."""
        sums = {kind: [0] * count for kind in kinds}
        totals = [0] * count
        for place, kind, cost in zip(places, self.rows["kind"].to_list(), self._ints, strict=True):
            if place is not None and cost:
                sums[kind][place] += cost
                totals[place] += cost
        return [decimal_column(kind, values, MONEY_SCALE) for kind, values in sums.items()], totals

    def __repr__(self) -> str:
        rows = [(kind if detail is None else f"{kind}, {detail}", cost) for kind, detail, cost in self.by_kind.rows()]
        rows += [("total", self.total), ("profit before costs", self.gross), ("profit", self.net)]
        texts = [(label, shown(money, "money")) for label, money in rows]
        label_width, width = (max(map(len, column)) for column in zip(*texts, strict=True))
        return "\n".join(f"{label:<{label_width}}  {text:>{width}}" for label, text in texts)


def no_costs(_: object) -> NoReturn:
    """Stand for the costs of a result that was saved before there were any."""
    raise ResultError(
        "This result was saved by a version that did not keep what prices are measured against. Run the strategy again."
    )


def _ints(column: pl.Series) -> list[int]:
    return [value or 0 for value in scaled_ints(column)]
