"""Files as a source, held to what vendors are held to."""

from __future__ import annotations

from decimal import Decimal
from typing import ClassVar

import pytest

from rustybt.catalog import open_version
from rustybt.errors import InputError, SourceError
from rustybt.ingest import ingest
from rustybt.sources import CSV, make_source, source_names
from rustybt.testing import SourceContract

DAYS = ("2024-01-02", "2024-01-03", "2024-01-04")
LONG = "symbol,date,open,high,low,close,volume\n" + "".join(
    f"{symbol},{day},1.50,2.25,1.00,{close},1000\n"
    for symbol, close in (("MSFT", "1.75"), ("AAPL", "2.125"), ("IBM", "1e0"))
    for day in DAYS
)
ASIAN = "timestamp,open,high,low,close,volume\n" + "".join(
    f"2024-01-02 09:{minute}:00,100,101,99,100.5,7\n" for minute in ("30", "31", "32")
)


class Files(SourceContract):
    symbols = ("AAPL", "MSFT")
    start = "2024-01-02"
    end = "2024-01-04"

    @pytest.fixture(autouse=True)
    def _folder(self, tmp_path):
        self.folder = tmp_path
        self.write()


class TestOneLongFile(Files):
    def write(self):
        (self.folder / "all.csv").write_text(LONG)

    def make(self):
        return CSV(self.folder / "all.csv")


class TestAFolderOfMinutes(Files):
    frequency: ClassVar[str] = "1m"

    def write(self):
        for symbol in self.symbols:
            (self.folder / f"{symbol}.csv").write_text(ASIAN)

    def make(self):
        return CSV(self.folder, frequency="1m", stamp="end", tz="Asia/Tokyo", calendar="XTKS")

    def test_the_start_is_told_though_the_file_has_the_end(self):
        assert str(self.fetch().bars["timestamp"].min()) == "2024-01-02 00:29:00+00:00"


def test_it_is_registered():
    assert "csv" in source_names()


def test_what_it_gives_goes_into_a_bundle_with_every_digit(tmp_path, root):
    (tmp_path / "all.csv").write_text(LONG)
    source = make_source("csv", tmp_path / "all.csv")
    fetched = source.fetch(["IBM", "AAPL"], "2024-01-03", "2024-01-04")
    assert fetched.bars["close"].to_list() == [Decimal("2.125")] * 2 + [Decimal(1)] * 2
    report = ingest("b", fetched, root=root)
    straight = ingest("c", tmp_path / "all.csv", symbols=["AAPL", "IBM"], root=root)
    assert (report.rows, straight.rows) == (4, 6)
    assert open_version("b", root=root).provenance["files"] == [str(tmp_path / "all.csv")]


def test_it_reads_what_a_dialect_says(tmp_path):
    (tmp_path / "ACME.csv").write_text("Tag;Auf;Hoch;Tief;Zu;Umsatz\n02.01.2024;1,5;2;1;1,75;9\n")
    names = {"Tag": "date", "Auf": "open", "Hoch": "high", "Tief": "low", "Zu": "close", "Umsatz": "volume"}
    source = CSV(tmp_path / "ACME.csv", csv={"columns": names, "dates": "eu", "decimal": ","})
    bars = source.fetch(["ACME"], "2024-01-01", "2024-01-31").bars
    assert bars.rows()[0][2:] == (Decimal("1.5"), Decimal(2), Decimal(1), Decimal("1.75"), Decimal(9))


@pytest.mark.parametrize(
    ("row", "said"), [("2024-01-03,x,2,1,1,9", "open 'x'"), ("2024-31-03,1,2,1,1,9", "2024-31-03")]
)
def test_a_symbol_with_a_row_that_cant_be_read_fails_alone(tmp_path, row, said):
    (tmp_path / "all.csv").write_text(LONG + f"BAD,{row}\n")
    fetched = CSV(tmp_path / "all.csv").fetch(["BAD", "AAPL"], "2024-01-01", "2024-01-31")
    assert [failure.symbol for failure in fetched.failures] == ["BAD"]
    assert said in fetched.failures[0].reason
    assert fetched.bars.height == 3
    with pytest.raises(SourceError):
        CSV(tmp_path / "all.csv").fetch(["BAD"], "2024-01-01", "2024-01-31")


def test_what_was_missing_and_filled_is_told(tmp_path):
    (tmp_path / "all.csv").write_text(LONG + "AAPL,2024-01-05,,,,,\n")
    fetched = CSV(tmp_path / "all.csv", csv={"missing": "forward"}).fetch(["AAPL"], "2024-01-05", "2024-01-05")
    assert fetched.bars["close"].to_list() == [Decimal("2.125")]
    assert "1 row with a missing price" in repr(fetched)


def test_what_it_cant_know_has_to_be_said(tmp_path):
    (tmp_path / "all.csv").write_text(LONG)
    with pytest.raises(InputError, match="stamp="):
        CSV(tmp_path / "all.csv", frequency="1m")
    with pytest.raises(InputError, match="no file"):
        CSV(tmp_path / "other.csv")
    with pytest.raises(InputError, match="it has 1d"):
        CSV(tmp_path / "all.csv").fetch(["AAPL"], "2024-01-01", "2024-01-31", "1h")
