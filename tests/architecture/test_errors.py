"""The tree of errors: drawn as it is, documented, and raised."""

from __future__ import annotations

import ast
import functools
import inspect
import re

import pytest

from rustybt import errors
from tests.architecture._source import modules

CLASSES = {
    name: one for name, one in vars(errors).items() if inspect.isclass(one) and one.__module__ == errors.__name__
}
LEAVES = sorted(name for name, one in CLASSES.items() if not one.__subclasses__())
LINE = re.compile(r"(?P<indent>(?:│   |    )*)[├└]── (?P<name>\w+)(?: \((?:also )?(?P<also>[\w, ]+)\))?(?:  +\S.*)?")


def drawn() -> dict[str, tuple[str, ...]]:
    """Name to bases, as the docstring of rustybt.errors draws them."""
    lines = inspect.cleandoc(errors.__doc__ or "").splitlines()
    start = next(i for i, line in enumerate(lines) if line.strip() == "RustyBTError")
    margin = len(lines[start]) - len(lines[start].lstrip())
    bases: dict[str, tuple[str, ...]] = {"RustyBTError": ("Exception",)}
    above = ["RustyBTError"]
    for line in lines[start + 1 :]:
        found = LINE.fullmatch(line[margin:].rstrip())
        if found is None:
            assert not line.strip(), f"this line of the tree can't be read: {line!r}"
            break
        depth = len(found["indent"]) // 4
        del above[depth + 1 :]
        bases[found["name"]] = (above[-1], *(found["also"].split(", ") if found["also"] else ()))
        above.append(found["name"])
    return bases


def test_the_tree_is_drawn_as_it_is():
    assert drawn() == {name: tuple(base.__name__ for base in one.__bases__) for name, one in CLASSES.items()}


@pytest.mark.parametrize("name", sorted(CLASSES))
def test_every_error_is_documented(name):
    own = vars(CLASSES[name]).get("__doc__") or ""
    assert own.strip().endswith((".", "`")) or ".\n" in own


@functools.cache
def called() -> frozenset[str]:
    """What is called or raised anywhere outside of rustybt.errors, by its last name."""
    found = set()
    for module in modules().values():
        if module.name.startswith("rustybt.errors"):
            continue
        for node in ast.walk(module.tree):
            one = node.func if isinstance(node, ast.Call) else node.exc if isinstance(node, ast.Raise) else None
            if isinstance(one, ast.Name | ast.Attribute):
                found.add(one.id if isinstance(one, ast.Name) else one.attr)
    return frozenset(found)


@pytest.mark.parametrize("name", LEAVES)
def test_every_error_is_raised_somewhere(name):
    """Called, outside of rustybt.errors: `raise X(...)`, or a function that makes one for its caller to raise."""
    assert name in called(), f"nothing in rustybt raises {name}: raise it, or take it out of the tree"
