"""Frequencies: what their names mean, and which can be made of which."""

from __future__ import annotations

import pytest

from rustybt.core import frequency_named
from rustybt.errors import InputError


@pytest.mark.parametrize(
    ("name", "step"),
    [("1ms", 10**6), ("250ms", 250 * 10**6), ("1s", 10**9), ("5m", 300 * 10**9), ("4h", 14_400 * 10**9)],
)
def test_a_bar_within_a_session_has_a_length(name: str, step: int) -> None:
    frequency = frequency_named(name)
    assert (frequency.step_ns, frequency.period, frequency.by_session) == (step, None, False)


@pytest.mark.parametrize(("name", "period"), [("1d", "session"), ("1w", "week"), ("1mo", "month")])
def test_longer_bars_are_counted_in_sessions(name: str, period: str) -> None:
    frequency = frequency_named(name)
    assert (frequency.step_ns, frequency.period, frequency.by_session) == (None, period, True)


@pytest.mark.parametrize("name", ["", "5", "m", "0m", "-5m", "5 m", "1.5h", "25h", "2d", "daily", "1y", None, 5])
def test_what_is_no_frequency_is_refused_with_examples(name: object) -> None:
    with pytest.raises(InputError, match=r"5m.*1mo"):
        frequency_named(name)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("longer", "shorter", "holds"),
    [
        ("5m", "1m", True),
        ("5m", "2m", False),
        ("1m", "5m", False),
        ("1m", "1m", False),
        ("1h", "15m", True),
        ("1d", "7m", True),
        ("1w", "1d", True),
        ("1mo", "1d", True),
        ("1mo", "1w", False),
        ("1mo", "1s", True),
        ("1d", "1w", False),
        ("5m", "1d", False),
    ],
)
def test_a_longer_bar_is_made_of_whole_shorter_ones(longer: str, shorter: str, holds: bool) -> None:
    assert frequency_named(longer).holds(frequency_named(shorter)) is holds
