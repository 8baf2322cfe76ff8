"""The sample that ships with RustyBT."""

from __future__ import annotations

from importlib import resources
from pathlib import Path
from typing import Final

from rustybt.ingest._ingest import ingest
from rustybt.ingest._report import IngestReport

SAMPLE: Final = "sample"
"""Name of the bundle."""
_PROVENANCE: Final = {
    "source": "Quandl WIKI Prices, archived copy supplied by marketneutral on Kaggle",
    "through": "stocks.csv.gz of bokeh_sampledata 2026.1",
    "licence": "public domain",
    "details": "rustybt/sample/README.md",
}


def ingest_sample(root: str | Path | None = None) -> IngestReport:
    """Ingest the sample as the bundle "sample": five US shares, daily, with their splits and dividends.

    Where the bundle holds it already, nothing is written.
    root: the catalog's folder; None means RUSTYBT_ROOT, else the user's data folder.

    >>> import rustybt
    >>> rustybt.ingest_sample().bundle
    'sample'
    """
    with resources.as_file(resources.files("rustybt") / "sample") as folder:
        return ingest(
            SAMPLE,
            folder / "bars.csv.gz",
            calendar="XNYS",
            assets=folder / "assets.csv",
            splits=folder / "splits.csv",
            dividends=folder / "dividends.csv",
            mode="replace",
            provenance=_PROVENANCE,
            root=root,
        )
