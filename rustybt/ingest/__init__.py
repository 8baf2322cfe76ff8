"""Joins sources, validation and catalog: own data in, a version of a bundle out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rustybt._lazy import when_asked

if TYPE_CHECKING:
    from rustybt.files import Dialect, read_tables
    from rustybt.ingest._cached import cached
    from rustybt.ingest._given import digest_of
    from rustybt.ingest._ingest import ingest
    from rustybt.ingest._preview import Preview, preview
    from rustybt.ingest._quality import QUALITY, quality, quality_rows
    from rustybt.ingest._report import Change, IngestReport
    from rustybt.ingest._sample import SAMPLE, ingest_sample
    from rustybt.ingest._trades import dollar_bars, tick_bars, volume_bars
    from rustybt.ingest._validate import validate
else:
    __getattr__ = when_asked(
        __name__,
        {
            "rustybt.files": ("Dialect", "read_tables"),
            "rustybt.ingest._cached": ("cached",),
            "rustybt.ingest._given": ("digest_of",),
            "rustybt.ingest._ingest": ("ingest",),
            "rustybt.ingest._preview": ("Preview", "preview"),
            "rustybt.ingest._quality": ("QUALITY", "quality", "quality_rows"),
            "rustybt.ingest._report": ("Change", "IngestReport"),
            "rustybt.ingest._sample": ("SAMPLE", "ingest_sample"),
            "rustybt.ingest._trades": ("dollar_bars", "tick_bars", "volume_bars"),
            "rustybt.ingest._validate": ("validate",),
        },
    )

__all__ = [
    "QUALITY",
    "SAMPLE",
    "Change",
    "Dialect",
    "IngestReport",
    "Preview",
    "cached",
    "digest_of",
    "dollar_bars",
    "ingest",
    "ingest_sample",
    "preview",
    "quality",
    "quality_rows",
    "read_tables",
    "tick_bars",
    "validate",
    "volume_bars",
]


def __dir__() -> list[str]:
    return sorted(__all__)
