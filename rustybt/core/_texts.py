"""Objects of the user's as text, whatever their methods do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def text_of_object(value: Any, function: Callable[[Any], str] = str) -> str:
    """The text of an object, lone surrogates escaped; where its own method raises, its class and what was raised."""
    try:
        return str(function(value)).encode(errors="backslashreplace").decode()
    except Exception as error:  # noqa: BLE001  a result is never lost for what its text raises
        return f"<{type(value).__name__}, whose {function.__name__} raised {type(error).__name__}>"
