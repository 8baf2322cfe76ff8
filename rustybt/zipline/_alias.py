"""While a script runs, `import zipline` is this package; outside of it, whatever it was before."""

from __future__ import annotations

import importlib
import importlib.abc
import importlib.machinery
import importlib.util
import sys
import threading
import types
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

ALIAS = "zipline"
HOME = "rustybt.zipline"
PIPELINE = f"{ALIAS}.pipeline"
_LOCK = threading.RLock()
_depth = 0
_aside: dict[str, types.ModuleType] = {}


class _Finder:
    """Finds zipline.x where rustybt.zipline.x is."""

    @staticmethod
    def find_spec(
        name: str, _path: Sequence[str] | None = None, _target: types.ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if name != ALIAS and not name.startswith(ALIAS + "."):
            return None
        home = HOME + name[len(ALIAS) :]
        if name.startswith(PIPELINE + "."):
            getattr(importlib.import_module(HOME + ".pipeline"), name[len(PIPELINE) + 1 :])
        try:
            found = importlib.util.find_spec(home)
        except ModuleNotFoundError:
            found = None
        if found is None:
            raise ModuleNotFoundError(
                f"No module named {name!r}: rustybt.zipline has the modules that strategies use, not Zipline's inner "
                "ones. docs/coming_from_zipline.md says what stands where.",
                name=name,
            )
        return importlib.machinery.ModuleSpec(
            name, _Loader(home), is_package=found.submodule_search_locations is not None
        )


class _Loader(importlib.abc.Loader):
    """Gives the module of rustybt.zipline itself: there is one of each, whatever it is called."""

    def __init__(self, home: str) -> None:
        self._home = home
        self._spec: Any = None

    def create_module(self, _spec: importlib.machinery.ModuleSpec) -> types.ModuleType:
        module = importlib.import_module(self._home)
        self._spec = module.__spec__
        return module

    def exec_module(self, module: types.ModuleType) -> None:
        # the import system has written the alias's spec into it
        module.__spec__ = self._spec


@contextmanager
def as_zipline() -> Iterator[None]:
    """Within it, `zipline` and its modules are those of rustybt.zipline, for the whole process.

    A zipline that is installed stays as it is: its modules are set aside and put back. Scripts that run at the same
    time in other threads share the alias; it goes with the last of them.
    """
    global _depth  # noqa: PLW0603  what sys.modules holds is global too
    with _LOCK:
        _depth += 1
        if _depth == 1:
            _aside.update(_take_out())
            sys.meta_path.insert(0, _Finder)
    try:
        yield
    finally:
        with _LOCK:
            _depth -= 1
            if _depth == 0:
                sys.meta_path.remove(_Finder)
                _take_out()
                sys.modules.update(_aside)
                _aside.clear()


def _take_out() -> dict[str, types.ModuleType]:
    names = [name for name in sys.modules if name == ALIAS or name.startswith(ALIAS + ".")]
    return {name: sys.modules.pop(name) for name in names}
