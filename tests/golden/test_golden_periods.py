"""Runs on weeks and months with something inside them; each number is worked out beside it.

All weeks are those of January and February 2024 in New York, where Mondays 15 January and 19 February are holidays. A
price moves by what a split or dividend makes of it and by nothing else, so that nobody gains or loses.
"""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import polars as pl
import pytest

import rustybt
from rustybt.api import commission, slippage

D = Decimal
CLOSED = {dt.date(2024, 1, 1), dt.date(2024, 1, 15), dt.date(2024, 2, 19)}
DAYS = [dt.date(2024, 1, 1) + dt.timedelta(days=k) for k in range(54)]
DAYS = [day for day in DAYS if day.weekday() < 5 and day not in CLOSED]
MONDAY, TUESDAY, WEDNESDAY, THURSDAY, FRIDAY = (dt.date(2024, 1, day) for day in range(22, 27))
"""The week in which things happen; its orders are placed on the Friday before."""
BEFORE = dt.date(2024, 1, 19)
COLUMNS = ["symbol", "date", "open", "high", "low", "close", "volume"]


def ingest(prices: Any, *, bars: pl.DataFrame | None = None, **more: Any) -> None:
    """Days with one price each, as `prices(day)` says, and 1,000 shares; or bars as they are given."""
    rows = [("A", day, *[str(prices(day))] * 4, "1000") for day in DAYS] if bars is None else []
    frame = pl.DataFrame(rows, schema=COLUMNS, orient="row") if bars is None else bars
    splits, paid = more.pop("splits", None), more.pop("dividends", None)
    rustybt.ingest(
        "golden",
        frame,
        splits=splits and pl.DataFrame(splits, schema=["symbol", "ex_date", "ratio"], orient="row"),
        dividends=paid and pl.DataFrame(paid, schema=["symbol", "ex_date", "amount", "pay_date"], orient="row"),
        mode="replace",
        **more,
    )


def run(
    orders: dict[dt.date, Any],
    frequency: str = "1w",
    *,
    look: Any = None,
    before: Any = None,
    slips: Any = None,
    **more: Any,
) -> rustybt.Result:
    """Orders by the date on which they are placed: an amount, or an amount and more."""

    def initialize(context: Any) -> None:
        context.set_slippage(slips or slippage.NoSlippage())
        context.set_commission(commission.NoCommission())
        context.asset = context.symbol("A")

    def handle_data(context: Any, data: Any) -> None:
        if look is not None:
            look(context, data)
        asked = orders.get(data.current_session)
        if asked is not None:
            amount, settings = asked if isinstance(asked, tuple) else (asked, {})
            context.order(context.asset, amount, **settings)

    return rustybt.run_algorithm(
        more.pop("start", DAYS[0]),
        more.pop("end", DAYS[-1]),
        initialize,
        100_000,
        handle_data,
        before,
        bundle="golden",
        data_frequency=frequency,
        progress=False,
        **more,
    )


FIRST = dt.date(2024, 1, 5)


def booked(result: rustybt.Result) -> list[tuple[Any, ...]]:
    return result.entries.select("kind", "quantity", "amount").rows()[1:]


def values(result: rustybt.Result) -> set[Decimal]:
    return set(result.daily["portfolio_value"])


@pytest.fixture
def split_on_wednesday() -> None:
    ingest(lambda day: 100 if day < WEDNESDAY else 50, splits=[("A", WEDNESDAY, "1/2")])


@pytest.mark.usefixtures("split_on_wednesday")
def test_an_order_fills_at_mondays_open_in_the_shares_of_monday() -> None:
    result = run({FIRST: 100, BEFORE: -100}, fill_at="open")
    # bought at 100 on 8 January, sold at 100 on the 22nd, before the split of the 24th
    assert booked(result) == [("fill", D(100), D(-10_000)), ("fill", D(-100), D(10_000))]
    assert values(result) == {D(100_000)}
    # each was booked on its Monday, at that day's close, whether something happens after it or not
    closes = [dt.datetime(2024, 1, 8, 21, tzinfo=dt.UTC), dt.datetime(2024, 1, 22, 21, tzinfo=dt.UTC)]
    assert result.transactions["dt"].to_list() == closes


