"""The numbers that a strategy gets, as type checkers know them."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing_extensions import TypeVar  # that of typing takes a default from Python 3.13 on

    Scalar = TypeVar("Scalar", bound=Decimal | float, default=Decimal)
else:
    from typing import TypeVar

    Scalar = TypeVar("Scalar")
    """Decimal, or float in a run with numbers="float"."""
