"""Models of impact and spread through `run_algorithm`; the right fills are worked out by hand beside each case."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest

import rustybt
from rustybt.api import order, slippage, symbol
from rustybt.errors import InputError
from tests.unit._small import ingest, run
from tests.unit.execution.test_spreads import SERIES_A

D = Decimal
DAYS = [dt.date(2021, 2, 1) + dt.timedelta(days=k) for k in range(40)]
FLAT = ("50", "50", "50", "50")


def fills(model: Any, amount: int, bar: int, bars: int, **how: Any) -> rustybt.Result:
    """A run with a model and one order, which is placed on a bar."""
    options = {name: how.pop(name) for name in ("good_till", "limit_price") if name in how}
    return run(
        {bar: lambda context, data: order(symbol("X"), amount, **options)},
        initialize=lambda context: context.set_slippage(model),
        end=DAYS[bars - 1],
        capital=100_000_000,
        **how,
    )


def prices(result: rustybt.Result) -> list[tuple[Decimal, Decimal]]:
    return list(result.transactions.select("amount", "price").iter_rows())


# -------------------------------------------------------------------------------------------------- square root


def ingest_twenty(last: tuple[str, ...] = FLAT, volume: int = 1_000_000) -> None:
    """Twenty sessions whose 19 returns are 6 %, -6 % and zeros: 2 x 0.0036 / 18 = 0.02 squared."""
    closes = ["50", "53", *["49.82"] * 18]
    bars: list[Any] = [(*[close] * 4, volume) for close in closes]
    ingest({"X": [*bars, (*last, volume), (*last, volume)]}, days=DAYS)


def test_a_buy_of_a_hundredth_of_the_volume_moves_the_price_by_a_tenth_of_two_per_cent(kernels: str) -> None:
    """1 x 0.02 x sqrt(10,000 / 1,000,000) of 50 = 0.10."""
    ingest_twenty()
    assert prices(fills(slippage.SquareRootImpact(), 10_000, 19, 21, kernel=kernels)) == [(10_000, D("50.1"))]
    assert prices(fills(slippage.SquareRootImpact(), -10_000, 19, 21, kernel=kernels)) == [(-10_000, D("49.9"))]
    assert prices(fills(slippage.SquareRootImpact(2), 10_000, 19, 21, kernel=kernels)) == [(10_000, D("50.2"))]


def test_volume_and_volatility_may_be_given() -> None:
    """Sigma 4 %, V a quarter of a million: 0.04 x sqrt(10,000 / 250,000) of 50 = 0.40."""
    ingest_twenty()
    model = slippage.SquareRootImpact(volatility="0.04", volume=250_000)
    assert prices(fills(model, 10_000, 19, 21)) == [(10_000, D("50.4"))]
    assert repr(model) == "SquareRootImpact(coefficient=1, volume_limit=0.1, volatility=0.04, volume=250000)"


def test_an_order_in_parts_is_no_cheaper_than_a_whole_one() -> None:
    """A bar has room for 10,000: the second part is priced at 20,000 units, 0.02 x sqrt(0.02) of 50."""
    ingest_twenty()
    model = slippage.SquareRootImpact(volume_limit="0.01", volatility="0.02", volume=1_000_000)
    parts = prices(fills(model, 20_000, 19, 22))
    assert parts[0] == (10_000, D("50.1"))
    assert parts[1] == (10_000, D("50") + D("0.02").sqrt().quantize(D("1e-12")))


def test_what_earlier_orders_took_of_the_bar_counts() -> None:
    ingest_twenty()

    def twice(context: Any, data: Any) -> None:
        order(symbol("X"), 2_500)
        order(symbol("X"), 7_500)

    result = run(
        {19: twice},
        initialize=lambda context: context.set_slippage(slippage.SquareRootImpact()),
        end=DAYS[20],
        capital=100_000_000,
    )
    assert prices(result) == [(2_500, D("50.05")), (7_500, D("50.1"))]


def test_without_twenty_sessions_the_impact_is_what_was_given() -> None:
    ingest_twenty()
    assert prices(fills(slippage.SquareRootImpact(unknown=20), 10_000, 0, 3)) == [(10_000, D("53.106"))]


def test_a_limit_order_is_held_at_its_limit() -> None:
    ingest_twenty()
    result = fills(slippage.SquareRootImpact(), 10_000, 19, 21, limit_price="50.04")
    assert prices(result) == [(10_000, D("50.04"))]


# ---------------------------------------------------------------------------------------------- Almgren and Chriss

PAPER: dict[str, Any] = {"epsilon": "0.0625", "gamma": "2.5e-7", "eta": "2.5e-6", "volume_limit": 1}


def cost(result: rustybt.Result) -> Decimal:
    """What sales at a price of 50 throughout fell short of it."""
    return sum((-amount * (50 - price) for amount, price in prices(result)), D(0))


def ingest_flat(volume: int) -> None:
    ingest({"X": [(*FLAT, volume)] * 8}, days=DAYS)


def test_a_million_sold_in_five_days_costs_662_500(kernels: str) -> None:
    ingest_flat(200_000)
    result = fills(slippage.AlmgrenChriss(**PAPER), -1_000_000, 0, 7, kernel=kernels)
    assert [amount for amount, _ in prices(result)] == [-200_000] * 5
    assert cost(result) == 662_500


def test_all_at_once_costs_2_562_500() -> None:
    ingest_flat(1_000_000)
    assert cost(fills(slippage.AlmgrenChriss(**PAPER), -1_000_000, 0, 7)) == 2_562_500


def test_without_a_permanent_part_later_fills_are_as_cheap_as_the_first() -> None:
    """0.0625 x 1,000,000 + 2.5e-6 x 5 x 200,000 squared."""
    ingest_flat(200_000)
    model = slippage.AlmgrenChriss(**PAPER, permanent="none")
    assert cost(fills(model, -1_000_000, 0, 7)) == 562_500


def test_twice_the_time_halves_the_temporary_part() -> None:
    """0.0625 x 1,000,000 + 2.5e-6 / 2 x 1,000,000 squared."""
    ingest_flat(1_000_000)
    assert cost(fills(slippage.AlmgrenChriss(**PAPER, period=2), -1_000_000, 0, 7)) == 1_312_500


def test_recorded_prices_and_other_orders_know_nothing_of_the_permanent_part() -> None:
    ingest_flat(200_000)
    seen: list[Any] = []

    def look(context: Any, data: Any) -> None:
        if context.bar == 0:
            order(symbol("X"), -400_000)
        if context.bar == 3:
            order(symbol("X"), -200_000)
        seen.append(data.current(symbol("X"), "price"))

    result = run(
        look,
        initialize=lambda context: context.set_slippage(slippage.AlmgrenChriss(**PAPER)),
        end=DAYS[5],
        capital=100_000_000,
    )
    assert set(seen) == {D(50)}
    # 0.0625 + 2.5e-6 x 200,000; the second part of the first order 2.5e-7 x 200,000 more
    assert [50 - price for _, price in prices(result)] == [D("0.5625"), D("0.6125"), D("0.5625")]


# -------------------------------------------------------------------------------------------------- parts and shares


@pytest.mark.parametrize(("word", "each"), [("aggressive", 50_000), ("moderate", 20_000), ("conservative", 4_000)])
@pytest.mark.parametrize(
    "model",
    [
        slippage.FixedBasisPointsSlippage, slippage.VolumeShareSlippage, slippage.SquareRootImpact,
        slippage.EstimatedSpread, slippage.VolatilityVolumeShare,
    ],
)  # fmt: skip
def test_a_word_says_how_soon_a_large_order_is_done(model: Any, word: str, each: int, kernels: str) -> None:
    ingest_flat(200_000)
    result = fills(model(volume_limit=word), 120_000, 0, 4, kernel=kernels)
    filled = [int(amount) for amount, _ in prices(result)]
    assert filled[0] == each
    assert set(filled[:-1]) == {each}
    assert sum(filled) == min(120_000, 3 * each)


def test_an_order_fills_in_parts_until_it_is_good_no_more() -> None:
    ingest_flat(200_000)
    result = fills(slippage.AlmgrenChriss(**PAPER), -1_000_000, 0, 7, good_till=DAYS[3])
    assert [amount for amount, _ in prices(result)] == [-200_000] * 3
    assert result.orders.select("filled", "status", "cause").rows() == [(-600_000, "cancelled", "expired")]


def test_an_unknown_word_is_refused() -> None:
    with pytest.raises(InputError, match=r"SquareRootImpact\(volume_limit\) is 'brave': .*conservative"):
        slippage.SquareRootImpact(volume_limit="brave")
    with pytest.raises(InputError, match="permanent is 'for good'"):
        slippage.AlmgrenChriss(0, 0, 0, permanent="for good")
    with pytest.raises(InputError, match="period is 0"):
        slippage.AlmgrenChriss(0, 0, 0, period=0)


# ---------------------------------------------------------------------------------------------------------- spreads


def ingest_series(last: tuple[str, ...] = ("100", "100", "100", "100")) -> None:
    bars: list[Any] = [(*bar, 1_000_000) for bar in [*SERIES_A, last, last]]
    ingest({"X": bars}, days=DAYS)


@pytest.mark.parametrize(
    ("estimator", "away"),
    [
        ("corwin_schultz", "0.035"),  # 0.000675... of 100 is 0.0675: up to 0.07
        ("abdi_ranaldo", "0.005"),  # below zero: one tick
        ("edge", "0.005"),  # below zero too
        (lambda open, high, low, close: 0.0004, "0.02"),  # 4 ticks to the last digit
        (lambda open, high, low, close: 0.00040000000001, "0.025"),  # more than 4
        (lambda open, high, low, close: None, "0.005"),
        (lambda open, high, low, close: float("nan"), "0.005"),
    ],
)
def test_an_order_pays_half_of_the_spread_that_the_sessions_before_show(
    estimator: Any, away: str, kernels: str
) -> None:
    ingest_series()
    model = slippage.EstimatedSpread(estimator)
    bought = fills(model, 100, 5, 7, kernel=kernels)
    sold = fills(model, -100, 5, 7, kernel=kernels)
    assert prices(bought) == [(100, 100 + D(away))]
    assert prices(sold) == [(-100, 100 - D(away))]
    assert bought.ledger_hash == fills(model, 100, 5, 7, kernel=kernels).ledger_hash


def test_estimates_below_zero_are_counted() -> None:
    ingest_series()
    (note,) = [one for one in fills(slippage.EstimatedSpread(), 100, 5, 7).notes if one.code == "spread_not_estimated"]
    assert note.data == {"asset": "X", "estimates": 1, "below_zero": 1, "not_made": 0}
    assert not fills(slippage.EstimatedSpread("corwin_schultz"), 100, 5, 7).notes


@pytest.mark.parametrize(("estimate", "said"), [(3, "a spread is a share"), ("wide", "is not a number")])
def test_an_estimate_that_is_no_share_is_refused(estimate: Any, said: str) -> None:
    ingest_series()
    with pytest.raises(InputError, match=said):
        fills(slippage.EstimatedSpread(lambda opens, highs, lows, closes: estimate), 100, 5, 7)


def test_impact_without_sessions_to_know_it_from_is_noted() -> None:
    ingest_series()
    (note,) = [one for one in fills(slippage.SquareRootImpact(), 100, 5, 7).notes if one.code == "impact_not_known"]
    assert note.data == {"asset": "X", "fills": 1}
    known = slippage.SquareRootImpact(volatility="0.02", volume=1_000)
    assert not [one for one in fills(known, 100, 5, 7).notes if one.code == "impact_not_known"]


def test_the_bar_that_fills_has_no_part_in_its_spread() -> None:
    """It may have any range; its close, which the order gets, is the same."""
    model, found = slippage.EstimatedSpread("corwin_schultz"), set()
    for last in (("100", "100", "100", "100"), ("90", "170", "10", "100"), ("100", "101", "99", "100")):
        ingest_series(last)
        found.add(prices(fills(model, 100, 5, 7))[0])
    assert found == {(100, D("100.035"))}


def test_the_window_is_of_the_last_sessions() -> None:
    """Two sessions: the last two-day estimate, 0.008105..., of 100 is 0.8105: up to 0.82."""
    ingest_series()
    model = slippage.EstimatedSpread("corwin_schultz", window=2)
    assert prices(fills(model, 100, 5, 7)) == [(100, D("100.41"))]


def test_an_estimator_sees_whole_sessions_before_the_current_one_in_minutes_too() -> None:
    seen: list[Any] = []

    def look(open: Any, high: Any, low: Any, close: Any) -> float:
        seen.append((open, high, low, close))
        return 0.001

    ingest_series()
    fills(slippage.EstimatedSpread(look, window=3), 100, 5, 7)
    assert seen == [tuple([D(bar[k]) for bar in SERIES_A[3:6]] for k in range(4))]


def test_an_estimator_that_is_none_is_refused() -> None:
    with pytest.raises(InputError, match=r"estimator is 'roll'.*edge, corwin_schultz"):
        slippage.EstimatedSpread("roll")
    with pytest.raises(InputError, match="window is 1"):
        slippage.EstimatedSpread(window=1)


@pytest.mark.parametrize("kind", [slippage.SquareRootImpact, slippage.AlmgrenChriss, slippage.EstimatedSpread])
def test_no_more_than_the_volume_fills(kind: Any) -> None:
    needed = {"eta": 1, "gamma": 1, "epsilon": 1} if kind is slippage.AlmgrenChriss else {}
    with pytest.raises(InputError, match=r"volume_limit\) is 1.5: more would fill than was traded"):
        kind(volume_limit=1.5, **needed)
