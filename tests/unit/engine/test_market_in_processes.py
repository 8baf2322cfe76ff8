"""A loaded market in other processes: they open its version themselves, and map one file of its bars."""

from __future__ import annotations

import json
import multiprocessing
import pickle
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import pytest

import rustybt
from rustybt.catalog import catalog_root, clean
from rustybt.errors import VersionNotFound
from tests.unit._small import DAYS, ingest, run

PRICES: dict[str, list[Any]] = {
    "AAA": [(10, 12, 9, 11, 5000), 12, None, 14, 15],
    "BBB": [f"100000000000000000.0000000000000000000{k}" for k in range(5)],
}


def trade(context: Any, data: Any) -> None:
    aaa, bbb = context.symbols("AAA", "BBB")
    context.order(aaa, context.size)
    context.record(high=data.current(aaa, "high"), huge=str(data.current(bbb, "price")))


def tried(size: int, market: rustybt.Market | None = None) -> tuple[str, int]:
    """The hash of a run, and how many bars this process has read for its market."""

    def initialize(context: Any) -> None:
        context.size = size

    given: dict[str, Any] = {"bundle": "small"} if market is None else {"market": market}
    result = rustybt.run_algorithm(DAYS[0], DAYS[4], initialize, 10_000, trade, progress=False, **given)
    assert result.recorded["huge"][-1].endswith("4")
    return result.ledger_hash, 0 if market is None else market.rows_read


def files() -> list[Path]:
    return sorted((catalog_root() / "mapped").glob("*"))


def test_a_market_serves_runs_in_other_processes_that_read_no_bar() -> None:
    ingest(PRICES)
    market = rustybt.load("small")
    assert files() == []
    expected = [tried(size)[0] for size in (1, 2, 3, 4)]
    with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn")) as processes:
        found = list(processes.map(tried, (1, 2, 3, 4), [market] * 4))
    assert found == [(one, 0) for one in expected]
    assert len(files()) == 1
    # the bars that this process has are the file's from now on
    assert tried(1, market) == (expected[0], 9)
    again = rustybt.load("small")
    assert (tried(2, again), again.rows_read) == ((expected[1], 0), 0)


def test_a_pickled_market_is_a_reference() -> None:
    ingest(PRICES)
    market = rustybt.load("small", assets=["AAA"], start=DAYS[1], end=DAYS[3])
    pickled = pickle.dumps(market)
    assert len(pickled) < 2000
    other = pickle.loads(pickled)
    assert repr(other) == repr(market)
    assert (other.start, other.end, other.rows_read) == (DAYS[1], DAYS[3], 0)
    one, same = (run(trade, start=DAYS[1], end=DAYS[3], initialize=sized, market=each) for each in (market, other))
    assert one.ledger_hash == same.ledger_hash


def sized(context: Any) -> None:
    context.size = 2


def spoilt(file: Path) -> None:
    content = file.read_bytes()
    file.write_bytes(content[:-8])


def of_other_data(file: Path) -> None:
    content = file.read_bytes()
    assert b'"hash": "' in content
    begin = content.index(b'"hash": "') + 9
    file.write_bytes(content[:begin] + b"0" * 64 + content[begin + 64 :])


def of_other_format(file: Path) -> None:
    file.write_bytes(file.read_bytes().replace(b'"format": 1', b'"format": 2', 1))


def gone(file: Path) -> None:
    file.unlink()


def empty(file: Path) -> None:
    file.write_bytes(b"")


@pytest.mark.parametrize("harm", [spoilt, of_other_data, of_other_format, gone, empty])
def test_a_file_that_is_harmed_or_of_other_data_is_not_used(harm: Any) -> None:
    ingest(PRICES)
    market = rustybt.load("small")
    expected = tried(3)[0]
    pickled = pickle.dumps(market)
    (file,) = files()
    harm(file)
    other = pickle.loads(pickled)
    assert tried(3, other) == (expected, 9)
    # whoever shares it next writes it anew
    pickle.dumps(other)
    assert pickle.loads(pickled).rows_read == 0


def test_where_nothing_can_be_written_each_process_reads_for_itself() -> None:
    ingest(PRICES)
    market = rustybt.load("small")
    (catalog_root() / "mapped").write_text("a file is in the place of the folder")
    other = pickle.loads(pickle.dumps(market))
    assert tried(3, other) == (tried(3)[0], 9)


def test_another_version_has_another_file_and_a_version_that_is_deleted_leaves_none() -> None:
    ingest(PRICES)
    old = pickle.dumps(rustybt.load("small"))
    ingest({**PRICES, "AAA": [20, 21, 22, 23, 24]})
    new = rustybt.load("small")
    pickle.dumps(new)
    assert len(files()) == 2
    assert tried(1, new)[0] == tried(1)[0]
    assert tried(1, pickle.loads(old))[0] != tried(1)[0]
    assert len(clean("small", keep_last=1)) == 1
    assert len(files()) == 1
    with pytest.raises(VersionNotFound, match="has no version"):
        pickle.loads(old)


def test_what_stands_in_the_file_is_what_the_version_has() -> None:
    ingest(PRICES)
    market = rustybt.load("small")
    pickle.dumps(market)
    (file,) = files()
    content = file.read_bytes()
    length = int.from_bytes(content[8:16], "little")
    header = json.loads(content[16 : 16 + length])
    assert header["made_of"]["version"] == market.version
    assert header["rows"] * 8 == len(content) - 16 - length
    (aaa, bbb) = header["assets"].values()
    assert aaa[0] == 4
    assert bbb[3] == [10**37 + k for k in range(5)]
