"""Why an order for an asset is refused, whatever its size and price, and what to do about it."""

from __future__ import annotations

from rustybt.core import Asset, Cause
from rustybt.strategy._desk import Desk
from rustybt.view import Instrument


def refusal_of(desk: Desk, listing: Instrument, *, late: bool) -> tuple[Cause, str] | None:
    """The cause and the words of a refusal; None where the asset can be ordered.

    late: after the asset's last bar, or after it was closed out.
    """
    asset = listing.asset
    if asset.kind == "index":
        return Cause.NOT_TRADABLE, f"{asset.symbol} is an index, which can't be ordered"
    if listing.foreign:
        without_rate: str | None = desk.exchange.refusal(asset.currency, desk.market.bar)
        if without_rate is not None:
            return Cause.NO_RATE, without_rate
    if not late or desk.compat.late_orders_are_none:
        return None
    if desk.market.bar <= listing.last:
        return Cause.CLOSED_OUT, f"{asset.symbol} was closed out on {asset.auto_close_date}"
    return Cause.ASSET_ENDED, why_ended(asset)


def why_ended(asset: Asset) -> str:
    """The reason of an order after an asset's last bar."""
    ended = f"{asset.symbol} ended on {asset.end_date}"
    if asset.auto_close_date is not None:
        return f"{ended}; what is held of it is closed out on {asset.auto_close_date}"
    return (
        f"{ended} and has no auto_close_date, so what is held of it stays at its last price; give it one, or ingest "
        "with auto_close='last_bar'"
    )
