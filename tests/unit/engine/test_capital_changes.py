"""`run_algorithm(capital_changes=...)`: value jumps, and profit, returns and cash flow do not see it."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import pytest

from rustybt.errors import InputError, NonFiniteInput
from tests.unit._small import DAYS, ingest, ingest_minutes, run

D = Decimal
NIGHT = dt.datetime(2021, 2, 1, tzinfo=dt.UTC)


def column(result: Any, name: str) -> list[Decimal]:
    return [value.normalize() + 0 for value in result.daily[name].to_list()]


@pytest.fixture
def doubling() -> None:
    ingest({"A": ["10", "10", "20", "20", "40"]})


def buy(context: Any, data: Any) -> None:
    context.order(context.symbol("A"), 100)


@pytest.mark.usefixtures("doubling")
class TestDaily:
    def test_value_jumps_and_nothing_else_does(self) -> None:
        # 100 units from day 1 on; on day 3, when nothing moves, 500 come before the session
        result = run({0: buy}, capital=1000, capital_changes={DAYS[3]: {"type": "delta", "value": 500}})
        assert column(result, "portfolio_value") == [1000, 1000, 2000, 2500, 4500]
        assert column(result, "pnl") == [0, 0, 1000, 0, 2000]
        assert column(result, "returns") == [0, 0, 1, 0, D("0.8")]
        assert column(result, "capital_used") == [0, -1000, 0, 0, 0]
        assert column(result, "starting_cash") == [1000, 1000, 0, 500, 500]
        assert column(result, "ending_cash") == [1000, 0, 0, 500, 500]
        kept = result.entries.select("stamp", "kind", "amount", "reason").rows()
        assert kept[0][1:3] == ("capital", D(1000))
        assert kept[-1] == (NIGHT + dt.timedelta(days=3), "capital", D(500), "delta")
        assert result.manifest["capital_changes"] == {"2021-02-04": {"type": "delta", "value": "500"}}

    def test_a_target_is_reached_from_the_value_before(self) -> None:
        # worth 2000 at the close of day 3; day 4 starts with 1500, and what is held gains 2000
        result = run({0: buy}, capital=1000, capital_changes={DAYS[4]: {"type": "target", "value": "1500"}})
        assert column(result, "portfolio_value") == [1000, 1000, 2000, 2000, 3500]
        assert column(result, "starting_cash")[-1] == -500
        assert column(result, "returns")[-1] == D(2000) / D(1500) // D("1e-18") * D("1e-18")

    def test_the_portfolio_does_not_see_it_as_a_gain(self) -> None:
        found: list[Any] = []

        def look(context: Any, data: Any) -> None:
            if context.bar == 0:
                buy(context, data)
            p = context.portfolio
            found.append((p.portfolio_value, p.pnl, p.returns, p.capital_used, p.starting_cash))

        run(look, capital=1000, capital_changes={DAYS[3]: {"type": "delta", "value": 500}})
        assert found[3] == (2500, 1000, 1, -1000, 1000)
        # 2 for what was there on day 3, 1.8 on the day after: 3.6 times the start
        assert found[4] == (4500, 3000, D("2.6"), -1000, 1000)

    def test_the_first_session_can_have_one(self) -> None:
        result = run(capital=1000, capital_changes={DAYS[0]: {"type": "delta", "value": -400}})
        assert column(result, "portfolio_value") == [600] * 5
        assert column(result, "returns") == [0] * 5
        assert column(result, "starting_cash")[0] == 600

    @pytest.mark.parametrize(
        "key",
        [
            DAYS[1], "2021-02-02", dt.datetime(2021, 2, 2), dt.datetime(2021, 2, 2, tzinfo=dt.UTC),
            pd.Timestamp("2021-02-02"), pd.Timestamp("2021-02-02", tz="UTC"), np.datetime64("2021-02-02"),
        ],
    )  # fmt: skip
    def test_a_session_can_be_written_in_many_ways(self, key: Any) -> None:
        result = run(capital=1000, capital_changes={key: {"type": "delta", "value": 0.1}})
        assert column(result, "portfolio_value") == [1000] + [D("1000.1")] * 4

    @pytest.mark.parametrize(
        ("given", "match"),
        [
            ([1], "is not a dict"),
            ({DAYS[1]: 500}, "pass its type and its value"),
            ({DAYS[1]: {"type": "gift", "value": 5}}, "neither 'target' nor 'delta'"),
            ({"soon": {"type": "delta", "value": 5}}, "Write it like"),
            ({7: {"type": "delta", "value": 5}}, "no moment"),
            ({"2021-03-02": {"type": "delta", "value": 5}}, "goes from 2021-02-01 to 2021-02-05"),
            ({"2021-02-02 14:00": {"type": "delta", "value": 5}}, "data_frequency='minute'"),
            ({"2021-02-02": {"type": "delta", "value": 5}, DAYS[1]: {"type": "delta", "value": 5}}, "twice"),
        ],
    )
    def test_what_means_nothing_is_refused(self, given: Any, match: str) -> None:
        with pytest.raises(InputError, match=match):
            run(capital_changes=given)

    def test_an_amount_is_a_number(self) -> None:
        with pytest.raises(NonFiniteInput, match="capital_changes"):
            run(capital_changes={DAYS[1]: {"type": "delta", "value": "much"}})


class TestMinutes:
    def test_a_change_comes_before_its_bar(self) -> None:
        ingest_minutes({"A": ["10", "10", "30", "45"]}, NIGHT)
        moment = NIGHT + dt.timedelta(minutes=4)
        seen: list[Any] = []

        def look(context: Any, data: Any) -> None:
            if context.bar == 0:
                buy(context, data)
            if context.bar < 5:
                seen.append((context.portfolio.portfolio_value, context.portfolio.returns))

        result = run(
            look, days=1, capital=1000, data_frequency="minute",
            capital_changes={moment: {"type": "target", "value": 6000}},
        )  # fmt: skip
        # worth 3000 before the bar; 3000 come; then 100 units gain 15 each
        assert [value for value, _ in seen] == [1000, 1000, 3000, 7500, 7500]
        assert seen[3][1] == D("2.75")
        assert column(result, "returns") == column(result, "algorithm_period_return") == [D("2.75")]
        assert column(result, "pnl") == [3500]
        assert column(result, "capital_used") == [-1000]
        assert column(result, "starting_cash") == [1000]
        assert result.entries.rows()[-1][0] == moment

    def test_a_moment_that_is_no_bar_is_refused(self) -> None:
        ingest_minutes({"A": ["10", "10"]}, NIGHT)
        with pytest.raises(InputError, match="not the end of a bar of this run"):
            run(days=1, data_frequency="minute", capital_changes={"2021-02-01 00:00:30": {"type": "delta", "value": 1}})
