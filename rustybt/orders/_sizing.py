"""Sizes of orders, in scaled units of whole quantity steps: from units, from money, from a share of the account."""

from __future__ import annotations

from typing import Final

from rustybt.core import Asset, Notes, datetime_of
from rustybt.errors import CannotOrderDelistedAsset
from rustybt.orders._instrument import Clock, Instrument, Sizer, WholeSteps

NEAR: Final = 10_000
"""A size within 1/10,000 of a whole step is that step, as in Zipline."""


def size_of_units(whole_steps: WholeSteps, instrument: Instrument, value: int, scale: int, held: int = 0) -> int:
    """The size that brings a position of so many scaled units to `value * 10**-scale` units."""
    up = 10**scale
    return whole_steps(value * 10**instrument.quantity_scale - held * up, instrument.step * up) * instrument.step


def is_cut(instrument: Instrument, value: int, scale: int, units: int) -> bool:
    """Whether a number of units, `value * 10**-scale`, was cut to whole ones, and not merely rounded to them."""
    whole = instrument.step == 1 and instrument.quantity_scale == 0
    return whole and abs(value - units * 10**scale) * NEAR > 10**scale


def note_cut(notes: Notes, asset: Asset, asked: object) -> None:
    """Tells of the first size that was cut; of none in a run that goes on and has told of one."""
    if notes.has("size_cut"):
        return
    notes.add(
        "size_cut",
        f"An order for {asked} {asset.symbol} was cut to whole units: its quantity_step is 1. Others are cut too, and "
        "not told of. Parts of a unit can be ordered of assets that are ingested with a smaller quantity_step.",
        asset=asset.symbol,
        asked=str(asked),
    )


def size_of_money(books: Sizer, instrument: Instrument, value: int, scale: int, price: int, target: bool) -> int:
    """The size worth an amount of money at a price; target: with what is held. 0 where there is no price."""
    return books.size_of_value(instrument.slot, value, scale, price, target) if price else 0


def size_of_share(books: Sizer, instrument: Instrument, value: int, scale: int, price: int, target: bool) -> int:
    """The size worth a share of the account's value at a price; target: with what is held. 0 without a price."""
    idle = not price or (target and not value and not books.position(instrument.slot)[0])
    return 0 if idle else books.size_of_weight(instrument.slot, value, scale, price, target)


def price_to_size_at(instrument: Instrument, bar: int, clock: Clock, *, after_the_end: bool) -> int:
    """The price that turns money into units, at the fill scale.

    after_the_end: whether an asset whose life is over has its last price: the order is kept with its size, and refused.
    Raises CannotOrderDelistedAsset where there is none.
    """
    ended = after_the_end and bar > instrument.last
    if ended:
        bar = max(instrument.last, 0)
    if instrument.first <= bar and bar >= instrument.start and (ended or bar <= instrument.last):
        return instrument.price[bar] * instrument.mark_to_fill_scale
    asset = instrument.asset
    if bar < instrument.start:
        why = f"it starts on {asset.start_date}"
    elif bar > instrument.last:
        why = f"it ended on {asset.end_date}"
    else:
        why = "it has no price yet"
    raise CannotOrderDelistedAsset(
        f"{asset.symbol} can't be ordered by value at {datetime_of(clock.now_ns())}: {why}. "
        "Ask data.can_trade(asset) first."
    )
