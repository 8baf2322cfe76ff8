"""What is computed of a market that processes share is computed once for all; its files may come to harm."""

from __future__ import annotations

import multiprocessing
import os
import pickle
import random
import resource
import signal
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import rustybt
from rustybt.api import symbol, term
from rustybt.catalog import _computed_file, catalog_root
from rustybt.catalog._computed_file import ComputedFiles
from rustybt.indicators import EMA, SMA, BollingerBands, Indicator, indicator
from rustybt.view import Tracks, _columns
from tests._examples import examples
from tests.unit._small import DAYS, ingest

PRICES: dict[str, list[Any]] = {
    "AAA": [(10, 12, 9, 11, 5000), 12, None, 14, 15],
    "BBB": [20, 21, "22.5", 23, 24],
}
WINDOWS = tuple(range(2, 67))
SPAWN = multiprocessing.get_context("spawn")


def columns_of(market: rustybt.Market) -> list[Any]:
    tracks = [made for made, _ in market._kept.values() if isinstance(made, Tracks)]
    longer = [one for each in tracks for one in (*each.longer.values(), each._by_session, each._further) if one]
    return [one.columns for one in (*tracks, *longer) if one.columns is not None]


def computed(market: rustybt.Market) -> int:
    return sum(one.computed for one in columns_of(market))


def files() -> list[Path]:
    return sorted((catalog_root() / "mapped").glob("*.terms"))


def read(market: rustybt.Market, kind: Indicator = SMA, **parameters: Any) -> list[Any]:
    """What a term of both assets says on each day."""
    seen: list[Any] = []

    def initialize(context: Any) -> None:
        made = term(kind, context.symbols("AAA", "BBB"), **parameters)
        context.read = made.upper if kind.outputs else made

    rustybt.run_algorithm(
        DAYS[0],
        DAYS[4],
        initialize=initialize,
        handle_data=lambda context, data: seen.append(context.read.now.tobytes()),
        market=market,
        progress=False,
    )
    return seen


def searched(market: rustybt.Market, pairs: list[tuple[int, int]]) -> tuple[int, int]:
    """How often a fast average lies above a slow one at the end, and how many columns this process has computed."""
    above = 0

    def initialize(context: Any) -> None:
        made = {window: term(SMA, symbol("AAPL"), window=window) for pair in pairs for window in pair}
        context.pairs = [made[fast] > made[slow] for fast, slow in pairs]

    def analyze(context: Any, result: Any) -> None:
        nonlocal above
        above = result.recorded["above"][-1]

    def handle_data(context: Any, data: Any) -> None:
        context.record(above=sum(one.now for one in context.pairs))

    rustybt.run_algorithm(
        "2010-06-01",
        "2010-06-04",
        initialize=initialize,
        handle_data=handle_data,
        analyze=analyze,
        market=market,
        progress=False,
    )
    return above, computed(market)


def searched_all(pickled: bytes, several: list[list[tuple[int, int]]]) -> tuple[list[int], int]:
    market = pickle.loads(pickled)
    found = [searched(market, pairs)[0] for pairs in several]
    return found, computed(market)


def test_a_search_over_a_thousand_pairs_in_processes_computes_each_window_once() -> None:
    market = rustybt.load("sample", assets=["AAPL"], start="2010-01-04", end="2010-06-30")
    pickled = pickle.dumps(market)
    drawn = random.Random(7)
    pairs = [(fast, slow) for fast in WINDOWS for slow in WINDOWS if fast < slow]
    drawn.shuffle(pairs)
    pairs = pairs[:1000]
    assert {window for pair in pairs for window in pair} == set(WINDOWS)
    shares = [[pairs[k : k + 125] for k in range(start, 1000, 500)] for start in (0, 125, 250, 375)]
    with ProcessPoolExecutor(3, mp_context=SPAWN) as processes:
        found = list(processes.map(searched_all, [pickled] * 4, shares))
    assert sum(number for _, number in found) == len(WINDOWS)
    assert len(found) == 4
    alone = rustybt.load("sample", assets=["AAPL"], start="2010-01-04", end="2010-06-30")
    alone.data.shares = False
    assert [above for one, _ in found for above in one] == [
        searched(alone, part)[0] for several in shares for part in several
    ]
    assert computed(alone) == len(WINDOWS)


