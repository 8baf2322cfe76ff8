"""`preview`: what `ingest` would read of bars, and what it would find in them; nothing is written."""

from __future__ import annotations

import datetime as dt
import inspect
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from rustybt.catalog import catalog_root, check_bundle_name
from rustybt.core import check_process, date_of, scratch_folder
from rustybt.errors import BadBars, InputError
from rustybt.files import Form, unread_columns
from rustybt.ingest._advice import remedies
from rustybt.ingest._asked import Asked, asked, batches_of, by_frequency, check_request
from rustybt.ingest._assets import read_descriptions
from rustybt.ingest._batch import Batch
from rustybt.ingest._guesses import with_guesses
from rustybt.ingest._ingest import ingest, newest_of
from rustybt.ingest._sessions_shown import calendar_of
from rustybt.ingest._write import IngestRequest, Validated, Write
from rustybt.validation import Finding

_UNNAMED: Final = "preview"
_OWN: Final = ("bundle", "bars", "root")
_DEFAULTS: Final = {name: one.default for name, one in inspect.signature(ingest).parameters.items() if name not in _OWN}
_SHOWN: Final = 3
_LONGEST: Final = 60
_SHOWN_NAMES: Final = 8
_INDENT: Final = 13


@dataclass(frozen=True, slots=True, repr=False)
class Preview:
    """A preview of an ingestion. Printed it is a table.

    forms: what each file or frame was found to be, by name. frequency, calendar: under which it would be stored.
    symbols, first, last: of the rows without findings; the days of the first and last bar, None where there is none.
    rows: bars that were read, bad ones among them. findings: what is wrong with rows, `counts` how often by rule.
    notes: what is to be told of the data. refused: why they can't be read as asked; None where they can.
    options: of `ingest`, by name, that most likely bring in what this call does not. given: those of this call.
    """

    forms: Mapping[str, Form]
    frequency: str
    calendar: str
    symbols: tuple[str, ...] = ()
    first: dt.date | None = None
    last: dt.date | None = None
    rows: int = 0
    findings: tuple[Finding, ...] = ()
    counts: Mapping[str, int] | None = None
    notes: tuple[str, ...] = ()
    refused: str | None = None
    options: Mapping[str, str] | None = None
    given: Mapping[str, str] | None = None

    @property
    def is_fine(self) -> bool:
        """Whether `ingest` with the same options would take all of the rows."""
        return self.refused is None and not self.findings

    def __repr__(self) -> str:
        lines = [self.table()]
        if self.refused is None:
            lines.append(f"{'go on with':<{_INDENT}}{self.command()}")
        return "\n".join(lines)

    def command(self) -> str:
        """The call that ingests these data, with `given` and `options`."""
        proposed = {name: repr(value) for name, value in (self.options or {}).items()}
        more = "".join(f", {name}={text}" for name, text in {**(self.given or {}), **proposed}.items())
        return f"rustybt.ingest('NAME', bars{more})"

    def table(self) -> str:
        """The findings as a table, without the call to go on with."""
        return "\n".join(f"{label:<{_INDENT}}{text}".rstrip() for label, text in self._lines())

    def _lines(self) -> list[tuple[str, str]]:
        lines = self._of_forms()
        if self.rows:
            lines += [
                ("frequency", self.frequency),
                ("calendar", self.calendar),
                ("symbols", f"{len(self.symbols):,}: {_some(self.symbols)}" if self.symbols else "none"),
                ("range", f"{self.first} to {self.last}" if self.first else "none"),
                ("rows", f"{self.rows:,}"),
            ]
        if self.refused is None:
            counts = ", ".join(f"{count:,} {rule}" for rule, count in (self.counts or {}).items())
            lines.append(("findings", counts or "none"))
            lines += [("", f"{finding}") for finding in self.findings[:_SHOWN]]
            if sum((self.counts or {}).values()) > _SHOWN:
                lines.append(("", "..."))
        else:
            lines.append(("refused", self.refused.replace("\n", "\n" + " " * _INDENT)))
        return lines + [("note", note) for note in self.notes]

    def _of_forms(self) -> list[tuple[str, str]]:
        names = list(self.forms)
        if not names:
            return []
        form = self.forms[names[0]]
        lines = [
            ("input", names[0] if len(names) == 1 else f"{len(names):,} of them, such as {names[0]}"),
            ("form", ", ".join((form.kind, *form.details))),
        ]
        unread = unread_columns([ours for _, ours in form.columns], carried=True)
        read = [_pair(*pair) for pair in form.columns if pair[1] and pair[1] not in unread]
        lines.append(("columns", ", ".join(read)))
        left = [theirs for theirs, ours in form.columns if not ours or ours in unread]
        return lines + ([("not read", ", ".join(left))] if left else [])


