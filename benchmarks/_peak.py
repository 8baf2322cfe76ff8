"""How large a process became. Standard library only: the peers' interpreters import it too."""

from __future__ import annotations

import sys
from pathlib import Path


def peak_mib() -> float | None:
    """The largest this process was, in MiB; None where the system does not tell.

    On Linux `ru_maxrss` begins with the size of the process that started this one, so what the system says of this
    one's own memory is read instead.
    """
    if sys.platform == "linux":
        lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
        return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM:")), None)
    try:
        import resource
    except ImportError:  # Windows
        return None
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 2**20
