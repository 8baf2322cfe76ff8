"""pandas, asked for when it is first needed: the shim is the one part of RustyBT that hands out its objects."""

from __future__ import annotations

import functools
from typing import Any

from rustybt.errors import MissingExtra


@functools.cache
def pandas() -> Any:
    """The module. Raises MissingExtra, naming the extra that brings it."""
    try:
        import pandas as pd
    except ImportError:
        raise MissingExtra(
            "rustybt.zipline gives pandas objects, as Zipline does, and pandas is not installed. "
            'Install it with: pip install "rustybt[pandas]"'
        ) from None
    return pd
