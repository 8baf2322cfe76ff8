"""Text of others on a page: symbols, tags, notes and parameters, which may hold anything."""

from __future__ import annotations

import html
import json
import re
from typing import Any, Final

_UNSEEN: Final = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]"
)
"""No part of an HTML page, or turning round the text after it."""
_IN_A_SCRIPT: Final = str.maketrans({"<": "\\u003c", ">": "\\u003e", "&": "\\u0026"})


def escaped(text: object) -> str:
    """The text for a page, in an element or in an attribute with quotation marks."""
    return html.escape(plain(text), quote=True)


def plain(text: object) -> str:
    """The text without characters that no page may have, each one replaced."""
    return _UNSEEN.sub("\ufffd", str(text))


def script_json(value: Any) -> str:
    """JSON for a script element: whatever its texts hold ends no element and begins no comment; all of it is ASCII.

    Raises ValueError for numbers that are not finite.
    """
    return json.dumps(value, separators=(",", ":"), allow_nan=False).translate(_IN_A_SCRIPT)
