"""What happens up to a moment does not depend on anything after it.

What this must notice, tried on the engine: windows of floats, and of Decimals, that end a bar later; `current` and
`can_trade` a bar later; the session so far, in a run on shorter bars, with the next bar in it; a row of fetch_csv from
within a week that is known before the week. Each of them fails.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import functools
import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, Phase, given, reject, settings
from hypothesis import strategies as st

import rustybt
from rustybt.api import commission, latency
from rustybt.errors import (
    CannotOrderDelistedAsset,
    FutureContractsNotFound,
    HistoryWindowStartsBeforeData,
    InputError,
    MoneyOverflow,
    OrderTooLarge,
    RustyBTError,
)
from tests._examples import examples
from tests._kernels import kernel_of
from tests.properties import _bundles
from tests.properties import test_law_of_everything as everything
from tests.properties import test_whole_runs as whole
from tests.properties._carried import Carried
from tests.properties._charges import Charge
from tests.properties._garbage import anchored, known_at, with_garbage_after
from tests.properties._law import OVERNIGHT
from tests.properties._market import EPOCH, NS, ROOT, Market, aggregated, drawn, text
from tests.properties._oracle import Plan
from tests.properties._runs import NAMES, ask, changes_of, plain, set_models, set_rules
from tests.properties._whole_runs import set_carrying, set_fees
from tests.properties.test_law_of_the_books import plans
from tests.properties.test_same_bar import READINGS

FIELDS = ("price", "open", "high", "low", "close", "volume", "last_traded")
DAILY, MINUTE, ODD, CUTS = 24, 4, 3, 3
ODD_RUNS = ("5m", "1m as 5m", "1m as 1h", "1m as 1d", "1d as 1w", "1d of XTKS", "30m of XTKS", "1h of XLON")
"""Runs at other lengths and on other calendars; "as": bars that are made of shorter ones."""


@pytest.fixture(autouse=True)
def _root() -> Iterator[None]:
    with _bundles.root():
        yield


@dataclass(frozen=True)
class Pair:
    """A market as its runs see it, the last moment that two bundles agree on, and what is in them.

    files: for each bundle the text of a file with a number by asset and day, and by asset and moment.
    """

    market: Market
    moment: int
    bundles: tuple[str, str]
    files: tuple[str, str]


@functools.cache
def pair(seed: int, what: str, number: int) -> Pair:
    """The market of a seed, and the same market with garbage after a bar of it."""
    frequency, _, calendar = what.partition(" of ")
    stored, _, made = frequency.partition(" as ")
    market = anchored(drawn(seed, frequency=stored, calendar=calendar or None, weeks=made == "1w"))
    run = aggregated(market, made) if made else market
    stamps = [stamp for session in market.sessions for stamp in session.stamps]
    bars = market.starts[-1]
    cut = (number * bars // CUTS + 7 * seed) % (bars - 1)
    if number == 0 or made == "1w":
        # the last bar of a session: the next thing is the hook before the next one
        ends = [bisect_right(stamps, session.close) - 1 for session in run.sessions[:-1]] or [cut]
        cut = next((end for end in ends if end >= cut), ends[-1])
    known = known_at(run, stamps[cut])
    garbage = with_garbage_after(market, cut, seed, known)
    key = ("pair", seed, what, number)
    bundles = _bundles.bundle_of((key, 0), market), _bundles.bundle_of((key, 1), garbage)
    ended = sum(session.close <= stamps[cut] for session in run.sessions)
    if made == "1w":
        # of the week that begins next, a file's first day alone is known before it
        known = (EPOCH + dt.timedelta(microseconds=run.sessions[ended].open // 1000)).date()
    return Pair(run, stamps[cut], bundles, (_file(market, seed, None, known), _file(market, seed, stamps[cut], known)))


def _file(market: Market, seed: int, moment: int | None, known: dt.date) -> str:
    """A CSV: a number for each asset and day, and for its moments within; garbage after a moment, if one is given."""
    lines = ["date,symbol,rank"]
    for k, session in enumerate(market.sessions):
        for asset in market.assets:
            spoiled = 1000 if moment is not None and session.date > known else 0
            lines.append(f"{session.date},{asset.symbol},{100 * seed + k + spoiled}")
            for stamp in session.stamps[5 : -1 : 1 + len(session.stamps) // 3]:
                spoiled = 1000 if moment is not None and stamp > moment else 0
                lines.append(
                    f"{EPOCH + dt.timedelta(seconds=stamp // NS):%Y-%m-%d %H:%M},{asset.symbol},{k + spoiled}.5"
                )
    return "\n".join(lines) + "\n"


@dataclass(frozen=True)
class Mixed:
    """What a run has besides its plan: an account, brackets, fees, what holding costs, how long orders take.

    moment: after which rates are others; None in the run on the truth.
    """

    mix: everything.Mix
    carried: Carried
    charges: tuple[Charge, ...]
    delay: int | None
    same_bar: str
    touch: str
    moment: dt.date | None = None

    def set_up(self, context: Any, market: Market) -> None:
        context.set_slippage(everything.MODELS[self.mix.slips]())
        context.set_commission(everything.FEES[self.mix.fees]())
        if self.charges:
            set_fees(context, self.charges, commission.NoCommission())
        set_carrying(context, market, self.carried if self.moment is None else others_after(self.carried, self.moment))
        if self.mix.account is not None:
            context.set_account(self.mix.account)
        if self.delay is not None:
            context.set_latency(latency.Latency(network=dt.timedelta(milliseconds=self.delay)))


def others_after(carried: Carried, day: dt.date) -> Carried:
    """The same terms, with garbage for what holds from a day after that one on."""
    borrow, financing = carried.borrow, carried.financing
    if borrow is not None:
        rates = {
            k: tuple((begins, rate + 9 * (begins > day)) for begins, rate in rows) for k, rows in borrow.rates.items()
        }
        borrow = replace(borrow, rates=rates)
    if financing is not None:
        sides = [
            tuple((begins, ((None, Fraction(7)),) if begins > day else tiers) for begins, tiers in side)
            for side in (financing.debit, financing.credit)
        ]
        financing = replace(financing, debit=sides[0], credit=sides[1])
    return replace(carried, borrow=borrow, financing=financing)


@st.composite
def mixed(draw: st.DrawFn, market: Market, plan: Plan) -> Mixed:
    return Mixed(
        draw(everything.mixes(market, plan)),
        draw(whole.carried(market)),
        draw(whole.schedules()),
        draw(st.sampled_from([None, None, 3, 60_000, 5_400_000])) if market.frequency not in ("1w", "1mo") else None,
        draw(st.sampled_from(READINGS)),
        draw(st.sampled_from(["at", "at", "through"])),
    )


class Watcher:
    """Runs a plan and writes down all that it sees, with the stamp of the moment."""

    def __init__(
        self, market: Market, plan: Plan, file: str | None, kernel: str, *, benchmark: bool, mix: Mixed | None = None
    ) -> None:
        self.mix = mix
        self.kernel = kernel
        self.market = market
        self.file = file
        self.benchmark = benchmark
        self.plan = plan
        self.seen: list[tuple[int, str, Any]] = []
        self.bar = 0
        self.every = 1 + market.starts[-1] // len(market.sessions) // 10

    def initialize(self, context: Any) -> None:
        context.set_symbol_lookup_date(self.market.sessions[-1].date)  # some of them begin after the run
        context.assets = context.symbols(*(asset.symbol for asset in self.market.assets))
        set_models(context, self.plan)
        set_rules(context, self.plan)
        if self.mix is not None:
            self.mix.set_up(context, self.market)
        if self.file is not None:
            context.fetch_csv(self.file)
        if self.benchmark and not self.market.assets[0].shares:
            context.set_benchmark(context.assets[0])
        context.futures = []
        if any(asset.future for asset in self.market.assets):
            # a contract that closes on the session it begins with is no part of a chain
            with contextlib.suppress(FutureContractsNotFound):
                context.futures = [
                    context.continuous_future(ROOT, offset, roll, adjustment)
                    for offset, roll, adjustment in ((0, "volume", "mul"), (0, "calendar", "add"), (1, "volume", None))
                ]
        context.record(start=0)

    def before_trading_start(self, context: Any, data: Any) -> None:
        self.look(context, data, "hook")

    def handle_data(self, context: Any, data: Any) -> None:
        intents = [intent for intent in self.plan.intents if intent.bar == self.bar]
        brackets = [one for one in self.mix.mix.brackets if one.bar == self.bar] if self.mix is not None else []
        for one in brackets:
            with contextlib.suppress(RustyBTError):  # an asset that is over, a price of nothing
                everything.ask(context, data, self.market, one)
        for intent in intents:
            try:
                ask(context, self.market, intent, lambda value: Decimal(text(value)))
            except CannotOrderDelistedAsset:
                context.record(refused=self.bar)
        if intents or brackets or self.bar % self.every == 0:
            self.look(context, data, "bar")
            context.record(value=context.portfolio.portfolio_value)
        self.bar += 1

    def look(self, context: Any, data: Any, where: str) -> None:
        stamp = plain(context.get_datetime())
        own = self.market.frequency
        other = own if self.market.by_session else "1d"
        for field in (*FIELDS, *(("rank",) if self.file is not None else ())):
            self.see(stamp, f"{where} {field}", data.current(context.assets, field))
        self.see(stamp, f"{where} can_trade", data.can_trade(context.assets))
        self.see(stamp, f"{where} is_stale", data.is_stale(context.assets))
        self.see(stamp, f"{where} all fields", data.current(context.assets, list(FIELDS)).rows())
        self.see(stamp, f"{where} fetched", data.fetcher_assets)
        self.see(stamp, f"{where} session", [data.current_session, data.current_session_minutes.to_list()[-1]])
        windows = [(own, count) for count in (1, 3, 30)]
        windows += [] if self.market.by_session else [("1d", 1), ("1d", 2)]
        for frequency, count in windows:
            for field in ("price", "volume", "high"):
                for dtype in (float, Decimal):
                    try:
                        window = data.history(context.assets, field, count, frequency, dtype=dtype, timestamps=True)
                    except HistoryWindowStartsBeforeData:
                        continue
                    self.see(stamp, f"{where} history {frequency} {field} {count} {dtype.__name__}", window.rows())
                    if dtype is float:
                        array = data.history(context.assets, field, count, frequency, output="numpy")
                        self.see(stamp, f"{where} history {frequency} {field} {count} array", array.tobytes())
        self.long_windows(context, data, stamp, where)
        for future in context.futures:
            found = data.current(future, "contract"), data.current_chain(future), data.can_trade(future)
            self.see(stamp, f"{where} {future}", [found, data.current(future, ["price", "volume"])])
            for count in (1, 3, 30):
                try:
                    windows = [
                        data.history(future, field, count, other if count == 3 else own, dtype=dtype).to_list()
                        for field in ("price", "close", "volume")
                        for dtype in (float, Decimal)
                    ]
                except HistoryWindowStartsBeforeData:
                    continue
                self.see(stamp, f"{where} {future} {count}", windows)
        portfolio = context.portfolio
        for thing in (portfolio, context.account):
            names = [name for name in dir(thing) if not name.startswith("_")]
            self.see(stamp, f"{where} {type(thing).__name__}", [(name, getattr(thing, name)) for name in names])
        self.see(stamp, f"{where} orders", context.get_open_orders())
        self.see(stamp, f"{where} every order", [context.get_order(f"main-{n}") for n in range(1, 12)])

    def long_windows(self, context: Any, data: Any, stamp: int, where: str) -> None:
        """Several fields at once come as a long frame."""
        for dtype in (float, Decimal):
            with contextlib.suppress(HistoryWindowStartsBeforeData):
                window = data.history(context.assets, ["open", "low", "close"], 2, self.market.frequency, dtype=dtype)
                self.see(stamp, f"{where} long history {dtype.__name__}", window.rows())

    def see(self, stamp: int, what: str, value: Any) -> None:
        self.seen.append((stamp, what, repr(value)))

    def run(self, bundle: str) -> rustybt.Result:
        return rustybt.run_algorithm(
            self.market.sessions[self.plan.first].date,
            self.market.sessions[self.plan.last].date,
            self.initialize,
            text(self.plan.capital),
            self.handle_data,
            self.before_trading_start,
            bundle=bundle,
            data_frequency=NAMES.get(self.market.frequency, self.market.frequency),
            capital_changes=changes_of(self.market, self.plan),
            fill_at=self.plan.fill_at,
            trigger=self.plan.trigger,
            progress=False,
            kernel=self.kernel,
            **({} if self.mix is None else {"same_bar": self.mix.same_bar, "touch": self.mix.touch}),
        )


def _up_to(market: Market, moment: int, plan: Plan, watcher: Watcher, result: rustybt.Result) -> dict[str, Any]:
    """All that a run shows of what happened up to a moment."""
    ended = [session for session in market.sessions if session.close <= moment]
    over = [session.date for session in ended]
    seen = [row for row in watcher.seen if row[0] <= moment]
    if ended and ended[-1].close == moment and len(ended) <= plan.last:
        # nothing of the coming session is seen before it; what lies between is the hook, once, with no bar between
        start = market.sessions[len(ended)].open
        seen += [row for row in watcher.seen if moment < row[0] < start and row[1].startswith("hook")]

    def by(frame: pl.DataFrame, column: str) -> list[tuple[Any, ...]]:
        rows = [tuple(map(plain, row)) for row in frame.iter_rows()]
        place = frame.columns.index(column)
        return [row for row in rows if row[place] <= moment]

    entries = [row for row in by(result.entries, "stamp") if not (row[0] == moment and row[1] in OVERNIGHT)]
    events = [row[1:] for row in by(result.order_events, "stamp") if not (row[2] == moment and "split" in str(row[7]))]
    return {
        "seen": seen,
        "entries": entries,
        "events": events,
        "transactions": by(result.transactions, "dt"),
        "daily": result.daily.drop("period_label").filter(pl.col("session").is_in(over)).rows(),
        "positions": [tuple(map(plain, r)) for r in result.positions.iter_rows() if r[0] in over],
        "recorded": [r for r in result.recorded.select("session", "start", "value").iter_rows() if r[0] in over],
    }


def _check(data: st.DataObject, seed: int, what: str, number: int, folder: Path) -> None:
    drawn_pair = pair(seed, what, number)
    market = drawn_pair.market
    kinds = data.draw(st.booleans()) and market.frequency != "1w"  # weeks have no auctions
    plan = data.draw(plans(market, kinds))
    if data.draw(st.integers(0, 3)) == 0:
        plan = replace(plan, slippage=("impact",))
    fetches, benchmark = data.draw(st.booleans()), data.draw(st.booleans())
    mix = data.draw(st.none() | mixed(market, plan))
    states = []
    for k, bundle in enumerate(drawn_pair.bundles):
        file = folder / f"{k}.csv"
        file.write_text(drawn_pair.files[k])
        fetched = str(file) if fetches else None
        if k and mix is not None:
            # a night has the rates of its own day: those of the days after the moment's are not known
            mix = replace(mix, moment=known_at(market, drawn_pair.moment))
        watcher = Watcher(market, plan, fetched, kernel_of(seed), benchmark=benchmark, mix=mix)
        try:
            result = watcher.run(bundle)
        except (MoneyOverflow, OrderTooLarge):
            reject()
        except InputError as refusal:
            # of what was drawn: more money leaves than there is, or a model fills below zero
            assert re.search("is to leave at|Use a smaller spread or impact", str(refusal))  # noqa: PT017
            reject()
        states.append(_up_to(market, drawn_pair.moment, plan, watcher, result))
    truth, spoiled = states
    for shown, expected in truth.items():
        assert spoiled[shown] == expected, shown


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the fetched files are; the two of an example are written anew."""
    return tmp_path_factory.mktemp("fetched")


