"""One ingestion under the catalog's lock, where what is stored is known."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import polars as pl

from rustybt.calendars import SessionTable, stored_span
from rustybt.catalog import AssetRecord, Content, LeftOut, Manifest, Version, Writer, unharmed
from rustybt.core import DecimalConfig
from rustybt.errors import BadBars
from rustybt.files import Dialect
from rustybt.ingest._actions import ActionRow, action_record, make_dividends, make_splits, read_actions, unread_note
from rustybt.ingest._advice import advice, ask_before_losing
from rustybt.ingest._assets import Description, assign_sids, make_records, wanted_sids
from rustybt.ingest._auto_close import LAST_BAR, closed_after_last_bar
from rustybt.ingest._bars import Symbols, spanning_table
from rustybt.ingest._batch import QUARANTINED, Batch, ValidationRules
from rustybt.ingest._cached import with_cache_of
from rustybt.ingest._funding import make_funding, read_funding
from rustybt.ingest._one_table import Reading
from rustybt.ingest._report import IngestReport, summary
from rustybt.ingest._seen import joined_seen
from rustybt.ingest._sessions_shown import calendar_of
from rustybt.ingest._stock_dividends import make_stock_dividends
from rustybt.validation import Finding

ADDS: Final = ("append", "correct")
"""Modes that take over what the newest version holds."""

type Base = tuple[Version, Manifest]


@dataclass(frozen=True, slots=True)
class IngestRequest:
    """The settings of an ingestion, beside its data. calendar_told: else rows may show that it is another one."""

    bundle: str
    frequency: str
    calendar: str
    stamp: str | None
    symbols: Symbols
    mode: str
    on_bad_row: str
    how: Reading
    dialect: Dialect
    provenance: dict[str, Any]
    decimals: DecimalConfig | None = None
    auto_close: str | None = None
    calendar_told: bool = True


@dataclass(frozen=True, slots=True)
class Actions:
    """Corporate actions: as the caller gave them, as rows, and as what a version holds."""

    splits: Any = None
    dividends: Any = None
    stock_dividends: Any = None
    funding: Any = None

    def given(self) -> tuple[Any, ...]:
        """All of them."""
        return self.splits, self.dividends, self.stock_dividends, self.funding


@dataclass(frozen=True, slots=True)
class Validated:
    """The outcome of validating bars and actions. rows: read, bad ones among them. counts: findings by rule."""

    records: tuple[AssetRecord, ...]
    rows: int
    counts: Counter[str]
    findings: tuple[Finding, ...]
    notes: tuple[str, ...]


def is_there(newest: Base, mode: str, given: str | None) -> bool:
    """Whether the bundle's newest version was made of just what is given now, and is as it was written."""
    version, manifest = newest
    if given is None or manifest.input is None:
        return False
    if mode == "append":
        return manifest.input in (given, appended(given))
    return manifest.input == given and unharmed(version, manifest)


def appended(given: str | None) -> str | None:
    """The digest of what was added to a version, which is not all that the new one is made of."""
    return None if given is None else f"+{given}"


def nothing_new(newest: Base) -> IngestReport:
    """The report of an ingestion that is in the bundle already."""
    version, manifest = newest
    kept = version.path / manifest.quarantine if manifest.quarantine else None
    return IngestReport(version.bundle, version.id, version.hash, 0, len(manifest.assets), (), kept, is_new=False)


