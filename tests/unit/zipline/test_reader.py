"""What the reader of Zipline's files says where it can't read; files that Zipline wrote are in tests/parity."""

from __future__ import annotations

import datetime as dt
import json
import sys
from types import SimpleNamespace

import numpy as np
import pytest

import rustybt
from rustybt.core import DAY_NS, MINUTE_NS, datetime_column
from rustybt.errors import MissingExtra
from rustybt.zipline.reader._bars import PRICES, Bars, factors_of
from rustybt.zipline.reader._bcolz import read_column
from rustybt.zipline.reader._exact import exact_prices
from rustybt.zipline.reader._hdf5 import read_hdf5


@pytest.fixture
def table(tmp_path):
    column = tmp_path / "t.bcolz" / "close"
    (column / "meta").mkdir(parents=True)
    (column / "data").mkdir()
    (column / "meta" / "sizes").write_text(json.dumps({"shape": [5], "nbytes": 20, "cbytes": 16384}))
    (column / "meta" / "storage").write_text(json.dumps({"dtype": "uint32", "chunklen": 4096}))
    return column.parent


def test_a_missing_library_is_named_with_the_extra_that_brings_it(table, tmp_path, monkeypatch):
    for module in ("blosc2", "h5py"):
        monkeypatch.setitem(sys.modules, module, None)
    (table / "close" / "data" / "__0.blp").write_bytes(b"blpk" + bytes(28))
    with pytest.raises(MissingExtra, match=r"blosc2 is not installed.*rustybt\[zipline\]"):
        read_column(table, "close")
    with pytest.raises(MissingExtra, match=r"h5py, which is not installed.*rustybt\[zipline\]"):
        read_hdf5(tmp_path / "daily.h5", None, {})


def test_a_chunk_that_is_none_is_named(table):
    pytest.importorskip("blosc2")
    path = table / "close" / "data" / "__0.blp"
    path.write_bytes(b"something else, longer than a header")
    with pytest.raises(rustybt.errors.InputError, match="it is no bcolz chunk") as caught:
        read_column(table, "close")
    assert str(path) in str(caught.value)


@pytest.mark.parametrize(
    ("stored", "factor", "text"),
    [
        (10_250, 1_000, "10.250"),
        (2**32 - 1, 1_000, "4294967.295"),
        (5, 8, "0.625"),
        (12_345, 1, "12345"),
        (1, 3, "0.3"),  # to the resolution of the factor
        (123, 1_000_000, "0.000123"),
    ],
)
def test_stored_integers_are_the_decimals_that_they_stand_for(stored, factor, text):
    (price,) = exact_prices("close", np.array([stored], dtype=np.uint32), factor)
    assert format(price, "f") == text


def test_minutes_after_an_early_close_are_outside_of_the_calendar():
    """24 November 2023: New York closes at 18:00 UTC; files of Zipline have room for 390 minutes of it all the same."""
    friday = np.datetime64("2023-11-24T14:30", "ns").astype(np.int64)
    stamps = np.array([friday + minute * MINUTE_NS for minute in (1, 210, 211, 390)])
    columns = {name: np.full(4, 10_000) for name in (*PRICES, "volume")}
    asset = SimpleNamespace(sid=7, key="SEVEN", symbols=[SimpleNamespace(symbol="S")])
    bars = Bars()
    bars.add(asset, datetime_column("timestamp", stamps), stamps // DAY_NS, columns, factors_of(1000))
    assert bars.leave_out("XNYS") == (dt.date(2023, 11, 24), dt.date(2023, 11, 24))
    assert (bars.rows, bars.outside, bars.sids) == (2, 2, {7})
    assert bars.whole()["timestamp"].dt.strftime("%H:%M").to_list() == ["14:31", "18:00"]
