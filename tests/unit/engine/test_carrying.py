"""What holding costs overnight, through `run_algorithm`; the right amounts are exact fractions, worked out by hand."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import rustybt
from rustybt.errors import InputError, SetAccountPostInit
from tests.unit._small import ingest, run

D, F = Decimal, Fraction
KERNELS = ("python", "auto")
TUESDAY = dt.date(2024, 1, 9)
WEEK = [dt.date(2024, 1, day) for day in (8, 9, 10, 11, 12, 15, 16, 17)]
"""Monday to Friday, and the Monday to Wednesday after, of a calendar without holidays."""
ON_WEEKDAYS = {"calendar": "24/5", "days": WEEK}


def held(
    quantity: Any, set_up: Any, *, close: Any = 100, begin: int = 0, days: int = 2, symbol: str = "X", **how: Any
) -> rustybt.Result:
    """A run that buys on a day, at the close of the next, and holds from there over the nights of so many days."""
    assets = how.pop("assets", None)
    about = {} if assets is None else {"assets": assets}
    ingest({symbol: [close] * len(WEEK)}, volume=10**9, **ON_WEEKDAYS, **about)
    how.setdefault("capital", 1_000_000)

    def order(context: Any, data: Any) -> None:
        context.order(context.symbol(symbol), quantity)

    def initialize(context: Any) -> None:
        set_up(context)

    return run({0: order}, initialize=initialize, start=WEEK[begin], end=WEEK[begin + days], **how)


def booked(result: rustybt.Result, *kinds: str) -> list[Decimal]:
    return result.entries.filter(pl.col("kind").is_in(kinds))["amount"].to_list()


def rounded(value: str | Fraction) -> Decimal:
    """An exact amount as the books have it: at 20 decimals, half-even."""
    exact = F(value) * 10**20
    return D(round(exact)).scaleb(-20)


TWICE = pl.DataFrame({"date": [TUESDAY] * 2, "rate": ["0.01", "0.02"]})
TIERS = [(100_000, "0.015"), (None, "0.01")]
POUNDS = [(80_000, "0.015"), (None, "0.01")]


# ------------------------------------------------------------------------------------------------------- interest


@pytest.mark.parametrize("kernel", KERNELS)
def test_interest_on_a_debit_is_charged_by_tiers_each_on_its_part(kernel: str) -> None:
    """A broker states 106.72 for 600,000 USD at 5.32 % and tiers of +1.50 % to 100,000 and +1.00 % above."""

    def terms(context: Any) -> None:
        context.set_financing(debit=TIERS, benchmark="0.0532")

    result = held(16_000, terms, kernel=kernel)
    assert result.daily["ending_cash"][1] == -600_000
    assert booked(result, "financing") == [rounded("-1921/18")]
    assert result.daily["ending_cash"][2] == -600_000 + rounded("-1921/18")


def test_a_rate_that_may_have_been_meant_in_per_cent_is_noted() -> None:
    def terms(context: Any) -> None:
        context.set_financing(debit=5, credit=1)
        context.set_borrow(default="0.03", rates={"X": 3})

    notes = [note for note in held(1, terms).notes if note.code == "rate_above_100_percent"]
    assert [note.data for note in notes] == [
        {"where": "set_financing(debit)", "rate": "5.0"},
        {"where": "set_borrow", "rate": "3.0"},
    ]
    assert "5, which is 500 % a year" in notes[0].text


def test_interest_in_pounds_counts_365_days() -> None:
    """A broker states 27.00 for 160,000 GBP at 4.91 %."""

    def terms(context: Any) -> None:
        context.set_financing(debit={"GBP": POUNDS}, benchmark={"GBP": "0.0491", "USD": 1}, basis={"GBP": 365})

    result = held(11_600, terms, assets={"currency": "GBP"})
    assert booked(result, "financing") == [rounded("-9856/365")]


def test_a_weekend_is_three_nights_and_the_rates_of_each_are_those_of_its_day() -> None:
    """A rate of 3.6 % holds from Saturday on: Friday's night is at the one before. 1,000,000 at 100 a unit."""

    def terms(context: Any) -> None:
        context.set_financing(debit={"2000-01-01": "0.018", "2024-01-13": "0.036"})

    result = held(20_000, terms, begin=3, days=2)
    night = F(1_000_000) / 360
    assert booked(result, "financing") == [rounded(-night * (F("0.018") + 2 * F("0.036")))]
    assert result.entries.filter(kind="financing")["reason"].to_list() == ["3 nights on -1000000 USD"]


