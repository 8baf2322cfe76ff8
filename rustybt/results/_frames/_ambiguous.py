"""The frame of bars that did not say in which order their prices came."""

from __future__ import annotations

import polars as pl

from rustybt.core import MONEY_SCALE, decimal_column, div_half_even
from rustybt.results._frames._run_rows import RunRows
from rustybt.results._lacking import AMBIGUOUS


def ambiguous_frame(rows: RunRows) -> pl.DataFrame:
    """A row for each bar and each group of orders; money in the asset's currency."""
    slots = [rows.slots[slot] for _, slot, *_ in rows.ambiguous]
    money = {"worst": [], "best": []}  # type: dict[str, list[int]]
    for (_, _, _, worst, best, _), terms in zip(rows.ambiguous, slots, strict=True):
        scale = terms.fill_scale + terms.quantity_scale + terms.multiplier_scale
        for name, worth in (("worst", worst), ("best", best)):
            money[name].append(div_half_even(worth * terms.multiplier * 10**MONEY_SCALE, 10**scale))
    money["at_stake"] = [best - worst for worst, best in zip(money["worst"], money["best"], strict=True)]
    columns = [
        pl.Series("stamp", [stamp for stamp, *_ in rows.ambiguous], dtype=pl.Int64).cast(AMBIGUOUS["stamp"]),
        pl.Series("symbol", [terms.symbol for terms in slots], dtype=pl.String),
        pl.Series("sid", [terms.asset.sid for terms in slots], dtype=pl.Int64),
        pl.Series(
            "orders",
            [[f"{rows.prefix}{number}" for number in numbers] for _, _, numbers, *_ in rows.ambiguous],
            dtype=pl.List(pl.String),
        ),
    ]
    columns += [decimal_column(name, values, MONEY_SCALE) for name, values in money.items()]
    shorter = pl.Series("shorter_bars", [said for *_, said in rows.ambiguous], dtype=pl.String)
    return pl.DataFrame([*columns, shorter])
