"""Cash and positions in several currencies in one run: what is converted, at which rate, and what is refused."""

from __future__ import annotations

import datetime as dt
import functools
from decimal import Decimal
from fractions import Fraction
from typing import Any

import polars as pl
import pytest

import rustybt
from rustybt import api
from rustybt.errors import CurrencyMismatch, InputError, OrderDuringInitialize, OrderInBeforeTradingStart, PrecisionLost
from tests._kernels import KERNELS, calls, needs_native
from tests.unit._small import DAYS, ingest, run, seen

D = Decimal
F = Fraction
KINDS = {
    "US": ("USD", "equity"), "EU": ("EUR", "equity"), "JP": ("JPY", "equity"), "CH": ("CHF", "equity"),
    "EUR/USD": ("USD", "forex"), "USD/JPY": ("JPY", "forex"), "EURF": ("EUR", "future"), "EURP": ("EUR", "perpetual"),
}  # fmt: skip
EURO = ["1.10", "1.20", "1.25", "1.24", "1.21"]
YEN = ["105", "104", "100", "110", "102"]


def bundle(prices: dict[str, Any], **more: Any) -> None:
    """Assets by the first letters of their names; EUR/USD and USD/JPY where the test says nothing else of them."""
    prices = {"EUR/USD": EURO, "USD/JPY": YEN, **prices}
    prices = {name: given for name, given in prices.items() if given is not None}
    kinds = [KINDS[name] for name in prices]
    about = pl.DataFrame(
        {"symbol": list(prices), "currency": [one[0] for one in kinds], "type": [one[1] for one in kinds]}
    )
    ingest(prices, assets=more.pop("assets", about), **more)


def go(on_bar: Any = None, **settings: Any) -> rustybt.Result:
    return run(on_bar, **{"currency": "USD", **settings})


def buy(symbol: str, amount: Any) -> Any:
    return lambda c, d: c.order(c.symbol(symbol), amount)


# -- what is booked, and what it is worth ----------------------------------------------------------------------------


def test_a_foreign_share_is_paid_in_its_own_currency_which_is_borrowed() -> None:
    bundle({"US": ["8"] * 5, "EU": ["20", "21", "22", "23", "24"]})
    result = go({0: lambda c, d: (c.order(c.symbol("EU"), 10), c.order(c.symbol("US"), 5))})
    assert result.entries.select("kind", "asset", "amount", "currency").rows() == [
        ("capital", None, D(10_000), "USD"),
        ("fill", "24/7:EU", D(-210), "EUR"),
        ("fill", "24/7:US", D(-40), "USD"),
    ]
    assert result.cash_by_currency.rows()[-1] == (DAYS[4], D(9_960), D(-210))
    values = [
        10_000,
        *(
            10_000 - 210 * F(rate) + 10 * price * F(rate)
            for rate, price in zip(EURO[1:], (21, 22, 23, 24), strict=True)
        ),
    ]
    assert [F(v) for v in result.daily["portfolio_value"]] == values
    assert (
        result.daily.select(pl.col("ending_cash") + pl.col("ending_value"))
        .to_series()
        .equals(result.daily["portfolio_value"].alias("ending_cash"))
    )
    assert [F(v) for v in result.positions.filter(pl.col("symbol") == "EU")["value"]] == [
        10 * price * F(rate) for rate, price in zip(EURO[1:], (21, 22, 23, 24), strict=True)
    ]


