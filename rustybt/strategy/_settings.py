"""What `initialize` sets for the whole run: models of slippage and commission, the cancel policy."""

from __future__ import annotations

from typing import Any, Final

from rustybt.core import Equity, Future
from rustybt.errors import (
    IncompatibleCommissionModel,
    IncompatibleSlippageModel,
    SetCancelPolicyPostInit,
    SetCommissionPostInit,
    SetSlippagePostInit,
    UnsupportedCancelPolicy,
    UnsupportedCommissionModel,
    UnsupportedSlippageModel,
)
from rustybt.strategy._forms import Commission, Slippage
from rustybt.strategy._run_facts import RunPhase
from rustybt.strategy._run_settings import CancelPolicy, RunSettings

CLASSES: Final = {"equity": ("us_equities", Equity), "future": ("us_futures", Future)}


class Settings:
    """The part of `context` that sets how orders are executed."""

    __slots__ = ()

    _phase: RunPhase
    _settings: RunSettings

    def set_slippage(self, us_equities: Slippage | None = None, us_futures: Slippage | None = None) -> None:
        """Sets the slippage model of futures, and that of everything else; only in `initialize`."""
        if self._phase.phase != "initialize":
            raise SetSlippagePostInit("set_slippage was called after initialize. Call it there.")
        for kind, model in _given(us_equities, us_futures):
            if isinstance(model, type) or not (hasattr(model, "quote") or hasattr(model, "process_order")):
                raise UnsupportedSlippageModel(
                    f"set_slippage({CLASSES[kind][0]}={model!r}): pass a model like "
                    "slippage.FixedBasisPointsSlippage(), or an object with process_order(data, order)."
                )
            if not _fits(model, kind):
                raise IncompatibleSlippageModel(_unfit("set_slippage", kind, model))
            self._settings.slippage[kind] = model

    def set_commission(self, us_equities: Commission | None = None, us_futures: Commission | None = None) -> None:
        """Sets the commission model of futures, and that of everything else; only in `initialize`."""
        if self._phase.phase != "initialize":
            raise SetCommissionPostInit("set_commission was called after initialize. Call it there.")
        for kind, model in _given(us_equities, us_futures):
            if isinstance(model, type) or not (hasattr(model, "fee") or hasattr(model, "calculate")):
                raise UnsupportedCommissionModel(
                    f"set_commission({CLASSES[kind][0]}={model!r}): pass a model like commission.PerShare(), or an "
                    "object with calculate(order, transaction)."
                )
            if not _fits(model, kind):
                raise IncompatibleCommissionModel(_unfit("set_commission", kind, model))
            self._settings.commission[kind] = model

    def set_cancel_policy(self, cancel_policy: CancelPolicy) -> None:
        """Sets when open orders are cancelled; only in `initialize`."""
        if isinstance(cancel_policy, type) or not hasattr(cancel_policy, "should_cancel"):
            raise UnsupportedCancelPolicy(
                f"set_cancel_policy({cancel_policy!r}): pass a policy like cancel_policy.EODCancel()."
            )
        if self._phase.phase != "initialize":
            raise SetCancelPolicyPostInit("set_cancel_policy was called after initialize. Call it there.")
        self._settings.cancel_policy = cancel_policy


def _given(us_equities: Any, us_futures: Any) -> list[tuple[str, Any]]:
    return [(kind, model) for kind, model in (("equity", us_equities), ("future", us_futures)) if model is not None]


def _fits(model: Any, kind: str) -> bool:
    return CLASSES[kind][1] in getattr(model, "allowed_asset_types", (Equity, Future))


def _unfit(function: str, kind: str, model: Any) -> str:
    name = CLASSES[kind][0]
    made_for = " and ".join(one.__name__ for one in model.allowed_asset_types)
    return f"{function}({name}={model!r}): this model is made for {made_for}. Set another one, or say so in its class."
