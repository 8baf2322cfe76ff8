"""Reads the bundles that zipline-reloaded has ingested, without needing Zipline."""

from rustybt.zipline.reader._actions import Actions, action_frames
from rustybt.zipline.reader._assets import Carried, ZiplineAsset, assets_frame, make_asset, with_keys
from rustybt.zipline.reader._bars import symbols_of
from rustybt.zipline.reader._database import day_of_stamp
from rustybt.zipline.reader._folder import Ingestion, zipline_root
from rustybt.zipline.reader._ingest import ingest_folder, ingest_zipline

__all__ = [
    "Actions",
    "Carried",
    "Ingestion",
    "ZiplineAsset",
    "action_frames",
    "assets_frame",
    "day_of_stamp",
    "ingest_folder",
    "ingest_zipline",
    "make_asset",
    "symbols_of",
    "with_keys",
    "zipline_root",
]
