"""Continuous futures: the current contract of a chain, and windows spliced from its contracts, as of the moment."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import polars as pl

from rustybt.core import (
    DAY_NS,
    EXTRA_PRICE_DECIMALS,
    Asset,
    ContinuousFuture,
    Future,
    date_of,
    day_of,
    decimal_column,
    div_half_even,
    scaled,
    scaled_ints,
)
from rustybt.errors import InputError
from rustybt.view._market_view import MarketView

if TYPE_CHECKING:
    from rustybt.view._chain import Chain

ROLLS: Final = ("volume", "calendar")
ADJUSTMENTS: Final = ("mul", "add", None)


class Continuous:
    """The chains of a run, each made when a strategy first asks for it.

    history_in_ticks: windows have the decimals of the tick and no more, as in Zipline.
    """

    def __init__(self, market: MarketView, *, history_in_ticks: bool = False) -> None:
        self._market = market
        self._in_ticks = history_in_ticks
        self._chains: dict[str, Chain] = {}
        self._days: list[int] = []
        self._sessions: dict[int, tuple[dict[int, int], dict[int, int]]] = {}
        self._source: Any = None

    def future(self, root_symbol: str, offset: Any, roll: Any, adjustment: Any) -> ContinuousFuture:
        """Raises SymbolNotFound for a root without contracts, FutureContractsNotFound, InputError."""
        if not hasattr(root_symbol, "upper"):
            raise InputError(f"continuous_future({root_symbol!r}): pass the root symbol as text, like 'CL'.")
        if isinstance(offset, bool) or not isinstance(offset, int) or offset < 0:
            raise InputError(f"continuous_future: offset={offset!r} is not 0, 1, 2 or so.")
        if roll not in ROLLS:
            raise InputError(f"continuous_future: roll={roll!r}. Pass 'volume' or 'calendar'.")
        if adjustment not in ADJUSTMENTS:
            raise InputError(f"continuous_future: adjustment={adjustment!r}. Pass 'mul', 'add' or None.")
        root_symbol = root_symbol.upper()
        contracts = self._chain(root_symbol).contracts
        return ContinuousFuture(
            root_symbol=root_symbol,
            offset=offset,
            roll=roll,
            adjustment=adjustment,
            exchange=contracts[0].exchange,
            start_date=date_of(min(contract.first_day for contract in contracts)),
            end_date=date_of(max(contract.last_day for contract in contracts)),
        )

    def contract(self, future: ContinuousFuture) -> Future | None:
        """The contract that is current now; None before the first and after the last one's data."""
        at = self._at()
        if not day_of(future.start_date) <= self._days[at] <= day_of(future.end_date):
            return None
        chain = self._chain(future.root_symbol)
        place = chain.current(future.roll, at) + future.offset
        return self._known(chain.contracts[place]) if place < len(chain.contracts) else None

    def chain(self, future: ContinuousFuture) -> list[Future]:
        """The current contract and those after it that have begun to trade."""
        current, day = self.contract(future), self._days[self._at()]
        if current is None:
            return []
        contracts = self._chain(future.root_symbol).contracts
        place = next(at for at, contract in enumerate(contracts) if contract.sid == current.sid)
        return [self._known(contract) for contract in contracts[place:] if contract.first_day <= day]

    def splice(self, future: ContinuousFuture) -> Splice:
        """What is read in the place of an instrument where a window is asked for."""
        return Splice(self, future)

    def window(
        self, future: ContinuousFuture, history: Any, field: str, start: int, count: int, exact: bool
    ) -> pl.Series:
        """A window of one field: of each contract the bars of its sessions, adjusted at each roll.

        field: as of the bars, or "sid", which contract each bar is of.
        """
        calendar = self._market.axis.calendar
        stamps = history.stamps(start, count).to_physical().to_numpy()
        sessions = np.searchsorted(calendar.days, calendar.session_days_of(stamps))
        first, last = int(sessions[0]), int(sessions[-1])
        chain = self._chain(future.root_symbol)
        segments = chain.segments(future.roll, first, last)
        starts = np.searchsorted(sessions, [session for _, session in segments]).tolist()
        places = [place + future.offset for place, _ in segments]
        contracts = [chain.contracts[place] if place < len(chain.contracts) else None for place in places]
        if field == "sid":
            lengths = np.diff([*starts, count]).tolist()
            sids = [one and one.sid for one, length in zip(contracts, lengths, strict=True) for _ in range(length)]
            return pl.Series(field, sids, dtype=pl.Int64)
        factors, addends = self._adjustments(future, field, contracts, [session for _, session in segments])
        pieces = []
        for contract, begin, end in zip(contracts, starts, [*starts[1:], count], strict=True):
            if contract is None:
                nothing = 0.0 if field == "volume" else None
                piece = pl.Series(field, [nothing] * (end - begin), dtype=pl.Float64)
            else:
                instrument = self._market.instrument(contract)
                read = history.exact if exact else history.series
                piece = read(instrument, field, start, count).slice(begin, end - begin)
            pieces.append(piece)
        if exact:
            return self._joined_exactly(field, pieces, factors, addends, contracts)
        return self._joined(field, pieces, factors, addends, contracts[-1])

    def _adjustments(
        self, future: ContinuousFuture, field: str, contracts: list[Future | None], sessions: list[int]
    ) -> tuple[list[Fraction], list[Fraction]]:
        """What each contract's prices are multiplied by, and what is added, to compare with those of the last one.

        At a roll both closes are those of the session before, or of the last trade before it. A roll at which one of
        the two has never traded adjusts nothing.
        """
        factors, addends = [Fraction(1)] * len(contracts), [Fraction(0)] * len(contracts)
        if field == "volume" or future.adjustment is None:
            return factors, addends
        for at in range(len(contracts) - 1, 0, -1):
            front, back = (self._close_before(contracts[k], sessions[at]) for k in (at - 1, at))
            factor, addend = Fraction(1), Fraction(0)
            if front is not None and back is not None:
                if future.adjustment == "add":
                    addend = back - front
                elif front:
                    factor = back / front
            factors[at - 1], addends[at - 1] = factors[at] * factor, addends[at] + addend
        return factors, addends

    def _joined(
        self,
        field: str,
        pieces: list[pl.Series],
        factors: list[Fraction],
        addends: list[Fraction],
        current: Future | None,
    ) -> pl.Series:
        changed = [
            piece if factor == 1 and not addend else piece * float(factor) + float(addend)
            for piece, factor, addend in zip(pieces, factors, addends, strict=True)
        ]
        whole = pl.concat(changed).alias(field)
        if self._in_ticks and current is not None and field != "volume":
            return whole.round(scaled(current.tick_size)[1])
        return whole

    @staticmethod
    def _joined_exactly(
        field: str,
        pieces: list[pl.Series],
        factors: list[Fraction],
        addends: list[Fraction],
        contracts: list[Future | None],
    ) -> pl.Series:
        """One rounding, half-even, where a factor leaves no choice: at the finest price scale and ten decimals more."""
        scale = max((piece.dtype.scale for piece in pieces if isinstance(piece.dtype, pl.Decimal)), default=0)
        if any(factor != 1 or addend for factor, addend in zip(factors, addends, strict=True)):
            finest = max(contract.price_scale for contract in contracts if contract is not None)
            scale = max(scale, finest + EXTRA_PRICE_DECIMALS)
        values: list[int | None] = []
        for piece, factor, addend in zip(pieces, factors, addends, strict=True):
            if not isinstance(piece.dtype, pl.Decimal):
                values += [0 if field == "volume" else None] * len(piece)
                continue
            own = 10**piece.dtype.scale
            for value in scaled_ints(piece):
                if value is None:
                    values.append(None)
                else:
                    number = (Fraction(value, own) * factor + addend) * 10**scale
                    values.append(div_half_even(number.numerator, number.denominator))
        return decimal_column(field, values, scale)

    def _at(self) -> int:
        """The place of the current session in the calendar."""
        return self._market.axis.first_session + self._market.session

    def _chain(self, root_symbol: str) -> Chain:
        chain = self._chains.get(root_symbol)
        if chain is None:
            from rustybt.view._chain import Chain
            from rustybt.view._session_bars import SessionBars

            if self._source is None:
                market, calendar = self._market, self._market.axis.calendar
                self._days = calendar.days.tolist()
                self._source = (
                    market.version if market.axis.daily else SessionBars(market.version, calendar, market.frequency)
                )
            contracts = self._market.version.contracts(root_symbol)
            chain = self._chains[root_symbol] = Chain(root_symbol, contracts, self._days, self._volumes)
        return chain

    def _known(self, contract: Future) -> Future:
        """The object that stands for the contract in this run, whatever symbol it was found by."""
        instrument = self._market.instruments.get(contract.sid)
        known: Any = contract if instrument is None else instrument.asset
        self._market.want(known)
        return known  # type: ignore[no-any-return]

    def _volumes(self, contract: Future) -> Mapping[int, int]:
        return self._by_day(contract)[0]

    def _close_before(self, contract: Future | None, session: int) -> Fraction | None:
        """The close of the last session with a trade before one; None where there is none."""
        if contract is None:
            return None
        volumes, closes = self._by_day(contract)
        first = day_of(contract.start_date)
        while session > 0:
            session -= 1
            day = self._days[session]
            if day < first:
                return None
            if volumes.get(day, 0) > 0:
                return Fraction(closes[day], 10**contract.price_scale)
        return None

    def _by_day(self, contract: Future) -> tuple[dict[int, int], dict[int, int]]:
        """Volume and close of each session of a contract. All of the chain are read at once in a daily run."""
        known = self._sessions.get(contract.sid)
        if known is None:
            wanted = [contract]
            if self._market.axis.daily:
                wanted = self._chain(contract.root_symbol).contracts if contract.root_symbol in self._chains else wanted
            last = self._days[self._market.axis.first_session + self._market.axis.sessions - 1]
            bars = self._source.load([one.sid for one in wanted], "1d", 0, last * DAY_NS)
            for one in wanted:
                raw = bars[one.sid]
                days = (raw.stamps // DAY_NS).tolist()
                up = 10 ** (_VOLUME_SCALE - one.volume_scale)
                volumes = {day: int(volume) * up for day, volume in zip(days, raw.volume, strict=True)}
                closes = {day: int(close) for day, close in zip(days, raw.close, strict=True)}
                self._sessions[one.sid] = volumes, closes
            known = self._sessions[contract.sid]
        return known


_VOLUME_SCALE: Final = 38
"""Volumes are compared at one scale, which no volume exceeds."""


class Splice:
    """A continuous future in the place of an instrument, where windows are read."""

    __slots__ = ("_continuous", "asset")

    def __init__(self, continuous: Continuous, asset: ContinuousFuture) -> None:
        self._continuous = continuous
        self.asset = asset

    def cut(self, history: Any, field: str, start: int, count: int, exact: bool) -> pl.Series:
        """A window of one field."""
        return self._continuous.window(self.asset, history, field, start, count, exact)


def label(asset: Any, name: Any) -> str:
    """How a frame calls an asset or a continuous future."""
    return str(asset.symbol if isinstance(asset, ContinuousFuture) else name(asset))


def is_readable(asset: object) -> bool:
    """Whether prices can be asked for it."""
    return isinstance(asset, Asset | ContinuousFuture)
