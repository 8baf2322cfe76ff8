"""Runs of one asset on a few bars that are written out, for orders whose right fills were worked out by hand."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any, NamedTuple

import polars as pl

import rustybt
from rustybt.api import commission, slippage

DAYS = [dt.date(2024, 1, day) for day in (2, 3, 4, 5, 8, 9, 10, 11, 12)]
"""Sessions of XNYS."""

type Bar = tuple[str, ...]
type Script = Mapping[int, Callable[[Any, Any, Any], Any]]


class Outcome(NamedTuple):
    """fills: bar, name of the order, signed quantity, price. ids: by name. seen: by bar what `look` returned."""

    result: rustybt.Result
    fills: list[tuple[int, str, int, Decimal]]
    ids: dict[str, Any]
    seen: dict[int, Any]

    @property
    def cash(self) -> Decimal:
        """What fills and fees did to the cash."""
        ends: Decimal = self.result.daily["ending_cash"][-1]
        return ends - CAPITAL

    def order(self, name: str) -> dict[str, Any]:
        """The order of that name, as the frame of orders has it."""
        return self.result.orders.filter(pl.col("id") == self.ids[name]).row(0, named=True)


CAPITAL = 1_000_000


def frame_of(bars: Sequence[Bar]) -> pl.DataFrame:
    """Daily bars of the asset X, from (open, high, low, close[, volume]) as text."""
    rows = [("X", day, *bar[:4], bar[4] if len(bar) > 4 else "1000000") for day, bar in zip(DAYS, bars, strict=False)]
    names = ["symbol", "date", "open", "high", "low", "close", "volume"]
    return pl.DataFrame(rows, schema=names, orient="row")


def run_bars(
    bars: Sequence[Bar],
    script: Script,
    *,
    volume_share: str | None = None,
    look: Callable[[Any, Any], Any] | None = None,
    trigger: str = "range",
    data: Any = None,
    first: Callable[[Any], Any] | None = None,
    **settings: Any,
) -> Outcome:
    """Runs a script: script[k](context, X, ids) is called at bar k, and puts the ids of its orders into `ids`.

    first: called at the end of initialize.
    """
    ids: dict[str, Any] = {}
    seen: dict[int, Any] = {}

    def initialize(context: Any) -> None:
        context.bar = -1
        context.set_commission(commission.NoCommission())
        context.set_slippage(
            slippage.NoSlippage()
            if volume_share is None
            else slippage.VolumeShareSlippage(volume_limit=volume_share, price_impact=0)
        )
        if first is not None:
            first(context)

    def handle_data(context: Any, data: Any) -> None:
        context.bar += 1
        if context.bar in script:
            script[context.bar](context, context.symbol("X"), ids)
        if look is not None:
            seen[context.bar] = look(context, ids)

    result = rustybt.run_algorithm(
        initialize=initialize,
        handle_data=handle_data,
        data=frame_of(bars) if data is None and "market" not in settings else data,
        capital_base=CAPITAL,
        trigger=trigger,
        progress=False,
        **settings,
    )
    names = {order: name for name, order in ids.items()}
    fills = [
        (DAYS.index(row["dt"].date()), names.get(row["order_id"], "?"), int(row["amount"]), row["price"])
        for row in result.transactions.iter_rows(named=True)
    ]
    return Outcome(result, fills, ids, seen)