def test_a_credit_has_its_tiers_too_and_one_may_pay_nothing() -> None:
    def terms(context: Any) -> None:
        context.set_financing(credit=[(10_000, None), (None, "-0.005")], benchmark="0.04")

    result = held(1, terms, close=100, capital=110_100)
    # before the fill, and after it
    nights = [F(100_100) * F("0.035") / 360, F(100_000) * F("0.035") / 360]
    assert booked(result, "financing") == [rounded(nights[0]), rounded(nights[1] + rounded_rest(nights[0]))]


def rounded_rest(posted: Fraction) -> Fraction:
    """What interest on interest comes to: the amount posted is cash of the next night."""
    return F(rounded(posted)) * F("0.035") / 360


def test_a_benchmark_below_zero_is_no_gain_of_who_owes() -> None:
    def terms(context: Any) -> None:
        context.set_financing(debit="0.01", credit="-0.005", benchmark="-0.02")

    assert booked(held(20_000, terms), "financing") == [rounded(-F(1_000_000) * F("0.01") / 360)]


@pytest.mark.parametrize(("proceeds", "base"), [("held", 1_000_000), ("free", 1_500_000)])
def test_what_a_short_was_sold_for_is_held_unless_it_is_free(proceeds: Any, base: int) -> None:
    def terms(context: Any) -> None:
        context.set_financing(credit={"2024-01-09": "0.036"}, short_proceeds=proceeds)

    assert booked(held(-5_000, terms), "financing") == [rounded(F(base) * F("0.036") / 360)]


def test_rates_come_as_a_frame_or_a_file_too(tmp_path: Path) -> None:
    rows = [
        ("2024-01-01", "USD", "100000", "0.02"),
        ("2024-01-01", "USD", None, "0.01"),
        ("2024-01-10", "USD", None, "0"),
    ]
    frame = pl.DataFrame(rows, schema=["date", "currency", "up_to", "rate"], orient="row")
    frame.write_csv(tmp_path / "debit.csv")
    right = [rounded(-(100_000 * F("0.02") + 900_000 * F("0.01")) / 360)]
    for given in (frame, frame.to_pandas(), tmp_path / "debit.csv", str(tmp_path / "debit.csv")):
        assert (
            booked(held(20_000, lambda context, given=given: context.set_financing(debit=given), days=4), "financing")
            == right
        )


# --------------------------------------------------------------------------------------------------------- borrow


@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize(
    ("quantity", "close", "rate", "begin", "value", "right"),
    [
        # 44 a share is lent on: 42.80 x 1.02 = 43.656, up to the whole dollar
        (-3_700, "42.80", "0.0029", 0, "street", "-11803/9000"),
        (-10_000, "0.10", "0.10", 0, "street", "-25/9"),
        # from Friday to Monday
        (-10_000, "0.10", "0.10", 3, "street", "-25/3"),
        (-3_700, "42.80", "0.0029", 0, "close", -F(3_700) * F("42.80") * F("0.0029") / 360),
    ],
)
def test_a_short_pays_for_its_shares(
    quantity: int, close: str, rate: str, begin: int, value: Any, right: Any, kernel: str
) -> None:
    def terms(context: Any) -> None:
        context.set_borrow(rate, value=value)

    result = held(quantity, terms, close=close, begin=begin, kernel=kernel)
    assert booked(result, "borrow") == [rounded(right)]
    assert result.entries.filter(kind="borrow")["detail"].to_list() == ["borrow"]


def test_a_long_borrows_nothing() -> None:
    assert booked(held(100, lambda context: context.set_borrow("0.5")), "borrow", "financing", "rollover") == []


def test_a_rate_holds_from_its_date_on_and_the_default_before_it() -> None:
    frame = pl.DataFrame({"symbol": ["X", "Y"], "date": ["2024-01-10", "2024-01-01"], "rate": ["0.36", "9"]})

    def terms(context: Any) -> None:
        context.set_borrow(frame, default="0.036")

    # held from the close of the 9th; the night of the 9th has no row yet
    result = held(-100, terms, days=3)
    assert booked(result, "borrow") == [D(-1), D(-10)]