@settings(max_examples=examples(50), suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(data=st.data(), seed=st.integers(0, DAILY - 1), number=st.integers(0, CUTS - 1))
def test_what_happened_up_to_a_bar_does_not_depend_on_later_days(
    folder: Path, data: st.DataObject, seed: int, number: int
) -> None:
    _check(data, seed, "1d", number, folder)


# a failing run of minutes takes minutes to shrink; what it says is enough to begin with
UNSHRUNK = (Phase.explicit, Phase.reuse, Phase.generate)


@settings(
    max_examples=examples(15), suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large], phases=UNSHRUNK
)
@given(data=st.data(), seed=st.integers(0, MINUTE - 1), number=st.integers(0, CUTS - 1))
def test_what_happened_up_to_a_bar_does_not_depend_on_later_minutes(
    folder: Path, data: st.DataObject, seed: int, number: int
) -> None:
    _check(data, seed, "1m", number, folder)


@settings(
    max_examples=examples(30), suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large], phases=UNSHRUNK
)
@given(
    data=st.data(),
    seed=st.integers(0, ODD - 1),
    what=st.sampled_from(ODD_RUNS),
    number=st.integers(0, CUTS - 1),
)
def test_what_happened_up_to_a_bar_does_not_depend_on_later_bars_of_any_length(
    folder: Path, data: st.DataObject, seed: int, what: str, number: int
) -> None:
    _check(data, seed, what, number, folder)
