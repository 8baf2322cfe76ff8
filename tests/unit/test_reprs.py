"""What a notebook shows of what a strategy has in hand: small, escaped, and without a colour of its own."""

from __future__ import annotations

import datetime as dt
import html.parser
import re
from typing import Any

import pytest

import rustybt
from rustybt.api import get_order, order, symbol
from tests.unit._small import DAYS, ingest, run

SCRIPT = "<script>alert(1)</script>"


class Held(rustybt.Strategy):
    """Holds <b>."""

    def __init__(self) -> None:
        self.names = [SCRIPT]

    def initialize(self, context: Any, share: float = 0.5) -> None:
        self.share = share

    def handle_data(self, context: Any, data: Any) -> None: ...


class Balanced(html.parser.HTMLParser):
    """Every tag that opens closes."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.open += [] if tag in ("br", "path") else [tag]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """By name what each object shows, of a run on an asset whose name and tag are scripts."""
    pages: dict[str, str] = {}

    def on_bar(context: Any, data: Any) -> None:
        asset = symbol("A")
        if context.bar == 0:
            context.placed = order(asset, 10, limit_price=90, tag=SCRIPT)
        if context.bar == 2:
            placed, positions = get_order(context.placed), context.portfolio.positions
            objects = [asset, placed, positions[asset], positions, context.portfolio, context.account]
            pages.update({type(one).__name__: one._repr_html_() for one in objects})

    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("RUSTYBT_ROOT", str(tmp_path_factory.mktemp("root")))
        ingest({"A": [90, 90, "91.50", 92, 93]}, assets={"name": SCRIPT})
        result = run(on_bar)
    result.manifest["strategy"] = SCRIPT
    found = {"NamedFigures": result.metrics, "Diagnostics": result.diagnostics, "Strategy": Held(), "Result": result}
    return pages | {name: one._repr_html_() for name, one in found.items()}


NAMES = [
    *("Equity", "Order", "Position", "Positions", "Portfolio", "Account"),
    *("NamedFigures", "Diagnostics", "Strategy", "Result"),
]


@pytest.mark.parametrize("name", NAMES)
def test_what_is_shown_is_escaped_small_and_for_light_and_dark(shown: dict[str, str], name: str) -> None:
    page = shown[name]
    assert Balanced(page).open == []
    assert "<script" not in page
    assert len(page) < 20_000
    assert not re.search(r"background(-color)?:(?!transparent)", page)
    assert not re.search(r"[^-]color:(?!inherit)", page.replace('style="color', 'style=" color'))


def test_scripts_are_shown_as_text(shown: dict[str, str]) -> None:
    escaped = html.escape(SCRIPT)
    for name in ("Equity", "Order", "Strategy", "Result"):
        assert escaped in shown[name] or escaped.replace("&#x27;", "'") in shown[name]


def rows(page: str) -> list[list[str]]:
    return [re.findall(r"<t[dh][^>]*>(.*?)</t[dh]>", row) for row in re.findall(r"<tr>(.*?)</tr>", page)]


def test_the_facts_are_those_of_the_run(shown: dict[str, str]) -> None:
    assert rows(shown["Position"]) == [
        ["asset", "units", "cost basis", "last price", "as of"],
        ["A", "10", "90", "91.5", "2021-02-04 00:00 UTC"],
    ]
    assert rows(shown["Portfolio"])[:3] == [["value", "10,015"], ["cash", "9,100"], ["profit", "15"]]
    assert "<caption>main-1: buy 10 A</caption>" in shown["Order"]
    assert ["limit", "90"] in rows(shown["Order"])
    assert ["stop", ""] not in rows(shown["Order"])
    assert ["has", "initialize(share=0.5), handle_data"] in rows(shown["Strategy"])
    assert ["total_return", "0.0030"] in rows(shown["NamedFigures"])


def test_what_is_printed_is_plain() -> None:
    assert repr(Held()) == "<Strategy Held: initialize(share=0.5), handle_data>"
    assert repr(rustybt.Strategy()) == "<Strategy Strategy: nothing of its own>"
    assert rustybt.Strategy()._repr_html_()


def test_nothing_that_is_held_says_so() -> None:
    ingest({"A": [90] * 5})
    pages: list[str] = []
    run(lambda context, data: pages.append(context.portfolio._repr_html_()))
    assert pages[0].count("<em>no positions</em>") == 1
    assert DAYS[0] == dt.date(2021, 2, 1)
