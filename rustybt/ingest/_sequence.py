"""Rules "duplicate" and "unsorted" over rows that come piece by piece."""

from __future__ import annotations

from typing import Final

import numpy as np
import polars as pl

from rustybt.catalog import SpillFile
from rustybt.validation import nothing_found, out_of_sequence

_NEVER: Final = -(2**63)
_BEFORE: Final = ("row", "key", "stamp", "stamp_text")


class DuplicateCheck:
    """The check for rows out of order and duplicates, from piece to piece. spill_file: the good rows so far."""

    def __init__(self, spill_file: SpillFile) -> None:
        self._spill_file = spill_file
        self._last = np.empty(0, dtype=np.int64)
        self._late: dict[int, set[int]] = {}

    def check(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Findings of rows that are sound by themselves. rows: `row`, `key` (the asset's number in the
        spill file), `stamp`, `stamp_text`."""
        if not rows.height:
            return nothing_found()
        ends = rows.group_by("key").agg(pl.col("stamp").min().alias("first"), pl.col("stamp").max().alias("last"))
        rows = rows.select(_BEFORE)
        keys, firsts, lasts = (ends[name].to_numpy() for name in ("key", "first", "last"))
        more = int(keys.max()) + 1 - len(self._last)
        self._last = np.append(self._last, np.full(max(more, 0), _NEVER))
        back = keys[firsts <= self._last[keys]].tolist()
        if back:
            rows = pl.concat([*(self._before(key, rows) for key in back), rows])
        found = out_of_sequence(rows)
        self._last[keys] = np.maximum(self._last[keys], lasts)
        late = found.filter(pl.col("rule") == "unsorted")["row"]
        if late.len():
            for key, stamp in rows.filter(pl.col("row").is_in(late.implode())).select("key", "stamp").iter_rows():
                self._late.setdefault(key, set()).add(stamp)
        return found

    def _before(self, key: int, rows: pl.DataFrame) -> pl.DataFrame:
        """The earlier rows of an asset that rows of this piece may repeat, and its latest one."""
        last = int(self._last[key])
        again = rows.filter((pl.col("key") == key) & (pl.col("stamp") <= last))["stamp"].unique()
        known = set(self._late.get(key, ())) & set(again.to_list())
        known |= set(self._spill_file.stamps_of(key, again.to_numpy()).tolist())
        stamps = sorted({*known, last})
        # no row of the input has a number below zero
        return pl.DataFrame(
            {"row": [-1] * len(stamps), "key": [key] * len(stamps), "stamp": stamps, "stamp_text": [None] * len(stamps)}
        ).cast(rows.schema)
