"""A run before `initialize`: its arguments checked, its data open, its run there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from rustybt._kernels import Kernel, kernel_named
from rustybt.catalog import LoadedVersion
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
from rustybt.engine._callbacks import Callbacks, callbacks_of, check_arity, params_of
from rustybt.engine._compat import Compat, compat_named
from rustybt.engine._currency import currency_of
from rustybt.engine._data import named_extensions
from rustybt.engine._extensions import load_extensions
from rustybt.engine._load import FREQUENCIES, market_of
from rustybt.engine._market import Market, axis_of, tracks_on
from rustybt.engine._memory import keep_freed_memory
from rustybt.engine._resolve import check_resolve
from rustybt.engine._ruin import check_on_ruin
from rustybt.engine._setup import context_of, settings_from, state_of
from rustybt.engine._state import RunState
from rustybt.errors import InputError, NotYetAvailable
from rustybt.execution import READINGS, blotter_named
from rustybt.metrics import metrics_of
from rustybt.orders import OrderGate
from rustybt.strategy import Context, RunSettings
from rustybt.view import MarketView


@dataclass(slots=True, eq=False, repr=False)
class Prepared:
    """What a run is made of. given: the arguments of `run_algorithm`."""

    given: Mapping[str, Any]
    run: RunState
    gate: OrderGate
    settings: RunSettings
    context: Context
    callbacks: Callbacks
    params: dict[str, Any]
    compat: Compat
    metrics: Sequence[Any]
    precision: DecimalConfig | None
    market: Market

    @property
    def data(self) -> LoadedVersion:
        """The version that the run reads."""
        return self.market.data


def prepared(given: Mapping[str, Any]) -> Prepared:
    """Checks the arguments of `run_algorithm`, opens the data and makes the run. Raises as it does."""
    g = SimpleNamespace(**given)
    check_process()
    _refuse_later(custom_loader=(g.custom_loader, None))
    _check_kinds(emission_rate=(g.emission_rate, str), seed=(g.seed, int), kernel=(g.kernel, str))
    params = params_of(g.params)
    if g.fill_at not in ("close", "open") or g.trigger not in ("close", "range"):
        raise InputError(
            f"fill_at={g.fill_at!r}, trigger={g.trigger!r}: choose 'close' or 'open', and 'close' or 'range'."
        )
    _check_reading(g.same_bar, g.touch)
    check_on_ruin(g.on_ruin)
    metrics, precision = metrics_of(g.metrics_set), as_decimal_config(g.decimals)
    callbacks = callbacks_of(g.strategy, g.initialize, g.handle_data, g.before_trading_start, g.analyze, g.on_order)
    check_arity(callbacks)
    compat, kernel = compat_named(g.compat), kernel_named(g.kernel)
    if g.environ is not None and not isinstance(g.environ, Mapping):
        raise InputError(f"environ={g.environ!r}: pass a dict like os.environ, or nothing.")
    keep_freed_memory()

    def load_named(root: Path) -> None:
        load_extensions(named_extensions(g.default_extension, g.extensions, root), g.strict_extensions)

    market = g.market
    if g.data is not None:
        from rustybt.engine._market_of_data import market_for

        market = market_for(
            g.data, market, g.bundle, g.version, g.bundle_timestamp, g.data_frequency, g.trading_calendar
        )
    market = market_of(market, g.data_frequency, g.bundle, g.version, g.bundle_timestamp, g.environ, load_named)
    by_session = frequency_named(market.length).by_session
    if g.emission_rate not in FREQUENCIES or (g.emission_rate == "minute" and by_session):
        raise InputError(f"emission_rate={g.emission_rate!r}: choose 'daily', or 'minute' in a run of minutes.")
    check_resolve(g.resolve, market)
    run = _state(g, market, compat, kernel)
    settings = settings_from(blotter_named(g.blotter))
    gate, context = context_of(run, settings)
    return Prepared(given, run, gate, settings, context, callbacks, params, compat, metrics, precision, market)


def _state(g: SimpleNamespace, market: Market, compat: Compat, kernel: Kernel) -> RunState:
    notes = Notes()
    notes.restore(market.told.state())
    axis = axis_of(market, g.start, g.end, g.trading_calendar, notes)
    capital = check_money(to_scale(exact_number(g.capital_base, "capital_base"), MONEY_SCALE))
    if capital <= 0:
        raise InputError(f"capital_base={g.capital_base!r}: pass an amount above zero.")
    return state_of(
        MarketView(tracks_on(market, axis, compat)),
        market.data_frequency,
        capital,
        compat,
        g.numbers,
        g.seed,
        currency_of(market.data, g.currency, compat),
        g.currency,
        notes,
        kernel,
    )


def _check_reading(same_bar: Any, touch: Any) -> None:
    if same_bar == "interval":
        raise InputError("same_bar='interval' is three runs: call run_algorithm, or step through one of the three.")
    if same_bar not in READINGS or touch not in ("at", "through"):
        known = ", ".join(repr(name) for name in (*READINGS, "interval"))
        raise InputError(f"same_bar={same_bar!r}, touch={touch!r}: choose one of {known}, and 'at' or 'through'.")


def _check_kinds(**parameters: tuple[Any, type]) -> None:
    for name, (value, kind) in parameters.items():
        if not isinstance(value, kind) or isinstance(value, bool) or (isinstance(value, int) and value < 0):
            wanted = "text" if kind is str else "a whole number, 0 or more"
            raise InputError(f"{name}={value!r}: pass {wanted}.")


def _refuse_later(**parameters: tuple[Any, Any]) -> None:
    for name, (value, default) in parameters.items():
        if value is not default and not (isinstance(value, str | tuple | bool) and value == default):
            raise NotYetAvailable(f"run_algorithm({name}=...) comes with a later version. Leave it out.")
