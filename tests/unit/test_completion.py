"""What `dir` offers, and the tab key in IPython with it: all that a user can reach, and nothing else."""

from __future__ import annotations

import importlib
import types
from typing import Any

import pytest

import rustybt
import rustybt.errors

MODULES = [name for name in dir(rustybt) if isinstance(getattr(rustybt, name), types.ModuleType)]


def keep_both(kept: dict[str, Any]) -> Any:
    def handle_data(context: Any, data: Any) -> None:
        context.mine = 1
        kept.update(context=context, data=data)

    return handle_data


@pytest.fixture(scope="module")
def objects() -> dict[str, Any]:
    kept: dict[str, Any] = {}
    kept["result"] = rustybt.run(keep_both(kept), start="2010-01-04", end="2010-01-05")
    return kept


def test_rustybt_offers_its_names_and_its_modules() -> None:
    assert set(rustybt.__all__) <= set(dir(rustybt))
    assert {"api", "catalog", "errors", "metrics", "sources", "testing"} <= set(MODULES)


@pytest.mark.parametrize("name", [name for name in MODULES if name not in ("errors", "zipline")])
def test_a_public_module_offers_what_it_lists(name: str) -> None:
    module = importlib.import_module(f"rustybt.{name}")
    assert set(module.__all__) <= set(dir(module))
    rest = set(dir(module)) - set(module.__all__)
    assert all(isinstance(getattr(module, one), types.ModuleType) and one[0] != "_" for one in rest)


def test_errors_offers_all_errors_and_nothing_else() -> None:
    offered = [getattr(rustybt.errors, name) for name in dir(rustybt.errors)]
    assert rustybt.errors.SymbolNotFound in offered
    assert all(issubclass(one, rustybt.errors.RustyBTError) for one in offered)


@pytest.mark.parametrize(
    ("what", "offered", "hidden"),
    [
        ("result", {"daily", "metrics", "plot", "ledger_hash", "save"}, {"tell_when_saved", "written_report"}),
        ("context", {"portfolio", "account", "order_target", "symbol", "mine"}, {"_state", "_gate"}),
        ("data", {"current", "history", "can_trade", "is_stale"}, {"now_ns", "exact_value"}),
    ],
)
def test_the_tab_key_shows_no_internals(
    what: str, offered: set[str], hidden: set[str], objects: dict[str, Any]
) -> None:
    completer = pytest.importorskip("IPython.core.completer")
    tab = completer.IPCompleter(namespace=objects, global_namespace={})
    with completer.provisionalcompleter():
        names = {one.text for one in tab.completions(f"{what}.", len(what) + 1)}
    assert offered <= names
    assert not {name for name in names if name.startswith("_")} | (names & hidden)
    assert all(hasattr(objects[what], name) for name in hidden)