def test_the_portfolio_is_counted_in_the_runs_currency_and_prices_in_the_assets() -> None:
    bundle({"EU": ["20", "21", "22", "23", "24"]})

    def look(context: Any, data: Any) -> Any:
        portfolio, account, asset = context.portfolio, context.account, context.symbol("EU")
        if context.bar == 0:
            context.order(asset, -10)
        position = portfolio.positions[asset]
        return (
            dict(portfolio.cash_by_currency), portfolio.cash, portfolio.positions_value, portfolio.portfolio_value,
            portfolio.current_portfolio_weights.get(asset), account.leverage, position.cost_basis,
            position.last_sale_price, portfolio.pnl, account.net_leverage,
        )  # fmt: skip

    cash, total, positions, value, weight, leverage, basis, price, pnl, net = seen(look, currency="USD", days=4)
    assert cash == {"USD": 10_000, "EUR": 210}
    assert (basis, price) == (21, 23)
    assert (total, positions) == (10_000 + 210 * D("1.24"), -230 * D("1.24"))
    assert value == total + positions
    assert pnl == value - 10_000
    assert leverage == -weight == -net == round(230 * D("1.24") / value, 18)


def test_cash_of_a_currency_that_there_is_none_of_is_nothing() -> None:
    bundle({"EU": ["20"] * 5})
    cash = seen(lambda c, d: c.portfolio.cash_by_currency, currency="USD")
    assert (list(cash), cash["USD"], cash["EUR"], cash["CHF"]) == (["USD"], 10_000, 0, 0)
    with pytest.raises(InputError, match="name of a currency"):
        cash[5]
    ingest({"A": ["8"] * 5})
    alone = run({0: lambda c, d: c.order(c.symbol("A"), 3)})
    assert alone.cash_by_currency.columns == ["session", "USD"]
    assert alone.cash_by_currency["USD"].to_list() == alone.daily["ending_cash"].to_list()
    assert seen(lambda c, d: dict(c.portfolio.cash_by_currency)) == {"USD": 10_000}


def test_floats_are_floats_there_too() -> None:
    bundle({"EU": ["20"] * 5})
    assert seen(lambda c, d: c.portfolio.cash_by_currency["USD"], currency="USD", numbers="float") == 10_000.0


def test_fees_are_of_the_assets_currency_and_counted_in_the_runs() -> None:
    bundle({"US": ["8"] * 5, "JP": ["1000"] * 5})
    result = go(
        {0: lambda c, d: (c.order(c.symbol("JP"), 10), c.order(c.symbol("US"), 10))},
        initialize=lambda c: c.set_commission(api.commission.PerShare(2, min_trade_cost=0)),
    )
    fees = result.entries.filter(pl.col("kind") == "fee")
    assert sorted(fees.select("currency", "amount").rows()) == [("JPY", D(-20)), ("USD", D(-20))]
    one = result.transactions.filter(pl.col("symbol") == "JP").row(0, named=True)
    assert (one["commission"], F(one["base_commission"])) == (20, F(round(D(20) / 104, 20)))
    assert F(one["base_value"]) == F(round(D(10_000) / 104, 20))
    assert F(result.metrics["commission"]) == 20 + F(round(D(20) / 104, 20))


def test_a_dividend_is_paid_in_the_assets_currency() -> None:
    bundle({"EU": ["20"] * 5}, dividends=[("EU", DAYS[2], "0.5", DAYS[3])])
    result = go({0: buy("EU", 10)})
    paid = result.entries.filter(pl.col("kind") == "dividend").row(0, named=True)
    assert (paid["amount"], paid["currency"]) == (5, "EUR")
    assert result.cash_by_currency["EUR"].to_list()[-1] == -195
    # Zipline's way: what is paid belongs to the start of the day, in the run's currency
    compat = go({0: buy("EU", 10)}, compat=rustybt.Compat(pnl_without_dividends=True))
    assert F(compat.daily["starting_cash"][3] - result.daily["starting_cash"][3]) == 5 * F(EURO[2])


def test_a_split_pays_its_fraction_in_the_assets_currency() -> None:
    bundle({"EU": ["20", "20", "20", "60", "60"]}, splits=[("EU", DAYS[3], "3")])
    result = go({0: buy("EU", 10)})
    cash = result.entries.filter(pl.col("kind") == "cash_in_lieu").row(0, named=True)
    assert (cash["currency"], cash["amount"]) == ("EUR", 20)


