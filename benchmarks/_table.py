"""The one table."""

from __future__ import annotations

import json
import os
import platform
from importlib.metadata import version
from pathlib import Path
from typing import Any

HEAD = ("scenario", "engine", "median s", "first s", "best s", "ratio", "by CPU", "peak MiB")


def table(rows: list[dict[str, Any]]) -> str:
    """The rows as text, a line an engine: seconds of warm runs and of the first, times Zipline's speed, memory.

    Below it what exactness costs, and what each engine was or did otherwise.
    """
    lines = [HEAD]
    for row in rows:
        lines += [_cells(row, engine) for engine in row["engines"]]
    text = [*_aligned(lines), "", "beyond float money, by the median and by CPU:", *_aligned(_exactness(rows)), ""]
    notes = [(e["label"], e["note"]) for row in rows for e in row["engines"].values() if e["note"]]
    text += [f"{label}: {note}" for label, note in dict(notes).items()]
    return "\n".join(text)


def _cells(row: dict[str, Any], engine: str) -> tuple[str, ...]:
    own = row["engines"][engine]
    first = engine == "zipline"
    goal = f" (goal {row['goals'][engine]}x)" if engine in row["goals"] else ""
    peak = "-" if own["peak_mib"] is None else f"{own['peak_mib']:.0f}"
    return (
        f"{row['scenario']}, {row['fills']:,} fills" if first else "",
        own["label"],
        *(f"{own[name]:.3f}" for name in ("median", "first", "best")),
        f"{own['ratio']:.1f}x{goal}",
        f"{own['cpu_ratio']:.1f}x",
        peak,
    )


def _exactness(rows: list[dict[str, Any]]) -> list[tuple[str, ...]]:
    """The price of exact books: of each exact engine, how much longer it takes than the float variants, in per cent."""
    lines: list[tuple[str, ...]] = [("", "exact engine", "than float books", "than all floats", "")]
    for row in rows:
        for engine, variants in row["exactness"].items():
            if not variants:
                continue  # a scenario that the float variants do not run
            shares = [f"{clock:+.0%} / {cpu:+.0%}" for clock, cpu in variants.values()]
            slower = engine == "python" and any(cpu < 0 for _, cpu in variants.values())
            label = row["engines"][engine]["label"]
            lines.append(
                (row["scenario"], label, *shares, "the float variant was not the faster one" if slower else "")
            )
    return lines


def _aligned(lines: list[tuple[str, ...]]) -> list[str]:
    """Lines of cells as text: the first two columns to the left, numbers to the right."""
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    return [
        "  ".join(
            cell.ljust(width) if place < 2 else cell.rjust(width)
            for place, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    ]


def write(rows: list[dict[str, Any]], path: Path) -> None:
    """The rows and what they were measured with, as JSON."""
    path.parent.mkdir(parents=True, exist_ok=True)
    names = ("polars", "numpy", "zipline-reloaded", "pandas")
    machine = {"cpus": os.cpu_count(), "machine": platform.machine(), "system": platform.system()}
    versions = {"python": platform.python_version(), **{name: version(name) for name in names}}
    path.write_text(json.dumps({"machine": machine, "versions": versions, "scenarios": rows}, indent=2) + "\n")
