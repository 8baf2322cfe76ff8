"""The folder names of Zipline's ingestions, for scripts that make or read them."""

from __future__ import annotations

from typing import Any

from rustybt.zipline._pandas import pandas


def to_bundle_ingest_dirname(ts: Any) -> str:
    """The folder name of an ingestion at that Timestamp."""
    return str(ts.isoformat()).replace(":", ";")


def from_bundle_ingest_dirname(cs: str) -> Any:
    """The Timestamp that a folder name stands for."""
    return pandas().Timestamp(cs.replace(";", ":"))
