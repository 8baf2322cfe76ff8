"""Strategies that searches in other processes can import."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path
from typing import Any

import rustybt
from rustybt.api import order_target_percent, symbol
from rustybt.optimize import Integer, ParameterSpace

SPAN = {"start": "2009-01-02", "end": "2009-03-31"}


def below(point: dict[str, Any]) -> bool:
    return bool(point["fast"] < point["slow"])


def space() -> ParameterSpace:
    return ParameterSpace(fast=Integer(2, 12), slow=Integer(5, 30), where=below)


class Cross(rustybt.Strategy):
    """In where the average of the last few closes is above that of more."""

    def initialize(self, context: Any, fast: int, slow: int) -> None:
        context.fast, context.slow = fast, slow
        context.stock = symbol("IBM")

    def handle_data(self, context: Any, data: Any) -> None:
        closes = data.history(context.stock, "close", context.slow, "1d")
        order_target_percent(context.stock, 1 if closes[-context.fast :].mean() > closes.mean() else 0)


class DiesOnce(Cross):
    """Kills its process on the first trial that comes to it; the file says that it has."""

    def initialize(self, context: Any, fast: int, slow: int, mark: str) -> None:
        super().initialize(context, fast, slow)
        if not Path(mark).exists():
            Path(mark).write_text("killed")
            os.kill(os.getpid(), signal.SIGKILL)


class Troubled(rustybt.Strategy):
    """Does what its parameter says."""

    def initialize(self, context: Any, way: str) -> None:
        context.way = way
        if way == "dies":
            os.kill(os.getpid(), signal.SIGKILL)
        if way == "sleeps":
            time.sleep(60)
        if way == "grows":
            context.much = bytearray(4 * 2**30)
        if way == "exits":
            raise SystemExit("on purpose")
        if way == "raises":
            raise ValueError("on purpose")

    def handle_data(self, context: Any, data: Any) -> None:
        order_target_percent(symbol("IBM"), 1)


class Sleeps(rustybt.Strategy):
    """Says which process it is in, and stays there."""

    def initialize(self, context: Any, pid: str) -> None:
        Path(pid).write_text(str(os.getpid()))
        time.sleep(60)


class Takes(rustybt.Strategy):
    """Takes any parameters."""

    def initialize(self, context: Any, **given: Any) -> None:
        context.given = given

    def handle_data(self, context: Any, data: Any) -> None:
        order_target_percent(symbol("IBM"), 1)


def buy(context: Any, data: Any) -> None:
    order_target_percent(symbol("IBM"), 1)


def infinite(result: Any) -> float:
    return float("inf")


def profit(result: Any) -> Any:
    return result.metrics["pnl"]
