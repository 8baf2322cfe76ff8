"""A result that was saved finds the bars of its run again: what it tells is what it told before."""

from __future__ import annotations

import datetime as dt
import json
import os
import pickle
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import exchange_calendars
import pytest

import rustybt
from rustybt.api import bracket_order, execution, latency, order, set_latency, symbol
from rustybt.errors import ResultCorrupt, ResultError
from tests.unit._small import DAYS, ingest, ingest_minutes, run

YEAR = {"start": "2010-01-04", "end": "2010-04-15"}


def trade(context: Any, data: Any) -> None:
    """Orders of many kinds, over and over."""
    if not context.get_open_orders():
        bracket_order(symbol("AAPL"), 10, take_profit=execution.Percent(5), stop_loss=execution.Percent(3))
        order(symbol("IBM"), 5, style=execution.TrailingStopOrder(percent=2))
        order(symbol("MSFT"), -7, limit_price=30, time_in_force="day", tag="short")


def slowly(context: Any) -> None:
    set_latency(latency.Latency(network="1s", broker=["20s", "70s"]))


def of_minutes() -> rustybt.Result:
    ingest_minutes({"A": [10, 11, 12, 9, 10, 11] * 4}, dt.datetime(2021, 2, 1, 14, 30, tzinfo=dt.UTC))

    def handle_data(context: Any, data: Any) -> None:
        if not context.get_open_orders():
            order(symbol("A"), 3, limit_price=10)

    return rustybt.run_algorithm(
        initialize=slowly, handle_data=handle_data, bundle="small", data_frequency="minute", trigger="range"
    )


RUNS: dict[str, Callable[[], rustybt.Result]] = {
    "days": lambda: rustybt.run(trade, **YEAR, trigger="range"),
    "days at the close": lambda: rustybt.run(trade, **YEAR, same_bar="path:nearest", touch="through", trigger="range"),
    "weeks": lambda: rustybt.run(trade, **YEAR, data_frequency="1w"),
    "months": lambda: rustybt.run(trade, **YEAR, data_frequency="1mo", trigger="range"),
    "a calendar by name": lambda: rustybt.run(trade, **YEAR, trading_calendar="24/7"),
    "a calendar at hand": lambda: rustybt.run(
        trade, **YEAR, trading_calendar=exchange_calendars.get_calendar("XNYS", start="2009-01-02", end="2011-12-30")
    ),
    "a market with bounds": lambda: rustybt.run(
        trade, market=rustybt.load("sample", start="2010-01-04", end="2010-06-30"), **YEAR
    ),
    "compat": lambda: rustybt.run(trade, **YEAR, compat="zipline"),
    "minutes and latency": of_minutes,
}


def told(result: rustybt.Result) -> dict[str, Any]:
    """All that needs the bars of a run."""
    explained = [result.explain(one) for one in result.orders["id"][:12]]
    return {
        "explained": [(str(one), one.frame.rows(), one.models) for one in explained],
        "held": result.buy_and_hold.rows(),
        "shortfall": result.shortfall.rows(),
        "diagnostics": (str(result.diagnostics), result.diagnostics.not_made),
        "prices": result.report(sections=["prices"]).html,
        "text": str(result),
    }


@pytest.mark.parametrize("name", RUNS)
def test_what_needs_the_bars_of_the_run_is_told_by_a_saved_result_and_by_a_copy(name: str, tmp_path: Path) -> None:
    result = RUNS[name]()
    assert result.orders.height
    whole = told(result)
    loaded = rustybt.Result.load(result.save(tmp_path / "one"))
    assert told(loaded) == whole
    assert told(pickle.loads(pickle.dumps(result))) == whole
    # saved once more, of what was loaded and copied
    again = rustybt.Result.load(pickle.loads(pickle.dumps(loaded)).save(tmp_path / "two"))
    assert told(again) == whole


def test_another_process_explains_an_order_of_a_saved_result(tmp_path: Path) -> None:
    result = RUNS["days"]()
    place = result.save(tmp_path / "run")
    script = f"import rustybt; print(rustybt.Result.load({str(place)!r}).explain('main-2'))"
    found = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert found.stdout.rstrip("\n") == str(result.explain("main-2"))


def small() -> rustybt.Result:
    ingest({"A": [10, 11, 12, 13]})
    return run({0: lambda context, data: order(symbol("A"), 1)}, days=4)


def test_the_data_are_found_in_a_catalog_that_was_moved(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    result = small()
    place, whole = result.save(tmp_path / "run"), told(result)
    shutil.move(os.environ["RUSTYBT_ROOT"], tmp_path / "moved")
    lost = rustybt.Result.load(place)
    with pytest.raises(ResultError, match=r"are gone: version .* is not in .*\. Set RUSTYBT_ROOT to the catalog"):
        lost.explain("main-1")
    with pytest.raises(ResultError, match="bars of the run are gone"):
        lost.run_bars()
    monkeypatch.setenv("RUSTYBT_ROOT", str(tmp_path / "moved"))
    assert told(rustybt.Result.load(place)) == whole


def test_other_data_of_the_same_name_are_not_taken_for_the_run_s(tmp_path: Path) -> None:
    result = small()
    place, version = result.save(tmp_path / "run"), result.manifest["data_version"]
    page = json.loads((place / "result.json").read_text(encoding="utf-8"))
    page["looks_back"]["market"]["hash"] = "0" * 64
    (place / "result.json").write_text(json.dumps(page), encoding="utf-8")
    with pytest.raises(ResultError, match=f"version {version} of bundle 'small', with the data of hash 0000"):
        rustybt.Result.load(place).run_bars()


def test_a_page_that_was_changed_is_told(tmp_path: Path) -> None:
    place = small().save(tmp_path / "run")
    page = json.loads((place / "result.json").read_text(encoding="utf-8"))
    for change in ({"market": None}, {"triggers": []}):
        changed = page | {"looks_back": page["looks_back"] | change}
        (place / "result.json").write_text(json.dumps(changed), encoding="utf-8")
        with pytest.raises(ResultCorrupt, match="can't be read"):
            rustybt.Result.load(place).run_bars()


def test_other_bars_than_the_run_went_over_are_refused(tmp_path: Path) -> None:
    place = small().save(tmp_path / "run")
    page = json.loads((place / "result.json").read_text(encoding="utf-8"))
    page["looks_back"]["market"]["end"] = DAYS[2].isoformat()
    (place / "result.json").write_text(json.dumps(page), encoding="utf-8")
    with pytest.raises(ResultError, match="has other bars"):
        rustybt.Result.load(place).run_bars()
