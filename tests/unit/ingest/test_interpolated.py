"""`missing="interpolate"`: lines between what is known, whatever pieces a file is read in."""

from __future__ import annotations

import importlib
import itertools
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rustybt.catalog import open_version
from tests._examples import examples
from tests.unit.ingest.test_large_files import HEADER, SMALL, line, minutes, peak, written

ROWS = st.lists(
    st.tuples(st.sampled_from(["AAA", "BBB", "CCC"]), st.none() | st.integers(1, 9_999)), min_size=2, max_size=60
)


def on_lines(cents: list[int | None]) -> list[int | None]:
    """Each gap between two known numbers on a line from row to row, half-even at the cent."""
    known = [at for at, value in enumerate(cents) if value is not None]
    filled = list(cents)
    for left, right in itertools.pairwise(known):
        for at in range(left + 1, right):
            part = Fraction(at - left, right - left)
            filled[at] = round(cents[left] + (cents[right] - cents[left]) * part)
    return filled


@settings(max_examples=examples(20), deadline=None)
@given(ROWS, st.booleans())
def test_gaps_are_filled_by_a_line_over_any_number_of_pieces(tmp_path_factory, rows, by_symbol):
    folder = tmp_path_factory.mktemp("rows")
    rows = sorted(rows, key=lambda row: row[0]) if by_symbol else rows
    given_rows = {symbol: [price for name, price in rows if name == symbol] for symbol, _ in rows}
    expected = {symbol: [v for v in on_lines(prices) if v is not None] for symbol, prices in given_rows.items()}
    if not any(expected.values()):
        return
    places = {symbol: itertools.count() for symbol in given_rows}
    text = [
        line(name, next(places[name]), "" if price is None else f"{price // 100}.{price % 100:02}")
        for name, price in rows
    ]
    path = folder / "all.csv"
    path.write_text(HEADER + "".join(text))
    hashes = set()
    for bundle in ("whole", "pieces"):
        with pytest.MonkeyPatch.context() as patch:
            for (module, name), value in SMALL.items() if bundle == "pieces" else ():
                patch.setattr(importlib.import_module(module), name, value)
            csv = {"missing": "interpolate"}
            report = minutes(path, bundle, folder / "root", csv=csv, on_bad_row="drop-most")
        hashes.add(report.hash)
        with open_version(bundle, root=folder / "root") as version:
            for asset in version.assets():
                bars = version.load([asset.sid], "1m", 0, 2**62)[asset.sid]
                found = [Fraction(int(v), 10**asset.price_scale) for v in bars.close]
                assert found == [Fraction(v, 100) for v in expected[asset.symbol]]
    assert len(hashes) == 1


@pytest.mark.slow
def test_a_gap_as_long_as_the_file_needs_no_more_memory(tmp_path):
    """All but the first and last row of the first asset are missing, and come with those of the others."""
    path = written(tmp_path / "all.csv", 6, 100_000)
    with path.open() as file:
        header, *rows = file.read().splitlines()
    rows.sort()  # by time: the stamp comes first
    gaps = [at for at, row in enumerate(rows) if ",S000," in row][1:-1]
    for at in gaps:
        rows[at] = ",".join(rows[at].split(",")[:2]) + ",,,,,"
    path.write_text("\n".join([header, *rows]) + "\n")
    small = [
        ["rustybt.files._csv", "BLOCK_BYTES", 2**18],
        ["rustybt.ingest._bars", "FRAME_ROWS", 5_000],
        ["rustybt.catalog._spill", "HELD_ROWS", 10_000],
        ["rustybt.catalog._spill", "BLOCK_ROWS", 10_000],
    ]
    csv = {"missing": "interpolate"}
    mib, count, found = peak(path, tmp_path / "pieces", small, csv=csv)
    at_once, _, expected = peak(path, tmp_path / "whole", [["rustybt.files._csv", "BLOCK_BYTES", 2**30]], csv=csv)
    size = path.stat().st_size / 2**20
    print(f"{size:.0f} MiB of CSV: {mib:.0f} MiB in pieces, {at_once:.0f} at once")
    assert (count, found) == (600_000, expected)
    assert mib < size * 1.5 < at_once
