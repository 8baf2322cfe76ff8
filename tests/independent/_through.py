"""The same world through `rustybt.run_algorithm`, and what came of it in plain values."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal, localcontext
from fractions import Fraction
from typing import Any

import polars as pl

import rustybt
from rustybt import api
from rustybt.api import commission, execution, latency, slippage
from rustybt.errors import BadOrderParameters
from tests.independent._fees import Charge
from tests.independent._world import Asset, World


def text(value: Fraction) -> str:
    """A fraction that ends, as its decimals."""
    with localcontext() as context:
        context.prec = 60
        found = Decimal(value.numerator) / Decimal(value.denominator)
    assert Fraction(found) == value
    return format(found, "f")


def market_of(world: World) -> Any:
    """The bars and actions as a market."""
    rows = []
    for asset in world.assets.values():
        for number, bar in sorted(asset.bars.items()):
            moment = world.moments[number]
            stamp = world.sessions[moment.session].isoformat() if world.daily else moment.end.isoformat()
            prices = [text(price) for price in (bar.open, bar.high, bar.low, bar.close)]
            rows.append([asset.name, stamp, *prices, text(bar.volume)])
    for number, bar in world.euro.items():
        moment = world.moments[number]
        stamp = world.sessions[moment.session].isoformat() if world.daily else moment.end.isoformat()
        rows.append(["EURUSD", stamp, *(text(price) for price in (bar.open, bar.high, bar.low, bar.close)), "0"])
    columns = ["symbol", "date" if world.daily else "timestamp", "open", "high", "low", "close", "volume"]
    options = {name: frame for name, frame in actions_of(world).items() if frame is not None}
    if not world.daily:
        options |= {"stamp": "end", "frequency": "30m"}
    about = [about_of(world, asset) for asset in world.assets.values()]
    if world.euro:
        about.append({"symbol": "EURUSD", "type": "forex", "currency": "USD"})
    return rustybt.load_data(
        pl.DataFrame(rows, schema=columns, orient="row"),
        data_frequency="daily" if world.daily else "30m",
        calendar="XNYS",
        assets=pl.DataFrame(about),
        **({name: value for name, value in options.items() if name != "frequency"}),
    )


def about_of(world: World, asset: Asset) -> dict[str, Any]:
    """A row of the assets frame."""
    closes = None if asset.auto_close is None else world.sessions[asset.auto_close]
    return {
        "symbol": asset.name,
        "tick_size": text(asset.tick),
        "quantity_step": text(asset.step),
        "auto_close_date": closes,
        "currency": asset.currency,
        "type": "equity",
    }


def day(world: World, session: int) -> dt.date:
    """The date of a session, also of one after the run's last."""
    beyond = session - len(world.sessions) + 1
    return world.sessions[session] if beyond <= 0 else world.sessions[-1] + dt.timedelta(days=30 + beyond)


def actions_of(world: World) -> dict[str, pl.DataFrame | None]:
    """Splits and dividends as frames."""
    splits, cash, shares = [], [], []
    for asset in world.assets.values():
        for session, ratios in asset.splits.items():
            for ratio in ratios:
                terms = f"{ratio.numerator}/{ratio.denominator}"
                splits.append({"symbol": asset.name, "ex_date": world.sessions[session], "ratio": terms})
        for one in asset.dividends:
            days = {"ex_date": world.sessions[one.ex], "pay_date": day(world, one.pay)}
            cash.append({"symbol": asset.name, **days, "amount": text(one.amount)})
        for paid in asset.share_dividends:
            days = {"ex_date": world.sessions[paid.ex], "pay_date": day(world, paid.pay)}
            shares.append({"symbol": asset.name, **days, "ratio": text(paid.ratio)})
    tables = {"splits": splits, "dividends": cash, "stock_dividends": shares}
    return {name: pl.DataFrame(rows) if rows else None for name, rows in tables.items()}


def slippage_of(spec: tuple[Any, ...]) -> Any:
    """The model of a drawn name and numbers."""
    if spec[0] == "root":
        return slippage.SquareRootImpact(text(spec[1]), text(spec[2]), volatility=text(spec[3]), volume=text(spec[4]))
    if spec[0] == "points":
        return slippage.FixedBasisPointsSlippage(text(spec[1]), text(spec[2]))
    if spec[0] == "share":
        return slippage.VolumeShareSlippage(text(spec[2]), text(spec[1]))
    return slippage.FixedSlippage(text(spec[1])) if spec[0] == "spread" else slippage.NoSlippage()


