"""Market data that runs share: what is loaded once serves any number of runs, and none sees another."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from polars.testing import assert_frame_equal

import rustybt
from rustybt.api import StaticRestrictions, slippage
from rustybt.errors import InputError, NoData, SymbolNotFound, VersionNotFound
from tests.unit._small import DAYS, ingest, ingest_minutes

OPENS = dt.datetime(2021, 2, 1, tzinfo=dt.UTC)
PRICES: dict[str, list[Any]] = {
    "AAA": [(10, 12, 9, 11, 5000), 12, None, 14, 15, 7, 8, 9, 10, 11, 12, 13, 14, 15],
    "BBB": [5, 5, 6, 6, 5, 5, 6, 7, 8, 7, 6, 5, 5, 6],
}
ACTIONS: dict[str, Any] = {
    "splits": [("AAA", DAYS[5], "0.5")],
    "dividends": [("BBB", DAYS[3], "0.1", DAYS[6])],
}


def trade(context: Any, data: Any) -> None:
    """Buys, sells and looks back: at prices, opens, windows and sessions."""
    aaa, bbb = context.symbols("AAA", "BBB")
    context.seen = [data.current([aaa, bbb], ["price", "open", "volume"]), data.current(aaa, "last_traded")]
    name = context.get_environment("data_frequency")
    own = {"daily": "1d", "minute": "1m"}.get(name, name)
    context.seen.append(data.history([aaa, bbb], "high", 1, own))
    if own not in ("1d", "1w"):
        context.seen.append(data.history([aaa, bbb], "price", 1, "1d"))
    context.order(aaa, 3)
    context.order_target_percent(bbb, 0.25)
    context.record(open=data.current(aaa, "open"), price=data.current(bbb, "price"))


def once(start: Any = None, end: Any = None, *, by_bar: Callable[[Any, Any], Any] = trade, **more: Any) -> Any:
    def initialize(context: Any) -> None:
        context.set_slippage(slippage.FixedSlippage(0.02))

    return rustybt.run_algorithm(start, end, initialize, 10_000, by_bar, progress=False, **more)


def same(one: Any, other: Any) -> None:
    assert one.ledger_hash == other.ledger_hash
    frames, others = one.frames(), other.frames()
    assert frames.keys() == others.keys()
    for name, frame in frames.items():
        assert_frame_equal(frame, others[name])


@pytest.mark.parametrize("frequency", ["daily", "1w"])
@pytest.mark.parametrize("compat", [None, "zipline"])
def test_a_run_on_a_loaded_market_is_the_run_on_its_bundle(frequency: str, compat: Any) -> None:
    ingest(PRICES, **ACTIONS)
    market = rustybt.load("small", data_frequency=frequency)
    spans = [(DAYS[0], DAYS[13])] if frequency == "1w" else [(None, None), (DAYS[2], DAYS[8]), (DAYS[6], DAYS[6])]
    for start, end in spans:
        given = {"data_frequency": frequency, "bundle": "small", "compat": compat}
        same(once(start, end, market=market, compat=compat), once(start, end, **given))


@pytest.mark.parametrize("frequency", ["minute", "2m", "1d"])
def test_a_run_of_minutes_on_a_loaded_market_is_the_run_on_its_bundle(frequency: str) -> None:
    ingest_minutes({"AAA": [10, 11, None, 12, 13, 12, 11] * 400, "BBB": [5, 6, 5] * 900}, OPENS)
    market = rustybt.load("small", data_frequency=frequency)
    for start, end in ((None, None), (DAYS[1], DAYS[1])):
        with_bundle = once(start, end, bundle="small", data_frequency=frequency)
        same(once(start, end, market=market), with_bundle)
    read = market.rows_read
    same(once(start, end, market=market), with_bundle)
    assert market.rows_read == read


def test_a_second_run_on_a_loaded_market_reads_nothing() -> None:
    ingest(PRICES, **ACTIONS)
    market = rustybt.load("small")
    read = market.rows_read
    assert read == 27
    for start, end in ((None, None), (None, None), (DAYS[3], None), (None, DAYS[9]), (DAYS[4], DAYS[5])):
        once(start, end, market=market)
    assert market.rows_read == read


def test_an_asset_that_was_not_named_is_read_when_a_run_needs_it_and_kept() -> None:
    ingest(PRICES, **ACTIONS)
    market = rustybt.load("small", assets=["AAA"])
    assert market.rows_read == 13
    same(once(market=market), once(bundle="small"))
    assert market.rows_read == 27
    once(market=market)
    assert market.rows_read == 27


def test_a_run_may_have_the_span_that_was_loaded_and_no_day_more() -> None:
    ingest(PRICES, **ACTIONS)
    market = rustybt.load("small", start=DAYS[2], end=DAYS[9])
    same(once(market=market), once(DAYS[2], DAYS[9], bundle="small"))
    same(once(DAYS[3], DAYS[7], market=market), once(DAYS[3], DAYS[7], bundle="small"))
    for span, word in (((DAYS[1], DAYS[5]), "before"), ((DAYS[3], DAYS[10]), "after")):
        with pytest.raises(InputError, match=rf"lies {word} 2021-02-\d\d: the market .* was loaded from 2021-02-03 up"):
            once(*span, market=market)


def test_a_market_of_minutes_reads_earlier_ones_when_a_window_reaches_back() -> None:
    ingest_minutes({"AAA": [10, 11, 12] * 4000, "BBB": [5] * 12_000}, OPENS)
    market = rustybt.load("small", data_frequency="minute", start=DAYS[7])

    def far(context: Any, data: Any) -> None:
        window = data.history(context.symbol("AAA"), "price", 10_000, "1m")
        context.record(first=window[0], sessions=data.history(context.symbol("AAA"), "volume", 8, "1d").sum())

    same(
        once(DAYS[7], DAYS[7], by_bar=far, market=market),
        once(DAYS[7], DAYS[7], by_bar=far, bundle="small", data_frequency="minute"),
    )
    read = market.rows_read
    once(DAYS[7], DAYS[7], by_bar=far, market=market)
    assert market.rows_read == read


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"bundle": "other"}, "bundle='other' was given beside a market of bundle 'small'"),
        ({"version": "20200101T000000-00000000"}, "version='20200101T000000-00000000' was given beside"),
        ({"data_frequency": "minute"}, "data_frequency='minute' was given beside a market of data_frequency 'daily'"),
        ({"bundle_timestamp": "2020-01-01"}, "bundle_timestamp=2020-01-01 was given beside market="),
        ({"environ": {"RUSTYBT_ROOT": "/nowhere"}}, "environ names the catalog /nowhere"),
        ({"market": "small"}, "market='small': pass what rustybt.load"),
    ],
)
def test_arguments_that_name_other_data_than_the_market_are_refused(given: dict[str, Any], told: str) -> None:
    ingest(PRICES)
    with pytest.raises(InputError, match=told):
        once(**{"market": rustybt.load("small"), **given})


def test_arguments_that_name_the_data_of_the_market_may_stand_beside_it() -> None:
    ingest(PRICES)
    market = rustybt.load("small")
    same(
        once(market=market),
        once(market=market, bundle="small", version=market.version, data_frequency="1d"),
    )


def test_what_can_not_be_loaded_is_said() -> None:
    ingest(PRICES)
    with pytest.raises(SymbolNotFound, match="CCC"):
        rustybt.load("small", assets=["CCC"])
    with pytest.raises(InputError, match="assets='AAA'"):
        rustybt.load("small", assets="AAA")
    with pytest.raises(VersionNotFound):
        rustybt.load("small", version="none")
    with pytest.raises(NoData, match="'1m'"):
        rustybt.load("small", data_frequency="minute")
    with pytest.raises(NoData, match=r"; start=2023-01-01 lies outside"):
        rustybt.load("small", start="2023-01-01")
    with pytest.raises(NoData, match=r"; start=2019-01-01, end=2019-02-01 lies outside"):
        rustybt.load("small", start="2019-01-01", end="2019-02-01")
    with pytest.raises(InputError, match="Swap"):
        rustybt.load("small", start=DAYS[5], end=DAYS[4])


def test_runs_within_runs_and_side_by_side_see_nothing_of_each_other() -> None:
    """Files, restrictions, models and slots of one run are its own, whatever other runs of the market are under way."""
    ingest(PRICES, **ACTIONS)
    market = rustybt.load("small")
    alone = once(bundle="small"), once(DAYS[4], DAYS[9], bundle="small")
    within: list[Any] = []

    def restless(context: Any, data: Any) -> None:
        if not within:
            within.append(once(market=market))
        context.order(context.symbol("BBB"), 7)
        context.record(may=data.can_trade(context.symbol("AAA")), one=data.current(context.symbol("AAA"), "price"))

    def opening(context: Any) -> None:
        context.set_asset_restrictions(StaticRestrictions([context.symbol("AAA")]))

    rustybt.run_algorithm(DAYS[2], DAYS[11], opening, 5_000, restless, market=market, progress=False)
    same(within[0], alone[0])

    found: dict[int, Any] = {}

    def work(place: int) -> None:
        found[place] = once(*((None, None), (DAYS[4], DAYS[9]))[place % 2], market=market)

    threads = [threading.Thread(target=work, args=(place,)) for place in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for place, result in found.items():
        same(result, alone[place % 2])


def test_what_fetch_csv_brings_into_one_run_is_not_in_the_next(tmp_path: Any) -> None:
    ingest(PRICES)
    market = rustybt.load("small")
    file = tmp_path / "mood.csv"
    file.write_text("date,symbol,mood\n2021-02-01,AAA,7\n")

    def with_file(context: Any) -> None:
        context.fetch_csv(str(file))

    def ask(context: Any, data: Any) -> None:
        context.record(mood=data.current(context.symbol("AAA"), "mood"))

    result = rustybt.run_algorithm(None, None, with_file, 100, ask, market=market, progress=False)
    assert result.recorded["mood"][-1] == 7
    with pytest.raises(NoData, match="'mood' is not a field"):
        rustybt.run_algorithm(None, None, None, 100, ask, market=market, progress=False)


def test_a_market_says_what_it_is() -> None:
    ingest(PRICES)
    market = rustybt.load("small", start=DAYS[1])
    assert isinstance(market, rustybt.Market)
    assert (market.bundle, market.data_frequency, market.start, market.end) == ("small", "daily", DAYS[1], None)
    assert market.version == rustybt.open_version("small").id
    assert repr(market) == f"<Market small {market.version}, 'daily' bars>"


def test_prices_beyond_64_bits_are_shared_too() -> None:
    huge = [f"100000000000000000.0000000000000000000{k}" for k in range(3)]
    ingest({"AAA": huge, "BBB": [5, 6, 7]})
    market = rustybt.load("small")

    def buy(context: Any, data: Any) -> None:
        aaa = context.symbol("AAA")
        context.record(price=str(data.current(aaa, "price")), open=str(data.current(aaa, "open")))
        context.order(context.symbol("BBB"), 1)

    runs = [once(market=market, by_bar=buy), once(market=market, by_bar=buy), once(bundle="small", by_bar=buy)]
    same(runs[0], runs[2])
    same(runs[1], runs[2])
    assert runs[0].recorded["price"].to_list() == [str(Decimal(price)) for price in huge]
