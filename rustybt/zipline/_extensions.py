"""Extensions as Zipline has them: a default one, those that are named, and arguments for them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from rustybt import engine
from rustybt.errors import InputError
from rustybt.zipline._alias import as_zipline


def load_extensions(default: bool, extensions: Iterable[str], strict: bool, environ: Mapping[str, str]) -> None:
    """Executes extensions that were not executed before, the default one first; `zipline` is rustybt.zipline there.

    default: whether extension.py in ZIPLINE_ROOT (~/.zipline) is one of them, where it is there.
    extensions: paths that end in .py, or dotted module names. strict: one that fails ends the run; else it is told.
    """
    wanted = [str(one) for one in extensions]
    usual = Path(environ.get("ZIPLINE_ROOT") or Path.home() / ".zipline") / "extension.py"
    if default and usual.is_file():
        wanted.insert(0, str(usual))
    engine.load_extensions(wanted, strict, as_zipline)


class Namespace:
    """The values of -x, as attributes: `-x a.b=1` is extension_args.a.b."""

    def __repr__(self) -> str:
        return f"Namespace({vars(self)})"


extension_args = Namespace()
"""What -x has set."""


def create_args(arguments: Iterable[str], root: Namespace) -> None:
    """Sets `key=value` and `key.key=value` on the root. Raises InputError for anything else."""
    for argument in sorted(arguments, key=lambda one: len(one.partition("=")[0])):
        name, equals, value = argument.partition("=")
        path = name.split(".")
        if not equals or not all(part.isidentifier() for part in path):
            raise InputError(f"-x {argument!r}: write key=value, or key.key=value.")
        place: Any = root
        for part in path[:-1]:
            if not isinstance(getattr(place, part, None), Namespace):
                setattr(place, part, Namespace())
            place = getattr(place, part)
        setattr(place, path[-1], value)
