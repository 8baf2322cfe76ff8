"""The sentence about a name that a bundle does not have."""

from __future__ import annotations

import difflib
from typing import Final

FEW: Final = 8
"""So many names are listed whole."""


def there_are(symbol: str, names: list[str], kind: str) -> str:
    """The names that there are, beside an unknown one: all where they are few, else those that are like it."""
    many = f"It has {len(names)} {kind}{'s' if len(names) != 1 else ''}"
    near = difflib.get_close_matches(symbol.upper(), names, n=4, cutoff=0.5)
    meant = f" Did you mean {near[0]}?" if near else ""
    if len(names) <= FEW:
        return f"{many}: {', '.join(sorted(names))}.{meant}"
    return f"{many}, among them {', '.join(near or sorted(names)[:4])}.{meant}"
