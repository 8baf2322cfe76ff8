"""Trades in files: the bars of the same trades in a frame, from Python and from the command line."""

from __future__ import annotations

import datetime as dt
import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import rustybt
from rustybt.errors import InputError
from tests.unit._command import command

START = dt.datetime(2024, 3, 1, tzinfo=dt.UTC)
MOMENTS = [START + dt.timedelta(seconds=7 * at) for at in range(40)]
PRICES = [f"{61_000 + at % 9}.{25 + at}" for at in range(40)]
SIZES = [f"0.{1 + at % 9}" for at in range(40)]
FRAME = pl.DataFrame({"symbol": "BTC", "timestamp": MOMENTS, "price": PRICES, "size": SIZES})
STAMPS = [int(moment.timestamp()) * 1000 for moment in MOMENTS]


def rows(separator: str = ",") -> str:
    """id, price, quantity, quote quantity, time, whether the buyer was the maker: as Binance publishes them."""
    table = zip(PRICES, SIZES, STAMPS, strict=True)
    return "\n".join(
        separator.join((str(at), price, size, "0", str(stamp), "true")) for at, (price, size, stamp) in enumerate(table)
    )


def zipped(name: str, text: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, text)
    return out.getvalue()


def plain(folder: Path) -> Any:
    FRAME.write_csv(folder / "trades.csv", datetime_format="%Y-%m-%dT%H:%M:%S%.fZ")
    return folder / "trades.csv"


def with_other_names(folder: Path) -> Any:
    (folder / "BTC.csv").write_text("id;price;qty;quote_qty;time;is_buyer_maker\n" + rows(";"))
    return folder / "BTC.csv"


def archived(folder: Path) -> Any:
    (folder / "x.zip").write_bytes(zipped("BTC.csv", "id,price,qty,quote_qty,time,is_buyer_maker\n" + rows()))
    return folder / "x.zip"


def records(folder: Path) -> Any:
    table = zip(STAMPS, PRICES, SIZES, strict=True)
    told = [
        {"timestamp": at, "symbol": "BTC", "price": price, "amount": size, "side": "buy"} for at, price, size in table
    ]
    (folder / "trades.json").write_text(json.dumps(told))
    return folder / "trades.json"


def parquet(folder: Path) -> Any:
    FRAME.with_columns(timestamp=pl.Series(STAMPS)).write_parquet(folder / "trades.parquet")
    return folder / "trades.parquet"


FILES: list[Callable[[Path], Any]] = [plain, with_other_names, archived, records, parquet]


@pytest.mark.parametrize("file", FILES)
def test_trades_of_a_file_make_the_bars_of_the_same_trades_in_a_frame(
    tmp_path: Path, file: Callable[[Path], Any]
) -> None:
    path = file(tmp_path)
    assert rustybt.tick_bars(path, 7).equals(rustybt.tick_bars(FRAME, 7))
    assert rustybt.volume_bars(str(path), "2.5").equals(rustybt.volume_bars(FRAME, "2.5"))
    assert rustybt.dollar_bars(path, 200_000).equals(rustybt.dollar_bars(FRAME, 200_000))


def test_files_without_a_header_and_of_other_names_are_read_as_told(tmp_path: Path) -> None:
    (tmp_path / "BTCUSDT-2024-03.csv").write_text(rows())
    names = ["id", "price", "size", None, "timestamp", None]
    bars = rustybt.tick_bars(tmp_path / "BTCUSDT-2024-03.csv", 7, symbol="BTC", csv={"columns": names})
    assert bars.equals(rustybt.tick_bars(FRAME, 7))
    options = ("--symbol", "BTC", "--columns", "id,price,size,,timestamp,")
    path = str(tmp_path / "BTCUSDT-2024-03.csv")
    done = command(
        "ingest", "trades", path, "-b", "b", "--ticks", "7", "--calendar", "24/7", "--type", "crypto", *options
    )
    assert "5 bars added; 1 asset" in done.stdout


@pytest.mark.parametrize(
    ("option", "value", "make"),
    [
        ("--ticks", "7", lambda: rustybt.tick_bars(FRAME, 7)),
        ("--volume", "2.5", lambda: rustybt.volume_bars(FRAME, "2.5")),
        ("--money", "200000", lambda: rustybt.dollar_bars(FRAME, 200_000)),
    ],
)
def test_the_command_stores_what_the_function_gives(
    tmp_path: Path, option: str, value: str, make: Callable[[], pl.DataFrame]
) -> None:
    done = command("ingest", "trades", str(plain(tmp_path)), "-b", "mine", option, value, "--calendar", "24/7")
    assert done.returncode == 0, done.stderr
    bars = make()
    own = rustybt.ingest("own", bars, frequency="1ms", stamp="end", calendar="24/7")
    stored = rustybt.open_version("mine")
    assert stored.hash == own.hash
    assert stored.provenance["bars"] == f"{option[2:]} {value}"


def test_the_command_wants_one_threshold(tmp_path: Path) -> None:
    path = str(plain(tmp_path))
    for given in ((), ("--ticks", "7", "--money", "100")):
        done = command("ingest", "trades", path, "-b", "mine", *given)
        assert done.returncode == 2
        assert "one of --ticks, --volume and --money" in done.stderr


def test_a_dry_run_tells_of_the_bars(tmp_path: Path) -> None:
    path = str(plain(tmp_path))
    done = command("ingest", "trades", path, "--dry-run", "--ticks", "7", "--calendar", "24/7")
    assert done.returncode == 0
    assert "rows         5" in done.stdout
    assert "frequency    1ms" in done.stdout


def test_what_is_no_table_of_trades_is_told(tmp_path: Path) -> None:
    (tmp_path / "BTC.csv").write_text("time,price\n1709251200000,1\n1709251200001,2\n")
    with pytest.raises(InputError, match="has no column size"):
        rustybt.tick_bars(tmp_path / "BTC.csv", 1)
    (tmp_path / "BTC.csv").write_text("time,price,qty\n1709251200000,1,1\n1709251200001,2\n")
    with pytest.raises(InputError, match="line 3 has 2 fields"):
        rustybt.tick_bars(tmp_path / "BTC.csv", 1)
    with pytest.raises(InputError, match="column symbol with 'BTC' in it"):
        rustybt.tick_bars(FRAME, 1, symbol="ETH")


def test_a_file_that_begins_with_the_newest_is_turned_and_a_frame_is_refused(tmp_path: Path) -> None:
    turned = FRAME.reverse().with_columns(timestamp=pl.Series(STAMPS[::-1]))
    turned.write_csv(tmp_path / "BTC.csv")
    assert rustybt.tick_bars(tmp_path / "BTC.csv", 7).equals(rustybt.tick_bars(FRAME, 7))
    with pytest.raises(InputError, match="comes after one at"):
        rustybt.tick_bars(turned, 7)
