"""Splits and dividends that stand in columns of the bars, as Zipline's csvdir has them."""

from __future__ import annotations

from typing import Final

import polars as pl

from rustybt.calendars import SessionTable
from rustybt.core import DAY_NS
from rustybt.ingest._actions import ActionRow, split_ratio

CARRIED: Final = {"dividend": (0.0,), "split": (1.0, 0.0)}
"""The columns, and the numbers by which each says that there was nothing: some vendors write 0 for no split."""


def carried_rows(
    carried: list[pl.DataFrame], bars: pl.DataFrame, calendar: SessionTable, *, daily: bool
) -> tuple[list[ActionRow], list[ActionRow]]:
    """Rows of splits and of dividends as if they had been given beside the bars.

    carried: frames of `row`, `kind`, `value`, `is_float`. bars: `row`, `symbol`, `asset_key`, `stamp`, `stamp_text`;
    actions of rows that are not in it are left out. The ex-date is the session of the row; a split of 2 stands for two
    new shares for one, Zipline's ratio 1/2.
    """
    splits: list[ActionRow] = []
    dividends: list[ActionRow] = []
    where = bars.select("row", "symbol", "asset_key", "stamp", "stamp_text")
    for frame in (frame for frame in carried if frame.height and frame["kind"][0] in CARRIED):
        joined = frame.join(where, on="row", how="inner", maintain_order="left")
        joined = joined.with_columns(pl.col("stamp_text").cast(pl.String))
        for row, value, kind, is_float, symbol, key, stamp, stamp_text in joined.iter_rows():
            days = dict.fromkeys(("pay_date", "record_date", "declared_date"))
            day = None if stamp is None else _day(stamp, calendar, daily=daily)
            texts = {"symbol": symbol, "asset_key": key, "ex_date_text": stamp_text}
            if kind == "split":
                texts["ratio"] = _ratio(value, is_float=is_float)
                splits.append(ActionRow("splits", row, symbol, key, {"ex_date": day, **days}, texts, is_float=False))
            else:
                texts["amount"] = value
                dividends.append(ActionRow("dividends", row, symbol, key, {"ex_date": day, **days}, texts, is_float))
    return splits, dividends


def _day(stamp: int, calendar: SessionTable, *, daily: bool) -> int:
    if daily:
        return stamp // DAY_NS
    at = int(calendar.closes.searchsorted(stamp))
    return int(calendar.days[min(at, len(calendar.days) - 1)])


def _ratio(text: str, *, is_float: bool) -> str:
    """Zipline's ratio of a split that is told as new shares for one; what means nothing stays as it stands."""
    shares = split_ratio(text, is_float=is_float)
    return text if shares is None or shares <= 0 else f"{shares.denominator}/{shares.numerator}"