class Seeing(slippage.SlippageModel):
    """Fills all at the price that it sees, and notes what else it sees."""

    def process_order(self, data: Any, order: Any) -> tuple[Any, Any]:
        fields = [data.current(order.asset, field) for field in ("open", "high", "low", "close", "price", "volume")]
        window = data.history(order.asset, "close", 1, "1w", dtype=D).to_list()
        SEEN.append((data.current_dt, *fields, window))
        return data.current(order.asset, "price"), order.amount


SEEN: list[tuple[Any, ...]] = []


@pytest.mark.parametrize("dividends", [None, [("A", FRIDAY, "11", FRIDAY)]])
@pytest.mark.parametrize("trigger", ["close", "range"])
def test_a_model_that_fills_at_a_weeks_open_sees_that_day_and_nothing_later(trigger: str, dividends: Any) -> None:
    """Monday has 100, 103, 99, 101, and the three days after it 110; what goes ex on Friday restates the whole bar."""
    monday, later, before = ["100", "103", "99", "101"], ["110"] * 4, ["100"] * 4
    days = [day for day in DAYS if day != FRIDAY]
    rows = [("A", d, *(before if d < MONDAY else monday if d == MONDAY else later), "1000") for d in days]
    ingest(None, bars=pl.DataFrame(rows, schema=COLUMNS, orient="row"), dividends=dividends)
    SEEN.clear()
    how: dict[str, Any] = {"trigger": trigger} if trigger == "range" else {"fill_at": "open"}
    amount = (10, {"limit_price": 120}) if trigger == "range" else 10
    result = run({BEFORE: amount}, slips=Seeing(), **how)
    close = dt.datetime(2024, 1, 22, 21, tzinfo=dt.UTC)
    assert [(close, *map(D, (100, 103, 99, 101, 101, 4_000)), [D(100)])] == SEEN
    assert result.transactions.select("dt", "price").rows() == [(close, D(101))]


@pytest.mark.usefixtures("split_on_wednesday")
def test_an_order_that_waits_for_fridays_close_is_split_on_wednesday() -> None:
    result = run({FIRST: 100, BEFORE: -100})
    # 100 are 200 from Wednesday on, and so is the order to sell them: 200 x 50
    assert booked(result) == [("fill", D(100), D(-10_000)), ("split", D(100), D(0)), ("fill", D(-200), D(10_000))]
    assert values(result) == {D(100_000)}
    (split,) = result.entries.filter(pl.col("kind") == "split")["stamp"]
    assert split == dt.datetime(2024, 1, 24, 14, 30, tzinfo=dt.UTC)


@pytest.mark.usefixtures("split_on_wednesday")
@pytest.mark.parametrize(
    ("limit", "fills"),
    # a sale above 90: the week opens beyond it, at Monday's 100; above 110: never, as no share was ever worth it
    [("90", [(D(-100), D(100))]), ("110", [])],
)
def test_by_range_a_limit_fills_at_the_open_beyond_it_or_within_the_restated_range(limit: str, fills: Any) -> None:
    result = run({FIRST: 100, BEFORE: (-100, {"limit_price": limit})}, trigger="range", end=FRIDAY)
    assert result.transactions.select("amount", "price").rows()[1:] == fills
    assert values(result) == {D(100_000)}


def test_by_range_a_limit_of_the_week_is_tested_after_the_split_and_fills_at_its_end() -> None:
    # 100, but 120 on Tuesday; from Wednesday on half of it, 60 on Friday
    of = {TUESDAY: 120, WEDNESDAY: 50, THURSDAY: 50, FRIDAY: 60}
    ingest(lambda day: of.get(day, 100 if day < WEDNESDAY else 60), splits=[("A", WEDNESDAY, "1/2")])
    result = run({FIRST: 100, BEFORE: (-100, {"limit_price": "118"})}, trigger="range", end=FRIDAY)
    # 118 is 59 from Wednesday on. The week ranges from 50 to 60; its open, 50, is not beyond 59: 200 at 59
    assert result.transactions.select("amount", "price").rows()[1:] == [(D(-200), D(59))]
    assert result.daily["portfolio_value"][-1] == 100_000 - 10_000 + 200 * 59


