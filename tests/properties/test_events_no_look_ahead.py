"""On bars of milliseconds and on single trades, with events of all kinds: what happens up to a moment does not depend
on anything after it.

What this must notice, tried on the engine: a level that is compared with the next bar's price; a window of a timer that
ends a bar later. Each of them fails.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from random import Random
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

import rustybt
from rustybt.api import (
    bracket_order,
    cancel_event,
    on_event,
    on_price_threshold,
    on_time_interval,
    order,
    schedule_function,
    symbols,
    time_rules,
)
from rustybt.api.execution import TrailingStopOrder
from rustybt.errors import HistoryWindowStartsBeforeData
from tests._examples import examples
from tests._kernels import kernel_of
from tests.properties import _bundles

DAYS = [dt.datetime(2024, 3, day, tzinfo=dt.UTC) for day in (1, 2)]
NAMES = ("AAA", "BBB")
SECOND = 1_000_000
type Row = tuple[str, int, int, int, int, int, int]
"""Symbol, stamp in microseconds, open, high, low and close in hundredths, volume in thousandths."""


@pytest.fixture(autouse=True)
def _root() -> Iterator[None]:
    with _bundles.root():
        yield


def rows_from(random: Random, stamps: list[int], *, single: bool) -> list[Row]:
    """A bar for each stamp. single: trades, whose four prices are one."""
    rows = []
    for stamp in stamps:
        low = random.randint(900, 1100)
        high = low if single else low + random.randint(0, 60)
        opened, close = random.randint(low, high), random.randint(low, high)
        rows.append((random.choice(NAMES), stamp, opened, high, low, close, random.randint(1, 10**5)))
    return rows


def stamps_from(random: Random, count: int, after: int = 0) -> list[int]:
    """Moments within the first three seconds of the two days, in microseconds since the first."""
    day = 24 * 3600 * SECOND
    drawn = {random.randrange(2) * day + random.randint(1, 3 * SECOND) for _ in range(count)}
    return sorted(stamp for stamp in drawn if stamp > after)


@dataclass(frozen=True)
class Case:
    """Two markets that agree up to a moment, and how the strategy draws what it does."""

    markets: tuple[list[Row], list[Row]]
    moment: dt.datetime
    seed: int
    trigger: str


@st.composite
def cases(draw: st.DrawFn) -> Case:
    seed = draw(st.integers(0, 10**6))
    random, single = Random(seed), draw(st.booleans())
    rows = rows_from(random, stamps_from(random, draw(st.integers(8, 60))), single=single)
    cut = draw(st.integers(1, len(rows) - 1))
    moment = rows[cut - 1][1]
    later = stamps_from(random, draw(st.integers(0, 60)), moment)
    spoiled = rows[:cut] + rows_from(random, later, single=single)
    # scales and lives are facts of the version: they are the same whatever comes
    first = [(name, 0, 951, 951, 951, 951, 501) for name in NAMES]
    end = 2 * 24 * 3600 * SECOND
    last = [(name, end - 1, 1000, 1000, 1000, 1000, 1000) for name in NAMES]
    markets = tuple(frame for frame in (first + rows + last, first + spoiled + last))
    # up to the first bar that is another one; intervals are over between the two
    there = min(row[1] for market in markets for row in market if row[1] > moment)
    when = DAYS[0] + dt.timedelta(microseconds=there)
    return Case(markets, when, seed, draw(st.sampled_from(["close", "range"])))  # type: ignore[arg-type]


def stored(rows: list[Row], name: str) -> str:
    """Stamps are a microsecond later: a bar can't end with the opening of its session."""
    columns = {"symbol": [row[0] for row in rows]}
    frame = pl.DataFrame(columns).with_columns(
        pl.Series("timestamp", [DAYS[0] + dt.timedelta(microseconds=row[1] + 1) for row in rows]),
        *(
            pl.Series(field, [f"{row[place] // 100}.{row[place] % 100:02}" for row in rows])
            for place, field in enumerate(("open", "high", "low", "close"), 2)
        ),
        pl.Series("volume", [f"{row[6] // 1000}.{row[6] % 1000:03}" for row in rows]),
    )
    what = {"type": "crypto"}
    rustybt.ingest(name, frame, frequency="1ms", stamp="end", calendar="24/7", assets=what, mode="replace")
    return name