def test_variation_and_funding_are_of_the_contracts_currency() -> None:
    paid = pl.DataFrame({"symbol": ["EURP"], "timestamp": ["2021-02-04T08:00:00Z"], "rate": ["0.01"]})
    bundle({"EURF": ["20", "21", "23", "22", "24"], "EURP": ["50"] * 5}, funding=paid)

    def free(context: Any) -> None:
        context.set_slippage(us_futures=api.slippage.NoSlippage())
        context.set_commission(us_futures=api.commission.NoCommission())

    result = go({0: lambda c, d: (c.order(c.symbol("EURF"), 2), c.order(c.symbol("EURP"), 1))}, initialize=free)
    rows = result.entries.filter(pl.col("kind").is_in(["variation", "funding"])).select("kind", "amount", "currency")
    assert rows.rows() == [
        ("variation", D(4), "EUR"), ("funding", D("-0.5"), "EUR"), ("variation", D(-2), "EUR"),
        ("variation", D(4), "EUR"),
    ]  # fmt: skip
    assert [F(v) for v in result.daily["portfolio_value"]] == [
        10_000, 10_000, 10_000 + 4 * F("1.25"), 10_000 + F("1.5") * F("1.24"), 10_000 + F("5.5") * F("1.21"),
    ]  # fmt: skip
    assert [F(v) for v in result.daily["long_exposure"]] == [
        0, (42 + 50) * F("1.2"), (46 + 50) * F("1.25"), (44 + 50) * F("1.24"), (48 + 50) * F("1.21")
    ]  # fmt: skip


def test_shares_of_another_currency_are_a_dividend_where_there_is_a_rate() -> None:
    given = pl.DataFrame({"symbol": ["US"], "ex_date": [str(DAYS[3])], "ratio": ["1/2"], "payment_symbol": ["EU"]})
    bundle({"US": ["8"] * 5, "EU": ["20"] * 5}, stock_dividends=given)
    result = go({0: buy("US", 10)})
    assert F(result.metrics["final_value"]) == 10_000 + 5 * 20 * F(EURO[-1])
    bundle({"US": ["8"] * 5, "EU": ["20"] * 5, "EUR/USD": [None] * 4 + ["1.2"]}, stock_dividends=given)
    with pytest.raises(CurrencyMismatch, match="US pays a dividend in EU on 2021-02-04, which trades in EUR"):
        go({0: buy("US", 10)})


def test_what_has_ended_leaves_its_currency_behind() -> None:
    about = pl.DataFrame(
        {"symbol": ["EU", "EUR/USD"], "currency": ["EUR", "USD"], "type": ["equity", "forex"],
         "auto_close_date": [str(DAYS[2]), None]}
    )  # fmt: skip
    bundle({"EU": ["20", "21", "22"], "USD/JPY": None}, assets=about)
    result = go({0: buy("EU", 10)})
    assert result.entries.select("kind", "currency", "amount").rows()[-1] == ("auto_close", "EUR", D(220))
    assert result.cash_by_currency["EUR"].to_list()[-1] == 10
    assert F(result.metrics["final_value"]) == 10_000 + 10 * F(EURO[-1])


def test_capital_comes_and_is_aimed_at_in_the_runs_currency() -> None:
    bundle({"EU": ["20"] * 5})
    changes = {DAYS[2]: {"type": "delta", "value": 500}, DAYS[4]: {"type": "target", "value": 12_000}}
    result = go({0: buy("EU", -10)}, capital_changes=changes)
    capital = result.entries.filter(pl.col("kind") == "capital")
    assert capital["currency"].to_list() == ["USD"] * 3
    assert F(result.daily["portfolio_value"][-1]) == 12_000
    assert F(capital["amount"][2]) == 12_000 - 10_500


