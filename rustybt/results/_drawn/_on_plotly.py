"""Pictures on Plotly, which is imported here alone."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any, Final

from rustybt.core import replacing, writing
from rustybt.errors import InputError, MissingExtra, ResultError
from rustybt.results._drawn._picture import Heat, Panel, Picture, legible
from rustybt.results._report import Bars

_PER_HEIGHT: Final = 300
_INCH: Final = 100
_ROW: Final = 20
_LETTERS_OF_A_ROW, _LETTERS_OF_A_KEY = 130, 8
"""What a row of the legend has room for, and what each key takes of it."""
_MANY_MARKS: Final = 300
_FORMATS: Final = {"percent": ".6~%", "money": ".6~s", "ratio": ".6~g", "number": ".6~g"}

type Colours = dict[str, str]


def figure_of(
    picture: Picture, colours: Colours, path: Path | None, *, size: tuple[float, float] | None, show: bool
) -> Any:
    """The figure, written as one page that needs no network where a path is given."""
    try:
        from plotly.subplots import make_subplots
    except ImportError:
        raise MissingExtra('backend="plotly" needs plotly. Install it with: pip install "rustybt[plotly]"') from None
    if path is not None and path.suffix.lower() not in (".html", ".json"):
        raise InputError(f"{path}: with plotly a picture is a page. Name a file that ends in .html or .json.")
    heights = [panel.height for panel in picture.panels]
    figure = make_subplots(
        rows=len(heights), cols=1, shared_xaxes=picture.shared, vertical_spacing=0.06 if len(heights) < 6 else 0.03,
        row_heights=[height / sum(heights) for height in heights],
    )  # fmt: skip
    for row, panel in enumerate(picture.panels, 1):
        _draw_panel(figure, panel, colours, row)
    seen: set[str] = set()
    for trace in figure.data:  # what is called alike in several panels stands in the legend once
        trace.update(legendgroup=trace.name, showlegend=bool(trace.name) and trace.name not in seen)
        seen.add(trace.name)
    _lay_out(figure, picture, colours, size, sum(heights))
    if path is not None:
        with writing(ResultError, path, "pass another path."):
            path.expanduser().parent.mkdir(parents=True, exist_ok=True)
            write = figure.write_json if path.suffix.lower() == ".json" else figure.write_html
            with replacing(path.expanduser()) as beside:
                write(beside)
    if show:
        figure.show()
    return figure


def _lay_out(figure: Any, picture: Picture, colours: Colours, size: tuple[float, float] | None, height: float) -> None:
    inches = {} if size is None else {"width": round(size[0] * _INCH)}
    below = f"<span style='font-size:12px;color:{colours['quiet']}'>{_plain(picture.below)}</span>"
    figure.update_layout(
        title={"text": f"<b>{_plain(picture.title)}</b><br>{below}", "x": 0.02, "xanchor": "left",
               "y": 1, "yanchor": "top", "pad": {"t": 26}},
        paper_bgcolor=colours["ground"],
        plot_bgcolor=colours["ground"],
        font={"color": colours["ink"]},
        height=round(size[1] * _INCH) if size else min(round(160 + _PER_HEIGHT * height), 3_000),
        margin={"l": 80, "r": 24, "t": 100 + _ROW * (_rows_of_legend(figure) - 1), "b": 40},
        legend={"orientation": "h", "y": 1.0, "yanchor": "bottom", "x": 1.0, "xanchor": "right"},
        hovermode="x unified" if picture.shared else "closest",
        **inches,
    )  # fmt: skip
    figure.update_xaxes(gridcolor=colours["rule"], zeroline=False, linecolor=colours["rule"])
    figure.update_yaxes(gridcolor=colours["rule"], zeroline=False)


def _rows_of_legend(figure: Any) -> int:
    """About how many rows the legend takes above the panels."""
    letters = sum(len(trace.name) + _LETTERS_OF_A_KEY for trace in figure.data if trace.showlegend)
    return max(1, -(-letters // _LETTERS_OF_A_ROW))


def _tell(figure: Any, told: str, row: int) -> None:
    """On the page: an axis without a line is not there, and beside panels with dates 0.5 would be a moment of 1970."""
    low, high = figure.layout["yaxis" if row == 1 else f"yaxis{row}"].domain
    figure.add_annotation(
        text=_plain(told), showarrow=False, yanchor="middle", xref="paper", yref="paper", x=0.5, y=(low + high) / 2
    )


def _draw_panel(figure: Any, panel: Panel, colours: Colours, row: int) -> None:
    at = {"row": row, "col": 1}
    if panel.told:
        _tell(figure, panel.told, row)
        figure.update_xaxes(visible=False, **at)
        figure.update_yaxes(visible=False, **at)
        return
    if panel.heat is not None:
        _draw_heat(figure, panel.heat, colours, at)
        figure.update_yaxes(title_text=_plain(panel.label), **at)
        return
    x = list(panel.x)
    for line in panel.lines:
        colour = colours[line.colour]
        figure.add_scatter(
            x=x, y=_known(line.values), name=_plain(line.name), mode="lines+markers" if len(x) == 1 else "lines",
            line={"color": colour, "width": 1.2 if line.thin else 1.6}, fill="tozeroy" if line.fill else None,
            fillcolor=_pale(colour) if line.fill else None, **at,
        )  # fmt: skip
    for mark in panel.marks:
        symbol, width = "triangle-up" if mark.up else "triangle-down", 9 if len(mark.x) < _MANY_MARKS else 4
        look = {"symbol": symbol, "color": colours[mark.colour], "size": width}
        figure.add_scatter(x=list(mark.x), y=list(mark.y), name=mark.name, mode="markers", marker=look, **at)
    if panel.bars is not None:
        _draw_bars(figure, panel.bars, colours, at)
    for span in panel.spans:
        figure.add_vrect(
            x0=span.start, x1=span.end, fillcolor=colours["loss"], opacity=0.12, layer="below", line_width=0, **at
        )
    _draw_levels(figure, panel, colours, at)
    if panel.zero:
        figure.add_hline(y=0, line={"color": colours["quiet"], "width": 1}, **at)
    figure.update_yaxes(title_text=_plain(panel.label), tickformat=_FORMATS[panel.style], **at)
    if panel.places:
        figure.update_xaxes(tickvals=x, ticktext=[_plain(one) for one in panel.places], **at)
    elif panel.across in _FORMATS:
        figure.update_xaxes(tickformat=_FORMATS[panel.across], **at)


def _draw_levels(figure: Any, panel: Panel, colours: Colours, at: dict[str, int]) -> None:
    for place, (value, name) in enumerate(sorted(panel.levels)):
        dashed = {"color": colours["ink"], "width": 1, "dash": "dash"}
        figure.add_shape(type="line", x0=value, x1=value, y0=0, y1=1, yref="y domain", line=dashed, **at)
        figure.add_annotation(
            text=name, x=value, y=0.98 - 0.08 * place, yref="y domain", showarrow=False, xanchor="left", xshift=4, **at
        )


def _draw_bars(figure: Any, bars: Bars, colours: Colours, at: dict[str, int]) -> None:
    sides = list(pairwise(bars.edges))
    figure.add_bar(
        x=[(low + high) / 2 for low, high in sides], y=list(bars.counts), width=[high - low for low, high in sides],
        marker={"color": [colours[bars.colour(place)] for place in range(len(sides))]}, showlegend=False, **at,
    )  # fmt: skip
    for end, x, side in zip(bars.ends, (0, 1), ("left", "right"), strict=True):
        figure.add_annotation(text=end, x=x, y=1, xref="x domain", yref="y domain", showarrow=False, xanchor=side, **at)


def _draw_heat(figure: Any, heat: Heat, colours: Colours, at: dict[str, int]) -> None:
    most = 1.6 * heat.most
    ends = ("gain", "ground", "loss") if heat.less else ("loss", "ground", "gain")
    scale = [[place / 2, colours[name]] for place, name in enumerate(ends)]
    figure.add_heatmap(
        x=list(heat.columns), y=list(heat.rows), z=[list(row) for row in heat.values], colorscale=scale,
        zmin=heat.middle - most, zmax=heat.middle + most, showscale=False,
        hovertemplate=f"%{{y}} %{{x}}: %{{z:{'.2%' if heat.style == 'percent' else '.4g'}}}<extra></extra>", **at,
    )  # fmt: skip
    # a text of its own for each cell, whose colour is legible there
    figure.update_layout(annotations=[
        {"x": column, "y": row, "xref": "x", "yref": "y", "showarrow": False, "text": heat.text(value),
         "font": {"color": legible(heat.share(value), colours)}}
        for row, values in enumerate(heat.values) for column, value in enumerate(values) if value is not None
    ])  # fmt: skip
    figure.update_yaxes(autorange="reversed", type="category", showgrid=False, **at)
    figure.update_xaxes(showgrid=False, **at)


def _known(values: Any) -> list[float | None]:
    """A gap where there is no number."""
    return [value if value is not None and value == value else None for value in values]  # noqa: PLR0124  NaN


def _pale(colour: str) -> str:
    red, green, blue = (int(colour[place : place + 2], 16) for place in (1, 3, 5))
    return f"rgba({red},{green},{blue},0.18)"


def _plain(text: str) -> str:
    """Text of users is no markup."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
