"""What was measured before: kept as JSON per version, compared with a stated tolerance, drawn over versions."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).with_name("results")
"""One file a version, as `python -m benchmarks --keep` writes it."""
TOLERANCE = 0.25
"""By how much of itself a ratio to Zipline may fall before the comparison fails: machines of one kind differ by 10 to
15 %, and what is looked for is a loop that became dearer, not noise."""


def kept() -> list[tuple[str, dict[str, Any]]]:
    """Version and measurement of each kept file, oldest version first."""
    files = sorted(RESULTS.glob("*.json"), key=lambda path: [int(part) for part in path.stem.split(".")])
    return [(path.stem, json.loads(path.read_text(encoding="utf-8"))) for path in files]


def fallen(before: dict[str, Any], now: dict[str, Any], tolerance: float = TOLERANCE) -> list[str]:
    """The ratios (by seconds of the CPU) that are lower than before by more than the tolerance, as sentences."""
    known = {row["scenario"]: row["engines"] for row in before["scenarios"]}
    found = []
    for row in now["scenarios"]:
        for engine, figures in row["engines"].items():
            past = known.get(row["scenario"], {}).get(engine)
            if past is None or engine not in ("python", "rust"):
                continue
            if figures["cpu_ratio"] < past["cpu_ratio"] * (1 - tolerance):
                found.append(
                    f"{row['scenario']} with {engine}: {figures['cpu_ratio']:.1f} times Zipline's speed, "
                    f"{past['cpu_ratio']:.1f} before"
                )
    return found


def draw(path: Path) -> None:
    """The ratios of every kept version as a picture: a panel a scenario, a line an engine."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    versions = kept()
    if not versions:
        raise SystemExit(f"There is nothing to draw in {RESULTS}. Measure with --keep first.")
    names = list(dict.fromkeys(row["scenario"] for _, found in versions for row in found["scenarios"]))
    figure, axes = plt.subplots(1, len(names), figsize=(3 * len(names), 3.2), squeeze=False, layout="constrained")
    for axis, name in zip(axes[0], names, strict=True):
        for engine, label in (("python", "pure Python"), ("rust", "native")):
            points = [
                (version, row["engines"][engine]["cpu_ratio"])
                for version, found in versions
                for row in found["scenarios"]
                if row["scenario"] == name and engine in row["engines"]
            ]
            axis.plot([point[0] for point in points], [point[1] for point in points], marker="o", label=label)
        axis.set_title(name)
        axis.set_ylim(bottom=0)
        axis.grid(axis="y", alpha=0.3)
    axes[0][0].set_ylabel("times Zipline's speed (CPU seconds)")
    axes[0][0].legend(frameon=False)
    figure.savefig(path, dpi=120)
    plt.close(figure)