def commission_of(spec: tuple[Any, ...]) -> Any:
    """The model of a drawn name and numbers."""
    if spec[0] == "schedule":
        return commission.FeeSchedule(*(charge_of(one) for one in spec[1]))
    if spec[0] == "share":
        return commission.PerShare(text(spec[1]), text(spec[2]))
    if spec[0] == "trade":
        return commission.PerTrade(text(spec[1]))
    return commission.PerDollar(text(spec[1])) if spec[0] == "dollar" else commission.NoCommission()


def charge_of(charge: Charge) -> Any:
    """A line of a schedule in the words of the guide."""
    given: dict[str, Any] = {"per": charge.per, "kind": charge.kind, "each": charge.each, "side": charge.side}
    for name in ("minimum", "maximum", "maximum_percent"):
        if getattr(charge, name) is not None:
            given[name] = text(getattr(charge, name))
    if charge.rounding is not None:
        given["rounding"] = f"{charge.rounding[0]} to {text(charge.rounding[1])}"
    if charge.window is None:
        given |= {"maker": text(charge.tiers[0][1]), "taker": text(charge.tiers[0][2])}
    else:
        given["tiers"] = [tuple(text(one) for one in tier) for tier in charge.tiers]
        given |= {"window": charge.window, "tier": charge.tier}
    return commission.Charge(**given)


def carry(spec: dict[str, Any]) -> None:
    """Borrow and interest, in `initialize`."""
    if "borrow" in spec:
        rates = {name: text(rate) for name, rate in spec["borrow"].items()}
        api.set_borrow(rates, default=text(spec["default"]), value=spec["value"])
    if "debit" in spec:
        tiers = {
            name: [
                (None if ends is None else text(ends), None if rate is None else text(rate))
                for ends, rate in spec[name]
            ]
            for name in ("debit", "credit")
        }
        proceeds = "free" if spec["free"] else "held"
        api.set_financing(**tiers, benchmark=text(spec["benchmark"]), short_proceeds=proceeds)


