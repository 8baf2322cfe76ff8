"""The names of Zipline are there: those of zipline.api compared with zipline-reloaded's, in a process of its own."""

from __future__ import annotations

import importlib.util
import inspect
import json
import os
import subprocess
import sys

import pytest

import rustybt.api
from rustybt.zipline import api

PIPELINE = {"attach_pipeline", "pipeline_output"}
"""Refused with a message, until there are pipelines."""
NOT_ZIPLINES = {
    "attach_exits",
    "bracket_order",
    "broker",
    "cancel_event",
    "cancel_orders",
    "close_all",
    "close_position",
    "convert_currency",
    "explain",
    "modify_order",
    "oco",
    "on_cross",
    "on_event",
    "on_price_threshold",
    "on_time_interval",
    "on_true",
    "set_account",
    "set_borrow",
    "set_financing",
    "set_latency",
    "set_rollover",
    "order_target_percents",
    "term",
}
"""Zipline's cash knows no currency, and its orders are placed one by one: its scripts have no use for these. It calls
functions by its schedule only."""
ASK = """
import inspect, json, warnings
warnings.simplefilter("ignore")
import zipline.api as api
names = [name for name in dir(api) if not name.startswith("_")]
functions = {name: getattr(api, name) for name in names if inspect.isfunction(getattr(api, name))}
functions = {name: list(inspect.signature(function).parameters)[1:] for name, function in functions.items()}
print(json.dumps([names, functions]))
"""


@pytest.fixture(scope="module")
def theirs() -> tuple[list[str], dict[str, list[str]]]:
    """The names of zipline.api, and the parameters of its functions."""
    if importlib.util.find_spec("zipline") is None and not os.environ.get("CI"):
        pytest.skip("zipline-reloaded is not installed: uv sync --group parity")
    done = subprocess.run([sys.executable, "-c", ASK], capture_output=True, text=True, check=True)
    names, functions = json.loads(done.stdout.splitlines()[-1])
    return names, functions


@pytest.mark.parity
def test_all_names_of_zipline_api_are_there(theirs: tuple[list[str], dict[str, list[str]]]) -> None:
    names, functions = theirs
    assert set(names) == set(api.__all__)
    assert len(functions) == 35
    assert functions.keys() >= PIPELINE


@pytest.mark.parity
def test_the_functions_have_zipline_s_parameters(theirs: tuple[list[str], dict[str, list[str]]]) -> None:
    def parameters(name: str) -> list[str]:
        return list(inspect.signature(getattr(api, name)).parameters)

    assert {name: parameters(name) for name in theirs[1]} == theirs[1]


def test_the_functions_of_rustybt_api_are_all_there() -> None:
    ours = {name for name in rustybt.api.__all__ if inspect.isfunction(getattr(rustybt.api, name))}
    assert ours - set(api.__all__) == NOT_ZIPLINES
