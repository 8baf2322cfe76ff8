"""Notes: what a user of a run would want to know and no figure says, each with a code from a closed list."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final

from rustybt.errors import InputError

NOTE_CODES: Final[dict[str, str]] = {
    "ruined": "The account was worth less than nothing at a close, or had lost all it had.",
    "cash_below_zero": "Cash was below zero at a close, and nothing was paid for it.",
    "forced_orders": "The broker placed orders: margin calls, liquidations, borrowed shares that were recalled.",
    "rate_above_100_percent": "A yearly rate of borrow or interest is above 1, which is 100 %.",
    "rollover_not_known": "Currency pairs were held overnight that set_rollover has no rates of.",
    "account_names_unknown": "The terms of an account name assets or kinds of assets that the bundle does not have.",
    "no_orders": "No order was placed in the whole run.",
    "no_fills": "Orders were placed, and none of them was filled.",
    "ambiguous_bars": "Bars did not say in which order their prices came, and orders came to something else by it.",
    "stop_beyond_market": "The last price was beyond the stop of an order already when it was placed.",
    "reading_unused": "same_bar= or resolve= was given to a run that does not look at the range of its bars.",
    "interval": "What three runs came to that read such bars at their worst, on one path, and at their best.",
    "size_cut": "An order was for a number of units that is no whole one, and was cut to whole ones.",
    "text_for_asset": "An asset was compared with a text or a number, or something by asset was asked for a text.",
    "callback_never_ran": "A callback is a generator or a coroutine function: it was called, and its body never ran.",
    "schedule_never_ran": "A scheduled function did not run in the whole run.",
    "schedule_left_out": "A scheduled function did not run on some of its sessions, which end before its time.",
    "schedule_moved": "The time of a scheduled function lies in a break of the session, and was moved out of it.",
    "ended_and_held": "An asset was held to the end of the run though its bars had ended: it has no auto_close_date.",
    "asset_without_bars": "An asset that the run looked up has no bar in the whole run.",
    "benchmark_incomplete": "The benchmark's returns lack sessions of the run, which count as 0.",
    "benchmark_left_out": "Returns of the benchmark are dated on days that are no session, and do not count.",
    "fees_before_their_date": "Fees were paid before the first day that they are known of.",
    "fees_after_their_date": "Fees were paid more than a year after they were last read at their source.",
    "fees_unverified": "Fees were paid that could not be verified at their source.",
    "impact_not_known": "Market impact was guessed, as there were no sessions to know volume and volatility of.",
    "model_told_nothing": "A model of slippage or commission failed when it was asked what to tell of the run.",
    "quote_not_usable": "Bars had no bid or no ask, or an ask below the bid, where an order was to fill.",
    "spread_not_estimated": "The spread of an asset was estimated below zero, or not at all: it was one tick.",
    "data_read": "What was done to the data of a run without a bundle while they were read.",
    "rows_left_out": "Rows of the data of a run without a bundle were bad, and are not in the run.",
    "runs_on": "The run goes on after the last bar of the bundle, over sessions without bars.",
    "span_cut": "The run ends before the end that was asked for.",
}
"""Every code that a note may have, and what it tells. docs/guides/notes.md lists the same."""
MOST_OF_A_CODE: Final = 20
"""As many notes of one code are kept; one more says how many were left out."""


@dataclass(frozen=True, slots=True)
class Note:
    """Something that a run, or its strategy, is told.

    code: one of `NOTE_CODES`. text: a sentence. data: the facts in it, as JSON has them; numbers that are no counts are
    text, dates ISO text.

    >>> from rustybt import run
    >>> note = run(lambda context, data: None, start="2010-01-04", end="2010-01-05").notes[0]
    >>> note.code, note.text.partition(".")[0]
    ('no_orders', 'No order was placed in the whole run')
    """

    code: str
    text: str
    data: Mapping[str, Any] = field(default_factory=dict, hash=False)

    def __str__(self) -> str:
        return f"{self.code}: {self.text}"


class Notes:
    """The notes of a run in the order in which they came, each once."""

    __slots__ = ("_by_code",)

    def __init__(self) -> None:
        # insertion order is that of the codes' first notes; within a code that of the notes
        self._by_code: dict[str, tuple[dict[str, Note], list[int]]] = {}

    def add(self, code: str, text: str, /, **data: Any) -> None:
        """Keeps a note, unless one of the same code and text is there. Raises InputError for an unknown code.

        data: facts; dates, Decimals and tuples are kept as JSON has them.
        """
        if code not in NOTE_CODES:
            raise InputError(f"There is no note {code!r}. Choose one of {', '.join(NOTE_CODES)}, or list it there.")
        kept, left_out = self._by_code.setdefault(code, ({}, [0]))
        if text in kept:
            return
        if len(kept) == MOST_OF_A_CODE:
            left_out[0] += 1
            return
        kept[text] = Note(code, text, as_facts(data))

    def has(self, code: str) -> bool:
        """Whether there is a note of that kind."""
        return code in self._by_code

    def state(self) -> list[tuple[str, int, list[tuple[str, dict[str, Any]]]]]:
        """The notes by code, with how many were left out, as plain values."""
        return [
            (code, left_out, [(note.text, dict(note.data)) for note in kept.values()])
            for code, (kept, (left_out,)) in self._by_code.items()
        ]

    def restore(self, state: list[tuple[str, int, list[tuple[str, dict[str, Any]]]]]) -> None:
        """Takes over what `state` gave."""
        self._by_code = {
            code: ({text: Note(code, text, data) for text, data in kept}, [left_out]) for code, left_out, kept in state
        }

    def all(self) -> tuple[Note, ...]:
        """The notes so far."""
        notes: list[Note] = []
        for code, (kept, (left_out,)) in self._by_code.items():
            notes += kept.values()
            if left_out:
                more = f"{left_out} more of this kind {'is' if left_out == 1 else 'are'} left out."
                notes.append(Note(code, more, {"left_out": left_out}))
        return tuple(notes)


def as_facts(data: Mapping[str, Any]) -> dict[str, Any]:
    """Facts as JSON has them: numbers that are no counts are text, dates ISO text.

    >>> as_facts({"share": Decimal("0.50"), "day": dt.date(2010, 1, 4)})
    {'share': '0.5', 'day': '2010-01-04'}
    """
    return {name: _plain(value) for name, value in data.items()}


def _plain(value: Any) -> Any:
    """A fact as JSON has it."""
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, dt.date):  # a datetime too
        return value.isoformat()
    if isinstance(value, Decimal):
        text = f"{value:f}"
        return text.rstrip("0").rstrip(".") if "." in text else text
    return str(value)
