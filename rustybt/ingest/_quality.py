"""`quality`: how good a version is, in figures."""

from __future__ import annotations

import contextlib
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from rustybt.catalog import Count, Version, open_version, stored_counts, stored_left_out
from rustybt.errors import CatalogError

if TYPE_CHECKING:
    import polars as pl

COUNTED_AT_ONCE: Final = 500_000
"""Bars of a version that are looked at when it was written; of more when somebody asks."""
_TIMES_ADDED: Final = 4
_COUNTED_ANYWAY: Final = 2_000
"""A version that has many times the bars that were added to it is looked at when somebody asks, so that a small append
costs what is added, unless all of it are a few bars."""
QUALITY: Final = ("symbol", "frequency", "layer", "rule", "severity", "stored", "left_out")
"""The columns of `quality`."""
_COUNTS: Final = ("stored", "left_out")


def quality(bundle: str, *, version: str | None = None, root: str | Path | None = None) -> pl.DataFrame:
    """How many findings of each rule there are in a version, and how many kept rows out of it.

    version: None means the newest. root: the catalog's folder; None means RUSTYBT_ROOT, else the user's data folder.
    Columns: symbol (null for what said none), frequency (null for corporate actions), layer, rule, severity, stored (in
    the bars that the version has, with the default policy of `validate`), left_out (by `on_bad_row`, in this ingestion
    and those that it was appended to). What has no finding has no row; by symbol and frequency, the worst first.
    The figures are kept in the catalog's index. Up to half a million bars they are there when a bundle was ingested; of
    more, and after an append of less than a quarter of the bars, they are counted when this, `validate` or
    `rustybt catalog show` first asks.
    Raises BundleNotFound, VersionNotFound.

    >>> import rustybt
    >>> _ = rustybt.ingest_sample()
    >>> rustybt.quality("sample").select("symbol", "rule", "stored").head(2).rows()
    [('AAPL', 'spike', 1), ('GOOG', 'spike', 1)]
    """
    import polars as pl

    schema = {name: pl.Int64 if name in _COUNTS else pl.String for name in QUALITY}
    with open_version(bundle, version=version, root=root) as opened:
        return pl.DataFrame(quality_rows(opened), schema=schema, orient="row")


def quality_rows(version: Version) -> list[tuple[Any, ...]]:
    """The rows of `quality`, with the columns `QUALITY`. Where it was counted before it needs no frame.

    >>> import rustybt
    >>> from rustybt.catalog import open_version
    >>> from rustybt.ingest import quality_rows
    >>> _ = rustybt.ingest_sample()
    >>> with open_version("sample") as version:
    ...     print(quality_rows(version)[0])
    ('AAPL', '1d', 'anomalies', 'spike', 'warning', 1, 0)
    """
    counts = stored_counts(version)
    if counts is None:
        counts = _counted(version)
    symbols = {sid: symbol for sid, symbol, *_ in version.described()} if counts else {}
    rows: dict[tuple[str | None, str, str, str], list[int]] = defaultdict(lambda: [0, 0])
    for sid, frequency, rule, severity, findings in counts:
        rows[symbols[sid], frequency, rule, severity][0] += findings
    for symbol, frequency, rule, findings in stored_left_out(version):
        rows[symbol, frequency, rule, "error"][1] += findings
    from rustybt.validation import LAYERS

    return [
        (symbol, frequency or None, LAYERS.get(rule), rule, severity, *both)
        for (symbol, frequency, rule, severity), both in sorted(rows.items(), key=lambda row: _order(row[0]))
    ]


def _order(about: tuple[str | None, str, str, str]) -> tuple[str, str, int, str]:
    from rustybt.validation import SEVERITIES

    symbol, frequency, rule, severity = about
    return symbol or "", frequency, -SEVERITIES.index(severity), rule


def count_at_once(bundle: str, version: str, added: int, root: Path) -> None:
    """Counts a version that was just written, unless that would take long; nothing is lost where it can't be.

    added: the bars that are new in it.
    """
    with contextlib.suppress(CatalogError), open_version(bundle, version=version, root=root) as opened:
        rows = sum(map(opened.row_count_of, opened.frequencies))
        if rows <= COUNTED_AT_ONCE and rows <= max(_TIMES_ADDED * added, _COUNTED_ANYWAY):
            _counted(opened)


def _counted(version: Version) -> list[Count]:
    # who asks for what was counted before does not wait for the checks
    from rustybt.ingest._validate import counted

    return counted(version)
