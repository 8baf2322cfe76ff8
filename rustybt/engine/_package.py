"""Which files are RustyBT's: a warning names the line of the user's that led to it."""

from __future__ import annotations

import os
from typing import Final

OWN_FILES: Final = (os.path.join(os.path.dirname(os.path.dirname(__file__)), ""),)
"""For `warnings.warn(skip_file_prefixes=...)`."""
