"""Notes of a run that are made at its end."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final

import numpy as np
import polars as pl

from rustybt.core import Cause, Notes, OrderEventKind, datetime_of
from rustybt.engine._callbacks import Callbacks, never_runs, outer_values
from rustybt.engine._loop import Loop
from rustybt.engine._ruin import RUINED
from rustybt.engine._state import RunState
from rustybt.engine._timetable import Plan
from rustybt.execution.commission import CommissionModel
from rustybt.execution.slippage import SlippageModel
from rustybt.metrics import ruined_row
from rustybt.results import RunFrames
from rustybt.strategy import AccountState, RunSettings, Schedules

FORCED: Final = {
    Cause.MARGIN_CALL.label: "margin calls",
    Cause.LIQUIDATION.label: "liquidations",
    Cause.RECALLED.label: "recalled shares",
}
"""Causes of orders that the broker places, and what they are called."""
READING: Final = {"same_bar": "pessimistic", "resolve": None}
"""Settings of how a bar is read by its range, and their defaults."""
UNDECIDED: Final = {
    "ambiguous": "they did not say it either in",
    "differ": "they went less or further up or down than the bar in",
    "missing": "there were none in",
}
"""What shorter bars said that did not decide, in words."""
CASH: Final = 5
"""The place of the cash at the close in a row of `Days`."""


def add_closing_notes(
    run: RunState, loop: Loop, callbacks: Callbacks, frames: RunFrames, given: Mapping[str, Any]
) -> None:
    """Looks at a run that is over. frames: those of its result; they are made only where there is something to say.

    given: the arguments of the run.
    """
    account = run.account
    if loop.recorder.days.ruined:
        _note_ruin(account, frames["daily"], ended_early=len(loop.recorder.days) < run.market.axis.sessions)
    if len(loop.recorder.transactions) and loop.settings.financing is None and not _on_margin(loop):
        _note_debt(account, loop, frames)
    _note_rates(run.notes, loop.settings)
    if loop.settings.account is not None or loop.settings.borrow is not None:
        _note_forced(run)
    _note_callbacks(run.notes, run.schedules, callbacks)
    for plan in loop.timetable.plans:
        _note_plan(run.notes, plan)
    _note_assets(account)
    _note_reading(run.notes, given)
    if loop.recorder.ambiguous:
        _note_ambiguous(account, frames["ambiguous"], given)
    _note_models(run.notes, (*loop.settings.slippage.values(), *loop.settings.commission.values()))
    if not frames.orders_placed:
        _note_no_orders(account, run.schedules, loop.context, callbacks)
    elif not len(loop.recorder.transactions):
        _note_no_fills(run.notes, frames["orders"])


def _note_ruin(account: AccountState, daily: pl.DataFrame, *, ended_early: bool) -> None:
    row = ruined_row(daily)
    if row is None:
        return
    session, value = daily["session"][row], daily["portfolio_value"][row]
    after = (
        "The run ended there (on_ruin='stop')."
        if ended_early
        else "It traded on, as no account could; on_ruin='stop' ends a run there."
        if row + 1 < daily.height
        else "It was the last session."
    )
    account.notes.add(
        "ruined",
        f"{RUINED} on {session}: at the close it was worth {value:,.2f} {account.currency}. {after} Annual return, "
        "volatility, Sharpe, Sortino, alpha and beta mean nothing from there on.",
        session=session,
        value=value,
    )


def _on_margin(loop: Loop) -> bool:
    """Whether the account may owe cash by its kind."""
    return loop.settings.account is not None and loop.settings.account.name != "cash"


def _note_debt(account: AccountState, loop: Loop, frames: RunFrames) -> None:
    """Tells that cash was below zero; the frame is made only where it was."""
    cash = loop.recorder.days.rows.columns()[CASH]
    # of a native column the upper halves of 128 bits
    below = (np.frombuffer(cash[1], dtype=np.int64) < 0).any() if isinstance(cash, tuple) else any(x < 0 for x in cash)
    if not below:
        return
    daily = frames["daily"]
    owed = daily.filter(pl.col("ending_cash") < 0).sort("ending_cash", maintain_order=True)
    lowest, session = owed["ending_cash"][0], owed["session"][0]
    account.notes.add(
        "cash_below_zero",
        f"Cash was below zero at {owed.height} of {daily.height} closes, {lowest:,.2f} {account.currency} on {session} "
        f"at the least, and nothing was paid for it. {_remedy_of_debt(loop)}",
        closes=owed.height,
        lowest=lowest,
        session=session,
    )


def _remedy_of_debt(loop: Loop) -> str:
    account = loop.settings.account
    if account is not None and account.name == "cash":
        return (
            "The account could pay for its orders when they were placed, and prices moved until they filled: order "
            "less than all of it, or let set_account('cash', cushion=...) ask for more than the last price."
        )
    return (
        "set_financing(debit=...) charges interest, set_account('cash') or another kind refuses orders that can't be "
        "paid for."
    )


def _note_rates(notes: Notes, settings: RunSettings) -> None:
    """Tells of rates that may have been meant in per cent."""
    financing, borrow = settings.financing, settings.borrow
    sides = () if financing is None else (("debit", financing.debit), ("credit", financing.credit))
    rates = [(f"set_financing({side})", terms.rates()) for side, terms in sides if terms is not None]
    if borrow is not None:
        rates.append(("set_borrow", borrow.rates()))
    for where, given in rates:
        rate = max(given, default=Fraction(0))
        if rate > 1:
            notes.add(
                "rate_above_100_percent",
                f"{where} has a rate of {float(rate):g}, which is {float(rate * 100):g} % a year. Rates are fractions: "
                "0.05 is 5 %.",
                where=where,
                rate=str(float(rate)),
            )


def _note_forced(run: RunState) -> None:
    """Tells of orders that nobody placed but the broker."""
    rows: Any = run.book.rows
    forced = [(row[1], row[6]) for row in rows if row[2] == OrderEventKind.ACCEPTED.value and row[6] in FORCED]
    if not forced:
        return
    counts = {cause: sum(one == cause for _, one in forced) for cause in FORCED}
    said = ", ".join(f"{count} for {FORCED[cause]}" for cause, count in counts.items() if count)
    first = f"{datetime_of(min(stamp for stamp, _ in forced)):%Y-%m-%d %H:%M} UTC"
    run.notes.add(
        "forced_orders",
        f"The broker placed orders of its own, from {first} on: {said}. result.orders has them by their tag.",
        first=first,
        **{cause: count for cause, count in counts.items() if count},
    )


def _note_callbacks(notes: Notes, schedules: Schedules, callbacks: Callbacks) -> None:
    given = [*callbacks.by_name().items()]
    given += [(f"the scheduled {_name_of(schedule.function)}", schedule.function) for schedule in schedules]
    for name, function in given:
        kind = never_runs(function)
        if kind is not None:
            notes.add(
                "callback_never_ran",
                f"{name} is {kind}: it was called, and none of its lines ran. Make it a plain function.",
                function=name,
            )


def _note_plan(notes: Notes, plan: Plan) -> None:
    name, rule = _name_of(plan.schedule.function), plan.schedule.time_rule
    when = "with the first bar" if rule.anchor in ("first", "every") else _time_of(rule)
    facts = {"function": name, "sessions": plan.wanted, "ran": plan.placed}
    if not plan.wanted:
        notes.add(
            "schedule_never_ran",
            f"The scheduled {name} never ran: its date rule holds on no session of the run. Choose another rule, or a "
            "longer run.",
            **facts,
        )
    elif not plan.placed:
        notes.add(
            "schedule_never_ran",
            f"The scheduled {name} never ran: {when} lies outside of each of its {plan.wanted} sessions, or in a "
            "break. Choose an earlier time.",
            **facts,
        )
    elif plan.placed < plan.wanted:
        notes.add(
            "schedule_left_out",
            f"The scheduled {name} ran on {plan.placed} of {plan.wanted} sessions: on the others {when} lies outside "
            "the session. time_rules.market_close() goes by the close of each.",
            **facts,
        )
    if plan.moved:
        beside = "the first bar after it" if rule.anchor == "open" else "the last bar before it"
        notes.add(
            "schedule_moved",
            f"The scheduled {name} was to run {when}, which lies in a break on {plan.moved} sessions: there it ran "
            f"with {beside}.",
            **facts,
            moved=plan.moved,
        )


def _time_of(rule: Any) -> str:
    hours, minutes = divmod(rule.minutes, 60)
    parts = [f"{count} {unit}" for count, unit in ((hours, "h"), (minutes, "min")) if count]
    return f"{' '.join(parts)} {'after the open' if rule.anchor == 'open' else 'before the close'}"


def _name_of(function: Any) -> str:
    name = getattr(function, "__name__", None) or type(function).__name__
    line = getattr(getattr(function, "__code__", None), "co_firstlineno", None)
    return f"lambda of line {line}" if name == "<lambda>" and line is not None else str(name)


def _note_assets(account: AccountState) -> None:
    last = len(account.market.axis.stamps) - 1
    held = set(account.books.held())
    for instrument in account.instruments:
        asset = instrument.asset
        if instrument.slot in held and instrument.last < account.market.bar and asset.auto_close_date is None:
            account.notes.add(
                "ended_and_held",
                f"{asset.symbol} was held to the end of the run at its last price, that of {asset.end_date}: it has no "
                "auto_close_date. Give it one, or ingest with auto_close='last_bar'.",
                asset=asset.symbol,
                ended=asset.end_date,
            )
        if instrument.first > last or instrument.last < 1:
            account.notes.add(
                "asset_without_bars",
                f"{asset.symbol} has no bar in the run: its data go from {asset.start_date} to {asset.end_date}. "
                "Choose other dates, or leave it out.",
                asset=asset.symbol,
                start=asset.start_date,
                end=asset.end_date,
            )


def _note_models(notes: Notes, models: Iterable[Any]) -> None:
    for model in models:
        if not isinstance(model, SlippageModel | CommissionModel):
            continue
        try:
            model.tell(notes)
        except Exception as error:  # noqa: BLE001  # the run is over, and nothing that a model does loses it
            name = type(model).__name__
            notes.add(
                "model_told_nothing",
                f"{name}.tell raised {type(error).__name__}: {error}. What it has to tell of the run is missing here. "
                "Where it has an __init__ of its own, call super().__init__() there.",
                model=name,
                error=f"{type(error).__name__}: {error}",
            )


def _note_reading(notes: Notes, given: Mapping[str, Any]) -> None:
    """Tells of settings that make no difference without trigger="range"."""
    unused = [f"{name}={given[name]!r}" for name, default in READING.items() if given[name] != default]
    if unused and given["trigger"] != "range":
        what = " and ".join(unused)
        notes.add(
            "reading_unused",
            f"{what} made no difference: with trigger={given['trigger']!r} stops and limits are tested on one price "
            "of each bar. Give trigger='range' to have them filled within it.",
            given=unused,
        )


def _note_ambiguous(account: AccountState, ambiguous: pl.DataFrame, given: Mapping[str, Any]) -> None:
    currencies = {one.asset.sid: one.asset.currency for one in account.instruments}
    said = pl.col("shorter_bars")
    decided, left = ambiguous.filter(said == "decide"), ambiguous.filter(said.is_null() | (said != "decide"))
    stakes: dict[str, Decimal] = {}
    for sid, at_stake in left.select("sid", "at_stake").iter_rows():
        stakes[currencies[sid]] = stakes.get(currencies[sid], Decimal(0)) + at_stake
    money = " and ".join(f"{stake:,.2f} {currency}" for currency, stake in stakes.items())
    bars, asked = _bars_of(ambiguous), given["resolve"]
    orders = ambiguous["orders"].explode().n_unique()
    same_bar = given["same_bar"]
    text = f"On {_count(bars, 'bar')} it was for the order of prices to decide what {_count(orders, 'order')} came to."
    if asked is not None and ambiguous["shorter_bars"].count():
        counts = {name: _bars_of(ambiguous.filter(said == name)) for name in ("ambiguous", "differ", "missing")}
        rest = [f"{what} {counts[name]}" for name, what in UNDECIDED.items() if counts[name]]
        text += f" {asked!r} bars within them decided {_bars_of(decided)}{''.join(f'; {one}' for one in rest)}."
    if left.height:
        what = "They" if left.height == ambiguous.height else "The others"
        text += f" {what} were read with same_bar={same_bar!r}; between the worst and the best lie {money}."
    account.notes.add(
        "ambiguous_bars",
        f"{text} See result.ambiguous.",
        bars=bars,
        orders=orders,
        at_stake={currency: str(stake) for currency, stake in stakes.items()},
        same_bar=same_bar,
        **({} if asked is None else {"decided": _bars_of(decided)}),
    )


def _bars_of(ambiguous: pl.DataFrame) -> int:
    return ambiguous.select("stamp", "sid").unique().height


def _count(number: int, what: str) -> str:
    """A count in words: 1 bar, 2 bars."""
    return f"{number} {what}{'' if number == 1 else 's'}"


def _note_no_fills(notes: Notes, orders: pl.DataFrame) -> None:
    reasons = orders["reason"].drop_nulls().value_counts(sort=True)
    why = f" The most frequent reason: {reasons['reason'][0]}." if reasons.height else ""
    notes.add("no_fills", f"{orders.height} orders were placed, and none was filled.{why}", orders=orders.height)


def _note_no_orders(account: AccountState, schedules: Schedules, context: Any, callbacks: Callbacks) -> None:
    if not callbacks.by_name():
        account.notes.add(
            "no_orders",
            "No order was placed: the run was given no strategy. Give strategy=, or functions such as handle_data=.",
            texts=[],
        )
        return
    texts = sorted(_holding_texts(account, schedules, context, callbacks))
    hint = "".join(f" {name} holds symbols as texts, and an asset is never equal to a text." for name in texts)
    account.notes.add(
        "no_orders",
        f"No order was placed in the whole run. Look at the condition that the strategy orders on.{hint}",
        texts=texts,
    )


def _holding_texts(account: AccountState, schedules: Schedules, context: Any, callbacks: Callbacks) -> set[str]:
    """The sets, dicts and indices of a strategy that hold the symbol of an asset of the run as a text."""
    symbols = {instrument.asset.symbol for instrument in account.instruments}
    known = {f"context.{name}": value for name, value in vars(context).items() if not name.startswith("_")}
    for function in (*callbacks.by_name().values(), *(schedule.function for schedule in schedules)):
        known |= outer_values(function)
    return {
        name
        for name, value in known.items()
        if isinstance(value, set | frozenset | dict) or type(value).__module__.startswith("pandas.core.indexes")
        if any(isinstance(key, str) and key in symbols for key in value)
    }
