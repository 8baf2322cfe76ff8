"""Who runs the scenarios: Zipline, RustyBT with each kernel, RustyBT with float money, and the peers.

A peer is run by the interpreter of `RUSTYBT_PEERS_PYTHON`, or by this one, if it can be imported there; else the table
says that it is not installed. `uv sync --group peers` brings them all, but vectorbt, which has a group of its own.
"""

from __future__ import annotations

import functools
import os
import subprocess
import sys
from dataclasses import dataclass

OWN = {"python": "python", "rust": "rust", "floatbooks": "python", "floats": "python"}
"""RustyBT's engines, and the kernel that each is started with."""
FLOATS = {"floatbooks": "books", "floats": "all"}
"""Those whose money is a float: in the books and the frames, and also in what the strategy gets."""
FLOAT_SCENARIOS = ("D50", "M1", "M50", "ORDERS")
LABELS = {
    "zipline": "Zipline",
    "python": "RustyBT, pure",
    "rust": "RustyBT, native",
    "floatbooks": "pure, float books",
    "floats": "pure, all floats",
    "backtrader": "backtrader",
    "backtesting": "backtesting.py",
    "nautilus": "NautilusTrader",
}


@dataclass(frozen=True, slots=True)
class Peer:
    """Another engine.

    package: what is imported. scenarios: those that can be said in it. differs: what is not the same there.
    """

    package: str
    scenarios: tuple[str, ...]
    differs: str


PEERS = {
    "backtrader": Peer(
        "backtrader",
        ("D50", "M1", "IDLE"),
        "fills at the next bar's open; refuses to let cash fall below zero and so has as much again in reserve",
    ),
    "backtesting": Peer(
        "backtesting",
        ("M1", "IDLE"),
        "one asset only; fills at the next bar's open; a margin of a half, or it refuses to invest all",
    ),
    "nautilus": Peer(
        "nautilus_trader",
        ("D50", "M1", "IDLE", "TRAIL"),
        "fills at once, so each order waits in the strategy for its asset's next bar; values counted in the strategy",
    ),
}
"""All of them run without slippage and commissions, on bars whose open is their close: so a fill at the next open is
one at the next close, and their transactions are compared with those of RustyBT without costs, one by one."""


def module_of(engine: str) -> str:
    """The module that speaks to an engine."""
    return "benchmarks._on_rustybt" if engine in OWN else f"benchmarks._on_{engine}"


def interpreter_of(engine: str) -> str:
    """The Python that runs an engine."""
    return peers_python() if engine in PEERS else sys.executable


def peers_python() -> str:
    """The interpreter that has the peers: of the environment variable, or this one."""
    return os.environ.get("RUSTYBT_PEERS_PYTHON") or sys.executable


@functools.cache
def peers_here() -> tuple[str, ...]:
    """The peers that can be imported. Raises FileNotFoundError where the interpreter is none."""
    names = {name: peer.package for name, peer in PEERS.items()}
    code = f"import importlib.util as u; print(*[n for n, p in {names!r}.items() if u.find_spec(p) is not None])"
    done = subprocess.run([peers_python(), "-c", code], capture_output=True, text=True, check=True)
    return tuple(done.stdout.split())


def engines_here(scenario: str) -> tuple[str, ...]:
    """Zipline, the pure twin, the native one where it is built, the float ones, and peers that can say the scenario."""
    from rustybt._kernels import twins

    native = ["rust"] if "rust" in twins() else []
    peers = [name for name in peers_here() if scenario in PEERS[name].scenarios]
    floats = FLOATS if scenario in FLOAT_SCENARIOS else ()
    return ("zipline", "python", *native, *floats, *peers)
