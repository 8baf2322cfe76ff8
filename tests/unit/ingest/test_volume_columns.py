"""Which column stands for the volume where the first choice is 0 or blank; German names; lines of sums."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest
from click.testing import CliRunner

import rustybt
from rustybt.catalog import open_version, scan
from rustybt.cli._main import cli
from rustybt.errors import BadBars, InputError

METATRADER = "<DATE>\t<OPEN>\t<HIGH>\t<LOW>\t<CLOSE>\t<TICKVOL>\t<VOL>\t<SPREAD>\n"
INVESTING = '"Date","Price","Open","High","Low","Vol.","Change %"\n'


def volumes(bundle: str) -> list[Decimal]:
    with open_version(bundle) as version:
        return scan(version).collect(engine="in-memory")["volume"].to_list()


def file(folder: Path, text: str, name: str = "EURUSD.csv") -> Path:
    (folder / name).write_text(text, encoding="utf-8")
    return folder / name


def test_where_all_volumes_are_0_the_changes_of_the_price_stand_for_them(tmp_path: Path) -> None:
    rows = [f"2024.01.{day:02}\t1.1\t1.2\t1.0\t1.15\t{day * 1000}\t{{}}\t2\n" for day in (2, 3, 4)]
    report = rustybt.ingest("ticks", file(tmp_path, METATRADER + "".join(row.format(0) for row in rows)))
    assert volumes("ticks") == [2000, 3000, 4000]
    assert any("<TICKVOL>, the changes of the price, stands for it" in note for note in report.notes)
    traded = METATRADER + "".join(row.format(7 * at) for at, row in enumerate(rows))
    report = rustybt.ingest("traded", file(tmp_path, traded))
    assert volumes("traded") == [0, 7, 14]
    assert not any("stands for it" in note for note in report.notes)
    none = METATRADER + "".join(row.format(0) for row in rows)
    rustybt.ingest("told", file(tmp_path, none), csv={"columns": {"<VOL>": "volume"}})
    assert volumes("told") == [0, 0, 0]


def test_orders_fill_on_a_file_of_changes_of_the_price(tmp_path: Path) -> None:
    rows = "".join(f"2024.01.{day:02}\t1.1\t1.2\t1.0\t1.15\t900000\t0\t2\n" for day in (2, 3, 4, 5))

    def buy(context, data):
        rustybt.api.order_target(rustybt.api.symbol("EURUSD"), 10)

    assert rustybt.run(buy, file(tmp_path, METATRADER + rows)).transactions["amount"].to_list() == [10]


def test_a_blank_column_of_volumes_is_none(tmp_path: Path) -> None:
    rows = [f'"01/{day:02}/2024","1.0950","1.0940","1.0990","1.0930","","0.1%"\n' for day in (5, 4, 3, 2)]
    path = file(tmp_path, INVESTING + "".join(rows))
    report = rustybt.ingest("fx", path, assets={"type": "forex"}, csv={"dates": "us"})
    assert (report.rows, report.findings, volumes("fx")) == (4, (), [0, 0, 0, 0])
    assert rustybt.ingest("index", path, assets={"type": "index"}, csv={"dates": "us"}).rows == 4
    with pytest.raises(BadBars, match="--type forex"):
        rustybt.ingest("shares", path, csv={"dates": "us"})


@pytest.mark.parametrize("name", ["Umsatz", "Stück", "Volumen (Stück)", "Umsatz (Stück)", "Volumen"])
def test_german_names_of_the_volume_and_a_line_of_sums(tmp_path: Path, name: str) -> None:
    rows = [f"{day:02}.03.2024;10,50;11,00;10,25;10,75;{day}.250.000\n" for day in (4, 5, 6, 7, 8)]
    text = f"Datum;Eröffnung;Hoch;Tief;Schluss;{name}\n" + "".join(rows)
    report = rustybt.ingest("german", file(tmp_path, text + "Summe;;;;;31.250.000\n"))
    assert report.findings == ()
    assert volumes("german") == [day * 1_000_000 + 250_000 for day in (4, 5, 6, 7, 8)]
    assert any("below its rows passed over" in note for note in report.notes)


def test_turnover_in_euros_is_no_volume(tmp_path: Path) -> None:
    text = "Datum;Eröffnung;Hoch;Tief;Schluss;Umsatz (EUR)\n25.03.2024;10,50;11,00;10,25;10,75;5\n"
    with pytest.raises(InputError, match="no column volume"):
        rustybt.ingest("german", file(tmp_path, text))


def test_dates_that_can_not_be_told_are_not_called_iso(tmp_path: Path) -> None:
    text = "date;open;high;low;close;volume\n05.03.2024;10;11;9;10;5\n"
    (form,) = rustybt.preview(file(tmp_path, text)).forms.values()
    assert "dates: such as 05.03.2024" in form.details
    (form,) = rustybt.preview(file(tmp_path, text.replace("05.03.2024", "2024-03-05"))).forms.values()
    assert "dates: iso" in form.details


def test_names_that_can_not_be_printed_are_refused(tmp_path: Path) -> None:
    text = "date,open,high,low,close,volume\n2024-03-05,10,11,9,10,5\n"
    path = file(tmp_path, text)
    with pytest.raises(InputError, match="can't be printed"):
        rustybt.load_data(path, symbol="A\nB")


def test_a_run_of_the_command_line_says_how_files_are_read(tmp_path: Path) -> None:
    (tmp_path / "s.py").write_text("def handle_data(context, data):\n    pass\n")
    head = "date,open,high,low,close,volume\n"
    bad = head + "2024-03-04,10,11,9,10.123456,5\n2024-03-05,nan,11,9,10,5\n2024-03-06,10,11,9,10,5\n"
    given = ["run", "-f", str(tmp_path / "s.py"), "--no-progress", "--data"]
    refused = CliRunner().invoke(cli, [*given, str(file(tmp_path, bad))])
    assert refused.exit_code != 0
    done = CliRunner().invoke(cli, [*given, str(file(tmp_path, bad)), "--on-bad-row", "drop", "--price-decimals", "2"])
    assert done.exit_code == 0, done.output
    assert "rows_left_out" in done.output
    closes = file(tmp_path, "date,close,volume\n2024-03-05,10,5\n2024-03-06,11,5\n", "b.csv")
    done = CliRunner().invoke(cli, [*given, str(closes), "--close-only", "--symbol", "ACME", "--calendar", "24/7"])
    assert done.exit_code == 0, done.output
    alone = CliRunner().invoke(cli, [*given[:-1], "--on-bad-row", "drop"])
    assert "--data" in str(alone.exception)
