"""Dividends in shares: what the frame says, and which rows mean nothing."""

from __future__ import annotations

import datetime as dt

import polars as pl
import pytest

from rustybt.catalog import open_version
from rustybt.core import StockDividend, day_of
from rustybt.errors import BadBars
from rustybt.ingest import ingest

EX = day_of(dt.date(2024, 1, 3))


def in_shares(**columns):
    return pl.DataFrame({"symbol": ["AAA"], "ex_date": ["2024-01-03"], "ratio": ["0.05"], **columns})


def stored(root, daily, frame, **more):
    bars = pl.concat([daily("AAA"), daily("BBB")])
    report = ingest("b", bars, root=root, mode="replace", stock_dividends=frame, **more)
    return open_version("b", root=root).stock_dividends(), report


def test_a_dividend_pays_in_the_named_shares_or_in_its_own(root, daily):
    frame = in_shares(payment_symbol=["BBB"], pay_date=["2024-01-09"])
    found, _ = stored(root, daily, frame)
    assert found == [StockDividend(0, EX, 1, 1, 20, EX + 6, None, None)]
    found, _ = stored(root, daily, in_shares())
    assert found == [StockDividend(0, EX, 0, 1, 20, None, None, None)]
    found, _ = stored(root, daily, in_shares(payment_asset_key=["XNYS:BBB"]))
    assert found[0].payment_sid == 1


def test_a_float_ratio_is_the_simplest_fraction_of_its_digits(root, daily):
    frame = pl.DataFrame({"symbol": ["AAA"], "ex_date": ["2024-01-03"], "ratio": [1 / 3]})
    found, _ = stored(root, daily, frame)
    assert (found[0].numerator, found[0].denominator) == (1, 3)


def test_symbols_are_renamed_in_both_columns(root, daily):
    bars = pl.concat([daily("a"), daily("b")])
    frame = pl.DataFrame({"symbol": ["a"], "ex_date": ["2024-01-03"], "ratio": ["1/10"], "payment_symbol": ["b"]})
    ingest("b", bars, root=root, symbols={"a": "AAA", "b": "BBB"}, stock_dividends=frame)
    version = open_version("b", root=root)
    assert [(d.sid, d.payment_sid) for d in version.stock_dividends()] == [(0, 1)]


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ({"ratio": ["none"]}, "ratio none is no number above zero"),
        ({"ratio": ["0"]}, "ratio 0 is no number above zero"),
        ({"symbol": ["ZZZ"]}, "there are no bars of ZZZ"),
        ({"payment_symbol": ["ZZZ"]}, "it pays in ZZZ, and there are no bars of that"),
        ({"ex_date": ["soon"]}, "ex_date soon is no date"),
    ],
)
def test_a_row_that_means_nothing_is_refused(root, daily, columns, said):
    with pytest.raises(BadBars, match=said):
        stored(root, daily, in_shares().with_columns(**{n: pl.Series(n, v) for n, v in columns.items()}))


def test_the_same_dividend_twice_is_a_duplicate(root, daily):
    with pytest.raises(BadBars, match="an earlier row has the same day and payment"):
        stored(root, daily, pl.concat([in_shares(), in_shares()]))


def test_appending_takes_over_what_is_stored_and_refuses_what_contradicts_it(root, daily):
    _, first = stored(root, daily, in_shares())
    again = ingest("b", daily("AAA"), root=root, mode="append", stock_dividends=in_shares())
    assert (again.is_new, again.hash) == (False, first.hash)
    ingest("b", daily("AAA", rows=5), root=root, mode="append")
    assert len(open_version("b", root=root).stock_dividends()) == 1
    with pytest.raises(BadBars, match="the bundle has another one of that day"):
        ingest("b", daily("AAA"), root=root, mode="append", stock_dividends=in_shares(pay_date=["2024-01-05"]))


def test_a_dividend_in_shares_is_part_of_the_hash(root, daily):
    _, without = stored(root, daily, None)
    _, having = stored(root, daily, in_shares())
    assert without.hash != having.hash
