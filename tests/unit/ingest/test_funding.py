"""Funding of perpetuals: what is read, what is refused, what comes back from the catalog."""

from __future__ import annotations

import polars as pl
import pytest
from click.testing import CliRunner

from rustybt.catalog import diff, open_version, reindex, verify
from rustybt.cli._main import cli
from rustybt.core import FundingRate
from rustybt.errors import BadBars, InputError
from rustybt.ingest import ingest

HOUR = 3600 * 10**9
START = 19_783 * 24 * HOUR  # 2024-03-01


def bars(symbol="P"):
    rows = [(symbol, f"2024-03-0{day}", *["10.5"] * 4, "100") for day in range(1, 6)]
    return pl.DataFrame(rows, schema=["symbol", "date", "open", "high", "low", "close", "volume"], orient="row")


def put(root, *rows, kind="perpetual", mode="error", **more):
    frame = pl.DataFrame(rows, schema=["symbol", "timestamp", "rate", "mark_price"], orient="row", strict=False)
    return ingest("p", bars(), calendar="24/7", assets={"type": kind}, funding=frame, mode=mode, root=root, **more)


GOOD = ("P", "2024-03-02T08:00:00Z", "0.00010", "10.400")


def stored(root):
    with open_version("p", root=root) as version:
        return version.funding([0])


def test_every_digit_comes_back_from_the_index_and_from_a_manifest(root):
    put(root, GOOD, ("P", "2024-03-02T16:00:00Z", "-0.00000000000000000001", None), ("P", "2024-03-03T00:00Z", "0", ""))
    wanted = [
        FundingRate(0, START + 32 * HOUR, 1, 4, 104, 1),
        FundingRate(0, START + 40 * HOUR, -1, 20),
        FundingRate(0, START + 48 * HOUR, 0, 0),
    ]
    assert stored(root) == wanted
    (root / "catalog.sqlite").unlink()
    assert reindex(root) == (1, [])
    assert stored(root) == wanted
    assert verify(open_version("p", root=root)) == []


def test_the_same_again_is_nothing_new_and_more_is_a_new_version_with_another_hash(root):
    first = put(root, GOOD)
    assert not put(root, GOOD, mode="append").is_new
    second = put(root, ("P", "2024-03-03T08:00:00Z", "0.0002", None), mode="append")
    assert second.is_new
    assert second.hash != first.hash
    at_once = put(root, GOOD, ("P", "2024-03-03T08:00:00Z", "0.0002", None), mode="replace")
    assert at_once.hash == second.hash
    versions = [open_version("p", version=report.version, root=root) for report in (first, second)]
    assert diff(*versions).actions == (("24/7:P", "+", "funding 0.0002 at 2024-03-03 08:00:00"),)


def test_without_funding_a_bundle_has_the_hash_that_it_had_before_there_was_any(root):
    put(root)
    plain = ingest("q", bars(), calendar="24/7", assets={"type": "perpetual"}, root=root)
    assert open_version("p", root=root).hash == plain.hash


@pytest.mark.parametrize(
    ("row", "rule", "message"),
    [
        (("P", "soon", "0.1", None), "action", "timestamp soon is no moment"),
        (("P", "2024-03-02T08:00:00Z", "much", None), "action", "rate much is not a number"),
        (("P", "2024-03-02T08:00:00Z", None, None), "action", "rate missing is not a number"),
        (("P", "2024-03-02T08:00:00Z", "1e18", None), "action", "not below 1e18"),
        (("P", "2024-03-02T08:00:00Z", "1e-21", None), "precision", "more than 20 decimals"),
        (("P", "2024-03-02T08:00:00Z", "0.1", "0"), "action", "not above zero"),
        (("P", "2024-03-02T08:00:00Z", "0.1", "-"), "action", "mark_price - is not a number"),
        (("X", "2024-03-02T08:00:00Z", "0.1", None), "symbol", "there are no bars of X"),
        ((*GOOD[:2], "0.0001", "10.4"), "duplicate", "of the same moment"),
    ],
)
def test_a_row_that_means_nothing_is_found(root, row, rule, message):
    with pytest.raises(BadBars) as caught:
        put(root, GOOD, row)
    (found,) = caught.value.findings
    assert found.rule == rule
    assert message in found.message
    report = put(root, GOOD, row, on_bad_row="quarantine")
    assert report.quarantine is not None
    assert stored(root) == [FundingRate(0, START + 32 * HOUR, 1, 4, 104, 1)]


def test_a_rate_that_says_otherwise_than_what_is_stored_is_a_conflict(root):
    put(root, GOOD)
    with pytest.raises(BadBars, match="conflict"):
        put(root, (*GOOD[:2], "0.0002", "10.4"), mode="append")


def test_a_rate_out_of_a_computation_with_floats_is_found(root):
    frame = pl.DataFrame({"symbol": ["P"], "timestamp": ["2024-03-02T08:00:00Z"], "rate": [0.1 + 0.2]})
    with pytest.raises(BadBars, match="precision"):
        ingest("p", bars(), calendar="24/7", assets={"type": "perpetual"}, funding=frame, root=root)


def test_only_perpetuals_pay_funding(root):
    with pytest.raises(BadBars, match="only perpetuals pay funding"):
        put(root, GOOD, kind="crypto")


def test_a_moment_without_a_zone_is_refused(root):
    with pytest.raises(InputError, match="time zone"):
        put(root, ("P", "2024-03-02 08:00:00", "0.1", None))


def test_symbols_are_renamed_and_left_out_as_those_of_the_bars_are(root):
    frame = pl.DataFrame({"symbol": ["P", "Z"], "timestamp": [GOOD[1]] * 2, "rate": ["0.1"] * 2})
    ingest("p", bars(), calendar="24/7", assets={"type": "perpetual"}, funding=frame, symbols={"P": "BTC"}, root=root)
    assert [rate.rate for rate in stored(root)] == [1]


def test_the_command_takes_a_file(tmp_path):
    bars().write_csv(tmp_path / "bars.csv")
    (tmp_path / "funding.csv").write_text("symbol,timestamp,rate\nP,2024-03-02T08:00:00Z,0.0001\n")
    arguments = ["ingest", "csv", str(tmp_path / "bars.csv"), "-b", "p", "--calendar", "24/7", "--type", "perpetual"]
    done = CliRunner().invoke(cli, [*arguments, "--funding", str(tmp_path / "funding.csv")], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    assert stored(None) == [FundingRate(0, START + 32 * HOUR, 1, 4)]
