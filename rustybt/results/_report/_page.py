"""A report as one page of HTML: the sections, and the style and script that it needs, so that nothing is fetched."""

from __future__ import annotations

import base64
import functools
import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from rustybt._version import __version__
from rustybt.results._report._colours import DARK, LIGHT, declared
from rustybt.results._report._escape import escaped
from rustybt.results._report._html import html_of
from rustybt.results._report._parts import Section

_FILES: Final = Path(__file__).parent / "page"
THEMES: Final = ("auto", "light", "dark")


def page_of(title: str, subtitle: str, sections: Sequence[Section], theme: str) -> str:
    """The page. Its policy lets no script run but the report's own, and fetches nothing from anywhere.

    theme: one of `THEMES`; "auto" is what the reader's system says.
    """
    script, style = _script(), _style()
    hashed = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    policy = f"default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'sha256-{hashed}'"
    links = "".join(f'<li><a href="#{escaped(one.name)}">{escaped(one.title)}</a></li>' for one in sections)
    chosen = "" if theme == "auto" else f' data-theme="{theme}"'
    body = "".join(map(html_of, sections))
    return (
        f'<!DOCTYPE html>\n<html lang="en"{chosen}><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<meta name="generator" content="RustyBT {escaped(__version__)}"><title>{escaped(title)}</title>'
        f"<style>{style}</style></head><body>"
        '<a class="skip" href="#content">To the content</a>'
        f"<header><h1>{escaped(title)}</h1><p>{escaped(subtitle)}</p></header>"
        f'<nav aria-label="Sections"><ul>{links}</ul></nav>'
        '<div class="tools" role="group" aria-label="Range of the charts, and theme" hidden></div>'
        '<noscript><p class="silent">The charts are drawn by a script, which is switched off here. The tables and '
        "texts stand without it.</p></noscript>"
        f'<main id="content">{body}</main>'
        f"<footer>Made by RustyBT {escaped(__version__)}. Charts are drawn by uPlot, © Leon Sorokin, MIT licence."
        "</footer>"
        f"<script>{script}</script></body></html>\n"
    )


@functools.cache
def _script() -> str:
    files = (_FILES / "uplot" / "uPlot.iife.min.js", _FILES / "charts.js", _FILES / "points.js", _FILES / "page.js")
    return "\n".join(file.read_text(encoding="utf-8").strip() for file in files)


@functools.cache
def _style() -> str:
    own = (_FILES / "report.css").read_text(encoding="utf-8")
    own = own.replace("LIGHT_COLOURS", declared(LIGHT)).replace("DARK_COLOURS", declared(DARK))
    lines = (line.strip() for line in own.splitlines())
    return (_FILES / "uplot" / "uPlot.min.css").read_text(encoding="utf-8").strip() + "".join(lines)
