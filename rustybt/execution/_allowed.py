"""For which classes of assets a model is made, where it says so by more than one base."""

from __future__ import annotations

from typing import Any


def allowed_by(model: Any) -> None:
    """Gives a new class of models the asset types of all its bases, not of the first one only.

    `class Mine(EquitySlippageModel, FutureSlippageModel)` is for both.
    """
    if "allowed_asset_types" in vars(model):
        return
    several = [base.allowed_asset_types for base in model.__bases__ if hasattr(base, "allowed_asset_types")]
    if len(several) > 1:
        model.allowed_asset_types = tuple(dict.fromkeys(kind for kinds in several for kind in kinds))
