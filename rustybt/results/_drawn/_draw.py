"""From a kind of picture to a figure of one of the libraries that draw."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, get_args

from rustybt.core import check_process
from rustybt.errors import InputError
from rustybt.results._drawn._kinds import KINDS, picture_of
from rustybt.results._drawn._picture import Picture
from rustybt.results._drawn._types import Backend
from rustybt.results._report import DARK, LIGHT

if TYPE_CHECKING:
    from rustybt.results._result import Result

BACKENDS: Final = get_args(Backend.__value__)
_COLOURS: Final = {"light": LIGHT, "dark": DARK}

__all__ = ["BACKENDS", "KINDS", "draw", "draw_picture"]


def draw(
    result: Result,
    path: Path | None,
    *,
    kind: str,
    backend: str,
    theme: str,
    options: dict[str, Any],
    size: tuple[float, float] | None,
    dpi: int,
    show: bool | None,
) -> Any:
    """The figure. Raises InputError for what is not known, MissingExtra where the library is not installed."""
    check_process()
    _check(backend, theme)
    picture = picture_of(result, kind, **options)
    return draw_picture(picture, path, backend=backend, theme=theme, size=size, dpi=dpi, show=show)


def draw_picture(
    picture: Picture,
    path: Path | str | None = None,
    *,
    backend: str = "matplotlib",
    theme: str = "light",
    size: tuple[float, float] | None = None,
    dpi: int = 150,
    show: bool | None = None,
) -> Any:
    """A picture as a figure of matplotlib or Plotly. The options are those of `Result.plot`."""
    _check(backend, theme)
    colours = _COLOURS[theme]
    path = None if path is None else Path(path)
    if backend == "plotly":
        from rustybt.results._drawn._on_plotly import figure_of

        return figure_of(picture, colours, path, size=size, show=bool(show))
    from rustybt.results._drawn._on_matplotlib import figure_on

    return figure_on(picture, colours, path, size=size, dpi=dpi, show=show)


def _check(backend: str, theme: str) -> None:
    if backend not in BACKENDS:
        raise InputError(f"backend={backend!r}: choose among {', '.join(BACKENDS)}.")
    if theme not in _COLOURS:
        raise InputError(f"theme={theme!r}: choose among {', '.join(_COLOURS)}.")
