"""A result is saved whole or not at all, and comes back to the last digit."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

import rustybt
from rustybt.core import decimal_column
from rustybt.errors import InputError, ResultCorrupt, ResultError, ResultExists, ResultNotFound
from rustybt.results import Result, _store
from tests._examples import examples

type Make = Callable[..., Result]


def assert_same(one: Result, other: Result) -> None:
    for name, frame in one.frames().items():
        assert_frame_equal(other.frames()[name], frame)
        assert other.frames()[name].schema == frame.schema
    assert other.manifest == one.manifest
    assert other.metrics == one.metrics
    assert other.periods == one.periods
    assert other.ledger_hash == one.ledger_hash


def test_every_frame_figure_and_hash_comes_back(make_result: Make, tmp_path: Path) -> None:
    result = make_result()
    place = result.save(tmp_path / "runs" / "one")
    assert place == tmp_path / "runs" / "one"
    assert_same(result, Result.load(place))
    assert sorted(path.name for path in place.parent.iterdir()) == ["one"]
    page = json.loads((place / "result.json").read_text())
    assert page["metrics"]["total_return"] == "-0.040501000000000000"
    assert page["manifest"]["params"] == {"fast": 20}


digits = st.integers(-(10**38) + 1, 10**38 - 1)


@settings(max_examples=examples(25), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.none() | digits, min_size=3, max_size=3), st.integers(0, 38), st.text(max_size=5))
def test_every_digit_and_text_comes_back(
    make_result: Make, tmp_path_factory: pytest.TempPathFactory, values: list[int | None], scale: int, text: str
) -> None:
    result = make_result()
    entries = result.entries.with_columns(
        decimal_column("quantity", values, scale), pl.Series("account", [text, None, "a"], dtype=pl.String)
    )
    changed = make_result(entries=entries, manifest={"params": {text: text}})
    assert_same(changed, Result.load(changed.save(tmp_path_factory.mktemp("run") / "r")))


def test_empty_frames_and_columns_without_a_value_come_back(make_result: Make, tmp_path: Path) -> None:
    result = make_result()
    recorded = result.recorded.with_columns(pl.Series("nothing", [None, None]))
    empty = make_result(orders=result.orders.clear(), order_events=result.order_events.clear(), recorded=recorded)
    assert_same(empty, Result.load(empty.save(tmp_path / "r")))


def test_recorded_objects_are_saved_as_text(make_result: Make, tmp_path: Path) -> None:
    result = make_result()
    recorded = result.recorded.with_columns(pl.Series("thing", [{1}, None], dtype=pl.Object))
    place = make_result(recorded=recorded).save(tmp_path / "r")
    assert Result.load(place).recorded["thing"].to_list() == ["{1}", None]
    assert json.loads((place / "result.json").read_text())["frames"]["recorded"]["written_as_text"] == ["thing"]


def test_the_default_place_is_named_after_strategy_time_and_hash(
    make_result: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RUSTYBT_ROOT", str(tmp_path))
    result = make_result(manifest={"strategy": "../golden cross"})
    places = [result.save() for _ in range(3)]
    assert len(set(places)) == 3
    for place in places:
        assert place.parent == tmp_path / "runs"
        assert place.name.startswith("golden-cross-2")
        assert result.ledger_hash[:8] in place.name
        assert_same(result, Result.load(place))


def test_nothing_is_replaced_unless_asked_for(make_result: Make, tmp_path: Path) -> None:
    place = make_result().save(tmp_path / "r")
    other = make_result(manifest={"seed": 5})
    with pytest.raises(ResultExists, match="overwrite=True"):
        other.save(place)
    assert Result.load(place).manifest["seed"] == 0
    other.save(place, overwrite=True)
    assert Result.load(place).manifest["seed"] == 5
    assert [path.name for path in tmp_path.iterdir()] == ["r"]


def test_a_folder_that_is_no_result_is_never_replaced(make_result: Make, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("x")
    (tmp_path / "file").write_text("x")
    for name in ("mine", "file"):
        with pytest.raises(ResultExists, match="not a saved result"):
            make_result().save(tmp_path / name, overwrite=True)
    assert (tmp_path / "mine" / "thesis.txt").read_text() == "x"
    (tmp_path / "empty").mkdir()
    assert_same(make_result(), Result.load(make_result().save(tmp_path / "empty")))


def test_a_save_that_fails_leaves_nothing_behind(
    make_result: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(InputError, match="JSON"):
        make_result(manifest={"params": {"f": object()}}).save(tmp_path / "r")
    assert list(tmp_path.iterdir()) == []
    place = make_result().save(tmp_path / "r")

    def fail(*_: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(_store, "_write", fail)
    with pytest.raises(ResultError, match="disk full"):
        make_result(manifest={"seed": 5}).save(place, overwrite=True)
    assert Result.load(place).manifest["seed"] == 0
    assert [path.name for path in tmp_path.iterdir()] == ["r"]


@pytest.mark.parametrize("name", _store.FRAMES)
def test_a_changed_or_missing_file_is_found(make_result: Make, tmp_path: Path, name: str) -> None:
    plain = make_result()
    several = {"cash_by_currency": plain.cash_by_currency, "conversions": plain.conversions.clear(2)}
    place = make_result(**several, cost_rows=plain.daily, ambiguous=plain.daily).save(tmp_path / "r")
    file = place / f"{name}.parquet"
    frame = pl.read_parquet(file)
    frame.reverse().write_parquet(file, compression="lz4")
    with pytest.raises(ResultCorrupt, match=f"{name}.parquet has SHA-256"):
        Result.load(place)
    file.unlink()
    with pytest.raises(ResultCorrupt, match=f"{name}.parquet is missing"):
        Result.load(place)


def test_books_that_do_not_have_their_hash_are_found_even_where_the_file_sums_were_mended(
    make_result: Make, tmp_path: Path
) -> None:
    place = make_result().save(tmp_path / "r")
    file, page = place / "entries.parquet", json.loads((place / "result.json").read_text())
    entries = pl.read_parquet(file)
    entries.with_columns(decimal_column("amount", [10**26, -(10**24), 0], 20)).write_parquet(file)
    page["frames"]["entries"]["sha256"] = _store._digest(file)
    (place / "result.json").write_text(json.dumps(page))
    with pytest.raises(ResultCorrupt, match="ledger hash"):
        Result.load(place)


def test_what_is_no_result_is_named(make_result: Make, tmp_path: Path) -> None:
    with pytest.raises(ResultNotFound, match=r"no result\.json"):
        Result.load(tmp_path)
    place = make_result().save(tmp_path / "r")
    file = place / "result.json"
    page = json.loads(file.read_text())
    for text, message in [
        ("{", "can't be read"),
        ("[]", "can't be read"),
        (json.dumps(page | {"schema": 99}), "schema 99"),
        (json.dumps({key: value for key, value in page.items() if key != "periods"}), "periods"),
        (json.dumps(page | {"manifest": {}}), "ledger_hash"),
    ]:
        file.write_text(text)
        with pytest.raises(ResultCorrupt, match=message):
            Result.load(place)


def test_half_a_character_in_a_parameter_is_saved(tmp_path: Path) -> None:
    """A lone surrogate, as names of files have it whose bytes are no UTF-8."""

    def initialize(context, name):
        rustybt.api.record("name", name)

    half = {"name": "caf\udce9"}
    result = rustybt.run_algorithm("2010-01-04", "2010-01-05", initialize, params=half, progress=False)
    assert result.recorded["name"].to_list() == ["caf\\udce9"] * 2
    loaded = rustybt.Result.load(result.save(tmp_path / "saved"))
    assert loaded.manifest["params"] == result.manifest["params"]
    assert "udce9" in ascii(loaded.manifest["params"])
    assert loaded.recorded.equals(result.recorded)