@pytest.mark.parametrize("form", ["mapping", "by date", "csv", "pandas", "series"])
def test_borrow_rates_in_the_forms_that_people_have(form: str, tmp_path: Path) -> None:
    frame = pl.DataFrame({"symbol": ["X"], "rate": ["0.36"]})
    frame.write_csv(tmp_path / "rates.csv")
    given: Any = {
        "mapping": {"X": 0.36},
        "by date": {"X": {dt.date(2024, 1, 9): "0.36"}},
        "csv": tmp_path / "rates.csv",
        "pandas": frame.to_pandas(),
        "series": frame.to_pandas().set_index("symbol")["rate"],
    }[form]
    assert booked(held(-100, lambda context: context.set_borrow(given)), "borrow") == [D(-10)]


def test_nights_are_charged_from_settlement_to_settlement() -> None:
    """Sold on Tuesday the 9th, bought back on Friday the 12th; two sessions later each counts: the nights of the 11th,
    the 12th to the 14th, and the 15th, at ten a night."""
    ingest({"X": [100] * len(WEEK)}, **ON_WEEKDAYS)

    def sell(context: Any, data: Any) -> None:
        context.order(context.symbol("X"), -100)

    def buy(context: Any, data: Any) -> None:
        context.order(context.symbol("X"), 100)

    def terms(context: Any) -> None:
        context.set_borrow("0.36", settled=2)

    result = run({0: sell, 3: buy}, initialize=terms, start=WEEK[0], end=WEEK[-1])
    assert booked(result, "borrow") == [D(-10), D(-30), D(-10)]


def test_a_split_restates_what_has_not_settled() -> None:
    """100 sold on the 9th are 200 from the 11th on, at half the price: as much money."""
    closes = [100, 100, 100, 50, 50, 50, 50, 50]
    ingest({"X": closes}, splits=[("X", "2024-01-11", "0.5")], **ON_WEEKDAYS)

    def sell(context: Any, data: Any) -> None:
        context.order(context.symbol("X"), -100)

    def terms(context: Any) -> None:
        context.set_borrow("0.36", settled=2)

    result = run({0: sell}, initialize=terms, start=WEEK[0], end=WEEK[5])
    assert booked(result, "borrow") == [D(-10), D(-30)]


def test_a_short_owes_the_dividend() -> None:
    """Sold on the 9th; 2 a share are earned on the 10th, and paid on the 11th."""
    ingest({"X": [100] * 8}, dividends=[("X", "2024-01-10", "2", "2024-01-11")], **ON_WEEKDAYS)

    def sell(context: Any, data: Any) -> None:
        context.order(context.symbol("X"), -100)

    result = run({0: sell}, start=WEEK[0], end=WEEK[3])
    assert booked(result, "dividend") == [D(-200)]


# ------------------------------------------------------------------------------------------------------ currencies

EURUSD = {"type": "forex", "currency": "USD", "quantity_step": "1"}


def pair(quantity: Any, begin: int, days: int = 2, close: str = "1.15826", **terms: Any) -> list[Decimal]:
    def set_up(context: Any) -> None:
        context.set_rollover(**terms)

    return booked(
        held(quantity, set_up, close=close, begin=begin, days=days, symbol="EURUSD", assets=EURUSD), "rollover"
    )


def test_a_pair_rolls_over_at_a_rate() -> None:
    """A broker states -9.52 for 100,000 EUR/USD at 1.15826 and -3.00 % a year; three nights on Wednesday."""
    rates = {"EURUSD": ("-0.03", "0.01")}
    assert pair(100_000, 0, rates=rates) == [rounded("-173739/18250")]
    assert pair(100_000, 1, rates=rates, triple="wednesday") == [rounded("-521217/18250")]
    assert pair(-100_000, 0, rates=rates) == [rounded(F(100_000) * F("1.15826") * F("0.01") / 365)]


def test_tom_next_points_with_what_the_broker_adds() -> None:
    """A broker states -59.50: 3 x -0.3 - 0.29 = -1.19 points at 50, on a Wednesday. A point is 0.0001 here."""
    rates = {"EURUSD": {"long": "-0.00003", "short": "0.00001", "admin": "0.000029"}}
    assert pair(500_000, 1, rates=rates, unit="points", triple="wednesday") == [rounded("-119/2")]