@pytest.mark.usefixtures("split_on_wednesday")
def test_a_weeks_bar_is_in_the_shares_of_its_end() -> None:
    seen: dict[dt.date, Any] = {}

    def look(context: Any, data: Any) -> None:
        fields = ("open", "high", "low", "close", "volume")
        seen[data.current_session] = (
            tuple(data.current(context.asset, field) for field in fields),
            tuple(data.history(context.asset, field, 1, "1w", dtype=D)[0] for field in fields),
            data.history(context.asset, "high", min(len(seen) + 1, 3), "1w").to_list(),
        )

    run({}, look=look)
    assert seen[BEFORE][0] == seen[BEFORE][1] == (100, 100, 100, 100, 4_000)
    # two days of 1,000 old shares, which are 2,000 new ones each, and three of 1,000
    assert seen[FRIDAY][0] == seen[FRIDAY][1] == (50, 50, 50, 50, 7_000)
    assert seen[FRIDAY][2] == [50.0, 50.0, 50.0]


@pytest.mark.usefixtures("split_on_wednesday")
def test_the_catalog_gives_weeks_and_months_in_the_shares_of_their_end() -> None:
    from rustybt.catalog import open_version, scan

    with open_version("golden") as version:
        weeks = scan(version, "1w").collect(engine="in-memory")
        months = scan(version, "1mo").collect(engine="in-memory")
    rows = weeks.select("timestamp", "open", "high", "low", "close", "volume").rows()
    assert rows[2:4] == [(BEFORE, *[D(100)] * 4, D(4_000)), (FRIDAY, *[D(50)] * 4, D(7_000))]
    # January: 15 days before the split, 6 from it on
    assert months.select("open", "high", "low", "close", "volume").rows()[0] == (*[D(50)] * 4, D(36_000))


def test_prices_of_a_week_over_a_split_by_three_are_rounded_once_at_the_grid_of_fills() -> None:
    ingest(lambda day: "100.00" if day < WEDNESDAY else "33.33", splits=[("A", WEDNESDAY, "1/3")])
    seen: list[Any] = []

    def look(context: Any, data: Any) -> None:
        if data.current_session == FRIDAY:
            seen.extend(data.current(context.asset, field) for field in ("open", "high", "low", "close"))

    run({}, look=look)
    # 100 / 3 with the 2 decimals of the prices and 10 more
    assert seen == [D("33.333333333333"), D("33.333333333333"), D("33.33"), D("33.33")]


def test_a_dividend_is_earned_by_who_held_on_its_ex_date_and_not_by_who_bought_at_fridays_close() -> None:
    ingest(lambda day: 100 if day < THURSDAY else 95, dividends=[("A", THURSDAY, "5", THURSDAY)])
    sold, bought = run({FIRST: 100, BEFORE: -100}, fill_at="open"), run({BEFORE: 100}, fill_at="open")
    assert booked(sold) == [("fill", D(100), D(-10_000)), ("fill", D(-100), D(10_000))]
    assert booked(bought) == [("fill", D(100), D(-10_000)), ("dividend", D(0), D(500))]
    closing = run({BEFORE: 100})
    assert booked(closing) == [("fill", D(100), D(-9_500))]
    assert values(sold) | values(bought) | values(closing) == {D(100_000)}


def test_by_range_an_open_beyond_the_limit_earns_the_weeks_dividend_and_a_limit_reached_later_does_not() -> None:
    ingest(lambda day: 100 if day < THURSDAY else 95, dividends=[("A", THURSDAY, "5", THURSDAY)])
    at_open = run({BEFORE: (100, {"limit_price": 101})}, trigger="range")
    assert booked(at_open) == [("fill", D(100), D(-10_000)), ("dividend", D(0), D(500))]
    later = run({BEFORE: (100, {"limit_price": 97})}, trigger="range")
    # 97 was reached within the week; when is not known: booked at its end, and marked at 95
    assert booked(later) == [("fill", D(100), D(-9_700))]


