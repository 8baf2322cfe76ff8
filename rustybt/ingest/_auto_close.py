"""Assets whose bars end before those of others, and that nothing closes out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from rustybt.catalog import AssetRecord
from rustybt.core import date_of

LAST_BAR: Final = "last_bar"
_SHOWN: Final = 3


def closed_after_last_bar(
    records: Sequence[AssetRecord], known: Mapping[str, AssetRecord], *, wanted: bool
) -> tuple[tuple[AssetRecord, ...], tuple[str, ...]]:
    """The records, and a note where assets end that have no auto_close_date.

    known: those of before, by key. wanted: such assets get one, the day after their last bar. One that was had so is
    taken back where later bars came.
    """
    records = [_reopened(record, known.get(record.key)) for record in records]
    newest = max((record.last_day for record in records), default=0)
    ended = [record for record in records if record.last_day < newest and _is_open(record)]
    if not wanted:
        return tuple(records), tuple(_note(ended, newest) for _ in ended[:1])
    keys = {record.key for record in ended}
    return tuple(_closed(record) if record.key in keys else record for record in records), ()


def _is_open(record: AssetRecord) -> bool:
    return record.given.get("type") != "index" and record.auto_close_day() is None


def _closed(record: AssetRecord) -> AssetRecord:
    return replace(record, given={**record.given, "auto_close_date": record.last_day + 1})


def _reopened(record: AssetRecord, before: AssetRecord | None) -> AssetRecord:
    if before is None or record.last_day == before.last_day:
        return record
    closed = before.last_day + 1
    if not before.given.get("auto_close_date") == record.given.get("auto_close_date") == closed:
        return record
    return replace(record, given={name: v for name, v in record.given.items() if name != "auto_close_date"})


def _note(ended: Sequence[AssetRecord], newest: int) -> str:
    shown = ", ".join(f"{record.symbols[-1].symbol} ({date_of(record.last_day)})" for record in ended[:_SHOWN])
    more = f" and {len(ended) - _SHOWN:,} more" if len(ended) > _SHOWN else ""
    return (
        f"bars that end before {date_of(newest)}, of assets without an auto_close_date: {shown}{more}. What is held of "
        "them then stays at its last price; auto_close='last_bar' (--auto-close last_bar) closes it out"
    )
