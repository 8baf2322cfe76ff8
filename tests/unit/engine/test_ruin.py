"""An account that loses all it has: told, marked, without figures that mean nothing, and ended where that is asked for.

A of 10, 10, 8.7, 9, 9.5, 4 with 80 units bought for 100 of cash at 10: cash -700, value 100, -4, 20, 60, -380.
"""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

import rustybt
from rustybt.api import set_max_leverage
from rustybt.errors import AccountControlViolation, AccountRuined, InputError
from tests.unit._small import DAYS, ingest, ingest_minutes, run

D = Decimal
BUY = {0: lambda c, d: c.order(c.symbol("A"), 80)}
TOLD = "ruined on 2021-02-03: at the close it was worth -4.00 USD"


@pytest.fixture(autouse=True)
def _bundle() -> None:
    ingest({"A": ["10", "10", "8.7", "9", "9.5", "4"]})


def ruined(**given: Any) -> rustybt.Result:
    with pytest.warns(UserWarning, match=TOLD):
        return run(BUY, capital=100, days=6, **given)


def test_the_run_says_on_which_day_and_has_no_ratios_after_it() -> None:
    result = ruined()
    assert result.daily["portfolio_value"].to_list() == [100, 100, -4, 20, 60, -380]
    note, below = result.notes
    assert below.code == "cash_below_zero"
    assert (note.code, note.data) == ("ruined", {"session": "2021-02-03", "value": "-4"})
    names = ("annual_return", "volatility", "sharpe", "sortino")
    assert [result.metrics[name] for name in names] == [None] * 4
    assert result.metrics["total_return"] == D("-4.8")  # -380 of 100
    assert result.metrics["max_leverage"] == 36  # 720 of 20; at 100 it was 8, at 60 it was 12.67
    assert result.daily["sharpe"].null_count() == 6  # the two returns before it are 0
    assert result.daily["gross_leverage"].to_list() == [0, 8, None, 36, D("12.666666666666666667"), None]
    assert result.daily["returns"].to_list() == [0, 0, D("-1.04"), None, 2, D("-7.333333333333333333")]


def test_it_stands_in_text_picture_and_notebook(tmp_path: Path) -> None:
    result = ruined()
    assert "2021-02-06, ruined on 2021-02-03, return -480.00%, Sharpe -," in repr(result)
    assert "note ruined: The account was ruined on 2021-02-03" in str(result)
    assert "<title>ruined on 2021-02-03</title>" in result._repr_html_()
    again = rustybt.Result.load(result.save(tmp_path / "run"))
    assert again.notes == result.notes
    assert again.metrics == result.metrics
    pytest.importorskip("matplotlib")
    (equity, *_) = again.plot(tmp_path / "run.svg").axes
    assert "ruined on 2021-02-03" in [text.get_text() for text in equity.texts]


def test_a_run_can_end_on_that_day() -> None:
    result = ruined(on_ruin="stop")
    assert result.daily["session"].to_list() == DAYS[:3]
    assert result.manifest["end"] == "2021-02-03"
    assert "The run ended there" in result.notes[0].text
    assert result.metrics["total_return"] == D("-1.04")
    assert result.metrics["sharpe"] is None


def test_a_run_can_fail_on_that_day() -> None:
    with pytest.raises(AccountRuined, match=r"close of 2021-02-03 the account is worth -4 USD"):
        run(BUY, capital=100, days=6, on_ruin="raise")
    assert run(BUY, capital=1000, days=6, on_ruin="raise").notes == ()


def test_ziplines_way_keeps_its_columns_and_the_figures_are_none_all_the_same() -> None:
    result = run(BUY, capital=100, days=6, compat=rustybt.Compat(figures_below_zero=True))
    assert [note.code for note in result.notes] == ["ruined", "cash_below_zero"]
    assert result.daily["sharpe"].null_count() == 2  # of one return, and of two that are 0
    assert result.daily["gross_leverage"][2] == -174  # 696 of -4
    assert result.daily["returns"][3] == -6
    assert result.metrics["sharpe"] is result.metrics["annual_return"] is None
    assert result.metrics["max_leverage"] == 36


def test_exactly_nothing_left_is_ruin_and_capital_taken_out_is_not() -> None:
    ingest({"A": ["10", "10", "8.75", "9"]})
    with pytest.warns(UserWarning, match=r"worth 0\.00 USD"):
        assert run(BUY, capital=100, days=4).notes[0].data == {"session": "2021-02-03", "value": "0"}
    taken = run(capital=100, days=4, capital_changes={"2021-02-02": {"type": "target", "value": 0}})
    assert [note.code for note in taken.notes] == ["no_orders"]


def test_an_account_below_zero_has_no_leverage_and_no_weights_either() -> None:
    seen: list[Any] = []

    def look(context: Any, data: Any) -> None:
        BUY.get(context.bar, lambda c, d: None)(context, data)
        account, asset = context.account, context.symbol("A")
        seen.append((account.leverage, account.net_leverage, context.portfolio.current_portfolio_weights.get(asset)))

    with pytest.warns(UserWarning, match=TOLD):
        run(look, capital=100, days=3)
    assert seen == [(0, 0, None), (8, 8, 8), (D("Infinity"),) * 3]


def test_a_limit_of_leverage_forbids_a_ruined_account() -> None:
    with pytest.raises(AccountControlViolation, match="2021-02-03 the leverage has no bound"):
        run(BUY, capital=100, days=6, initialize=lambda context: set_max_leverage(50))


def test_in_a_run_of_minutes_it_is_the_close_that_counts() -> None:
    # below zero at the third minute, above it at the close of the first day; 1440 minutes a day, of which few have bars
    opens = dt.datetime(2021, 2, 1, tzinfo=dt.UTC)
    day = ["10", "10", "8", *[None] * 1436, "9"]
    ingest_minutes({"A": [*day, "9", *[None] * 1438, "8"]}, opens)
    with pytest.warns(UserWarning, match=r"ruined on 2021-02-02: at the close it was worth -60\.00 USD"):
        result = run(BUY, capital=100, days=3, data_frequency="minute", end=DAYS[1], on_ruin="stop")
    assert result.daily["portfolio_value"].to_list() == [20, -60]


def test_the_word_for_it_is_checked() -> None:
    with pytest.raises(InputError, match="on_ruin='panic'"):
        run(on_ruin="panic")