@pytest.mark.parametrize("frequency", ["1w", "1mo"])
def test_actions_of_one_period_apply_in_the_order_of_their_dates(frequency: str) -> None:
    price = lambda day: 100 if day < TUESDAY else 50 if day < THURSDAY else 45  # noqa: E731
    first = FIRST if frequency == "1w" else dt.date(2023, 12, 29)
    actions = {"splits": [("A", TUESDAY, "1/2")], "dividends": [("A", THURSDAY, "5", THURSDAY)]}
    ingest(price, **actions)
    orders = {FIRST: 100}
    if frequency == "1mo":
        # a month earlier: December has one price
        days = [dt.date(2023, 12, 1) + dt.timedelta(days=k) for k in range(95)]
        days = [day for day in days if day.weekday() < 5 and day not in {*CLOSED, dt.date(2023, 12, 25)}]
        rows = [("A", day, *[str(price(day))] * 4, "1000") for day in days]
        ingest(None, bars=pl.DataFrame(rows, schema=COLUMNS, orient="row"), **actions)
        orders = {first: 100}
    more = {"start": dt.date(2023, 12, 1), "end": dt.date(2024, 2, 29)} if frequency == "1mo" else {}
    result = run(orders, frequency, fill_at="open", **more)
    # 100 shares at 100 are 200 at 50; each pays 5
    assert booked(result) == [("fill", D(100), D(-10_000)), ("split", D(100), D(0)), ("dividend", D(0), D(1_000))]
    assert values(result) == {D(100_000)}


def test_a_dividend_before_a_split_is_of_the_old_shares_and_paid_on_its_pay_date() -> None:
    price = lambda day: 100 if day < TUESDAY else 90 if day < THURSDAY else 45  # noqa: E731
    ingest(price, splits=[("A", THURSDAY, "1/2")], dividends=[("A", TUESDAY, "10", dt.date(2024, 1, 31))])
    result = run({FIRST: 100})
    assert booked(result) == [("fill", D(100), D(-10_000)), ("split", D(100), D(0)), ("dividend", D(0), D(1_000))]
    stamps = [moment.date() for moment in result.entries["stamp"][2:]]
    assert stamps == [THURSDAY, dt.date(2024, 1, 31)]
    # nobody counts what is owed: 1,000 less from Tuesday until it is paid
    assert result.daily["portfolio_value"].to_list()[2:5] == [D(100_000), D(99_000), D(100_000)]


def test_the_hook_of_a_week_knows_nothing_of_its_later_days() -> None:
    price = lambda day: 100 if day < WEDNESDAY else 50 if day < THURSDAY else D("47.5")  # noqa: E731
    ingest(price, splits=[("A", WEDNESDAY, "1/2")], dividends=[("A", THURSDAY, "2.5", THURSDAY)])
    seen: dict[dt.date, Any] = {}

    def before(context: Any, data: Any) -> None:
        if context.asset in context.portfolio.positions:
            held = context.portfolio.positions[context.asset]
            window = data.history(context.asset, "close", 1, "1w", dtype=D).to_list()
            seen[data.current_dt.date()] = (
                held.amount, held.last_sale_price, context.portfolio.cash, data.current(context.asset, "price"), window
            )  # fmt: skip

    run({FIRST: 100}, before=before)
    assert seen[MONDAY] == (100, 100, 90_000, 100, [100])
    assert seen[dt.date(2024, 1, 29)] == (200, D("47.5"), 90_500, D("47.5"), [D("47.5")])


