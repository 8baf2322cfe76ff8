"""What a run tells besides its figures, through run_algorithm."""

from __future__ import annotations

import datetime as dt
import functools
import inspect
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import rustybt
from rustybt import Note
from rustybt.api import date_rules, get_datetime, get_open_orders, order, schedule_function, symbol, time_rules
from rustybt.errors import ReservedName
from rustybt.strategy import Context
from tests.unit._small import DAYS, NAMES, ingest
from tests.unit._small import run as small

WEEK = ("2010-01-04", "2010-01-08")


def codes(result: rustybt.Result) -> list[str]:
    return [note.code for note in result.notes]


def run(handle_data: Any = None, **given: Any) -> rustybt.Result:
    return rustybt.run_algorithm(*WEEK, None, 100_000, handle_data, progress=False, **given)


def test_a_run_without_an_order_says_so_and_one_with_an_order_does_not():
    assert codes(run(lambda context, data: None)) == ["no_orders"]
    assert codes(run(lambda context, data: order(symbol("AAPL"), 1))) == []


def test_a_run_without_a_strategy_says_so():
    (note,) = run().notes
    assert note.code == "no_orders"
    assert "the run was given no strategy" in note.text


def test_notes_are_saved_with_the_result_and_change_no_hash(tmp_path: Path):
    result = run(lambda context, data: None)
    result.notes = (*result.notes, Note("no_orders", "<again>", {"day": "2010-01-04"}))
    before = result.ledger_hash
    again = rustybt.Result.load(result.save(tmp_path / "run"))
    assert again.notes == result.notes
    assert again.ledger_hash == before


def test_a_result_that_was_saved_without_notes_has_none(tmp_path: Path):
    import json

    place = run(lambda context, data: order(symbol("AAPL"), 1)).save(tmp_path / "run")
    page = json.loads((place / "result.json").read_text())
    del page["notes"]
    (place / "result.json").write_text(json.dumps(page))
    assert rustybt.Result.load(place).notes == ()


def test_notes_are_printed_and_stand_in_a_notebook():
    result = run(lambda context, data: None)
    assert repr(result).endswith("0 transactions, 1 note>")
    assert str(result).splitlines()[-1].startswith("note no_orders: No order was placed")
    result.notes = (Note("no_orders", "<b>"),)
    assert "&lt;b&gt; <code>no_orders</code>" in result._repr_html_()
    result.notes = ()
    assert "<li>" not in result._repr_html_()
    assert "\nnote " not in str(result)
    assert "\nSharpe ratio" in str(result)


def test_an_asset_compared_with_a_text_is_told_once():
    def look(context: Any, data: Any) -> None:
        asset = symbol("AAPL")
        assert asset not in ["AAPL", "IBM"]
        assert asset != "AAPL"
        order(asset, 1)

    result = run(look)
    assert [(note.code, note.data) for note in result.notes] == [
        ("text_for_asset", {"asset": "AAPL", "text": "AAPL"}),
        ("text_for_asset", {"asset": "AAPL", "text": "IBM"}),
    ]
    assert "compared with 'AAPL', which is no asset" in result.notes[0].text


@pytest.mark.parametrize(
    ("look", "where"),
    [
        (lambda context: "AAPL" in context.portfolio.positions, "context.portfolio.positions"),
        (lambda context: "AAPL" in context.portfolio.current_portfolio_weights, "current_portfolio_weights"),
        (lambda context: "AAPL" in get_open_orders(), "get_open_orders()"),
        (lambda context: get_open_orders().get("AAPL", []), "get_open_orders()"),
    ],
)
def test_a_text_that_is_looked_for_among_assets_is_told(look: Any, where: str):
    def handle_data(context: Any, data: Any) -> None:
        order(symbol("AAPL"), 1)
        assert not look(context)

    assert [note.data for note in run(handle_data).notes] == [{"text": "AAPL", "where": where}]


def test_a_run_without_an_order_names_the_sets_of_texts_that_it_keeps():
    index = pytest.importorskip("pandas").Index(["AAPL", "MSFT"])

    def handle_data(context: Any, data: Any) -> None:
        context.universe, context.names, context.others = {"AAPL", "IBM"}, ["AAPL"], {"GOOG"}
        data.current(symbol("AAPL"), "price")
        if symbol("AAPL") in context.universe or symbol("AAPL") in index:
            order(symbol("AAPL"), 1)

    *others, note = run(handle_data).notes
    assert (note.code, note.data) == ("no_orders", {"texts": ["context.universe", "index"]})
    assert {other.code for other in others} <= {"text_for_asset"}  # pandas may compare
    assert "index holds symbols as texts, and an asset is never equal to a text" in note.text


def test_orders_that_never_filled_are_told_with_the_reason():
    (note,) = run(lambda context, data: order(symbol("AAPL"), 1, limit_price=1)).notes
    assert (note.code, note.data) == ("no_fills", {"orders": 5})


