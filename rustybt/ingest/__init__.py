"""Joins sources, validation and catalog: own data in, a version of a bundle out."""

from rustybt.files import Dialect, read_tables
from rustybt.ingest._cached import cached
from rustybt.ingest._ingest import ingest
from rustybt.ingest._quality import quality
from rustybt.ingest._report import Change, IngestReport
from rustybt.ingest._sample import SAMPLE, ingest_sample
from rustybt.ingest._trades import dollar_bars, tick_bars, volume_bars
from rustybt.ingest._validate import validate

__all__ = [
    "SAMPLE",
    "Change",
    "Dialect",
    "IngestReport",
    "cached",
    "dollar_bars",
    "ingest",
    "ingest_sample",
    "quality",
    "read_tables",
    "tick_bars",
    "validate",
    "volume_bars",
]
