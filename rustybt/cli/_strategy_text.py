"""A strategy's parameters on the command line, read from their text."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable
from decimal import Decimal
from typing import Any, Final

from rustybt.errors import InputError

WORDS: Final = {"true": True, "false": False, "none": None}
NUMBER: Final = re.compile(r"[+-]?(\d+(_\d+)*\.?\d*|\.\d+)([eE][+-]?\d+)?")


def parameters(given: Iterable[str], *, exact: bool) -> dict[str, Any]:
    """The parameters of `--param NAME=VALUE`.

    A value is a whole number, a number (a Decimal; a float where not `exact`), true, false, none, what Python writes in
    quotes, brackets or braces, or else text. Raises InputError where it is no NAME=VALUE, and for a name given twice.

    >>> parameters(["days=20", "share=0.25", "symbol=AAPL", "on=true", "windows=[5, 20]"], exact=True)
    {'days': 20, 'share': Decimal('0.25'), 'symbol': 'AAPL', 'on': True, 'windows': [5, 20]}
    """
    found: dict[str, Any] = {}
    for text in given:
        name, equals, value = text.partition("=")
        name = name.strip()
        if not equals or not name.isidentifier():
            raise InputError(f"--param {text!r}: pass a name, an equals sign and a value, like --param days=20.")
        if name in found:
            raise InputError(f"--param {name} was given twice, as {found[name]!r} and {value!r}. Pass it once.")
        found[name] = _value(value.strip(), exact)
    return found


def _value(text: str, exact: bool) -> Any:
    if text.lower() in WORDS:
        return WORDS[text.lower()]
    if NUMBER.fullmatch(text):
        digits = text.replace("_", "")
        if digits.lstrip("+-").isdigit():
            return int(digits)
        return Decimal(digits) if exact else float(digits)
    if text[:1] in tuple("\"'[({"):
        try:
            return ast.literal_eval(text)
        except (ValueError, SyntaxError):
            pass
    return text
