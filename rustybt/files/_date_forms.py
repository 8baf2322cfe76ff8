"""How a file writes its dates, found out of them: which of the ways that fit, where one alone does."""

from __future__ import annotations

import re
from typing import Final

import polars as pl

from rustybt.files._dates import iso_stamps

_DIGITS: Final = {10: "epoch_s", 13: "epoch_ms", 16: "epoch_us", 19: "epoch_ns"}
"""Of moments from 2001 to 2286."""
_FRACTION: Final = re.compile(r"[0-9]{10}\.[0-9]+")
_NUMERIC: Final = re.compile(r"([0-9]{1,2})([-./])([0-9]{1,2})\2([0-9]{4}|[0-9]{2})(?![0-9])(.*)")
_NAMED: Final = (
    (re.compile(r"[0-9]{1,2}([-/. ]?)([A-Za-z]{3,9})\.?(\1|, )([0-9]{4}|[0-9]{2})(?![0-9])(.*)"), "%d{0}{1}{2}{3}"),
    (re.compile(r"([A-Za-z]{3,9})([-/. ])[0-9]{1,2}(, |\2)([0-9]{4})(?![0-9])(.*)"), "{0}{1}%d{2}%Y"),
    (re.compile(r"[0-9]{4}([-/. ]?)([A-Za-z]{3,9})(\1)[0-9]{1,2}(?![0-9])(.*)"), "%Y{0}{1}{2}%d"),
)
_TIMES: Final = (
    (re.compile(r""), ""),
    (re.compile(r"[0-9]{1,2}:[0-9]{2}"), "%H:%M"),
    (re.compile(r"[0-9]{1,2}:[0-9]{2}:[0-9]{2}"), "%H:%M:%S"),
    (re.compile(r"[0-9]{1,2}:[0-9]{2}:[0-9]{2}\.[0-9]+"), "%H:%M:%S%.f"),
    (re.compile(r"[0-9]{1,2}:[0-9]{2} [AaPp][Mm]"), "%I:%M %p"),
    (re.compile(r"[0-9]{1,2}:[0-9]{2}:[0-9]{2} [AaPp][Mm]"), "%I:%M:%S %p"),
    (re.compile(r"[0-9]{4}"), "%H%M"),
    (re.compile(r"[0-9]{6}"), "%H%M%S"),
)
_COMPACT: Final = re.compile(r"(?:19|20|21)[0-9]{6}(.*)")
_APART: Final = re.compile(r"([ T]|, |,|;|)(?=[0-9])(.*)")
_FEWEST_STEPS: Final = 4
_SURE: Final = 3
"""So many days that one reading can't have tell against it, whatever the order of the rows."""
_ODD: Final = 0.02
"""Of the days so many at most may be mistyped."""
_SOME: Final = 10_000
_SHORT: Final = len("%d/%m/%y")
_WEEK: Final = 7
_SATURDAY: Final = 6
_WORDS: Final = {
    "us": "month/day/year",
    "eu": "day/month/year",
}


def form_of_dates(column: pl.Series, by: pl.Series | None) -> str | None:
    """A kind or format for `iso_stamps`; "iso" where the text can be left as it is, None where the rows don't tell.

    column: text, some rows of a file in their order. by: the symbol of each, where the file has several.
    """
    text = column.str.strip_chars()
    first = text.drop_nulls().first()
    if not isinstance(first, str):
        return "iso"
    if first.isdigit():
        return _of_digits(text)
    if _FRACTION.fullmatch(first):
        return "epoch_s" if text.drop_nulls().str.contains(r"^[0-9]{10}\.[0-9]+$").all() else "iso"
    kinds = _kinds(first)
    return _decided(text, by, kinds) if kinds else "iso"


def told(kind: str, first: str) -> str | None:
    """The note on a form that was found out; None where nothing was guessed. first: a date of the file."""
    if kind == "iso" or kind.startswith(("epoch", "%Y")):
        return None
    day = iso_stamps(pl.Series([first]), kind)[0][:10]
    words = _WORDS.get(kind, f"as {kind}")
    return f"its dates were read as {words}: {first} is {day}"


def _of_digits(text: pl.Series) -> str:
    """Of columns that are digits alone: epochs by their length, and dates without anything between year and month."""
    kept = text.drop_nulls()
    lengths = kept.str.len_bytes().unique().to_list()
    if len(lengths) != 1 or not kept.str.contains(r"^\d+$").all():
        return "iso"
    if lengths[0] == 14:
        return "%Y%m%d%H%M%S"
    if lengths[0] == 12:
        return "%Y%m%d%H%M"
    return _DIGITS.get(lengths[0], "iso")


