"""`term`, `on_cross` and `on_true`, through run_algorithm."""

from __future__ import annotations

import copy
import datetime as dt
import math
import pickle
import threading
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

import rustybt
from rustybt.api import cancel_event, on_cross, on_true, order, order_target_percent, symbol, symbols, term
from rustybt.errors import HistoryWindowStartsBeforeData, InputError, RustyBTError, WrongType
from rustybt.indicators import ATR, EMA, RSI, SMA, BollingerBands, Correlation, Returns, indicator
from rustybt.view._term import Combined
from tests.unit._small import DAYS, ingest, ingest_minutes

START, END = "2004-06-01", "2005-12-30"
"""Apple's shares were split on 2005-02-28."""
type Run = Callable[..., rustybt.Result]


def run(initialize: Any, handle_data: Any = None, **options: Any) -> rustybt.Result:
    start, end = options.pop("start", START), options.pop("end", END)
    return rustybt.run_algorithm(start, end, initialize=initialize, handle_data=handle_data, **options)


def once(context: Any, data: Any) -> None:
    """Does nothing."""


def books(result: rustybt.Result) -> tuple[str, list[Any]]:
    return result.ledger_hash, result.transactions.drop("order_id").rows()


@pytest.mark.parametrize("kernel", ["rust", "python"])
def test_waking_at_a_crossing_books_what_asking_at_every_bar_does(kernel: str) -> None:
    def initialize(context: Any) -> None:
        context.asset = symbol("AAPL")
        context.fast, context.slow = [term(SMA, context.asset, window=n) for n in (5, 20)]

    def waiting(context: Any) -> None:
        initialize(context)
        on_cross(context.fast, context.slow, crossed)

    def crossed(context: Any, data: Any, direction: str) -> None:
        order_target_percent(context.asset, 1 if direction == "up" else 0)

    def asking(context: Any, data: Any) -> None:
        before, now = context.fast.history(2) - context.slow.history(2)
        if before <= 0 < now:
            crossed(context, data, "up")
        elif before >= 0 > now:
            crossed(context, data, "down")

    woken = run(waiting, kernel=kernel)
    asked = run(initialize, asking, kernel=kernel)
    assert woken.transactions.height == 19
    assert books(woken) == books(asked)


def test_waking_where_a_condition_holds_books_what_asking_at_every_bar_does() -> None:
    def initialize(context: Any) -> None:
        context.asset = symbol("AAPL")
        context.weak = (term(RSI, context.asset, window=3) < 20) & (term(Returns, context.asset) > -0.05)

    def waiting(context: Any) -> None:
        initialize(context)
        on_true(context.weak, buy)

    def buy(context: Any, data: Any) -> None:
        order(context.asset, 1)

    woken = run(waiting)
    asked = run(initialize, lambda context, data: (context.weak.now and buy(context, data)) or None)
    assert woken.orders.height > 5
    assert books(woken) == books(asked)


def test_a_function_that_waits_is_called_no_more_once_it_is_over() -> None:
    calls: list[tuple[str, dt.date]] = []

    def initialize(context: Any) -> None:
        apple = symbol("AAPL")
        rising = term(Returns, apple) > 0
        on_true(rising, lambda c, data: calls.append(("once", data.current_session)), once=True)
        context.event = on_true(rising, lambda c, data: calls.append(("event", data.current_session)), priority=-1)

    def handle_data(context: Any, data: Any) -> None:
        if data.current_session == dt.date(2004, 6, 8):
            assert cancel_event(context.event)

    run(initialize, handle_data, end="2004-06-30")
    returns = [one for one in calls if one[0] == "event"]
    assert [one for one in calls if one[0] == "once"] == [("once", returns[0][1])]
    assert returns
    assert all(day < dt.date(2004, 6, 8) for _, day in returns)
    assert calls[0] == returns[0]  # the smaller priority first


def test_a_term_of_a_minute_run_can_be_of_the_sessions_that_are_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RUSTYBT_ROOT", str(tmp_path))
    stamps = [dt.datetime(2024, 1, day, 14, 31 + k, tzinfo=dt.UTC) for day in (2, 3, 4) for k in range(5)]
    prices = {name: [str(10 + k) for k in range(15)] for name in ("open", "high", "low", "close")}
    bars = pl.DataFrame({"symbol": "A", "timestamp": stamps, **prices, "volume": 100})
    rustybt.ingest("m", bars, frequency="1m", calendar="XNYS", stamp="end")
    seen: list[tuple[float, float]] = []

    def initialize(context: Any) -> None:
        context.of_days = term(SMA, symbol("A"), window=2, frequency="1d")
        context.mixed = term(SMA, symbol("A"), "price", window=1) - context.of_days

    def handle_data(context: Any, data: Any) -> None:
        seen.append((context.of_days.now, context.mixed.now))

    run(initialize, handle_data, bundle="m", data_frequency="minute", start="2024-01-04", end="2024-01-04")
    # the closes of 2 and 3 January were 14 and 19
    assert {one for one, _ in seen} == {16.5}
    assert [other for _, other in seen[:5]] == [20 - 16.5, 21 - 16.5, 22 - 16.5, 23 - 16.5, 24 - 16.5]


