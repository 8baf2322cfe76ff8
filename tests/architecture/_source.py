"""The package as text: its modules, and what each imports, read without importing anything."""

from __future__ import annotations

import ast
import functools
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "rustybt"


@dataclass(frozen=True, slots=True)
class Module:
    """name: dotted, a package's without `__init__`."""

    name: str
    path: Path
    is_package: bool
    tree: ast.Module

    @property
    def package(self) -> str:
        """The top-level package below rustybt, or the module itself where it stands alone: rustybt.core."""
        return ".".join(self.name.split(".")[:2])


@functools.cache
def modules() -> dict[str, Module]:
    """Every module of rustybt by its dotted name."""
    found = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(ROOT).with_suffix("").parts
        is_package = parts[-1] == "__init__"
        name = ".".join(parts[:-1] if is_package else parts)
        found[name] = Module(name, path, is_package, ast.parse(path.read_text(encoding="utf-8"), str(path)))
    return found


def running(tree: ast.AST) -> Iterator[ast.AST]:
    """Every node below but what stands under `if TYPE_CHECKING:`, which never runs."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
            for other in node.orelse:
                yield other
                yield from running(other)
            continue
        yield node
        yield from running(node)


def imported(module: Module, *, types: bool = False) -> set[str]:
    """Dotted names that the module imports, at its top or in a function; `from a import b` gives a and a.b.

    types: also those that only a type checker follows.
    """
    names: set[str] = set()
    for node in ast.walk(module.tree) if types else running(module.tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return names


def named(module: Module) -> set[str]:
    """Module names in texts: how something is imported when it is first asked for."""
    texts = {n.value for n in running(module.tree) if isinstance(n, ast.Constant) and isinstance(n.value, str)}
    return texts & modules().keys()
