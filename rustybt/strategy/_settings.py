"""What `initialize` sets for the whole run: models of slippage and commission, the cancel policy."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from rustybt.core import Asset, Equity, Future
from rustybt.errors import (
    IncompatibleCommissionModel,
    IncompatibleSlippageModel,
    InputError,
    SetCancelPolicyPostInit,
    SetCommissionPostInit,
    SetLatencyPostInit,
    SetSlippagePostInit,
    UnsupportedCancelPolicy,
    UnsupportedCommissionModel,
    UnsupportedSlippageModel,
)
from rustybt.strategy._forms import Commission, Slippage
from rustybt.strategy._run_facts import RunPhase
from rustybt.strategy._run_settings import CancelPolicy, RunSettings

if TYPE_CHECKING:
    from rustybt.core.latency import Latency

CLASSES: Final = {"equity": ("us_equities", Equity), "future": ("us_futures", Future)}


class Settings:
    """The part of `context` that sets how orders are executed."""

    __slots__ = ()

    _phase: RunPhase
    _settings: RunSettings

    def set_slippage(
        self,
        us_equities: Slippage | None = None,
        us_futures: Slippage | None = None,
        *,
        assets: Mapping[Asset, Slippage] | None = None,
    ) -> None:
        """Sets the slippage model of futures, that of everything else, and those of assets; only in `initialize`."""
        if self._phase.phase != "initialize":
            raise SetSlippagePostInit("set_slippage was called after initialize. Call it there.")
        for of, model in _given("set_slippage", us_equities, us_futures, assets):
            if isinstance(model, type) or not (hasattr(model, "quote") or hasattr(model, "process_order")):
                raise UnsupportedSlippageModel(
                    f"set_slippage({_argument(of)}={model!r}): pass a model like "
                    "slippage.FixedBasisPointsSlippage(), or an object with process_order(data, order)."
                )
            if not _fits(model, of):
                raise IncompatibleSlippageModel(_unfit("set_slippage", of, model))
            self._settings.slippage[of] = model

    def set_commission(
        self,
        us_equities: Commission | None = None,
        us_futures: Commission | None = None,
        *,
        assets: Mapping[Asset, Commission] | None = None,
    ) -> None:
        """Sets the commission model of futures, that of everything else, and those of assets; only in `initialize`."""
        if self._phase.phase != "initialize":
            raise SetCommissionPostInit("set_commission was called after initialize. Call it there.")
        for of, model in _given("set_commission", us_equities, us_futures, assets):
            if isinstance(model, type) or not (hasattr(model, "fee") or hasattr(model, "calculate")):
                meant = f", broker({model!r})" if isinstance(model, str) else ""
                raise UnsupportedCommissionModel(
                    f"set_commission({_argument(of)}={model!r}): pass a model like commission.PerShare(){meant}, or an "
                    "object with calculate(order, transaction)."
                )
            if not _fits(model, of):
                raise IncompatibleCommissionModel(_unfit("set_commission", of, model))
            self._settings.commission[of] = model

    def set_latency(self, latency: Latency | str) -> None:
        """Lets orders, changes and cancels take time; `rustybt.api.set_latency` says more. Only in `initialize`."""
        if self._phase.phase != "initialize":
            raise SetLatencyPostInit("set_latency was called after initialize. Call it there.")
        from rustybt.core.latency import latency_named

        self._settings.latency = latency_named(latency)

    def set_cancel_policy(self, cancel_policy: CancelPolicy) -> None:
        """Sets when open orders are cancelled; only in `initialize`."""
        if isinstance(cancel_policy, type) or not hasattr(cancel_policy, "should_cancel"):
            raise UnsupportedCancelPolicy(
                f"set_cancel_policy({cancel_policy!r}): pass a policy like cancel_policy.EODCancel()."
            )
        if self._phase.phase != "initialize":
            raise SetCancelPolicyPostInit("set_cancel_policy was called after initialize. Call it there.")
        self._settings.cancel_policy = cancel_policy


def _given(function: str, us_equities: Any, us_futures: Any, assets: Any) -> list[tuple[str | Asset, Any]]:
    """By class, and by asset, the models that were given."""
    given: list[tuple[str | Asset, Any]] = [("equity", us_equities), ("future", us_futures)]
    if assets is not None and not isinstance(assets, Mapping):
        raise InputError(f"{function}(assets={assets!r}): pass a dict of models by asset.")
    for asset, model in (assets or {}).items():
        if not isinstance(asset, Asset):
            raise InputError(f"{function}(assets=...): {asset!r} is no asset. Look it up: symbol('...').")
        given.append((asset, model))
    return [(of, model) for of, model in given if model is not None]


def _class_of(of: str | Asset) -> str:
    return of if isinstance(of, str) else "future" if of.kind == "future" else "equity"


def _argument(of: str | Asset) -> str:
    return CLASSES[of][0] if isinstance(of, str) else f"assets of {of.symbol}"


def _fits(model: Any, of: str | Asset) -> bool:
    return CLASSES[_class_of(of)][1] in getattr(model, "allowed_asset_types", (Equity, Future))


def _unfit(function: str, of: str | Asset, model: Any) -> str:
    made_for = " and ".join(one.__name__ for one in model.allowed_asset_types)
    return (
        f"{function}({_argument(of)}={model!r}): this model is made for {made_for}. Set another one, or say so in its "
        "class."
    )
