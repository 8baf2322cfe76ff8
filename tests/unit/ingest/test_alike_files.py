"""Small files of one form are read in one go: the bars, the findings, the notes and the errors are those of each file
judged by itself."""

from __future__ import annotations

import importlib
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rustybt import ingest
from rustybt.catalog import open_version, scan
from rustybt.errors import RustyBTError
from tests._examples import examples

HEADERS = [
    "Date,Open,High,Low,Close,Volume",
    "date;open;high;low;close;volume",
    "Date,Open,High,Low,Close,Volume,Adj Close",
    "time,open,high,low,close,volume",
    ",open,high,low,close,volume",
    "date,open,high,low,close,volume,dividend",
    "timestamp,ticker,open,high,low,close,volume",
    '"date",open,high,low,close,volume',
    "date,open,high,low,close",
]
ODD_DAYS = [
    "2024-02-30",
    "2024-1-3",
    "20240103",
    "01/03/2024",
    "1704240000",
    "2024-01-03T00:00:00Z",
    "2024-01-03 00:00",
    "",
]
ODD_NUMBERS = ["", " 10", "1,5", "ten", "1e1", "-10", "0", "+10", "10.", "NaN", '"10"', "10.123456789012345678"]


@st.composite
def folders(draw: Any) -> list[str]:
    """The texts of some files: nearly all of one plain form, and now and then one that is odd somewhere."""
    header, end = draw(st.sampled_from(HEADERS[:1] * 6 + HEADERS)), draw(st.sampled_from(["\n", "\n", "\r\n"]))
    return [_file(draw, header, end) for _ in range(draw(st.integers(3, 9)))]


def _file(draw: Any, header: str, end: str) -> str:
    def odd(among: int) -> bool:
        return bool(draw(st.integers(0, among)) == among)

    header = draw(st.sampled_from(HEADERS)) if odd(15) else header
    mark = ";" if ";" in header else ","
    names = header.split(mark)
    days = [f"2024-01-{day:02}" for day in sorted(draw(st.sets(st.integers(1, 9), min_size=1, max_size=4)))]
    order = draw(st.sampled_from(["twice", "shuffled", "none"])) if odd(15) else "ascends"
    order = "descends" if odd(4) else order
    orders = {"descends": days[::-1], "twice": days * 2, "shuffled": days[1:] + days[:1], "none": []}
    days = orders.get(order, days)
    if odd(20) and days:
        days[-1] = draw(st.sampled_from(ODD_DAYS))
    rows = []
    for day in days:
        of_column = {
            "open": draw(st.sampled_from(["10", "10.25", "10.50", "11.125"])), "high": "12", "low": "9.5",
            "close": "10", "volume": draw(st.sampled_from(["7", "0", "1.5"])), "ticker": "AB",
        }  # fmt: skip
        rows.append([day, *(of_column.get(name.lower(), "1") for name in names[1:])])
    if odd(15) and rows:
        rows[-1][draw(st.integers(1, len(names) - 1))] = draw(st.sampled_from(ODD_NUMBERS))
    if odd(40) and rows:
        rows[-1].append("9")
    end = draw(st.sampled_from(["\n", "\r\n"])) if odd(20) else end
    text = end.join([header, *(mark.join(row) for row in rows)])
    return ("\ufeff" if odd(40) else "") + text + draw(st.sampled_from([end] * 5 + ["", end * 2]))


def outcome(folder: Path, **how: Any) -> tuple[Any, ...]:
    """All that an ingestion tells and stores."""
    with tempfile.TemporaryDirectory() as root:
        try:
            report = ingest("b", folder, calendar="24/7", root=root, **how)
        except RustyBTError as error:
            return type(error), str(error), getattr(error, "findings", None)
        with open_version("b", root=root) as version:
            bars = scan(version).collect(engine="in-memory").rows()
            dividends = version.dividends(asset.sid for asset in version.assets())
        return report.hash, report.rows, report.assets, report.findings, report.notes, bars, dividends


def both_ways(folder: Path, **how: Any) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
    alike, bars = importlib.import_module("rustybt.files._alike"), importlib.import_module("rustybt.ingest._bars")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(alike, "SMALL_BYTES", -1)
        alone = outcome(folder, **how)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bars, "_SPACED", 1)  # so many come as they are, before any are read in one go
        patch.setattr(alike, "TOGETHER_BYTES", 400)
        return alone, outcome(folder, **how)


@given(
    texts=folders(),
    policy=st.sampled_from(["error", "drop-most", "quarantine"]),
    dialect=st.sampled_from(
        [
            None,
            None,
            None,
            {"missing": "forward"},
            {"missing": "skip"},
            {"decimal": ","},
            {"dates": "us"},
            {"columns": {"Close": "last", "Open": "close", "High": "open"}},
        ]
    ),
)
@settings(max_examples=examples(30), deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_files_read_in_one_go_are_those_judged_one_by_one(texts: list[str], policy: str, dialect: Any) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for number, text in enumerate(texts):
            (folder / f"S{number}.csv").write_bytes(text.encode())
        alone, together = both_ways(folder, on_bad_row=policy, csv=dialect)
    assert together == alone
