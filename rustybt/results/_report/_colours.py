"""The colours of a report, on a light and on a dark ground: text has a contrast of 4.5 at least, lines of 3."""

from __future__ import annotations

from typing import Final

LIGHT: Final = {
    "ground": "#ffffff",
    "card": "#f5f7f9",
    "ink": "#1b2430",
    "quiet": "#526070",
    "rule": "#d9dfe5",
    "link": "#174f8f",
    "equity": "#1f5fa8",
    "benchmark": "#6b7683",
    "loss": "#b3362f",
    "gain": "#1f7a4a",
    "warning": "#8a5a00",
    "c1": "#1f5fa8",
    "c2": "#b3541e",
    "c3": "#1f7a4a",
    "c4": "#8544a8",
    "c5": "#b3362f",
    "c6": "#0e7490",
    "c7": "#7a6410",
    "many": "#8794a1",
    "heat-loss": "179, 54, 47",
    "heat-gain": "31, 122, 74",
}
DARK: Final = {
    "ground": "#12171e",
    "card": "#1b222b",
    "ink": "#e6eaef",
    "quiet": "#a3afbc",
    "rule": "#343e4a",
    "link": "#8ab8ef",
    "equity": "#6aa9f0",
    "benchmark": "#97a3b0",
    "loss": "#f0857d",
    "gain": "#62c08c",
    "warning": "#e5b45a",
    "c1": "#6aa9f0",
    "c2": "#f0a06a",
    "c3": "#62c08c",
    "c4": "#c79be6",
    "c5": "#f0857d",
    "c6": "#5cc3d6",
    "c7": "#d3bd5c",
    "many": "#6b7785",
    "heat-loss": "190, 62, 55",
    "heat-gain": "30, 130, 80",
}
FEW: Final = ("c1", "c2", "c3", "c4", "c5", "c6", "c7")
"""Of lines that stand side by side."""


def declared(colours: dict[str, str]) -> str:
    """The colours as variables of a style sheet."""
    return "".join(f"--{name}:{value};" for name, value in colours.items())
