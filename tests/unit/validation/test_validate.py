"""`rustybt.validate` and `rustybt validate` over stored bars: what they find, how it weighs, how it is told."""

from __future__ import annotations

import datetime as dt
import json

import numpy as np
import polars as pl
import pytest
from click.testing import CliRunner

import rustybt
from rustybt.calendars import session_table
from rustybt.catalog import open_version
from rustybt.cli._main import cli
from rustybt.core import DAY_NS, day_of
from rustybt.errors import InputError, SymbolNotFound
from rustybt.ingest import ingest
from rustybt.validation import LAYERS, RULES, Policy, StoredBars, relations, timing

TABLE = session_table("XNYS", day_of(dt.date(2024, 1, 1)), day_of(dt.date(2024, 3, 29)))
DAYS = [dt.date(1970, 1, 1) + dt.timedelta(days=int(day)) for day in TABLE.days]


@pytest.fixture
def root(tmp_path):
    return tmp_path / "root"


def closes(count=60):
    """A quiet market: up a cent, down a cent."""
    return [100 + 0.5 * (n % 2) + 0.25 * (n % 3) for n in range(count)]


def frame(prices, symbol="AAA", volumes=None, days=DAYS):
    days = days[: len(prices)]
    text = [f"{price:.2f}" for price in prices]
    high, low = [f"{price + 0.05:.2f}" for price in prices], [f"{price - 0.05:.2f}" for price in prices]
    volumes = volumes or [1000 + n for n in range(len(prices))]
    columns = {"symbol": [symbol] * len(prices), "date": days, "open": text, "high": high, "low": low, "close": text}
    return pl.DataFrame({**columns, "volume": volumes})


def found(report, rule):
    return [(f.symbol, str(f.stamp), f.value, f.severity) for f in report.findings if f.rule == rule]


def test_a_quiet_market_has_nothing_to_tell(root):
    ingest("b", frame(closes()), root=root)
    report = rustybt.validate("b", root=root)
    assert (report.findings, report.worst, report.rows, report.assets) == ((), None, 60, 1)
    assert "nothing found" in repr(report)


def test_a_spike_is_told_with_its_move(root):
    prices = closes()
    prices[30] = 160.0
    ingest("b", frame(prices), root=root)
    report = rustybt.validate("b", root=root)
    spikes = found(report, "spike")
    assert [(s[1], s[2]) for s in spikes] == [(str(DAYS[30]), "160"), (str(DAYS[31]), "100.75")]
    assert "+58.4%" in next(f.message for f in report.findings if f.rule == "spike")
    assert report.worst == "warning"


def test_a_split_that_nobody_told_of(root):
    prices = [*closes(30), *(price / 4 for price in closes(30))]
    ingest("b", frame(prices), root=root)
    jumps = found(rustybt.validate("b", root=root), "jump")
    assert [jump[1] for jump in jumps] == [str(DAYS[30])]


def test_a_split_that_is_recorded_explains_the_jump(root):
    prices = [*closes(30), *(price / 4 for price in closes(30))]
    splits = pl.DataFrame({"symbol": ["AAA"], "ex_date": [DAYS[30]], "ratio": ["1/4"]})
    ingest("b", frame(prices), splits=splits, root=root)
    report = rustybt.validate("b", root=root)
    assert not [f for f in report.findings if f.rule in ("jump", "split", "spike")]


def test_prices_that_are_adjusted_already_while_a_split_is_recorded(root):
    splits = pl.DataFrame({"symbol": ["AAA"], "ex_date": [DAYS[30]], "ratio": ["1/4"]})
    ingest("b", frame(closes()), splits=splits, root=root)
    report = rustybt.validate("b", root=root)
    assert [hit[1] for hit in found(report, "split")] == [str(DAYS[30])]
    assert "adjusted already" in next(f.message for f in report.findings if f.rule == "split")