def test_a_term_of_a_daily_run_can_be_of_the_weeks_that_are_over() -> None:
    """A week counts with the bar of its last session: 2005-02-18 was a Friday, 2005-02-21 a holiday."""
    seen: dict[str, tuple[float, float, list[float], list[float]]] = {}
    crossings: list[tuple[str, str]] = []

    def initialize(context: Any) -> None:
        apple = symbol("AAPL")
        context.weekly = term(SMA, apple, window=1, frequency="1w")
        context.daily = term(SMA, apple, window=1)
        context.apart = context.daily - context.weekly
        on_cross(context.daily, context.weekly, lambda c, d, way: crossings.append((str(d.current_session), way)))

    def handle_data(context: Any, data: Any) -> None:
        weekly, apart = context.weekly, context.apart
        seen[str(data.current_session)] = weekly.now, apart.now, weekly.history(2).tolist(), apart.history(3).tolist()

    result = run(initialize, handle_data, start="2005-02-14", end="2005-03-04")
    assert result.daily.height == 14
    closes = {str(day): float(close) for day, close in closes_of("AAPL", "2005-02-01", "2005-03-04")}
    for day, (weekly, apart, weeks, days) in seen.items():
        # before 2005-02-28 in the shares of then, from there on in half as many dollars
        friday = next(one for one in ("2005-03-04", "2005-02-25", "2005-02-18", "2005-02-11") if one <= day)
        before = next(one for one in ("2005-02-25", "2005-02-18", "2005-02-11", "2005-02-04") if one < friday)
        now = 0.5 if day >= "2005-02-28" else 1.0
        expected = [closes[one] * (now if one < "2005-02-28" else 1.0) for one in (before, friday)]
        assert weeks == pytest.approx(expected, rel=1e-12)
        assert weekly == weeks[-1]
        assert apart == pytest.approx(closes[day] - expected[-1], abs=1e-9)
        assert days[-1] == apart
        if day == "2005-02-22":  # what it said on the two days before: on 17 February, and on the 18th, a Friday
            assert days == pytest.approx(
                [closes["2005-02-17"] - closes["2005-02-11"], 0.0, closes[day] - closes["2005-02-18"]], abs=1e-9
            )
    assert crossings


def closes_of(name: str, start: str, end: str) -> list[tuple[dt.date, Decimal]]:
    """As they were traded, each read on its own day."""
    found: list[tuple[dt.date, Decimal]] = []

    def handle_data(context: Any, data: Any) -> None:
        found.append((data.current_session, data.current(symbol(name), "close")))

    run(None, handle_data, start=start, end=end)
    return found


def test_what_is_read_changes_nothing_and_shows_nothing_more() -> None:
    def initialize(context: Any) -> None:
        context.returns = term(Returns, symbols("AAPL", "IBM"))

    def handle_data(context: Any, data: Any) -> None:
        for found in (context.returns.now, context.returns.history(2)):
            assert found.base is None or found.base.size == found.size
            found[:] = 7
        assert (context.returns.now != 7).all()

    run(initialize, handle_data, end="2004-06-10")


