"""Bars of two frequencies in one version, and numbers of assets that the caller gives."""

from __future__ import annotations

import polars as pl
import pytest

from rustybt.catalog import list_bundles, open_version
from rustybt.errors import BadBars, InputError
from rustybt.ingest import ingest


def minutes(symbol="AAA", **changes):
    frame = pl.DataFrame(
        {
            "symbol": [symbol] * 2,
            "timestamp": ["2024-01-02 14:31", "2024-01-02 14:32"],
            "open": ["10.0001", "10"],
            "high": ["11", "11"],
            "low": ["9", "9"],
            "close": ["10", "10"],
            "volume": [5, 6],
        }
    )
    return frame.with_columns(**{name: pl.lit(value) for name, value in changes.items()})


def test_days_and_minutes_go_into_one_version(root, daily):
    both = {"1m": minutes(), "1d": daily()}
    report = ingest("both", both, stamp="end", tz="UTC", root=root)
    assert report.rows == 5
    assert len(list_bundles(root)) == 1
    with open_version("both", root=root) as version:
        assert version.frequencies == ("1d", "1m")
        assert version.asset(0).price_scale == 4
        assert version.load([0], "1m", 0, 2**62)[0].open.tolist() == [100_001, 100_000]
        assert version.load([0], "1d", 0, 2**62)[0].open.tolist() == [122_500, 132_500, 142_500]
    ingest("steps", daily(), root=root)
    steps = ingest("steps", minutes(), frequency="1m", stamp="end", tz="UTC", mode="append", root=root)
    assert steps.hash == report.hash


def test_a_bad_row_of_either_keeps_both_out(root, daily):
    with pytest.raises(BadBars, match="range"):
        ingest("both", {"1d": daily(), "1m": minutes(low="20")}, stamp="end", tz="UTC", root=root)
    assert list_bundles(root) == []


def test_minutes_among_the_frequencies_need_a_stamp(root, daily):
    with pytest.raises(InputError, match="stamp="):
        ingest("both", {"1d": daily(), "1m": minutes()}, root=root)
    with pytest.raises(InputError, match="no frequency"):
        ingest("both", daily(), frequency="5x", root=root)


def sids(root, bundle="b"):
    with open_version(bundle, root=root) as version:
        return {asset.symbol: asset.sid for asset in version.assets()}


def test_the_assets_frame_can_name_the_sids(root, daily):
    bars = pl.concat([daily("AAA"), daily("BBB"), daily("CCC")])
    assets = pl.DataFrame({"symbol": ["AAA", "CCC"], "sid": [24, 3]})
    ingest("b", bars, assets=assets, root=root)
    assert sids(root) == {"AAA": 24, "CCC": 3, "BBB": 25}
    ingest("b", daily("DDD"), assets=pl.DataFrame({"symbol": ["DDD"], "sid": [1]}), mode="append", root=root)
    assert sids(root) == {"AAA": 24, "CCC": 3, "BBB": 25, "DDD": 1}


def test_a_sid_that_is_taken_is_refused(root, daily):
    both = pl.concat([daily("AAA"), daily("BBB")])
    with pytest.raises(InputError, match="are to have the sid 7"):
        ingest("b", both, assets=pl.DataFrame({"symbol": ["AAA", "BBB"], "sid": [7, 7]}), root=root)
    ingest("b", both, root=root)
    with pytest.raises(InputError, match="XNYS:AAA under it"):
        ingest("b", daily("CCC"), assets=pl.DataFrame({"symbol": ["CCC"], "sid": [0]}), mode="append", root=root)
    more = daily("AAA", start=3)
    with pytest.raises(InputError, match="has it as 0"):
        ingest("b", more, assets=pl.DataFrame({"symbol": ["AAA"], "sid": [5]}), mode="append", root=root)
    ingest("b", more, assets=pl.DataFrame({"symbol": ["AAA"], "sid": [1]}), mode="replace", root=root)
    assert sids(root) == {"AAA": 1}


@pytest.mark.parametrize("sid", ["-1", "x", "4294967296"])
def test_a_sid_is_a_whole_number(root, daily, sid):
    with pytest.raises(InputError, match="sid of AAA"):
        ingest("b", daily(), assets=pl.DataFrame({"symbol": ["AAA"], "sid": [sid]}), root=root)
