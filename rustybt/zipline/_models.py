"""A script's own models get the script's own data, orders and transactions, whatever the engine hands out."""

from __future__ import annotations

import copy
from typing import Any, Self

from rustybt import core
from rustybt.execution import is_own
from rustybt.execution.commission import CommissionModel
from rustybt.execution.slippage import SlippageModel
from rustybt.zipline._assets import AssetWrapper, Equity, Future, unwrap
from rustybt.zipline._bar_data import BarData
from rustybt.zipline._orders import WorkingOrder, shown_transaction

ALLOWED: dict[Any, type[core.Asset]] = {Equity: core.Equity, Future: core.Future}


class WrappedModel:
    """Stands before a model: what is asked and set goes to the model itself."""

    is_wrapper = True

    def __init__(self, model: Any, data: BarData, wrapper: AssetWrapper) -> None:
        object.__setattr__(self, "model", model)
        object.__setattr__(self, "data", data)
        object.__setattr__(self, "wrapper", wrapper)

    model: Any
    data: BarData
    wrapper: AssetWrapper

    def __getattr__(self, name: str) -> Any:
        return getattr(object.__getattribute__(self, "model"), name)

    def __setattr__(self, name: str, value: Any) -> None:
        try:
            setattr(self.model, name, value)
        except AttributeError:  # of a frozen class
            object.__setattr__(self.model, name, value)

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        return type(self)(copy.deepcopy(self.model, memo), self.data, self.wrapper)

    def __repr__(self) -> str:
        return repr(self.model)

    @property
    def allowed_asset_types(self) -> tuple[type[core.Asset], ...]:
        """As the engine knows the classes of assets."""
        allowed = getattr(self.model, "allowed_asset_types", (core.Equity, core.Future))
        return tuple(ALLOWED.get(one, one) for one in allowed)


class UnwrappingData:
    """The engine's data, asked with the script's assets."""

    def __init__(self, data: Any) -> None:
        self._data = data

    def current(self, asset: Any, field: str) -> Any:
        """The field of the bar."""
        return self._data.current(unwrap(asset), field)

    def history(self, asset: Any, *window: Any, **options: Any) -> Any:
        """A window, as the engine gives it."""
        return self._data.history(unwrap(asset), *window, **options)

    @property
    def current_session(self) -> Any:
        return self._data.current_session


class WrappedSlippage(WrappedModel):
    """Before a slippage model with process_order(data, order)."""

    def process_order(self, _data: Any, order: core.Order) -> Any:
        """The model's answer."""
        return self.model.process_order(self.data, WorkingOrder.of(order, self.wrapper))

    def bound(self, data: Any) -> WrappedSlippage:
        """The model of a run is this one, which is its own; what looks at the market by itself gets there with the
        script's assets."""
        if hasattr(self.model, "bound"):
            object.__setattr__(self, "model", self.model.bound(UnwrappingData(data)))
        return self

    def _let_go(self) -> None:
        """The run is over."""
        if hasattr(self.model, "_let_go"):
            self.model._let_go()


class WrappedCommission(WrappedModel):
    """Before a commission model with calculate(order, transaction)."""

    def calculate(self, order: core.Order, transaction: core.Transaction) -> Any:
        """The model's answer."""
        return self.model.calculate(WorkingOrder.of(order, self.wrapper), shown_transaction(transaction, self.wrapper))


def wrapped_slippage(model: Any, data: BarData, wrapper: AssetWrapper) -> Any:
    """A slippage model for the engine: the script's own wrapped, RustyBT's as they are."""
    own = is_own(type(model), "process_order", "quote", SlippageModel)
    return WrappedSlippage(model, data, wrapper) if own else model


def wrapped_commission(model: Any, data: BarData, wrapper: AssetWrapper) -> Any:
    """A commission model for the engine: the script's own wrapped, RustyBT's as they are."""
    return (
        WrappedCommission(model, data, wrapper) if is_own(type(model), "calculate", "fee", CommissionModel) else model
    )
