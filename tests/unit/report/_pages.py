"""Pages as a reader's program takes them apart, and runs that reports are made of."""

from __future__ import annotations

import json
from html.parser import HTMLParser
from typing import Any

import rustybt
from rustybt.results import Result
from tests.unit._small import DAYS, ingest

HOSTILE = [
    "</script><script>window.hit=1</script>",
    "<img src=x onerror=window.hit=2>",
    "<!--<script>",
    "\"'><svg onload=window.hit=3>",
    "a\u2028b\u2029c",
    "]]>&lt;b&gt;${1}{{2}}",
    "\u202etxet",
]
"""Texts that would run a script, or break the page, where one is put in as it is."""


class Page(HTMLParser):
    """A page taken apart by Python's own parser, which knows nothing of reports.

    tags: (name, attributes) of every element, in their order. texts: by section, what is read in it. headings: by
    section. tables: by their titles, rows of cells. data: what stands in the script elements of data.
    """

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: dict[str, str] = {}
        self.headings: list[tuple[str, str]] = []
        self.tables: dict[str, list[list[str]]] = {}
        self.data: list[Any] = []
        self._section = ""
        self._title = ""
        self._in: list[str] = []
        self._heads: dict[str, str] = {}
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.tags.append((tag, given))
        if tag not in ("meta", "br", "img", "input", "link", "rect", "line"):
            self._in.append(tag if tag != "script" else f"script {given.get('type') or ''}".rstrip())
        if tag == "section":
            self._section = given.get("id") or ""
        elif tag in ("h1", "h2", "h3"):
            self._title = ""
        elif tag == "table":
            self._rows = self.tables[self._title] = []
        elif tag == "tr":
            self._rows.append([])
        elif tag in ("td", "th"):
            self._rows[-1].append("")

    def handle_endtag(self, tag: str) -> None:
        while self._in and self._in.pop().partition(" ")[0] != tag:
            pass
        if tag in ("h1", "h2", "h3"):
            self.headings.append((tag, self._title))

    def handle_data(self, data: str) -> None:
        inside = self._in[-1] if self._in else ""
        if inside == "script application/json":
            self.data.append(json.loads(data))
        elif inside.startswith(("script", "style")):
            return
        if inside in ("h1", "h2", "h3"):
            self._title += data
        if inside in ("td", "th", "span") and self._in[-2:-1] != ["p"] and any(one in self._in for one in ("td", "th")):
            self._rows[-1][-1] += data
        if self._section and not inside.startswith("script"):
            self.texts[self._section] = self.texts.get(self._section, "") + data

    def scripts(self) -> list[dict[str, str | None]]:
        """The attributes of the script elements that run."""
        return [given for tag, given in self.tags if tag == "script" and given.get("type") != "application/json"]


def traded(**settings: Any) -> Result:
    """Two years of two of the sample's assets, held and shorted by turns, with a recorded number and tags."""

    def handle_data(context: Any, data: Any) -> None:
        for name, share in (("AAPL", 0.5), ("IBM", 0.4)):
            asset = context.symbol(name)
            above = data.current(asset, "price") > data.history(asset, "price", 10, "1d").mean()
            context.order_target_percent(asset, share if above else -share / 4, tag="trend" if above else "short")
        rustybt.api.record(spread=data.current(context.symbol("AAPL"), "price"))

    return rustybt.run(handle_data, start="2010-01-04", end="2011-12-30", **settings)


def hostile() -> Result:
    """A run whose symbols, tags, recorded names, parameters and strategy are hostile."""
    closes = [10, 11, 12, 11, 10, 12, 13]
    ingest({HOSTILE[0]: closes, HOSTILE[1]: closes[::-1]})

    def initialize(context: Any, **given: Any) -> None:
        context.day = -1

    def handle_data(context: Any, data: Any) -> None:
        context.day += 1
        for number, symbol in enumerate(HOSTILE[:2]):
            asset = context.symbol(symbol)
            context.order_target(asset, 10 * ((context.day + number) % 2), tag=HOSTILE[context.day % len(HOSTILE)])
        rustybt.api.record(**dict.fromkeys(HOSTILE, context.day))

    result = rustybt.run_algorithm(
        DAYS[0], DAYS[6], initialize, 10_000, handle_data, bundle="small", params={name: name for name in HOSTILE}
    )
    result.manifest["strategy"] = HOSTILE[0]
    result.manifest["benchmark"] = HOSTILE[3]
    return result