def test_a_target_within_a_week_is_reckoned_at_the_rates_of_the_day_before() -> None:
    weeks = [dt.date(2021, 2, 1) + dt.timedelta(days=k) for k in range(21)]
    euro, price = [f"1.{10 + k}" for k in range(21)], [str(20 + k) for k in range(21)]
    bundle({"EU": price, "EUR/USD": euro, "USD/JPY": None}, days=weeks)
    changes = {weeks[16]: {"type": "target", "value": 20_000}}
    result = go({0: buy("EU", 10)}, data_frequency="1w", start=weeks[0], end=weeks[-1], capital_changes=changes)
    # bought on the second Sunday, 10 at 33; on the Tuesday they are worth 35 each, and a euro 1.25 dollars
    worth = 10_000 - 330 * F(euro[15]) + 350 * F(euro[15])
    capital = result.entries.filter(pl.col("kind") == "capital")
    assert F(capital["amount"][1]) == 20_000 - worth
    assert capital["stamp"][1].date() == weeks[16]


def test_the_result_is_saved_with_what_only_it_has() -> None:
    bundle({"EU": ["20"] * 5})
    result = go({0: buy("EU", 10), 1: lambda c, d: c.convert_currency(5, "USD", "EUR")})
    place = result.save()
    loaded = rustybt.Result.load(place)
    for name, frame in result.frames().items():
        assert loaded.frames()[name].equals(frame), name
    assert loaded.ledger_hash == result.ledger_hash
    assert loaded.metrics == result.metrics
    assert result.manifest["rates"] == {"EUR/USD": ["24/7:EUR/USD"], "USD/EUR": ["24/7:EUR/USD"]}
    ingest({"A": ["8"] * 5})
    single = run()
    assert "conversions" not in single.frames()
    assert single.conversions.schema == result.conversions.schema
    assert single.conversions.is_empty()


def test_trades_are_drawn_in_the_runs_currency() -> None:
    pytest.importorskip("matplotlib")
    bundle({"JP": ["1000"] * 5})
    figure = go({0: buy("JP", 10)}).plot(panels=["trades"])
    heights = [bar.get_height() for bar in figure.axes[0].patches]
    assert heights == [pytest.approx(10_000 / 104)]


# -- sizes -----------------------------------------------------------------------------------------------------------


def test_a_value_and_a_weight_are_of_the_runs_currency() -> None:
    bundle({"JP": ["1000"] * 5, "US": ["8"] * 5})
    sizes: list[Any] = []

    def ask(context: Any, data: Any) -> None:
        jp = context.symbol("JP")
        tenth = context.portfolio.portfolio_value / 10
        for order_id in (
            context.order_value(jp, tenth), context.order_percent(jp, "0.1"),
            context.order_target_value(jp, tenth), context.order_target_percent(jp, "0.1"),
        ):  # fmt: skip
            sizes.append(context.get_order(order_id).amount)
            context.cancel_order(order_id)

    go({0: ask})
    assert sizes == [105] * 4  # 1,000 dollars are 105,000 yen, at 1,000 a share


def test_a_target_counts_what_is_held_and_open_rates_move_it() -> None:
    bundle({"EU": ["20"] * 5})
    result = go({0: buy("EU", 40), 2: lambda c, d: c.order_target_percent(c.symbol("EU"), "0.1")})
    # 40 are held of what 1,000 dollars, at 1.25, are worth: 800 euros
    assert result.orders["amount"].to_list() == [40]
    bundle({"EU": ["20"] * 5, "EUR/USD": ["1.1", "1.1", "1.6", "1.6", "1.6"]})
    result = go({0: buy("EU", 40), 2: lambda c, d: c.order_target_value(c.symbol("EU"), 1000)})
    assert result.orders["amount"].to_list() == [40, -8]  # 625 euros are 31.25 shares


def limit(context: Any, most: int) -> None:
    context.set_max_order_size(max_notional=most, on_error="reject")


