"""Parquet files and their SQLite index: bundles, versions, assets, adjustments. The only writer of market data."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rustybt._lazy import when_asked
from rustybt.catalog._content import (
    DAILY,
    FREQUENCIES,
    MINUTE,
    PRICES,
    AssetRecord,
    Content,
    Manifest,
    Rows,
    SymbolRange,
)
from rustybt.catalog._layout import catalog_root, check_bundle_name, spill_folder
from rustybt.catalog._runs import StoredRun, forget_run, record_run, stored_runs, touched_runs
from rustybt.catalog._version import Version, open_version

if TYPE_CHECKING:
    from rustybt.catalog._aggregate import source_counts
    from rustybt.catalog._bars import Integers, RawBars
    from rustybt.catalog._bundles import BundleVersion, clean, list_bundles
    from rustybt.catalog._cache import BarCache
    from rustybt.catalog._cache_entries import CacheEntry, CacheStats
    from rustybt.catalog._coverage import COVERAGE, coverage, coverage_rows
    from rustybt.catalog._diff import VersionDiff, diff
    from rustybt.catalog._digests import assets_of
    from rustybt.catalog._loaded import LoadedVersion, open_loaded
    from rustybt.catalog._merging import by_asset
    from rustybt.catalog._parts import ROW_SCHEMA
    from rustybt.catalog._quality import Count, LeftOut, store_quality, stored_counts, stored_left_out
    from rustybt.catalog._recovery import reindex, unlisted
    from rustybt.catalog._scan import export, scan
    from rustybt.catalog._spill import SpilledRows, SpillFile
    from rustybt.catalog._stored_rows import StoredRows
    from rustybt.catalog._verify import figures_of, figures_of_rows, unharmed, verify
    from rustybt.catalog._writer import Fault, Writer, newest_version, no_fault, open_writer
else:
    __getattr__ = when_asked(
        __name__,
        {
            "rustybt.catalog._aggregate": ("source_counts",),
            "rustybt.catalog._bars": ("Integers", "RawBars"),
            "rustybt.catalog._bundles": (
                "BundleVersion",
                "clean",
                "list_bundles",
            ),
            "rustybt.catalog._cache": ("BarCache",),
            "rustybt.catalog._cache_entries": (
                "CacheEntry",
                "CacheStats",
            ),
            "rustybt.catalog._coverage": ("COVERAGE", "coverage", "coverage_rows"),
            "rustybt.catalog._diff": (
                "VersionDiff",
                "diff",
            ),
            "rustybt.catalog._digests": ("assets_of",),
            "rustybt.catalog._loaded": ("LoadedVersion", "open_loaded"),
            "rustybt.catalog._merging": ("by_asset",),
            "rustybt.catalog._parts": ("ROW_SCHEMA",),
            "rustybt.catalog._quality": (
                "Count",
                "LeftOut",
                "store_quality",
                "stored_counts",
                "stored_left_out",
            ),
            "rustybt.catalog._recovery": (
                "reindex",
                "unlisted",
            ),
            "rustybt.catalog._scan": (
                "export",
                "scan",
            ),
            "rustybt.catalog._spill": (
                "SpillFile",
                "SpilledRows",
            ),
            "rustybt.catalog._stored_rows": ("StoredRows",),
            "rustybt.catalog._verify": (
                "figures_of",
                "figures_of_rows",
                "unharmed",
                "verify",
            ),
            "rustybt.catalog._writer": (
                "Fault",
                "Writer",
                "newest_version",
                "no_fault",
                "open_writer",
            ),
        },
    )

__all__ = [
    "COVERAGE",
    "DAILY",
    "FREQUENCIES",
    "MINUTE",
    "PRICES",
    "ROW_SCHEMA",
    "AssetRecord",
    "BarCache",
    "BundleVersion",
    "CacheEntry",
    "CacheStats",
    "Content",
    "Count",
    "Fault",
    "Integers",
    "LeftOut",
    "LoadedVersion",
    "Manifest",
    "RawBars",
    "Rows",
    "SpillFile",
    "SpilledRows",
    "StoredRows",
    "StoredRun",
    "SymbolRange",
    "Version",
    "VersionDiff",
    "Writer",
    "assets_of",
    "by_asset",
    "catalog_root",
    "check_bundle_name",
    "clean",
    "coverage",
    "coverage_rows",
    "diff",
    "export",
    "figures_of",
    "figures_of_rows",
    "forget_run",
    "list_bundles",
    "newest_version",
    "no_fault",
    "open_loaded",
    "open_version",
    "open_writer",
    "record_run",
    "reindex",
    "scan",
    "source_counts",
    "spill_folder",
    "store_quality",
    "stored_counts",
    "stored_left_out",
    "stored_runs",
    "touched_runs",
    "unharmed",
    "unlisted",
    "verify",
]


def __dir__() -> list[str]:
    return sorted(__all__)
