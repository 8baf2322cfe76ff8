"""A script's own models get the script's own data, orders and transactions, whatever the engine hands out."""

from __future__ import annotations

from typing import Any

from rustybt import core
from rustybt.execution.commission import CommissionModel
from rustybt.execution.slippage import SlippageModel
from rustybt.zipline._assets import Equity, Faces, Future
from rustybt.zipline._bar_data import BarData
from rustybt.zipline._orders import shown_at_work, shown_transaction

ALLOWED: dict[Any, type[core.Asset]] = {Equity: core.Equity, Future: core.Future}


class Faced:
    """Stands before a model: what is asked and set goes to the model itself."""

    def __init__(self, model: Any, data: BarData, faces: Faces) -> None:
        object.__setattr__(self, "model", model)
        object.__setattr__(self, "data", data)
        object.__setattr__(self, "faces", faces)

    model: Any
    data: BarData
    faces: Faces

    def __getattr__(self, name: str) -> Any:
        return getattr(object.__getattribute__(self, "model"), name)

    def __setattr__(self, name: str, value: Any) -> None:
        setattr(self.model, name, value)

    def __repr__(self) -> str:
        return repr(self.model)

    @property
    def allowed_asset_types(self) -> tuple[type[core.Asset], ...]:
        """As the engine knows the classes of assets."""
        allowed = getattr(self.model, "allowed_asset_types", (core.Equity, core.Future))
        return tuple(ALLOWED.get(one, one) for one in allowed)


class FacedSlippage(Faced):
    """Before a slippage model with process_order(data, order)."""

    def process_order(self, _data: Any, order: core.Order) -> Any:
        """The model's answer."""
        return self.model.process_order(self.data, shown_at_work(order, self.faces))

    def bound(self, _data: Any) -> FacedSlippage:
        """The model of a run is this one."""
        return self


class FacedCommission(Faced):
    """Before a commission model with calculate(order, transaction)."""

    def calculate(self, order: core.Order, transaction: core.Transaction) -> Any:
        """The model's answer."""
        return self.model.calculate(shown_at_work(order, self.faces), shown_transaction(transaction, self.faces))


def faced_slippage(model: Any, data: BarData, faces: Faces) -> Any:
    """A slippage model for the engine: the script's own behind a face, RustyBT's as they are."""
    return FacedSlippage(model, data, faces) if _is_own(model, "process_order", SlippageModel) else model


def faced_commission(model: Any, data: BarData, faces: Faces) -> Any:
    """A commission model for the engine: the script's own behind a face, RustyBT's as they are."""
    return FacedCommission(model, data, faces) if _is_own(model, "calculate", CommissionModel) else model


def _is_own(model: Any, method: str, base: type) -> bool:
    """Whether the model's class has the method itself."""
    found = getattr(type(model), method, None)
    return found is not None and found is not getattr(base, method, None)