def test_controls_count_in_the_runs_currency() -> None:
    bundle({"JP": ["1000"] * 5})
    statuses = [
        go({0: buy("JP", 100)}, initialize=functools.partial(limit, most=most)).orders["status"][0]
        for most in (952, 953)  # 100,000 yen are 952.38 dollars
    ]
    assert statuses == ["rejected", "filled"]
    with pytest.raises(rustybt.errors.AccountControlViolation, match=r"leverage is 0\.96"):
        go({0: buy("JP", 1000)}, initialize=lambda c: c.set_max_leverage("0.9"))


# -- rates -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "currency", "prices", "rate"),
    [
        ("EURUSD", "USD", EURO, F("1.20")),
        ("EUR-USD", "USD", EURO, F("1.20")),
        ("C:EURUSD", "USD", EURO, F("1.20")),
        ("EURUSD=X", "USD", EURO, F("1.20")),
        ("EUR=X", "EUR", ["0.9", "0.8", "0.8", "0.8", "0.8"], F(10, 8)),
        ("USD/EUR", "EUR", ["0.9", "0.7", "0.8", "0.8", "0.8"], F(10, 7)),
    ],
)
def test_a_rate_is_found_under_the_names_that_vendors_use(name: str, currency: str, prices: Any, rate: F) -> None:
    about = pl.DataFrame({"symbol": ["EU", name], "currency": ["EUR", currency], "type": ["equity", "forex"]})
    ingest({"EU": ["20"] * 5, name: prices}, assets=about)
    assert F(go({0: buy("EU", -10)}, days=2).daily["long_value"][1]) == 0
    exposure = go({0: buy("EU", -10)}, days=2).daily["short_value"][1]
    assert F(exposure) == F(round(D((-200 * rate).numerator) / D((-200 * rate).denominator), 20))


def test_a_coin_pair_is_a_rate_and_a_currency_pair_comes_before_it() -> None:
    about = pl.DataFrame({"symbol": ["ETH/BTC", "BTC/USDT"], "currency": ["BTC", "USDT"], "type": ["crypto", "crypto"]})
    ingest({"ETH/BTC": ["0.05", "0.06"], "BTC/USDT": ["30000", "40000"]}, assets=about)
    result = go({0: buy("ETH/BTC", "0.5")}, currency="USDT", days=2)
    assert F(result.daily["long_value"][1]) == F("0.5") * F("0.06") * 40_000
    about = pl.DataFrame(
        {
            "symbol": ["EU", "EURUSD", "EUR/USD"],
            "currency": ["EUR", "USD", "USD"],
            "type": ["equity", "crypto", "forex"],
        }
    )
    ingest({"EU": ["20"] * 2, "EURUSD": ["3"] * 2, "EUR/USD": ["1.2"] * 2}, assets=about)
    assert F(go({0: buy("EU", 1)}, days=2).daily["long_value"][1]) == 24


def test_where_there_is_no_pair_of_the_two_a_third_currency_stands_between() -> None:
    bundle({"JP": ["1000"] * 5, "EU": ["20"] * 5})
    result = go({0: buy("JP", 10)}, currency="EUR")
    assert F(result.daily["long_value"][4]) == F(round(D(10_000) / (D("1.21") * 102), 20))
    assert result.manifest["rates"] == {"JPY/EUR": ["24/7:USD/JPY", "24/7:EUR/USD"]}


def test_capital_may_be_in_a_currency_that_no_asset_trades_in_but_a_pair_names() -> None:
    bundle({"US": ["8", "9", "9", "9", "9"], "USD/JPY": None})
    result = go({0: buy("US", 10)}, currency="EUR")
    assert F(result.daily["portfolio_value"][4]) == 10_000
    assert result.cash_by_currency.columns == ["session", "EUR", "USD"]
    with pytest.raises(InputError, match="only in EUR, USD"):
        go(currency="GBP")


