"""What a script of `asked/` tells: lines of plain values on standard output, the same in both engines.

Needs neither engine: a script imports it beside zipline, whichever that is.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from typing import Any

MARK = "TOLD "


def tell(label: str, question: Callable[[], Any]) -> None:
    """Writes what a question answers, or the classes of what it raises, nearest first."""
    try:
        answer = {"is": plain(question())}
    except Exception as error:  # noqa: BLE001  whatever it raises is told
        answer = {"raises": [kind.__name__ for kind in type(error).__mro__ if kind is not object], "text": str(error)}
    import sys

    print(label, file=sys.stderr, flush=True)
    print(MARK + json.dumps([label, answer]))


def plain(value: Any) -> Any:
    """A value of either engine as JSON has it; NaN and NaT are None."""
    if value is None or isinstance(value, bool | str):
        return value
    if isinstance(value, dict):
        return {str(plain(key)): plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(one) for one in value]
    if hasattr(value, "iterrows"):
        return {"index": plain(list(value.index)), **{str(plain(name)): plain(value[name]) for name in value.columns}}
    if hasattr(value, "items"):
        return [[plain(key), plain(one)] for key, one in value.items()]
    return _scalar(value)


def _scalar(value: Any) -> Any:
    if hasattr(value, "symbol") and hasattr(value, "sid"):
        return value.symbol
    if hasattr(value, "isoformat"):
        return None if str(value) == "NaT" else str(value)
    if hasattr(value, "tolist"):
        return plain(value.tolist())
    try:
        number = float(value)
    except (TypeError, ValueError):
        return type(value).__name__
    if not math.isfinite(number):
        return None if math.isnan(number) else str(number)
    return int(number) if number.is_integer() else number
