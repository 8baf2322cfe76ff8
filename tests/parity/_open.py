"""Seeds of CI on which the two engines are known to differ: each is a finding to mend, and fails once it agrees."""

from __future__ import annotations

from typing import Final

OPEN: Final[frozenset[tuple[str, int]]] = frozenset()
