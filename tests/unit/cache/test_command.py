"""`rustybt ingest VENDOR` with its cache, and `rustybt cache`, against a server on a local socket that counts."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from rustybt.catalog import BarCache, open_version
from rustybt.cli._main import cli
from tests.unit.sources._server import Vendor
from tests.unit.sources.test_polygon import Massive


@pytest.fixture
def vendor(monkeypatch):
    monkeypatch.setenv("POLYGON_API_KEY", "massive-key-0123456789")
    server = Vendor()
    Massive(server)
    yield server
    server.close()


def run(*arguments):
    return CliRunner().invoke(cli, [str(argument) for argument in arguments], catch_exceptions=False)


def polygon(vendor, bundle, symbols, end, *more):
    options = ("--start", "2024-01-02", "--end", end, "--calls-per-minute", "0", "-o", f"base_url={vendor.url}")
    vendor.asked.clear()
    done = run("ingest", "polygon", "-b", bundle, "--symbols", symbols, *options, *more)
    assert done.exit_code == 0, done.output
    return [path for path in vendor.paths() if path.startswith("/v2/aggs")]


def test_the_second_ingestion_asks_nobody(vendor):
    assert polygon(vendor, "one", "AAPL,SPY", "2024-01-08")
    assert polygon(vendor, "two", "AAPL,SPY", "2024-01-08") == []
    assert vendor.asked == []
    with open_version("one") as one, open_version("two") as two:
        assert one.hash == two.hash
        assert two.splits([0])[0].denominator == 4
        assert two.provenance["cache"]["hit"] == 2


def test_a_symbol_more_is_all_that_is_asked_for(vendor):
    polygon(vendor, "one", "AAPL", "2024-01-08")
    asked = polygon(vendor, "two", "AAPL,SPY", "2024-01-08")
    assert {path.split("/")[4] for path in asked} == {"SPY"}


def test_later_days_are_asked_for_with_an_overlap(vendor):
    polygon(vendor, "one", "AAPL", "2024-01-08")
    (asked,) = {path.split("/range/")[1] for path in polygon(vendor, "two", "AAPL", "2024-01-09")}
    assert asked == "1/day/2024-01-02/2024-01-09"  # the last five bars begin there
    assert open_version("two").row_count_of("1d") == 6


def test_a_dry_run_tells_what_came_and_keeps_nothing(vendor):
    from rustybt.core import data_root

    before = sorted(data_root().rglob("*"))
    options = ("--start", "2024-01-02", "--end", "2024-01-08", "--calls-per-minute", "0")
    given = ("-b", "one", "--symbols", "AAPL", *options, "-o", f"base_url={vendor.url}")
    done = run("ingest", "polygon", *given, "--dry-run")
    assert done.exit_code == 0, done.output
    told = {line[:13].strip(): line[13:] for line in done.output.splitlines()}
    assert (told["symbols"], told["rows"], told["findings"]) == ("1: AAPL", "5", "none")
    assert (told["range"], told["frequency"]) == ("2024-01-02 to 2024-01-08", "1d")
    assert sorted(data_root().rglob("*")) == before


def test_no_cache_asks_again_and_keeps_nothing(vendor):
    assert polygon(vendor, "one", "AAPL", "2024-01-08", "--no-cache")
    assert BarCache().entries() == []
    assert polygon(vendor, "two", "AAPL", "2024-01-08", "--no-cache")


def test_the_key_is_nowhere_in_the_cache(vendor):
    polygon(vendor, "one", "AAPL", "2024-01-08")
    root = BarCache().root
    for path in [root / "catalog.sqlite", *root.glob("catalog.sqlite-*"), *root.glob("cache/*")]:
        assert b"massive-key-0123456789" not in path.read_bytes()


def test_stats_list_and_clear(vendor):
    assert "rustybt ingest" in run("cache", "list").output
    polygon(vendor, "one", "AAPL", "2024-01-08")
    polygon(vendor, "two", "AAPL,SPY", "2024-01-08")
    told = run("cache", "stats").output
    assert "hits      1 (33.3%)" in told
    assert "misses    2 (66.7%), 0 of them restated" in told
    assert "2 entries" in told
    figures = json.loads(run("cache", "stats", "--json").output)
    assert (figures["hits"], figures["misses"], figures["entries"], figures["hit_rate"]) == (1, 2, 2, 1 / 3)
    listed = run("cache", "list").output
    assert "AAPL" in listed
    assert "polygon market=stocks" in listed
    assert run("cache", "clear", "--symbols", "SPY").output == "Deleted 1 entry.\n"
    assert run("cache", "clear", "--source", "alpaca").output == "Deleted 0 entries.\n"
    assert run("cache", "clear").output == "Deleted 1 entry.\n"
    assert BarCache().entries() == []