def test_pence_are_parts_of_pounds() -> None:
    about = pl.DataFrame({"symbol": ["UK", "GBP/USD"], "currency": ["GBp", "USD"], "type": ["equity", "forex"]})
    ingest({"UK": ["250"] * 5, "GBP/USD": ["1.2", "1.3", "1.3", "1.3", "1.3"]}, assets=about)
    result = go({0: buy("UK", 10), 2: lambda c, d: c.convert_currency(-2500, "GBp", "GBP")})
    assert F(result.daily["long_value"][1]) == F("2.5") * 10 * F("1.3")
    assert result.cash_by_currency.rows()[-1][1:] == (10_000, -25, 0)
    ingest({"UK": ["250"] * 5}, assets=about.head(1))
    result = go({0: buy("UK", 10)}, currency="GBP")
    assert F(result.daily["ending_value"][-1]) == 25
    assert result.manifest["rates"] == {"GBp/GBP": []}
    with pytest.raises(InputError, match="only in GBP, GBp"):
        go(currency="USD")


def test_a_rate_is_carried_over_days_without_a_bar_and_comes_from_before_the_run() -> None:
    bundle({"EU": ["20"] * 5, "EUR/USD": ["1.1", None, "1.3", None, None]})
    result = go({0: buy("EU", -10)}, start=DAYS[1])
    assert [F(v) for v in result.daily["short_value"]] == [0, -260, -260, -260]


def seen_before_and_at(bar: int) -> tuple[Any, ...]:
    """What ten shares are worth before a session and with its bar."""
    kept: list[list[Any]] = [[], []]

    def at(context: Any, data: Any) -> None:
        if context.bar == 0:
            context.order(context.symbol("EU"), 10)
        kept[1].append(context.portfolio.positions_value)

    go(at, before_trading_start=lambda c, d: kept[0].append(c.portfolio.positions_value))
    return kept[0][bar], kept[1][bar]


def test_no_bar_after_the_moment_has_a_say() -> None:
    for later in ("1.24", "99"):
        bundle({"EU": ["20"] * 5, "EUR/USD": ["1.1", "1.2", "1.25", later, later]})
        assert seen_before_and_at(2) == (200 * D("1.2"), 200 * D("1.25"))
        assert seen_before_and_at(3) == (200 * D("1.25"), 200 * D(later))


def test_an_asset_without_a_rate_is_refused_with_the_pair_that_would_be_one() -> None:
    bundle({"CH": ["20"] * 5, "US": ["8"] * 5})
    with pytest.raises(CurrencyMismatch, match=r"CH trades in CHF .* USD.*Ingest the pair CHF/USD"):
        go({0: buy("CH", 10)})
    assert seen(lambda c, d: d.current(c.symbol("CH"), "price"), currency="USD") == 20


def test_an_order_before_the_first_rate_is_rejected_and_one_by_value_raises() -> None:
    bundle({"EU": ["20"] * 5, "EUR/USD": [None, None, "1.2", "1.2", "1.2"]})
    result = go({1: buy("EU", 10), 2: buy("EU", 5)})
    assert result.orders.select("amount", "status").rows() == [(10, "rejected"), (5, "filled")]
    assert "no rate from EUR to USD yet: EUR/USD" in result.orders["reason"][0]
    with pytest.raises(CurrencyMismatch, match=r"no rate from EUR to USD yet.*on 2021-02-03"):
        go({1: lambda c, d: c.order_percent(c.symbol("EU"), "0.1")})


def test_a_run_that_orders_nothing_foreign_has_the_books_it_would_have_without() -> None:
    bundle({"US": ["8", "9", "10", "11", "12"], "EU": ["20"] * 5})
    plan = {0: lambda c, d: c.order_percent(c.symbol("US"), "0.5"), 2: lambda c, d: c.order(c.symbol("US"), -100)}
    several = go(plan)
    ingest({"US": ["8", "9", "10", "11", "12"]})
    one = run(plan)
    assert several.ledger_hash == one.ledger_hash
    assert several.daily.equals(one.daily)


# -- conversions -----------------------------------------------------------------------------------------------------


