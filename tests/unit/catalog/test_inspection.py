"""show, diff, verify, scan and export: what a catalog says of itself, through Python and through the command."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest
from click.testing import CliRunner

import rustybt
import rustybt.api
from rustybt.catalog import coverage, diff, export, open_version, scan, stored_runs, verify
from rustybt.cli._main import cli
from rustybt.errors import InputError, NoData, SymbolNotFound

type MakeBars = Callable[..., pl.DataFrame]


def put(root: Path, frame: pl.DataFrame, **more: object) -> str:
    more.setdefault("mode", "replace")
    return str(rustybt.ingest("b", frame, calendar="24/7", root=root, **more).version)  # type: ignore[arg-type]


def invoke(root: Path, *arguments: str) -> tuple[int, str]:
    done = CliRunner().invoke(cli, ["catalog", *arguments], env={"RUSTYBT_ROOT": str(root)})
    return done.exit_code, done.output


def test_coverage_counts_missing_bars_idle_ones_and_the_longest_gap(root: Path, bars: MakeBars) -> None:
    frame = bars("AAA", "BBB", rows=10)
    first = frame["date"].min()
    gone = [first + dt.timedelta(days=day) for day in (2, 5, 6, 7)]
    frame = frame.filter((pl.col("symbol") == "BBB") | ~pl.col("date").is_in(gone))
    frame = frame.with_columns(pl.when(pl.col("date") == first).then(0).otherwise(pl.col("volume")).alias("volume"))
    put(root, frame)
    with open_version("b", root=root) as version:
        rows = coverage(version).rows_by_key("symbol", named=True, unique=True)
    shown = ("bars", "expected", "missing", "idle", "longest_gap")
    assert [rows["AAA"][name] for name in shown] == [6, 10, 4, 1, 3]
    assert [rows["BBB"][name] for name in shown] == [10, 10, 0, 1, 0]
    assert rows["AAA"]["first"] == first
    assert [rows[name]["longest_missing"] for name in ("AAA", "BBB")] == [3, 0]


@pytest.mark.parametrize(
    ("frequency", "gone", "missing", "sessions", "in_a_row"),
    [
        # Tokyo's minutes are 150 to the break and 150 after it; its last one before it and the first two after it
        ("1m", (range(149, 152), range(310, 312)), 5, 0, 3),
        # from the last of one session over all of the next into the third
        ("1m", (range(299, 605),), 306, 1, 306),
        # bars of an hour: three before the break, the last of half an hour, and three after it
        ("1h", (range(2, 4), range(8, 9)), 3, 0, 2),
    ],
)
def test_coverage_counts_missing_bars_over_breaks_and_nights(
    root: Path, frequency: str, gone: tuple[range, ...], missing: int, sessions: int, in_a_row: int
) -> None:
    step = {"1m": 1, "1h": 60}[frequency]
    stretches = ((0, 150), (210, 360))  # in minutes UTC, from 9:00 in Tokyo
    ends = [
        dt.datetime(2021, 3, day, tzinfo=dt.UTC) + dt.timedelta(minutes=min(at + step, end))
        for day in (1, 2, 3)
        for begin, end in stretches
        for at in range(begin, end, step)
    ]
    kept = [end for at, end in enumerate(ends) if not any(at in hole for hole in gone)]
    frame = pl.DataFrame({"timestamp": kept}).with_columns(
        pl.lit("AAA").alias("symbol"), *(pl.lit(7).alias(name) for name in ("open", "high", "low", "close", "volume"))
    )
    rustybt.ingest("b", frame, frequency=frequency, stamp="end", calendar="XTKS", root=root)
    with open_version("b", root=root) as version:
        (row,) = coverage(version).to_dicts()
    assert [row[name] for name in ("expected", "missing", "longest_gap", "longest_missing")] == [
        len(ends),
        missing,
        sessions,
        in_a_row,
    ]


def test_a_diff_names_rows_assets_and_actions_that_changed(root: Path, bars: MakeBars) -> None:
    old = put(root, bars("AAA", "BBB", "CCC"))
    day = dt.date(2024, 1, 3)
    corrected = (pl.col("symbol") == "AAA") & (pl.col("date") == day)
    frame = bars("AAA", "BBB", "DDD", rows=5).with_columns(
        *(pl.when(corrected).then(pl.lit(7)).otherwise(pl.col(name)).alias(name) for name in ("open", "high", "low")),
        pl.when(corrected).then(pl.lit(7)).otherwise(pl.col("close")).alias("close"),
    )
    frame = frame.filter(~((pl.col("symbol") == "BBB") & (pl.col("date") == dt.date(2024, 1, 5))))
    splits = pl.DataFrame({"symbol": ["BBB"], "ex_date": ["2024-01-04"], "ratio": ["1/2"]})
    new = put(root, frame, splits=splits)
    with open_version("b", version=old, root=root) as before, open_version("b", version=new, root=root) as after:
        found = diff(before, after)
    keys = {row["symbol"]: row["key"] for row in found.bars.iter_rows(named=True)}
    counts = {
        row["symbol"]: [row[n] for n in ("added", "removed", "changed")] for row in found.bars.iter_rows(named=True)
    }
    assert counts == {"AAA": [0, 0, 1], "BBB": [0, 1, 0], "CCC": [0, 5, 0], "DDD": [5, 0, 0]}
    assert (found.assets_added, found.assets_removed) == ((keys["DDD"],), (keys["CCC"],))
    assert found.actions == ((keys["BBB"], "+", "split 1/2 on 2024-01-04"),)
    assert not found.same

    def days(first: int, last: int) -> tuple[int, int]:
        base = (dt.date(2024, 1, 1) - dt.date(1970, 1, 1)).days
        return base + first, base + last

    assert found.touches([keys["AAA"]], *days(0, 4))
    assert not found.touches([keys["AAA"]], *days(3, 4))
    assert found.touches([keys["BBB"]], *days(0, 0)), "a split changes what history shows of earlier days"
    assert not found.touches([keys["DDD"]], *days(-9, -5))
    code, output = invoke(root, "diff", "b")
    assert code == 0
    assert "split 1/2 on 2024-01-04" in output
    assert f"{old} -> {new}" in output


def test_two_versions_with_the_same_values_at_other_scales_do_not_differ(root: Path, bars: MakeBars) -> None:
    old = put(root, bars("AAA"))
    wider = bars("AAA", "BBB").with_columns(pl.col("close").cast(pl.String) + ".0000")
    put(root, wider)
    new = put(root, bars("AAA").with_columns(pl.col("close").cast(pl.String) + ".00"))
    with open_version("b", version=old, root=root) as before, open_version("b", version=new, root=root) as after:
        assert diff(before, after).same
    assert "They hold the same" in invoke(root, "diff", "b", old, new)[1]


def test_verify_says_what_it_found_where_the_index_lists_nothing(root: Path, bars: MakeBars) -> None:
    code, said = invoke(root, "verify")
    assert (code, "there is nothing to verify" in said) == (0, True)
    version = rustybt.ingest("b", bars("AAA", rows=3), calendar="24/7", root=root).version
    for path in root.glob("catalog.sqlite*"):
        path.unlink()
    (root / "catalog.sqlite").touch()
    code, said = invoke(root, "verify")
    assert code == 1
    assert "catalog.sqlite holds no index (0 bytes). `rustybt catalog reindex` builds it anew." in said
    assert f"b {version} lies in " in said
    assert invoke(root, "reindex")[0] == 0
    assert invoke(root, "verify") == (0, f"b {version}: as written\n")


def test_one_changed_byte_and_a_missing_part_are_told_by_verify(root: Path, bars: MakeBars) -> None:
    put(root, bars("AAA", "BBB", rows=40))
    with open_version("b", root=root) as version:
        assert verify(version) == []
        part = next(version.path.glob("1d-*.parquet"))
    assert invoke(root, "verify") == (0, invoke(root, "verify", "b")[1])
    frame = pl.read_parquet(part)
    frame.with_columns(pl.when(pl.col("sid") == 1).then(pl.col("volume") + 1).otherwise(pl.col("volume"))).select(
        frame.columns
    ).cast(frame.schema).write_parquet(part, compression="lz4")
    with open_version("b", root=root) as version:
        problems = verify(version)
    assert any(problem.startswith("BBB: the '1d' bars of 2024") for problem in problems)
    assert not any(problem.startswith("AAA") for problem in problems)
    code, output = invoke(root, "verify", "b")
    assert code == 1
    assert "BBB" in output
    part.unlink()
    with open_version("b", root=root) as version:
        assert verify(version)[0] == f"{part.name} is missing."


def test_a_manifest_that_was_edited_is_told_by_verify(root: Path, bars: MakeBars) -> None:
    put(root, bars("AAA"))
    with open_version("b", root=root) as version:
        path = version.path / "manifest.json"
        document = json.loads(path.read_text())
        document["assets"][0]["given"]["tick_size"] = "5"
        path.write_text(json.dumps(document))
        assert "manifest.json was changed" in verify(version)[0]


def test_scan_gives_every_digit_of_parts_with_other_scales(root: Path, bars: MakeBars) -> None:
    put(root, bars("AAA", rows=3))
    tiny = bars("BBB", rows=3).with_columns(pl.lit("0.0000000001").alias(n) for n in ("open", "high", "low", "close"))
    put(root, tiny, mode="append")
    with open_version("b", root=root) as version:
        lazy = scan(version)
        assert isinstance(lazy, pl.LazyFrame)
        frame = lazy.collect(engine="in-memory")
        only = scan(version, symbols=["BBB"]).collect(engine="in-memory")
        with pytest.raises(NoData, match="'1m'"):
            scan(version, "1m")
        with pytest.raises(SymbolNotFound, match="AAA"):
            scan(version, symbols=["AAB"])
    assert frame["symbol"].to_list() == ["AAA"] * 3 + ["BBB"] * 3
    assert frame["close"].to_list() == [Decimal(19_723 + day) for day in range(3)] + [Decimal("1e-10")] * 3
    assert frame["timestamp"].to_list()[:2] == [dt.date(2024, 1, 1), dt.date(2024, 1, 2)]
    assert only.equals(frame.tail(3))


def test_scan_holds_the_largest_volume_beside_the_smallest(root: Path, bars: MakeBars) -> None:
    large, small = "9" * 18, "0." + "0" * 19 + "1"
    put(root, bars("AAA", rows=1).with_columns(pl.lit(large).alias("volume")))
    put(root, bars("BBB", rows=1).with_columns(pl.lit(small).alias("volume")), mode="append")
    with open_version("b", root=root) as version:
        volumes = scan(version).collect(engine="in-memory")["volume"].to_list()
    assert volumes == [Decimal(large), Decimal(small)]


@pytest.mark.parametrize("ending", ["parquet", "arrow", "csv"])
def test_an_export_holds_the_bars_of_the_days_that_were_asked_for(
    ending: str, root: Path, bars: MakeBars, tmp_path: Path
) -> None:
    put(root, bars("AAA", "BBB"))
    path = tmp_path / "out" / f"bars.{ending}"
    code, output = invoke(root, "export", "b", str(path), "-s", "2024-01-02", "-e", "2024-01-03", "--symbols", "BBB")
    assert code == 0, output
    read = {"parquet": pl.read_parquet, "arrow": pl.read_ipc, "csv": pl.read_csv}[ending]
    frame = read(path)
    assert frame.height == 2
    assert [int(value) for value in frame["close"].to_list()] == [19_824, 19_825]
    assert [entry.name for entry in path.parent.iterdir()] == [path.name]


def test_an_export_of_days_without_a_bar_writes_nothing(root: Path, bars: MakeBars, tmp_path: Path) -> None:
    put(root, bars("AAA"))
    with open_version("b", root=root) as version, pytest.raises(NoData, match="has no bar of 1d then"):
        export(version, tmp_path / "bars.csv", first_day=40_000)
    assert not (tmp_path / "bars.csv").exists()


def test_an_export_of_an_unknown_kind_is_refused(root: Path, bars: MakeBars, tmp_path: Path) -> None:
    put(root, bars("AAA"))
    with open_version("b", root=root) as version, pytest.raises(InputError, match=r"\.parquet, \.arrow or \.csv"):
        export(version, tmp_path / "bars.xlsx")


def test_show_tells_where_the_data_comes_from_and_every_version(root: Path, bars: MakeBars) -> None:
    old = put(root, bars("AAA"), provenance="a vendor")
    new = put(root, bars("AAA", "BBB"), provenance="a vendor")
    code, output = invoke(root, "show", "b")
    assert code == 0
    assert "a vendor" in output
    assert f"{new}, {old}" in output
    facts = json.loads(invoke(root, "show", "b", "--version", old, "--json")[1])
    assert facts["version"] == old
    assert [row["symbol"] for row in facts["coverage"]] == ["AAA"]
    assert facts["coverage"][0]["last"] == "2024-01-05"


def test_comparing_the_only_version_says_so(root: Path, bars: MakeBars) -> None:
    put(root, bars("AAA"))
    code, output = invoke(root, "diff", "b")
    assert code == 2
    assert "one version only" in output


def saved_run(root: Path, path: Path, symbol: str, version: str | None = None) -> None:
    def initialize(context: object) -> None:
        context.asset = rustybt.api.symbol(symbol)  # type: ignore[attr-defined]

    def handle_data(context: object, data: object) -> None:
        rustybt.api.order(context.asset, 1)  # type: ignore[attr-defined]

    rustybt.run_algorithm(
        "2024-01-01", "2024-01-03", initialize, 10**6, handle_data, bundle="b", version=version, progress=False
    ).save(path)


def test_a_saved_run_is_named_by_show_and_by_a_diff_that_touches_it(
    root: Path, bars: MakeBars, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RUSTYBT_ROOT", str(root))
    old = put(root, bars("AAA", "BBB"))
    saved_run(root, tmp_path / "of-a", "AAA")
    saved_run(root, tmp_path / "of-b", "BBB")
    later = (pl.col("symbol") == "AAA") & (pl.col("date") == dt.date(2024, 1, 2))
    frame = bars("AAA", "BBB").with_columns(pl.when(later).then(9).otherwise(pl.col("volume")).alias("volume"))
    put(root, frame)
    saved_run(root, tmp_path / "of-new", "AAA")
    assert [run.path.name for run in stored_runs("b", root=root)] == ["of-new", "of-b", "of-a"]
    shown = invoke(root, "show", "b", "--version", old)[1]
    assert str(tmp_path / "of-a") in shown
    assert str(tmp_path / "of-new") not in shown
    told = invoke(root, "diff", "b")[1]
    assert f"could come out differently: test_inspection, {tmp_path / 'of-a'}" in told.replace(
        "tests.unit.catalog.", ""
    )
    assert str(tmp_path / "of-b") not in told


def test_what_changed_after_a_run_does_not_touch_it_and_a_reindex_keeps_the_note(
    root: Path, bars: MakeBars, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RUSTYBT_ROOT", str(root))
    put(root, bars("AAA"))
    saved_run(root, tmp_path / "run", "AAA")
    put(root, bars("AAA", rows=9), mode="append")
    assert "could come out differently" not in invoke(root, "diff", "b")[1]
    assert invoke(root, "reindex")[0] == 0
    assert [run.path.name for run in stored_runs("b", root=root)] == ["run"]
