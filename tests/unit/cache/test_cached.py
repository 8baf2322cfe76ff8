"""What was fetched once is not asked for again, and answers are what the source itself would have said."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from decimal import Decimal
from typing import ClassVar

import polars as pl
import pytest

from rustybt.catalog import BarCache
from rustybt.errors import InputError, SourceMalformed, SourceUnavailable, SourceUnknownSymbol
from rustybt.sources import Cached
from rustybt.testing import FakeClock, SourceContract
from tests.unit.cache._vendor import CLOCK, Counting, same


def direct(clock, *arguments, **options):
    """What a source without a cache says."""
    return Counting(clock, **options).fetch(*arguments)


class TestContract(SourceContract):
    """A cached source is a source."""

    symbols: ClassVar = ("A", "B", "C")
    start, end = "2024-01-02", "2024-02-20"

    @pytest.fixture(autouse=True)
    def _where(self, tmp_path):
        self._tmp = tmp_path
        self._made = 0

    def make(self):
        self._made += 1
        clock = FakeClock(CLOCK)
        return Cached(Counting(clock), BarCache(self._tmp / f"root{self._made}"), clock=clock)


class TestContractOfHours(TestContract):
    frequency = "1h"
    end = "2024-01-04"


def test_the_second_time_nobody_is_asked(source, vendor, clock):
    first = source.fetch(["B", "A"], "2024-01-02", "2024-03-01")
    assert [symbol for symbol, _, _ in vendor.asked] == ["B", "A"]
    vendor.asked.clear()
    second = source.fetch(["A", "B"], "2024-01-02", "2024-03-01")
    assert vendor.asked == []
    same(first, second)
    same(second, direct(clock, ["A", "B"], "2024-01-02", "2024-03-01"))
    assert second.provenance["cache"]["hit"] == 2
    assert second.provenance["told"] == "by the source"


def test_another_process_reads_what_is_on_disk(source, vendor, root, clock):
    first = source.fetch(["A"], "2024-01-02", "2024-03-01")
    vendor.asked.clear()
    same(first, Cached(vendor, BarCache(root), clock=clock).fetch(["A"], "2024-01-02", "2024-03-01"))
    assert vendor.asked == []


def test_a_range_within_what_is_kept_asks_nobody_and_has_no_digits_too_many(source, vendor, clock):
    vendor.changed["A", "2024-02-01"] = "66.123456789"
    source.fetch(["A"], "2024-01-02", "2024-03-01")
    vendor.asked.clear()
    inner = source.fetch(["A"], "2024-01-10", "2024-01-20")
    assert vendor.asked == []
    same(inner, direct(clock, ["A"], "2024-01-10", "2024-01-20"))


def test_every_digit_comes_back(source, vendor, root, clock):
    digits = "123456789012345678.12345678901234567890"
    vendor.changed["A", "2024-02-01"] = digits
    source.fetch(["A"], "2024-01-30", "2024-02-05")
    again = Cached(vendor, BarCache(root), clock=clock).fetch(["A"], "2024-01-30", "2024-02-05")
    assert again.bars["close"][2] == Decimal(digits)
    assert len(vendor.asked) == 1


def test_later_days_only_are_asked_for_with_an_overlap_of_five_bars(source, vendor, clock):
    source.fetch(["A"], "2024-01-02", "2024-03-01")
    vendor.asked.clear()
    longer = source.fetch(["A"], "2024-01-02", "2024-04-01")
    assert vendor.asked == [("A", "2024-02-26", "2024-04-01")]
    same(longer, direct(clock, ["A"], "2024-01-02", "2024-04-01"))
    assert longer.provenance["cache"]["partial"] == 1


def test_earlier_days_only_are_asked_for(source, vendor, clock):
    source.fetch(["A"], "2024-01-02", "2024-03-01")
    vendor.asked.clear()
    longer = source.fetch(["A"], "2023-12-01", "2024-03-01")
    assert vendor.asked == [("A", "2023-12-01", "2024-01-06")]
    same(longer, direct(clock, ["A"], "2023-12-01", "2024-03-01"))


def test_both_sides_and_more_symbols(source, vendor, clock):
    source.fetch(["A", "B"], "2024-01-02", "2024-03-01")
    vendor.asked.clear()
    longer = source.fetch(["A", "B", "C"], "2023-12-01", "2024-04-01")
    assert sorted(vendor.asked) == [
        ("A", "2023-12-01", "2024-01-06"),
        ("A", "2024-02-26", "2024-04-01"),
        ("B", "2023-12-01", "2024-01-06"),
        ("B", "2024-02-26", "2024-04-01"),
        ("C", "2023-12-01", "2024-04-01"),
    ]
    same(longer, direct(clock, ["A", "B", "C"], "2023-12-01", "2024-04-01"))
    vendor.asked.clear()
    source.fetch(["A", "B", "C"], "2023-12-01", "2024-04-01")
    assert vendor.asked == []


def test_a_request_that_only_leans_on_what_is_kept_keeps_what_lies_before(source, vendor):
    source.fetch(["A"], "2020-01-01", "2024-03-01")
    source.fetch(["A"], "2024-02-28", "2024-04-01")
    vendor.asked.clear()
    source.fetch(["A"], "2020-01-01", "2024-04-01")
    assert vendor.asked == []


def test_ranges_far_apart_are_kept_side_by_side_and_nothing_between_is_asked_for(source, vendor, clock):
    source.fetch(["A"], "2010-01-01", "2010-03-01")
    source.fetch(["A"], "2020-01-01", "2020-03-01")
    assert len(vendor.asked) == 2
    source.fetch(["A"], "2010-01-05", "2010-02-01")
    source.fetch(["A"], "2020-01-05", "2020-02-01")
    assert len(vendor.asked) == 2
    whole = source.fetch(["A"], "2010-01-01", "2020-03-01")
    same(whole, direct(clock, ["A"], "2010-01-01", "2020-03-01"))
    assert len(source.store.entries()) == 1


def test_days_of_a_zone_begin_at_its_midnight(clock, store):
    zone = {"tz": "America/New_York", "born": "2000-01-01T05:00"}
    vendor = Counting(clock, **zone)
    source = Cached(vendor, store, clock=clock)
    source.fetch(["A"], "2024-03-01", "2024-03-20", "1h")
    inner = source.fetch(["A"], "2024-03-09", "2024-03-12", "1h")
    assert len(vendor.asked) == 1
    same(inner, direct(clock, ["A"], "2024-03-09", "2024-03-12", "1h", **zone))
    longer = source.fetch(["A"], "2024-03-09", "2024-03-25", "1h")
    same(longer, direct(clock, ["A"], "2024-03-09", "2024-03-25", "1h", **zone))


def test_moments_of_hours(source, vendor, clock):
    first = source.fetch(["A"], "2024-03-01T06:00:00Z", "2024-03-02T11:00:00Z", "1h")
    same(first, direct(clock, ["A"], "2024-03-01T06:00:00Z", "2024-03-02T11:00:00Z", "1h"))
    vendor.asked.clear()
    source.fetch(["A"], "2024-03-01T02:00:00Z", "2024-03-02T12:00:00Z", "1h")
    assert vendor.asked == []


# -- restated history ------------------------------------------------------------------------------------------------


def test_history_that_was_restated_is_fetched_anew_and_reported(source, vendor, clock):
    source.fetch(["A", "B"], "2024-01-02", "2024-03-01")
    for day in range(1, 30):
        vendor.changed["A", f"2024-02-{day:02}"] = "50.5"
    vendor.asked.clear()
    told = source.fetch(["A", "B"], "2024-01-02", "2024-04-01")
    assert sorted(vendor.asked) == [
        ("A", "2024-01-02", "2024-04-01"),
        ("A", "2024-02-26", "2024-04-01"),
        ("B", "2024-02-26", "2024-04-01"),
    ]
    assert told.bars.filter(symbol="A", date=dt.date(2024, 2, 3))["close"].item() == Decimal("50.5")
    (note,) = told.notes
    assert note.startswith("A: counting has restated its history (open of 2024-02-26 was ")
    assert told.provenance["cache"] | {"entries": 0} == {"entries": 0, "restated": 1, "partial": 1}
    vendor.asked.clear()
    again = source.fetch(["A", "B"], "2024-01-02", "2024-04-01")
    assert vendor.asked == []
    assert again.notes == ()
    same(again, told)


def test_a_bar_that_is_gone_and_one_that_is_new_are_restated_history(source, vendor):
    source.fetch(["A", "B"], "2024-01-02", "2024-03-01")
    vendor.changed["A", "2024-02-28"] = "gone"
    vendor.changed["B", "2024-01-01"] = "gone"
    told = source.fetch(["A", "B"], "2024-01-02", "2024-04-01")
    assert [note.split("(")[1].split(")")[0] for note in told.notes] == ["2024-02-28 was there, and is not any more"]
    assert dt.date(2024, 2, 28) not in told.bars.filter(symbol="A")["date"].to_list()


def test_a_split_within_the_overlap_that_was_not_told_before_is_restated_history(source, vendor):
    source.fetch(["A"], "2024-01-02", "2024-03-01")
    vendor.splits["A"] = [{"ex_date": "2024-02-27", "ratio": "1/2"}]
    told = source.fetch(["A"], "2024-01-02", "2024-04-01")
    assert "splits from 2024-02-26 to 2024-03-01 are others" in told.notes[0]
    assert told.splits.rows() == [("A", "2024-02-27", "1/2")]


def test_where_restated_history_can_not_be_fetched_the_old_one_is_not_given(source, vendor, store):
    source.fetch(["A"], "2024-01-02", "2024-03-01")
    vendor.changed["A", "2024-02-28"] = "50.5"
    plain = vendor.page

    def breaks(symbol, window, cursor):
        if str(window.first_date) == "2024-01-02":
            raise SourceUnavailable("counting can't be reached. Try later.")
        return plain(symbol, window, cursor)

    vendor.page = breaks
    with pytest.raises(SourceUnavailable):
        source.fetch(["A"], "2024-01-02", "2024-04-01")
    assert store.entries() == []


# -- until now -------------------------------------------------------------------------------------------------------


def test_until_now_asks_again_after_an_hour_from_the_settled_bars_on(source, vendor, clock):
    source.fetch(["A"], "2024-01-02")
    vendor.asked.clear()
    clock.sleep(3599)
    source.fetch(["A"], "2024-01-02")
    assert vendor.asked == []
    clock.sleep(2)
    told = source.fetch(["A"], "2024-01-02")
    # fetched on July 1 at 16:00: what began three days and one before that is settled, the last five of these compared
    assert vendor.asked == [("A", "2024-06-23", "2024-07-01")]
    assert told.bars["date"].max() == dt.date(2024, 6, 30)


def test_bars_of_the_last_days_may_be_mended_without_a_word(source, vendor, clock):
    source.fetch(["A"], "2024-01-02")
    vendor.changed["A", "2024-06-30"] = "50.5"
    clock.sleep(86_400 * 2)
    told = source.fetch(["A"], "2024-01-02")
    assert told.notes == ()
    assert told.bars["close"].to_list()[-3] == Decimal("50.5")
    same(told, source.fetch(["A"], "2024-01-02"))


def test_a_shorter_request_into_unsettled_days_does_not_make_the_rest_settled(source, vendor, clock):
    source.fetch(["A"], "2024-01-02")
    clock.sleep(86_400)
    source.fetch(["A"], "2024-01-02", "2024-06-29")
    clock.sleep(86_400 * 20)
    vendor.changed["A", "2024-06-30"] = "50.5"
    told = source.fetch(["A"], "2024-01-02", "2024-06-30")
    assert told.bars["close"][-1] == Decimal("50.5")


def test_an_unfinished_bar_is_not_kept(source, vendor, clock):
    assert source.fetch(["A"], "2024-06-20").bars["date"].max() == dt.date(2024, 6, 30)
    clock.sleep(86_400)
    assert source.fetch(["A"], "2024-06-20").bars["date"].max() == dt.date(2024, 7, 1)


def test_weeks_are_kept_whole(source, vendor, clock):
    source.fetch(["A"], "2024-01-04", "2024-03-01", "1w")
    source.fetch(["A"], "2024-01-04", "2024-03-01", "1w")
    assert len(vendor.asked) == 1
    later = source.fetch(["A"], "2024-01-06", "2024-04-01", "1w")
    assert vendor.asked[1:] == [("A", "2024-01-06", "2024-04-01")]
    same(later, direct(clock, ["A"], "2024-01-06", "2024-04-01", "1w"))


# -- failures --------------------------------------------------------------------------------------------------------


def test_a_symbol_that_fails_leaves_the_kept_ones(source, vendor):
    source.fetch(["A"], "2024-01-02", "2024-03-01")
    told = source.fetch(["A", "NO-SUCH", "B"], "2024-01-02", "2024-03-01")
    assert [failure.symbol for failure in told.failures] == ["NO-SUCH"]
    assert set(told.bars["symbol"]) == {"A", "B"}


def test_without_a_connection_what_is_kept_is_there_and_what_is_missing_fails(source, vendor):
    source.fetch(["A", "B"], "2024-01-02", "2024-03-01")
    vendor.down = True
    assert source.fetch(["A", "B"], "2024-01-02", "2024-03-01").failures == ()
    with pytest.raises(SourceUnavailable):
        source.fetch(["A"], "2024-01-02", "2024-04-01")
    vendor.down = False
    assert source.fetch(["A"], "2024-01-02", "2024-04-01").notes == ()


def test_a_range_without_bars_is_no_answer(source, vendor, clock, store):
    young = Counting(clock, born="2024-02-01")
    source = Cached(young, store, clock=clock)
    told = source.fetch(["A"], "2024-01-02", "2024-03-01")
    assert told.notes == ("A: the vendor's bars begin on 2024-02-01, and 2024-01-02 was asked for",)
    assert source.fetch(["A"], "2024-01-30", "2024-03-01").notes == ()
    assert source.fetch(["A"], "2024-01-02", "2024-03-01").notes == told.notes
    young.asked.clear()
    with pytest.raises(SourceUnknownSymbol, match="no 1d bars of A between 2024-01-02 and 2024-01-20"):
        source.fetch(["A"], "2024-01-02", "2024-01-20")
    assert young.asked == []


def test_a_download_that_was_cut_off_goes_on_in_its_folder(source, vendor, clock, tmp_path):
    class Killed(BaseException):
        pass

    def kill(progress):
        if progress.symbol == "B":
            raise Killed

    folder = tmp_path / "pages"
    with pytest.raises(Killed):
        source.fetch(["A", "B", "C"], "2024-01-02", resume=folder, progress=kill)
    clock.sleep(60)
    vendor.asked.clear()
    told = source.fetch(["A", "B", "C"], "2024-01-02", resume=folder)
    assert [symbol for symbol, _, _ in vendor.asked] == ["C"]
    same(told, direct(FakeClock(CLOCK), ["A", "B", "C"], "2024-01-02"))


def test_a_source_that_does_not_say_what_decides_is_refused(vendor, store):
    vendor.identity = None
    with pytest.raises(InputError, match="does not say what decides about its bars"):
        Cached(vendor, store)
    assert Cached(vendor, store, identity="mine").identity == "mine"
    with pytest.raises(InputError, match="overlap is 0"):
        Cached(vendor, store, identity="mine", overlap=0)


def test_sources_of_different_options_share_nothing(vendor, store, clock):
    Cached(vendor, store, identity="one", clock=clock).fetch(["A"], "2024-01-02", "2024-03-01")
    Cached(vendor, store, identity="two", clock=clock).fetch(["A"], "2024-01-02", "2024-03-01")
    assert len(vendor.asked) == 2


def test_a_failure_says_how_much_had_come(source, vendor):
    plain = vendor.page
    broken = iter([True])

    def breaks(symbol, window, cursor):
        if symbol == "B" and cursor == "more":
            raise SourceUnavailable("counting can't be reached. Try later.")
        page = plain(symbol, window, cursor)
        return replace(page, next="more") if symbol == "B" and next(broken, False) else page

    vendor.page = breaks
    told = source.fetch(["A", "B"], "2024-01-02", "2024-03-01")
    assert [(failure.symbol, failure.rows) for failure in told.failures] == [("B", 60)]


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (lambda bars: pl.concat([bars, bars.tail(1)]), "the bar of A at 2024-01-12 twice"),
        (lambda bars: bars.reverse(), "do not ascend"),
        (lambda bars: bars.with_columns(symbol=pl.lit("Q")), "bars of Q, which was not asked for"),
        (lambda bars: bars.with_columns(pl.col("close").cast(pl.Float64)), "close as Float64, and not as Decimal"),
        (lambda bars: bars.drop("close"), "and not symbol, date, open"),
        (lambda bars: bars.with_columns(pl.col("date").cast(pl.Datetime("ns"))), "date as Datetime"),
        (lambda bars: bars.with_columns(pl.col("date").dt.offset_by("1mo")), "outside of 2024-01-02 to 2024-01-12"),
        (lambda bars: bars.with_columns(date=pl.lit(None, pl.Date)), "without a symbol or a stamp"),
    ],
)
def test_what_breaks_the_promises_of_a_source_is_not_kept(vendor, clock, root, spoil, told):
    plain = vendor.fetch

    def spoilt(*arguments, **options):
        fetched = plain(*arguments, **options)
        return replace(fetched, bars=spoil(fetched.bars))

    vendor.fetch = spoilt
    cached = Cached(vendor, BarCache(root), clock=clock)
    with pytest.raises(SourceMalformed, match=told):
        cached.fetch(["A"], "2024-01-02", "2024-01-12")
    assert BarCache(root).entries() == []
    vendor.fetch = plain
    same(cached.fetch(["A"], "2024-01-02", "2024-01-12"), direct(clock, ["A"], "2024-01-02", "2024-01-12"))


def test_what_is_no_answer_at_all_is_named(vendor, clock, root):
    vendor.fetch = lambda *_, **__: vendor
    with pytest.raises(SourceMalformed, match="a Counting, and no Fetched"):
        Cached(vendor, BarCache(root), clock=clock).fetch(["A"], "2024-01-02", "2024-01-12")
