"""The picture of a whole run in colours for a dark ground."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from rustybt.results._panels import EQUITY, GAIN, GRID, INK, LOSS, QUIET
from rustybt.results._report import DARK

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_DARK: Final = {
    INK: DARK["ink"],
    QUIET: DARK["quiet"],
    GRID: DARK["rule"],
    EQUITY: DARK["equity"],
    LOSS: DARK["loss"],
    GAIN: DARK["gain"],
}


def darken(figure: Figure) -> None:
    """Gives each artist the colour that stands for its own on a dark ground."""
    from matplotlib.colors import to_hex

    figure.set_facecolor(DARK["ground"])
    for axes in figure.axes:
        axes.set_facecolor(DARK["ground"])
        for axis in (axes.xaxis, axes.yaxis):
            axis.set_tick_params(colors=DARK["quiet"], which="both")
            axis.get_offset_text().set_color(DARK["quiet"])
    everything: list[Any] = figure.findobj()
    for artist in everything:
        for part in ("color", "facecolor", "edgecolor"):
            read, write = (getattr(artist, f"{verb}_{part}", None) for verb in ("get", "set"))
            if read is None or write is None:
                continue
            colour = read()
            if not isinstance(colour, str) and len(colour) == 1:  # of a collection
                colour = colour[0]
            try:
                new = _DARK.get(to_hex(colour))
            except (TypeError, ValueError):
                continue
            if new is not None:
                alpha = colour[3] if not isinstance(colour, str) and len(colour) == 4 else None
                write(new if alpha is None else (new, alpha))
