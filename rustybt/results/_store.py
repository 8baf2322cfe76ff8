"""Saving a result as a folder, and reading it back."""

from __future__ import annotations

import contextlib
import datetime as dt
import hashlib
import json
import os
import re
import shutil
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from rustybt.core import Note, check_process, data_root, text_of_object, writing
from rustybt.errors import InputError, ResultCorrupt, ResultError, ResultExists
from rustybt.results._elsewhere import note_elsewhere
from rustybt.results._frame import FRAMES, SPARED
from rustybt.results._ledger_hash import LEDGER_HASH_VERSION, ledger_hash
from rustybt.results._older import with_causes, with_details
from rustybt.results._page import RESULT_FILE, SCHEMA, WITH_CAUSES, WITH_DETAILS, read_page

if TYPE_CHECKING:
    from rustybt.results._later import Saved
    from rustybt.results._result import Result


def save_frames(result: Result, path: Path | None, *, overwrite: bool) -> Path:
    """Writes the folder beside its place, then renames it there."""
    check_process()
    place = _default_place(result) if path is None else path.expanduser()
    _check_free(place, overwrite=overwrite)
    temporary = place.parent / f".{place.name}.tmp-{uuid.uuid4().hex[:12]}"
    with writing(ResultError, place, "pass another folder: the result itself is not lost."):
        place.parent.mkdir(parents=True, exist_ok=True)
        temporary.mkdir()
        try:
            _write(result, temporary)
            _publish(temporary, place, overwrite=overwrite)
        finally:
            shutil.rmtree(temporary, ignore_errors=True)
    note_elsewhere(place)
    return place


def _default_place(result: Result) -> Path:
    name = re.sub(r"[^A-Za-z0-9._-]+", "-", str(result.manifest.get("strategy") or "strategy")).strip("-.")[:60]
    stamp = dt.datetime.now(dt.UTC).strftime("%Y%m%dT%H%M%SZ")
    place = data_root() / "runs" / f"{name or 'strategy'}-{stamp}-{result.ledger_hash[:8]}"
    again = 2
    while place.exists():
        place = place.with_name(f"{place.name.removesuffix(f'-{again - 1}')}-{again}")
        again += 1
    return place


def _check_free(place: Path, *, overwrite: bool) -> None:
    """Raises ResultExists unless the place is free, an empty folder, or a result that may be replaced."""
    if not place.exists() or (place.is_dir() and not any(place.iterdir())):
        return
    if not place.is_dir() or not (place / RESULT_FILE).is_file():
        raise ResultExists(f"{place} is there already and is not a saved result. Choose another place.")
    if not overwrite:
        raise ResultExists(f"{place} holds a result already. Choose another place, or say overwrite=True.")


def _write(result: Result, folder: Path) -> None:
    files: dict[str, dict[str, Any]] = {}
    market, of_orders = (None, {}) if result.looks_back is None else result.looks_back.saved()
    for name, exact in (*result.frames().items(), *of_orders.items()):
        objects = [column for column, kind in exact.schema.items() if kind == pl.Object]
        frame = exact.with_columns(_as_text(exact[column]) for column in objects)
        file = folder / f"{name}.parquet"
        frame.write_parquet(file, compression="zstd", compression_level=3)
        files[name] = {"file": file.name, "rows": frame.height, "sha256": _digest(file)}
        if objects:
            files[name]["written_as_text"] = objects
    page = {
        "schema": SCHEMA,
        "periods": result.periods,
        "manifest": result.manifest,
        "metrics": {k: v if isinstance(v, int | None) else str(v) for k, v in result.first_figures.items()},
        "report": json.loads(json.dumps(result.written_report, default=text_of_object)),
        "notes": [{"code": note.code, "text": note.text, "data": dict(note.data)} for note in result.notes],
        "looks_back": market,
        "frames": files,
    }
    if result.interval is not None:
        page["interval"] = ["low", "high"]
        for part in page["interval"]:
            (folder / part).mkdir()
            _write(getattr(result.interval, part), folder / part)
    if result.compared is not None:
        page["compat_report"] = result.compared.page()
    try:
        text = json.dumps(page, indent=1, ensure_ascii=False)
    except (TypeError, ValueError) as error:
        raise InputError(f"The manifest can't be written as JSON: {error}. Keep to text, numbers and lists.") from None
    # a lone surrogate is no text in UTF-8; the escape that stands for it is the one of JSON
    (folder / RESULT_FILE).write_bytes(f"{text}\n".encode(errors="backslashreplace"))


