"""Dates and times as people and machines write them, as ISO text."""

from __future__ import annotations

import re
from typing import Final

import polars as pl

_UNITS: Final = {"epoch_s": 10**9, "epoch_ms": 10**6, "epoch_us": 10**3, "epoch_ns": 1}
_DAYS: Final = {
    "us": ("%m/%d/%Y", "%m-%d-%Y", "%m.%d.%Y"),
    "eu": ("%d.%m.%Y", "%d/%m/%Y", "%d-%m-%Y"),
}
_TIMES: Final = ("", " %H:%M", " %H:%M:%S", " %H:%M:%S%.f", " %I:%M %p", " %I:%M:%S %p", "T%H:%M", "T%H:%M:%S")
DATES: Final = ("iso", *_DAYS, *_UNITS)
_DAY_US: Final = 86_400 * 10**6
_ZONE: Final = r" ?(?:GMT|UTC)?([+-][0-9]{2}):?([0-9]{2})$"


def iso_stamps(column: pl.Series, kind: str) -> pl.Series:
    """Text as ISO text; what does not fit stays as it stands, so that a finding can show it.

    kind: one of `DATES`, or a format with %.
    """
    text = column.str.strip_chars()
    if kind == "iso":
        return text
    if kind in _UNITS:
        return _epochs(text, _UNITS[kind])
    if kind in _DAYS and re.search(_ZONE, str(text.drop_nulls().first())):
        # the date is the one with which it is written in its zone: that stays beside it
        zone = text.str.extract(_ZONE, 1) + ":" + text.str.extract(_ZONE, 2)
        walls = iso_stamps(text.str.replace(_ZONE, ""), kind).str.replace(r"^(.{10})$", "${1}T00:00")
        return _coalesced(column.name, walls + zone, text)
    formats = [day + time for day in _DAYS[kind] for time in _TIMES] if kind in _DAYS else [kind]
    if len(formats) > 1:
        first = text.drop_nulls().head(1)
        formats.sort(key=lambda form: _parsed(first, form).null_count())
    found = text.clear(len(text)).cast(pl.Datetime("us"))
    for form in formats:
        if found.null_count() == text.null_count():
            break
        found = found.to_frame("x").select(pl.coalesce("x", _parsed(text, form))).to_series()
    iso = found.dt.strftime(_shortest(found))
    return _coalesced(column.name, iso, text)


def _shortest(moments: pl.Series) -> str:
    """The ISO format that shows all of some moments, and can be read the fastest."""
    us = moments.to_physical()
    if (us % 10**6 != 0).any():
        return "%Y-%m-%dT%H:%M:%S%.6f"
    return "%Y-%m-%dT%H:%M:%S" if (us % _DAY_US != 0).any() else "%Y-%m-%d"


def _parsed(text: pl.Series, form: str) -> pl.Series:
    has_time = any(part in form for part in ("%H", "%I", "%M", "%T", "%R", "%X", "%c"))
    if has_time:
        return text.str.to_datetime(form, time_unit="us", strict=False, exact=True)
    return text.str.to_date(form, strict=False, exact=True).cast(pl.Datetime("us"))


def _epochs(text: pl.Series, unit: int) -> pl.Series:
    """Whole numbers, or with a fraction that ends within the nanosecond."""
    places = len(str(unit)) - 1
    parts = pl.DataFrame({"t": text}).select(
        pl.col("t").str.extract(r"^(-?\d{1,19})(?:\.\d*)?$", 1).cast(pl.Int64, strict=False).alias("whole"),
        pl.col("t")
        .str.extract(rf"^-?\d+\.(\d{{0,{max(places, 1)}}})", 1)
        .fill_null("")
        .str.pad_end(places or 1, "0")
        .cast(pl.Int64, strict=False)
        .alias("part"),
    )
    ns = parts.select(pl.col("whole") * unit + (pl.col("part") if places else 0)).to_series()
    iso = ns.cast(pl.Datetime("ns")).dt.strftime(f"%Y-%m-%dT%H:%M:%S{'%.9f' if (ns % 10**9 != 0).any() else ''}Z")
    return _coalesced(text.name, iso, text)


def _coalesced(name: str, first: pl.Series, second: pl.Series) -> pl.Series:
    return pl.DataFrame({"a": first, "b": second}).select(pl.coalesce("a", "b").alias(name)).to_series()