def test_prices_that_stand_still_and_volumes_that_do_not(root):
    bars = frame([*closes(30), *[100.0] * 12, *closes(18)], volumes=[1000] * 59 + [90_000])
    still = pl.col("date").is_in(DAYS[30:42])
    bars = bars.with_columns(
        pl.when(still).then(pl.lit("100.00")).otherwise(pl.col(c)).alias(c) for c in ("high", "low")
    )
    ingest("b", bars, root=root)
    report = rustybt.validate("b", root=root)
    # the bar before the run closed elsewhere, so the run begins with its second bar
    assert [(s[1], s[3]) for s in found(report, "stale")] == [(str(DAYS[31]), "info")]
    assert "11 bars in a row" in next(f.message for f in report.findings if f.rule == "stale")
    assert [(s[1], s[2]) for s in found(report, "turnover")] == [(str(DAYS[59]), "90000")]


def test_sessions_without_a_bar_are_one_finding_a_hole(root):
    bars = frame(closes()).filter(~pl.col("date").is_in([DAYS[10], DAYS[11], DAYS[40]]))
    ingest("b", bars, root=root)
    report = rustybt.validate("b", root=root)
    assert [(gap[1], gap[2]) for gap in found(report, "gap")] == [(str(DAYS[12]), "2"), (str(DAYS[41]), "1")]
    assert str(DAYS[10]) in next(f.message for f in report.findings if f.rule == "gap")


def test_thin_sessions_of_minutes(root):
    opens = [dt.datetime.combine(day, dt.time(9, 30)) for day in DAYS[:2]]
    stamps = [opens[0] + dt.timedelta(minutes=n) for n in range(390)]
    stamps += [opens[1] + dt.timedelta(minutes=n) for n in range(100)]
    bars = pl.DataFrame({"symbol": "AAA", "timestamp": stamps, **dict.fromkeys(("open", "high", "low", "close"), "10")})
    bars = bars.with_columns(volume=pl.lit(5), high=pl.lit("10.5"))
    ingest("b", bars, frequency="1m", stamp="start", tz="America/New_York", root=root)
    thin = found(rustybt.validate("b", root=root), "thin")
    assert [(t[1], t[2], t[3]) for t in thin] == [(f"{DAYS[1]} 14:31:00+00:00", "100", "info")]


def test_a_bar_from_the_future(root):
    later = dt.date(2190, 1, 2)
    bars = frame([1.0, 2.0], days=[dt.date(2024, 1, 2), later])
    ingest("b", bars, calendar="24/7", root=root)
    assert [f[1] for f in found(rustybt.validate("b", root=root), "future")] == [str(later)]


def stored(**columns):
    count = 3
    base = {name: np.full(count, 100, dtype=np.int64) for name in ("open", "high", "low", "close", "volume")}
    base |= {name: np.array(values) for name, values in columns.items() if name != "stamps"}
    stamps = np.array(columns.get("stamps", TABLE.days[:count].astype(np.int64) * DAY_NS), dtype=np.int64)
    return StoredBars(
        "equity", True, stamps, **base, price_scale=2, volume_scale=0, splits={}, calendar=TABLE, created_ns=2**62
    )


@pytest.mark.parametrize("wide", [False, True])
def test_relations_hold_in_64_bits_and_beyond(wide):
    kind = object if wide else np.int64
    bars = stored(
        low=np.array([100, 101, -5], dtype=kind),
        volume=np.array([1, -1, 1], dtype=kind),
        high=np.array([100, 100, 100], dtype=kind),
    )
    assert [(h.at, h.rule, h.words()[0]) for h in relations(bars)] == [
        (2, "price", "-0.05"),
        (1, "range", "1"),
        (1, "volume", "-1"),
    ]


def test_order_and_calendar_of_stamps_that_no_ingestion_lets_in():
    day = int(TABLE.days[0]) * DAY_NS
    sunday = day_of(dt.date(2024, 1, 7)) * DAY_NS
    hits = list(timing(stored(stamps=[day, day, sunday]), Policy()))
    assert [(h.at, h.rule) for h in hits] == [(1, "duplicate"), (2, "calendar")]
    assert [h.rule for h in timing(stored(stamps=[day + DAY_NS, day, day + 2 * DAY_NS]), Policy())] == ["unsorted"]


