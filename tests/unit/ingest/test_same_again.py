"""Who gives the same again is told so at once; who gives something else, or of whom something was damaged, is not."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import polars as pl
import pytest

from rustybt.catalog import open_version, verify
from rustybt.catalog._manifest import read_manifest
from rustybt.errors import BundleExists
from rustybt.ingest import _ingest as door
from rustybt.ingest import ingest
from rustybt.ingest._given import digest_of


@pytest.fixture
def validated(monkeypatch):
    """How often bars were looked at."""
    seen = []
    validate = door.Write.validate

    def noting(self, newest):
        seen.append(1)
        validate(self, newest)

    monkeypatch.setattr(door.Write, "validate", noting)
    return seen


@pytest.mark.parametrize("form", ["frame", "file", "folder"])
def test_the_same_is_known_without_a_look_at_it(root, daily, validated, tmp_path, form):
    given = daily()
    if form != "frame":
        (tmp_path / "in").mkdir()
        given.drop("symbol").write_csv(tmp_path / "in" / "AAA.csv")
        given = tmp_path / "in" / "AAA.csv" if form == "file" else tmp_path / "in"
    first = ingest("b", given, root=root)
    for mode in ("error", "replace", "append"):
        again = ingest("b", given, mode=mode, root=root)
        assert (again.is_new, again.version, again.rows, again.assets) == (False, first.version, 0, 1)
    assert len(validated) == 1


def test_what_was_appended_is_known_to_an_append_only(root, daily, validated):
    ingest("b", daily(), root=root)
    ingest("b", daily(start=3), mode="append", root=root)
    assert not ingest("b", daily(start=3), mode="append", root=root).is_new
    assert len(validated) == 2
    with pytest.raises(BundleExists):
        ingest("b", daily(start=3), root=root)
    assert ingest("b", daily(start=3), mode="replace", root=root).is_new


@pytest.mark.parametrize(
    "other",
    [
        {"bars": {"close": "12.0"}},
        {"price_decimals": 2},
        {"calendar": "24/7"},
        {"assets": {"type": "etf"}},
        {"splits": pl.DataFrame({"symbol": ["AAA"], "ex_date": ["2024-01-03"], "ratio": ["1/2"]})},
    ],
    ids=str,
)
def test_something_else_is_looked_at(root, daily, other):
    ingest("b", daily(), root=root)
    changes = other.pop("bars", {}) if "bars" in other else {}
    changed = {"high": "100", "low": "1", **changes} if changes else {}
    assert ingest("b", daily(**changed), mode="replace", root=root, **other).is_new


def test_what_was_damaged_is_written_anew(root, daily):
    first = ingest("b", daily(), root=root)
    part = root / "bundles" / "b" / first.version / "1d-0001.parquet"
    stored = pl.read_parquet(part)
    size = part.stat().st_size
    stored.with_columns(pl.col("volume") + 1).cast(stored.schema).write_parquet(part, compression="lz4")
    assert part.stat().st_size == size
    second = ingest("b", daily(), root=root)
    assert (second.is_new, second.hash) == (True, first.hash)
    with open_version("b", root=root) as version:
        assert verify(version) == []


def test_what_had_something_to_tell_tells_it_again(root, daily):
    bad = pl.concat([daily(), daily(start=3, rows=1, close="-1", low="-2")])
    first = ingest("b", bad, on_bad_row="drop", root=root)
    again = ingest("b", bad, on_bad_row="drop", mode="replace", root=root)
    assert first.findings
    assert (again.is_new, again.findings) == (False, first.findings)


def test_a_version_says_what_its_parts_weigh(root, daily):
    report = ingest("b", daily(), root=root)
    manifest = read_manifest(root / "bundles" / "b" / report.version)
    assert all(len(str(part.checksum)) == 64 for part in manifest.parts)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (pl.DataFrame({"a": ["x", "yz"]}), pl.DataFrame({"a": ["xy", "z"]})),
        (pl.DataFrame({"a": ["x", ""]}), pl.DataFrame({"a": ["x", None]})),
        (pl.DataFrame({"a": [1, 0]}), pl.DataFrame({"a": [1, None]})),
        (pl.DataFrame({"a": [1.5]}), pl.DataFrame({"a": [Decimal("1.5")]})),
        (pl.DataFrame({"a": [1]}), pl.DataFrame({"b": [1]})),
        (pl.DataFrame({"a": [1, 2]}), pl.DataFrame({"a": [2, 1]})),
        (pl.DataFrame({"a": [dt.date(2024, 1, 1)]}), pl.DataFrame({"a": [dt.date(2024, 1, 2)]})),
        (pl.DataFrame({"a": [Decimal("1.5")]}), pl.DataFrame({"a": [Decimal("1.50")]})),
        ({"a": None}, {"a": "None"}),
        ({"a": "b"}, {"a": "c"}),
        (None, []),
    ],
    ids=str,
)
def test_different_things_have_different_digests(one, other):
    assert None not in (digest_of("", one), digest_of("", other))
    assert digest_of("", one) != digest_of("", other)
    assert digest_of("", one) == digest_of("", one)


def test_chunks_make_no_difference_and_unknown_things_have_no_digest():
    one = pl.DataFrame({"a": ["x", "y", None], "b": [1, 2, 3]})
    assert digest_of("", one) == digest_of("", pl.concat([one.head(1), one.tail(2)], rechunk=False))
    assert digest_of("", object()) is None
    assert digest_of("", "no file of that name") is None
    assert digest_of(object()) is None
    assert digest_of("", pl.DataFrame({"a": [[1]]})) is None


def test_files_of_a_pattern_or_behind_a_link_are_looked_at_again(root, daily, validated, tmp_path):
    (tmp_path / "in" / "daily").mkdir(parents=True)
    file = tmp_path / "in" / "daily" / "AAA.csv"
    (tmp_path / "linked").mkdir()
    (tmp_path / "linked" / "daily").symlink_to(tmp_path / "in" / "daily", target_is_directory=True)
    for place in (str(tmp_path / "in" / "daily" / "*.csv"), tmp_path / "linked"):
        daily().drop("symbol").write_csv(file)
        assert ingest("b", place, mode="replace", root=root).rows in (0, 3)
        daily(rows=4).drop("symbol").write_csv(file)
        assert ingest("b", place, mode="replace", root=root).is_new
    assert len(validated) == 4


def test_another_file_in_a_folder_is_seen(root, daily, tmp_path):
    (tmp_path / "in").mkdir()
    daily().drop("symbol").write_csv(tmp_path / "in" / "AAA.csv")
    ingest("b", tmp_path / "in", root=root)
    daily("BBB").drop("symbol").write_csv(tmp_path / "in" / "BBB.csv")
    assert ingest("b", tmp_path / "in", mode="replace", root=root).assets == 2
    (tmp_path / "in" / "BBB.csv").rename(tmp_path / "in" / "CCC.csv")
    assert ingest("b", tmp_path / "in", mode="replace", root=root).is_new
