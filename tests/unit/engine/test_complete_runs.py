"""A run that is complete is never lost, whatever an object of the user's does after its last bar."""

from __future__ import annotations

import functools
import pickle
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

import rustybt
from rustybt import metrics
from rustybt.api import cancel_policy, commission, execution, order, slippage, symbol
from rustybt.errors import InputError, NoData
from tests.unit._small import DAYS, ingest, run

D = Decimal


class Shy:
    """Can't be printed or pickled."""

    def _refused(self, *_: Any) -> Any:
        raise RuntimeError("not today")

    __repr__ = __reduce_ex__ = _refused  # type: ignore[assignment]

    def __str__(self) -> str:
        raise RuntimeError("not today")

    def __deepcopy__(self, memo: Any) -> Any:
        return self


class Mute:
    """Has a repr, for Polars and pytest tell of a text that fails with it, and no text."""

    def __str__(self) -> str:
        raise RuntimeError("not today")

    def __repr__(self) -> str:
        return "Mute()"


class ShySlippage(Shy, slippage.SlippageModel):  # type: ignore[misc]
    def process_order(self, data: Any, order: Any) -> Any:
        return data.current(order.asset, "close"), order.open_amount


class ShyCommission(Shy, commission.CommissionModel):  # type: ignore[misc]
    def calculate(self, order: Any, transaction: Any) -> Any:
        return 1


class ShyPolicy(Shy, cancel_policy.CancelPolicy):  # type: ignore[misc]
    def should_cancel(self, event: int) -> bool:
        return False


@pytest.fixture(autouse=True)
def _bundle() -> None:
    ingest({"A": [10, 11, 12, 13, 14]})


def buy(context: Any, data: Any) -> None:
    if context.bar == 0:
        order(symbol("A"), 5)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_what_can_not_be_printed_loses_nothing(tmp_path: Path) -> None:
    def initialize(context: Any, **params: Any) -> None:
        context.set_slippage(ShySlippage())
        context.set_commission(ShyCommission())
        context.set_cancel_policy(ShyPolicy())

    def on_bar(context: Any, data: Any) -> None:
        buy(context, data)
        context.record(mute=Mute(), sometimes=Mute() if context.bar else 1, huge=2**200, tiny=D("1E-400"))

    around: list[Any] = []
    around.append(around)
    result = run(on_bar, initialize=initialize, params={"shy": Shy(), "list": [Shy()], "around": around})
    assert result.transactions.select("price", "commission").row(0) == (D(11), D(1))
    assert result.manifest["slippage"] == "<ShySlippage, whose repr raised RuntimeError>"
    assert result.manifest["params"]["shy"] == "<Shy, whose str raised RuntimeError>"
    assert repr(result)
    loaded = rustybt.Result.load(result.save(tmp_path / "saved"))
    assert loaded.ledger_hash == result.ledger_hash
    with pytest.raises(RuntimeError):
        pickle.dumps(Shy())


@pytest.mark.parametrize("error", [ZeroDivisionError("no"), NoData("none"), KeyboardInterrupt(), SystemExit(3)])
def test_an_error_of_analyze_carries_the_result(error: BaseException) -> None:
    def analyze(context: Any, result: Any) -> None:
        raise error

    with pytest.raises(type(error)) as caught:
        run(buy, analyze=analyze)
    result = caught.value.result  # type: ignore[attr-defined]
    assert isinstance(result, rustybt.Result)
    assert result.ledger_hash == run(buy).ledger_hash
    assert any("attribute `result`" in note for note in caught.value.__notes__)


def _set(context: Any, **models: Any) -> None:
    for setter, model in models.items():
        getattr(context, setter)(model)


class Breaks:
    """A metric that fails at its last call."""

    def __init__(self, hook: str) -> None:
        self.hook = hook
        self.session = 0

    def end_of_session(self, packet: Any, ledger: Any, session: Any, session_ix: int, data_portal: Any) -> None:
        packet["daily_perf"]["n"] = session_ix
        if self.hook == "session" and session == DAYS[4]:
            raise ValueError("the last session")

    def end_of_simulation(self, *_: Any) -> None:
        if self.hook == "simulation":
            raise ValueError("the end")


@pytest.mark.parametrize("hook", ["session", "simulation"])
def test_an_error_of_a_metric_after_the_last_bar_carries_the_result(hook: str) -> None:
    with pytest.raises(ValueError, match="the ") as caught:
        run(buy, metrics_set=[Breaks(hook)])
    result = caught.value.result  # type: ignore[attr-defined]
    assert (result.ledger_hash, result.daily.height) == (run(buy).ledger_hash, 5)
    assert result.measures["n"].to_list() == ([0, 1, 2, 3] if hook == "session" else [0, 1, 2, 3, 4])


def test_an_error_of_a_progress_function_at_the_end_carries_the_result() -> None:
    def told(done: int, sessions: int) -> None:
        if done == sessions:
            raise OSError("the window is closed")

    with pytest.raises(OSError, match="closed") as caught:
        run(buy, progress=told)
    assert caught.value.result.daily.height == 5  # type: ignore[attr-defined]


