"""A field of one asset at the moment, as an integer and its scale."""

from __future__ import annotations

from rustybt.errors import NoData
from rustybt.view._asked import shortened
from rustybt.view._history import FIELDS
from rustybt.view._instrument import Instrument
from rustybt.view._market_view import MarketView
from rustybt.view._track import finer_volume, restated


def value_at(market: MarketView, instrument: Instrument, field: str) -> tuple[int, int] | None:
    """A field at the moment as value and scale; None where there is nothing."""
    if field not in FIELDS:
        own = [] if market.fetched is None else market.fetched.fields
        raise NoData(f"{field!r} is not a field of the bars. There are: {', '.join((*FIELDS, 'last_traded', *own))}.")
    if instrument.at_open is not None:
        return instrument.at_open[field]
    bar = market.bar
    # before a session's first bar an asset may start with that bar; what ended with the last one is still seen
    alive = instrument.start <= bar + market.before_open and bar <= instrument.last
    if field == "volume":
        if not alive or not instrument.present[bar]:
            return 0, 0
        return _overnight(market, instrument, field, instrument.volume[bar], instrument.quantity_scale)
    if not alive or bar < instrument.first:
        return None
    if field == "price":
        return _overnight(market, instrument, field, *shortened(instrument.price[bar], instrument))
    if not instrument.present[bar]:
        return None
    return _overnight(market, instrument, field, *shortened(instrument.column(field)[bar], instrument))


def _overnight(market: MarketView, instrument: Instrument, field: str, value: int, scale: int) -> tuple[int, int]:
    """Before a session's first bar its corporate actions count already."""
    if not instrument.adjustments:
        return value, scale
    if not market.before_open:
        return value, scale
    session = market.axis.opening(market.session)
    if field != "volume":
        return restated(instrument, value, scale, session)
    factor = instrument.overnight(session, volume=True)
    return (value, scale) if factor == 1 else finer_volume(value, factor, scale)