# -- policies


def test_a_policy_weighs_by_rule_and_class(root, tmp_path):
    bars = pl.concat([frame(closes()), frame(closes(), "BTC")]).filter(~pl.col("date").is_in([DAYS[10]]))
    assets = pl.DataFrame({"symbol": ["AAA", "BTC"], "type": ["equity", "crypto"]})
    ingest("b", bars, assets=assets, root=root)
    policy = {"severity": {"gap": "ignore", "gap.crypto": "error"}}
    assert [(f.symbol, f.severity) for f in rustybt.validate("b", policy=policy, root=root).findings] == [
        ("BTC", "error")
    ]
    path = tmp_path / "policy.toml"
    path.write_text('sigmas = 3\n[severity]\ngap = "info"\n"gap.crypto" = "ignore"\n')
    report = rustybt.validate("b", policy=path, root=root)
    assert [(f.symbol, f.severity) for f in report.findings] == [("AAA", "info")]
    assert [f.symbol for f in rustybt.validate("b", symbols=["BTC"], root=root).findings] == ["BTC"]


@pytest.mark.parametrize(
    "given",
    [{"severity": {"hole": "error"}}, {"severity": {"gap": "bad"}}, {"sigmas": "many"}, {"sigma": 3}, "/nowhere.toml"],
)
def test_a_policy_that_means_nothing(root, given):
    with pytest.raises(InputError, match="policy"):
        rustybt.validate("b", policy=given, root=root)


def test_an_asset_that_is_not_there(root):
    ingest("b", frame(closes()), root=root)
    with pytest.raises(SymbolNotFound, match="called ZZZ"):
        rustybt.validate("b", symbols=["ZZZ"], root=root)


def test_every_rule_has_words_and_a_layer():
    assert RULES.keys() == LAYERS.keys()
    assert set(LAYERS.values()) == {"schema", "relations", "anomalies", "time"}


# -- the report


def test_a_part_that_can_not_be_read_is_a_finding(root):
    ingest("b", frame(closes()), root=root)
    part = next(open_version("b", root=root).path.glob("1d-*.parquet"))
    part.write_bytes(b"PAR1 no more PAR1")
    report = rustybt.validate("b", root=root)
    assert [(f.rule, f.severity) for f in report.findings] == [("number", "error")]


def test_the_report_as_table_json_and_html(root):
    prices = closes()
    prices[30] = 160.0
    ingest("b", frame(prices, "<A&B>"), root=root)
    report = rustybt.validate("b", root=root)
    told = json.loads(report.to_json())
    assert told["findings"][0] == {
        "severity": "warning",
        "layer": "anomalies",
        "rule": "spike",
        "symbol": "<A&B>",
        "stamp": str(DAYS[30]),
        "value": "160",
        "message": report.findings[0].message,
    }
    page = report.to_html()
    assert "&lt;A&amp;B&gt;" in page
    assert "<A&B>" not in page
    assert "warning  spike      anomalies         2" in report.to_table()
    assert "and 1 more" in report.to_table(most=1)


def test_from_the_command_line(tmp_path):
    prices = closes()
    prices[30] = 160.0
    ingest("b", frame(prices))
    run = CliRunner().invoke
    assert run(cli, ["validate", "b"]).exit_code == 0
    assert "spike" in run(cli, ["validate", "b"]).output
    assert run(cli, ["validate", "b", "--fail-on", "warning"]).exit_code == 1
    done = run(
        cli, ["validate", "b", "--format", "html", "--output", str(tmp_path / "report.html"), "--fail-on", "never"]
    )
    assert done.exit_code == 0
    assert (tmp_path / "report.html").read_text().startswith("<!doctype html>")


# -- when a run starts


