"""Assets of several currencies in one bundle: money of two is never added up."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any

import polars as pl
import pytest
from click.testing import CliRunner

import rustybt
from rustybt.cli._main import cli
from rustybt.errors import BadBars, CurrencyMismatch, InputError
from tests.unit._small import ingest, run, seen

D = Decimal
F = Fraction
ABOUT = pl.DataFrame(
    {"symbol": ["A", "B", "I"], "currency": ["USD", "JPY", "EUR"], "type": ["equity", "forex", "index"]}
)


@pytest.fixture(autouse=True)
def _bundle() -> None:
    ingest({"A": ["8", "9", "10", "11", "12"], "B": ["150"] * 5, "I": ["4000"] * 5}, assets=ABOUT)


def test_a_run_on_assets_of_several_currencies_asks_in_which_its_capital_is() -> None:
    with pytest.raises(CurrencyMismatch, match=r"trade in JPY, USD\. In which .*currency='JPY'"):
        run()


def test_it_runs_in_the_one_that_is_named_and_sees_the_others_without_ordering_them() -> None:
    def ask(context: Any, data: Any) -> None:
        a, b = context.symbols("A", "B")
        context.order(a, 10)
        context.record(yen=data.current(b, "price"))
        for attempt in (
            lambda: context.order(b, 1), lambda: context.order_target(b, 1), lambda: context.order_value(b, 1),
            lambda: context.order_target_percent(b, "0.5"), lambda: context.batch_market_order({b: 1}),
        ):  # fmt: skip
            with pytest.raises(CurrencyMismatch, match="B trades in JPY and the run's books are in USD"):
                attempt()

    result = run({0: ask}, currency="USD")
    assert result.manifest["currency"] == "USD"
    assert result.entries["currency"].unique().to_list() == ["USD"]
    assert F(result.metrics["final_value"]) == 10_000 + 10 * (12 - 9)
    assert result.orders.height == 1
    yen = run({0: lambda c, d: c.order(c.symbol("B"), 2)}, currency="JPY")
    assert yen.entries["currency"].unique().to_list() == ["JPY"]
    assert F(yen.transactions["price"][0]) == 150


def test_one_that_nothing_trades_in_is_refused() -> None:
    for wanted in ("EUR", "CHF", 5):  # of EUR there is an index only
        with pytest.raises(InputError, match="no asset of bundle 'small' trades in it, only in JPY, USD"):
            run(currency=wanted)


def test_a_bundle_of_one_currency_needs_no_word_on_it_whatever_its_indices_are_in() -> None:
    ingest({"A": ["8"] * 5, "I": ["4000"] * 5}, assets=ABOUT)
    assert run(benchmark="I").manifest["currency"] == "USD"
    ingest({"I": ["4000"] * 5}, assets=ABOUT)
    assert run().manifest["currency"] == "EUR"


def test_a_dividend_in_other_money_than_the_price_is_refused_at_ingestion() -> None:
    paid = pl.DataFrame({"symbol": ["A"], "ex_date": ["2021-02-03"], "amount": ["1"], "currency": ["EUR"]})
    bars = pl.DataFrame(
        {
            "symbol": ["A"],
            "date": ["2021-02-02"],
            **{name: ["8"] for name in ("open", "high", "low", "close", "volume")},
        }
    )
    with pytest.raises(BadBars, match="paid in EUR, and the asset trades in USD"):
        rustybt.ingest("other", bars, dividends=paid, calendar="24/7")
    assert rustybt.ingest("other", bars, dividends=paid, calendar="24/7", assets={"currency": "EUR"}).is_new


def test_a_dividend_that_was_stored_in_other_money_is_not_earned() -> None:
    paid = [("A", "2021-02-03", "1", None)]
    ingest({"A": ["8", "9", "10", "11", "12"]}, dividends=paid)
    rustybt.ingest(
        "small",
        pl.DataFrame({"symbol": ["A"], "date": ["2021-02-06"], "open": ["12"], "high": ["12"], "low": ["12"],
                      "close": ["12"], "volume": ["1"]}),
        calendar="24/7", assets={"currency": "EUR"}, mode="append",
    )  # fmt: skip
    assert run().manifest["currency"] == "EUR"  # nothing is held
    with pytest.raises(CurrencyMismatch, match="A pays a dividend in USD on 2021-02-03, and trades in EUR"):
        run({0: lambda c, d: c.order(c.symbol("A"), 1)})


def test_shares_of_another_currency_are_not_taken_as_a_dividend() -> None:
    given = pl.DataFrame({"symbol": ["A"], "ex_date": ["2021-02-04"], "ratio": ["1/2"], "payment_symbol": ["B"]})
    ingest({"A": ["8"] * 5, "B": ["150"] * 5}, assets=ABOUT, stock_dividends=given)
    with pytest.raises(CurrencyMismatch, match="A pays a dividend in B on 2021-02-04, which trades in JPY"):
        run({0: lambda c, d: c.order(c.symbol("A"), 10)}, currency="USD")


def test_the_catalog_shows_of_each_asset_what_it_is_and_trades_in() -> None:
    done = CliRunner().invoke(cli, ["catalog", "show", "small"], catch_exceptions=False)
    words = [line.split() for line in done.output.splitlines()]
    assert [row[2:4] for row in words if row[:1] in (["A"], ["B"], ["I"])] == [
        ["equity", "USD"], ["forex", "JPY"], ["index", "EUR"],
    ]  # fmt: skip
    with rustybt.open_version("small") as version:
        assert version.currencies == ("JPY", "USD")
        assert [asset.currency for asset in version.assets()] == ["USD", "JPY", "EUR"]


def test_the_command_names_it_too(tmp_path: Any) -> None:
    path = tmp_path / "strategy.py"
    path.write_text("def handle_data(context, data):\n    pass\n")
    arguments = [
        "run",
        "-f",
        str(path),
        "-b",
        "small",
        "-s",
        "2021-02-01",
        "-e",
        "2021-02-03",
        "-o",
        str(tmp_path / "r"),
    ]
    refused = CliRunner().invoke(cli, arguments)
    assert refused.exit_code != 0
    done = CliRunner().invoke(cli, [*arguments, "--currency", "JPY"], catch_exceptions=False)
    assert done.exit_code == 0
    assert rustybt.Result.load(tmp_path / "r").manifest["currency"] == "JPY"


# -- symbols that change ---------------------------------------------------------------------------------------------


def test_a_pair_that_is_renamed_is_one_asset_with_one_position() -> None:
    """MATIC became POL: bought under the one name, held and sold under the other."""
    days = [f"2021-02-0{day}" for day in range(1, 8)]
    prices = ["0.50", "0.51", "0.52", "0.53", "0.54", "0.55", "0.56"]
    names = ["MATIC/USDT"] * 4 + ["POL/USDT"] * 3
    rows = [("binance:POL", n, day, *[p] * 4, "1000") for n, day, p in zip(names, days, prices, strict=True)]
    columns = ["asset_key", "symbol", "date", "open", "high", "low", "close", "volume"]
    bars = pl.DataFrame(rows, schema=columns, orient="row")
    about = pl.DataFrame(
        {"symbol": ["POL/USDT"], "asset_key": ["binance:POL"], "type": ["crypto"], "currency": ["USDT"]}
    )
    rustybt.ingest("small", bars, calendar="24/7", assets=about, mode="replace")

    def buy(context: Any, data: Any) -> None:
        context.set_symbol_lookup_date("2021-02-02")
        context.order(context.symbol("MATIC/USDT"), "10.5")

    def sell(context: Any, data: Any) -> None:
        context.set_symbol_lookup_date("2021-02-06")
        new = context.symbol("POL/USDT")
        assert data.history(new, "close", 5, "1d", dtype=D).to_list() == [D(p) for p in prices[1:6]]
        context.order(new, -context.portfolio.positions[new].amount)

    result = run({0: buy, 5: sell}, days=7)
    assert result.transactions.select("amount", "price").rows() == [
        (D("10.5"), D("0.51")), (D("-10.5"), D("0.56")),
    ]  # fmt: skip
    assert F(result.metrics["final_value"]) == 10_000 + F("10.5") * (F("0.56") - F("0.51"))
    assert seen(lambda c, d: c.symbol("MATIC/USDT") == c.symbol("POL/USDT"), days=7)
    assert result.positions["sid"].n_unique() == 1


def test_pairs_that_are_renamed_in_pieces_of_an_ingestion_keep_their_history() -> None:
    def piece(symbol: str, days: range) -> pl.DataFrame:
        rows = [("k", symbol, f"2021-02-0{day}", *["2"] * 4, "5") for day in days]
        columns = ["asset_key", "symbol", "date", "open", "high", "low", "close", "volume"]
        return pl.DataFrame(rows, schema=columns, orient="row")

    rustybt.ingest(
        "small", piece("LUNA-PERP", range(1, 4)), calendar="24/7", assets={"type": "perpetual"}, mode="replace"
    )
    paid = pl.DataFrame({"symbol": ["LUNC-PERP"], "timestamp": ["2021-02-05T08:00:00Z"], "rate": ["0.001"]})
    rustybt.ingest("small", piece("LUNC-PERP", range(4, 7)), calendar="24/7", mode="append", funding=paid)
    result = run({1: lambda c, d: c.order(c.symbol("LUNA-PERP"), 3)}, days=6)
    funding = result.entries.filter(pl.col("kind") == "funding")
    assert [F(amount) for amount in funding["amount"]] == [-3 * 2 * F("0.001")]
