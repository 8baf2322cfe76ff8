"""The ledger hash, version 2: its canonical form by hand, what counts and what does not."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rustybt.core import decimal_column, scaled_ints
from rustybt.results import Result, ledger_hash
from rustybt.results._ledger_hash import _text

type Make = Callable[..., Result]

# written by hand from docs/decisions/ledger-hash.md
CANONICAL = """\
rustybt ledger 2
E\t1704724200000000000\tcapital\t\\N\t0\t100000\tUSD\tmain\t\\N
E\t1704834000000000000\tfill\tXNYS:ABC\t600.5\t-60800.625\tUSD\tmain\tmain-1
E\t1704834000000000000\tfee\tXNYS:ABC\t0\t-0.1\tUSD\tmain\tmain-1
O\t0\t1704747600000000000\taccepted\tmain-1\tXNYS:ABC\t1000\t\\N\t\\N
O\t1\t1704834000000000000\tpartially_filled\tmain-1\tXNYS:ABC\t600.5\t101.25\t\\N
O\t2\t1704834000000000000\taccepted\tmain-2\tXNYS:XYZ\t-3\t123.45\t125
O\t3\t1704920400000000000\tfilled\tmain-1\tXNYS:ABC\t399.5\t90\t\\N
O\t4\t1704920400000000000\tcancelled\tmain-2\tXNYS:XYZ\t-3\t123.45\t\\N
"""


def test_the_hash_is_that_of_the_canonical_text(make_result: Make) -> None:
    result = make_result()
    assert result.ledger_hash == hashlib.sha256(CANONICAL.encode()).hexdigest()
    assert result.manifest["ledger_hash"] == result.ledger_hash
    assert result.manifest["ledger_hash_version"] == 2


def test_scales_sids_symbols_and_reasons_do_not_count(make_result: Make) -> None:
    result = make_result()
    wider = result.entries.with_columns(decimal_column("quantity", [0, 60_050_000, 0], 5))
    assert wider["quantity"].to_list() == result.entries["quantity"].to_list()
    moved = {"entries": wider.with_columns(sid=pl.col("sid") + 100, reason=pl.lit("other words"))}
    moved["orders"] = result.orders.with_columns(sid=pl.col("sid") + 100, symbol=pl.lit("S"))
    moved["assets"] = result.assets.with_columns(sid=pl.col("sid") + 100, symbol=pl.lit("S"))
    assert make_result(**moved, manifest={"seed": 9}).ledger_hash == result.ledger_hash


def last_changed(frame: pl.DataFrame, column: str) -> pl.DataFrame:
    """The frame with the least change of one column's last value."""
    old = frame[column]
    if isinstance(old.dtype, pl.Decimal):
        values = scaled_ints(old)
        return frame.with_columns(decimal_column(column, [*values[:-1], (values[-1] or 0) + 1], old.dtype.scale))
    if isinstance(old.dtype, pl.String):
        return frame.with_columns(pl.Series(column, [*old[:-1], "another"]))
    values = old.to_physical().to_list()
    return frame.with_columns(pl.Series(column, [*values[:-1], values[-1] + 1]).cast(old.dtype))


@pytest.mark.parametrize("column", ["stamp", "kind", "asset", "quantity", "amount", "currency", "account", "order_id"])
def test_each_part_of_an_entry_counts(make_result: Make, column: str) -> None:
    result = make_result()
    assert make_result(entries=last_changed(result.entries, column)).ledger_hash != result.ledger_hash


@pytest.mark.parametrize("column", ["seq", "stamp", "kind", "order_id", "quantity", "price", "stop"])
def test_each_part_of_an_event_counts(make_result: Make, column: str) -> None:
    result = make_result()
    assert make_result(order_events=last_changed(result.order_events, column)).ledger_hash != result.ledger_hash


def test_order_counts_and_text_can_not_imitate_a_line(make_result: Make) -> None:
    result = make_result()
    assert make_result(entries=result.entries.reverse()).ledger_hash != result.ledger_hash
    tricky = pl.Series("asset", ["a\tb", "a\\tb", "\\N", "a\nb", "", None])
    assert _text(tricky).to_list() == ["a\\tb", "a\\\\tb", "\\\\N", "a\\nb", "", "\\N"]


@given(st.lists(st.none() | st.integers(-(10**38) + 1, 10**38 - 1), min_size=1), st.integers(0, 38))
def test_decimals_have_no_exponent_and_no_trailing_zeros(values: list[int | None], scale: int) -> None:
    for value, text in zip(values, _text(decimal_column("x", values, scale)).to_list(), strict=True):
        if value is None:
            assert text == "\\N"
            continue
        digits = str(abs(value)).rjust(scale + 1, "0")
        whole, part = digits[: len(digits) - scale], digits[len(digits) - scale :].rstrip("0")
        assert text == ("-" if value < 0 else "") + whole + ("." + part if part else "")


def test_a_run_without_orders_has_a_hash(make_result: Make) -> None:
    result = make_result()
    empty = ledger_hash(
        result.entries.clear(), result.order_events.clear(), result.orders.clear(), result.assets.clear()
    )
    assert empty == hashlib.sha256(b"rustybt ledger 2\n").hexdigest()
