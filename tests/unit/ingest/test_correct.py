"""mode="correct": bars in the place of stored ones, and nothing else."""

from __future__ import annotations

import datetime as dt
import importlib
from decimal import Decimal

import polars as pl
import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rustybt.catalog import diff, export, list_bundles, open_version, verify
from rustybt.cli._main import cli
from rustybt.errors import BadBars, BundleNotFound
from rustybt.ingest import ingest
from rustybt.ingest._report import Change
from tests._examples import examples


def with_close(frame: pl.DataFrame, close: str) -> pl.DataFrame:
    """The bars with another close, and the highs and lows that it needs."""
    number = Decimal(close)
    high = [str(max(Decimal(value), number)) for value in frame["high"]]
    low = [str(min(Decimal(value), number)) for value in frame["low"]]
    return frame.with_columns(pl.lit(close).alias("close"), high=pl.Series(high), low=pl.Series(low))


def closes(root, bundle="b", sid=0):
    with open_version(bundle, root=root) as version:
        scale = version.asset(sid).price_scale
        return [
            Decimal(int(value)).scaleb(-scale) for value in version.load([sid], "1d", -(2**63), 2**63 - 1)[sid].close
        ]


def test_one_bar_is_corrected_and_told(root, daily):
    first = ingest("b", daily(rows=4), root=root)
    report = ingest("b", with_close(daily(start=1, rows=1), "13.0625"), mode="correct", root=root)
    # the sessions are January 2 to 5, and a day's close is 10.125 above its number
    assert closes(root) == [Decimal("12.125"), Decimal("13.0625"), Decimal("14.125"), Decimal("15.125")]
    assert (report.rows, report.is_new) == (1, True)
    assert report.changes == (
        Change("AAA", dt.date(2024, 1, 3), "1d", "close", Decimal("13.1250"), Decimal("13.0625")),
    )
    assert "1 bar corrected" in repr(report)
    assert "AAA 2024-01-03: close 13.0625, was 13.125" in repr(report)
    with open_version("b", root=root) as now, open_version("b", version=first.version, root=root) as before:
        assert verify(now) == []
        assert verify(before) == []
        found = diff(before, now)
    assert found.bars.select("added", "removed", "changed").row(0) == (0, 0, 1)
    assert found.changes.select("field", "before", "after").rows() == [("close", "13.125", "13.0625")]


def test_what_is_corrected_has_the_hash_of_what_was_right_from_the_start(root, daily):
    wrong = pl.concat([daily(rows=4), daily("BBB", rows=4)])
    ingest("b", wrong, root=root)
    fixed = with_close(daily(rows=9), "20.5")
    ingest("c", pl.concat([fixed.head(4), daily("BBB", rows=4)]), root=root)
    corrected = ingest("b", fixed.head(4), mode="correct", root=root)
    assert corrected.hash == next(one.hash for one in list_bundles(root) if one.bundle == "c")


def test_a_day_of_all_assets_is_corrected(root, daily):
    names = [f"S{number:02}" for number in range(20)]
    ingest("b", pl.concat([daily(name, rows=5) for name in names]), root=root)
    report = ingest(
        "b", pl.concat([with_close(daily(name, rows=1, start=2), "14") for name in names]), mode="correct", root=root
    )
    assert (report.rows, len(report.changes)) == (20, 20)
    assert {closes(root, sid=sid)[2] for sid in range(20)} == {Decimal(14)}
    assert {tuple(closes(root, sid=sid)[:2]) for sid in range(20)} == {(Decimal("12.125"), Decimal("13.125"))}


def test_a_bar_that_is_not_stored_is_refused(root, daily):
    before = ingest("b", daily(rows=3), root=root)
    for bars in (daily(rows=1, start=5), daily("ZZZ", rows=1)):
        with pytest.raises(BadBars, match="no bar of this asset and stamp to correct: add it with mode='append'"):
            ingest("b", bars, mode="correct", root=root)
    assert [one.version for one in list_bundles(root)] == [before.version]
    mixed = pl.concat([with_close(daily(rows=1), "12.25"), daily(rows=1, start=5)])
    report = ingest("b", mixed, mode="correct", on_bad_row="drop", root=root)
    assert [finding.rule for finding in report.findings] == ["unknown"]
    assert closes(root) == [Decimal("12.25"), Decimal("13.125"), Decimal("14.125")]


def test_there_must_be_a_bundle_to_correct(root, daily):
    with pytest.raises(BundleNotFound, match="No bundle 'b'"):
        ingest("b", daily(), mode="correct", root=root)
    assert not (root / "bundles").exists()


def test_bars_that_are_right_already_are_no_correction(root, daily):
    before = ingest("b", daily(rows=3), root=root)
    report = ingest("b", daily(rows=2), mode="correct", root=root)
    assert (report.is_new, report.version, report.changes) == (False, before.version, ())


def test_a_conflict_of_an_append_names_the_way(root, daily):
    ingest("b", daily(rows=3), root=root)
    with pytest.raises(BadBars, match="mode='correct'"):
        ingest("b", with_close(daily(rows=1), "12.25"), mode="append", root=root)