class Write:
    """An ingestion on its way from rows to a version."""

    def __init__(
        self,
        request: IngestRequest,
        batches: Sequence[Batch],
        descriptions: list[Description],
        actions: Actions,
        given: str | None,
    ) -> None:
        self._request = request
        self._batches = batches
        self._descriptions = descriptions
        self._given = actions
        self._digest = given
        self._newest: Base | None = None
        self._base: Base | None = None
        self._known: dict[str, AssetRecord] = {}
        self._unread: list[str] = []

    def validate(self, newest: Base | None) -> None:
        """Reads and validates the bars. newest: the bundle's newest version, None where there is no such bundle.

        Raises InputError.
        """
        self._base = newest if self._request.mode in ADDS else None
        self._known = {record.key: record for record in self._base[1].assets} if self._base else {}
        policy = self._request.on_bad_row
        rules = ValidationRules(
            self._descriptions,
            stops=policy == "error",
            keeps_rows=policy == "quarantine",
            corrects=self._request.mode == "correct",
            adj_close=self._request.how.adj_close,
        )
        for batch in self._batches:
            batch.validate(self._base[0] if self._base else None, self._known, rules)

    def publish(self, writer: Writer, newest: Base | None) -> IngestReport:
        """Validates the actions, and writes a version. newest: as for `validate`, under the lock by now.

        Raises BadBars, BundleExists, InputError.
        """
        records, ended, actions, bad_actions = self._made(newest)
        findings = self._findings(bad_actions)
        self._refuse(findings)
        if not records:
            raise BadBars(f"Not one row is left of these bars: {summary(findings)}", findings)
        if findings and self._request.on_bad_row == "drop":
            bad, rows_read = (sum(counts) for counts in zip(*(batch.counts for batch in self._batches), strict=True))
            ask_before_losing(self._request.bundle, bad, rows_read, findings, summary(findings))
        sids = {record.key: record.sid for record in records}
        rows = tuple(batch.rows(sids) for batch in self._batches)
        content = Content(
            calendar=self._calendar(records),
            assets=records,
            splits=tuple(actions.splits),
            dividends=tuple(actions.dividends),
            stock_dividends=tuple(actions.stock_dividends),
            funding=tuple(actions.funding),
            rows=rows,
            provenance=with_cache_of(self._request.provenance, self._base[1].provenance if self._base else {}),
            left_out=self._left_out([finding for _, finding in bad_actions]),
            quarantine=self._quarantine(bad_actions) if self._request.on_bad_row == "quarantine" else None,
            input=self._input(findings),
            corrects=self._request.mode == "correct",
        )
        may_exist = self._request.mode != "error"
        manifest, is_new = writer.publish(self._request.bundle, content, base=self._base, may_exist=may_exist)
        folder = writer.folder(manifest)
        return IngestReport(
            bundle=manifest.bundle,
            version=manifest.version,
            hash=manifest.hash,
            rows=sum(of_frequency.height for of_frequency in rows) if is_new else 0,
            assets=len(manifest.assets),
            findings=findings,
            quarantine=folder / manifest.quarantine if manifest.quarantine else None,
            is_new=is_new,
            notes=self._notes(ended),
            changes=tuple(change for batch in self._batches for change in batch.changes),
        )

    def _refuse(self, findings: tuple[Finding, ...]) -> None:
        """Raises BadBars where rows show another calendar than was taken, and where bad ones are an error."""
        if not self._request.calendar_told and calendar_of(findings, self._request.calendar):
            # whatever becomes of bad rows: none is bad before it is known whose sessions these are
            raise BadBars("These rows are of another calendar.", findings)
        if findings and self._request.on_bad_row == "error":
            raise BadBars(
                f"Nothing was written to {self._request.bundle!r}: {summary(findings)}\n"
                f"{advice(findings, self._request.calendar)}",
                findings,
            )

    def look(self, newest: Base | None) -> Validated:
        """The outcome that `publish` would have, written nowhere. newest: as for `validate`, which comes first."""
        records, ended, _, bad_actions = self._made(newest)
        counts = Counter(dict[str, int]())
        for left_out in (*(one for batch in self._batches for one in batch.left_out()),):
            counts[left_out.rule] += left_out.findings
        counts.update(finding.rule for _, finding in bad_actions)
        rows = sum(batch.counts[1] for batch in self._batches)
        return Validated(records, rows, counts, self._findings(bad_actions), self._notes(ended))

    def _made(
        self, newest: Base | None
    ) -> tuple[tuple[AssetRecord, ...], tuple[str, ...], Actions, list[tuple[ActionRow, Finding]]]:
        """Assets, notes on those that end, actions, and actions that mean nothing."""
        self._newest = newest
        self._base = newest if self._request.mode in ADDS else None
        seen = joined_seen(batch.seen for batch in self._batches)
        made = make_records(self._known, seen, self._sids(), self._descriptions, self._request.decimals)
        records, ended = closed_after_last_bar(made, self._known, wanted=self._request.auto_close == LAST_BAR)
        return records, ended, *self._actions(records)

    def _findings(self, bad_actions: Sequence[tuple[ActionRow, Finding]]) -> tuple[Finding, ...]:
        of_bars = (finding for batch in self._batches for finding in batch.findings())
        return (*of_bars, *(finding for _, finding in bad_actions))

    def _notes(self, ended: Sequence[str]) -> tuple[str, ...]:
        return (*(note for batch in self._batches for note in batch.notes), *self._unread, *ended)

    def _input(self, findings: Sequence[Finding]) -> str | None:
        """The digest of what was given, unless there is something to tell of it again."""
        if findings or self._request.mode == "correct" or any(batch.notes for batch in self._batches):
            return None
        return appended(self._digest) if self._base else self._digest

    def _sids(self) -> dict[str, int]:
        """Sids stay with their keys, also where the bundle's data are replaced, unless the assets frame names them."""
        known = {record.key: record.sid for record in self._newest[1].assets} if self._newest else {}
        pairs = {pair for batch in self._batches for pair in batch.pairs}
        wanted = wanted_sids(self._descriptions, pairs)
        return assign_sids({key for key, _ in pairs}, known, wanted, fixed=self._known.keys())

    def _actions(self, records: Sequence[AssetRecord]) -> tuple[Actions, list[tuple[ActionRow, Finding]]]:
        known, rows = self._base[1] if self._base else None, self._action_rows()
        splits, bad_splits = make_splits(rows.splits, records, known.splits if known else ())
        dividends, bad_dividends = make_dividends(rows.dividends, records, known.dividends if known else ())
        in_shares, bad_in_shares = make_stock_dividends(
            rows.stock_dividends, records, known.stock_dividends if known else ()
        )
        funding, bad_funding = make_funding(rows.funding, records, known.funding if known else ())
        found = [*bad_splits, *bad_dividends, *bad_in_shares, *bad_funding]
        return Actions(splits, dividends, in_shares, funding), found

    def _action_rows(self) -> Actions:
        """The actions given beside the bars, and those in columns of the bars."""
        calendar = self._batches[0].calendar
        symbols = self._request.symbols
        rows = Actions(
            read_actions(self._given.splits, "splits", "ratio", calendar, symbols),
            read_actions(self._given.dividends, "dividends", "amount", calendar, symbols),
            read_actions(self._given.stock_dividends, "stock_dividends", "ratio", calendar, symbols),
            read_funding(self._given.funding, self._request.how.tz, symbols),
        )
        for batch in self._batches:
            rows.splits.extend(batch.splits)
            rows.dividends.extend(batch.dividends)
        notes = map(unread_note, (rows.splits, rows.dividends, rows.stock_dividends, rows.funding))
        self._unread = [note for note in notes if note]
        return rows

    def _calendar(self, records: Sequence[AssetRecord]) -> SessionTable:
        first = min(record.first_day for record in records)
        last = max(record.last_day for record in records)
        seen = self._batches[0].calendar
        if not self._base and len(self._batches) == 1 and seen is not None:
            return seen.between(*stored_span(first, last))
        newer = spanning_table(self._request.calendar, (first, last))
        if not self._base:
            return newer
        stored, old = self._base[1].calendar, self._base[1].ranges.values()
        return stored.joined_with(newer, min(o[0] for o in old), max(o[1] for o in old))

    def _left_out(self, bad_actions: Sequence[Finding]) -> tuple[LeftOut, ...]:
        """How much this ingestion leaves out, and those before that it is appended to."""
        counts: Counter[tuple[str | None, str, str]] = Counter()
        for symbol, frequency, rule, count in self._base[1].left_out if self._base else ():
            counts[symbol, frequency, rule] += count
        for batch in self._batches:
            for symbol, frequency, rule, count in batch.left_out():
                counts[symbol, frequency, rule] += count
        counts.update((finding.symbol, "", finding.rule) for finding in bad_actions)
        order = sorted(counts.items(), key=lambda item: (item[0][0] or "", *item[0][1:]))
        return tuple(LeftOut(*about, count) for about, count in order)

    def _quarantine(self, actions: list[tuple[ActionRow, Finding]]) -> pl.DataFrame:
        """The rows left out, as text, one a row and rule."""
        extra = pl.DataFrame(
            [
                (
                    a.kind,
                    a.row,
                    a.symbol,
                    a.texts.get("ex_date_text"),
                    f.rule,
                    f.value,
                    f.message,
                    json.dumps(action_record(a)),
                )
                for a, f in actions
            ],
            schema={name: pl.Int64 if name == "row" else pl.String for name in QUARANTINED},
            orient="row",
        )
        return pl.concat([*(batch.quarantined() for batch in self._batches), extra])
