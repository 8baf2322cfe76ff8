"""Why an order did what it did: the order's past, gathered from a run under way or from a result and the market."""

from __future__ import annotations

import weakref
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import polars as pl

from rustybt.core import MARKET_TERMS, Explanation, OrderTerms, kind_of, text_of_object, to_scale
from rustybt.engine._bars_again import MarketAgain
from rustybt.engine._market import reference_to
from rustybt.engine._run_terms import pages_of
from rustybt.engine._saved_market import order_frames, orders_from, place_of, saved_market
from rustybt.errors import InputError
from rustybt.execution import Meeting, Triggers
from rustybt.view import Axis

if TYPE_CHECKING:
    from rustybt.core import RunBars
    from rustybt.engine._prepared import Prepared
    from rustybt.engine._recorder import Recorder
    from rustybt.engine._state import RunState
    from rustybt.execution import Past, PastEvent
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

    __slots__ = ("_met", "_read", "_recorder", "_run", "_settings", "_triggers")

    def __init__(
        self,
        run: RunState,
        settings: RunSettings,
        triggers: Triggers,
        recorder: Recorder,
        met: dict[int, Meeting],
        read: tuple[str, str | None],
    ) -> None:
        self._met = met
        self._read = read
        self._run = weakref.ref(run)
        self._recorder = weakref.ref(recorder)
        self._settings = settings
        self._triggers = triggers

    def __call__(self, order_id: str) -> Explanation:
        """The life of an order so far. Raises InputError for an unknown id."""
        from rustybt.execution import PastEvent

        run, recorder = self._run(), self._recorder()
        order = None if run is None else run.book.find(order_id)
        if run is None or order is None:
            raise _unknown(order_id)
        rows = [PastEvent(place, *row[1:]) for place, row in enumerate(run.book.rows) if row[0] == order.number]
        slot = order.instrument.slot
        traded = () if recorder is None else recorder.transactions
        fills = [(row[1], row[2] or 0, row[4]) for row in traded if row[3] == slot]
        terms = dict(run.book.special.get(order.number, ()))
        told = () if recorder is None else recorder.ambiguous
        read = {
            one.stamp: _decided_by(self._read, one.shorter)
            for one in told
            if one.slot == slot and order.number in one.orders
        }
        axis, bar = run.market.axis, run.market.bar
        past = _past(order.number, order.instrument, rows, terms, axis, bar, fills, self._met, read)
        return _explanation(order_id, past, self._triggers, models_of(self._settings))


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Afterwards:
    """Explains the orders of a result: it opens the market again, which the result does not hold.

    again: its market. special: by number, the terms of orders that say more than prices. met: of those that were on
    their way for longer, the first bar that they met. read: `same_bar` and `resolve` of the run. place: where its
    market is, for another process. terms: what the strategy asked for with `term`.
    """

    again: MarketAgain
    last: int
    special: Mapping[int, list[tuple[int, OrderTerms[int]]]]
    triggers: Triggers
    models: Models
    prefix: str
    met: dict[int, Meeting]
    read: tuple[str, str | None]
    place: Mapping[str, Any]
    terms: Sequence[Any] = ()

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
        mine = result.ambiguous.filter(pl.col("orders").list.contains(order_id))
        read = {
            stamp: _decided_by(self.read, shorter)
            for stamp, shorter in zip(mine["stamp"].dt.epoch("ns"), mine["shorter_bars"], strict=True)
        }
        past = _past(number, instrument, rows, terms, view.axis, self.last, fills, self.met, read)
        return _explanation(order_id, past, self.triggers, self.models)

    def bars(self) -> RunBars:
        """The bars of the run. Raises BundleNotFound where the data are gone."""
        return self.again.bars(self.terms)

    def saved(self) -> tuple[dict[str, Any], dict[str, pl.DataFrame]]:
        """What `explains_again` makes the same of: a page that JSON can hold, and frames."""
        triggers = self.triggers
        page = {
            "market": dict(self.place),
            "last": self.last,
            "triggers": [triggers.field, triggers.by_range, triggers.limits_hold, triggers.through],
            "models": {kind: list(names) for kind, names in self.models.items()},
            "prefix": self.prefix,
            "read": list(self.read),
        }
        if self.terms:
            page["terms"] = pages_of(self.terms)
        return page, order_frames(self.special, self.met)


def explains_later(parts: Prepared, recorder: Recorder, triggers: Triggers, met: dict[int, Meeting]) -> Afterwards:
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
        (given["same_bar"], given["resolve"]),
        place_of(market, run.market.axis, given["trading_calendar"]),
        tuple(run.market.terms),
    )


def explains_again(
    page: Mapping[str, Any], compat: Mapping[str, Any], frames: Mapping[str, pl.DataFrame]
) -> Afterwards:
    """What explains the orders of a saved result, of what `Afterwards.saved` gave. compat: of its run, by field."""
    special, met = orders_from(frames)
    field, by_range, limits_hold, through = page["triggers"]
    return Afterwards(
        saved_market(page["market"], compat),
        page["last"],
        special,
        Triggers(field, by_range=by_range, limits_hold=limits_hold, through=through),
        {kind: (slippage, commission) for kind, (slippage, commission) in page["models"].items()},
        page["prefix"],
        met,
        tuple(page["read"]),
        page["market"],
        page.get("terms", ()),
    )


def _decided_by(read: tuple[str, str | None], shorter: str | None) -> str:
    """What decided on a bar that does not say in which order its prices came: shorter bars, or the policy."""
    same_bar, resolve = read
    return resolve if shorter == "decide" and resolve is not None else same_bar


def _past(
    number: int,
    instrument: Any,
    rows: Any,
    terms: Any,
    axis: Axis,
    last: int,
    fills: Any,
    met: dict[int, Meeting],
    read: Mapping[int, str],
) -> Past:
    from rustybt.execution import Past

    due = met.get(number, (0, False))
    return Past(number, instrument, rows, terms, axis.times, axis.bars_of, last, fills, due, read)


def _events_of(frame: pl.DataFrame, instrument: Any) -> Iterator[PastEvent]:
    from rustybt.execution import PastEvent

    prices, units = instrument.fill_scale, instrument.quantity_scale
    stamps = frame["stamp"].dt.epoch("ns").to_list()
    names = ("seq", "kind", "quantity", "price", "stop", "cause", "ratio", "reason")
    for stamp, row in zip(stamps, frame.select(names).iter_rows(), strict=True):
        seq, kind, quantity, price, stop, *rest = row
        at = [None if one is None else to_scale(one, prices) for one in (price, stop)]
        yield PastEvent(seq, stamp, kind, to_scale(quantity, units), at[0], at[1], *rest)


def _explanation(order_id: str, past: Past, triggers: Triggers, models: Models) -> Explanation:
    from rustybt.execution import history_of

    one = past.instrument
    steps = list(history_of(past, triggers))
    kind = "future" if one.is_future else "equity"
    first = past.events[0]
    terms = past.terms.get(first.seq, MARKET_TERMS._replace(limit=first.price, stop=first.stop))
    words = kind_of(terms, one.fill_scale)
    return Explanation(order_id, one.asset.symbol, words, steps, (one.fill_scale, one.quantity_scale), models[kind])


def _unknown(order_id: object) -> InputError:
    return InputError(f"explain({order_id!r}): there is no order with that id. Take one of result.orders['id'].")
