"""What the record has of a search, and a search made of it again. Nothing of it is executed: texts are read."""

from __future__ import annotations

import ast
import datetime as dt
import hashlib
import importlib
import json
import secrets
import time
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from rustybt._version import __version__
from rustybt.engine import code_hash_of
from rustybt.errors import InputError, RegistryError
from rustybt.optimize._algorithm import Algorithm
from rustybt.optimize._bayesian import Bayesian
from rustybt.optimize._evaluate import Job
from rustybt.optimize._genetic import Genetic
from rustybt.optimize._grid import Grid
from rustybt.optimize._objective import Objective
from rustybt.optimize._optuna import OptunaSearch
from rustybt.optimize._parameters import Choice, Integer, Normal, Real
from rustybt.optimize._random_search import RandomSearch
from rustybt.optimize._sobol import Sobol
from rustybt.optimize._space import ParameterSpace

ALGORITHMS: Final = {cls.__name__: cls for cls in (Bayesian, Genetic, Grid, OptunaSearch, RandomSearch, Sobol)}
KINDS: Final[dict[str, Any]] = {"integer": Integer, "real": Real, "normal": Normal, "choice": Choice}
SAME: Final = {
    "strategy_hash": "strategy",
    "space_hash": "space",
    "algorithm": "algorithm",
    "objectives": "objective",
    "data_hash": "data",
    "run": "options of the run",
    "rustybt": "version of RustyBT",
}
"""What may not change before a search goes on, and what it is called."""
SHORT: Final = 200


def facts_of(
    job: Job, space: ParameterSpace, algorithm: Algorithm, seed: int, batch: int | None, trials: int, name: str | None
) -> dict[str, Any]:
    """What is entered when a search begins."""
    strategy = next(iter(job.callbacks.values()), None)
    named = Path(job.filename).stem if job.text is not None else getattr(strategy, "__name__", type(strategy).__name__)
    digest = (
        hashlib.sha256(job.text.encode()).hexdigest()
        if job.text is not None
        else f"{named} {code_hash_of(job.callbacks)}"
    )
    options = {key: value for key, value in sorted(job.options.items()) if value is not None and key != "seed"}
    return {
        "name": name or f"{named}-{time.strftime('%Y%m%d-%H%M%S')}-{secrets.token_hex(3)}",
        "space": json.dumps(space.described()),
        "space_hash": space.digest,
        "algorithm": repr(algorithm),
        "seed": seed,
        "batch": batch,
        "objectives": json.dumps(
            [{"is": repr(one), "name": one.name, "maximize": one.maximize} for one in job.objectives]
        ),
        "trials": trials,
        "bundle": job.market.bundle,
        "data_version": job.market.version,
        "data_hash": job.market.data.hash,
        "strategy": job.filename or f"{getattr(strategy, '__module__', '')}:{named}",
        "strategy_hash": digest,
        "run": json.dumps({key: repr(_plain(value)) for key, value in options.items()}),
        "rustybt": __version__,
    }


def refuse_changes(old: Mapping[str, Any], facts: Mapping[str, Any]) -> None:
    """Raises RegistryError naming what is another than when the search began."""
    for field, words in SAME.items():
        if old[field] != facts[field]:
            was, now = (str(one)[:SHORT] for one in (old[field], facts[field]))
            raise RegistryError(
                f"The {words} of search {old['name']!r} changed: it was {was}, and is {now}. Go on as it began, or "
                "begin another search under another name."
            )


def strategy_in(old: Mapping[str, Any]) -> Any:
    """The strategy of a search: its file, or what its module has under its name."""
    module, colon, name = old["strategy"].rpartition(":")
    if not colon or old["strategy"].endswith(".py"):
        return old["strategy"]
    try:
        return getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError):
        raise _needed(old, "strategy", old["strategy"]) from None


def space_in(old: Mapping[str, Any]) -> ParameterSpace:
    """The space of a search that has no functions."""
    described = json.loads(old["space"])
    if described["where"] or any(one.get("when") or one.get("objects") for one in described["parameters"].values()):
        raise _needed(old, "space", "a space with functions or objects")
    found: dict[str, Any] = {}
    for name, one in described["parameters"].items():
        settings = {key: value for key, value in one.items() if key not in ("kind", "when", "objects")}
        if one["kind"] == "choice":
            settings["values"] = [_value(value) for value in settings["values"]]
        found[name] = KINDS[one["kind"]](**settings)
    return ParameterSpace(found)


def algorithm_in(old: Mapping[str, Any]) -> Any:
    """The algorithm of a search, where it is one of ours."""
    made = _made(old["algorithm"], ALGORITHMS)
    if made is None:
        raise _needed(old, "algorithm", old["algorithm"])
    return made


def objectives_in(old: Mapping[str, Any]) -> list[Objective]:
    """The objectives of a search that are measures by name."""
    made = [_made(one["is"], {"Objective": Objective}, exact=True) for one in json.loads(old["objectives"])]
    if None in made:
        raise _needed(old, "objective", old["objectives"])
    return made


def options_in(old: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """The options of the runs of a search; those that are given come first."""
    found: dict[str, Any] = {}
    for name, text in json.loads(old["run"]).items():
        if name not in given:
            try:
                found[name] = ast.literal_eval(text)
            except (ValueError, SyntaxError):
                raise _needed(old, name, text) from None
    return {**found, **given}


def _needed(old: Mapping[str, Any], argument: str, told: str) -> InputError:
    return InputError(
        f"Search {old['name']!r} was begun with {told[:SHORT]}, which its record can't bring back: pass {argument}= to "
        "resume as you did to search."
    )


def _plain(value: Any) -> Any:
    """Dates as text: what a run takes as well."""
    return value.isoformat() if isinstance(value, dt.date) else value


def _value(text: Any) -> Any:
    """A value of a Choice as `described` has it."""
    return {"float": float, "Decimal": Decimal}[text["type"]](text["text"]) if isinstance(text, dict) else text


def _made(text: str, classes: Mapping[str, Any], *, exact: bool = False) -> Any:
    """The object of a text like Grid(continuous=5); None where it is no such text. exact: numbers as Decimals."""
    read = _literal if exact else ast.literal_eval
    try:
        call = ast.parse(text, mode="eval").body
        if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Name) or call.func.id not in classes:
            return None
        values = [read(one) for one in call.args]
        return classes[call.func.id](*values, **{str(one.arg): read(one.value) for one in call.keywords})
    except (SyntaxError, ValueError, TypeError):
        return None


def _literal(node: ast.expr) -> Any:
    """A number as it is written: a Decimal where it has a point."""
    value = ast.literal_eval(node)
    return str(value) if isinstance(value, float) else value
