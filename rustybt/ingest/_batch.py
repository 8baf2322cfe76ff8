"""The bars of one frequency on their way into a version: what is good in them, and what was found in the rest."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

import polars as pl

from rustybt.catalog import PRICES, AssetRecord, Rows, Version
from rustybt.core import datetime_of, frequency_named
from rustybt.ingest._assets import Description, Seen, seen_symbols, with_keys
from rustybt.ingest._bars import Bars
from rustybt.ingest._numbers import needed_scales
from rustybt.ingest._stored import against_stored
from rustybt.validation import Finding, duplicate_stamp, nothing_found, unsorted_stamp

QUARANTINED: Final = ("kind", "row", "symbol", "stamp", "rule", "value", "message", "record")
"""The columns of quarantine.parquet."""


class Batch:
    """Bars of one frequency. `judge` comes first; the rest speaks of the rows that it found good.

    good: the good rows that are not stored yet, with a column `key`. found: what is wrong with the others.
    """

    def __init__(self, frequency: str, bars: Bars) -> None:
        self.frequency = frequency
        self.bars = bars
        self.good = bars.frame.clear()
        self.found = nothing_found()

    def judge(
        self, stored: Version | None, known: Mapping[str, AssetRecord], descriptions: Iterable[Description]
    ) -> None:
        """Tells the good rows from the others. stored, known: the version that is appended to, and its assets."""
        frame = with_keys(self.bars.frame, known.values(), descriptions, self.bars.calendar.name)
        # a row that is bad by itself says nothing of those around it: a mistyped year makes no other row unsorted
        sound = _without(frame, self.bars.found)
        in_sequence = pl.concat([duplicate_stamp(sound), unsorted_stamp(sound)])
        self.found = pl.concat([self.bars.found, in_sequence])
        self.good = _without(sound, in_sequence)
        if stored is not None:
            scales = (self.bars.price_scale, self.bars.volume_scale)
            self.good, conflicts = against_stored(stored, known, self.frequency, self.good, scales)
            self.found = pl.concat([self.found, conflicts])

    def seen(self) -> dict[str, Seen]:
        """What the good rows say of each asset."""
        if not self.good.height:
            return {}
        prices = needed_scales(self.good, "key", PRICES, self.bars.price_scale)
        volumes = needed_scales(self.good, "key", ("volume",), self.bars.volume_scale)
        ranges = seen_symbols(self.good, self.frequency, self.bars.calendar)
        return {key: Seen(ranges[key], prices[key], volumes[key]) for key in ranges}

    def rows(self, sids: Mapping[str, int], seen: Mapping[str, Seen]) -> Rows:
        """The good rows as a part stores them, at the smallest scales that show all of them. seen: this batch's."""
        price_scale = max((asset.price_scale for asset in seen.values()), default=0)
        volume_scale = max((asset.volume_scale for asset in seen.values()), default=0)
        price_unit = pl.lit(10 ** (self.bars.price_scale - price_scale), dtype=pl.Int128)
        volume_unit = pl.lit(10 ** (self.bars.volume_scale - volume_scale), dtype=pl.Int128)
        frame = self.good.select(
            pl.col("key").replace_strict(sids, default=None, return_dtype=pl.Int32).alias("sid"),
            pl.col("stamp"),
            *(pl.col(name) // price_unit for name in PRICES),
            pl.col("volume") // volume_unit,
        ).sort("sid", "stamp")
        return Rows(self.frequency, frame, price_scale, volume_scale)

    def findings(self) -> list[Finding]:
        """What was found, by row."""
        if not self.found.height:
            return []
        where = self.bars.frame.select("row", "symbol", "stamp")
        rows = self.found.join(where, on="row", how="left", maintain_order="left").sort("row", maintain_order=True)
        daily = frequency_named(self.frequency).by_session
        findings = []
        for _, rule, value, message, symbol, stamp in rows.iter_rows():
            moment = None if stamp is None else datetime_of(stamp)
            findings.append(Finding(symbol, moment.date() if moment and daily else moment, rule, value, message))
        return findings

    def quarantined(self) -> pl.DataFrame:
        """The rows left out, as text, one a row and rule; columns: `QUARANTINED`."""
        frame = self.bars.frame
        texts = {name.removesuffix("_text"): name for name in frame.columns if name.endswith("_text")}
        record = pl.struct("symbol", "asset_key", *(pl.col(column).alias(name) for name, column in texts.items()))
        rows = frame.select(
            "row", "symbol", pl.col("stamp_text").alias("stamp"), record.struct.json_encode().alias("record")
        )
        bars = self.found.join(rows, on="row", how="left", maintain_order="left").sort("row", maintain_order=True)
        return bars.with_columns(pl.lit("bars").alias("kind")).select(QUARANTINED)


def joined_seen(several: Iterable[Mapping[str, Seen]]) -> dict[str, Seen]:
    """What several batches say of each asset."""
    joined: dict[str, Seen] = {}
    for seen in several:
        for key, new in seen.items():
            old = joined.get(key)
            joined[key] = new if old is None else old.joined_with(new)
    return joined


def _without(frame: pl.DataFrame, found: pl.DataFrame) -> pl.DataFrame:
    return frame.filter(~pl.col("row").is_in(found["row"].implode())) if found.height else frame
