"""Libraries that are there where the user installed them."""

from __future__ import annotations

import functools
from typing import Any

from rustybt.errors import MissingExtra


@functools.cache
def pandas(what: str) -> Any:
    """The module pandas. what: names who needs it. Raises MissingExtra, which says what to install."""
    try:
        import pandas as pd
    except ImportError:
        raise MissingExtra(f'{what} needs pandas. Install it with: pip install "rustybt[pandas]"') from None
    return pd
