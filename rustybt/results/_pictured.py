"""The part of `Result` that is drawn."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, cast

from rustybt.core import check_process

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from rustybt.results._result import Result


class Pictured:
    """The pictures of a result."""

    __slots__ = ()

    def plot(
        self,
        path: Path | str | None = None,
        *,
        panels: Sequence[str] | None = None,
        size: tuple[float, float] = (11.0, 9.0),
        dpi: int = 150,
        show: bool | None = None,
    ) -> Figure:
        """The run as a matplotlib Figure; written to `path` where one is given (PNG, SVG or PDF).

        panels: "equity" (with the benchmark, where there is one), "drawdown", "exposure", "trades" (what was bought and
        sold, in money) and "costs" (what was paid so far), from top to bottom; by default all of them, without costs
        where there were none. size: width and height in inches.
        show: whether it opens in a window, until which is closed a script waits; by default where no path is given and
        there is a screen. A notebook shows the figure that is the last value of a cell.
        Raises MissingExtra where matplotlib is not installed, InputError for show=True without a screen.

        >>> import pathlib, tempfile
        >>> from rustybt import run
        >>> result = run(lambda context, data: None, start="2010-01-04", end="2010-01-05")
        >>> path = pathlib.Path(tempfile.mkdtemp()) / "run.png"
        >>> figure = result.plot(path, panels=["equity", "drawdown"])
        >>> path.exists(), len(figure.axes)
        (True, 2)
        """
        from rustybt.results._plot import equity_figure

        check_process()
        return equity_figure(
            cast("Result", self), None if path is None else Path(path), panels=panels, size=size, dpi=dpi, show=show
        )
