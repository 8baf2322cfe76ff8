"""A process in which RustyBT can't be imported: what it answers is Zipline's, and nothing else's."""

from __future__ import annotations

import sys


def without_rustybt() -> None:
    """From here on `import rustybt` raises ModuleNotFoundError. Raises RuntimeError where it was imported already."""
    loaded = sorted(name for name, module in sys.modules.items() if name.partition(".")[0] == "rustybt" and module)
    if loaded:
        raise RuntimeError(f"RustyBT is in the process that asks Zipline: {', '.join(loaded)}")
    sys.modules["rustybt"] = None  # type: ignore[assignment]
