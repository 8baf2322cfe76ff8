"""What a trade had at risk: how far its protective stop lay from where it was entered."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import polars as pl

from rustybt.results._terms import Terms, money_of, scale_of

if TYPE_CHECKING:
    from rustybt.results._result import Result

_ENDS: Final = ("filled", "cancelled", "rejected")
_FOREVER: Final = 2**63


def risk_at_entry(result: Result, pieces: pl.DataFrame, terms: dict[int, Terms]) -> pl.Series:
    """The money between the entry of each trade and its stop, at scale 20; null where there was none on the side of a
    loss.

    pieces: with sid, side, entry, order_id, then (units at the entry), value, several.
    The stop is that of an order of the other side which was held or worked when the entry filled, with that bar at the
    latest: of several the first that was placed after the entry's order, such as the stop of its bracket, else the
    last one before.
    """
    blank = pl.Series("risk", [None], dtype=pl.Int128).new_from_index(0, pieces.height)
    events = result.order_events
    if not pieces.height or events["stop"].null_count() == events.height:
        return blank
    asked = pieces.with_row_index("row").filter(~pl.col("several") & pl.col("order_id").is_not_null())
    stops = _stops(asked.select("entry", "sid", "side", "order_id").rows(), *_lives(result))
    found = asked.with_columns(pl.Series("stop", stops, dtype=pl.Int128)).filter(pl.col("stop").is_not_null())
    worth = money_of(found["sid"], found["then"], found["stop"], terms, 10 ** scale_of(events["stop"]))
    risks = found.select("row", risk=pl.col("side") * (pl.col("value") - worth)).filter(pl.col("risk") > 0)
    return pieces.with_row_index("row").join(risks, on="row", how="left", maintain_order="left")["risk"]


@dataclass(slots=True)
class _Life:
    """An order with a stop: its place among all orders, its side, and the levels of its stop by their stamps."""

    place: int
    side: int
    stamps: list[int]
    levels: list[int]
    until: int = _FOREVER


def _lives(result: Result) -> tuple[dict[str, int], dict[int, list[_Life]]]:
    """The place of each order, and by sid the orders with stops, in the order of their first events."""
    orders = result.orders.select("id", "sid", pl.col("amount").to_physical().sign().cast(pl.Int64)).rows()
    places = {order: place for place, (order, _, _) in enumerate(orders)}
    lives: dict[str, _Life] = {}
    by_asset: dict[int, list[_Life]] = {}
    events = result.order_events.select("order_id", pl.col("stamp").to_physical(), "kind", pl.col("stop").to_physical())
    for order, stamp, kind, stop in events.iter_rows():
        life = lives.get(order)
        if kind in _ENDS:
            if life is not None:
                life.until = stamp
        elif stop is not None:
            if life is None:
                _, sid, side = orders[places[order]]
                life = lives[order] = _Life(places[order], side, [], [])
                by_asset.setdefault(sid, []).append(life)
            life.stamps.append(stamp)
            life.levels.append(stop)
    return places, by_asset


def _stops(
    asked: list[tuple[int, int, int, str]], places: dict[str, int], lives: dict[int, list[_Life]]
) -> list[int | None]:
    """For each entry (stamp, sid, side, order) in the order of time, the level of its stop."""
    started = dict.fromkeys(lives, 0)
    active: dict[int, list[_Life]] = {sid: [] for sid in lives}
    found: list[int | None] = []
    for stamp, sid, side, order in asked:
        own = lives.get(sid, [])
        while own and started[sid] < len(own) and own[started[sid]].stamps[0] <= stamp:
            active[sid].append(own[started[sid]])
            started[sid] += 1
        # an order that ends on the bar of the entry was there when it filled
        active[sid] = [life for life in active.get(sid, []) if life.until >= stamp]
        others = [life for life in active[sid] if life.side == -side]
        after = [life for life in others if life.place > places[order]]
        life = min(after, key=_place) if after else max(others, key=_place, default=None)
        found.append(None if life is None else life.levels[bisect_right(life.stamps, stamp) - 1])
    return found


def _place(life: _Life) -> int:
    return life.place