def test_the_hook_of_a_week_knows_what_takes_effect_on_its_first_session() -> None:
    # Monday 15 January is a holiday: what is dated on the Sunday before it takes effect on Tuesday the 16th
    sunday, tuesday = dt.date(2024, 1, 14), dt.date(2024, 1, 16)
    ingest(lambda day: 100 if day < tuesday else 50, splits=[("A", sunday, "1/2")])
    seen: dict[dt.date, Any] = {}

    def before(context: Any, data: Any) -> None:
        if context.asset in context.portfolio.positions:
            seen[data.current_dt.date()] = (
                context.portfolio.positions[context.asset].amount, data.current(context.asset, "price")
            )  # fmt: skip

    run({FIRST: 100}, before=before)
    assert seen[tuesday] == (200, 50)


def test_a_fraction_that_a_split_leaves_is_paid_at_the_close_of_the_day_before_it() -> None:
    # 3 old shares for 1 new one; 102 on Tuesday, 306 from Wednesday on
    price = lambda day: {TUESDAY: 102}.get(day, 100 if day < TUESDAY else 306)  # noqa: E731
    ingest(price, splits=[("A", WEDNESDAY, "3/1")])
    result = run({FIRST: 100})
    # 33 new ones, and one old one at 102
    assert booked(result) == [("fill", D(100), D(-10_000)), ("split", D(-67), D(0)), ("cash_in_lieu", D(0), D(102))]
    assert result.daily["portfolio_value"][-1] == 90_000 + 33 * 306 + 102


def test_what_is_closed_out_within_a_week_goes_at_that_days_close_and_its_orders_are_cancelled() -> None:
    of = {MONDAY: 100, TUESDAY: 101, WEDNESDAY: 102, THURSDAY: 103, FRIDAY: 104}
    closing = pl.DataFrame({"symbol": ["A"], "auto_close_date": [WEDNESDAY]})
    ingest(lambda day: of.get(day, 100), assets=closing)
    result = run({FIRST: 100, BEFORE: -10})
    assert booked(result) == [("fill", D(100), D(-10_000)), ("auto_close", D(-100), D(10_200))]
    assert result.transactions["dt"][-1] == dt.datetime(2024, 1, 24, 21, tzinfo=dt.UTC)
    assert result.orders["status"].to_list() == ["filled", "cancelled"]


def test_capital_comes_on_its_day_and_a_target_counts_what_all_was_worth_at_the_close_before() -> None:
    of = {MONDAY: 100, TUESDAY: 110, WEDNESDAY: 120, THURSDAY: 130}
    ingest(lambda day: of.get(day, 100))
    change = {WEDNESDAY.isoformat(): {"type": "target", "value": 200_000}}
    weekly, daily = (
        run({FIRST: 100, BEFORE: 0}, frequency, capital_changes=change, fill_at="open") for frequency in ("1w", "daily")
    )
    # on Tuesday's close 100 shares are worth 11,000: with 90,000 in cash 99,000 come
    came = weekly.entries.filter(pl.col("reason") == "target")
    assert came.select("stamp", "amount").rows() == [(dt.datetime(2024, 1, 24, 14, 30, tzinfo=dt.UTC), D(99_000))]
    assert weekly.daily["portfolio_value"][-1] == daily.daily["portfolio_value"][-1]
    growth = lambda r: pl.Series([float(one) + 1 for one in r.daily["returns"]]).product()  # noqa: E731
    assert growth(weekly) == pytest.approx(growth(daily), rel=1e-12)


def test_capital_on_what_is_no_session_names_the_next_one() -> None:
    ingest(lambda _: 100)
    with pytest.raises(rustybt.errors.InputError, match="The next session is 2024-01-22"):
        run({}, capital_changes={"2024-01-21": {"type": "delta", "value": 5}})


# bars that are stored as weeks: what happened within them is known from the dates of the actions alone

WEEKS = [dt.date(2024, 1, day) for day in (5, 12, 19, 26)] + [dt.date(2024, 2, day) for day in (2, 9, 16, 23)]


def ingest_weeks(price: Any, **more: Any) -> None:
    """A week a row, with one price, in the shares of its end."""
    rows = [("A", day, *[str(price(day))] * 4, "1000") for day in WEEKS]
    ingest(None, bars=pl.DataFrame(rows, schema=COLUMNS, orient="row"), frequency="1w", **more)