def test_terms_are_computed_once_for_all_runs_on_a_market_in_any_number_of_threads() -> None:
    market = rustybt.load("sample", assets=["AAPL"], start=START, end=END)
    found: list[str] = []

    def strategy(fast: int) -> None:
        def initialize(context: Any) -> None:
            context.a, context.b = [term(SMA, symbol("AAPL"), window=n) for n in (fast, 20)]

        def handle_data(context: Any, data: Any) -> None:
            order_target_percent(symbol("AAPL"), 1 if context.a.now > context.b.now else 0)

        found.append(run(initialize, handle_data, market=market, start=None, end=None).ledger_hash)

    threads = [threading.Thread(target=strategy, args=(fast,)) for fast in (5, 7, 5, 7)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 4
    assert len(set(found)) == 2
    from rustybt.view import Tracks

    tracks = [made for made, _ in market._kept.values() if isinstance(made, Tracks)]
    assert [one.columns.computed for one in tracks if one.columns is not None] == [3]


@indicator(window="window", step=True)
def middle(values: Any, *, window: int) -> float:
    """The mean of the largest and the smallest."""
    return float(values.max() + values.min()) / 2


def remember(context: Any) -> None:
    context.terms = {
        "own": term(middle, symbol("AAPL"), window=4),
        "bands": term(BollingerBands, symbol("AAPL"), window=10),
        "apart": term(EMA, symbol("AAPL"), window=3) / 2 > term(EMA, symbol("AAPL"), window=9) / 2,
    }
    context.seen = []
    on_cross(term(SMA, symbol("AAPL"), window=2), term(SMA, symbol("AAPL"), window=5), crossed)


def crossed(context: Any, data: Any, direction: str) -> None:
    order(symbol("AAPL"), 10 if direction == "up" else -10)


def note(context: Any, data: Any) -> None:
    terms = context.terms
    context.record(own=terms["own"].now, upper=terms["bands"].upper.now, apart=float(terms["apart"].now))


def test_a_run_with_terms_goes_on_from_a_snapshot_and_a_fork(tmp_path: Path) -> None:
    whole = rustybt.Run(START, END, initialize=remember, handle_data=note)
    whole.until("2005-02-25")
    path = whole.snapshot().save(tmp_path / "one.snapshot")
    fork = whole.fork()
    again = rustybt.Run.restore(rustybt.Snapshot.load(path), initialize=remember, handle_data=note)
    results = [one.finish() for one in (whole, fork, again)]
    assert len({one.ledger_hash for one in results}) == 1
    assert results[0].transactions.height > 30
    for one in results[1:]:
        assert one.recorded.equals(results[0].recorded)


def test_windows_of_ones_own_are_restated_as_those_of_data_history_are() -> None:
    """Over a split, and in before_trading_start of its day."""
    looked: list[dt.date] = []

    def initialize(context: Any) -> None:
        context.asset = symbol("AAPL")
        context.own = term(middle, context.asset, window=4)

    def look(context: Any, data: Any) -> None:
        if not dt.date(2005, 2, 20) < data.current_session < dt.date(2005, 3, 10):
            return
        looked.append(data.current_session)
        closes = data.history(context.asset, "close", 6, "1d").to_numpy()
        expected = [(closes[k : k + 4].max() + closes[k : k + 4].min()) / 2 for k in range(3)]
        np.testing.assert_allclose(context.own.history(3), expected, rtol=1e-12)
        assert context.own.now == pytest.approx(expected[-1], rel=1e-12)

    rustybt.run_algorithm(START, END, initialize=initialize, handle_data=look, before_trading_start=look)
    assert dt.date(2005, 2, 28) in looked


@pytest.mark.parametrize("kernel", ["rust", "python"])
def test_terms_of_both_kernels_have_the_same_bits(kernel: str) -> None:
    seen: list[Any] = []

    def initialize(context: Any) -> None:
        context.terms = [term(EMA, symbol("AAPL"), window=9), term(ATR, symbol("AAPL"))]

    run(initialize, lambda context, data: seen.append([one.now.hex() for one in context.terms]), kernel=kernel)
    other: list[Any] = []
    run(initialize, lambda context, data: other.append([one.now.hex() for one in context.terms]), kernel="python")
    assert seen == other


@pytest.mark.parametrize(
    ("ask", "error", "text"),
    [
        (lambda: term("SMA", symbol("AAPL"), window=3), WrongType, "the first is an indicator"),
        (lambda: term(SMA, "AAPL", window=3), WrongType, "'AAPL' where assets are meant"),
        (lambda: term(SMA, [], window=3), WrongType, "no asset where assets are meant"),
        (lambda: term(SMA, symbol("AAPL"), 20), InputError, "Did you mean window=20"),
        (lambda: term(SMA, symbol("AAPL"), "closes", window=3), InputError, "no field 'closes'"),
        (lambda: term(ATR, symbol("AAPL"), "close"), InputError, "reads high, low, close, and no other"),
        (lambda: term(SMA, symbol("AAPL"), window=0), InputError, "1 to 1,000,000"),
        (lambda: term(SMA, symbol("AAPL")), InputError, "needs window="),
        (lambda: term(SMA, symbol("AAPL"), window=3, frequency="1m"), InputError, "the run's own bars, '1d'"),
        (lambda: term(SMA, symbol("AAPL"), window=3, frequency="2w"), InputError, "'2w' is no frequency"),
        (lambda: term(SMA, symbol("AAPL"), window=3, frequency=5), InputError, "5 is no frequency"),
        (lambda: term(Correlation, symbol("AAPL"), window=3), InputError, "needs against="),
        (lambda: term(SMA, symbol("AAPL"), window=3, against=symbol("IBM")), InputError, "no other asset"),
        (lambda: term(SMA, symbol("AAPL"), window=3).now, InputError, "was read in initialize"),
        (lambda: bool(term(SMA, symbol("AAPL"), window=3) > 1), WrongType, "ask its .now"),
        (lambda: np.array([1.0, 2.0]) * term(SMA, symbol("AAPL"), window=3), WrongType, "another term or a number"),
        (lambda: float(term(SMA, symbol("AAPL"), window=3)), WrongType, "ask its .now"),
        (lambda: term(SMA, symbol("AAPL"), window=3) + "1", WrongType, "another term or a number"),
        (lambda: term(SMA, symbol("AAPL"), window=3) & (term(RSI, symbol("AAPL")) > 1), WrongType, "take comparisons"),
        (lambda: ~term(SMA, symbol("AAPL"), window=3), WrongType, "only a comparison"),
        (
            lambda: term(SMA, symbols("AAPL", "IBM"), window=3) > term(SMA, symbols("IBM", "AAPL"), window=3),
            InputError,
            "of other assets",
        ),
        (lambda: term(SMA, symbol("AAPL"), window=3) - math.nan, InputError, "no number"),
        (lambda: term(SMA, symbol("AAPL"), window=float("nan")), InputError, "a number that is finite"),
        (lambda: term(BollingerBands, symbol("AAPL"), width=float("inf")), InputError, "a number that is finite"),
        (lambda: term(BollingerBands, symbol("AAPL")) > 3, WrongType, "several columns. Take one of them: upper"),
        (lambda: term(SMA, symbol("AAPL"), window=3) - term(BollingerBands, symbol("AAPL")), WrongType, "goes with"),
        (lambda: pickle.dumps(term(SMA, symbol("AAPL"), window=3)), WrongType, "can't be pickled or copied"),
        (lambda: copy.deepcopy(term(SMA, symbol("AAPL"), window=3)), WrongType, "Take what it says"),
        (lambda: SMA(["a", "b"], window=1), WrongType, "Pass arrays of numbers"),
        (lambda: on_true(term(SMA, symbol("AAPL"), window=3), once), WrongType, "a comparison of terms"),
        (lambda: on_true(term(SMA, symbols("AAPL", "IBM"), window=3) > 1, once), WrongType, "waits for one asset"),
        (lambda: on_cross(1, term(SMA, symbol("AAPL"), window=3), once), WrongType, "the first is a term"),
        (lambda: on_cross(term(SMA, symbol("AAPL"), window=3) > 1, 1, once), WrongType, "is a comparison"),
        (lambda: on_cross(term(SMA, symbol("AAPL"), window=3), 1, None), WrongType, "is no function"),
    ],
)
def test_bad_use_is_told(ask: Callable[[], Any], error: type[Exception], text: str) -> None:
    with pytest.raises(error, match=text):
        run(lambda context: ask() and None)


def test_a_term_is_asked_for_in_initialize_of_its_own_run() -> None:
    kept: list[Any] = []
    run(lambda context: kept.append(term(SMA, symbol("AAPL"), window=3)), end="2004-06-04")
    with pytest.raises(InputError, match="are of two runs"):
        run(lambda context: bool(kept[0] > term(SMA, symbol("AAPL"), window=3)))
    with pytest.raises(InputError, match="is of another run"):
        run(lambda context: on_cross(kept[0], 30, once) and None)
    with pytest.raises(InputError, match=r"term\(SMA\) was called after initialize"):
        run(None, lambda context, data: term(SMA, symbol("AAPL"), window=3))


def test_an_asset_of_another_bundle_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found: list[Any] = []
    run(lambda context: found.append(symbol("IBM")), end="2004-06-04")
    monkeypatch.setenv("RUSTYBT_ROOT", str(tmp_path))
    ingest({"AAA": [1, 2, 3]})
    for ask in (
        lambda: term(SMA, found[0], window=1),
        lambda: term(Correlation, symbol("AAA"), against=found[0], window=2),
    ):
        with pytest.raises(RustyBTError, match="no asset with sid 4"):
            rustybt.run_algorithm(DAYS[0], DAYS[2], initialize=lambda context, ask=ask: ask() and None, bundle="small")


def test_a_term_that_is_made_at_a_moment_computes_no_other_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """Arithmetic within handle_data is of this bar's values, not of all bars' with each bar."""
    columns: list[Any] = []
    monkeypatch.setattr(Combined, "_column", lambda self, back: columns.append(self))

    def initialize(context: Any) -> None:
        context.fast, context.slow = [term(SMA, symbol("AAPL"), window=n) for n in (2, 5)]

    def handle_data(context: Any, data: Any) -> None:
        assert ((context.fast - context.slow) / context.slow).now == (
            context.fast.now - context.slow.now
        ) / context.slow.now

    run(initialize, handle_data, end="2004-07-30")
    assert columns == []


def test_a_window_of_minutes_that_the_data_never_fill_names_its_minute(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RUSTYBT_ROOT", str(tmp_path))
    ingest_minutes({"A": [10] * 20}, dt.datetime(2021, 2, 1, tzinfo=dt.UTC))

    def initialize(context: Any) -> None:
        context.long = term(SMA, symbol("A"), window=1500)

    with pytest.raises(HistoryWindowStartsBeforeData, match="reaches to 2021-02-02 01:00:00 UTC, its first bar"):
        run(
            initialize,
            lambda context, data: context.long.now,
            start="2021-02-01",
            end="2021-02-01",
            bundle="small",
            data_frequency="minute",
        )


def test_a_window_that_the_data_never_fill_names_the_first_bar_that_does() -> None:
    def initialize(context: Any) -> None:
        context.long = term(SMA, symbol("AAPL"), window=1500)

    with pytest.raises(
        HistoryWindowStartsBeforeData, match=r"SMA\(window=1500\) has its first value.*2006-02-16, its first bar"
    ):
        run(initialize, lambda context, data: context.long.now, end="2005-01-31")


def test_an_indicator_of_ones_own_that_looks_ahead_is_refused() -> None:
    @indicator(window=3)
    def tomorrow(values: Any) -> Any:
        return np.append(values[1:], np.nan)

    @indicator(window=3)
    def all_of_them(values: Any) -> Any:
        return np.cumsum(values)

    @indicator(window=3)
    def short(values: Any) -> Any:
        return values[1:]

    @indicator(window=3)
    def before_a_rise(values: Any) -> Any:
        found = np.zeros(len(values))
        found[:-1][values[1:] > values[:-1] * 1.05] = 1
        return found

    @indicator(window=2)
    def imaginary(values: Any) -> Any:
        return values * 1j

    @indicator(window=2, step=True)
    def words(values: Any) -> Any:
        return "abc"

    for kind, error, text in (
        (before_a_rise, InputError, "changes when bars after it do"),
        (imaginary, WrongType, "return an array of numbers"),
        (words, WrongType, "return a number"),
        (tomorrow, InputError, "changes when bars after it do"),
        (all_of_them, InputError, "bars before its window of 3"),
        (short, WrongType, "returned the shape"),
    ):
        with pytest.raises(error, match=text):
            run(lambda context, kind=kind: setattr(context, "t", term(kind, symbol("AAPL"))), lambda c, d: c.t.now)


def test_arithmetic_of_terms_is_that_of_what_they_say() -> None:
    def initialize(context: Any) -> None:
        context.a, context.b = [term(SMA, symbol("AAPL"), window=n) for n in (2, 5)]
        a, b = context.a, context.b
        context.made = [a + b, a - b, a * 2, 2 * b, a / b, 1 / a, 3 - a, -a, a + Decimal("0.5"), (a - b) / b]
        context.said = [
            a > b,
            a >= b,
            a < b,
            a <= b,
            a == b,
            a != b,
            a == 1,
            (a > b) & (b > 1),
            (a > b) | (b > a),
            ~(a > b),
        ]

    def handle_data(context: Any, data: Any) -> None:
        a, b = context.a.now, context.b.now
        expected = [a + b, a - b, a * 2, 2 * b, a / b, 1 / a, 3 - a, -a, a + 0.5, (a - b) / b]
        assert [one.now for one in context.made] == expected
        said = [a > b, a >= b, a < b, a <= b, a == b, a != b, a == 1, a > b > 1, a > b or b > a, not a > b]
        assert [one.now for one in context.said] == said
        assert all(one.now is True or one.now is False for one in context.said)
        assert all(len(one.history(3)) == 3 for one in context.made)

    run(initialize, handle_data, end="2004-07-30")
