"""Rules "duplicate" and "unsorted" over rows that come piece by piece."""

from __future__ import annotations

from typing import Final

import polars as pl

from rustybt.catalog import Pile
from rustybt.validation import out_of_sequence

_BEFORE: Final = ("row", "key", "stamp", "stamp_text")


class Order:
    """What earlier pieces say of the order of the next one. pile: the good rows so far."""

    def __init__(self, pile: Pile) -> None:
        self._pile = pile
        self._last: dict[int, int] = {}
        self._late: dict[int, set[int]] = {}

    def check(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Findings of rows that are sound by themselves. rows: `row`, `key` (the asset's number in the
        pile), `stamp`, `stamp_text`."""
        ends = rows.group_by("key").agg(pl.col("stamp").min().alias("first"), pl.col("stamp").max().alias("last"))
        rows = rows.select(_BEFORE)
        back = [key for key, first, _ in ends.iter_rows() if key in self._last and first <= self._last[key]]
        if back:
            rows = pl.concat([*(self._before(key, rows) for key in back), rows])
        found = out_of_sequence(rows)
        for key, _, last in ends.iter_rows():
            self._last[key] = max(last, self._last.get(key, last))
        late = found.filter(pl.col("rule") == "unsorted")["row"]
        if late.len():
            for key, stamp in rows.filter(pl.col("row").is_in(late.implode())).select("key", "stamp").iter_rows():
                self._late.setdefault(key, set()).add(stamp)
        return found

    def _before(self, key: int, rows: pl.DataFrame) -> pl.DataFrame:
        """The earlier rows of an asset that rows of this piece may repeat, and its latest one."""
        last = self._last[key]
        again = rows.filter((pl.col("key") == key) & (pl.col("stamp") <= last))["stamp"].unique()
        known = set(self._late.get(key, ())) & set(again.to_list())
        known |= set(self._pile.stamps_of(key, again.to_numpy()).tolist())
        stamps = sorted({*known, last})
        # no row of the input has a number below zero
        return pl.DataFrame(
            {"row": [-1] * len(stamps), "key": [key] * len(stamps), "stamp": stamps, "stamp_text": [None] * len(stamps)}
        ).cast(rows.schema)
