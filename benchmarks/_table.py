"""The one table."""

from __future__ import annotations

import json
import os
import platform
from importlib.metadata import version
from pathlib import Path
from typing import Any


def table(rows: list[dict[str, Any]]) -> str:
    """The rows as text: seconds (median of warm runs, the first), ratios to Zipline by clock and CPU, memory."""
    pure_and_native = ("pure s", "first", "ratio", "by CPU", "native s", "first", "ratio", "by CPU")
    head = ("", "fills", "Zipline s", *pure_and_native, "goal", "peak MiB Z/p/n")
    lines = [head, *(_cells(row) for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(head))]
    return "\n".join("  ".join(cell.rjust(width) for cell, width in zip(line, widths, strict=True)) for line in lines)


def _cells(row: dict[str, Any]) -> tuple[str, ...]:
    engines = row["engines"]
    cells = [row["scenario"], f"{row['fills']:,}", f"{engines['zipline']['median']:.2f}"]
    for name in ("python", "rust"):
        own = engines.get(name)
        if own is None:
            cells += ["-"] * 4
        else:
            cells += [f"{own['median']:.3f}", f"{own['first']:.3f}", f"{own['ratio']:.0f}x", f"{own['cpu_ratio']:.0f}x"]
    peaks = [engines.get(name, {}).get("peak_mib") for name in ("zipline", "python", "rust")]
    memory = "/".join("-" if peak is None else f"{peak:.0f}" for peak in peaks)
    return (*cells, f">= {row['goal']}x", memory)


def write(rows: list[dict[str, Any]], path: Path) -> None:
    """The rows and what they were measured with, as JSON."""
    path.parent.mkdir(parents=True, exist_ok=True)
    names = ("polars", "numpy", "zipline-reloaded", "pandas")
    machine = {"cpus": os.cpu_count(), "machine": platform.machine(), "system": platform.system()}
    versions = {"python": platform.python_version(), **{name: version(name) for name in names}}
    path.write_text(json.dumps({"machine": machine, "versions": versions, "scenarios": rows}, indent=2) + "\n")
