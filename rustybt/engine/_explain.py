"""Why an order did what it did: the order's past, gathered from a run under way or from a result and the market."""

from __future__ import annotations

import weakref
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import polars as pl

from rustybt.core import Explanation, OrderTerms, RunBars, text_of_object, to_scale
from rustybt.engine._bars_again import MarketAgain
from rustybt.engine._market import reference_to
from rustybt.errors import InputError
from rustybt.execution import Past, PastEvent, Transit, Triggers, history_of
from rustybt.view import Axis

if TYPE_CHECKING:
    from rustybt.engine._prepared import Prepared
    from rustybt.engine._recorder import Recorder
    from rustybt.engine._state import RunState
    from rustybt.results import Result
    from rustybt.strategy import RunSettings

type Models = Mapping[str, tuple[str, str]]
"""For "equity" and "future", what the models of slippage and commission are called."""


def models_of(settings: RunSettings) -> Models:
    """What the models of a run are called."""
    return {
        kind: (text_of_object(settings.slippage[kind], repr), text_of_object(settings.commission[kind], repr))
        for kind in ("equity", "future")
    }


class Explainer:
    """Explains the orders of a run under way. It holds neither the run, which has it, nor the recorder."""

    __slots__ = ("_met", "_recorder", "_run", "_settings", "_triggers")

    def __init__(
        self, run: RunState, settings: RunSettings, triggers: Triggers, recorder: Recorder, met: Transit
    ) -> None:
        self._met = met
        self._run = weakref.ref(run)
        self._recorder = weakref.ref(recorder)
        self._settings = settings
        self._triggers = triggers

    def __call__(self, order_id: str) -> Explanation:
        """The life of an order so far. Raises InputError for an unknown id."""
        run, recorder = self._run(), self._recorder()
        order = None if run is None else run.book.find(order_id)
        if run is None or order is None:
            raise _unknown(order_id)
        rows = [PastEvent(place, *row[1:]) for place, row in enumerate(run.book.rows) if row[0] == order.number]
        slot = order.instrument.slot
        traded = () if recorder is None else recorder.transactions
        fills = [(row[1], row[2] or 0, row[4]) for row in traded if row[3] == slot]
        terms = dict(run.book.special.get(order.number, ()))
        past = _past(order.number, order.instrument, rows, terms, run.market.axis, run.market.bar, fills, self._met)
        return _explanation(order_id, past, self._triggers, models_of(self._settings))


@dataclass(frozen=True, slots=True)
class Afterwards:
    """Explains the orders of a result: it opens the market again, which the result does not hold.

    again: its market. special: by number, the terms of orders that say more than prices. met: of those that were on
    their way for longer, the first bar that they met.
    """

    again: MarketAgain
    last: int
    special: Mapping[int, list[tuple[int, OrderTerms[int]]]]
    triggers: Triggers
    models: Models
    prefix: str
    met: Transit

    def __call__(self, result: Result, order_id: str) -> Explanation:
        """The life of an order. Raises InputError for an unknown id, BundleNotFound where the data are gone."""
        orders = result.orders.filter(pl.col("id") == str(order_id))
        if not orders.height:
            raise _unknown(order_id)
        view = self.again.view()
        instrument: Any = view.instrument(view.version.asset(orders["sid"][0]))
        number = int(order_id.removeprefix(self.prefix))
        rows = list(_events_of(result.order_events.filter(pl.col("order_id") == order_id), instrument))
        traded = result.transactions.filter(pl.col("sid") == orders["sid"][0])
        fills = [
            (stamp, int(other.removeprefix(self.prefix)) if other else 0, to_scale(units, instrument.quantity_scale))
            for stamp, other, units in zip(
                traded["dt"].dt.epoch("ns"), traded["order_id"], traded["amount"], strict=True
            )
        ]
        terms = dict(self.special.get(number, ()))
        past = _past(number, instrument, rows, terms, view.axis, self.last, fills, self.met)
        return _explanation(order_id, past, self.triggers, self.models)

    def bars(self) -> RunBars:
        """The bars of the run. Raises BundleNotFound where the data are gone."""
        return self.again.bars()


def explains_later(parts: Prepared, recorder: Recorder, triggers: Triggers, met: Transit) -> Afterwards:
    """What explains the orders of a result. It holds neither the strategy nor, of a bundle, the market."""
    given, market, run = parts.given, parts.market, parts.run
    return Afterwards(
        MarketAgain(
            market if market.at_hand else reference_to(market),
            (given["start"], given["end"], given["trading_calendar"]),
            parts.compat,
        ),
        recorder.last_bars[-1] if recorder.last_bars else 0,
        run.book.special,
        triggers,
        models_of(parts.settings),
        run.book.prefix,
        met,
    )


def _past(number: int, instrument: Any, rows: Any, terms: Any, axis: Axis, last: int, fills: Any, met: Transit) -> Past:
    due = met.get(number, (0, False))
    return Past(number, instrument, rows, terms, axis.times, axis.bars_of, last, fills, due)


def _events_of(frame: pl.DataFrame, instrument: Any) -> Iterator[PastEvent]:
    prices, units = instrument.fill_scale, instrument.quantity_scale
    stamps = frame["stamp"].dt.epoch("ns").to_list()
    names = ("seq", "kind", "quantity", "price", "stop", "cause", "ratio", "reason")
    for stamp, row in zip(stamps, frame.select(names).iter_rows(), strict=True):
        seq, kind, quantity, price, stop, *rest = row
        at = [None if one is None else to_scale(one, prices) for one in (price, stop)]
        yield PastEvent(seq, stamp, kind, to_scale(quantity, units), at[0], at[1], *rest)


def _explanation(order_id: str, past: Past, triggers: Triggers, models: Models) -> Explanation:
    one = past.instrument
    steps = list(history_of(past, triggers))
    kind = "future" if one.is_future else "equity"
    return Explanation(order_id, one.asset.symbol, steps, (one.fill_scale, one.quantity_scale), models[kind])


def _unknown(order_id: object) -> InputError:
    return InputError(f"explain({order_id!r}): there is no order with that id. Take one of result.orders['id'].")
