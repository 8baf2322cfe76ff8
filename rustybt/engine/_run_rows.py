"""What the frames of a run are made of, gathered at its end from recorder, ledger and order book."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

import numpy as np
import polars as pl

from rustybt.core import MINUTE_NS, Cause, OrderStatus
from rustybt.engine._recorder import Recorder
from rustybt.engine._state import RunState
from rustybt.ledger import Ledger
from rustybt.results import Currencies, RunRows, SlotTerms, column_of

STATUS_NAMES = tuple(status.name.lower() for status in sorted(OrderStatus))
CAUSE_LABELS = tuple(cause.label for cause in sorted(Cause))
CAUSE_SENTENCES = tuple(cause.sentence for cause in sorted(Cause))


def rows_of_run(
    run: RunState,
    recorder: Recorder,
    ledger: Ledger,
    periods: int,
    written: Callable[[], pl.DataFrame] | None,
    fill_at: str,
) -> RunRows:
    """The rows of a run that is over. periods: sessions per year. written: makes the frame of the metrics' own rows.

    fill_at: the price that bars offer.
    """
    axis, book = run.market.axis, run.book
    at_closes = fill_at == "close" and axis.daily and axis.steps is None
    why = {order.number: int(book.why(order, None)) for queue in book.open.values() for order in queue}
    covered = slice(axis.first_session, axis.first_session + len(recorder.days))
    benchmark = recorder.benchmark
    return RunRows(
        day_rows=recorder.days,
        holdings=recorder.holdings,
        holdings_from=recorder.holdings_from,
        recorded=recorder.recorded,
        benchmark_returns=None if benchmark is None else benchmark.returns,
        transactions=recorder.transactions,
        entries=ledger.rows,
        events=book.rows,
        orders=book.store.rows(STATUS_NAMES, CAUSE_LABELS, CAUSE_SENTENCES, why),
        tags={number: had[0][1].tag for number, had in book.special.items() if had[0][1].tag is not None},
        pockets=ledger.books.pockets(),
        slots=_terms(run, recorder, ledger.touched if at_closes else ()),
        days=axis.calendar.days[axis.first_session : axis.first_session + axis.sessions],
        # the first minute bar, as in Zipline: bars are stamped with their end
        opens=axis.calendar.opens[covered] + MINUTE_NS,
        closes=axis.calendar.run_closes[covered],
        prefix=book.prefix,
        kernel=run.kernel,
        periods=periods,
        figures_below_zero=run.compat.figures_below_zero,
        written=written,
        currencies=_currencies(run, recorder),
        ambiguous=recorder.ambiguous,
        offered=None if at_closes else _offered(run, recorder, fill_at),
        priced=recorder.priced,
    )


def _offered(run: RunState, recorder: Recorder, fill_at: str) -> Sequence[int]:
    """For each transaction the price of that name of its bar, at the mark scale."""
    offered: list[int] = [0] * len(recorder.transactions)
    if not offered:
        return offered
    slots, stamps = (np.asarray(column_of(recorder.transactions, place)) for place in (3, 1))
    bars = np.searchsorted(run.market.axis.stamps, stamps)
    for slot in np.unique(slots).tolist():
        column, places = run.account.instruments[slot].column(fill_at), np.flatnonzero(slots == slot)
        for place, bar in zip(places.tolist(), bars[places].tolist(), strict=True):
            offered[place] = column[bar]
    return offered


def _currencies(run: RunState, recorder: Recorder) -> Currencies | None:
    converter = run.converter
    if converter is None:
        return None
    return Currencies(
        base=run.account.currency,
        rates=converter.rates.kept(),
        stamps=run.market.axis.stamps,
        bars=recorder.last_bars,
        used=run.books.used(),
        cash=recorder.cash,
        conversions=[
            (
                converter.id_of(one),
                one.created,
                one.amount,
                one.from_,
                one.to,
                one.received,
                one.status,
                one.reason,
                one.done,
            )
            for one in converter.all
        ],
    )


def _terms(run: RunState, recorder: Recorder, traded: Collection[int]) -> list[SlotTerms]:
    """Of each slot what the frames need; the prices that they need are copied out of the market's.

    traded: the slots whose prices are needed though they may never have been held at a close.
    """
    instruments, labels = run.account.instruments, run.lookup.labels
    held = np.zeros(len(instruments), dtype=np.bool_)
    if len(recorder.holdings):
        held[column_of(recorder.holdings, 0)] = True
    held[list(traded)] = True
    bars = recorder.last_bars
    whole = slice(bars[0], bars[-1] + 1) if bars and bars[-1] - bars[0] == len(bars) - 1 else None
    places = np.array(bars, dtype=np.int64)

    def closes(prices: Sequence[int]) -> Sequence[int]:
        if not isinstance(prices, memoryview):
            return [prices[bar] for bar in bars]
        if whole is not None:
            return memoryview(prices[whole].tobytes()).cast("q")
        return memoryview(np.asarray(prices)[places])

    return [
        SlotTerms(
            one.asset,
            labels.of(one.asset),
            one.quantity_scale,
            one.fill_scale,
            one.multiplier,
            one.multiplier_scale,
            one.mark_to_fill_scale,
            one.daily_settled,
            one.pocket,
            closes(one.price) if was_held else (),
        )
        for one, was_held in zip(instruments, held.tolist(), strict=True)
    ]
