"""The journal: what is written stays, in order; a cut end is taken off, damage is refused; one writer at a time."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import rustybt
from rustybt.errors import JournalError, SnapshotError
from rustybt.live import Journal, PaperSession, read_journal
from tests._examples import examples

# Worked out with sha256sum over the canonical text of each line.
CHAIN = [
    (
        {"kind": "run_started", "at": "1764500000000000000", "version": "0.1.0"},
        "0e2e7e46b18cee17a25f0ebc88a4037a6e736eeeeb7dbfc05efdc6a6edf437f4",
    ),
    (
        {
            "kind": "order_sent",
            "at": "1764500001000000000",
            "order": "main-000001",
            "symbol": "BTCUSDT",
            "side": "buy",
            "quantity": "0.001",
            "type": "market",
        },
        "c8139a72ee72f9b836f74b3abf12818a9ab7b156ecc1adfda83cfc95e718f905",
    ),
]
UNICODE = "\N{LATIN CAPITAL LETTER U WITH DIAERESIS}mlaut \N{EURO SIGN}"


def written(path: Path, count: int) -> Path:
    with Journal(path) as journal:
        for number in range(count):
            journal.append("note", text=f"{number} {UNICODE}")
        journal.commit()
    return path


def test_the_hash_of_a_line_is_that_of_the_published_scheme(tmp_path: Path) -> None:
    with Journal(tmp_path / "j") as journal:
        for line, expected in CHAIN:
            fields = dict(line)
            journal.append(fields.pop("kind"), **fields)
            assert journal.head == expected


def test_a_journal_is_gone_on_with_where_it_ended(tmp_path: Path) -> None:
    whole, parts = written(tmp_path / "whole", 6), written(tmp_path / "parts", 4)
    with Journal(parts) as journal:
        assert (journal.length, journal.torn) == (4, 0)
        journal.append("note", text=f"4 {UNICODE}")
        journal.append("note", text=f"5 {UNICODE}")
    assert parts.read_bytes() == whole.read_bytes()
    assert [entry["n"] for entry in read_journal(parts)] == [1, 2, 3, 4, 5, 6]


@given(cut=st.integers(0, 10**6))
@settings(max_examples=examples(60), deadline=None)
def test_a_line_that_was_cut_off_is_taken_off_and_the_others_stay(
    tmp_path_factory: pytest.TempPathFactory, cut: int
) -> None:
    path = written(tmp_path_factory.mktemp("journal") / "j", 5)
    whole = path.read_bytes()
    kept = whole[: cut % (len(whole) + 1)]
    path.write_bytes(kept)
    lines = kept.count(b"\n")
    with Journal(path) as journal:
        assert journal.length == lines
        assert journal.torn == len(kept) - (kept.rfind(b"\n") + 1)
        for number in range(lines, 5):
            journal.append("note", text=f"{number} {UNICODE}")
    assert path.read_bytes() == whole


@given(at=st.integers(0, 10**6), bit=st.integers(0, 7))
@settings(max_examples=examples(150), deadline=None)
def test_a_bit_that_was_turned_before_the_last_line_is_found(
    tmp_path_factory: pytest.TempPathFactory, at: int, bit: int
) -> None:
    path = written(tmp_path_factory.mktemp("journal") / "j", 5)
    text = bytearray(path.read_bytes())
    last = text[:-1].rfind(b"\n") + 1
    where = at % last
    text[where] ^= 1 << bit
    path.write_bytes(bytes(text))
    line = path.read_bytes()[:where].count(b"\n") + 1
    with pytest.raises(JournalError, match=r"line (\d+) is damaged") as refused:
        Journal(path)
    assert int(str(refused.value).split("line ")[1].split()[0]) <= line
    assert path.read_bytes() == bytes(text), "what is damaged is kept as it is"


def test_a_line_that_was_taken_out_or_exchanged_is_found(tmp_path: Path) -> None:
    path = written(tmp_path / "j", 4)
    first, second, third, fourth = path.read_bytes().splitlines(keepends=True)
    for forged in (first + third + fourth, first + third + second + fourth, second + third + fourth):
        path.write_bytes(forged)
        with pytest.raises(JournalError, match="is damaged"):
            list(read_journal(path))


def test_a_line_of_another_form_with_a_right_hash_is_refused(tmp_path: Path) -> None:
    path = written(tmp_path / "j", 2)
    first, second = path.read_bytes().splitlines()
    path.write_bytes(json.dumps(json.loads(first)).encode() + b"\n" + second + b"\n")
    with pytest.raises(JournalError, match="line 1 is damaged"):
        Journal(path)


def test_two_processes_do_not_write_one_journal(tmp_path: Path) -> None:
    path = tmp_path / "j"
    program = "import sys; from rustybt.live import Journal; Journal(sys.argv[1])"
    with Journal(path):
        done = subprocess.run([sys.executable, "-c", program, path], capture_output=True, text=True, check=False)
        assert done.returncode == 1
        assert "is being written by another process" in done.stderr
        with pytest.raises(JournalError, match="another process"):
            Journal(path)
    Journal(path).close()


def test_a_writer_that_is_killed_leaves_what_it_committed(tmp_path: Path) -> None:
    path = tmp_path / "j"
    program = (
        "import os, sys; from rustybt.live import Journal; journal = Journal(sys.argv[1])\n"
        "for number in range(3): journal.append('note', text=str(number))\n"
        "journal.commit(); os.kill(os.getpid(), 9)"
    )
    subprocess.run([sys.executable, "-c", program, path], check=False)
    assert [entry["text"] for entry in read_journal(path)] == ["0", "1", "2"]


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_nobody_may_write_to_is_named(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(JournalError, match="can't be written to"):
        Journal(tmp_path / "j")
    tmp_path.chmod(0o700)


def test_a_folder_in_the_place_of_the_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(JournalError, match="can't be written to"):
        Journal(tmp_path)


@pytest.mark.parametrize("text", ["hello", '{"days": 20}', "[1, 2]"])
def test_another_file_without_a_line_feed_is_no_journal_and_stays(tmp_path: Path, text: str) -> None:
    path = tmp_path / "notes"
    path.write_text(text)
    with pytest.raises(JournalError, match=r"notes is no journal, and is left as it is\. Name another"):
        PaperSession(path, start="2010-01-04", end="2010-01-05")
    assert path.read_text() == text


def test_a_journal_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(JournalError, match=r"none can't be read: No such file.*Name the file of a journal"):
        list(read_journal(tmp_path / "none"))


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes with names")
def test_what_is_no_file_is_neither_read_nor_replaced(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(JournalError, match="is no file"):
        Journal(tmp_path / "pipe")
    snapshot = rustybt.Run("2010-01-04", "2010-01-05", handle_data=lambda context, data: None).snapshot()
    with pytest.raises(SnapshotError, match="is no file"):
        snapshot.save(tmp_path / "pipe")
    assert (tmp_path / "pipe").is_fifo()
