"""The bars of one frequency on their way into a version: what is good in them, and what was found in the rest."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import polars as pl

from rustybt.calendars import SessionTable
from rustybt.catalog import PRICES, AssetRecord, LeftOut, Rows, SpilledRows, SpillFile, StoredRows, Version
from rustybt.core import datetime_of, frequency_named
from rustybt.errors import InputError
from rustybt.files import Form
from rustybt.ingest._actions import ActionRow
from rustybt.ingest._adjusted import adjusted_actions
from rustybt.ingest._assets import Description, kinds_by_symbol, with_keys
from rustybt.ingest._bars import BarReader, Bars
from rustybt.ingest._report import Change
from rustybt.ingest._seen import Seen, Sightings
from rustybt.ingest._sequence import DuplicateCheck
from rustybt.ingest._stored import against_stored, corrections
from rustybt.validation import FOUND_SCHEMA, Finding

QUARANTINED: Final = ("kind", "row", "symbol", "stamp", "rule", "value", "message", "record")
"""The columns of quarantine.parquet."""
MOST_FINDINGS: Final = 100_000
"""So many are listed; where bad rows stop the ingestion, it stops reading then."""


@dataclass(frozen=True, slots=True)
class ValidationRules:
    """How rows are validated. stops: bad rows are an error. keeps_rows: they are to be kept as text.

    corrects: they take the place of stored ones. adj_close: what is made of adjusted closes, see `Reading`.
    """

    descriptions: Sequence[Description]
    stops: bool
    keeps_rows: bool
    corrects: bool = False
    adj_close: str | None = None


class Batch:
    """Bars of one frequency. `validate` comes first; the rest speaks of what it saw.

    folder: where rows wait that are too many for memory.
    seen: what the good rows that are new say of each asset. changes: what they correct. calendar: reaches over all
    stamps. splits, dividends: what columns of the bars said. counts: rows left out, and rows and lines read.
    """

    def __init__(self, frequency: str, reader: BarReader, folder: Path) -> None:
        self.frequency = frequency
        self._reader = reader
        self._folder = folder / frequency
        self._begin()

    def _begin(self) -> None:
        self.seen: dict[str, Seen] = {}
        self._sightings = Sightings(self.frequency)
        self.splits: list[ActionRow] = []
        self.dividends: list[ActionRow] = []
        self.calendar: SessionTable | None = None
        self._spill_file = SpillFile(self.frequency, self._folder)
        self._numbers: dict[str, int] = {}
        self._duplicates = DuplicateCheck(self._spill_file)
        self._bad = [nothing_bad()]
        self._uneven = [nothing_bad()]
        self._count = 0
        self._left_out: Counter[tuple[str | None, str]] = Counter()
        self._future = 0
        self._stored = StoredRows(None, self.frequency)
        self.changes: list[Change] = []
        self.counts = (0, 0)
        self._closes: list[tuple[pl.DataFrame, int]] = []
        self._adjusted: str | None = None
        self._now = time.time_ns()

    def validate(self, base: Version | None, known: Mapping[str, AssetRecord], request: ValidationRules) -> None:
        """Tells the good rows from the others. base, known: the version that is appended to, and its assets.

        Raises InputError where its calendar is another one.
        """
        self._spill_file.remove()
        self._begin()
        self._stored = StoredRows(base, self.frequency)
        self._reader.kinds = kinds_by_symbol(known.values(), request.descriptions)
        for bars in self._reader:
            if base is not None and base.calendar.name != bars.calendar.name:
                raise InputError(
                    f"Bundle {base.bundle!r} is on calendar {base.calendar.name}, these bars on {bars.calendar.name}. "
                    f"Pass calendar={base.calendar.name!r}, or another bundle."
                )
            self._note_uneven(request)
            self._take(bars, base, known, request)
            if request.stops and self._count >= MOST_FINDINGS:
                break
        self._note_uneven(request)
        if request.adj_close is not None:
            self._add_adjusted(request.adj_close)
        self.seen = self._sightings.all({number: key for key, number in self._numbers.items()})

    def _take(
        self, bars: Bars, base: Version | None, known: Mapping[str, AssetRecord], request: ValidationRules
    ) -> None:
        self.calendar = bars.calendar
        self.splits += bars.splits
        self.dividends += bars.dividends
        frame = with_keys(bars.frame, known.values(), request.descriptions, bars.calendar.name)
        # a row that is bad by itself says nothing of those around it: a mistyped year makes no other row unsorted
        sound = self._numbered(_without(frame, bars.found))
        in_sequence = self._duplicates.check(sound.select("row", pl.col("sid").alias("key"), "stamp", "stamp_text"))
        good = _without(sound, in_sequence)
        found = [bars.found, in_sequence]
        if base is not None:
            scales = (bars.price_scale, bars.volume_scale)
            if request.corrects:
                good, contradictions, changes = corrections(self._stored, known, good, scales)
                self.changes += changes
            else:
                good, contradictions = against_stored(self._stored, known, good, scales)
            found.append(contradictions)
        bad = pl.concat(found)
        self.counts = (self.counts[0] + bad["row"].n_unique(), self.counts[1] + frame.height)
        self._note(frame, bad, request)
        if good.height:
            self._see(good, bars)

    def _numbered(self, rows: pl.DataFrame) -> pl.DataFrame:
        """The rows with a column `sid`: the number of their asset here.

        Groups of numbers are found in a fraction of the time of those of texts.
        """
        for key in rows["key"].unique(maintain_order=True).to_list():
            self._numbers.setdefault(key, len(self._numbers))
        return rows.with_columns(pl.col("key").replace_strict(self._numbers, return_dtype=pl.Int32).alias("sid"))

    def _see(self, good: pl.DataFrame, bars: Bars) -> None:
        """Puts good rows with the others. good: with `sid`, their numbers."""
        self._sightings.add(good, bars.calendar, bars.price_scale, bars.volume_scale)
        self._future += int((good["stamp"] > self._now).sum())
        if bars.adjusted is not None:
            closes = good.select("row", "sid", "symbol", "asset_key", "stamp", "close")
            self._closes.append((closes.join(bars.adjusted, on="row"), bars.price_scale))
        rows = good.select("sid", "stamp", *PRICES, "volume")
        self._spill_file.add(Rows(self.frequency, rows, bars.price_scale, bars.volume_scale))

    def _add_adjusted(self, adj_close: str) -> None:
        """Puts the actions that adjusted closes tell of with the others."""
        rows = adjusted_actions(self._closes, adj_close)
        (self.splits if adj_close == "splits" else self.dividends).extend(rows)
        assets = len({(row.symbol, row.key) for row in rows})
        self._adjusted = (
            f"adj close: {len(rows):,} {adj_close} of {assets:,} asset{'s' if assets != 1 else ''} were made of its "
            "steps; it does not say which of them were dividends, and which splits"
        )

    @property
    def pairs(self) -> set[tuple[str, str]]:
        """Key and symbol of the good rows that are new."""
        return {(key, carried.symbol) for key, seen in self.seen.items() for carried in seen.symbols}

    def rows(self, sids: Mapping[str, int]) -> SpilledRows:
        """The good rows as parts store them, at the smallest scales that show all of them."""
        price_scale = max((asset.price_scale for asset in self.seen.values()), default=0)
        volume_scale = max((asset.volume_scale for asset in self.seen.values()), default=0)
        numbered = {number: sids[key] for key, number in self._numbers.items() if key in self.seen}
        return self._spill_file.rows(numbered, price_scale, volume_scale)

    @property
    def forms(self) -> dict[str, Form]:
        """The forms of the files and frames, by name, as far as they were read."""
        return self._reader.notes.forms

    @property
    def notes(self) -> tuple[str, ...]:
        """Notes on how the rows were read, how many findings are counted only, and bars yet to come."""
        untold = self._count - min(self._count, MOST_FINDINGS)
        notes = [*self._reader.notes, *([self._adjusted] if self._adjusted else [])]
        if untold:
            notes.append(f"of {self._count:,} findings the first {MOST_FINDINGS:,} are listed")
        if self._future:
            notes.append(
                f"{self._future:,} bar{'s' if self._future != 1 else ''} of {self.frequency} from the future: are day "
                "and month, or the unit of epochs, the right way round?"
            )
        return tuple(notes)

    def _note(self, frame: pl.DataFrame, found: pl.DataFrame, request: ValidationRules) -> None:
        """Keeps what was found, with the rows as text where they are to be kept."""
        if found.height:
            symbols = found.join(frame.select("row", "symbol"), on="row", how="left")
            counts = symbols.group_by("symbol", "rule").len()
            self._left_out.update({(symbol, rule): count for symbol, rule, count in counts.iter_rows()})
        if not found.height or (self._count >= MOST_FINDINGS and not request.keeps_rows):
            self._count += found.height
            return
        texts = {name.removesuffix("_text"): name for name in frame.columns if name.endswith("_text")}
        record = pl.struct("symbol", "asset_key", *(_text(column).alias(name) for name, column in texts.items()))
        where = frame.filter(pl.col("row").is_in(found["row"].implode())).select(
            "row", "symbol", "stamp", _text("stamp_text"), record.struct.json_encode().alias("record")
        )
        self._count += found.height
        bad = found.join(where, on="row", how="left", maintain_order="left").sort("row", maintain_order=True)
        self._bad.append(bad.select(nothing_bad().columns))

    def _note_uneven(self, request: ValidationRules) -> None:
        """Keeps the lines of CSV files that could not be told apart into fields."""
        lines = self._reader.uneven
        if lines and (self._count < MOST_FINDINGS or request.keeps_rows):
            rows = [
                ("fields", line.text, line.message, line.symbol, json.dumps({"file": line.file, "line": line.line}))
                for line in lines
            ]
            schema = {name: nothing_bad().schema[name] for name in ("rule", "value", "message", "symbol", "record")}
            frame = pl.DataFrame(rows, schema=schema, orient="row")
            self._uneven.append(pl.concat([nothing_bad(), frame], how="diagonal"))
        self._count += len(lines)
        self.counts = (self.counts[0] + len(lines), self.counts[1] + len(lines))
        self._left_out.update((line.symbol, "fields") for line in lines)
        lines.clear()

    def left_out(self) -> list[LeftOut]:
        """How many findings of each rule, by symbol."""
        return [LeftOut(symbol, self.frequency, rule, count) for (symbol, rule), count in self._left_out.items()]

    def findings(self) -> list[Finding]:
        """The findings, lines that are no rows first, then by row; the first `MOST_FINDINGS`."""
        bad = pl.concat([*self._uneven, *self._bad]).head(MOST_FINDINGS)
        daily = frequency_named(self.frequency).by_session
        findings = []
        for rule, value, message, symbol, stamp in bad.select(
            "rule", "value", "message", "symbol", "stamp"
        ).iter_rows():
            moment = None if stamp is None else datetime_of(stamp)
            findings.append(Finding(symbol, moment.date() if moment and daily else moment, rule, value, message))
        return findings

    def quarantined(self) -> pl.DataFrame:
        """The rows left out, as text, one a row and rule; columns: `QUARANTINED`."""
        bad = pl.concat([*self._uneven, *self._bad]).with_columns(
            pl.lit("bars").alias("kind"), pl.col("stamp_text").alias("stamp")
        )
        return bad.select(QUARANTINED)

    def remove(self) -> None:
        """Deletes the rows that wait on the disk."""
        self._spill_file.remove()


def _text(name: str) -> pl.Expr:
    return pl.col(name).cast(pl.String)


def nothing_bad() -> pl.DataFrame:
    """No finding with its row."""
    texts = dict.fromkeys(("stamp_text", "record"), pl.String)
    return pl.DataFrame(schema={**FOUND_SCHEMA, "symbol": pl.String, "stamp": pl.Int64, **texts})


def _without(frame: pl.DataFrame, found: pl.DataFrame) -> pl.DataFrame:
    return frame.filter(~pl.col("row").is_in(found["row"].implode())) if found.height else frame
