"""A script's own models get the script's own data, orders and transactions, whatever the engine hands out."""

from __future__ import annotations

import copy
from typing import Any, Self

from rustybt import core
from rustybt.execution import is_own
from rustybt.execution.commission import CommissionModel
from rustybt.execution.slippage import SlippageModel
from rustybt.zipline._assets import Equity, Faces, Future, core_of
from rustybt.zipline._bar_data import BarData
from rustybt.zipline._orders import shown_at_work, shown_transaction

ALLOWED: dict[Any, type[core.Asset]] = {Equity: core.Equity, Future: core.Future}


class Faced:
    """Stands before a model: what is asked and set goes to the model itself."""

    is_face = True

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
        try:
            setattr(self.model, name, value)
        except AttributeError:  # of a frozen class
            object.__setattr__(self.model, name, value)

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        return type(self)(copy.deepcopy(self.model, memo), self.data, self.faces)

    def __repr__(self) -> str:
        return repr(self.model)

    @property
    def allowed_asset_types(self) -> tuple[type[core.Asset], ...]:
        """As the engine knows the classes of assets."""
        allowed = getattr(self.model, "allowed_asset_types", (core.Equity, core.Future))
        return tuple(ALLOWED.get(one, one) for one in allowed)


class OfFaces:
    """The engine's data, asked with the script's assets."""

    def __init__(self, data: Any) -> None:
        self._data = data

    def current(self, asset: Any, field: str) -> Any:
        """The field of the bar."""
        return self._data.current(core_of(asset), field)

    def history(self, asset: Any, *window: Any, **options: Any) -> Any:
        """A window, as the engine gives it."""
        return self._data.history(core_of(asset), *window, **options)

    @property
    def current_session(self) -> Any:
        return self._data.current_session


class FacedSlippage(Faced):
    """Before a slippage model with process_order(data, order)."""

    def process_order(self, _data: Any, order: core.Order) -> Any:
        """The model's answer."""
        return self.model.process_order(self.data, shown_at_work(order, self.faces))

    def bound(self, data: Any) -> FacedSlippage:
        """The model of a run is this one, which is its own; what looks at the market by itself gets there with the
        script's assets."""
        if hasattr(self.model, "bound"):
            object.__setattr__(self, "model", self.model.bound(OfFaces(data)))
        return self

    def _let_go(self) -> None:
        """The run is over."""
        if hasattr(self.model, "_let_go"):
            self.model._let_go()


class FacedCommission(Faced):
    """Before a commission model with calculate(order, transaction)."""

    def calculate(self, order: core.Order, transaction: core.Transaction) -> Any:
        """The model's answer."""
        return self.model.calculate(shown_at_work(order, self.faces), shown_transaction(transaction, self.faces))


def faced_slippage(model: Any, data: BarData, faces: Faces) -> Any:
    """A slippage model for the engine: the script's own behind a face, RustyBT's as they are."""
    own = is_own(type(model), "process_order", "quote", SlippageModel)
    return FacedSlippage(model, data, faces) if own else model


def faced_commission(model: Any, data: BarData, faces: Faces) -> Any:
    """A commission model for the engine: the script's own behind a face, RustyBT's as they are."""
    return FacedCommission(model, data, faces) if is_own(type(model), "calculate", "fee", CommissionModel) else model