def test_the_command_corrects_and_shows_it(root, daily, tmp_path, monkeypatch):
    monkeypatch.setenv("RUSTYBT_ROOT", str(root))
    ingest("b", daily(rows=3))
    file = tmp_path / "fixed.csv"
    with_close(daily(rows=1), "12.25").write_csv(file)
    words = ["ingest", "csv", str(file), "--bundle", "b", "--mode", "correct"]
    assert "AAA 2024-01-02: close 12.25" in CliRunner().invoke(cli, words, catch_exceptions=False).output
    shown = CliRunner().invoke(cli, ["catalog", "diff", "b"], catch_exceptions=False).output
    assert "2024-01-02: close 12.25, was 12.125" in shown


def test_minutes_are_corrected_and_exported_as_minutes(root, tmp_path, monkeypatch):
    monkeypatch.setenv("RUSTYBT_ROOT", str(root))
    stamps = [dt.datetime(2023, 12, 31, 23, 50, tzinfo=dt.UTC) + dt.timedelta(minutes=k) for k in range(20)]
    prices = dict.fromkeys(("open", "high", "low", "close"), ["1.5"] * 20)
    minutes = pl.DataFrame({"symbol": ["A"] * 20, "timestamp": stamps, **prices, "volume": [1] * 20})
    how = {"frequency": "1m", "stamp": "end", "calendar": "24/7"}
    ingest("m", minutes, **how)
    changed = minutes.slice(8, 4).with_columns(pl.lit(2).alias("volume"))  # over the end of the year
    report = ingest("m", changed, mode="correct", **how)
    assert [(change.field, change.before, change.after) for change in report.changes] == [("volume", 1, 2)] * 4
    words = ["catalog", "export", "m", str(tmp_path / "out.csv")]
    assert CliRunner().invoke(cli, words, catch_exceptions=False).exit_code == 0
    written = pl.read_csv(tmp_path / "out.csv")
    assert written["volume"].to_list() == [1] * 8 + [2] * 4 + [1] * 8
    with open_version("m") as version:
        assert verify(version) == []
        days = pl.read_csv(export(version, tmp_path / "days.csv", frequency="1d"))
    assert days["volume"].to_list() == [11 + 3, 9 + 1]  # the minute that ends at midnight is of the day before


SMALL = {
    ("rustybt.ingest._bars", "FRAME_ROWS"): 4,
    ("rustybt.files._tables", "FRAME_ROWS"): 4,
    ("rustybt.catalog._spill", "HELD_ROWS"): 7,
    ("rustybt.catalog._spill", "BLOCK_ROWS"): 5,
    ("rustybt.catalog._appended", "HELD_ROWS"): 6,
    ("rustybt.catalog._written_parts", "MOST_PARTS"): 2,
}


@settings(max_examples=examples(15), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data(), in_pieces=st.booleans())
def test_corrections_come_to_what_the_corrected_data_come_to(tmp_path_factory, data, in_pieces):
    root = tmp_path_factory.mktemp("root")
    first = dt.date(2023, 12, 25)
    # by asset and day a close in cents; appended in three steps, then some of them corrected
    rights = {
        (name, day): data.draw(st.integers(100, 99_999)) for name in "ABC" for day in range(12)
    }  # fmt: skip
    wrongs = {
        about: data.draw(st.integers(100, 99_999)) for about in data.draw(st.sets(st.sampled_from(sorted(rights))))
    }

    def frame(values):
        ordered = sorted(values.items())
        prices = [str(Decimal(cents).scaleb(-2)) for _, cents in ordered]
        return pl.DataFrame(
            {
                "symbol": [name for (name, _), _ in ordered],
                "date": [first + dt.timedelta(days=day) for (_, day), _ in ordered],
                **dict.fromkeys(("open", "high", "low", "close"), prices),
                "volume": [7] * len(ordered),
            }
        )

    with pytest.MonkeyPatch.context() as patched:
        for (module, name), value in SMALL.items() if in_pieces else ():
            patched.setattr(importlib.import_module(module), name, value)
        given_first = rights | wrongs
        for low, high in ((0, 5), (5, 6), (6, 12)):
            part = {about: cents for about, cents in given_first.items() if low <= about[1] < high}
            ingest("b", frame(part), mode="append", calendar="24/7", root=root)
        whole = ingest("c", frame(rights), calendar="24/7", root=root)
        if wrongs:
            report = ingest(
                "b", frame({about: rights[about] for about in wrongs}), mode="correct", calendar="24/7", root=root
            )
            told = {(c.symbol, (c.stamp - first).days) for c in report.changes}
            assert told == {about for about, cents in wrongs.items() if cents != rights[about]}
    with open_version("b", root=root) as version:
        assert version.hash == whole.hash
        assert verify(version) == []
        for sid, name in enumerate("ABC"):
            loaded = version.load([sid], "1d", -(2**63), 2**63 - 1)[sid]
            scale = 10 ** (2 - version.asset(sid).price_scale)
            assert [int(value) * scale for value in loaded.close] == [rights[name, day] for day in range(12)]


@pytest.mark.parametrize("on_bad_row", ["error", "drop-most"])
def test_a_correction_whose_rows_are_all_bad_is_refused_and_changes_nothing(root, daily, on_bad_row):
    ingest("b", daily(rows=4), root=root)
    wrong = daily(start=1, rows=1).with_columns(high=pl.lit("1"))
    if on_bad_row == "error":
        with pytest.raises(BadBars, match="range"):
            ingest("b", wrong, mode="correct", root=root)
    else:
        assert not ingest("b", wrong, mode="correct", on_bad_row=on_bad_row, root=root).is_new
    assert closes(root) == [Decimal("12.125"), Decimal("13.125"), Decimal("14.125"), Decimal("15.125")]
