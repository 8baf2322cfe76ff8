"""Rule "precision": no digit would be lost.

A float that needs more than 15 significant digits is a number that no text file had: the trace of a computation, such
as 100.10000000000001. The catalog would store it faithfully, and that is rarely what is meant.
"""

from __future__ import annotations

from typing import Final

import polars as pl

from rustybt.core import decimals, is_number
from rustybt.validation._finding import found, nothing_found

FLOAT_DIGITS: Final = 15
"""Significant digits that every double holds."""
MOST_INTEGER_DIGITS: Final = 18
MOST_DECIMALS: Final = 20


def too_precise_for_float(bars: pl.DataFrame, columns: tuple[str, ...]) -> pl.DataFrame:
    """Findings for floats whose shortest repr has more than 15 digits. bars: `row` and columns of text from floats."""
    findings = []
    for name in columns:
        remedy = "text, Decimal or integers" if name == "volume" else "text or Decimal, or price_decimals="
        message = f"{name} is the float {{}}, which has more than {FLOAT_DIGITS} digits: pass {remedy}"
        bad = is_number(name) & (_significant_digits(name) > FLOAT_DIGITS)
        findings.append(found(bars, bad, "precision", name, message, name))
    return pl.concat(findings)


def beyond_the_digits(bars: pl.DataFrame, columns: tuple[str, ...]) -> pl.DataFrame:
    """Findings for values of 1e18 and more, or with more than 20 decimals. bars: `row` and columns of plain text."""
    findings = [nothing_found()]
    if not columns:
        return findings[0]
    # a text that short has neither too many digits before the point nor after it
    lengths = bars.select(pl.col(name).str.len_bytes().max() for name in columns).row(0)
    for name in (name for name, longest in zip(columns, lengths, strict=True) if (longest or 0) > MOST_INTEGER_DIGITS):
        bad = (integer_digits(name) > MOST_INTEGER_DIGITS) | (decimals(name) > MOST_DECIMALS)
        message = (
            f"{name} is {{}}: there is room for {MOST_INTEGER_DIGITS} digits before the point "
            f"and {MOST_DECIMALS} after it"
        )
        findings.append(found(bars, is_number(name) & bad, "precision", name, message, name))
    return pl.concat(findings)


def integer_digits(column: str) -> pl.Expr:
    """Digits before the point of a plain number, leading zeros aside."""
    whole = pl.col(column).str.extract(r"^[+-]?([0-9]*)", 1).fill_null("")
    return whole.str.strip_chars_start("0").str.len_bytes().cast(pl.Int32)


def _significant_digits(column: str) -> pl.Expr:
    mantissa = pl.col(column).str.replace(r"[eE].*$", "").str.replace(r"^[+-]", "")
    digits = (
        pl.when(mantissa.str.contains(".", literal=True)).then(mantissa.str.strip_chars_end("0")).otherwise(mantissa)
    )
    digits = digits.str.replace(".", "", literal=True).str.strip_chars_start("0")
    # a whole number's trailing zeros carry no digit of their own
    return digits.str.strip_chars_end("0").str.len_bytes()
