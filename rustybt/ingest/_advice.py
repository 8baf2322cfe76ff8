"""Advice about bad rows, by what they have in common."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Final

from rustybt.errors import BadBars
from rustybt.validation import FLOAT_DIGITS, Finding

_BLANK_VOLUME: Final = "volume is missing"
_TEXT: Final = 19
"""Digits that no float is printed with."""
_SATURDAY: Final = 5
_SUNDAY: Final = 6
_SESSIONS: Final = (
    "{} is closed on these days: where the market is another one, name its calendar, such as calendar='XLON' "
    "(--calendar XLON), '24/7' for what trades at all hours, or '24/5-fx' for currencies."
)


def advice(findings: Sequence[Finding], calendar: str) -> str:
    """The way on, in sentences."""
    rules = {finding.rule for finding in findings}
    hints = [*_other_calendar(findings, calendar), *_rounding(findings), *_without_volume(findings)]
    if "unsorted" in rules:
        hints.append("Sort the rows of each asset, oldest first: to drop them would lose what is right.")
    if hints and rules <= {"calendar", "unsorted", "range", "precision"}:
        return " ".join(hints)
    general = "Fix the rows, or pass on_bad_row='drop' or 'quarantine' to go on without them (--on-bad-row drop)."
    return " ".join([*hints, *_other_sessions(findings, calendar), general])


def remedies(findings: Sequence[Finding], calendar: str, rows: int) -> dict[str, str]:
    """Options of `ingest` that most likely bring these rows in, by name; those that lose rows last.

    rows: how many there are; nobody is told to leave out more than half of them.
    """
    other = _calendar_of_weekends(findings, calendar)
    options = {"calendar": other} if other else {}
    computed = _computed(findings)
    if computed:
        options["price_decimals"] = "4"
    cured = {*(("calendar",) if other else ()), *(("precision", "range") if computed else ())}
    left = sum(finding.rule not in cured for finding in findings)
    if 0 < left * 2 <= rows:
        options["on_bad_row"] = "drop"
    return options


def _weekdays(findings: Sequence[Finding]) -> set[int]:
    return {finding.stamp.weekday() for finding in findings if finding.rule == "calendar" and finding.stamp is not None}


def _calendar_of_weekends(findings: Sequence[Finding], calendar: str) -> str | None:
    """The calendar whose sessions rows on Saturdays and Sundays most likely are."""
    weekdays = _weekdays(findings)
    if _SATURDAY in weekdays:
        return "24/7"
    within = any(isinstance(finding.stamp, dt.datetime) for finding in findings if finding.rule == "calendar")
    return "24/5-fx" if _SUNDAY in weekdays and within and calendar != "24/5-fx" else None


def _other_calendar(findings: Sequence[Finding], calendar: str) -> list[str]:
    if not {_SATURDAY, _SUNDAY} & _weekdays(findings):
        return []
    hint = f"There are Saturdays or Sundays among them, on which {calendar} is closed:"
    other = _calendar_of_weekends(findings, calendar)
    if other == "24/7":
        return [f"{hint} what trades every day, as coins do, is on calendar='24/7' (--calendar 24/7)."]
    if other is not None:
        return [f"{hint} currencies trade from Sunday evening on, on calendar='24/5-fx' (--calendar 24/5-fx)."]
    return [f"{hint} is it the calendar of these data?"]


def _other_sessions(findings: Sequence[Finding], calendar: str) -> list[str]:
    """Advice for more than one day off session, of which none is on a weekend."""
    days = {finding.stamp for finding in findings if finding.rule == "calendar" and finding.stamp is not None}
    if len(days) < 2 or {day.weekday() for day in days} & {_SATURDAY, _SUNDAY}:
        return []
    return [_SESSIONS.format(calendar)]


def _without_volume(findings: Sequence[Finding]) -> list[str]:
    """Advice for rows of which most lack a volume and nothing else."""
    blank = sum(finding.rule == "number" and finding.message.startswith(_BLANK_VOLUME) for finding in findings)
    if blank * 2 <= len(findings):
        return []
    return ["Volumes are missing: of what has none say what it is, assets={'type': 'forex'} or 'index' (--type forex)."]


def _rounding(findings: Sequence[Finding]) -> list[str]:
    """Prices that were computed with floats, adjusted ones most often, are a digit beyond their low or high."""
    computed = _computed(findings)
    if not computed:
        return []
    hint = f"Prices such as {computed[0].value} come out of a computation with floats:"
    return [f"{hint} price_decimals=4 (--price-decimals 4) rounds them; pass as many decimals as they mean."]


def _computed(findings: Sequence[Finding]) -> list[Finding]:
    """Those whose number is a float out of a computation."""
    return [
        finding
        for finding in findings
        if finding.rule in ("range", "precision")
        and FLOAT_DIGITS < len(finding.value.replace(".", "").strip("-0")) < _TEXT
    ]


def ask_before_losing(bundle: str, left_out: int, rows: int, findings: tuple[Finding, ...], said: str) -> None:
    """Raises BadBars where more than half of the rows would be dropped. said: what was found, in words."""
    if left_out * 2 <= rows:
        return
    raise BadBars(
        f"Nothing was written to {bundle!r}: on_bad_row='drop' would leave out {left_out:,} of {rows:,} rows, "
        f"more than half. {said}\nIf that is what you want, pass on_bad_row='drop-most' (--on-bad-row drop-most).",
        findings,
    )
