"""What a run is made from, as its result's manifest says it: known before the first session."""

from __future__ import annotations

import sys
from typing import Any, Final

from rustybt import _version
from rustybt.core import Asset, date_of, exact_number, text_of_object
from rustybt.engine._compat import Compat
from rustybt.engine._prepared import Prepared
from rustybt.strategy import RunSettings

DEEPEST: Final = 20


def manifest_of(parts: Prepared) -> dict[str, Any]:
    """The data, the strategy, its parameters and models, and what run them. To be asked after `initialize`."""
    run, callbacks, data = parts.run, parts.callbacks, parts.data
    axis = run.market.axis
    return {
        "rustybt": _version.__version__,
        "strategy": callbacks.name,
        "strategy_sha256": callbacks.code_hash(),
        "params": {key: _plain(value) for key, value in parts.params.items()},
        "seed": run.facts.seed,
        "start": run.facts.start_date.isoformat(),
        "end": date_of(int(axis.calendar.days[axis.first_session + axis.sessions - 1])).isoformat(),
        "capital_base": str(exact_number(run.account.numbers.money(run.account.capital))),
        "currency": run.account.currency,
        "data_frequency": run.facts.environment["data_frequency"],
        "bundle": data.bundle,
        "data_version": data.id,
        "data_hash": data.hash,
        "calendar": axis.calendar.name,
        "periods": None,
        "fill_at": parts.given["fill_at"],
        "trigger": parts.given["trigger"],
        "same_bar": parts.given["same_bar"],
        "touch": parts.given["touch"],
        **({} if parts.given["resolve"] is None else {"resolve": parts.given["resolve"]}),
        "numbers": run.account.numbers.name,
        "compat": {field: getattr(parts.compat, field) for field in Compat.__dataclass_fields__},
        "benchmark": None,
        "metrics": [type(metric).__qualname__ for metric in parts.metrics],
        "slippage": text_of_object(parts.settings.slippage["equity"], repr),
        "commission": text_of_object(parts.settings.commission["equity"], repr),
        "futures_slippage": text_of_object(parts.settings.slippage["future"], repr),
        "futures_commission": text_of_object(parts.settings.commission["future"], repr),
        **_of_assets(parts.settings),
        **({} if parts.settings.latency is None else {"latency": repr(parts.settings.latency)}),
        "cancel_policy": text_of_object(parts.settings.cancel_policy, repr),
        "kernel": run.kernel.name,
        "python": ".".join(map(str, sys.version_info[:3])),
    }


def _of_assets(settings: RunSettings) -> dict[str, Any]:
    """By name of the setting, the models of assets that have one of their own; nothing where none has."""
    told = {}
    for name, models in (("slippage", settings.slippage), ("commission", settings.commission)):
        own = {of.key: text_of_object(model, repr) for of, model in models.items() if isinstance(of, Asset)}
        if own:
            told[f"assets_{name}"] = own
    return told


def _plain(value: Any, depth: int = 0) -> Any:
    """A parameter as JSON can hold it; what holds itself, down to some depth."""
    if depth > DEEPEST:
        return text_of_object(value)
    if isinstance(value, bool | int | str | float | None):
        return value
    if isinstance(value, list | tuple):
        return [_plain(item, depth + 1) for item in value]
    if isinstance(value, dict):
        return {text_of_object(key): _plain(item, depth + 1) for key, item in value.items()}
    return text_of_object(value)