def test_a_conversion_is_two_entries_at_the_next_bars_rate() -> None:
    bundle({"EU": ["20"] * 5})
    result = go({0: lambda c, d: c.convert_currency("100.5", "USD", "EUR")})
    rows = result.entries.filter(pl.col("kind") == "conversion")
    assert rows.select("amount", "currency", "reason").rows() == [
        (D("-100.5"), "USD", "1 / EUR/USD 1.2"), (D("83.75"), "EUR", "1 / EUR/USD 1.2"),
    ]  # fmt: skip
    assert F(result.metrics["final_value"]) == 10_000 - F("100.5") + F("83.75") * F("1.21")
    one = result.conversions.row(0, named=True)
    assert (one["id"], one["status"], one["reason"], one["received"]) == (
        "main-conversion-1",
        "filled",
        None,
        D("83.75"),
    )
    assert one["dt"] == result.daily["period_close"][1]


def test_what_does_not_come_out_even_is_rounded_half_even_once() -> None:
    bundle({"JP": ["20"] * 5, "EU": ["1"] * 5})
    result = go({0: lambda c, d: c.convert_currency(1, "JPY", "EUR")})
    exact = F(1) / (F("104") * F("1.20"))
    assert F(result.conversions["received"][0]) == F(round(exact * 10**20), 10**20)


def test_an_amount_below_zero_buys_the_first_currency_so_that_a_balance_can_be_squared() -> None:
    bundle({"EU": ["20"] * 5})

    def square(context: Any, data: Any) -> None:
        api.convert_currency(context.portfolio.cash_by_currency["EUR"], "EUR", "USD")

    result = go({0: buy("EU", 10), 2: square})
    assert result.cash_by_currency.rows()[-1][1:] == (10_000 - 200 * D("1.24"), 0)
    result = go({0: buy("EU", -10), 2: square})
    assert result.cash_by_currency.rows()[-1][1:] == (10_000 + 200 * D("1.24"), 0)


def test_it_is_done_before_the_orders_of_its_bar_and_waits_for_a_bar_of_the_pair() -> None:
    bundle({"EU": ["20"] * 5, "EUR/USD": ["1.1", None, "1.3", "1.4", "1.4"]})
    result = go({0: lambda c, d: (c.order(c.symbol("EU"), 1), c.convert_currency(26, "USD", "EUR"))})
    assert result.entries["kind"].to_list() == ["capital", "fill", "conversion", "conversion"]
    assert result.conversions["received"].to_list() == [20]
    result = go({1: lambda c, d: (c.order(c.symbol("EU"), 1), c.convert_currency(26, "USD", "EUR"))})
    assert result.entries["kind"].to_list() == ["capital", "conversion", "conversion", "fill"]
    result = go({4: lambda c, d: c.convert_currency(26, "USD", "EUR")})
    one = result.conversions.row(0, named=True)
    assert (one["status"], one["received"], one["dt"]) == ("open", None, None)
    assert "eligible with the next bar" in one["reason"]


def test_a_conversion_without_a_rate_is_rejected_with_a_reason() -> None:
    bundle({"EU": ["20"] * 5, "EUR/USD": [None, None, "1.2", None, None]})
    result = go(
        {0: lambda c, d: c.convert_currency(5, "USD", "EUR"), 4: lambda c, d: c.convert_currency(5, "EUR", "USD")}
    )
    assert result.conversions["status"].to_list() == ["rejected"] * 2
    assert [reason[:40] for reason in result.conversions["reason"]] == [
        "there is no rate from USD to EUR yet: EU", "EUR/USD ended on 2021-02-03",
    ]  # fmt: skip
    assert result.entries.height == 1
    with pytest.raises(CurrencyMismatch, match="Ingest the pair USD/CHF"):
        go({0: lambda c, d: c.convert_currency(5, "USD", "CHF")})


