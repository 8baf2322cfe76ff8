"""Saved runs are linked with what their bundles were made of."""

from __future__ import annotations

import datetime as dt

import pytest

import rustybt
from rustybt.catalog import BarCache, open_version
from rustybt.errors import BadBars
from rustybt.ingest import cached, ingest


def save_run(bundle, folder):
    result = rustybt.run_algorithm(
        dt.date(2024, 1, 5), dt.date(2024, 2, 1), initialize=lambda context: None, bundle=bundle, capital_base=1000
    )
    result.save(folder)
    return folder


@pytest.fixture
def kept(vendor, clock):
    return cached(vendor, clock=clock)


def test_an_entry_names_the_saved_runs_that_used_it(kept, tmp_path):
    ingest("b", kept.fetch(["A", "B"], "2024-01-02", "2024-03-01"))
    kept.fetch(["C"], "2024-01-02", "2024-03-01")
    folder = save_run("b", tmp_path / "run")
    used = {entry.symbol: entry.runs for entry in BarCache().entries()}
    assert used == {"A": (folder,), "B": (folder,), "C": ()}
    assert open_version("b").provenance["cache"]["miss"] == 2


def test_what_was_appended_is_linked_beside_what_was_there(kept, tmp_path):
    ingest("b", kept.fetch(["A"], "2024-01-02", "2024-03-01"))
    ingest("b", kept.fetch(["B"], "2024-01-02", "2024-03-01"), mode="append")
    save_run("b", tmp_path / "run")
    assert [len(entry.runs) for entry in BarCache().entries()] == [1, 1]


def test_a_note_on_restated_history_names_them(kept, vendor, tmp_path):
    ingest("b", kept.fetch(["A"], "2024-01-02", "2024-03-01"))
    folder = save_run("b", tmp_path / "run")
    vendor.changed["A", "2024-02-28"] = "50.5"
    told = kept.fetch(["A"], "2024-01-02", "2024-04-01")
    assert told.notes[0].endswith(f"saved runs used what it said before: {folder}")
    assert [entry.runs for entry in BarCache().entries()] == [(folder,)]


def test_the_same_data_from_the_cache_is_the_same_version(kept):
    first = ingest("b", kept.fetch(["A"], "2024-01-02", "2024-03-01"))
    again = ingest("b", kept.fetch(["A"], "2024-01-02", "2024-03-01"), mode="replace")
    assert (again.version, again.is_new) == (first.version, False)


def test_what_is_kept_is_as_fetched_and_checked_when_it_is_ingested(kept, vendor):
    vendor.changed["A", "2024-02-01"] = "-1"
    for _ in range(2):
        with pytest.raises(BadBars):
            ingest("b", kept.fetch(["A"], "2024-01-02", "2024-03-01"))
