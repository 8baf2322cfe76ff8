"""Spreads estimated from bars: values worked out with other code (R's and Python's `bidask`, of the authors)."""

from __future__ import annotations

from typing import Any

import pytest

from rustybt.api import spreads
from rustybt.errors import InputError

SERIES_A = [
    ("100.00", "101.00", "99.00", "100.50"), ("100.60", "102.00", "100.10", "101.20"),
    ("101.00", "101.60", "100.20", "100.40"), ("100.30", "101.10", "99.80", "100.90"),
    ("102.00", "103.00", "101.80", "102.50"), ("102.40", "102.90", "101.50", "101.70"),
]  # fmt: skip
OPEN, HIGH, LOW, CLOSE = zip(*SERIES_A, strict=True)
# the first ten bars of those that the authors of EDGE test with
TEN = [
    ("1.00240075994025", "1.00935878365403", "0.976061138469904", "0.976061138469904"),
    ("0.929743096395543", "0.929774737723069", "0.928919694164385", "0.929774737723069"),
    ("0.943911414384193", "0.968140794511406", "0.943911414384193", "0.968140794511406"),
    ("0.977605378856722", "0.977605378856722", "0.977605378856722", "0.977605378856722"),
    ("0.961535370407048", "0.99982474278851", "0.961535370407048", "0.986215329667607"),
    ("0.982409003083975", "0.992213437101346", "0.982409003083975", "0.992213437101346"),
    ("1.03435413274433", "1.03435413274433", "1.03435413274433", "1.03435413274433"),
    ("1.0201424300403", "1.04025465277235", "1.0201424300403", "1.03219266262805"),
    ("1.03650094499406", "1.03650094499406", "1.03650094499406", "1.03650094499406"),
    ("1.05368509087896", "1.05368509087896", "1.02605242183949", "1.02798086837104"),
]


def near(value: Any) -> Any:
    """Logarithms and roots make no exact numbers."""
    return pytest.approx(value, rel=0, abs=1e-12)


def test_corwin_and_schultz() -> None:
    assert spreads.two_day_spreads(HIGH, LOW, CLOSE) == near(
        [
            -0.005797655046938528, 0.01102146894734279, 0.0026527798120321213, -0.012605305584035534,
            0.008105207877422325,
        ]
    )  # fmt: skip
    assert spreads.corwin_schultz(HIGH, LOW, CLOSE) == near(0.0006752992011646349)
    assert spreads.corwin_schultz(HIGH, LOW, CLOSE, floor=True) == near(0.0043558913273594475)


def test_abdi_and_ranaldo() -> None:
    assert spreads.two_day_squares(HIGH, LOW, CLOSE) == near(
        [
            -0.0001090834274399566, 1.828667258722587e-05, 9.431453190708137e-06, -0.00026476911037502307,
            1.173856649456348e-05,
        ]
    )  # fmt: skip
    assert spreads.abdi_ranaldo(HIGH, LOW, CLOSE) == near(-0.008177968519656726)
    assert spreads.abdi_ranaldo(HIGH, LOW, CLOSE, floor=True) == near(0.0021547036351641275)


def test_edge() -> None:
    assert spreads.edge(OPEN, HIGH, LOW, CLOSE) == near(-0.006173275686376589)
    assert spreads.edge(*zip(*TEN, strict=True)) == near(-0.016889917516422)


def test_an_estimate_that_can_not_be_made_is_none() -> None:
    assert spreads.edge([18, 18], [19, 19], [17, 17], [18, 18]) is None
    assert (
        spreads.edge([18.21, 17.61, 17.61], [18.21, 17.61, 17.61], [18.21, 17.61, 17.61], [18.21, 17.61, 17.61]) is None
    )
    assert spreads.corwin_schultz([1], [1], [1]) is None
    assert spreads.abdi_ranaldo([], [], []) is None


def test_the_unit_of_the_price_does_not_matter() -> None:
    cents = [[float(value) * 100 for value in column] for column in (OPEN, HIGH, LOW, CLOSE)]
    assert spreads.edge(*cents) == near(spreads.edge(OPEN, HIGH, LOW, CLOSE))
    assert spreads.corwin_schultz(*cents[1:]) == near(spreads.corwin_schultz(HIGH, LOW, CLOSE))
    assert spreads.abdi_ranaldo(*cents[1:]) == near(spreads.abdi_ranaldo(HIGH, LOW, CLOSE))


def test_what_is_no_price_is_refused() -> None:
    with pytest.raises(InputError, match=r"edge\(low=...\): the price at place 1 is 0"):
        spreads.edge([1, 1, 1], [1, 1, 1], [1, 0, 1], [1, 1, 1])
    with pytest.raises(InputError, match="high 2, low 1, close 2"):
        spreads.two_day_spreads([1, 2], [1], [1, 2])
    with pytest.raises(InputError, match="is None"):
        spreads.abdi_ranaldo([None], [1], [1])
