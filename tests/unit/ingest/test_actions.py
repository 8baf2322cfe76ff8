from __future__ import annotations

import datetime as dt
from decimal import Decimal
from fractions import Fraction

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rustybt.catalog import open_version
from rustybt.core import CashDividend, Split, day_of
from rustybt.errors import BadBars, InputError
from rustybt.ingest import ingest
from rustybt.ingest._actions import split_ratio


def splits(**columns):
    return pl.DataFrame({"symbol": ["AAA"], "ex_date": ["2024-01-03"], **columns})


@pytest.mark.parametrize(
    ("ratio", "expected"),
    [
        (0.5, (1, 2)),
        (5 / 6, (5, 6)),
        (1 / 3, (1, 3)),
        (2 / 7, (2, 7)),
        (0.8333, (8333, 10000)),
        ("5/6", (5, 6)),
        ("10/4", (5, 2)),
        ("0.8333", (8333, 10000)),
        ("0.3333333333333333", (1, 3)),
        (Decimal("0.25"), (1, 4)),
        (2, (2, 1)),
        (1.1, (11, 10)),
    ],
)
def test_a_ratio_is_a_pair_of_integers(root, daily, ratio, expected):
    ingest("b", daily(), splits=splits(ratio=[ratio]), root=root)
    assert open_version("b", root=root).splits([0]) == [Split(0, 19_725, *expected)]


@given(st.integers(1, 1000), st.integers(1, 1000))
def test_a_float_ratio_finds_its_fraction_again(numerator, denominator):
    found = split_ratio(repr(numerator / denominator), is_float=True)
    assert found == Fraction(numerator, denominator)


@given(st.floats(1e-6, 1e6))
def test_a_float_ratio_is_the_float_that_it_was_read_from(ratio):
    found = split_ratio(repr(ratio), is_float=True)
    assert found is not None
    assert found.numerator / found.denominator == ratio


def test_dividends_keep_their_digits_and_dates(root, daily):
    dividends = pl.DataFrame(
        {
            "symbol": ["AAA", "AAA"],
            "ex_date": [dt.date(2024, 1, 4), dt.date(2024, 1, 3)],
            "amount": ["0.4250", "0.125"],
            "pay_date": [None, "2024-02-01"],
            "record_date": ["2024-01-05", None],
            "declared_date": ["2023-12-01", None],
            "currency": [None, "EUR"],
        }
    )
    ingest("b", daily(), dividends=dividends, assets={"currency": "EUR"}, root=root)

    def day(text):
        return day_of(dt.date.fromisoformat(text))

    assert open_version("b", root=root).dividends([0]) == [
        CashDividend(0, day("2024-01-03"), day("2024-02-01"), None, None, 125, 3, "EUR"),
        CashDividend(0, day("2024-01-04"), None, day("2024-01-05"), day("2023-12-01"), 425, 3, "EUR"),
    ]


@pytest.mark.parametrize(
    ("which", "change", "rule"),
    [
        ("splits", {"ratio": "0"}, "action"),
        ("splits", {"ratio": "-0.5"}, "action"),
        ("splits", {"ratio": "two"}, "action"),
        ("splits", {"ratio": "1/0"}, "action"),
        ("splits", {"ratio": None}, "action"),
        ("splits", {"ratio": "0.5", "ex_date": "soon"}, "action"),
        ("splits", {"ratio": "0.5", "symbol": "BBB"}, "symbol"),
        ("dividends", {"amount": "0"}, "action"),
        ("dividends", {"amount": "-1"}, "action"),
        ("dividends", {"amount": "NaN"}, "action"),
        ("dividends", {"amount": 0.1 + 0.2}, "precision"),
        ("dividends", {"amount": "1", "ex_date": None}, "action"),
        ("dividends", {"amount": "1", "symbol": "BBB"}, "symbol"),
        ("dividends", {"amount": "1", "currency": "EUR"}, "action"),
    ],
)
def test_an_action_that_means_nothing_is_found(root, daily, which, change, rule):
    row = {"symbol": "AAA", "ex_date": "2024-01-03", **change}
    with pytest.raises(BadBars) as caught:
        ingest("b", daily(), root=root, **{which: pl.DataFrame([row])})
    assert [f.rule for f in caught.value.findings] == [rule]
    assert str(caught.value.findings[0]).count(which)
    report = ingest("b", daily(), root=root, on_bad_row="drop", **{which: pl.DataFrame([row])})
    assert len(report.findings) == 1


def test_the_same_action_twice_is_found(root, daily):
    twice = pl.concat([splits(ratio=["1/2"]), splits(ratio=["1/3"])])
    with pytest.raises(BadBars) as caught:
        ingest("b", daily(), splits=twice, root=root)
    assert [f.rule for f in caught.value.findings] == ["duplicate"]
    dividends = pl.concat([splits(amount=["1"]), splits(amount=["1.0"])])
    with pytest.raises(BadBars) as caught:
        ingest("b", daily(), dividends=dividends, root=root)
    assert [f.rule for f in caught.value.findings] == ["duplicate"]
    special = pl.concat([splits(amount=["1"]), splits(amount=["3"])])
    ingest("b", daily(), dividends=special, root=root)
    assert [d.amount for d in open_version("b", root=root).dividends([0])] == [1, 3]


def test_appending_adds_actions_and_finds_contradictions(root, daily):
    ingest("b", daily(), splits=splits(ratio=["1/2"]), dividends=splits(amount=["1"]), root=root)
    same = ingest("b", daily(), splits=splits(ratio=[0.5]), dividends=splits(amount=[1]), mode="append", root=root)
    assert same.is_new is False
    for arguments in ({"splits": splits(ratio=["1/3"])}, {"dividends": splits(amount=["2"])}):
        with pytest.raises(BadBars) as caught:
            ingest("b", daily(), mode="append", root=root, **arguments)
        assert [f.rule for f in caught.value.findings] == ["conflict"]
    later = pl.DataFrame({"symbol": ["AAA"], "ex_date": ["2024-01-04"], "amount": ["0.5"]})
    ingest("b", daily(), dividends=later, mode="append", root=root)
    version = open_version("b", root=root)
    assert [(d.ex_day, d.amount, d.scale) for d in version.dividends([0])] == [(19_725, 1, 0), (19_726, 5, 1)]
    assert len(version.splits([0])) == 1


def test_an_action_belongs_to_who_carried_the_symbol_then(root, daily):
    bars = pl.concat(
        [
            daily("FB", 3).with_columns(asset_key=pl.lit("meta")),
            daily("FB", 3, 6).with_columns(asset_key=pl.lit("other")),
        ]
    )
    dividends = pl.DataFrame({"symbol": ["FB"] * 2, "ex_date": ["2024-01-03", "2024-01-11"], "amount": ["1", "2"]})
    ingest("b", bars, dividends=dividends, root=root)
    version = open_version("b", root=root)
    owners = {d.amount: version.asset(d.sid).key for d in version.dividends([0, 1])}
    assert owners == {1: "meta", 2: "other"}


def test_a_missing_column_of_actions_is_named(root, daily):
    with pytest.raises(InputError, match="ratio"):
        ingest("b", daily(), splits=splits(factor=["1/2"]), root=root)