def test_the_nights_of_a_week_are_seven_however_they_are_put_on_its_days() -> None:
    """-6.30 a night from Monday to the next Monday: -44.10. It is bought at Monday's close."""
    rates = {"EURUSD": ("-6.30", "0")}
    for triple in (None, "wednesday", "thursday", "friday"):
        ingest({"EURUSD": ["1.1"] * 8}, assets=EURUSD, calendar="24/5", days=[dt.date(2024, 1, 5), *WEEK[:7]])

        def order(context: Any, data: Any) -> None:
            context.order(context.symbol("EURUSD"), 1)

        def terms(context: Any, triple: Any = triple) -> None:
            context.set_rollover(rates, unit="points", triple=triple)

        result = run({0: order}, initialize=terms, start=dt.date(2024, 1, 5), end=WEEK[5])
        paid = booked(result, "rollover")
        assert sum(paid) == rounded("-441/10")
        if triple == "wednesday":
            assert [amount / D("-6.3") for amount in paid] == [1, 1, 3, 1, 1]


def test_a_pair_pays_the_difference_of_two_rates_less_a_markup() -> None:
    rates = {"EUR": {"2024-01-01": "0.02"}, "USD": {"2024-01-01": "0.05"}}
    night = F(100_000) * F("1.15826") / 365
    assert pair(100_000, 0, currencies=rates, markup="0.001") == [rounded(-night * F("0.031"))]
    assert pair(-100_000, 0, currencies=rates, markup="0.001") == [rounded(night * F("0.029"))]


def test_what_a_pair_was_paid_with_bears_no_other_interest() -> None:
    def terms(context: Any) -> None:
        context.set_financing(debit="0.36", credit={"2024-01-09": "0.036"})
        context.set_rollover({"EURUSD": ("-0.03", "0.01")})

    result = held(2_000_000, terms, close="1", symbol="EURUSD", assets=EURUSD)
    assert result.daily["ending_cash"][1] == -1_000_000
    assert booked(result, "financing") == [D(100)]


def test_funding_is_a_kind_of_its_own() -> None:
    """2 x 65,000 x 0.0001: a long pays 13, a short gets it."""
    for quantity, right in ((2, -13), (-2, 13)):
        paid = pl.DataFrame(
            {"symbol": ["P"], "timestamp": ["2024-01-10T08:00:00Z"], "rate": ["0.0001"], "mark_price": ["65000"]}
        )
        ingest({"P": [65_000] * 8}, days=WEEK, assets={"type": "perpetual"}, funding=paid)

        def order(context: Any, data: Any, quantity: int = quantity) -> None:
            context.order(context.symbol("P"), quantity)

        result = run({0: order}, start=WEEK[0], end=WEEK[2], capital=1_000_000)
        assert booked(result, "funding") == [D(right)]


# -------------------------------------------------------------------------------------------------------- bad use


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda c: c.set_borrow({"X": "-0.01"}), "negative"),
        (lambda c: c.set_borrow(default=-1), "negative"),
        (lambda c: c.set_borrow("0.1", value="mark"), "'close' or 'street'"),
        (lambda c: c.set_borrow("0.1", basis=0), "whole number of 1 or more"),
        (lambda c: c.set_borrow("0.1", settled="two"), "whole number of 0 or more"),
        (lambda c: c.set_borrow("no_such_file.csv"), "no_such_file"),
        (lambda c: c.set_borrow(pl.DataFrame({"rate": ["0.1"]})), "no column symbol"),
        (lambda c: c.set_borrow(pl.DataFrame({"symbol": ["X"], "fee": ["0.1"]})), "no column rate or available"),
        (lambda c: c.set_borrow(pl.DataFrame({"symbol": ["X", "X"], "rate": ["0.1", "0.2"]})), "same day"),
        (lambda c: c.set_financing(), "debit=, credit= or both"),
        (lambda c: c.set_financing(debit=[(1, "0.1"), (None, "0.2"), (3, "0.1")]), "rising"),
        (lambda c: c.set_financing(debit=[(1, "0.1")]), "the last one None"),
        (lambda c: c.set_financing(debit="five"), "five"),
        (lambda c: c.set_financing(debit=1, short_proceeds="kept"), "'held' or 'free'"),
        (lambda c: c.set_borrow({"Z": "0.1", "W": "0.2"}), "set_borrow: none of Z, W is a symbol of bundle 'small'"),
        (lambda c: c.set_rollover({"Z": (1, 1)}), "set_rollover: none of Z is"),
        (lambda c: c.set_rollover(), "rates= by symbol, or currencies="),
        (lambda c: c.set_rollover({"EURUSD": 1}), "no pair"),
        (lambda c: c.set_rollover({"EURUSD": (1, 1)}, triple="sunday"), "monday"),
        (lambda c: c.set_rollover(currencies={"EUR": 1}, unit="points"), "'rate'"),
        (lambda c: c.set_financing(debit="-0.05"), "who owes money would be paid"),
        (lambda c: c.set_financing(debit=[(0, "0.05"), (None, "0.01")]), "above zero and rising"),
        (lambda c: c.set_financing(debit={"usd": "0.05"}), "capitals: 'USD'"),
        (lambda c: c.set_financing(debit={"GBP": "0.05"}), "set_financing: the run has no cash in GBP; it has USD"),
        (lambda c: c.set_rollover(currencies={"EUR": 0, "JPY": 0}), "set_rollover: bundle 'small' has no pair of two"),
        (lambda c: c.set_financing(debit=1, benchmark=pl.DataFrame({"date": [], "rate": []})), "benchmark has no rows"),
        (lambda c: c.set_financing(debit=1, benchmark=TWICE), "benchmark: two rows hold from the same day on"),
        (lambda c: c.set_borrow(pl.DataFrame({"symbol": [], "rate": []})), "rates has no rows"),
        (lambda c: c.set_borrow(pl.DataFrame({"symbol": ["X"], "rate": [None]})), "a row of X has no rate"),
        (lambda c: c.set_rollover({"X": (1, 1)}, markup="0.01"), "their third number, admin"),
        (lambda c: c.set_rollover(currencies={"EUR": 1, "USD": 1}, markup="-0.01"), "pass 0 or more, with currencies="),
    ],
)
def test_what_means_nothing_is_refused(call: Any, said: str) -> None:
    with pytest.raises(InputError, match=said):
        held(1, call)