def _kinds(first: str) -> list[str]:
    """The ways to read a column that begins with this; none where it needs no other than ISO's or nobody knows it."""
    compact = _COMPACT.fullmatch(first)
    if compact:
        time = _time(compact[1])
        return [] if not time else [f"%Y%m%d{time}"]
    numeric = _NUMERIC.fullmatch(first)
    if numeric:
        mark, year, rest = numeric[2], numeric[4], numeric[5]
        if len(year) == 4:
            return ["us", "eu"]
        time = _time(rest)
        orders = (("%d", "%m", "%y"), ("%m", "%d", "%y"), ("%y", "%m", "%d"))
        return [] if time is None else [mark.join(order) + time for order in orders]
    for pattern, form in _NAMED:
        named = pattern.fullmatch(first)
        if named:
            *parts, rest = named.groups()
            time = _time(rest)
            return [] if time is None else [form.format(*map(_as_format, parts)) + time]
    return []


def _as_format(part: str) -> str:
    if part.isalpha():
        return "%b" if len(part) == 3 and part.lower() != "may" else "%B"  # which reads May and Mar, too
    if part.isdigit():
        return "%Y" if len(part) == 4 else "%y"
    return part


def _time(rest: str) -> str | None:
    """The format of what stands behind a date; None where it is no time."""
    if not rest:
        return ""
    apart = _APART.fullmatch(rest)
    if apart is None:
        return None
    found = next((form for pattern, form in _TIMES if pattern.fullmatch(apart[2])), None)
    return None if not found else apart[1] + found


def _decided(text: pl.Series, by: pl.Series | None, kinds: list[str]) -> str | None:
    """The one of some kinds that all days can be read by, or in the order of time, or on weekdays; None where two are
    left."""
    if len(kinds) == 1:
        some = text.drop_nulls().head(_SOME)
        return kinds[0] if _days(some, kinds[0]).null_count() <= len(some) * _ODD else "iso"
    # of each day one is enough, whatever its times are
    rows = text.str.extract(r"^([0-9./-]+)", 1).rename("text").to_frame()
    if by is not None:
        rows = rows.with_columns(by.rename("by"))
    rows = rows.drop_nulls("text")
    days = rows["text"].unique(maintain_order=True)
    read = {kind: _days(days, kind if kind in _WORDS else kind[:_SHORT]) for kind in kinds}
    odd = {kind: found.null_count() for kind, found in read.items()}
    fewest = min(odd.values())
    if fewest > max(len(days) * _ODD, 0):
        return "iso"
    fit = [kind for kind in kinds if odd[kind] == fewest]
    steps = {kind: _steps(rows, days, read[kind]) for kind in kinds}
    if len(fit) == 1:
        against = min((odd[kind] for kind in kinds if kind not in fit), default=_SURE) - fewest
        return fit[0] if against >= _SURE or _ascends(steps[fit[0]], 0) else None
    ordered = [kind for kind in fit if _ascends(steps[kind], _FEWEST_STEPS)]
    if len(ordered) == 1:
        return ordered[0]
    weekdays = [kind for kind in fit if _on_weekdays(read[kind])]
    near = [kind for kind in weekdays if _ascends(steps[kind], _FEWEST_STEPS) and _is_near(steps[kind])]
    return near[0] if len(weekdays) == 1 and near else None


def _days(days: pl.Series, kind: str) -> pl.Series:
    iso = iso_stamps(days, kind).str.slice(0, 10)
    found = iso.str.to_date("%Y-%m-%d", strict=False)
    return found.to_frame("day").select(pl.when(pl.col("day").dt.year().is_between(1900, 2199)).then("day")).to_series()


def _steps(rows: pl.DataFrame, days: pl.Series, read: pl.Series) -> pl.Series:
    """By how many days each row is later than the one before of its symbol, those of the same day aside."""
    known = pl.DataFrame([days.rename("text"), read.to_physical().rename("day")])
    numbers = rows.join(known, on="text", how="left", maintain_order="left")
    step = pl.col("day").diff()
    steps = numbers.select(step.over("by") if "by" in rows.columns else step).to_series().drop_nulls()
    return steps.filter(steps != 0)


def _ascends(steps: pl.Series, fewest: int) -> bool:
    """Whether there are as many steps, and all of them go one way."""
    return len(steps) >= fewest and bool((steps > 0).all() or (steps < 0).all())


def _on_weekdays(days: pl.Series) -> bool:
    return bool((days.drop_nulls().dt.weekday() < _SATURDAY).all())


def _is_near(steps: pl.Series) -> bool:
    """Whether they are those of days, of which the longest holidays are shorter than two weeks."""
    return bool((steps.abs() <= 2 * _WEEK).all())
