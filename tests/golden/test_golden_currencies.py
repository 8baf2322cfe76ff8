"""Runs in several currencies: entries, cash of each and value of the whole; computed by hand, in fractions."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from fractions import Fraction
from typing import Any

import polars as pl

import rustybt
from rustybt.api import commission, slippage

D = Decimal
F = Fraction
NAMES = ["symbol", "timestamp", "open", "high", "low", "close", "volume"]
DAYS = [dt.date(2024, 3, day) for day in range(1, 9)]


def rounded(amount: Fraction) -> Fraction:
    """To 20 decimals, half-even."""
    return F(round(amount * 10**20), 10**20)


def fractions(numbers: list[str]) -> list[Fraction]:
    return [F(number) for number in numbers]


def entries(result: Any) -> list[tuple[Any, ...]]:
    """Kind, currency, change of quantity and of cash."""
    found = result.entries.select("kind", "currency", "quantity", "amount").iter_rows()
    return [tuple(F(x) if isinstance(x, D) else x for x in row) for row in found]


# -- days: a run in dollars, a share and a future in euros -----------------------------------------------------------

EURO = ["1.0850", "1.0812", "1.0875", "1.0931", "1.0899", "1.0940", "1.0777", "1.0843"]
SHARE = ["40.10", "41.20", "41.00", "42.30", "63.00", "64.10", "63.20", "65.00"]
FUTURE = ["70.5", "71.0", "70.0", "69.5", "72.0", "71.5", "73.0", "72.5"]


def in_days() -> Any:
    """100 shares bought and 2 contracts sold; dollars made euros; a dividend, a split 3 to 2, shares sold; all euros
    made dollars. 1,000 dollars come in between."""
    prices = {"SHARE": SHARE, "FUT": FUTURE, "EUR/USD": EURO}
    rows = [
        (symbol, day, *[close] * 4, "1000000")
        for symbol, closes in prices.items()
        for day, close in zip(DAYS, closes, strict=True)
    ]
    about = pl.DataFrame(
        {
            "symbol": list(prices),
            "currency": ["EUR", "EUR", "USD"],
            "type": ["equity", "future", "forex"],
            "multiplier": ["1", "10", "1"],
        }
    )
    rustybt.ingest(
        "days",
        pl.DataFrame(rows, schema=NAMES, orient="row"),
        calendar="24/7",
        assets=about,
        dividends=pl.DataFrame({"symbol": ["SHARE"], "ex_date": [DAYS[2]], "amount": ["0.35"], "pay_date": [DAYS[3]]}),
        splits=pl.DataFrame({"symbol": ["SHARE"], "ex_date": [DAYS[4]], "ratio": ["3/2"]}),
        mode="replace",
    )

    def initialize(context: Any) -> None:
        context.bar = -1
        context.set_slippage(slippage.NoSlippage(), slippage.NoSlippage())
        context.set_commission(commission.PerShare("0.01", min_trade_cost=0), commission.NoCommission())

    def handle_data(context: Any, data: Any) -> None:
        context.bar += 1
        share = context.symbol("SHARE")
        if context.bar == 0:
            context.order(share, 100)
            context.order(context.symbol("FUT"), -2)
        elif context.bar == 1:
            context.convert_currency("2500.5", "USD", "EUR")
        elif context.bar == 4:
            context.order(share, -30)
        elif context.bar == 5:
            context.convert_currency(context.portfolio.cash_by_currency["EUR"], "EUR", "USD")

    return rustybt.run_algorithm(
        DAYS[0],
        DAYS[-1],
        initialize,
        10_000,
        handle_data,
        bundle="days",
        currency="USD",
        capital_changes={DAYS[3]: {"type": "delta", "value": 1000}},
        progress=False,
    )


def test_a_share_and_a_future_in_euros_in_a_run_in_dollars() -> None:
    result = in_days()
    rate, share, future = fractions(EURO), fractions(SHARE), fractions(FUTURE)
    bought = rounded(F("2500.5") / rate[2])
    moved = [-2 * 10 * (future[k] - future[k - 1]) for k in range(2, 8)]  # of the sessions 2 to 7
    # 100 shares become 66, which stand for 99 of before; the last one is paid at the close of before
    euros = -100 * share[1] - 1 + bought + 35 + sum(moved[:4]) + share[3] + 30 * share[5] - F("0.3")
    dollars = rounded(euros * rate[6])
    assert entries(result) == [
        ("capital", "USD", 0, 10_000),
        ("fill", "EUR", 100, -100 * share[1]),
        ("fill", "EUR", -2, 0),
        ("fee", "EUR", 0, -1),
        ("conversion", "USD", 0, -F("2500.5")),
        ("conversion", "EUR", 0, bought),
        ("variation", "EUR", 0, moved[0]),
        ("capital", "USD", 0, 1000),
        ("dividend", "EUR", 0, 35),
        ("variation", "EUR", 0, moved[1]),
        ("split", "EUR", -34, 0),
        ("cash_in_lieu", "EUR", 0, share[3]),
        ("variation", "EUR", 0, moved[2]),
        ("fill", "EUR", -30, 30 * share[5]),
        ("fee", "EUR", 0, -F("0.3")),
        ("variation", "EUR", 0, moved[3]),
        ("conversion", "EUR", 0, -euros),
        ("conversion", "USD", 0, dollars),
        ("variation", "EUR", 0, moved[4]),
        ("variation", "EUR", 0, moved[5]),
    ]
    first = -100 * share[1] - 1
    cash = [
        (10_000, 0),
        (10_000, first),
        (F("7499.5"), first + bought + moved[0]),
        (F("8499.5"), first + bought + 35 + sum(moved[:2])),
        (F("8499.5"), first + bought + 35 + sum(moved[:3]) + share[3]),
        (F("8499.5"), euros),
        (F("8499.5") + dollars, moved[4]),
        (F("8499.5") + dollars, moved[4] + moved[5]),
    ]
    assert [tuple(map(F, row)) for row in result.cash_by_currency.select("USD", "EUR").iter_rows()] == cash
    held = [0, 100, 100, 100, 66, 36, 36, 36]
    contracts = [0, *[-2] * 7]
    before = F(10_000)
    for k, row in enumerate(result.daily.iter_rows(named=True)):
        whole = cash[k][0] + rounded(cash[k][1] * rate[k])
        shares = rounded(held[k] * share[k] * rate[k])
        sold = rounded(contracts[k] * 10 * future[k] * rate[k])
        value = whole + shares
        assert (F(row["portfolio_value"]), F(row["ending_cash"]), F(row["ending_value"])) == (value, whole, shares)
        assert (F(row["long_value"]), F(row["long_exposure"]), F(row["short_exposure"])) == (shares, shares, sold)
        assert F(row["gross_leverage"]) == F(round((shares - sold) / value * 10**18), 10**18)
        added = 1000 if k == 3 else 0
        assert F(row["pnl"]) == value - before - added
        assert F(row["returns"]) == F(round((value - before - added) / (before + added) * 10**18), 10**18)
        before = value
    assert F(result.metrics["commission"]) == rounded(rate[1]) + rounded(F("0.3") * rate[5])


# -- minutes: a run in euros, shares in dollars and in yen, whose rate goes by way of the dollar ---------------------

OPENS = dt.datetime(2024, 3, 1, tzinfo=dt.UTC)
DOLLARS: list[Any] = ["1.10", "1.11", "1.12", None, "1.13", "1.09"]
YEN = ["150", "151", "149", "148", "152", "150"]
US = ["50.5", "51", "52", "53", "54", "55"]
JP = ["2000", "2010", "2020", "2030", "2040", "2050"]


def test_minutes_of_a_run_in_euros_with_dollars_and_yen() -> None:
    prices = {"US": US, "JP": JP, "EUR/USD": DOLLARS, "USD/JPY": YEN}
    rows = [
        (symbol, OPENS + dt.timedelta(minutes=k + 1), *[close] * 4, "1000000")
        for symbol, closes in prices.items()
        for k, close in enumerate(closes)
        if close is not None
    ]
    about = pl.DataFrame(
        {
            "symbol": list(prices),
            "currency": ["USD", "JPY", "USD", "JPY"],
            "type": ["equity", "equity", "forex", "forex"],
        }
    )
    rustybt.ingest(
        "minutes", pl.DataFrame(rows, schema=NAMES, orient="row"), frequency="1m", stamp="end", calendar="24/7",
        assets=about, mode="replace",
    )  # fmt: skip
    seen: list[tuple[Any, ...]] = []

    def initialize(context: Any) -> None:
        context.bar = -1
        context.set_slippage(slippage.NoSlippage())
        context.set_commission(commission.PerDollar("0.001"))

    def handle_data(context: Any, data: Any) -> None:
        context.bar += 1
        portfolio = context.portfolio
        cash = portfolio.cash_by_currency
        seen.append((F(portfolio.portfolio_value), F(cash["EUR"]), F(cash["USD"]), F(cash["JPY"])))
        if context.bar == 0:
            context.order(context.symbol("US"), 10)
            context.order(context.symbol("JP"), -100)
        elif context.bar == 2:
            context.convert_currency(cash["USD"], "USD", "EUR")  # with the fourth minute the pair has no bar
            context.convert_currency(100_000, "JPY", "USD")

    result = rustybt.run_algorithm(
        OPENS.date(), OPENS.date(), initialize, 10_000, handle_data, bundle="minutes", data_frequency="minute",
        currency="EUR", capital_changes={"2024-03-01 00:05": {"type": "target", "value": 20_000}}, progress=False,
    )  # fmt: skip
    rate = fractions(["1.10", "1.11", "1.12", "1.12", "1.13", "1.09"])
    yen, us, jp = fractions(YEN), fractions(US), fractions(JP)
    owed = F(510) + F("0.51")
    got = rounded(F(100_000) / yen[3])
    paid = rounded(-owed / rate[4])

    def value(k: int, euro: Fraction, dollar: Fraction, yens: Fraction, held: bool) -> Fraction:
        parts = [dollar / rate[k], yens / (yen[k] * rate[k])]
        if held:
            parts += [10 * us[k] / rate[k], -100 * jp[k] / (yen[k] * rate[k])]
        return euro + sum(map(rounded, parts))

    yens = F(201_000) - 201
    at_four = value(3, F(10_000), got - owed, yens - 100_000, True)
    added = 20_000 - at_four
    after = 10_000 + added + paid
    expected = [
        (F(10_000), F(0), F(0), False),
        (F(10_000), -owed, yens, True),
        (F(10_000), -owed, yens, True),
        (F(10_000), got - owed, yens - 100_000, True),
        (after, got, yens - 100_000, True),
        (after, got, yens - 100_000, True),
    ]
    for k, (euro, dollar, left, held) in enumerate(expected):
        assert seen[k] == (value(k, euro, dollar, left, held), euro, dollar, left), f"minute {k + 1}"
    assert entries(result) == [
        ("capital", "EUR", 0, 10_000),
        ("fill", "USD", 10, -510),
        ("fill", "JPY", -100, 201_000),
        ("fee", "USD", 0, -F("0.51")),
        ("fee", "JPY", 0, -201),
        ("conversion", "JPY", 0, -100_000),
        ("conversion", "USD", 0, got),
        ("capital", "EUR", 0, added),
        ("conversion", "USD", 0, owed),
        ("conversion", "EUR", 0, paid),
    ]
    assert F(result.metrics["final_value"]) == seen[-1][0]
