"""Public signatures are as recorded in signatures.txt: they change on purpose or not at all.

After a change that is meant: `./dev uv run python -m tests.architecture.test_signatures`, then read the diff.
"""

from __future__ import annotations

import importlib
import inspect
import types
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

RECORDED = Path(__file__).with_name("signatures.txt")
PUBLIC = ("rustybt", "rustybt.api")
PLAIN = (int, float, str, tuple, Decimal, types.NoneType)


@dataclass(frozen=True)
class TypeOf:
    """Stands for a default whose repr is another on each machine."""

    value: object

    def __repr__(self) -> str:
        return f"<{type(self.value).__name__}>"


def signature_of(value: object) -> str:
    """Parameters and result as written. A default that is no plain value, such as os.environ, is shown by its type."""
    try:
        signature = inspect.signature(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return ""
    shown = [
        one if one.default is one.empty or isinstance(one.default, PLAIN) else one.replace(default=TypeOf(one.default))
        for one in signature.parameters.values()
    ]
    return str(signature.replace(parameters=shown))


def lines_of(path: str, value: object) -> Iterator[str]:
    """One line a function, class, public method or property; modules name by name."""
    if inspect.ismodule(value):
        for name in getattr(value, "__all__", ()):
            yield from lines_of(f"{path}.{name}", getattr(value, name))
    elif inspect.isclass(value):
        yield f"class {path}{signature_of(value)}"
        for name in sorted(dir(value)):
            member = inspect.getattr_static(value, name)
            if name.startswith("_") or not defined_by_us(value, name):
                continue
            if isinstance(member, property):
                yield f"{path}.{name}: {signature_of(member.fget).partition(' -> ')[2]}"
            elif isinstance(member, types.FunctionType | classmethod | staticmethod):
                yield f"{path}.{name}{signature_of(getattr(value, name))}"
            else:
                yield f"{path}.{name}"
    elif callable(value):
        yield f"{path}{signature_of(value)}"
    else:
        yield f"{path}: {type(value).__name__}"


def defined_by_us(owner: type, name: str) -> bool:
    home = next(base for base in owner.__mro__ if name in vars(base))
    return home.__module__.startswith("rustybt")


def current() -> str:
    """What the package offers now, in the form of signatures.txt."""
    lines = []
    for home in PUBLIC:
        module = importlib.import_module(home)
        for name in module.__all__:
            lines += lines_of(f"{home}.{name}", getattr(module, name))
    return "\n".join(lines) + "\n"


def test_public_signatures_are_as_recorded():
    recorded, now = RECORDED.read_text(encoding="utf-8").splitlines(), current().splitlines()
    gone = [f"- {line}" for line in recorded if line not in now]
    new = [f"+ {line}" for line in now if line not in recorded]
    assert not gone + new, f"{inspect.cleandoc(__doc__ or '').splitlines()[2]}\n" + "\n".join(gone + new)
    assert recorded == now


if __name__ == "__main__":
    RECORDED.write_text(current(), encoding="utf-8", newline="\n")
