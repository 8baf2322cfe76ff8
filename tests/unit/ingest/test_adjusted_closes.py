"""Dividends and splits out of a column adj close, which is made here from dividends and splits by the book."""

from __future__ import annotations

import datetime as dt
from decimal import ROUND_HALF_EVEN, Decimal
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

import rustybt
from rustybt.errors import InputError
from tests.unit._command import command

DAYS = [dt.date(2024, 1, 1) + dt.timedelta(days) for days in range(60)]
DIVIDENDS = {12: Decimal("0.24"), 30: Decimal("0.255"), 47: Decimal("1.1")}
SPLITS = {20: Fraction(1, 2), 41: Fraction(5, 6), 50: Fraction(10, 1)}


def closes() -> list[Decimal]:
    moves = np.random.default_rng(5).integers(-150, 150, len(DAYS))
    return [Decimal(15_000 + int(total)) / 100 for total in np.cumsum(moves)]


def frame(actions: dict[int, Any], places: int = 6) -> pl.DataFrame:
    """Each close before an ex-date times 1 less the dividend by the close before, or times the split's ratio."""
    plain = list(map(Fraction, closes()))
    factor, adjusted = Fraction(1), []
    for at in reversed(range(len(DAYS))):
        adjusted.append(plain[at] * factor)
        if at in actions:
            one = actions[at]
            factor *= one if isinstance(one, Fraction) else 1 - Fraction(one) / plain[at - 1]
    unit = Decimal(1).scaleb(-places)
    texts = [
        str((Decimal(one.numerator) / Decimal(one.denominator)).quantize(unit, ROUND_HALF_EVEN))
        for one in reversed(adjusted)
    ]
    close = list(map(str, closes()))
    return pl.DataFrame(
        {"date": DAYS, "open": close, "high": close, "low": close, "Close": close, "Adj Close": texts}
    ).with_columns(volume=pl.lit(1000), symbol=pl.lit("ACME"))


def paid(dividend: Any) -> Decimal:
    return Decimal(dividend.amount).scaleb(-dividend.scale)


def ingested(bars: Any, **options: Any) -> rustybt.catalog.Version:
    rustybt.ingest("mine", bars, calendar="24/7", mode="replace", **options)
    return rustybt.open_version("mine")


def test_it_is_left_out_and_told_with_the_option_that_reads_it() -> None:
    report = rustybt.ingest("mine", frame(DIVIDENDS), calendar="24/7")
    assert "columns that are not read: adj close; adj close is the close less" in report.notes[0]
    assert "--adj-close dividends" in report.notes[0]
    assert rustybt.open_version("mine").dividends([0]) == []


@pytest.mark.parametrize("places", [4, 6, 10])
def test_dividends_come_back_digit_by_digit(places: int) -> None:
    version = ingested(frame(DIVIDENDS, places), adj_close="dividends")
    found = {(one.ex_day, paid(one)) for one in version.dividends([0])}
    assert found == {((DAYS[at] - dt.date(1970, 1, 1)).days, amount) for at, amount in DIVIDENDS.items()}
    assert version.splits([0]) == []


@pytest.mark.parametrize("places", [4, 6, 10])
def test_splits_come_back_as_the_fractions_that_they_were(places: int) -> None:
    report = rustybt.ingest("mine", frame(SPLITS, places), calendar="24/7", adj_close="splits")
    version = rustybt.open_version("mine")
    found = {(one.ex_day, Fraction(one.numerator, one.denominator)) for one in version.splits([0])}
    assert found == {((DAYS[at] - dt.date(1970, 1, 1)).days, ratio) for at, ratio in SPLITS.items()}
    assert any(note.startswith("adj close: 3 splits of 1 asset were made of its steps") for note in report.notes)
    assert not any("not read" in note for note in report.notes)


def test_floats_of_32_bits_tell_the_same() -> None:
    """As the chart of Yahoo has them."""
    floats = frame(DIVIDENDS).with_columns(
        pl.col("Adj Close").cast(pl.Float64).cast(pl.Float32).cast(pl.Float64), pl.col("Close").cast(pl.Float64)
    )
    found = ingested(floats, adj_close="dividends").dividends([0])
    assert list(map(paid, found)) == list(DIVIDENDS.values())


def test_the_value_of_who_holds_on_follows_the_adjusted_close(tmp_path: Path) -> None:
    bars = frame(DIVIDENDS)
    bars.rename({"Close": "close"}).write_csv(tmp_path / "ACME.csv")
    done = command(
        "ingest", "csv", str(tmp_path / "ACME.csv"), "-b", "mine", "--calendar", "24/7", "--adj-close", "dividends"
    )
    assert "3 dividends of 1 asset" in done.stdout

    def buy(context: Any, data: Any) -> None:
        if context.portfolio.positions_value == 0:
            rustybt.api.order(rustybt.api.symbol("ACME"), 100)

    bars = bars.with_columns(volume=pl.lit(10**6))
    result = rustybt.run(buy, bars, trading_calendar="24/7", adj_close="dividends")
    cash = result.daily["ending_cash"].to_list()
    rises = [after - before for before, after in pairwise(cash[2:]) if after != before]
    assert rises == [100 * amount for amount in DIVIDENDS.values()]


def test_what_is_neither_is_refused_with_the_day() -> None:
    with pytest.raises(InputError, match=r"at 2024-01-21 the adjusted close of ACME .* more than half|at 2024-02-20"):
        ingested(frame({20: Fraction(1, 3)}), adj_close="dividends")
    with pytest.raises(InputError, match="no dividend raises what was before it"):
        ingested(frame({20: Fraction(3, 2)}), adj_close="dividends")
    with pytest.raises(InputError, match="no split has such a ratio"):
        ingested(frame({20: Fraction(1, 20_000)}, 10), adj_close="splits")
    noise = frame({}).with_columns(pl.Series("Adj Close", [str(100 + at % 7) for at in range(len(DAYS))]))
    with pytest.raises(InputError, match="which dividends and splits do not"):
        ingested(noise, adj_close="dividends")
    with pytest.raises(InputError, match="has no column adj close"):
        ingested(frame({}).drop("Adj Close"), adj_close="dividends")
    with pytest.raises(InputError, match="adj_close is 'yes'"):
        ingested(frame({}), adj_close="yes")
    bad = frame({}).with_columns(pl.Series("Adj Close", ["0", *["1"] * (len(DAYS) - 1)]))
    with pytest.raises(InputError, match="the adjusted close of ACME is '0'"):
        ingested(bad, adj_close="splits")