def test_a_run_refuses_a_part_that_is_gone_or_cut_short(root, monkeypatch):
    monkeypatch.setenv("RUSTYBT_ROOT", str(root))
    ingest("b", frame(closes()))
    part = next(open_version("b").path.glob("1d-*.parquet"))
    whole = part.read_bytes()
    part.write_bytes(whole[:-7])

    def start():
        return rustybt.run_algorithm(DAYS[0], DAYS[5], bundle="b", initialize=lambda context: None, capital_base=1000)

    with pytest.raises(rustybt.errors.CatalogCorrupt, match="cut short"):
        start()
    part.unlink()
    with pytest.raises(rustybt.errors.CatalogCorrupt, match="missing"):
        start()


def minutes(root, gone=(), symbol="AAA", **more):
    """Minutes of the first two sessions of 2024 in New York, without some: pairs of session and minute, from 1."""
    stamps = [
        (session, minute, int(TABLE.opens[session]) + minute * 60 * 10**9)
        for session in (0, 1)
        for minute in range(1, 391)
    ]
    kept = pl.Series("timestamp", [ns for session, minute, ns in stamps if (session, minute) not in gone])
    bars = pl.DataFrame({"symbol": [symbol] * len(kept), "close": ["10"] * len(kept), "volume": [1] * len(kept)})
    bars = bars.with_columns(kept.cast(pl.Datetime("ns", "UTC")), open="close", high="close", low="close")
    return ingest("m", bars, frequency="1m", stamp="end", root=root, **more)


def partial(root, frequency, **more):
    report = rustybt.validate("m", frequency=frequency, root=root, **more)
    return [(f.symbol, f.stamp, f.value, f.severity, f.message) for f in report.findings if f.rule == "partial"]


def new_york(hour, minute, day=2):
    return dt.datetime(2024, 1, day, hour, minute, tzinfo=dt.timezone(dt.timedelta(hours=-5)))


def test_bars_made_of_incomplete_minutes_are_told(root):
    # minute 60 is the last of the first hour, minute 61 the first of the second; 390 the last of a half hour
    minutes(root, gone={(0, 60), (0, 61), (0, 62), (1, 390)})
    assert partial(root, "1h") == [
        ("AAA", new_york(10, 30), "59", "warning", "made of 59 of the 60 bars of 1m that its time has"),
        ("AAA", new_york(11, 30), "58", "warning", "made of 58 of the 60 bars of 1m that its time has"),
        ("AAA", new_york(16, 0, 3), "29", "warning", "made of 29 of the 30 bars of 1m that its time has"),
    ]
    days = [(stamp, value) for _, stamp, value, *_ in partial(root, "1d")]
    assert days == [(dt.date(2024, 1, 2), "387"), (dt.date(2024, 1, 3), "389")]
    assert partial(root, "1m") == []


def test_whole_bars_are_not_told_and_the_policy_weighs(root):
    minutes(root)
    assert partial(root, "1h") == partial(root, "1d") == partial(root, "5m") == []
    minutes(root, gone={(0, 7)}, symbol="BBB", mode="append")
    policy = {"severity": {"partial.equity": "info"}}
    assert [found[:4] for found in partial(root, "1h", policy=policy)] == [("BBB", new_york(10, 30), "59", "info")]
    assert partial(root, "1h", policy={"severity": {"partial": "ignore"}}) == []
    options = ["validate", "m", "--frequency", "1h", "--fail-on", "warning"]
    done = CliRunner().invoke(cli, options, env={"RUSTYBT_ROOT": str(root)})
    assert done.exit_code == 1
    assert "made of 59 of the 60 bars of 1m that its time has" in " ".join(done.output.split())


def test_weeks_and_months_made_of_fewer_days_are_told(root):
    days = [day for day in DAYS if day != dt.date(2024, 2, 7)]
    ingest("m", frame(closes(len(days)), days=days), root=root)
    # 19 February is a holiday, 2024-01-01 too
    assert [found[1:3] for found in partial(root, "1w")] == [(dt.date(2024, 2, 9), "4")]
    assert [found[1:3] for found in partial(root, "1mo")] == [(dt.date(2024, 2, 29), "19")]
