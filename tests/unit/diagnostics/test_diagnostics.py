"""What a result says of itself: the shape of its diagnostics, and the list of codes."""

from __future__ import annotations

import pickle
import re
from pathlib import Path
from typing import Any

import pytest

import rustybt
from rustybt.api import order_target_percent, symbol
from rustybt.diagnostics import CODES, Diagnostics, Finding, NotMade

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="module")
def geared() -> rustybt.Result:
    def handle_data(context: Any, data: Any) -> None:
        order_target_percent(symbol("IBM"), 2)

    return rustybt.run(handle_data, start="2010-01-04", end="2010-12-31", progress=False)


def test_the_guide_lists_every_code():
    page = (ROOT / "docs" / "guides" / "diagnostics.md").read_text(encoding="utf-8")
    assert dict(re.findall(r"^\| `(\w+)` \| (.*) \|$", page, re.MULTILINE)) == CODES


def test_findings_are_a_tuple_with_a_frame(geared: rustybt.Result):
    found = geared.diagnostics
    assert found is geared.diagnostics
    assert isinstance(found, tuple)
    assert found.by_code["leverage"].severity == "warning"
    assert found.frame.columns == ["code", "severity", "text", "advice", "evidence"]
    assert found.frame.height == len(found) > 0
    assert pickle.loads(pickle.dumps(found)) == found


def test_the_gravest_come_first_and_texts_are_escaped():
    found = Diagnostics(
        [Finding("b", "info", "<b>", {}, "<i>"), Finding("a", "serious", "x")], [NotMade("c", "no <u>bars</u>")]
    )
    assert [one.code for one in found] == ["a", "b"]
    assert (found.worst, Diagnostics().worst) == ("serious", None)
    assert repr(found).splitlines() == [
        "2 findings: 1 serious, 1 info",
        "serious a: x",
        "info b: <b> <i>",
        "1 check could not be made: no <u>bars</u> (c)",
    ]
    page = found._repr_html_()
    assert "&lt;b&gt;" in page
    assert "&lt;u&gt;bars" in page
    assert not {"<b>", "<i>", "<u>"} & set(re.findall(r"<\w+>", page))
    assert repr(Diagnostics()) == "no findings"


def test_a_loaded_result_says_which_checks_it_could_not_make(geared: rustybt.Result, tmp_path: Path):
    again = rustybt.Result.load(geared.save(tmp_path / "run"))
    assert again.diagnostics.by_code["leverage"] == geared.diagnostics.by_code["leverage"]
