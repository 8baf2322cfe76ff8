"""Where Zipline keeps an ingestion of a bundle."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from rustybt.errors import BundleNotFound, InputError

ZIPLINE_ROOT: Final = "ZIPLINE_ROOT"
DAILY_BARS: Final = "daily_equities.bcolz"
MINUTE_BARS: Final = "minute_equities.bcolz"
ADJUSTMENTS: Final = "adjustments.sqlite"


@dataclass(frozen=True, slots=True)
class Ingestion:
    """One ingestion of a bundle: its folder, and the moment that the folder is named after (naive, UTC)."""

    bundle: str
    folder: Path
    moment: dt.datetime | None

    def file(self, name: str) -> Path | None:
        """A file or folder of it, None where there is none."""
        path = self.folder / name
        return path if path.exists() else None

    def assets(self) -> Path:
        """The asset database of the newest schema. Raises InputError where there is none."""
        found = sorted(self.folder.glob("assets-*.sqlite"), key=_schema)
        if not found:
            raise InputError(
                f"{self.folder} has no asset database assets-7.sqlite, so it is no whole ingestion of a bundle. "
                "Ingest the bundle with Zipline again."
            )
        return found[-1]


def _schema(path: Path) -> int:
    digits = path.stem.removeprefix("assets-")
    return int(digits) if digits.isdecimal() else -1


def zipline_root(root: str | Path | None = None, environ: Mapping[str, str] | None = None) -> Path:
    """`root`, else the variable ZIPLINE_ROOT, else ~/.zipline."""
    if root is not None:
        return Path(root).expanduser()
    configured = (os.environ if environ is None else environ).get(ZIPLINE_ROOT)
    return Path(configured).expanduser() if configured else Path.home() / ".zipline"


def find_ingestion(bundle: str, root: Path, timestamp: object = None) -> Ingestion:
    """The newest ingestion of a bundle, at or before `timestamp` where it is given, as Zipline chooses it.

    timestamp: a datetime or ISO text; one without a zone is UTC.
    Raises BundleNotFound, naming the bundles that are there, and InputError.
    """
    home = root / "data" / bundle
    if not home.is_dir():
        others = sorted(p.name for p in (root / "data").glob("*") if p.is_dir() and not p.name.startswith("."))
        there = f"There are: {', '.join(others)}." if others else "There is none."
        raise BundleNotFound(
            f"No Zipline bundle {bundle!r} below {root / 'data'}. {there} Give the folder that {ZIPLINE_ROOT} named "
            "when it was ingested: zipline_root=, or --zipline-root."
        )
    dated = [(moment, path) for path in home.iterdir() if path.is_dir() and (moment := _moment(path.name)) is not None]
    cutoff = _cutoff(timestamp)
    chosen = max((pair for pair in dated if cutoff is None or pair[0] <= cutoff), default=None)
    if chosen is None:
        known = ", ".join(str(moment) for moment, _ in sorted(dated)) or "none"
        when = "" if cutoff is None else f" at or before {cutoff}"
        raise BundleNotFound(f"{home} has no ingestion{when}; there are: {known}. Ingest the bundle with Zipline.")
    return Ingestion(bundle, chosen[1], chosen[0])


def _moment(name: str) -> dt.datetime | None:
    """The moment that a folder is named after; None for a folder of another kind, such as .cache."""
    text = name.replace(";", ":")
    whole, _, fraction = text.partition(".")
    try:
        moment = dt.datetime.fromisoformat(f"{whole}.{fraction[:6]}" if fraction else whole)
    except ValueError:
        return None
    return _naive(moment)


def _naive(moment: dt.datetime) -> dt.datetime:
    return moment if moment.utcoffset() is None else moment.astimezone(dt.UTC).replace(tzinfo=None)


def _cutoff(timestamp: object) -> dt.datetime | None:
    if timestamp is None:
        return None
    if isinstance(timestamp, str):
        try:
            timestamp = dt.datetime.fromisoformat(timestamp)
        except ValueError:
            raise InputError(f"timestamp: {timestamp!r} is no moment. Write it like 2024-07-04T12:00:00.") from None
    if isinstance(timestamp, dt.datetime):
        return _naive(timestamp)
    raise InputError(f"timestamp: {timestamp!r} is no moment. Pass a datetime, or text like 2024-07-04T12:00:00.")