def test_what_is_no_conversion_is_refused_by_name() -> None:
    bundle({"EU": ["20"] * 5})

    def ask(context: Any, data: Any) -> None:
        assert context.convert_currency(0, "USD", "EUR") is None
        for given in (
            ("x", "USD", "EUR"),
            (float("nan"), "USD", "EUR"),
            (5, "USD", "USD"),
            (5, None, "EUR"),
            (5, "USD", ""),
        ):
            with pytest.raises(InputError):
                context.convert_currency(*given)
        with pytest.raises(PrecisionLost):
            context.convert_currency("1e-21", "USD", "EUR")

    assert go({0: ask}).conversions.is_empty()
    with pytest.raises(OrderDuringInitialize):
        go(initialize=lambda c: c.convert_currency(1, "USD", "EUR"))
    with pytest.raises(OrderInBeforeTradingStart):
        go(before_trading_start=lambda c, d: c.convert_currency(1, "USD", "EUR"))
    ingest({"A": ["8"] * 5})
    with pytest.raises(CurrencyMismatch, match=r"keeps its cash in USD only.*EUR/USD"):
        run({0: lambda c, d: c.convert_currency(5, "USD", "EUR")})


def test_too_much_money_is_refused_before_anything_is_booked() -> None:
    bundle({"JP": ["20"] * 5})
    with pytest.raises(rustybt.errors.MoneyOverflow):
        go({0: lambda c, d: c.convert_currency(9 * 10**17, "USD", "JPY")})


def test_where_currencies_are_one_there_is_nothing_to_convert() -> None:
    bundle({"EU": ["20"] * 5})
    with pytest.raises(CurrencyMismatch, match=r"without Compat\.currencies_are_one"):
        go({0: lambda c, d: c.convert_currency(5, "USD", "EUR")}, compat="zipline")


@needs_native
def test_shares_in_another_currency_are_weighed_filled_and_laid_out_by_the_native_kernel() -> None:
    bundle({"US": ["8"] * 5, "EU": ["20", "21", "22", "23", "24"]})

    def both(context: Any, data: Any) -> None:
        context.order_target_percents([(context.symbol("EU"), 0.25), (context.symbol("US"), 0.5)])

    with calls() as counted:
        native = go(dict.fromkeys(range(4), both), kernel="rust")
        assert native.positions.height
    assert counted["TargetSizer.order_targets"] == counted["Executor.work"] == 4
    assert counted["positions_frame"] == 1
    assert not counted["rustybt.orders._weigher"]
    assert counted["rustybt.ledger._ledger"] < 40
    python = go(dict.fromkeys(range(4), both), kernel="python")
    assert native.ledger_hash == python.ledger_hash
    for name in ("positions", "transactions", "entries", "cash_by_currency"):
        assert getattr(native, name).equals(getattr(python, name))


@pytest.mark.parametrize("steps", [1, 4, 7])
def test_a_run_in_several_currencies_goes_on_from_a_snapshot(steps: int) -> None:
    """What is held, owed and waiting in each currency comes along: on either kernel, and from the one to the other."""
    bundle({"US": ["8"] * 5, "EU": ["20", "21", "22", "23", "24"]})

    def initialize(context: Any) -> None:
        context.bar = -1

    def handle_data(context: Any, data: Any) -> None:
        context.bar += 1
        context.order_target_percents([(context.symbol("EU"), 0.25), (context.symbol("US"), 0.5)])
        if context.bar in (1, 3):
            context.convert_currency(100, "USD", "EUR")

    of = {"initialize": initialize, "handle_data": handle_data}
    settings = {"bundle": "small", "currency": "USD", "capital_base": 10_000, "progress": False}
    whole = rustybt.run_algorithm(DAYS[0], DAYS[4], **of, **settings)
    for first in KERNELS:
        for second in KERNELS:
            run_ = rustybt.Run(DAYS[0], DAYS[4], kernel=first, **of, **settings)
            for _ in range(steps):
                run_.step()
            result = rustybt.Run.restore(run_.snapshot(), kernel=second, **of).finish()
            assert result.ledger_hash == whole.ledger_hash
            for name in ("daily", "positions", "cash_by_currency", "conversions"):
                assert getattr(result, name).equals(getattr(whole, name))