def test_an_error_before_the_end_carries_none() -> None:
    def fails(context: Any, data: Any) -> None:
        if context.bar == 4:
            raise ValueError("on the last bar")

    with pytest.raises(ValueError, match="last bar") as caught:
        run(fails)
    assert not hasattr(caught.value, "result")


class TestWithoutSuperInit:
    """Classes whose `__init__` does not call the one of the class that they were derived from."""

    def _fills(self, initialize: Any, **how: Any) -> list[Any]:
        return run(buy, initialize=initialize, **how).transactions.select("price", "commission").rows()

    def test_a_model_that_fails_to_tell_of_the_run_does_not_lose_it(self) -> None:
        class Silent(slippage.FixedSlippage):
            def tell(self, notes: Any) -> None:
                raise ValueError("nothing to say")

        result = run(buy, initialize=functools.partial(_set, set_slippage=Silent()))
        assert result.transactions.height == 1
        (note,) = [one for one in result.notes if one.code == "model_told_nothing"]
        assert note.data == {"model": "Silent", "error": "ValueError: nothing to say"}

    def test_a_model_that_answers_by_itself_works(self) -> None:
        for base in (
            slippage.FixedSlippage, slippage.FixedBasisPointsSlippage, slippage.VolumeShareSlippage, slippage.AtTick,
            slippage.SlippageModel,
        ):  # fmt: skip

            class Mine(base):  # type: ignore[valid-type, misc]
                def __init__(self) -> None:
                    self.mine = 1

                def process_order(self, data: Any, order: Any) -> Any:
                    return data.current(order.asset, "close") + self.mine, order.open_amount

            assert self._fills(functools.partial(_set, set_slippage=Mine())) == [(D(12), D(0))]
        for paid in (
            commission.PerShare, commission.PerTrade, commission.PerDollar, commission.PerContract,
            commission.PerFutureTrade, commission.CommissionModel,
        ):  # fmt: skip

            class Fee(paid):  # type: ignore[valid-type, misc]
                allowed_asset_types = commission.CommissionModel.allowed_asset_types

                def __init__(self) -> None:
                    self.mine = 3

                def calculate(self, order: Any, transaction: Any) -> Any:
                    return self.mine

            assert self._fills(functools.partial(_set, set_commission=Fee())) == [(D(11), D(3))]

    @pytest.mark.parametrize(
        "base",
        [slippage.FixedSlippage, slippage.FixedBasisPointsSlippage, slippage.VolumeShareSlippage, slippage.AtTick],
    )
    def test_a_slippage_model_whose_base_must_answer_is_refused_at_the_start(self, base: Any) -> None:
        class Mine(base):  # type: ignore[misc]
            def __init__(self) -> None:
                self.mine = 1

        self._refused(lambda c: c.set_slippage(Mine()), rf"Mine has no .*{base.__name__}\.quote .*super\(\).__init__")

    @pytest.mark.parametrize("base", [commission.PerShare, commission.PerTrade, commission.PerDollar])
    def test_a_commission_model_whose_base_must_answer_is_refused_at_the_start(self, base: Any) -> None:
        class Mine(base):  # type: ignore[misc]
            def __init__(self) -> None:
                self.mine = 1

        self._refused(lambda c: c.set_commission(Mine()), rf"{base.__name__}\.fee .*super\(\).__init__")

    def test_controls_and_metrics_work_or_are_refused_at_the_start(self) -> None:
        class Largest(execution.MaxOrderSize):
            def __init__(self) -> None:
                self.mine = 1

        class Never(execution.TradingControl):
            def __init__(self) -> None:
                self.mine = 1

            def violation(self, intent: Any) -> str | None:
                return "never" if self.mine > 1 else None

        class Seen(execution.AccountControl):
            def __init__(self) -> None:
                self.mine = 1

            def violation(self, standing: Any) -> str | None:
                return None

        class Field(metrics.SimpleLedgerField):
            def __init__(self) -> None:
                self.mine = 1

        class Nothing(execution.StaticRestrictions):
            def __init__(self) -> None:
                self.mine = 1

        self._refused(lambda c: c.register_trading_control(Largest()), r"MaxOrderSize\.violation|_Size\.violation")
        self._refused(lambda c: c.set_asset_restrictions(Nothing()), r"StaticRestrictions\.frozen")
        with pytest.raises(InputError, match=r"SimpleLedgerField\.end_of_session"):
            run(buy, metrics_set=[Field()])
        mine = self._fills(lambda c: (c.register_trading_control(Never()), c.register_account_control(Seen())))
        assert mine == [(D(11), D(0))]

    def test_asking_a_base_that_was_not_initialised_is_told(self) -> None:
        class Mine(slippage.VolumeShareSlippage):
            def __init__(self) -> None:
                self.mine = 1

            def process_order(self, data: Any, order: Any) -> Any:
                return super().process_order(data, order)

        with pytest.raises(InputError, match=r"VolumeShareSlippage\.quote reads .*super\(\).__init__"):
            run(buy, initialize=lambda c: c.set_slippage(Mine()))

    def _refused(self, initialize: Any, match: str) -> None:
        bars: list[int] = []
        with pytest.raises(InputError, match=match):
            run(lambda c, d: bars.append(1), initialize=initialize)
        assert bars == []