def test_stored_weeks_open_in_the_shares_of_before_their_split() -> None:
    ingest_weeks(lambda day: 100 if day < FRIDAY else 50, splits=[("A", WEDNESDAY, "1/2")])
    opening, closing = run({FIRST: 100, BEFORE: -100}, fill_at="open"), run({FIRST: 100, BEFORE: -100})
    # the week's open, 50 in the shares of Friday, is 100 in those of Monday
    assert booked(opening) == [("fill", D(100), D(-10_000)), ("fill", D(-100), D(10_000))]
    assert booked(closing) == [("fill", D(100), D(-10_000)), ("split", D(100), D(0)), ("fill", D(-200), D(10_000))]
    assert values(opening) | values(closing) == {D(100_000)}


def test_stored_weeks_restate_by_a_dividend_of_the_shares_that_it_is_of() -> None:
    ingest_weeks(
        lambda day: 100 if day < FRIDAY else 45,
        splits=[("A", TUESDAY, "1/2")],
        dividends=[("A", THURSDAY, "5", THURSDAY)],
    )
    closes: dict[dt.date, Any] = {}

    def look(context: Any, data: Any) -> None:
        closes[data.current_session] = data.history(context.asset, "close", 1 + (len(closes) > 0), "1w").to_list()

    result = run({FIRST: 100}, look=look)
    assert booked(result) == [("fill", D(100), D(-10_000)), ("split", D(100), D(0)), ("dividend", D(0), D(1_000))]
    assert values(result) == {D(100_000)}
    # 100 before the split is 50 after it, of which the dividend leaves nine tenths
    assert closes[FRIDAY] == [45.0, 45.0]


def test_stored_weeks_show_nothing_of_their_course_in_the_hook() -> None:
    ingest_weeks(lambda day: 100 if day < FRIDAY else 50, splits=[("A", WEDNESDAY, "1/2")])
    seen: dict[dt.date, Any] = {}

    def before(context: Any, data: Any) -> None:
        if context.asset in context.portfolio.positions:
            position = context.portfolio.positions[context.asset]
            seen[data.current_dt.date()] = (
                position.amount, position.last_sale_price, data.current(context.asset, "price"),
                data.history(context.asset, "close", 1, "1w").to_list(),
            )  # fmt: skip

    run({FIRST: 100}, before=before)
    assert seen[MONDAY] == (100, 100, 100, [100.0])
    assert seen[dt.date(2024, 1, 29)] == (200, 50, 50, [50.0])


def test_a_split_of_stored_weeks_pays_fractions_at_the_last_close_that_is_known() -> None:
    ingest_weeks(lambda day: 100 if day < FRIDAY else 306, splits=[("A", WEDNESDAY, "3/1")])
    result = run({FIRST: 100})
    # one old share of the hundred is left over, at the 100 of the Friday before
    assert booked(result)[1:] == [("split", D(-67), D(0)), ("cash_in_lieu", D(0), D(100))]


def test_a_model_of_ones_own_sees_the_bar_in_the_shares_that_it_fills() -> None:
    class Middle(slippage.SlippageModel):
        def process_order(self, data: Any, order: Any) -> Any:
            seen.append([data.current(order.asset, field) for field in ("open", "close", "volume")])
            return data.current(order.asset, "open"), order.open_amount

    seen: list[Any] = []
    for kind, day in ((ingest, WEDNESDAY), (ingest_weeks, FRIDAY)):
        kind(lambda date, day=day: 100 if date < day else 50, splits=[("A", WEDNESDAY, "1/2")])
        result = run({BEFORE: 10}, fill_at="open", slips=Middle())
        assert booked(result) == [("fill", D(10), D(-1_000)), ("split", D(10), D(0))]
    # 7,000 new shares in the week that is made of days, 1,000 in the one that is stored
    assert seen == [[100, 100, 3_500], [100, 100, 500]]
