"""Store and load gives back every digit, whatever the order of writing. Expected values are the drawn ones."""

from __future__ import annotations

import tempfile
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rustybt.catalog import open_version, reindex
from rustybt.core import DAY_NS
from rustybt.ingest import ingest
from tests._examples import examples

EVER = (0, 2**62)
FIELDS = ("open", "high", "low", "close")


def decimals(smallest, largest, scale):
    return st.integers(smallest, largest).map(lambda value: Decimal(f"{value}E-{scale}"))


@st.composite
def assets(draw):
    """Symbol -> day -> (four prices, volume), each asset with decimals of its own."""
    drawn = {}
    for symbol in draw(st.sets(st.sampled_from(["AA", "BB", "CC", "DD"]), min_size=1)):
        price_scale, volume_scale = draw(st.integers(0, 20)), draw(st.integers(0, 20))
        top = 10 ** draw(st.integers(1, 18 + price_scale)) - 1
        days = draw(st.sets(st.integers(0, 500), min_size=1, max_size=12))
        rows = {}
        for day in sorted(days):
            prices = sorted(draw(st.lists(decimals(1, top, price_scale), min_size=4, max_size=4)))
            volume = draw(decimals(0, 10 ** draw(st.integers(0, 18 + volume_scale)) - 1, volume_scale))
            rows[19_000 + day] = ((prices[1], prices[3], prices[0], prices[2]), volume)
        drawn[symbol] = rows
    return drawn


def frame(rows):
    """rows: (symbol, day, prices, volume)."""
    columns = {
        "symbol": [r[0] for r in rows],
        "date": pl.Series([r[1] for r in rows], dtype=pl.Int32).cast(pl.Date),
        **{name: [format(r[2][at], "f") for r in rows] for at, name in enumerate(FIELDS)},
        "volume": [format(r[3], "f") for r in rows],
    }
    return pl.DataFrame(columns)


def rows_of(drawn):
    return [(symbol, day, *values) for symbol, rows in sorted(drawn.items()) for day, values in sorted(rows.items())]


def decimal_places(number):
    """Digits after the point that the text shows, trailing zeros aside."""
    return len(format(number, "f").partition(".")[2].rstrip("0"))


def scaled(number, scale):
    """The number times 10**scale; the default context of decimal would round what has more than 28 digits."""
    return int(Fraction(number) * 10**scale)


def assert_holds(version, drawn):
    by_symbol = {asset.symbol: asset for asset in version.assets()}
    assert set(by_symbol) == set(drawn)
    loaded = version.load([asset.sid for asset in by_symbol.values()], "1d", *EVER)
    for symbol, rows in drawn.items():
        asset, bars = by_symbol[symbol], loaded[by_symbol[symbol].sid]
        assert bars.stamps.tolist() == [day * DAY_NS for day in sorted(rows)]
        assert asset.price_scale == max(decimal_places(p) for prices, _ in rows.values() for p in prices)
        assert asset.volume_scale == max(decimal_places(volume) for _, volume in rows.values())
        for at, column in enumerate(bars.prices):
            assert [int(v) for v in column] == [
                scaled(prices[at], asset.price_scale) for _, (prices, _) in sorted(rows.items())
            ]
        volumes = [scaled(volume, asset.volume_scale) for _, (_, volume) in sorted(rows.items())]
        assert [int(v) for v in bars.volume] == volumes
        late = version.load([asset.sid], "1d", *EVER, late=True)[asset.sid]
        for waiting, column in zip((*late.prices, late.volume), (*bars.prices, bars.volume), strict=True):
            assert [int(v) for v in waiting] == [int(v) for v in column]
        wide = any(scaled(p, asset.price_scale) >= 2**63 for prices, _ in rows.values() for p in prices)
        assert all(isinstance(column, list) == wide for column in bars.prices)
        assert wide or all(column.dtype == np.int64 for column in bars.prices)


@settings(max_examples=examples(60), suppress_health_check=[HealthCheck.too_slow])
@given(assets())
def test_every_digit_comes_back(drawn):
    with tempfile.TemporaryDirectory() as folder:
        ingest("b", frame(rows_of(drawn)), calendar="24/7", root=folder)
        with open_version("b", root=folder) as version:
            assert_holds(version, drawn)


@settings(max_examples=examples(15), suppress_health_check=[HealthCheck.too_slow])
@given(assets(), st.data(), st.sampled_from([0, 2, 10**6]))
def test_pieces_appended_in_any_split_are_the_whole(drawn, data, held):
    rows = rows_of(drawn)
    piece_of = data.draw(st.lists(st.integers(0, 3), min_size=len(rows), max_size=len(rows)))
    pieces = [[row for row, at in zip(rows, piece_of, strict=True) if at == piece] for piece in range(4)]
    with tempfile.TemporaryDirectory() as folder:
        once = ingest("once", frame(rows), calendar="24/7", root=folder)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("rustybt.catalog._appended.HELD_ROWS", held)
            patch.setattr("rustybt.catalog._hashing.HELD_ROWS", held)
            for piece in pieces:
                if piece:
                    last = ingest("pieces", frame(piece), calendar="24/7", mode="append", root=folder)
        assert last.hash == once.hash
        with open_version("pieces", root=folder) as version:
            assert_holds(version, drawn)
        reindex(folder)
        with open_version("pieces", root=folder) as version:
            assert_holds(version, drawn)


def test_extremes_share_a_bundle(tmp_path):
    drawn = {
        "DUST": {19_000: ((Decimal("1e-10"),) * 4, Decimal("9999999999999.12345678"))},
        "GOLD": {19_000: ((Decimal("999999999.99"),) * 4, Decimal(1))},
        "BOTH": {
            19_000: ((Decimal("1e-10"),) * 4, Decimal("1e-8")),
            19_001: ((Decimal(10**9),) * 4, Decimal(10**13)),
        },
    }
    ingest("b", frame(rows_of(drawn)), calendar="24/7", root=tmp_path)
    version = open_version("b", root=tmp_path)
    assert_holds(version, drawn)
    sids = {asset.symbol: asset.sid for asset in version.assets()}
    assert version.load([sids["BOTH"]], "1d", *EVER)[sids["BOTH"]].close == [1, 10**19]
    assert version.load([sids["GOLD"]], "1d", *EVER)[sids["GOLD"]].close.tolist() == [99_999_999_999]
    assert Path(version.path, "manifest.json").is_file()


def test_the_hash_tells_one_digit_apart_and_nothing_that_does_not_matter(tmp_path):
    def hash_of(name, price="10.5", **arguments):
        bar = [("AA", 19_000, (Decimal(price),) * 4, Decimal(5))]
        return ingest(name, frame(bar), calendar="24/7", root=tmp_path, **arguments).hash

    same = hash_of("a")
    assert hash_of("b") == same
    assert hash_of("c", "10.50") == same
    assert hash_of("d", provenance="elsewhere") == same
    assert hash_of("e", "10.500000000000000001") != same
    assert hash_of("f", assets=pl.DataFrame({"symbol": ["AA"], "currency": ["EUR"]})) != same
