"""`run_algorithm(resolve=)`: shorter bars that say in which order the prices of a bar came."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rustybt.core import frequency_named
from rustybt.engine._market import Market
from rustybt.engine._state import RunState
from rustybt.errors import InputError, NoData

if TYPE_CHECKING:
    from rustybt.view import ShorterBars


def check_resolve(resolve: Any, market: Market) -> None:
    """Raises InputError for what are no shorter bars than the run's, NoData where the bundle has none of them."""
    if resolve is None:
        return
    if not isinstance(resolve, str):
        raise InputError(f"resolve={resolve!r}: pass the length of shorter bars, such as '1m', or nothing.")
    length, finer = frequency_named(market.length), frequency_named(resolve)
    if length.period in ("week", "month"):
        raise InputError(
            f"resolve={resolve!r} in a run on {market.length!r} bars: their days are restated to shares of the last "
            "one. Run on data_frequency='daily'."
        )
    if not length.holds(finer):
        raise InputError(
            f"resolve={resolve!r} in a run on {market.length!r} bars: those are not made of whole {resolve!r} bars. "
            "Choose a shorter length that divides them."
        )
    stored = market.data.frequencies
    if resolve not in stored:
        shorter = [name for name in stored if length.holds(frequency_named(name))]
        instead = f"Choose one of {', '.join(map(repr, shorter))}" if shorter else "Ingest some, or leave resolve out"
        raise NoData(f"resolve={resolve!r}: bundle {market.bundle!r} has only {', '.join(stored)} bars. {instead}.")


def shorter_bars(run: RunState, resolve: str | None, trigger: str) -> ShorterBars | None:
    """The bars within those of a run, where they are asked for and make a difference."""
    if resolve is None or trigger != "range":
        return None
    from rustybt.view import ShorterBars

    market = run.market
    length, finer = frequency_named(market.frequency), frequency_named(resolve)
    return ShorterBars(market.version, market.axis, length, finer, run.account.instruments.__getitem__)