def test_a_generator_and_a_coroutine_are_told():
    def generator(context: Any, data: Any) -> Any:
        yield order(symbol("AAPL"), 1)

    class Waiting(rustybt.Strategy):
        def handle_data(self, context: Any, data: Any) -> Any:
            yield context.order(context.symbol("AAPL"), 1)

    def initialize(context: Any) -> None:
        schedule_function(generator)

    for result in (run(generator), run(strategy=Waiting), run(functools.partial(generator))):
        assert codes(result) == ["callback_never_ran", "no_orders"]
        assert result.notes[0].text.startswith("handle_data is a generator function")
    scheduled = rustybt.run_algorithm(*WEEK, initialize, progress=False)
    assert scheduled.notes[0].data == {"function": "the scheduled generator"}


@pytest.mark.filterwarnings("ignore:coroutine")
def test_a_coroutine_is_told():
    async def later(context: Any, data: Any) -> None:
        order(symbol("AAPL"), 1)

    assert run(later).notes[0].text.startswith("handle_data is a coroutine function")


def tokyo() -> None:
    """A bundle of minutes with a break: 09:00 to 11:30 and 12:30 to 15:00, three days."""
    minutes = [*range(9 * 60 + 1, 11 * 60 + 31), *range(12 * 60 + 31, 15 * 60 + 1)]
    stamps = [dt.datetime(2024, 3, day, at // 60, at % 60) for day in (4, 5, 6) for at in minutes]
    frame = pl.DataFrame([("A", stamp, *["10"] * 4, "100") for stamp in stamps], schema=NAMES, orient="row")
    rustybt.ingest("tokyo", frame, frequency="1m", stamp="end", tz="Asia/Tokyo", calendar="XTKS")


@pytest.mark.parametrize(
    ("rule", "at"),
    [
        (time_rules.market_open(hours=3), (12, 31)),  # 12:00
        (time_rules.market_open(hours=2, minutes=31), (12, 31)),
        (time_rules.market_open(hours=2, minutes=30), (11, 30)),
        (time_rules.market_close(hours=3), (11, 30)),  # 12:00
        (time_rules.market_close(hours=2, minutes=30), (11, 30)),  # 12:30, which is no end of a bar
        (time_rules.market_close(hours=2, minutes=29), (12, 31)),
    ],
)
def test_a_time_in_a_break_is_moved_out_of_it_and_told(rule: Any, at: tuple[int, int]):
    tokyo()
    ran: list[Any] = []

    def initialize(context: Any) -> None:
        schedule_function(lambda context, data: ran.append(get_datetime("Asia/Tokyo")), date_rules.every_day(), rule)

    how: dict[str, Any] = {"bundle": "tokyo", "data_frequency": "minute", "progress": False}
    result = rustybt.run_algorithm("2024-03-04", "2024-03-06", initialize, 1000, **how)
    assert [(moment.hour, moment.minute) for moment in ran] == [at] * 3
    in_break = rule.minutes in (180, 151) or rule == time_rules.market_close(hours=2, minutes=30)
    assert codes(result) == (["schedule_moved"] if in_break else []) + ["no_orders"]


def test_a_schedule_beyond_the_session_is_told():
    days = [dt.date(2021, 11, 24), dt.date(2021, 11, 26)]  # Wednesday, and a Friday that closes at 13:00
    opens = [dt.datetime(day.year, day.month, day.day, 14, 30, tzinfo=dt.UTC) for day in days]
    rows = [("A", opened + dt.timedelta(minutes=1), *["10"] * 4, "100") for opened in opens]
    frame = pl.DataFrame(rows, schema=NAMES, orient="row")
    rustybt.ingest("half", frame, frequency="1m", stamp="end", calendar="XNYS")

    def initialize(context: Any) -> None:
        for hours in (5, 7):
            schedule_function(five if hours == 5 else seven, None, time_rules.market_open(hours=hours))
        schedule_function(never, date_rules.month_start(22))

    def five(context: Any, data: Any) -> None: ...
    def seven(context: Any, data: Any) -> None: ...
    def never(context: Any, data: Any) -> None: ...

    how: dict[str, Any] = {"bundle": "half", "data_frequency": "minute", "progress": False}
    result = rustybt.run_algorithm(days[0], days[1], initialize, 1000, **how)
    assert [(note.code, note.data.get("function"), note.data.get("ran")) for note in result.notes[:3]] == [
        ("schedule_left_out", "five", 1),
        ("schedule_never_ran", "seven", 0),
        ("schedule_never_ran", "never", 0),
    ]


@pytest.mark.parametrize("name", ["order", "portfolio", "symbol", "rng", "datetime", "set_slippage"])
def test_a_name_of_contexts_own_can_not_be_set(name: str):
    reached = []

    def initialize(context: Any) -> None:
        setattr(context, name, 5)
        reached.append(name)

    class Mine(rustybt.Strategy):
        def initialize(self, context: Any) -> None:
            setattr(context, name, 5)

    late = {"analyze": lambda c, _: initialize(c)}
    for given in ({"initialize": initialize}, {"strategy": Mine}, {"handle_data": lambda c, d: initialize(c)}, late):
        with pytest.raises(ReservedName, match=rf"context\.{name} = 5: `{name}` is one of context's own names"):
            rustybt.run_algorithm(*WEEK, progress=False, **given)
    assert not reached


def test_a_name_that_initialize_has_set_and_meets_itself():
    def initialize(context: Any) -> None:
        context.symbol = symbol("AAPL")
        context.other = symbol("IBM")

    with pytest.raises(ReservedName, match=r"context\.symbol = Equity\("):
        rustybt.run_algorithm(*WEEK, initialize, progress=False)


def test_a_name_that_is_set_later_is_refused_at_the_line():
    def handle_data(context: Any, data: Any) -> None:
        context.bar = getattr(context, "bar", 0) + 1
        if context.bar == 3:
            context.order = order(symbol("AAPL"), 1)

    with pytest.raises(ReservedName, match=r"context\.order = 'main-1'") as caught:
        run(handle_data)
    assert [entry.name for entry in caught.traceback][-2:] == ["handle_data", "refuse"]


def test_names_of_ones_own_and_methods_taken_off_context():
    """The names that are refused are all that is refused, and a method is one like any other."""

    def initialize(context: Any) -> None:
        context.orders, context._order, context.my_symbol = [], 1, context.symbol("AAPL")
        context.buy = context.order
        assert inspect.signature(context.order) == inspect.signature(order)

    def handle_data(context: Any, data: Any) -> None:
        if not context.orders:
            context.orders.append(context.buy(context.my_symbol, 2))

    result = rustybt.run_algorithm(*WEEK, initialize, handle_data=handle_data, progress=False)
    assert result.transactions["amount"].to_list() == [2]


def test_setting_an_attribute_of_context_costs_no_call():
    assert Context.__setattr__ is object.__setattr__


def test_an_asset_without_a_bar_in_the_run_is_told():
    ingest({"A": ["8"] * 8, "B": ["9", "9"]})
    result = small(
        lambda context, data: [context.order(context.symbol(name), 1) for name in "AB"], start=DAYS[3], days=6
    )
    (note,) = [note for note in result.notes if note.code == "asset_without_bars"]
    assert note.data == {"asset": "B", "start": "2021-02-01", "end": "2021-02-02"}


def test_sessions_that_a_benchmark_lacks_are_told():
    ingest({"A": ["8"] * 4})
    returns = pl.DataFrame({"date": [DAYS[0], DAYS[3]], "return": ["0.01", "0.02"]})
    result = small(lambda context, data: context.order(context.symbol("A"), 1), days=4, benchmark_returns=returns)
    (note,) = result.notes
    assert (note.code, note.data) == ("benchmark_incomplete", {"missing": 2, "first": "2021-02-02"})


def test_returns_of_a_benchmark_on_days_that_are_no_session_are_told():
    days = [dt.date(2024, 1, day) for day in (2, 3, 4, 5, 8)]
    ingest({"A": ["8"] * 5}, days=days, calendar="XNYS")
    every = [dt.date(2024, 1, day) for day in range(2, 9)]
    returns = pl.DataFrame({"date": every, "return": ["0.01"] * 7})
    result = small(
        lambda context, data: context.order(context.symbol("A"), 1),
        start=days[0],
        end=days[-1],
        benchmark_returns=returns,
    )
    (note,) = [note for note in result.notes if note.code.startswith("benchmark")]
    assert (note.code, note.data) == ("benchmark_left_out", {"left_out": 2, "first": "2024-01-06"})
    assert result.daily["benchmark_returns"].to_list() == [Decimal("0.01")] * 5


@pytest.mark.parametrize("labels", ["first", "last"])
def test_a_return_of_a_month_counts_on_whatever_day_of_it_it_is_dated(labels):
    """The last of March 2024 is a Sunday after Good Friday, the first of January and of June are no sessions."""
    opened = [dt.date(2024, 1, 1) + dt.timedelta(days=k) for k in range(182)]
    holidays = {(1, 1), (1, 15), (2, 19), (3, 29), (5, 27), (6, 19)}
    days = [day for day in opened if day.weekday() < 5 and (day.month, day.day) not in holidays]
    ingest({"A": ["8"] * len(days)}, days=days, calendar="XNYS")
    firsts = [dt.date(2024, month, 1) for month in range(1, 8)]
    dates = firsts[:6] if labels == "first" else [day - dt.timedelta(days=1) for day in firsts[1:]]
    returns = pl.DataFrame({"date": dates, "return": ["0.01", "0.02", "0.03", "-0.01", "0", "0.05"]})
    result = small(
        lambda context, data: context.order(context.symbol("A"), 1),
        start=days[0],
        end=days[-1],
        data_frequency="1mo",
        benchmark_returns=returns,
    )
    assert [str(r.normalize()) for r in result.daily["benchmark_returns"]] == [
        "0.01",
        "0.02",
        "0.03",
        "-0.01",
        "0",
        "0.05",
    ]
    assert not [note for note in result.notes if note.code.startswith("benchmark")]