class Climbs:
    """Fires with a bar whose close is above that of so many bars before."""

    def __init__(self, asset: Any, bars: int) -> None:
        self.asset, self.bars = asset, bars
        self.closes: list[Any] = []

    def fires(self, moment: dt.datetime, data: Any) -> bool:
        self.closes.append(data.current(self.asset, "price"))
        before = self.closes[-1 - self.bars] if len(self.closes) > self.bars else None
        return before is not None and self.closes[-1] > before


class Drawn(rustybt.Strategy):
    """Does by chance what its seed says, and writes down all that it sees."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.seen: list[tuple[dt.datetime, str, str]] = []

    def initialize(self, context: Any) -> None:
        random = context.random = Random(self.seed)
        context.assets = symbols(*NAMES)
        for number in range(random.randint(1, 4)):
            asset, level = random.choice(context.assets), Decimal(random.randint(9000, 11500)) / 1000
            direction: Any = random.choice(["up", "down", "both"])
            called = self.called(f"level {number}")
            on_price_threshold(asset, level, called, direction=direction, once=random.random() < 0.2)
        on_event(Climbs(random.choice(context.assets), random.randint(1, 4)), self.called("trigger"), priority=-1)
        schedule_function(self.called("scheduled"), time_rule=time_rules.every_minute(), priority=2)

    def before_trading_start(self, context: Any, data: Any) -> None:
        self.look(context, data, "before")
        steps = context.random.choice(["70ms", "333ms", "1s"])
        context.interval = on_time_interval(steps, self.called("interval"))

    def called(self, name: str) -> Any:
        return lambda context, data: self.act(context, data, name)

    def act(self, context: Any, data: Any, name: str) -> None:
        self.look(context, data, name)
        if name == "interval" and data.current_dt.second > 3:
            cancel_event(context.interval)
        random, asset = context.random, context.assets[len(name) % 2]
        chance, amount = random.random(), random.choice([-2, -1, 1, 2])
        price = data.current(asset, "price")
        if chance < 0.15:
            order(asset, amount)
        elif chance < 0.2:
            order(asset, amount, stop_price=price + amount * Decimal("0.1"))
        elif chance < 0.25:
            order(asset, amount, style=TrailingStopOrder(percent=3, trail="bar"))
        elif chance < 0.3:
            near, far = (price + side * Decimal("0.3") for side in (1, -1))
            bracket_order(asset, 1, take_profit=near, stop_loss=far)

    def handle_data(self, context: Any, data: Any) -> None:
        self.act(context, data, "bar")

    def look(self, context: Any, data: Any, where: str) -> None:
        for field in ("price", "high", "volume", "last_traded"):
            self.see(data, where, data.current(context.assets, field))
        for length, count in (("1ms", 1), ("1ms", 4), ("1d", 1), ("1d", 2)):
            try:
                self.see(data, where, data.history(context.assets, "high", count, length, dtype=Decimal).rows())
            except HistoryWindowStartsBeforeData:
                continue
        portfolio = context.portfolio
        self.see(data, where, [portfolio.portfolio_value, portfolio.cash, context.get_open_orders()])

    def see(self, data: Any, where: str, value: Any) -> None:
        self.seen.append((data.current_dt, where, repr(value)))


def shown(case: Case, bundle: str) -> dict[str, Any]:
    """All that a run shows of what happened up to the moment."""
    strategy = Drawn(case.seed)
    result = rustybt.run_algorithm(
        DAYS[0].date(),
        DAYS[1].date(),
        strategy=strategy,
        capital_base=10_000,
        bundle=bundle,
        data_frequency="1ms",
        trigger=case.trigger,
        fill_at="open" if case.seed % 2 else "close",
        kernel=kernel_of(case.seed),
        progress=False,
    )

    def up_to(frame: pl.DataFrame, column: str) -> list[Any]:
        return frame.filter(pl.col(column) <= case.moment).rows()

    return {
        "seen": [one for one in strategy.seen if one[0] <= case.moment],
        "transactions": up_to(result.transactions, "dt"),
        "entries": up_to(result.entries, "stamp"),
        "events": up_to(result.order_events, "stamp"),
    }


@settings(
    max_examples=examples(20),
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
)
@given(cases())
def test_what_happened_up_to_a_moment_does_not_depend_on_later_trades(case: Case) -> None:
    truth, spoiled = (shown(case, stored(rows, f"trades-{number}")) for number, rows in enumerate(case.markets))
    assert truth["seen"]
    for what, expected in truth.items():
        assert spoiled[what] == expected, what
