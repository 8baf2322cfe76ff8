"""Numbers as text, in Polars."""

from __future__ import annotations

from typing import Final

import polars as pl

NUMBER: Final = r"^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]{1,4})?$"
"""A number as text: sign, digits with a point, exponent. Digits are those of ASCII."""


def is_number(column: str) -> pl.Expr:
    """True where the text column holds a finite number."""
    return pl.col(column).str.contains(NUMBER).fill_null(False)


def decimals(column: str) -> pl.Expr:
    """Digits after the point that a plain number needs, trailing zeros aside."""
    text = pl.col(column)
    point = text.str.find(".", literal=True).cast(pl.Int32)
    return (text.str.strip_chars_end("0").str.len_bytes().cast(pl.Int32) - point - 1).fill_null(0)