class Planned(rustybt.Strategy):
    """Does what the plan says, moment by moment."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.placed: list[list[str | None]] = []
        self.number = -1
        self.linked: set[str | None] = set()

    def initialize(self, context: Any) -> None:
        """Models and policies."""
        self.context = context
        api.set_slippage(slippage_of(self.world.slippage))
        api.set_commission(commission_of(self.world.commission))
        carry(self.world.carrying)
        if self.world.latency is not None:
            api.set_latency(latency.Latency(network=self.world.latency))
        if self.world.settlement is not None:
            api.set_account("cash", settlement=self.world.settlement)
        if self.world.cancel_at_close:
            api.set_cancel_policy(api.EODCancel(warn_on_cancel=False))

    def handle_data(self, context: Any, data: Any) -> None:
        """What is planned for this moment."""
        self.number += 1
        assert data.current_dt == self.world.moments[self.number].end, (data.current_dt, self.number)
        for action in self.world.plan.get(self.number, []):
            self.placed.append(getattr(self, "do_" + action["do"])(action) or [])

    def do_order(self, action: dict[str, Any]) -> list[str | None]:
        """Places an order."""
        return [
            api.order(api.symbol(action["asset"]), text(action["amount"]), style=style_of(action), **options_of(action))
        ]

    def earlier(self, action: dict[str, Any]) -> str | None:
        """The id that an earlier action was given."""
        placed = self.placed[action["ref"]]
        return placed[action.get("leg", 0)] if placed else None

    def do_cancel(self, action: dict[str, Any]) -> None:
        """Takes an order back."""
        api.cancel_order(self.earlier(action))

    def do_convert(self, action: dict[str, Any]) -> None:
        """Converts money."""
        api.convert_currency(text(action["amount"]), action["of"], action["into"])

    def do_close(self, action: dict[str, Any]) -> list[str | None]:
        """Closes a position."""
        return [api.close_position(api.symbol(action["asset"]))]

    def do_bracket(self, action: dict[str, Any]) -> list[str | None]:
        """An entry with its exits."""
        links = {name: action[name] for name in ("link", "after") if name in action}
        found = api.bracket_order(
            api.symbol(action["asset"]), text(action["amount"]), style=style_of(action), **exits_of(action), **links
        )
        return [None, None, None] if found is None else [found.entry, found.take_profit, found.stop_loss]

    def do_attach(self, action: dict[str, Any]) -> list[str | None]:
        """Exits for an order that is there; none where it has some, or is over without a fill."""
        found = self.earlier(action)
        order = None if found is None else api.get_order(found)
        if order is None or found in self.linked or not (order.open or order.filled):
            return []
        held = self.context.portfolio.positions[order.asset].amount
        if order.filled and held * order.amount <= 0:
            return []  # nothing there that they would protect
        links = {name: action[name] for name in ("link", "after") if name in action}
        try:
            placed = api.attach_exits(found, **exits_of(action), **links)
        except BadOrderParameters:  # the last price is beyond them
            return []
        self.linked.add(found)
        return [placed.entry, placed.take_profit, placed.stop_loss]

    def do_pair(self, action: dict[str, Any]) -> list[str | None]:
        """Two orders that are linked where both are open."""
        pair = [api.order(api.symbol(action["asset"]), text(one["amount"]), style=style_of(one))
                for one in action["orders"]]  # fmt: skip
        if all(one is not None and api.get_order(one).open for one in pair):
            api.oco(*pair, link=action["link"])
            self.linked |= set(pair)
        return pair

    def do_modify(self, action: dict[str, Any]) -> None:
        """Changes an order."""
        names = {"amount": "amount", "limit": "limit_price", "stop": "stop_price"}
        found = self.earlier(action)
        if found is not None:
            api.modify_order(found, **{names[name]: text(action[name]) for name in names if name in action})


def exits_of(action: dict[str, Any]) -> dict[str, Any]:
    """The exits of a bracket."""
    found: dict[str, Any] = {}
    for leg in ("take_profit", "stop_loss"):
        if leg in action:
            kind, told = action[leg]
            if kind == "style":
                found[leg] = style_of({"style": told})
            else:
                wrap = {"distance": execution.Distance, "percent": execution.Percent}.get(kind, str)
                found[leg] = wrap(text(told))
    return found


def style_of(action: dict[str, Any]) -> Any:
    """The style of a drawn order."""
    style = {name: text(value) for name, value in action["style"].items() if isinstance(value, Fraction)}
    limit, at, trail = style.get("limit"), action["style"].get("at"), action["style"].get("trail")
    if at is not None:
        both = {"open": (execution.MarketOnOpen, execution.LimitOnOpen)}
        plain, limited = both.get(at, (execution.MarketOnClose, execution.LimitOnClose))
        return plain() if limit is None else limited(limit)
    if trail is not None:
        terms = {name: text(trail[name]) for name in ("amount", "percent") if name in trail}
        terms["trail"] = "bar" if trail["by_bar"] else "range"
        if "offset" in trail:
            return execution.TrailingStopLimitOrder(limit_offset=text(trail["offset"]), **terms)
        return execution.TrailingStopOrder(**terms)
    if "touch" in style:
        touch = style["touch"]
        return execution.MarketIfTouchedOrder(touch) if limit is None else execution.LimitIfTouchedOrder(limit, touch)
    if "stop" in style:
        stop = style["stop"]
        return execution.StopOrder(stop) if limit is None else execution.StopLimitOrder(limit, stop)
    return execution.MarketOrder() if limit is None else execution.LimitOrder(limit)


def options_of(action: dict[str, Any]) -> dict[str, Any]:
    """Time in force and the rest."""
    options = {name: action[name] for name in ("post_only", "reduce_only") if name in action}
    if "force" in action:
        options["time_in_force"] = action["force"]
    if "until" in action:
        options["good_till"] = action["until"]
    return options


def reckon(world: World, kernel: str = "auto") -> Any:
    """The run's result."""
    return rustybt.run_algorithm(
        world.sessions[0],
        world.sessions[-1],
        strategy=Planned(world),
        capital_base=text(world.cash),
        market=market_of(world),
        fill_at=world.fill_at,
        trigger=world.trigger,
        same_bar=world.same_bar,
        touch=world.touch,
        kernel=kernel,
        currency="USD" if world.euro else None,
        progress=False,
    )
