"""Dividends that are paid in shares, as the caller gave them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from rustybt.catalog import AssetRecord
from rustybt.core import StockDividend
from rustybt.ingest._actions import ActionRow, Owners, split_ratio
from rustybt.validation import Finding

_LIMIT: Final = 10**18


def make_stock_dividends(
    rows: Iterable[ActionRow], records: Iterable[AssetRecord], known: Iterable[StockDividend]
) -> tuple[list[StockDividend], list[tuple[ActionRow, Finding]]]:
    """All dividends in shares, those known included, sorted by (sid, ex_day); and the rows that mean nothing.

    A row without payment_symbol and payment_asset_key pays in the asset's own shares. Of a day and a payment that are
    stored, the same must be given.
    """
    owners = Owners(list(records))
    stored = {(d.sid, d.ex_day, d.payment_sid): d for d in known}
    fresh: dict[tuple[int, int, int], StockDividend] = {}
    bad: list[tuple[ActionRow, Finding]] = []
    for row in rows:
        sid_and_day = owners.sid_and_day(row, bad)
        if sid_and_day is None:
            continue
        made = _made(row, sid_and_day, owners)
        if isinstance(made, Finding):
            bad.append((row, made))
            continue
        place = made.sid, made.ex_day, made.payment_sid
        text = row.texts["ratio"]
        if place in fresh:
            bad.append((row, row.finding("duplicate", text, "an earlier row has the same day and payment")))
        elif stored.get(place, made) != made:
            message = "the bundle has another one of that day; pass mode='replace' to correct it"
            bad.append((row, row.finding("conflict", text, message)))
        else:
            fresh[place] = made
    both = stored | fresh
    return [both[place] for place in sorted(both)], bad


def _made(row: ActionRow, sid_and_day: tuple[int, int], owners: Owners) -> StockDividend | Finding:
    text = row.texts.get("ratio") or ""
    ratio = split_ratio(text, is_float=row.is_float)
    if ratio is None or ratio <= 0 or max(ratio.numerator, ratio.denominator) > _LIMIT:
        return row.finding("action", text, f"ratio {text or 'missing'} is no number above zero, nor n/m")
    if (undated := row.undated()) is not None:
        return undated
    sid, day = sid_and_day
    symbol, key = row.texts.get("payment_symbol"), row.texts.get("payment_asset_key")
    payment: int | None = sid
    if symbol is not None or key is not None:
        payment = owners.sid(symbol, key, day)
    if payment is None:
        name = key or symbol or "null"
        return row.finding("symbol", name, f"it pays in {name}, and there are no bars of that")
    days = row.days
    return StockDividend(
        sid, day, payment, ratio.numerator, ratio.denominator, days["pay_date"], days["record_date"],
        days["declared_date"],
    )  # fmt: skip
