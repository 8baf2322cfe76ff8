"""What the frames of a run are made of, gathered at its end from recorder, ledger and order book."""

from __future__ import annotations

from collections.abc import Callable, Sequence

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
    run: RunState, recorder: Recorder, ledger: Ledger, periods: int, written: Callable[[], pl.DataFrame] | None
) -> RunRows:
    """The rows of a run that is over. periods: sessions per year. written: makes the frame of the metrics' own rows."""
    axis, book = run.market.axis, run.book
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
        pockets=ledger.books.pockets(),
        slots=_terms(run, recorder),
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
    )


def _currencies(run: RunState, recorder: Recorder) -> Currencies | None:
    converter = run.converter
    if converter is None:
        return None
    return Currencies(
        base=run.account.currency,
        rate=converter.rates.to_base,
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


def _terms(run: RunState, recorder: Recorder) -> list[SlotTerms]:
    """Of each slot what the frames need; the prices that they need are copied out of the market's."""
    instruments, labels = run.account.instruments, run.lookup.labels
    held = np.zeros(len(instruments), dtype=np.bool_)
    if len(recorder.holdings):
        held[column_of(recorder.holdings, 0)] = True
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
