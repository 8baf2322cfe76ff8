"""The part of `Result` that is drawn."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, cast

from rustybt.core import check_process
from rustybt.errors import InputError

if TYPE_CHECKING:
    from rustybt.results._drawn import Backend, Kind, Theme
    from rustybt.results._result import Result

_WHOLE = (11.0, 9.0)


class Pictured:
    """The pictures of a result."""

    __slots__ = ()

    def plot(
        self,
        path: Path | str | None = None,
        *,
        kind: Kind | None = None,
        assets: Any = None,
        window: int | None = None,
        backend: Backend = "matplotlib",
        theme: Theme = "light",
        panels: Sequence[Literal["equity", "drawdown", "exposure", "trades", "costs"]] | Sequence[str] | None = None,
        size: tuple[float, float] | None = None,
        dpi: int = 150,
        show: bool | None = None,
    ) -> Any:
        """The run as a figure of matplotlib or Plotly; written to `path` where one is given.

        path: PNG, SVG or PDF; with Plotly an HTML page that needs no network, or JSON.
        kind: None for the whole run at a glance; "equity", "drawdown" (the deepest falls shaded), "monthly" (a table of
            months and years), "rolling" (Sharpe ratio, volatility, beta), "distribution" (of returns and of trades),
            "exposure", "costs", or "trades": prices with entries and exits, and what was recorded.
        assets: of "trades": symbols, sids or assets; by default the three that most money was traded in. window: of
            "rolling", in sessions; by default 63.
        backend: "matplotlib", or "plotly" (needs `rustybt[plotly]`) for a kind. theme: "light" or "dark".
        panels: of the whole run, "equity" (with the benchmark, where there is one), "drawdown", "exposure", "trades"
            (what was bought and sold, in money) and "costs" (what was paid so far), from top to bottom; by default all
            of them, without costs where there were none. size: width and height in inches.
        show: whether it opens in a window, until which is closed a script waits; by default where no path is given and
            there is a screen. A notebook shows the figure that is the last value of a cell.
        Raises MissingExtra where the library is not installed, InputError for what is not known, for show=True without
        a screen, and for assets that the run did not look at.

        >>> import pathlib, tempfile
        >>> from rustybt import run
        >>> result = run(lambda context, data: None, start="2010-01-04", end="2010-01-05")
        >>> path = pathlib.Path(tempfile.mkdtemp()) / "run.png"
        >>> figure = result.plot(path, panels=["equity", "drawdown"])
        >>> path.exists(), len(figure.axes)
        (True, 2)
        >>> len(result.plot(path, kind="exposure", theme="dark").axes)
        2
        """
        check_process()
        if theme not in ("light", "dark"):
            raise InputError(f"theme={theme!r}: choose light or dark.")
        result, place = cast("Result", self), None if path is None else Path(path)
        if kind is None:
            if backend != "matplotlib":
                raise InputError(f"backend={backend!r} draws one kind of picture. Pass kind=, such as 'equity'.")
            from rustybt.results._plot import equity_figure

            return equity_figure(result, place, panels=panels, size=size or _WHOLE, dpi=dpi, show=show, theme=theme)
        if panels is not None:
            raise InputError("panels= are those of the whole run. Leave it out, or leave out kind=.")
        from rustybt.results._drawn import draw

        options = {"assets": assets, "window": window}
        return draw(
            result, place, kind=kind, backend=backend, theme=theme, options=options, size=size, dpi=dpi, show=show
        )
