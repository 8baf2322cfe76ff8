"""What a run tells besides its figures, through run_algorithm."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import rustybt
from rustybt import Note
from rustybt.api import order, symbol

WEEK = ("2010-01-04", "2010-01-08")


def codes(result: rustybt.Result) -> list[str]:
    return [note.code for note in result.notes]


def run(handle_data: Any = None, **given: Any) -> rustybt.Result:
    return rustybt.run_algorithm(*WEEK, None, 100_000, handle_data, progress=False, **given)


def test_a_run_without_an_order_says_so_and_one_with_an_order_does_not():
    assert codes(run(lambda context, data: None)) == ["no_orders"]
    assert codes(run(lambda context, data: order(symbol("AAPL"), 1))) == []


def test_notes_are_saved_with_the_result_and_change_no_hash(tmp_path: Path):
    result = run(lambda context, data: None)
    result.notes = (*result.notes, Note("no_orders", "<again>", {"day": "2010-01-04"}))
    before = result.ledger_hash
    again = rustybt.Result.load(result.save(tmp_path / "run"))
    assert again.notes == result.notes
    assert again.ledger_hash == before


def test_a_result_that_was_saved_without_notes_has_none(tmp_path: Path):
    import json

    place = run(lambda context, data: order(symbol("AAPL"), 1)).save(tmp_path / "run")
    page = json.loads((place / "result.json").read_text())
    del page["notes"]
    (place / "result.json").write_text(json.dumps(page))
    assert rustybt.Result.load(place).notes == ()


def test_notes_are_printed_and_stand_in_a_notebook():
    result = run(lambda context, data: None)
    assert repr(result).endswith("0 transactions, 1 note>")
    assert str(result).splitlines()[1].startswith("note no_orders: No order was placed")
    result.notes = (Note("no_orders", "<b>"),)
    assert "&lt;b&gt; <code>no_orders</code>" in result._repr_html_()
    result.notes = ()
    assert "<li>" not in result._repr_html_()
    assert str(result) == repr(result)
