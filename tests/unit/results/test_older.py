"""Results of schema 1, which said why in words only, are read with the causes of today."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl

import rustybt
from rustybt.api import cancel_policy
from tests.unit._small import DAYS, ingest


def saved_by_schema_1(folder: Path) -> tuple[rustybt.Result, Path]:
    """A result with a stop, a limit, a split and both ways to cancel, and its folder as schema 1 wrote it."""
    ingest({"A": ["10", "10", "5", "5", "5"]}, splits=[("A", DAYS[2], "1/2")])

    def initialize(context):
        context.bar = 0
        context.asset = context.symbol("A")

    def handle_data(context, data):
        if context.bar == 0:
            context.order(context.asset, 5, stop_price=9)
            context.order(context.asset, 5, limit_price=11)
            context.order(context.asset, 5, limit_price=1)
        if context.bar == 3:
            for order in context.get_open_orders(context.asset):
                context.cancel_order(order)
            context.order(context.asset, 5, limit_price=1)
        context.bar += 1

    result = rustybt.run_algorithm(
        DAYS[0], DAYS[4], initialize, 1000, handle_data, bundle="small", blotter=rustybt.SimulationBlotter(
            cancel_policy=cancel_policy.NeverCancel()
        ),
    )  # fmt: skip
    return result, as_schema_1(result, folder / "saved")


def as_schema_1(result: rustybt.Result, folder: Path) -> Path:
    """A result saved as schema 1 wrote it."""
    place = result.save(folder)
    page = json.loads((place / "result.json").read_text(encoding="utf-8"))
    page["schema"] = 1
    for name, dropped in (("order_events", ["cause", "ratio"]), ("orders", ["cause"]), ("entries", ["detail"])):
        frame = pl.read_parquet(place / f"{name}.parquet")
        if name == "order_events":
            stops = pl.when(pl.col("cause") == "stop_reached").then(pl.lit("stop")).otherwise(pl.col("reason"))
            frame = frame.with_columns(stops.alias("reason"))
        if name == "entries":
            frame = frame.with_columns(pl.coalesce(pl.col("detail").replace("exchange_fee", "exchange fee"), "reason"))
            frame = frame.with_columns(pl.col("detail").alias("reason"))
        frame.drop(dropped).write_parquet(place / f"{name}.parquet")
        import hashlib

        digest = hashlib.sha256((place / f"{name}.parquet").read_bytes()).hexdigest()
        page["frames"][name]["sha256"] = digest
    (place / "result.json").write_text(json.dumps(page), encoding="utf-8")
    return place


def test_a_result_of_schema_1_has_the_causes_of_today(tmp_path: Path) -> None:
    result, place = saved_by_schema_1(tmp_path)
    older = rustybt.Result.load(place)
    assert older.ledger_hash == result.ledger_hash
    names = ["order_id", "kind", "cause", "ratio"]
    assert older.order_events.select(names).equals(result.order_events.select(names))
    assert {"stop_reached", "limit_reached", "split", "strategy"} <= set(older.order_events["cause"])
    assert older.entries.equals(result.entries)
    assert set(older.entries.filter(pl.col("kind") == "fee")["detail"]) == {"commission"}
    assert older.orders.select("id", "cause").equals(result.orders.select("id", "cause"))
    assert older.to_pandas()["orders"].tolist() == result.to_pandas()["orders"].tolist()


def test_orders_that_a_split_or_a_close_out_cancelled_have_that_cause(tmp_path: Path) -> None:
    """Of an order for 2, three for one leaves less than a unit; the other asset ends with open orders."""
    closing = pl.DataFrame({"symbol": ["B"], "auto_close_date": [DAYS[3]]})
    ingest({"A": ["10"] * 5, "B": ["10"] * 3}, splits=[("A", DAYS[2], "3/1")], assets=closing)

    def handle_data(context, data):
        if data.current_session == DAYS[0]:
            context.order(context.symbol("A"), 2, limit_price=1)
            context.order(context.symbol("B"), 2, limit_price=1)

    keeps = rustybt.SimulationBlotter(cancel_policy=cancel_policy.NeverCancel())
    result = rustybt.run_algorithm(DAYS[0], DAYS[4], None, 1000, handle_data, bundle="small", blotter=keeps)
    assert result.orders["cause"].to_list() == ["split", "closed_out"]
    older = rustybt.Result.load(as_schema_1(result, tmp_path / "saved"))
    assert older.orders["cause"].to_list() == ["split", "closed_out"]
    assert older.order_events.equals(result.order_events)
