"""Why an order for an asset whose life is over is refused, and what to do about it."""

from __future__ import annotations

from rustybt.core import Asset


def why_ended(asset: Asset) -> str:
    """The reason of an order after an asset's last bar."""
    ended = f"{asset.symbol} ended on {asset.end_date}"
    if asset.auto_close_date is not None:
        return f"{ended}; what is held of it is closed out on {asset.auto_close_date}"
    return (
        f"{ended} and has no auto_close_date, so what is held of it stays at its last price; give it one, or ingest "
        "with auto_close='last_bar'"
    )
