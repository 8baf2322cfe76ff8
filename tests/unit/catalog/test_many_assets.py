"""Many assets at once say the same as one at a time."""

from __future__ import annotations

import datetime as dt
import hashlib

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rustybt.calendars import session_table
from rustybt.catalog import DAILY, RawBars, Rows, StoredRows, coverage, figures_of, figures_of_rows, open_version
from rustybt.catalog._content import PRICES
from rustybt.catalog._digests import digests_of_rows
from rustybt.catalog._hashing import digests_by_year
from rustybt.core import DAY_NS, day_of
from rustybt.ingest import ingest, quality, validate
from rustybt.validation import Policy, StoredBars, relations, suspects, timing
from rustybt.validation._anomalies import jumps, spikes, stale, turnover
from tests._examples import examples

FIRST = day_of(dt.date(2023, 12, 20))
TABLE = session_table("24/7", FIRST - 400, FIRST + 400)


@st.composite
def frames(draw, *, wide: bool = False):
    """Daily bars of a few assets, as rows of a part: some dull, some odd."""
    frames = []
    for sid in sorted(draw(st.sets(st.integers(0, 9), min_size=1, max_size=5))):
        days = sorted(draw(st.sets(st.integers(0, 40), min_size=1, max_size=40)))
        unit = 10 ** draw(st.integers(0, 3))
        top = 2**70 if wide and draw(st.booleans()) else 2_000
        base = draw(st.integers(100, top))
        moves = st.one_of(st.just(0), st.integers(-base // 200, base // 200), st.integers(-base // 2, base))
        closes = [(base + draw(moves)) * unit for _ in days]
        flat = draw(st.booleans())
        spans = [(0, 0) if flat else (draw(st.integers(0, 3)) * unit, draw(st.integers(-1, 3)) * unit) for _ in days]
        volumes = [draw(st.one_of(st.just(100), st.integers(-1, 20_000))) for _ in days]
        columns = {
            "sid": [sid] * len(days),
            "stamp": [(FIRST + day) * DAY_NS for day in days],
            "open": closes,
            "high": [close + up for close, (up, _) in zip(closes, spans, strict=True)],
            "low": [close - down for close, (_, down) in zip(closes, spans, strict=True)],
            "close": closes,
            "volume": volumes,
        }
        kind = pl.Int128 if wide else pl.Int64
        types = dict.fromkeys(("open", "high", "low", "close", "volume"), kind)
        frames.append(pl.DataFrame(columns, schema={"sid": pl.Int32, "stamp": pl.Int64, **types}))
    return pl.concat(frames)


def one_by_one(frame):
    for sid in frame["sid"].unique().sort().to_list():
        mine = frame.filter(pl.col("sid") == sid)
        columns = [mine[name].to_list() for name in ("open", "high", "low", "close", "volume")]
        narrow = all(abs(value) < 2**63 for column in columns for value in column)
        columns = [np.array(column, dtype=np.int64) if narrow else column for column in columns]
        yield sid, RawBars.of(mine["stamp"].to_numpy(), columns[:4], columns[4])


def as_defined(bars, price_scale, volume_scale):
    """Year, digest, last month and the digest before it, number by number."""
    found = {}
    months = [np.datetime64(stamp, "ns").astype("datetime64[M]") for stamp in bars.stamps.tolist()]
    for month in sorted(set(months)):
        mine = [at for at, of in enumerate(months) if of == month]
        before = found.get(str(month)[:4], ("",))[0]
        written = bytes.fromhex(before) + b"".join(int(bars.stamps[at]).to_bytes(8, "little") for at in mine)
        for columns, scale in ((bars.prices, price_scale), ([bars.volume], volume_scale)):
            numbers = [[int(column[at]) for at in mine] for column in columns]
            every = [number for column in numbers for number in column]
            spare = max(places for places in range(scale + 1) if all(number % 10**places == 0 for number in every))
            every = [number // 10**spare for number in every]
            written += b"%d:" % (scale - spare)
            if all(-(2**63) <= number < 2**63 for number in every):
                written += b"".join(number.to_bytes(8, "little", signed=True) for number in every)
            else:
                written += ",".join(map(str, every)).encode()
        found[str(month)[:4]] = hashlib.sha256(written).hexdigest(), str(month), before
    return [(year, *about) for year, about in found.items()]


@settings(max_examples=examples(60), deadline=None)
@given(frame=frames() | frames(wide=True), price_scale=st.integers(0, 20), volume_scale=st.integers(0, 3))
def test_digests_are_chains_of_months(frame, price_scale, volume_scale):
    expected = [
        (sid, *about) for sid, bars in one_by_one(frame) for about in as_defined(bars, price_scale, volume_scale)
    ]
    assert list(digests_of_rows(Rows(DAILY, frame, price_scale, volume_scale))) == expected


@settings(max_examples=examples(60), deadline=None)
@given(frame=frames() | frames(wide=True), price_scale=st.integers(0, 20), volume_scale=st.integers(0, 3))
def test_digests_of_a_frame_are_those_of_its_assets(frame, price_scale, volume_scale):
    expected = [
        found for sid, bars in one_by_one(frame) for found in digests_by_year(sid, bars, price_scale, volume_scale)
    ]
    assert list(digests_of_rows(Rows(DAILY, frame, price_scale, volume_scale))) == expected


@settings(max_examples=examples(60), deadline=None)
@given(frame=frames() | frames(wide=True), cut=st.integers(0, 40), by_time=st.booleans(), raised=st.integers(0, 2))
def test_digests_of_pieces_are_those_of_the_whole(frame, cut, by_time, raised):
    """by_time: else the rows of an asset interleave. raised: one piece has its prices at a larger scale."""
    early = frame["stamp"] < (FIRST + cut) * DAY_NS if by_time else pl.Series(np.arange(frame.height) % 3 == cut % 3)
    other = frame.filter(~early).with_columns(pl.col(PRICES).cast(pl.Int128) * 10**raised)
    pieces = [Rows(DAILY, other, 2 + raised, 0), Rows(DAILY, frame.filter(early), 2, 0)]
    assert list(digests_of_rows(*pieces)) == list(digests_of_rows(Rows(DAILY, frame, 2, 0)))


@settings(max_examples=examples(100), deadline=None)
@given(frame=frames())
def test_an_asset_that_is_not_suspected_has_no_finding(frame):
    created = (FIRST + 38) * DAY_NS
    policy = Policy(stale_bars=3, least_move=0.004)
    found = suspects(frame, calendar=TABLE, created_ns=created, policy=policy, split=[7])
    for sid, bars in one_by_one(frame):
        splits = {FIRST + 3: 0.5} if sid == 7 else {}
        stored = StoredBars(
            kind="equity", daily=True, stamps=bars.stamps, open=bars.open, high=bars.high, low=bars.low,
            close=bars.close, volume=bars.volume, price_scale=2, volume_scale=0, splits=splits, calendar=TABLE,
            created_ns=created, length="1d",
        )  # fmt: skip
        for check in (relations, jumps, spikes, stale, turnover, timing):
            if check not in found.get(sid, ()):
                assert list(check(stored, policy)) == []


def test_dull_assets_are_not_suspected():
    days = np.arange(30)
    close = 10_000 + days % 3
    columns = {name: np.tile(close + up, 50) for name, up in (("open", 0), ("high", 2), ("low", -2), ("close", 0))}
    frame = pl.DataFrame(
        {"sid": np.repeat(np.arange(50), 30), "stamp": np.tile((FIRST + days) * DAY_NS, 50), **columns}
    ).with_columns(pl.col("sid").cast(pl.Int32), volume=pl.lit(100, dtype=pl.Int64))
    assert suspects(frame, calendar=TABLE, created_ns=2**62, policy=Policy(), split=[]) == {}


@settings(max_examples=examples(40), deadline=None)
@given(frame=frames())
def test_figures_of_a_frame_are_those_of_its_assets(frame):
    expected = [(sid, figures_of(bars, DAILY, TABLE)) for sid, bars in one_by_one(frame)]
    assert list(figures_of_rows(Rows(DAILY, frame, 2, 0), TABLE)) == expected


@pytest.fixture
def appended(root, bars):
    """Three assets in three steps, the last of them of two assets only."""
    ingest("b", bars("AAA", "BBB", "CCC", rows=400), calendar="24/7", root=root)
    ingest("b", bars("AAA", "BBB", "CCC", rows=1, start=400), mode="append", calendar="24/7", root=root)
    return ingest("b", bars("AAA", "CCC", rows=2, start=403), mode="append", calendar="24/7", root=root)


def test_parts_are_read_as_one(root, bars, appended):
    with open_version("b", root=root) as version:
        frame = pl.concat([chunk.rows().frame for chunk in StoredRows(version, DAILY).chunks()])
        assert frame["sid"].to_list() == [0] * 403 + [1] * 401 + [2] * 403
        first = 19_723 * DAY_NS  # 2024-01-01
        near = StoredRows(version, DAILY).within(np.array([0, 2]), first + 399 * DAY_NS, first + 403 * DAY_NS)
        days = [(row["sid"], row["stamp"] // DAY_NS - 19_723) for rows in near.read() for row in rows.frame.to_dicts()]
        assert sorted(days) == [(sid, day) for sid in (0, 2) for day in (399, 400, 403)]


def test_gaps_are_found_after_a_small_append_when_somebody_asks(root, appended):
    assert quality("b", root=root).filter(pl.col("rule") == "gap")["symbol"].to_list() == ["AAA", "CCC"]
    with open_version("b", root=root) as version:
        assert coverage(version)["missing"].to_list() == [2, 0, 2]
        assert coverage(version)["longest_gap"].to_list() == [2, 0, 2]
    assert validate("b", root=root).rows == 403 + 401 + 403
