"""Random worlds: small markets with gaps and holes, and strategies that know nothing."""

from __future__ import annotations

import datetime as dt
import random
from fractions import Fraction
from typing import Any

from tests.independent._fees import Charge
from tests.independent._world import NOTHING, Asset, Bar, Dividend, Moment, ShareDividend, World

UTC = dt.UTC
NO_SESSIONS = {dt.date(2024, 1, 1), dt.date(2024, 1, 15), dt.date(2024, 2, 19)}
"""Holidays of New York's winter, in which sessions go from 14:30 to 21:00 UTC and none is short."""


def sessions_of(count: int, first: dt.date) -> list[dt.date]:
    """So many sessions of XNYS."""
    days, day = [], first
    while len(days) < count:
        if day.weekday() < 5 and day not in NO_SESSIONS:
            days.append(day)
        day += dt.timedelta(days=1)
    return days


def moments_of(sessions: list[dt.date], daily: bool) -> list[Moment]:
    """The bars of the run: a day, or thirteen half hours."""
    found = []
    for number, day in enumerate(sessions):
        opens = dt.datetime.combine(day, dt.time(14, 30), UTC)
        parts = 1 if daily else 13
        length = dt.timedelta(minutes=390 // parts)
        for part in range(parts):
            begin = opens + part * length
            found.append(Moment(begin, begin + length, number, part == 0, part == parts - 1))
    return found


def decimal(text: Any) -> Fraction:
    """A fraction of what a number prints."""
    return Fraction(str(text))


def draw(seed: int) -> World:
    """The world of a seed."""
    rng = random.Random(seed)
    daily = rng.random() < 0.6
    sessions = sessions_of(rng.randint(5, 14) if daily else rng.randint(2, 4), dt.date(2024, 1, rng.randint(2, 20)))
    moments = moments_of(sessions, daily)
    assets = {}
    for name in "ABC"[: rng.randint(1, 3)]:
        assets[name] = draw_asset(rng, name, len(sessions), moments, whole=name == "A")
    world = World(
        seed=seed,
        daily=daily,
        sessions=sessions,
        moments=moments,
        assets=assets,
        cash=Fraction(rng.choice([10_000, 100_000, 1_000_000])),
        fill_at=rng.choice(["close", "open"]),
        trigger=rng.choice(["close", "range"]),
        same_bar=rng.choice(["pessimistic", "pessimistic", "optimistic", "path:ohlc", "path:olhc", "path:nearest"]),
        touch=rng.choice(["at", "at", "through"]),
        slippage=draw_slippage(rng),
        commission=draw_commission(rng),
        plan={},
        cancel_at_close=rng.random() < 0.15,
    )
    world.linked = rng.choice([0, 0, 0.3])
    world.carrying = draw_carrying(rng, world) if rng.random() < 0.4 else {}
    if not world.linked and rng.random() < 0.2:
        world.settlement = rng.choice([0, 1, 1, 2])
        world.cash = Fraction(rng.choice([3_000, 20_000]))
    if not world.linked and world.settlement is None and rng.random() < 0.25:
        world.latency = dt.timedelta(seconds=rng.choice([0.05, 2, 2_400]))
    if world.settlement is None and rng.random() < 0.2:
        last = decimal("1.0800")
        for number in range(len(moments)):
            world.euro[number], last = draw_bar(rng, last, decimal("0.0001"))
        for name, asset in assets.items():
            asset.currency = "EUR" if name != "A" or rng.random() < 0.5 else "USD"
    draw_plan(rng, world)
    return world


def draw_slippage(rng: random.Random) -> tuple[Any, ...]:
    """A model by its name, and its numbers."""
    share = decimal(rng.choice(["0.1", "0.25", "0.025", "0.333", "1"]))
    return rng.choice(
        [
            ("points", decimal(rng.choice(["0", "5", "10", "2.5", "33.3"])), share),
            ("points", Fraction(5), Fraction(1, 10)),
            ("share", decimal(rng.choice(["0.1", "0.5", "0.07"])), share),
            ("spread", decimal(rng.choice(["0", "0.02", "0.05"]))),
            ("none",),
            ("root", Fraction(1), share, decimal("0.02"), Fraction(rng.choice([3_000, 100_000]))),
        ]
    )


def draw_commission(rng: random.Random) -> tuple[Any, ...]:
    """A model by its name, and its numbers."""
    return rng.choice(
        [
            ("share", decimal(rng.choice(["0.001", "0.005"])), decimal(rng.choice(["0", "1", "0.35"]))),
            ("trade", decimal("4.95")),
            ("dollar", decimal(rng.choice(["0.0015", "0.00033"]))),
            ("none",),
            ("schedule", [draw_charge(rng, kind) for kind in ("commission", "duty")[: rng.randint(1, 2)]]),
            ("schedule", [draw_charge(rng, "commission")]),
        ]
    )


def draw_charge(rng: random.Random, kind: str) -> Charge:
    """A line of a schedule."""
    per = rng.choice(["share", "order", "percent", "million"])
    rates = {"share": "0.005", "order": "1.7", "percent": "0.13", "million": "27.8"}
    top = decimal(rates[per])
    charge = Charge(per, [(NOTHING, top * rng.choice([1, 1, Fraction(1, 2), -1]), top)], kind)
    if charge.tiers[0][1] > 0:
        charge.minimum = decimal("0.35") if rng.random() < 0.4 else None
        charge.maximum = decimal("2.5") if rng.random() < 0.2 else None
        charge.maximum_percent = decimal("0.5") if rng.random() < 0.3 else None
    if rng.random() < 0.4:
        charge.rounding = rng.choice(["up", "down", "half_up", "half_even"]), decimal(rng.choice(["0.01", "0.05"]))
    if per != "order":
        charge.each = rng.choice(["order", "order", "fill"])
    charge.side = rng.choice(["both", "both", "buy", "sell"])
    if per != "order" and charge.tiers[0][1] > 0 and rng.random() < 0.6:
        charge.counts = "units" if per == "share" else "value"
        charge.window = rng.choice(["calendar_month", "days=30"])
        charge.tier = rng.choice(["whole", "marginal"])
        first = Fraction(100) if charge.counts == "units" else Fraction(5_000)
        for more in (first, first * 4):
            maker, taker = charge.tiers[-1][1:]
            charge.tiers.append((more, maker * Fraction(4, 5), taker * Fraction(9, 10)))
    return charge


def draw_carrying(rng: random.Random, world: World) -> dict[str, Any]:
    """Rates of borrow and interest."""
    found: dict[str, Any] = {}
    if rng.random() < 0.7:
        found["borrow"] = {name: decimal("0.03") for name in world.assets if rng.random() < 0.5}
        found |= {"default": decimal(rng.choice(["0", "0.005"])), "value": rng.choice(["close", "street"])}
    if rng.random() < 0.7:
        found["debit"] = [(Fraction(1_000), decimal("0.015")), (None, decimal("0.01"))]
        found["credit"] = [(Fraction(10_000), None), (None, decimal("-0.005"))]
        found |= {"benchmark": decimal(rng.choice(["0", "0.053"])), "free": rng.random() < 0.5}
    return found


def draw_asset(rng: random.Random, name: str, sessions: int, moments: list[Moment], *, whole: bool) -> Asset:
    """An asset whose prices wander by ticks. `whole`: it has a bar at each moment."""
    tick = decimal(rng.choice(["0.01", "0.01", "0.05", "0.25"]))
    step = decimal(rng.choice(["1", "1", "1", "0.01", "10"]))
    asset = Asset(name, tick, step, 2, {})
    begins = 0 if whole or rng.random() < 0.7 else rng.randint(1, len(moments) // 2)
    ends = len(moments) if whole or rng.random() < 0.7 else rng.randint(len(moments) // 2 + 1, len(moments))
    for session in range(sessions):
        if rng.random() < 0.12:
            ratios = ["1/2", "2", "1/3", "5/6", "10", "3/2", "4/5"]
            asset.splits[session] = [Fraction(rng.choice(ratios))]
    last = tick * rng.randint(round(20 / tick), round(60 / tick))
    seen = -1
    for number, moment in enumerate(moments):
        if moment.session != seen:
            seen = moment.session
            for ratio in asset.splits.get(seen, []):
                last = max(tick * 8, tick * round(last * ratio / tick))
        bar, last = draw_bar(rng, last, tick)
        if begins <= number < ends and (whole or number in (begins, ends - 1) or rng.random() > 0.15):
            asset.bars[number] = bar
    draw_dividends(rng, asset, sessions, moments)
    end = moments[max(asset.bars)].session
    if end < sessions - 1 and rng.random() < 0.6:
        asset.auto_close = min(end + rng.randint(0, 2), sessions - 1)
    return asset


def draw_bar(rng: random.Random, last: Fraction, tick: Fraction) -> tuple[Bar, Fraction]:
    """A bar after that price, and its close."""
    wide = rng.choice([1, 3, 8])
    opens = last + tick * (rng.randint(-wide, wide) if rng.random() < 0.5 else 0)
    opens = max(opens, 4 * tick)
    close = max(opens + tick * rng.randint(-wide, wide), 4 * tick)
    high = max(opens, close) + tick * rng.randint(0, wide)
    low = max(min(opens, close) - tick * rng.randint(0, wide), tick)
    volume = Fraction(rng.choice([0, 90, 400, 2_000, 2_345, 50_000])) if rng.random() < 0.9 else Fraction(7)
    return Bar(opens, high, low, close, volume), close


def draw_dividends(rng: random.Random, asset: Asset, sessions: int, moments: list[Moment]) -> None:
    """In cash and in shares; some are paid later, some never."""
    first = moments[min(asset.bars)].session
    last = moments[max(asset.bars)].session
    for ex in range(first + 1, last + 1):
        if rng.random() < 0.1:
            amount = decimal(rng.choice(["0.03", "0.125", "0.0007"]))
            asset.dividends.append(Dividend(ex, ex + rng.choice([0, 0, 1, 3]), amount))
        elif rng.random() < 0.06:
            ratio = decimal(rng.choice(["0.1", "0.05", "1", "0.0375"]))
            asset.share_dividends.append(ShareDividend(ex, ex + rng.choice([0, 0, 1, 2]), ratio))


def draw_plan(rng: random.Random, world: World) -> None:
    """What the strategy does at each moment."""
    done: list[dict[str, Any]] = []
    often = rng.choice([0.3, 0.7, 1.5]) if world.daily else rng.choice([0.1, 0.4])
    for number in range(len(world.moments)):
        actions = []
        count = int(often) + (rng.random() < often % 1)
        for _ in range(count):
            action = draw_action(rng, world, number, done)
            if action is not None:
                actions.append(action)
                done.append(action)
        if actions:
            world.plan[number] = actions


def draw_action(rng: random.Random, world: World, number: int, done: list[dict[str, Any]]) -> dict[str, Any] | None:
    """An order, or a change of an earlier one."""
    name = rng.choice(sorted(world.assets))
    what = rng.random()
    if world.euro and rng.random() < 0.1:
        of, into = rng.choice([("EUR", "USD"), ("USD", "EUR")])
        return {"do": "convert", "of": of, "into": into, "amount": Fraction(rng.choice([100, 777, -250]))}
    if what < world.linked:
        return draw_linked(rng, world, number, name, done)
    if what < 0.72 or not done:
        return draw_order(rng, world, number, name)
    if what < 0.76:
        return {"do": "close", "asset": name}
    ref = rng.randrange(max(len(done) - 6, 0), len(done))
    leg = rng.randrange({"order": 1, "pair": 2, "bracket": 3}.get(done[ref]["do"], 0) or 1)
    if done[ref]["do"] not in ("order", "pair", "bracket"):
        return None
    if what < 0.84:
        return {"do": "cancel", "ref": ref, "leg": leg}
    if done[ref]["do"] != "order" or world.latency is not None:
        return None
    return draw_change(rng, world, number, ref, done[ref])


def draw_linked(
    rng: random.Random, world: World, number: int, name: str, done: list[dict[str, Any]]
) -> dict[str, Any] | None:
    """A bracket, exits for an earlier order, or two orders of which one ends the other."""
    price, tick = near(rng, world, number, name)
    if not any(at <= number for at in world.assets[name].bars):
        return None
    amount = Fraction(rng.choice([1, 50, 100, 100, 300])) * rng.choice([1, -1])
    links = {"link": rng.choice(["reduce", "reduce", "oco"])}
    what = rng.random()
    if what < 0.25:
        styles = [
            {"limit": max(price + tick * rng.randint(0, 6), tick)},
            {"stop": max(price - tick * rng.randint(0, 6), tick)},
        ]
        amounts = [amount, amount * rng.choice([1, 1, -1, 2])]
        orders = [{"amount": one * -1, "style": style} for one, style in zip(amounts, styles, strict=True)]
        return {"do": "pair", "asset": name, "orders": orders, **links}
    side = 1 if amount > 0 else -1
    exits: dict[str, Any] = {}
    if rng.random() < 0.8:
        exits["take_profit"] = draw_exit(rng, tick)
    if not exits or rng.random() < 0.8:
        exits["stop_loss"] = (
            ("style", {"trail": draw_trail(rng, tick)}) if rng.random() < 0.25 else draw_exit(rng, tick)
        )
    links["after"] = rng.choice(["part", "part", "whole"])
    if what < 0.4 and done:
        ref = rng.randrange(max(len(done) - 4, 0), len(done))
        if done[ref]["do"] != "order" or "at" in done[ref]["style"]:
            return None
        away = {leg: ("distance", one[1]) if one[0] == "price" else one for leg, one in exits.items()}
        return {"do": "attach", "ref": ref, **away, **links}
    kind, style = rng.choice(["market", "market", "limit", "stop"]), {}
    start = price
    if kind != "market":
        ticks = (price - (side if kind == "limit" else -side) * tick * rng.randint(0, 6)) // tick
        start = max(tick * ticks, 30 * tick)
        style[kind] = start
    for leg, way in (("take_profit", side), ("stop_loss", -side)):
        if exits.get(leg, ("",))[0] == "price":
            low, high = min(start, price), max(start, price)
            exits[leg] = "price", tick * ((high if way > 0 else low) // tick + way * rng.randint(2, 7))
    return {"do": "bracket", "asset": name, "amount": amount, "style": style, **exits, **links}


def draw_exit(rng: random.Random, tick: Fraction) -> tuple[str, Any]:
    """Where an exit stands; a price is chosen later."""
    kind = rng.choice(["price", "distance", "percent"])
    if kind == "percent":
        return kind, decimal(rng.choice(["0.5", "1", "2"]))
    return kind, tick * rng.randint(1, 7) + (tick / 2 if rng.random() < 0.2 else 0)


def draw_change(
    rng: random.Random, world: World, number: int, ref: int, order: dict[str, Any]
) -> dict[str, Any] | None:
    """Another amount or price of an earlier order."""
    price, tick = near(rng, world, number, order["asset"])
    change: dict[str, Any] = {"do": "modify", "ref": ref}
    for name in ("limit", "stop"):
        if name in order["style"] and rng.random() < 0.6:
            change[name] = max(price + tick * rng.randint(-6, 6), tick)
    if abs(order["amount"]) >= 2 and (rng.random() < 0.5 or len(change) == 2):
        change["amount"] = order["amount"] * rng.choice(
            [Fraction(1, 2), Fraction(3, 2), 1] + [Fraction(1, 10)] * (abs(order["amount"]) >= 300)
        )
    return change if len(change) > 2 else None


def near(rng: random.Random, world: World, number: int, name: str) -> tuple[Fraction, Fraction]:
    """A price about where the asset stands, and the size of a move."""
    asset = world.assets[name]
    seen = [at for at in asset.bars if at <= number]
    price = asset.bars[max(seen)].close if seen else asset.bars[min(asset.bars)].open
    if rng.random() < 0.1:
        price += asset.tick * Fraction(rng.randint(1, 99), 100)  # not at the tick
    return price, asset.tick


def draw_order(rng: random.Random, world: World, number: int, name: str) -> dict[str, Any]:
    """An order of any kind."""
    price, tick = near(rng, world, number, name)
    amount = Fraction(rng.choice([1, 7, 50, 100, 100, 300, 1_000])) * rng.choice([1, 1, -1])
    if rng.random() < 0.1:
        amount += Fraction(rng.choice(["0.5", "0.99995", "0.123"]))
    seen = any(at <= number for at in world.assets[name].bars)
    if world.settlement is not None:
        amount = abs(amount) if rng.random() < 0.6 else amount
        if not seen:
            return {"do": "close", "asset": name}
    style = draw_style(rng, price, tick, 1 if amount > 0 else -1, seen=seen)
    return {"do": "order", "asset": name, "amount": amount, "style": style, **draw_options(rng, world, number, style)}


def draw_style(rng: random.Random, price: Fraction, tick: Fraction, side: int, *, seen: bool) -> dict[str, Any]:
    """Prices of an order, about where the market is."""
    off = tick * rng.randint(-4, 9)
    kinds = ["market", "market", "limit", "limit", "limit", "stop", "stop", "stop_limit", "touch", "touch_limit", "at"]
    kind = rng.choice([*kinds, "trail", "trail"] if seen else kinds)
    style: dict[str, Any] = {}
    if kind in ("limit", "stop_limit"):
        style["limit"] = max(price - side * off, tick)
    if kind in ("stop", "stop_limit"):
        style["stop"] = max(price + side * tick * rng.randint(-2, 9), tick)
    if kind == "stop_limit" and rng.random() < 0.5:
        style["limit"] = max(style["stop"] + side * tick * rng.randint(0, 3), tick)
    if kind in ("touch", "touch_limit"):
        style["touch"] = max(price - side * off, tick)
    if kind == "touch_limit":
        style["limit"] = max(style["touch"] + tick * rng.randint(-3, 3), tick)
    if kind == "at":
        style["at"] = rng.choice(["open", "close"])
        if rng.random() < 0.5:
            style["limit"] = max(price - side * tick * rng.randint(-4, 4), tick)
    if kind == "trail":
        style["trail"] = draw_trail(rng, tick)
    return style


def draw_trail(rng: random.Random, tick: Fraction) -> dict[str, Any]:
    """The distance of a trailing stop."""
    trail: dict[str, Any] = {"by_bar": rng.random() < 0.4}
    if rng.random() < 0.6:
        trail["amount"] = tick * rng.randint(1, 9) + (tick * Fraction(3, 10) if rng.random() < 0.2 else 0)
    else:
        trail["percent"] = decimal(rng.choice(["0.01", "0.5", "1", "2.5"]))
    if rng.random() < 0.3:
        trail["offset"] = tick * rng.randint(0, 4) + (tick * Fraction(1, 2) if rng.random() < 0.2 else 0)
    return trail


def draw_options(rng: random.Random, world: World, number: int, style: dict[str, Any]) -> dict[str, Any]:
    """Time in force, post only, reduce only."""
    options: dict[str, Any] = {}
    if set(style) == {"limit"} and rng.random() < 0.15:
        options["post_only"] = True
    if rng.random() < 0.12:
        options["reduce_only"] = True
    if "at" in style or rng.random() < 0.55:
        return options
    moment = world.moments[number]
    kind = rng.choice(["day", "date", "moment", "ioc", "fok"])
    if kind == "day":
        options["force"] = "day"
    elif kind == "date":
        first = moment.session + moment.last
        if first < len(world.sessions):
            options["until"] = world.sessions[min(first + rng.choice([0, 1, 2]), len(world.sessions) - 1)]
    elif kind == "moment":
        later = world.moments[min(number + rng.randint(1, 4), len(world.moments) - 1)]
        options["until"] = max(later.end, moment.end) + dt.timedelta(minutes=rng.choice([0, 0, 5, -5, 1_000]))
        if options["until"] <= moment.end:
            options["until"] = moment.end + dt.timedelta(minutes=7)
    elif set(style) <= {"limit"} and not options.get("post_only"):
        options["force"] = kind
    return options
