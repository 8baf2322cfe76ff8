"""What a version holds of each asset: of figures that were counted before, without a frame."""

from __future__ import annotations

from operator import itemgetter
from typing import TYPE_CHECKING, Any, Final

from rustybt.catalog._quality import FIGURES, stored_figures
from rustybt.core import date_of

if TYPE_CHECKING:
    import polars as pl

    from rustybt.catalog._version import Version

_ABOUT: Final = ("symbol", "key", "type", "currency")
_DAYS: Final = ("first", "last")
_ACTIONS: Final = {"splits": ("splits",), "dividends": ("dividends", "stock_dividends"), "funding": ("funding",)}
"""Columns, and the tables of the index whose rows they count."""
COVERAGE: Final = (*_ABOUT, "frequency", *_DAYS, *FIGURES[len(_DAYS) :], *_ACTIONS)


def coverage(version: Version) -> pl.DataFrame:
    """The extent and gaps of each asset and frequency, a row each.

    Columns: symbol, key, type, currency, frequency, first and last (Date of the sessions), bars; expected: bars that
    the version's calendar has between them; missing: those without a row; idle: rows without a volume; longest_gap:
    most sessions in a row without one bar; longest_missing: most bars in a row without a row; splits, dividends,
    funding (rates): how many.

    >>> import rustybt
    >>> from rustybt.catalog import coverage, open_version
    >>> _ = rustybt.ingest_sample()
    >>> with open_version("sample") as version:
    ...     print(coverage(version).select("symbol", "bars", "missing").row(0))
    ('AAPL', 3270, 0)
    """
    import polars as pl

    kinds = dict.fromkeys((*_ABOUT, "frequency"), pl.String) | dict.fromkeys(_DAYS, pl.Date)
    schema = {name: kinds.get(name, pl.Int64) for name in COVERAGE}
    return pl.DataFrame(coverage_rows(version), schema=schema, orient="row")


def coverage_rows(version: Version) -> list[tuple[Any, ...]]:
    """The rows of `coverage`, with the columns `COVERAGE`. Where it was counted before it needs no frame.

    >>> import rustybt
    >>> from rustybt.catalog import coverage_rows, open_version
    >>> _ = rustybt.ingest_sample()
    >>> with open_version("sample") as version:
    ...     print(coverage_rows(version)[0][:8])
    ('AAPL', 'XNAS:AAPL', 'equity', 'USD', '1d', datetime.date(2000, 3, 1), datetime.date(2013, 3, 1), 3270)
    """
    about = {sid: row for sid, *row in version.described()}
    actions = [version.counts_of(*tables) for tables in _ACTIONS.values()]
    found = sorted(_figures(version), key=itemgetter(1, 0))
    dates = {day: date_of(day) for day in {day for row in found for day in row[2:4]}}
    return [
        (*about[sid], frequency, dates[first], dates[last], *figures, *(of.get(sid, 0) for of in actions))
        for sid, frequency, first, last, *figures in found
    ]


def _figures(version: Version) -> list[tuple[Any, ...]]:
    stored = stored_figures(version)
    if stored:
        return stored
    from rustybt.catalog._verify import coverage_figures  # reads the bars

    return [(sid, frequency, *(of[name] for name in FIGURES)) for sid, frequency, of in coverage_figures(version)]