def test_it_is_set_in_initialize() -> None:
    ingest({"X": [100] * 8}, **ON_WEEKDAYS)
    for call in (lambda c: c.set_borrow(0), lambda c: c.set_financing(1), lambda c: c.set_rollover({"X": (1, 1)})):
        with pytest.raises(SetAccountPostInit, match="initialize"):
            run(lambda context, data, call=call: call(context), start=WEEK[0], end=WEEK[1])


# ------------------------------------------------------------------------------- currencies, minutes, weeks, brokers

WORLD = pl.DataFrame(
    [("A", "USD", "equity"), ("B", "EUR", "equity"), ("EURUSD", "USD", "forex")],
    schema=["symbol", "currency", "type"],
    orient="row",
)


@pytest.mark.parametrize("kernel", KERNELS)
def test_each_currency_bears_its_own_interest(kernel: str) -> None:
    """1,000 of B at 50 are owed in euros, at 3.6 %; 100,000 dollars bear 0.36 %. The first night bears, too."""
    ingest({"A": [10] * 8, "B": [50] * 8, "EURUSD": ["1.1"] * 8}, assets=WORLD, **ON_WEEKDAYS)

    def buy(context: Any, data: Any) -> None:
        context.order(context.symbol("B"), 1_000)

    def terms(context: Any) -> None:
        context.set_financing(debit={"EUR": "0.036"}, credit={"USD": {"2024-01-09": "0.0036"}})
        context.set_borrow({"B": "0.36"})

    result = run({0: buy}, initialize=terms, start=WEEK[0], end=WEEK[3], capital=100_000, currency="USD", kernel=kernel)
    found = result.entries.filter(kind="financing").select("currency", "detail", "amount").rows()
    assert found == [
        ("USD", "credit", D(1)), ("EUR", "debit", D(-5)),
        ("USD", "credit", rounded(100_001 * F("0.0036") / 360)), ("EUR", "debit", rounded(-50_005 * F("0.036") / 360)),
    ]  # fmt: skip


@pytest.mark.parametrize("kernel", KERNELS)
def test_a_short_in_euros_pays_in_euros_and_needs_margin_in_dollars(kernel: str) -> None:
    """1,000 short at 50 are 55,000 dollars, of which half has to be there."""
    ingest({"A": [10] * 8, "B": [50] * 8, "EURUSD": ["1.1"] * 8}, assets=WORLD, **ON_WEEKDAYS)

    def sell(context: Any, data: Any) -> None:
        context.order(context.symbol("B"), -1_001)
        context.order(context.symbol("B"), -1_000)

    def terms(context: Any) -> None:
        context.set_account("reg_t")
        context.set_borrow({"B": "0.36"})

    result = run({0: sell}, initialize=terms, start=WEEK[0], end=WEEK[2], capital=27_500, currency="USD", kernel=kernel)
    assert result.orders["status"].to_list() == ["rejected", "filled"]
    assert result.entries.filter(kind="borrow").select("currency", "amount").rows() == [("EUR", D(-50))]


