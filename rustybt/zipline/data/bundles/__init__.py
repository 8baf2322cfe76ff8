"""zipline.data.bundles: ingest functions written for Zipline fill the catalog, unmodified."""

from rustybt.errors import UnknownBundle
from rustybt.zipline.data.bundles import csvdir  # registers the bundle of that name
from rustybt.zipline.data.bundles._names import from_bundle_ingest_dirname, to_bundle_ingest_dirname
from rustybt.zipline.data.bundles.core import (
    BundleData,
    RegisteredBundle,
    bundles,
    clean,
    ingest,
    ingestions_for_bundle,
    load,
    register,
    unregister,
)
from rustybt.zipline.data.bundles.csvdir import csvdir_equities

__all__ = [
    "BundleData",
    "RegisteredBundle",
    "UnknownBundle",
    "bundles",
    "clean",
    "csvdir",
    "csvdir_equities",
    "from_bundle_ingest_dirname",
    "ingest",
    "ingestions_for_bundle",
    "load",
    "register",
    "to_bundle_ingest_dirname",
    "unregister",
]
