"""The law of the books, from the frames of a result and the bars alone: folds, and what makes the value change."""

from __future__ import annotations

from collections import defaultdict
from fractions import Fraction
from itertools import pairwise
from typing import Any

import polars as pl

import rustybt
from tests.properties._market import Listed, Market, Session, decimals
from tests.properties._oracle import ZERO, Marks, Plan
from tests.properties._runs import plain, symbol_of

HALF_UNIT = Fraction(1, 2 * 10**20)
"""The most that one posting can be off by its rounding to 20 decimals."""


def never_rounds(asset: Listed) -> bool:
    """Whether quantity times price of this asset always fits 20 decimals."""
    quantity = max(decimals(asset.step), asset.volume_scale)
    return asset.price_scale + 10 + quantity + decimals(asset.multiplier) <= 20


CARRIED = ("borrow", "financing", "rollover")
OVERNIGHT = ("capital", "dividend", "stock_dividend", "split", "cash_in_lieu", *CARRIED)
"""What is stamped with a session's open. Where markets never close, that is the close of the session before."""


def _up_to(entry: tuple[Any, ...], moment: int, ends: set[int]) -> bool:
    """Whether an entry was made by a close or an open; what happens overnight comes after both.

    ends: of bars. Funding comes with the bar that ends then, or, where none does, with the next one.
    """
    stamp, kind = entry[:2]
    return bool(
        stamp < moment or (stamp == moment and (moment in ends if kind == "funding" else kind not in OVERNIGHT))
    )


def _during(entry: tuple[Any, ...], session: Session, ends: set[int]) -> bool:
    return _up_to(entry, session.close, ends) and not _up_to(entry, session.open, ends)


def _ends(market: Market) -> set[int]:
    return {stamp for session in market.sessions for stamp in session.stamps}


def assert_folds(market: Market, result: rustybt.Result) -> None:
    """Cash per account and currency, and quantity per account and asset, are sums over the entries, at every close."""
    entries = [tuple(map(plain, row)) for row in result.entries.iter_rows()]
    cash: dict[Any, Fraction] = defaultdict(Fraction)
    held: dict[Any, Fraction] = defaultdict(Fraction)
    at, ends = 0, _ends(market)
    positions: dict[Any, dict[str, Fraction]] = defaultdict(dict)
    for session, symbol, amount in result.positions.select("session", "symbol", "amount").iter_rows():
        positions[session][symbol] = plain(amount)
    for session, close, ending in result.daily.select("session", "period_close", "ending_cash").iter_rows():
        while at < len(entries) and _up_to(entries[at], plain(close), ends):
            _, _, asset, _, quantity, amount, currency, account, _, _, _ = entries[at]
            cash[account, currency] += amount
            if asset is not None:
                held[account, symbol_of(asset)] += quantity
            at += 1
        assert cash["main", "USD"] == plain(ending)
        assert {asset: q for (_, asset), q in held.items() if q} == positions[session]
    assert at == len(entries), "entries after the last close"


def assert_exits_fill_no_more_than_is_held(result: rustybt.Result) -> None:
    """An exit, which was held back for its entry, only makes smaller what is there when it fills."""
    events = result.order_events
    exits = set(events.filter(pl.col("kind") == "held")["order_id"])
    held: dict[Any, Fraction] = defaultdict(Fraction)
    for asset, quantity, order in result.entries.select("asset", "quantity", "order_id").iter_rows():
        if asset is None:
            continue
        units = plain(quantity)
        if order in exits and units:
            assert held[asset] * units < 0 <= abs(held[asset]) - abs(units), f"{order} fills {units} of {held[asset]}"
        held[asset] += units


PAID = ("fee", "funding", *CARRIED)
"""The kinds of entries that are costs."""


def assert_value_changes_as_the_law_says(market: Market, plan: Plan, result: rustybt.Result) -> None:
    """change of value = held x change of mark + filled x (mark - fill price) + income - costs + capital, each session.

    A split restates what is held; the value stays but for the cash for the rest, which is paid at the mark of before.
    """
    fills = result.transactions.select("dt", "symbol", "amount", "price")
    values = [plan.capital, *(plain(value) for value in result.daily["portfolio_value"].to_list())]
    entries = [tuple(map(plain, row)) for row in result.entries.iter_rows()]
    _assert_changes(market, plan, entries, fills, [now - before for before, now in pairwise(values)])