def test_a_market_that_was_never_shared_writes_no_file() -> None:
    ingest(PRICES)
    market = rustybt.load("small")
    expected = read(market, window=2)
    assert not (catalog_root() / "mapped").exists()
    pickle.dumps(market)
    again = rustybt.load("small")
    assert read(again, window=2) == expected
    assert len(files()) == 1
    assert computed(again) == 1
    third = rustybt.load("small")
    assert read(third, window=2) == expected
    assert computed(third) == 0


@indicator(window=2, step=True)
def reach(values: Any) -> float:
    return float(values[-1] - values[0])


CONSTANT = Indicator("SMA", lambda values, *, window: values * window, parameters={"window": ...})


@pytest.mark.parametrize("kind", [reach, CONSTANT])
def test_code_that_is_not_the_library_s_is_not_shared(kind: Indicator) -> None:
    """Nobody can tell whether it is the same in another process."""
    ingest(PRICES)
    pickle.dumps(rustybt.load("small"))
    for _ in range(2):
        market = rustybt.load("small")
        read(market, kind, **({} if kind is reach else {"window": 2}))
        assert computed(market) == 1
    assert files() == []


def other_code(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    monkeypatch.setattr(_columns, "implementation", lambda: "another")
    return {"window": 2}


@pytest.mark.parametrize(
    "other",
    [
        lambda _: {"window": 3},
        lambda _: {"window": 2, "field": "high"},
        lambda _: {"window": 1, "frequency": "1w"},
        lambda _: {"kind": EMA, "window": 2},
        lambda _: {"kind": BollingerBands, "window": 2},
        other_code,
    ],
)
def test_what_is_another_column_has_another_file(
    other: Callable[[pytest.MonkeyPatch], dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    ingest(PRICES)
    pickle.dumps(rustybt.load("small"))
    given: dict[str, Any] = {"window": 2}
    for _ in range(2):
        market = rustybt.load("small")
        alone = rustybt.load("small")
        alone.data.shares = False
        assert read(market, **given) == read(alone, **given)
        assert computed(market) == 1
        given = other(monkeypatch)
    assert len(files()) == 2


def test_another_version_has_files_of_its_own_which_go_with_it() -> None:
    ingest(PRICES)
    old = rustybt.load("small")
    pickle.dumps(old)
    said = read(old, window=2)
    ingest({**PRICES, "AAA": [20, 21, 22, 23, 24]})
    new = rustybt.load("small")
    pickle.dumps(new)
    assert read(new, window=2) != said
    assert len(files()) == 2
    rustybt.catalog.clean("small", keep_last=1)
    assert [new.version in file.name for file in files()] == [True]


def cut(content: bytes) -> bytes:
    return content[:-8]


def flipped(content: bytes) -> bytes:
    return content[:-3] + bytes([content[-3] ^ 4]) + content[-2:]


def of_zeros(content: bytes) -> bytes:
    length = 16 + int.from_bytes(content[8:16], "little")
    return content[:length] + bytes(len(content) - length)


def without_sum(content: bytes) -> bytes:
    return content.replace(b'"sum"', b'"som"')


def wrong_header(content: bytes) -> bytes:
    return content[:30] + b"\xff" + content[31:]


def of_another_format(content: bytes) -> bytes:
    assert b'"format": 1' in content
    return content.replace(b'"format": 1', b'"format": 2')


def of_another_version(content: bytes) -> bytes:
    """Of a version of the bundle whose name has the same length, as one would have it who copied the file."""
    at = content.index(b'"version": "') + len(b'"version": "')
    return content[:at] + b"9" + content[at + 1 :]


def of_endless_header(content: bytes) -> bytes:
    return content[:8] + (2**63).to_bytes(8, "little") + content[16:]


HARMS = [
    cut, flipped, of_zeros, without_sum, wrong_header, of_another_format, of_another_version, of_endless_header,
    lambda _: b"", lambda _: b"text", lambda content: content + bytes(8), lambda content: content[:12],
]  # fmt: skip


@pytest.mark.parametrize("harm", HARMS)
def test_a_file_that_was_harmed_is_made_anew(harm: Callable[[bytes], bytes]) -> None:
    ingest(PRICES)
    market = rustybt.load("small")
    pickle.dumps(market)
    expected = read(market, window=2)
    (file,) = files()
    content = file.read_bytes()
    file.write_bytes(harm(content))
    again = rustybt.load("small")
    assert (read(again, window=2), computed(again)) == (expected, 1)
    assert file.read_bytes() == content


# -- writers that are killed, disks that are full --------------------------------------------------------------------

MADE_OF = {"of": "it"}
SHAPE = (200_000, 3)


def big() -> list[Any]:
    return [np.arange(SHAPE[0] * SHAPE[1], dtype=np.float64).reshape(SHAPE) * k for k in (1.0, 0.5)]


def write_for_ever(folder: str, ready: Any) -> None:
    ready.set()
    while True:
        for path in Path(folder).glob("*.terms"):
            path.unlink()
        ComputedFiles(Path(folder)).columns("a-0123456789abcdef", MADE_OF, SHAPE, big)


def test_a_writer_may_be_killed_at_any_moment(tmp_path: Path) -> None:
    drawn = random.Random(os.getpid())
    for _ in range(examples(2)):
        ready = SPAWN.Event()
        writer = SPAWN.Process(target=write_for_ever, args=(str(tmp_path), ready))
        writer.start()
        assert ready.wait(60)
        time.sleep(drawn.uniform(0.0, 0.2))
        os.kill(writer.pid or 0, signal.SIGKILL)
        writer.join()
        calls: list[int] = []

        def counted(calls: list[int] = calls) -> list[Any]:
            calls.append(1)
            return big()

        begun = time.monotonic()
        for _ in range(2):
            found = ComputedFiles(tmp_path).columns("a-0123456789abcdef", MADE_OF, SHAPE, counted)
            for one, expected in zip(found, big(), strict=True):
                np.testing.assert_array_equal(one, expected)
        assert len(calls) <= 1
        assert time.monotonic() - begun < _computed_file.MOST_WAITING
    assert {path.suffix for path in tmp_path.iterdir()} <= {".terms", ""}


KILLED = [(kind, window) for kind in (SMA, EMA) for window in (2, 3, 4)]


def run_for_ever(pickled: bytes, ready: Any) -> None:
    """Runs that compute and write all of it anew, one after the other."""
    while True:
        for path in files():
            path.unlink()
        market = pickle.loads(pickled)
        for kind, window in KILLED:
            read(market, kind, window=window)
            ready.set()


def test_a_run_may_be_killed_at_any_moment() -> None:
    """Whoever comes after it reads what it would compute, waits for nobody, and leaves whole files."""
    ingest(PRICES)
    market = rustybt.load("small")
    pickled = pickle.dumps(market)
    market.data.shares = False
    expected = [read(market, kind, window=window) for kind, window in KILLED]
    drawn = random.Random(os.getpid())
    for _ in range(examples(2)):
        ready = SPAWN.Event()
        writers = [SPAWN.Process(target=run_for_ever, args=(pickled, ready)) for _ in range(2)]
        for writer in writers:
            writer.start()
        assert ready.wait(60)
        time.sleep(drawn.uniform(0.0, 0.1))
        for writer in writers:
            os.kill(writer.pid or 0, signal.SIGKILL)
            writer.join()
        begun = time.monotonic()
        for _ in range(2):
            after = pickle.loads(pickled)
            assert [read(after, kind, window=window) for kind, window in KILLED] == expected
        assert computed(after) == 0
        assert time.monotonic() - begun < _computed_file.MOST_WAITING


def on_a_full_disk(pickled: bytes) -> tuple[list[Any], int, list[str]]:
    market = pickle.loads(pickled)
    resource.setrlimit(resource.RLIMIT_FSIZE, (64, 64))
    found = [read(market, window=window) for window in (2, 3)]
    names = [path.name for path in files()] + [path.name for path in (catalog_root() / "mapped").glob(".*.tmp*")]
    return found, computed(market), names


def test_a_disk_that_is_full_leaves_the_run_going() -> None:
    ingest(PRICES)
    market = rustybt.load("small")
    pickled = pickle.dumps(market)
    with ProcessPoolExecutor(1, mp_context=SPAWN) as processes:
        found, number, names = processes.submit(on_a_full_disk, pickled).result()
    assert (number, names) == (2, [])
    market.data.shares = False
    assert found == [read(market, window=window) for window in (2, 3)]


def test_a_folder_that_nothing_can_be_written_to_leaves_the_run_going(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the place of a folder")
    shelf = ComputedFiles(tmp_path / "file")
    for _ in range(2):
        (found,) = shelf.columns("a-0123456789abcdef", MADE_OF, (2, 1), lambda: [np.ones((2, 1))])
        assert found.tolist() == [[1.0], [1.0]]


@pytest.mark.skipif(os.geteuid() == 0, reason="root writes where nobody may")
def test_a_folder_that_may_only_be_read_leaves_the_run_going() -> None:
    ingest(PRICES)
    market = rustybt.load("small")
    pickled = pickle.dumps(market)
    folder = catalog_root() / "mapped"
    folder.chmod(0o555)
    try:
        shared = pickle.loads(pickled)
        found = [read(shared, window=window) for window in (2, 3)]
    finally:
        folder.chmod(0o755)
    assert files() == []
    market.data.shares = False
    assert found == [read(market, window=window) for window in (2, 3)]


def test_files_are_bounded_and_the_ones_used_last_stay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_computed_file, "MOST_ON_DISK", 40_000)
    shelf = ComputedFiles(tmp_path)
    left = tmp_path / ".b-0000000000000000.terms.tmp"
    left.write_bytes(b"what a killed process left")
    os.utime(left, (1, 1))

    def asked(number: int) -> bool:
        """Whether it was there."""
        calls: list[int] = []

        def make() -> list[Any]:
            calls.append(1)
            return [np.full((1000, 1), float(number))]

        (found,) = shelf.columns(f"a-{number:016x}", {"number": number}, (1000, 1), make)
        assert found[0, 0] == number
        for path in tmp_path.glob("*.terms"):  # file systems tell times apart that are a few milliseconds apart
            told = path.stat().st_mtime
            os.utime(path, (told - 1, told - 1))
        return not calls

    for number in range(4):
        asked(number)
    assert asked(0)
    asked(4)
    assert sum(path.stat().st_size for path in tmp_path.glob("*.terms")) <= 40_000
    assert asked(0)
    assert asked(4)
    assert not asked(1)
    assert not left.exists()
    (large,) = shelf.columns("a-ffffffffffffffff", {}, (6000, 1), lambda: [np.ones((6000, 1))])
    assert large.sum() == 6000
    assert not list(tmp_path.glob("*ffff.terms"))


def test_who_waits_too_long_computes_it_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_computed_file, "MOST_WAITING", 0.05)
    busy, other = ComputedFiles(tmp_path), ComputedFiles(tmp_path)

    def made() -> list[Any]:
        return [np.ones((2, 1))]

    def while_another_asks() -> list[Any]:
        (found,) = other.columns("a-0123456789abcdef", MADE_OF, (2, 1), made)
        assert found.tolist() == [[1.0], [1.0]]
        return made()

    busy.columns("a-0123456789abcdef", MADE_OF, (2, 1), while_another_asks)
    assert len(list(tmp_path.glob("*.terms"))) == 1
