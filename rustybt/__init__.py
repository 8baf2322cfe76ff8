"""RustyBT: backtesting on exact books, with Zipline's strategy API.

>>> import rustybt
>>> result = rustybt.run_algorithm(  # doctest: +SKIP
...     "2010-01-04", "2012-12-31", strategy=MyStrategy, capital_base=100_000
... )
"""

# This file must parse on old Pythons, so that they are refused in words; what it imports need not.
import sys

if sys.version_info < (3, 12):  # noqa: UP036 - a checkout on PYTHONPATH meets no installer
    raise ImportError(
        "RustyBT needs CPython 3.12 or newer, and this is Python {}.{}.{} ({}). "
        "Run it with a newer one, as in: python3.12 -m rustybt --version".format(*sys.version_info[:3], sys.executable)
    )

import types
from typing import TYPE_CHECKING, Any

from rustybt._version import __version__

if TYPE_CHECKING:
    from rustybt.catalog import clean, list_bundles, open_version
    from rustybt.core import Asset, DecimalConfig, Explanation, Note, Order, OrderEvent
    from rustybt.engine import Compat, Market, Run, Snapshot, load, load_data, run, run_algorithm, run_async
    from rustybt.execution import SimulationBlotter, register_blotter
    from rustybt.ingest import (
        cached,
        dollar_bars,
        ingest,
        ingest_sample,
        preview,
        quality,
        tick_bars,
        validate,
        volume_bars,
    )
    from rustybt.results import Result
    from rustybt.strategy import Context, Position, Strategy, Trigger
    from rustybt.view import BarData
    from rustybt.zipline.reader import ingest_zipline

__all__ = [
    "Asset",
    "BarData",
    "Compat",
    "Context",
    "DecimalConfig",
    "Explanation",
    "Market",
    "Note",
    "Order",
    "OrderEvent",
    "Position",
    "Result",
    "Run",
    "SimulationBlotter",
    "Snapshot",
    "Strategy",
    "Trigger",
    "__version__",
    "cached",
    "clean",
    "dollar_bars",
    "ingest",
    "ingest_sample",
    "ingest_zipline",
    "list_bundles",
    "load",
    "load_data",
    "open_version",
    "preview",
    "quality",
    "register_blotter",
    "run",
    "run_algorithm",
    "run_async",
    "tick_bars",
    "validate",
    "volume_bars",
]

_HOMES = {
    "Asset": "rustybt.core",
    "BarData": "rustybt.view",
    "Compat": "rustybt.engine",
    "Context": "rustybt.strategy",
    "DecimalConfig": "rustybt.core",
    "Explanation": "rustybt.core",
    "Market": "rustybt.engine",
    "Note": "rustybt.core",
    "Order": "rustybt.core",
    "OrderEvent": "rustybt.core",
    "Position": "rustybt.strategy",
    "Result": "rustybt.results",
    "Run": "rustybt.engine",
    "SimulationBlotter": "rustybt.execution",
    "Snapshot": "rustybt.engine",
    "Strategy": "rustybt.strategy",
    "Trigger": "rustybt.strategy",
    "cached": "rustybt.ingest",
    "clean": "rustybt.catalog",
    "dollar_bars": "rustybt.ingest",
    "ingest_sample": "rustybt.ingest",
    "ingest_zipline": "rustybt.zipline.reader",
    "list_bundles": "rustybt.catalog",
    "load": "rustybt.engine",
    "load_data": "rustybt.engine",
    "open_version": "rustybt.catalog",
    "preview": "rustybt.ingest",
    "quality": "rustybt.ingest",
    "register_blotter": "rustybt.execution",
    "run": "rustybt.engine",
    "run_algorithm": "rustybt.engine",
    "run_async": "rustybt.engine",
    "tick_bars": "rustybt.ingest",
    "validate": "rustybt.ingest",
    "volume_bars": "rustybt.ingest",
}
"""Where each public name lives; it is imported when it is first asked for, so that `import rustybt` stays light."""


_MODULES = (
    "api",
    "calendars",
    "catalog",
    "diagnostics",
    "errors",
    "execution",
    "indicators",
    "live",
    "metrics",
    "sources",
    "testing",
    "validation",
    "zipline",
)
"""The public modules, which are imported when they are first asked for too."""


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None and name not in _MODULES:
        raise AttributeError(f"module 'rustybt' has no attribute {name!r}")
    import importlib

    if home is None:
        try:
            return importlib.import_module(f"rustybt.{name}")
        except ModuleNotFoundError as error:  # help() goes through all names, and stops at any other error
            raise AttributeError(f"rustybt.{name} needs {error.name}, which is not installed.") from error
    value = getattr(importlib.import_module(home), name)
    globals()[name] = value
    return value


def load_ipython_extension(shell: Any) -> None:
    """What `%load_ext rustybt` calls: the magic `%%rustybt` runs the strategy of a cell."""
    from rustybt.cli import load_magic

    load_magic(shell)


def __dir__() -> list[str]:
    return sorted([*__all__, *_MODULES])


class _Package(types.ModuleType):
    """`rustybt.ingest` is the function, also after the sub-package of that name was imported."""

    @property
    def ingest(self) -> Any:
        from rustybt.ingest import ingest

        return ingest

    @ingest.setter
    def ingest(self, _package: types.ModuleType) -> None:
        # the import system binds the sub-package here; it is found in sys.modules without that
        pass


sys.modules[__name__].__class__ = _Package
