"""A kernel is a value that a run is given: no module keeps one, or makes anything of one that it has not been given."""

from __future__ import annotations

import ast
import importlib

from rustybt import _kernels
from rustybt._kernels import Kernel, twins
from tests.architecture._source import Module, modules

SUPPOSED = {"rustybt.execution.simulated._history", "rustybt.execution.simulated._possible"}
"""They ask what would become of an order, or what did, with orders that no book holds."""


def outside() -> list[Module]:
    """All but the kernels themselves, and the tests that rustybt.testing ships."""
    apart = ("rustybt._kernels", "rustybt.testing")
    return [module for module in modules().values() if module.package not in apart]


def names_of_kernels(module: Module) -> set[str]:
    """What a module calls the names that it imports from rustybt._kernels."""
    return {
        alias.asname or alias.name
        for node in ast.walk(module.tree)
        if isinstance(node, ast.ImportFrom) and node.module == "rustybt._kernels"
        for alias in node.names
    }


def test_no_module_holds_a_kernel_or_what_one_makes() -> None:
    classes = {value for twin in twins().values() for value in vars(twin).values() if isinstance(value, type)}
    made = tuple(one for one in classes if one.__module__.startswith(("rustybt._kernels", "rustybt.core._rows")))
    assert len(made) > 5
    for module in outside():
        for name, value in vars(importlib.import_module(module.name)).items():
            assert not isinstance(value, (Kernel, *made)), f"{module.name}.{name}"


def test_the_classes_of_a_kernel_are_types_outside_of_it() -> None:
    """Whoever calls one of them, or asks whether a value is of it, has chosen a kernel."""
    for module in outside():
        names = names_of_kernels(module)
        for node in ast.walk(module.tree):
            if isinstance(node, ast.Call):
                called = {node.func, *node.args}
                used = {one.id for one in called if isinstance(one, ast.Name)} & names
                allowed = {"describe", "kernel_named"} | ({"WorkingOrder"} if module.name in SUPPOSED else set())
                assert used <= allowed, f"{module.name}, line {node.lineno}: {used}"


def test_one_module_of_the_engine_asks_for_a_kernel_by_name() -> None:
    """And those of what is asked without a run: measures of a series, trades of a result."""
    asks = {module.name for module in outside() if "kernel_named" in names_of_kernels(module)}
    assert asks == {"rustybt.engine._prepared", "rustybt.metrics._counted", "rustybt.results._matched"}


def test_nobody_imports_the_kernels_but_for_their_names() -> None:
    """`from rustybt import _kernels` would hide from the other tests what a module does with it."""
    offered = set(_kernels.__all__) - {"PYTHON", "twins"}
    assert offered >= {"Kernel", "describe", "kernel_named", "Books", "Rows", "WorkingOrder"}
    for module in outside():
        assert names_of_kernels(module) <= offered, module.name
        for node in ast.walk(module.tree):
            if isinstance(node, ast.ImportFrom) and node.module == "rustybt":
                assert "_kernels" not in {alias.name for alias in node.names}, module.name
