"""Reads the bundles that zipline-reloaded has ingested, without needing Zipline."""

from rustybt.zipline.reader._ingest import ingest_zipline

__all__ = ["ingest_zipline"]
