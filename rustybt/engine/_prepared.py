"""A run before `initialize`: its arguments checked, its data open, its desk there."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

from rustybt._kernels import whole_steps
from rustybt.catalog import Version, catalog_root
from rustybt.core import (
    MONEY_SCALE,
    DecimalConfig,
    Notes,
    as_decimal_config,
    check_money,
    check_process,
    exact_number,
    frequency_named,
    to_scale,
)
from rustybt.engine._compat import Compat, compat_named
from rustybt.engine._currency import currency_of
from rustybt.engine._data import named_extensions, open_data
from rustybt.engine._extensions import load_extensions
from rustybt.engine._functions import Functions, functions_of, params_of
from rustybt.engine._memory import keep_freed_memory
from rustybt.engine._ruin import check_on_ruin
from rustybt.engine._setup import FREQUENCIES, axis_of, desk_of
from rustybt.errors import InputError, NotYetAvailable
from rustybt.execution import blotter_named
from rustybt.metrics import metrics_of
from rustybt.strategy import Desk, TradingAlgorithm


@dataclass(slots=True)
class Prepared:
    """What a run is made of. given: the arguments of `run_algorithm`."""

    given: Mapping[str, Any]
    desk: Desk
    context: TradingAlgorithm
    functions: Functions
    params: dict[str, Any]
    compat: Compat
    metrics: Sequence[Any]
    precision: DecimalConfig | None
    data: Version


def prepared(given: Mapping[str, Any]) -> Prepared:
    """Checks the arguments of `run_algorithm`, opens the data and makes the desk. Raises as it does."""
    g = SimpleNamespace(**given)
    check_process()
    _refuse_later(custom_loader=(g.custom_loader, None))
    _check_kinds(data_frequency=(g.data_frequency, str), emission_rate=(g.emission_rate, str), seed=(g.seed, int))
    params = params_of(g.params)
    length, data_frequency = _length_and_name(g.data_frequency)
    _check_choices(g, length)
    metrics, precision = metrics_of(g.metrics_set), as_decimal_config(g.decimals)
    functions = functions_of(g.strategy, g.initialize, g.handle_data, g.before_trading_start, g.analyze)
    compat = compat_named(g.compat)
    if g.environ is not None and not isinstance(g.environ, Mapping):
        raise InputError(f"environ={g.environ!r}: give a dict like os.environ, or nothing.")
    root = catalog_root((g.environ or os.environ).get("RUSTYBT_ROOT"))
    load_extensions(named_extensions(g.default_extension, g.extensions, root), g.strict_extensions)
    keep_freed_memory()
    data = open_data(g.bundle, g.version, g.bundle_timestamp, root)
    notes = Notes()
    axis = axis_of(data, length, g.start, g.end, g.trading_calendar, notes)
    capital = check_money(to_scale(exact_number(g.capital_base, "capital_base"), MONEY_SCALE))
    if capital <= 0:
        raise InputError(f"capital_base={g.capital_base!r}: give an amount above zero.")
    money = currency_of(data, g.currency, compat)
    models = blotter_named(g.blotter)
    desk = desk_of(data, axis, data_frequency, capital, compat, g.numbers, g.seed, models, money, g.currency, notes)
    context = TradingAlgorithm(desk, whole_steps)
    return Prepared(given, desk, context, functions, params, compat, metrics, precision, data)


def _check_choices(g: SimpleNamespace, length: str) -> None:
    if g.fill_at not in ("close", "open") or g.trigger not in ("close", "range"):
        raise InputError(
            f"fill_at={g.fill_at!r}, trigger={g.trigger!r}: choose 'close' or 'open', and 'close' or 'range'."
        )
    if g.emission_rate not in FREQUENCIES or (g.emission_rate == "minute" and frequency_named(length).by_session):
        raise InputError(f"emission_rate={g.emission_rate!r}: choose 'daily', or 'minute' in a run of minutes.")
    check_on_ruin(g.on_ruin)


def _length_and_name(data_frequency: str) -> tuple[str, str]:
    """The length of the run's bars, and what Zipline calls it where it has a name for it."""
    length = FREQUENCIES.get(data_frequency, data_frequency)
    try:
        frequency_named(length)
    except InputError as error:
        raise InputError(f"data_frequency={data_frequency!r}: choose 'daily' or 'minute', or else: {error}") from None
    return length, {name: known for known, name in FREQUENCIES.items()}.get(length, data_frequency)


def _check_kinds(**parameters: tuple[Any, type]) -> None:
    for name, (value, kind) in parameters.items():
        if not isinstance(value, kind) or isinstance(value, bool) or (isinstance(value, int) and value < 0):
            wanted = "text" if kind is str else "a whole number, 0 or more"
            raise InputError(f"{name}={value!r}: give {wanted}.")


def _refuse_later(**parameters: tuple[Any, Any]) -> None:
    for name, (value, default) in parameters.items():
        if value is not default and not (isinstance(value, str | tuple | bool) and value == default):
            raise NotYetAvailable(f"run_algorithm({name}=...) comes with a later version. Leave it out.")
