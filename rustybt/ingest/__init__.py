"""Joins sources, validation and catalog: own data in, a version of a bundle out."""

from rustybt.ingest._ingest import ingest
from rustybt.ingest._report import IngestReport
from rustybt.ingest._sample import SAMPLE, ingest_sample

__all__ = ["SAMPLE", "IngestReport", "ingest", "ingest_sample"]