def assert_costs_are_what_gross_is_more_than_net(market: Market, plan: Plan, result: rustybt.Result) -> None:
    """The law says of fills at their references, with no charge, what `costs` says is gross; and all sums agree."""
    costs = result.costs
    entries = [tuple(map(plain, row)) for row in result.entries.iter_rows()]
    capital = defaultdict(Fraction)
    for session, (_, *rest) in zip(range(plan.first, plan.last + 1), costs.daily.iter_rows(), strict=True):
        moment = market.sessions[session]
        capital[session] = sum(
            (e[5] for e in entries[1:] if e[1] == "capital" and _during(e, moment, _ends(market))), ZERO
        )
        *kinds, total, gross, net = map(plain, rest)
        assert sum(kinds) == total == gross - net
    uncharged = [entry for entry in entries if entry[1] not in PAID]
    fills = costs.fills.select("dt", "symbol", "amount", "reference")
    changes = [plain(gross) + capital[plan.first + k] for k, gross in enumerate(costs.daily["gross"].to_list())]
    _assert_changes(market, plan, uncharged, fills, changes)
    whole = plain(costs.total)
    carried = sum(
        (plain(cost) for order, cost in costs.rows.select("order_id", "cost").iter_rows() if order is None), ZERO
    )
    for frame in (costs.orders, costs.fills):
        assert sum((plain(cost) for cost in frame["total"].to_list()), carried) == whole
    assert sum((plain(cost) for cost in costs.by_kind["cost"].to_list()), ZERO) == whole
    assert plain(costs.gross) - plain(costs.net) == whole
    assert plain(costs.net) == plain(result.metrics["pnl"])


def _assert_changes(
    market: Market, plan: Plan, entries: list[tuple[Any, ...]], trades: pl.DataFrame, changes: list[Fraction]
) -> None:
    """What the value changed by in each session, from entries and from trades: stamp, symbol, amount, price."""
    fills = [tuple(map(plain, row)) for row in trades.iter_rows()]
    held = [ZERO] * len(market.assets)
    marks = [Marks(market, asset).prices for asset in market.assets]
    ends = _ends(market)
    for session, whole in zip(range(plan.first, plan.last + 1), changes, strict=True):
        moment = market.sessions[session]
        today = [e for e in entries if _during(e, moment, ends) and e[1] != "capital"]
        change, slack = ZERO, ZERO
        for k, asset in enumerate(market.assets):
            mine = [e for e in today if symbol_of(e[2]) == asset.symbol]
            traded = [f for f in fills if moment.open < f[0] <= moment.close and f[1] == asset.symbol]
            now, before = marks[k][market.starts[session + 1] - 1], marks[k][market.starts[session] - 1]
            part, left_over = _part(market, session, asset, held[k], mine, traded, now or ZERO, before or ZERO)
            change += part
            slack += left_over
            held[k] += sum((e[4] for e in mine), ZERO)
        # interest is paid on cash, and of no asset
        difference = whole - change - sum((e[5] for e in today if e[2] is None), ZERO)
        difference -= sum((e[5] for e in entries[1:] if e[1] == "capital" and _during(e, moment, ends)), ZERO)
        assert abs(difference) <= slack, f"{moment.date}: off by {difference}"


def _part(
    market: Market,
    session: int,
    asset: Listed,
    held: Fraction,
    entries: list[Any],
    fills: list[Any],
    now: Fraction,
    before: Fraction,
) -> tuple[Fraction, Fraction]:
    """What one asset added to the value; and how far roundings of postings may be off, zero where there are none."""
    ratio = Fraction(1)
    for split in asset.splits:
        if market.session_on_or_after(split.ex) == session:
            ratio *= split.ratio
    received = sum((e[4] for e in entries if e[1] == "stock_dividend"), ZERO)
    restated = held + received + sum((e[4] for e in entries if e[1] == "split"), ZERO)
    # shares come before the session's splits, at the mark of before; of a future, variation is what changes the value
    change = received * before * asset.multiplier
    change += restated * (now - before * ratio) * asset.multiplier
    change += sum((f[2] * (now - f[3]) * asset.multiplier for f in fills), ZERO)
    change += sum((e[5] for e in entries if e[1] in ("dividend", *PAID)), ZERO)
    # what a split leaves over is paid without the session's dividends, which it is owed apart; nothing is the least
    paid = sum((d.amount for d in asset.dividends if market.session_on_or_after(d.ex) == session), ZERO)
    change -= (held + received - restated * ratio) * min(paid, before) * asset.multiplier
    lieu = [e for e in entries if e[1] == "cash_in_lieu"]
    splits = sum(market.session_on_or_after(s.ex) == session for s in asset.splits)
    slack = HALF_UNIT * len(lieu)
    if splits > 1:
        # the mark between two splits of one session is a price, on the grid of prices
        slack += abs(held) * asset.multiplier * Fraction(1, 10 ** (asset.price_scale + 10))
    if not never_rounds(asset):
        slack += HALF_UNIT * (2 + len(fills))
    return change, slack
