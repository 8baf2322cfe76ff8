"""The pictures of the guide: their fills are those of runs on the bar, and of runs on minutes of the path."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from rustybt.api import execution
from tests.unit.orders._bars import Bar, run_bars
from tests.unit.orders._within import market_of

ROOT = Path(__file__).parents[3]


def _script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("same_bar_pictures", ROOT / "tools" / "same_bar_pictures.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


PICTURES = _script()
type Place = Callable[[Any, Any, dict[str, Any]], Any]


def bracket(**how: Any) -> Place:
    def place(context: Any, asset: Any, ids: dict[str, Any]) -> None:
        placed = context.bracket_order(asset, 100, **how)
        ids.update(entry=placed.entry, target=placed.take_profit, stop=placed.stop_loss)

    return place


def one(name: str, size: int, style: Any) -> Place:
    return lambda context, asset, ids: ids.update({name: context.order(asset, size, style=style)})


def two_entries(context: Any, asset: Any, ids: dict[str, Any]) -> None:
    ids["limit"], ids["stop"] = context.order(asset, 100, limit_price=98), context.order(asset, 100, stop_price=103)
    context.oco(ids["limit"], ids["stop"])


FLAT: Bar = ("100", "100", "100", "100")
HELD: Bar = ("100", "102", "99", "101")
ABOVE: Bar = ("103", "103", "103", "103")
PLACED: dict[str, tuple[list[Bar], Place]] = {
    "both_exits": ([FLAT, HELD], bracket(take_profit=108, stop_loss=95)),
    "limit_entry_both_exits": ([ABOVE], bracket(limit_price=100, take_profit=106, stop_loss=97)),
    "limit_entry_target": ([ABOVE], bracket(limit_price=100, take_profit=106, stop_loss=97)),
    "stop_entry_both_exits": ([ABOVE], bracket(stop_price=104, take_profit=108, stop_loss=101)),
    "stop_entry_stop": ([ABOVE], bracket(stop_price=104, take_profit=108, stop_loss=101)),
    "trailing_stop": ([FLAT], one("stop", -100, execution.TrailingStopOrder(amount=2))),
    "stop_limit": ([FLAT], one("limit", 100, execution.StopLimitOrder(101, 103))),
    "two_entries": ([FLAT], two_entries),
}


def minutes(path: tuple[str, ...]) -> list[Bar]:
    return [(a, max(a, b, key=float), min(a, b, key=float), b) for a, b in pairwise(path)]


@pytest.mark.parametrize("name", PICTURES.CASES)
def test_a_picture_shows_what_runs_do(name: str) -> None:
    picture, (before, place) = PICTURES.CASES[name], PLACED[name]
    four = {
        (path[0], max(path, key=float), min(path, key=float), path[-1])
        for path in (picture.worst.path, picture.best.path)
    }
    assert len(four) == 1, "both are paths of one bar"
    for same_bar, reading in (("pessimistic", picture.worst), ("optimistic", picture.best)):
        within = market_of([*([bar] for bar in before), minutes(reading.path)])
        for how in ({"data": None, "market": within, "resolve": "1m"}, {}):
            done = run_bars([*before, *four], {0: place}, same_bar=same_bar, **how)
            fills = tuple(
                (order, f"{price.normalize():f}") for bar, order, _, price in done.fills if bar == len(before)
            )
            assert fills == reading.fills, (same_bar, how)


def test_the_stored_pictures_are_those_of_the_script_and_stand_in_the_guide() -> None:
    guide = (ROOT / "docs" / "guides" / "same_bar.md").read_text(encoding="utf-8")
    stored = {path.stem: path.read_text(encoding="utf-8") for path in PICTURES.FOLDER.glob("*.svg")}
    assert stored == {name: PICTURES.svg(picture) for name, picture in PICTURES.CASES.items()}
    for name in stored:
        assert f"(../images/same_bar/{name}.svg)" in guide
