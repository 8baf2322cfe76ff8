"""Files in the forms of their makers, with values of our own: nearly all go in without an option, the others with what
the message says; what is stored is what `expected.txt` lists, which was written beside them and not read from them.

Forms are those that vendors, exchanges, programs and web sites write or describe; dates and numbers are made up.
"""

from __future__ import annotations

import csv
import datetime as dt
from collections import defaultdict
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Final

import pytest
from click.testing import CliRunner, Result

from rustybt.catalog import open_version, scan
from rustybt.cli._main import cli

CORPUS: Final = Path(__file__).parent / "corpus"
FIELDS: Final = ("open", "high", "low", "close", "volume")
type Row = tuple[str, str, tuple[Decimal, ...]]

NEW_YORK: Final = ["--stamp", "start", "--tz", "America/New_York"]
REMEDIES: Final[dict[str, tuple[list[str], list[str]]]] = {
    # by file: the words that its first message has to say, and what is given then
    "alphavantage_5min.csv": (["--frequency 5m", "--stamp", "--tz"], ["--frequency", "5m", "--stamp", "end",
                              "--tz", "America/New_York"]),
    "another_market.csv": (["--calendar"], ["--calendar", "XPAR"]),
    "cboe_vix.csv": (["--type", "index"], ["--type", "index"]),
    "databento_raw.csv": (["--price-scale 0.000000001"], ["--price-scale", "0.000000001"]),
    "lean.csv": (["--price-scale 0.0001"], ["--price-scale", "0.0001"]),
    "either_order.csv": (["--dates eu", "--dates us"], ["--dates", "eu"]),
    "fxcm.csv": (["--columns", "bidopen"], ["--columns", "BidOpen=open,BidHigh=high,BidLow=low,BidClose=close"]),
    "histdata_m1.csv": (["--frequency 1m", "--stamp", "--tz"], ["--frequency", "1m", "--stamp", "start", "--tz",
                        "Etc/GMT+5", "--calendar", "24/5-fx", "--type", "forex"]),
    "metatrader5_h1.csv": (["--frequency 1h", "--stamp", "--tz"], ["--frequency", "1h", "--stamp", "start", "--tz",
                           "Etc/GMT-2", "--calendar", "24/5-fx", "--type", "forex"]),
    "stooq_5min.txt": (["--frequency 5m", "--stamp", "--tz"], ["--frequency", "5m", "--stamp", "start", "--tz",
                       "Europe/Warsaw"]),
}  # fmt: skip
GOES_IN: Final = Decimal("0.9")
"""Of the files so many at least, as they are."""


def expected() -> dict[str, list[Row]]:
    rows = defaultdict(list)
    with (CORPUS / "expected.txt").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            rows[row["file"]].append((row["symbol"], row["stamp"], tuple(Decimal(row[name]) for name in FIELDS)))
    return rows


EXPECTED: Final = expected()


def ingested(name: str, options: Sequence[str], bundle: str = "b") -> Result:
    return CliRunner().invoke(cli, ["ingest", "csv", str(CORPUS / name), "-b", bundle, *options])


def stored(bundle: str = "b") -> list[Row]:
    with open_version(bundle) as version:
        symbols = {asset.sid: asset.symbol for asset in version.assets()}
        bars = scan(version, version.frequencies[0]).collect()
    rows = []
    for row in bars.iter_rows(named=True):
        stamp = row["timestamp"]
        said = stamp.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if isinstance(stamp, dt.datetime) else str(stamp)
        rows.append((symbols[row["sid"]], said, tuple(row[name] for name in FIELDS)))
    return rows


@pytest.fixture(autouse=True)
def _catalog(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RUSTYBT_ROOT", str(tmp_path))


@pytest.mark.parametrize("name", sorted(EXPECTED.keys() - REMEDIES.keys()))
def test_a_file_goes_in_as_it_is(name: str) -> None:
    result = ingested(name, ())
    assert result.exit_code == 0, result.output or result.exception
    assert sorted(stored()) == sorted(EXPECTED[name])


@pytest.mark.parametrize("name", sorted(REMEDIES))
def test_a_file_that_does_not_says_what_to_give_and_goes_in_with_it(name: str, tmp_path: Path) -> None:
    words, options = REMEDIES[name]
    refused = ingested(name, ())
    assert refused.exit_code != 0
    said = refused.output + str(refused.exception)
    assert [word for word in words if word not in said] == []
    assert not list(tmp_path.glob("bundles/*"))
    result = ingested(name, options)
    assert result.exit_code == 0, result.output or result.exception
    assert sorted(stored()) == sorted(EXPECTED[name])


def test_nine_of_ten_files_go_in_without_an_option(capsys: pytest.CaptureFixture[str]) -> None:
    names = {path.name for path in CORPUS.iterdir()} - {"expected.txt"}
    assert names == EXPECTED.keys()
    share = Decimal(len(names) - len(REMEDIES)) / len(names)
    with capsys.disabled():
        print(f"\n  {len(names) - len(REMEDIES)} of {len(names)} files go in without an option ({share:.0%})")
    assert len(names) >= 60
    assert share >= GOES_IN


TOLD: Final = {
    "nasdaq.csv": ["close/last as close", "month/day/year", "$ taken out", "begin with the newest"],
    "investing_de.csv": ["zuletzt as close", "day/month/year", "before the decimals", "millions (M)"],
    "investing_uk.csv": ["a dash read as 0", "day/month/year"],
    "metatrader4.csv": ["no header", "date, time, open, high, low, close, volume"],
    "cryptodatadownload.csv": ["above its header", "volume btc as volume", "24/7"],
    "barchart.csv": ["below its rows", "Downloaded from", "last as close"],
    "yahoo_null.csv": ["1 row without any price left out"],
    "stooq_weekly.csv": ["taken to be weeks"],
    "alphavantage_monthly.csv": ["taken to be months"],
    "jpx.csv": ["shift_jis", "終値 as close"],
    "finam_semicolon.txt": ["%d/%m/%y"],
    "quandl_futures.csv": ["settle as close", "not read", "last"],
    "wsj.csv": ["%m/%d/%y"],
    "swiss.csv": ["' groups the digits"],
}
"""Words that the report has of what was guessed."""


@pytest.mark.parametrize("name", sorted(TOLD))
def test_what_is_guessed_is_told(name: str) -> None:
    said = ingested(name, ()).output
    assert [words for words in TOLD[name] if words not in said] == []
