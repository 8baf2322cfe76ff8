"""Notes: a closed list of codes, each note once, bounded, with facts as JSON has them."""

from __future__ import annotations

import datetime as dt
import json
import re
from decimal import Decimal
from pathlib import Path

import pytest

from rustybt.core import NOTE_CODES, Note, Notes
from rustybt.errors import InputError

ROOT = Path(__file__).parents[3]


def test_the_guide_lists_every_code_with_its_sentence():
    page = (ROOT / "docs" / "guides" / "notes.md").read_text(encoding="utf-8")
    assert dict(re.findall(r"^\| `(\w+)` \| (.+) \|$", page, re.MULTILINE)) == NOTE_CODES


def test_every_code_is_told_somewhere():
    code = "\n".join(path.read_text(encoding="utf-8") for path in sorted((ROOT / "rustybt").rglob("*.py")))
    told = set(re.findall(r"notes\.add\(\s*\"(\w+)\"", code))
    assert told == set(NOTE_CODES)


def test_a_note_comes_once_and_in_the_order_of_its_first_time():
    notes = Notes()
    for text in ("b", "a", "b"):
        notes.add("no_orders", text, day=1)
    notes.add("no_orders", "b", day=2)
    assert notes.all() == (Note("no_orders", "b", {"day": 1}), Note("no_orders", "a", {"day": 1}))


def test_of_one_code_twenty_are_kept_and_the_rest_are_counted():
    notes = Notes()
    for number in range(23):
        notes.add("no_orders", f"note {number}")
    assert [note.text for note in notes.all()[:20]] == [f"note {number}" for number in range(20)]
    assert notes.all()[20:] == (Note("no_orders", "3 more of this kind are left out.", {"left_out": 3}),)


def test_facts_are_kept_as_json_has_them():
    notes = Notes()
    when = dt.datetime(2024, 3, 4, 14, 30, tzinfo=dt.UTC)
    notes.add("no_orders", "x", day=dt.date(2024, 3, 4), when=when, value=Decimal("1E+3"), of=("A", 1), none=None)
    (note,) = notes.all()
    expected = {"day": "2024-03-04", "when": "2024-03-04T14:30:00+00:00", "value": "1000", "of": ["A", 1], "none": None}
    assert json.loads(json.dumps(note.data)) == note.data == expected


def test_a_code_that_is_not_listed_is_refused():
    with pytest.raises(InputError, match="no note 'surprise'"):
        Notes().add("surprise", "x")


def test_a_note_can_stand_in_a_set():
    assert len({Note("no_orders", "x", {"a": 1}), Note("no_orders", "x", {"a": 1})}) == 1
