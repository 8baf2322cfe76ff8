"""Joins sources, validation and catalog: own data in, a version of a bundle out."""

from rustybt.ingest._ingest import ingest
from rustybt.ingest._report import IngestReport

__all__ = ["IngestReport", "ingest"]