def _as_text(column: pl.Series) -> pl.Series:
    texts = [None if value is None else text_of_object(value) for value in column.to_list()]
    return pl.Series(column.name, texts, dtype=pl.String)


def _digest(file: Path) -> str:
    with file.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def _publish(temporary: Path, place: Path, *, overwrite: bool) -> None:
    """One rename makes the folder visible; a result that it replaces is moved aside first."""
    _check_free(place, overwrite=overwrite)
    if not place.exists():
        os.rename(temporary, place)
        return
    if not any(place.iterdir()):
        place.rmdir()
        os.rename(temporary, place)
        return
    old = place.parent / f".{place.name}.old-{uuid.uuid4().hex[:12]}"
    os.rename(place, old)
    try:
        os.rename(temporary, place)
    except OSError:
        with contextlib.suppress(OSError):
            os.rename(old, place)
        raise
    shutil.rmtree(old, ignore_errors=True)


def load_frames(path: Path) -> tuple[dict[str, pl.DataFrame], dict[str, Any], Saved | None, dict[str, Any]]:
    """The frames of a saved result, each file checked; its manifest, periods, notes and the report of metrics; what
    looks back at its run, where the version that saved it kept that; and its page."""
    check_process()
    folder = path.expanduser()
    page = read_page(folder)
    try:
        files, manifest, periods = page["frames"], page["manifest"], page["periods"]
        names = [name for name in FRAMES if name in files or name not in SPARED]
        frames = {name: _read_frame(folder, name, files[name]) for name in names}
        of_orders = {name: _read_frame(folder, name, files[name]) for name in files if name not in FRAMES}
        stated = manifest["ledger_hash"]
        version = manifest["ledger_hash_version"]
        notes = [Note(note["code"], note["text"], note["data"]) for note in page.get("notes", ())]
    except (KeyError, TypeError) as error:
        raise ResultCorrupt(f"{folder / RESULT_FILE} lacks {error}. Run the strategy again and save it anew.") from None
    if version == LEDGER_HASH_VERSION:
        found = ledger_hash(frames["entries"], frames["order_events"], frames["orders"], frames["assets"])
        if found != stated:
            raise ResultCorrupt(
                f"{folder}: the entries and order events have ledger hash {found[:16]}, the manifest says "
                f"{str(stated)[:16]}. The books were changed after the run: run the strategy again."
            )
    if page["schema"] < WITH_CAUSES:
        frames = with_causes(frames)
    if page["schema"] < WITH_DETAILS:
        frames = with_details(frames)
    own = {"manifest": manifest, "periods": periods, "report": page.get("report", {}), "notes": notes}
    back = page.get("looks_back")
    return frames, own, None if back is None else (back, of_orders), page


def _read_frame(folder: Path, name: str, stated: dict[str, Any]) -> pl.DataFrame:
    file = folder / f"{name}.parquet"
    if not file.is_file():
        raise ResultCorrupt(f"{file} is missing. Run the strategy again and save it anew.")
    found = _digest(file)
    if found != stated["sha256"]:
        raise ResultCorrupt(
            f"{file} has SHA-256 {found[:16]}, {RESULT_FILE} says {str(stated['sha256'])[:16]}. It was changed after "
            "it was saved: restore it, or run the strategy again."
        )
    try:
        return pl.read_parquet(file)
    except (OSError, pl.exceptions.PolarsError) as error:
        raise ResultCorrupt(f"{file} can't be read: {error}. Run the strategy again and save it anew.") from None