def preview(bars: Any, *, bundle: str | None = None, root: str | Path | None = None, **options: Any) -> Preview:
    """Reads bars as `ingest` would with these options, and tells what it would find; nothing is written.

    bars, options: those of `rustybt.ingest`, such as csv, calendar, frequency or splits. bundle, root: with
    mode="append" or "correct", the bundle that the bars would be added to.
    Returns what could be told, also of what is refused. Raises InputError for an option that `ingest` does not have.

    >>> import polars as pl, rustybt
    >>> bars = pl.DataFrame(
    ...     {"symbol": "A", "date": ["2024-01-02", "2024-01-06"], "open": 10, "high": 11, "low": 9, "close": [10, 11]}
    ... ).with_columns(volume=1000)
    >>> rustybt.preview(bars)
    input        bars
    form         frame
    columns      symbol, date, open, high, low, close, volume
    frequency    1d
    calendar     XNYS
    symbols      1: A
    range        2024-01-02 to 2024-01-02
    rows         2
    findings     1 calendar
                 A 2024-01-06: 2024-01-06 is no session of XNYS [calendar]
    go on with   rustybt.ingest('NAME', bars, calendar='24/7')
    """
    check_process()
    unknown = sorted(options.keys() - _DEFAULTS.keys())
    if unknown:
        raise InputError(f"ingest has no option {unknown[0]}=. Choose among {', '.join(sorted(_DEFAULTS))}.")
    named = _UNNAMED if bundle is None else check_bundle_name(bundle)
    given = asked(named, bars, {**_DEFAULTS, **options})
    folder = catalog_root(root)

    def looked(request: IngestRequest, length_told: bool) -> Preview:
        told = _look(replace(given, request=request), folder, length_told=length_told)
        if given.calendar is None and calendar_of(told.findings, request.calendar):
            raise BadBars("", told.findings)
        return told

    told, notes = with_guesses(given, folder, looked)
    said = {name: _as_text(value) for name, value in options.items() if value is not None}
    return replace(told, notes=(*given.notes, *notes, *told.notes), given=said)


def _as_text(value: Any) -> str:
    """How an argument is written; what is longer than a line as dots."""
    text = repr(value)
    return text if len(text) <= _LONGEST and "\n" not in text else "..."


def _look(given: Asked, root: Path, *, length_told: bool) -> Preview:
    frequencies = [frequency for frequency, _ in by_frequency(given.request, given.bars)]
    # a row that is left out goes on to the next: all of them are counted
    request = replace(given.request, on_bad_row="drop")
    batches: list[Batch] = []
    validated, refused = None, None
    with scratch_folder() as folder:
        try:
            check_request(given.request, frequencies)
            batches += batches_of(request, given.bars, folder, length_told=length_told)
            validated = _validated(replace(given, request=request), batches, root)
        except InputError as error:
            refused = "\n".join((str(error), *getattr(error, "__notes__", ())))
    told = Preview(_forms(batches), ", ".join(frequencies), request.calendar, refused=refused)
    return told if validated is None else _with(told, validated)


def _validated(given: Asked, batches: list[Batch], root: Path) -> Validated:
    descriptions = read_descriptions(given.assets, given.request.symbols)
    write = Write(given.request, batches, descriptions, given.actions, None)
    with newest_of(root, given.request) as newest:
        if newest is not None and given.request.mode == "error" and given.request.bundle != _UNNAMED:
            raise InputError(
                f"Bundle {given.request.bundle!r} exists. Add to it with mode='append', or put these data in its place "
                "with mode='replace' (--mode)."
            )
        write.validate(newest)
        return write.look(newest)


def _forms(batches: Iterable[Batch]) -> dict[str, Form]:
    return {name: form for batch in batches for name, form in batch.forms.items()}


def _with(told: Preview, validated: Validated) -> Preview:
    return replace(
        told,
        symbols=tuple(sorted(record.symbol for record in validated.records)),
        first=min((date_of(record.first_day) for record in validated.records), default=None),
        last=max((date_of(record.last_day) for record in validated.records), default=None),
        rows=validated.rows,
        findings=validated.findings,
        counts=dict(validated.counts.most_common()),
        notes=(*told.notes, *validated.notes),
        options=remedies(validated.findings, told.calendar, validated.rows),
    )


def _pair(theirs: str, ours: str) -> str:
    return ours if theirs.strip().lower() == ours else f"{theirs.strip() or '(without a name)'} as {ours}"


def _some(names: tuple[str, ...]) -> str:
    return ", ".join(names[:_SHOWN_NAMES]) + (", ..." if len(names) > _SHOWN_NAMES else "")
