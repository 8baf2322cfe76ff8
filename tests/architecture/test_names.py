"""The public face is a list: `__all__` is what is there, sorted, and nothing else is offered."""

from __future__ import annotations

import ast
import fnmatch
import importlib

import pytest

from tests.architecture._source import ROOT, modules

LISTED = sorted(
    name
    for name, module in modules().items()
    if any(isinstance(n, ast.Assign) and ast.unparse(n.targets[0]) == "__all__" for n in module.tree.body)
)


def order_of(name: str) -> tuple[int, str]:
    """Constants, then classes, then the rest, as ruff sorts them."""
    kind = 0 if name.isupper() and len(name) > 1 else 1 if name[:1].isupper() else 2
    return kind, name


@pytest.mark.parametrize("name", LISTED)
def test_all_is_sorted_and_every_name_in_it_is_there(name):
    module = importlib.import_module(name)
    listed = list(module.__all__)
    assert listed == sorted(set(listed), key=order_of)
    assert not [one for one in listed if not hasattr(module, one)]


def test_every_package_that_offers_something_lists_it():
    """What `__init__` imports from its own files and does not mark with an underscore is in `__all__`."""
    unlisted = []
    for module in modules().values():
        if not module.is_package or module.name == "rustybt":
            continue
        offered = {
            alias.asname or alias.name
            for node in module.tree.body
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(module.name)
            for alias in node.names
        }
        listed = set(getattr(importlib.import_module(module.name), "__all__", ()))
        unlisted += [f"{module.name}.{one}" for one in offered - listed if not one.startswith("_")]
    assert not unlisted


def test_the_packages_with_a_public_face_are_found():
    assert {"rustybt", "rustybt.api", "rustybt.core", "rustybt.engine"} <= set(LISTED)


def test_execution_offers_what_a_strategy_names_of_orders_and_nothing_of_their_life():
    offered = set(dir(importlib.import_module("rustybt.api").execution))
    zipline = {"ExecutionStyle", "LimitOrder", "MarketOrder", "StopLimitOrder", "StopOrder"}
    inner = {"TRANSITIONS", "Cancel", "OrderBook", "EventRow", "OrderGate", "Replace", "advance", "terms_of"}
    assert zipline <= offered
    assert not inner & offered


def test_no_test_file_is_left_out_of_a_run_of_all(pytestconfig):
    """pytest passes over folders and files whose names match no pattern, or the wrong one, without a word."""
    left_out = pytestconfig.getini("norecursedirs")
    files = pytestconfig.getini("python_files")
    written = [path.relative_to(ROOT) for path in (ROOT / "tests").rglob("test*.py")]
    assert len(written) > 100
    for path in written:
        assert not [part for part in path.parent.parts for pattern in left_out if fnmatch.fnmatch(part, pattern)], path
        assert any(fnmatch.fnmatch(path.name, pattern) for pattern in files), path
    assert pytestconfig.getini("testpaths") == ["tests"]
    assert not {"--ignore", "--deselect", "-k"} & {
        option.partition("=")[0] for option in pytestconfig.getini("addopts")
    }
