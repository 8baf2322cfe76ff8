"""Spreads of recorded quotes, and models that are added: prices worked out by hand, through `run_algorithm`."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import polars as pl
import pytest

import rustybt
from rustybt.api import commission, slippage
from rustybt.errors import InputError
from tests._kernels import KERNELS

DAYS = ("2024-01-02", "2024-01-03", "2024-01-04")
type Bars = list[tuple[Any, Any, Any, Any] | None]
X: Bars = [(100, 100, 100, 100), (100, 104, 98, 102), (102, 102, 102, 102)]
BID: Bars = [("99.99", "99.99", "99.99", "99.99"), ("99.98", "104", "97.9", "101.95"), None]
ASK: Bars = [("100.01", "100.01", "100.01", "100.01"), ("100.02", "104", "98", "102.05"), None]


def frame(bars: Bars) -> pl.DataFrame:
    rows = [(day, *map(str, bar), 1000) for day, bar in zip(DAYS, bars, strict=False) if bar is not None]
    return pl.DataFrame(rows, schema=["date", "open", "high", "low", "close", "volume"], orient="row")


def run(model: Callable[[Any], Any], *, bid: Bars = BID, ask: Bars = ASK, size: int = 10, **how: Any) -> rustybt.Result:
    """An order at the first bar. model: makes it, given what looks symbols up."""
    limits = {name: how.pop(name) for name in ("limit_price", "stop_price") if name in how}

    def initialize(context: Any) -> None:
        context.set_slippage(model(context.symbol))
        context.set_commission(commission.NoCommission())
        context.placed = False

    def handle_data(context: Any, data: Any) -> None:
        if not context.placed:
            context.order(context.symbol("X"), size, **limits)
            context.placed = True

    data = {"X": frame(X), "B": frame(bid), "A": frame(ask)}
    return rustybt.run_algorithm(
        initialize=initialize, handle_data=handle_data, data=data, capital_base=100_000, progress=False, **how
    )


def quoted(**options: Any) -> Callable[[Any], Any]:
    return lambda symbol: slippage.QuotedSpread({symbol("X"): (symbol("B"), symbol("A"))}, **options)


def prices(result: rustybt.Result) -> list[Decimal]:
    return result.transactions["price"].to_list()


@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize(
    ("size", "how", "price"),
    [
        (10, {}, "102.05"),  # the close of 102, half of 0.10
        (-10, {}, "101.95"),
        (10, {"fill_at": "open"}, "100.02"),  # the open of 100, half of 0.04
        (10, {"trigger": "range", "stop_price": 103}, "103.05"),  # within the bar: the wider of 0.04 and 0.10
        (-10, {"trigger": "range", "limit_price": 103}, "103"),  # a limit is held
    ],
)
def test_half_the_quoted_spread_of_the_bar(size: int, how: dict[str, Any], price: str, kernel: str) -> None:
    result = run(quoted(), size=size, kernel=kernel, **how)
    assert prices(result) == [Decimal(price)]
    spread = abs(Decimal(price) - {"102.05": 102, "101.95": 102, "100.02": 100}.get(price, 103)) * 10
    assert result.costs.of("spread") == spread
    assert result.costs.total == spread


@pytest.mark.parametrize(
    ("bid", "ask", "counts"),
    [
        ([BID[0], None, BID[1]], [*ASK[:2], ASK[1]], (1, 0)),  # no bid on the second bar
        ([BID[0], BID[1], BID[1]], [ASK[0], ("99.9", "104", "90", "101.9"), ASK[1]], (0, 1)),  # the ask below the bid
    ],
)
def test_a_bar_without_a_usable_quote(bid: Bars, ask: Bars, counts: tuple[int, int]) -> None:
    waits = run(quoted(), bid=bid, ask=ask)
    assert prices(waits) == [Decimal("102.05")]
    assert waits.transactions["dt"].dt.date().to_list()[0].isoformat() == DAYS[2], "it waited for the next bar"
    told = next(note for note in waits.notes if note.code == "quote_not_usable")
    assert (told.data["missing"], told.data["crossed"]) == counts
    other = run(quoted(otherwise=slippage.FixedSlippage("0.30")), bid=bid, ask=ask)
    assert prices(other) == [Decimal("102.15")]
    assert other.transactions["dt"].dt.date().to_list()[0].isoformat() == DAYS[1]
    assert other.costs.total == Decimal("1.5")


def test_an_order_that_never_has_a_quote_says_why() -> None:
    result = run(quoted(), bid=[BID[0], None, None])
    assert not result.transactions.height
    assert result.orders["cause"].to_list() == ["declined_by_model"]


def test_a_locked_market_has_no_spread() -> None:
    assert prices(run(quoted(), bid=ASK)) == [Decimal(102)]


def test_the_volume_is_shared() -> None:
    """10 % of 1000 on each bar, and a quote on all of them."""
    result = run(quoted(volume_limit="0.1"), size=150, bid=[*BID[:2], BID[1]], ask=[*ASK[:2], ASK[1]])
    assert result.transactions["amount"].to_list() == [100, 50]


def test_an_asset_without_quotes() -> None:
    with pytest.raises(InputError, match=r"QuotedSpread has no quotes for X\. Name its bid and its ask"):
        run(lambda symbol: slippage.QuotedSpread({symbol("B"): (symbol("B"), symbol("A"))}))
    other = run(lambda symbol: slippage.QuotedSpread({symbol("B"): (symbol("B"), symbol("A"))}, slippage.NoSlippage()))
    assert prices(other) == [Decimal(102)]


@pytest.mark.parametrize("quotes", [{}, {"X": ("B", "A")}, {"X": "B"}, None, [1]])
def test_quotes_that_are_none(quotes: Any) -> None:
    with pytest.raises(InputError, match=r"Pass \{asset: \(its bid, its ask\)\}"):
        slippage.QuotedSpread(quotes)
    with pytest.raises(InputError, match="otherwise='edge' is no slippage model"):
        slippage.QuotedSpread({}, otherwise="edge")


# ---------------------------------------------------------------------------------------------------- models that add


@pytest.mark.parametrize("kernel", KERNELS)
def test_a_spread_and_an_impact_add_up(kernel: str) -> None:
    """Half of 0.10; and 0.25 x 0.04 x 102 x the root of 100 / 10,000, which is 0.102."""
    impact = slippage.SquareRootImpact("0.25", volatility="0.04", volume=10_000)
    result = run(lambda symbol: slippage.Sum(quoted()(symbol), impact), size=100, kernel=kernel)
    assert prices(result) == [Decimal("102.152")]
    assert (result.costs.of("spread"), result.costs.of("impact")) == (Decimal(5), Decimal("10.2"))
    assert result.costs.total == Decimal("15.2")
    assert result.manifest["slippage"].startswith("Sum(QuotedSpread(quotes={X: B/A}, otherwise=None")


def test_the_least_that_fills_is_what_all_are_asked_for() -> None:
    """The spread may fill 100 of a bar, the impact 50: its price is that of 50 units, and both bars have the same."""
    impact = slippage.AlmgrenChriss(0, 0, "0.001", volume_limit="0.05")
    for models in ((slippage.FixedBasisPointsSlippage(0, "0.1"), impact), (impact, slippage.FixedSlippage("0.2"))):
        result = run(lambda symbol, models=models: slippage.Sum(*models), size=100)
        half = Decimal("0.1") if isinstance(models[1], slippage.FixedSlippage) else Decimal(0)
        assert result.transactions["amount"].to_list() == [50, 50]
        assert prices(result) == [102 + Decimal("0.05") + half] * 2


def test_where_one_fills_nothing_the_sum_does_not() -> None:
    result = run(lambda symbol: slippage.Sum(slippage.FixedSlippage("0.2"), quoted()(symbol)), bid=[BID[0], None, None])
    assert result.orders["cause"].to_list() == ["declined_by_model"]


def test_what_can_not_be_added() -> None:
    class Own(slippage.SlippageModel):
        def process_order(self, data: Any, order: Any) -> tuple[Any, Any]:
            return 1, 1

    with pytest.raises(InputError, match="Pass two or more"):
        slippage.Sum(slippage.NoSlippage())
    with pytest.raises(InputError, match="is no slippage model that has quote"):
        slippage.Sum(slippage.NoSlippage(), Own())
    with pytest.raises(InputError, match="no class of assets"):
        slippage.Sum(EquitiesOnly(), FuturesOnly())


class EquitiesOnly(slippage.EquitySlippageModel):
    def quote(self, order: Any, offer: Any) -> Any:
        return offer.price, offer.wanted


class FuturesOnly(slippage.FutureSlippageModel):
    def quote(self, order: Any, offer: Any) -> Any:
        return offer.price, offer.wanted


def test_a_run_that_is_stopped_goes_on_with_the_same_quotes() -> None:
    data = rustybt.load_data({"X": frame(X), "B": frame([*BID[:2], BID[1]]), "A": frame([*ASK[:2], ASK[1]])})

    def initialize(context: Any) -> None:
        pair = context.symbol("B"), context.symbol("A")
        model = slippage.QuotedSpread({context.symbol("X"): pair}, slippage.EstimatedSpread())
        context.set_slippage(slippage.Sum(model, slippage.AlmgrenChriss(0, 0, "0.001")))

    def handle_data(context: Any, data: Any) -> None:
        context.order(context.symbol("X"), 10)

    how: dict[str, Any] = {"initialize": initialize, "handle_data": handle_data, "progress": False}
    whole = rustybt.run_algorithm(market=data, **how)
    run = rustybt.Run(market=data, **how)
    run.until(DAYS[1])
    again = rustybt.Run.restore(run.snapshot(), initialize=initialize, handle_data=handle_data, market=data).finish()
    assert again.ledger_hash == whole.ledger_hash == run.finish().ledger_hash
    assert whole.transactions["price"][0] == Decimal("102.06")