@pytest.mark.parametrize("kernel", KERNELS)
def test_minutes_pay_for_what_is_held_over_night_and_for_nothing_else(kernel: str) -> None:
    """Of two days of minutes: 100 are short over the night between them; 300 more within the second day only."""
    opens = [dt.datetime(2024, 1, day, tzinfo=dt.UTC) for day in (9, 10, 11)]
    rows = [("X", begin + dt.timedelta(minutes=k + 1), *["100"] * 4, "1000000") for begin in opens for k in range(1440)]
    names = ["symbol", "timestamp", "open", "high", "low", "close", "volume"]
    rustybt.ingest(
        "small", pl.DataFrame(rows, schema=names, orient="row"), frequency="1m", stamp="end", calendar="24/7",
        mode="replace",
    )  # fmt: skip
    at = {600: -100, 1500: -300, 1600: 300}

    def trade(context: Any, data: Any) -> None:
        if context.bar in at:
            context.order(context.symbol("X"), at[context.bar])

    def terms(context: Any) -> None:
        context.set_borrow("0.36")
        context.set_account("reg_t")

    result = run(
        trade, initialize=terms, start=opens[0].date(), end=opens[2].date(), capital=1_000_000,
        data_frequency="minute", kernel=kernel,
    )  # fmt: skip
    entries = result.entries.filter(kind="borrow").select("stamp", "amount").rows()
    assert [(stamp.date(), amount) for stamp, amount in entries] == [
        (opens[1].date(), D(-10)), (opens[2].date(), D(-10)),
    ]  # fmt: skip


def test_weeks_are_charged_by_their_days_as_a_run_of_days_is() -> None:
    """Short from the close of Friday the 19th on; closes differ from day to day."""
    days = [dt.date(2024, 1, 8) + dt.timedelta(day) for day in range(26)]
    days = [day for day in days if day.weekday() < 5]
    ingest({"X": [100 + place for place in range(len(days))]}, calendar="24/5", days=days)

    def sell(context: Any, data: Any) -> None:
        context.order(context.symbol("X"), -100)

    def terms(context: Any) -> None:
        context.set_borrow("0.36", settled=1)
        context.set_financing(debit="0.05", credit="0.02")

    daily = run({8: sell}, initialize=terms, start=days[0], end=days[-1])
    weekly = run({0: sell}, initialize=terms, start=days[0], end=days[-1], data_frequency="1w")
    charged = [
        result.entries.filter(pl.col("kind").is_in(["borrow", "financing"])).select("stamp", "kind", "amount").rows()
        for result in (daily, weekly)
    ]
    assert len(charged[0]) > 20
    assert charged[0] == charged[1]


def test_a_rate_of_tomorrow_changes_nothing_of_today() -> None:
    """Two tables that agree up to the 11th: the books agree up to the opening of the 12th."""
    tables = [{"X": {"2024-01-01": "0.36", "2024-01-12": later}} for later in ("0.01", "5")]
    results = [held(-100, lambda context, rates=rates: context.set_borrow(rates), days=5) for rates in tables]
    until = dt.datetime(2024, 1, 12, 0, 0, 1, tzinfo=dt.UTC)
    same, other = (result.entries.filter(pl.col("stamp") < until) for result in results)
    assert same.equals(other)
    assert not results[0].entries.equals(results[1].entries)


def test_a_pair_without_rates_is_noted() -> None:
    def terms(context: Any) -> None:
        context.set_rollover({"EURUSD": ("-0.03", "0.01"), "GBPUSD": ("-0.02", "0.01")})

    for symbol, noted in (("EURUSD", False), ("AUDUSD", True)):
        about = pl.DataFrame({"symbol": [symbol, "GBPUSD"], "type": ["forex"] * 2, "currency": ["USD"] * 2})
        ingest({symbol: ["1"] * 8, "GBPUSD": ["1"] * 8}, days=WEEK, calendar="24/5", assets=about)
        result = run(
            lambda context, data, symbol=symbol: context.order_target(context.symbol(symbol), 100), initialize=terms,
            start=WEEK[0], end=WEEK[4],
        )  # fmt: skip
        found = [note.data["asset"] for note in result.notes if note.code == "rollover_not_known"]
        assert found == ([symbol] if noted else [])
