"""Zipline's names over RustyBT: `import rustybt.zipline as zipline`, and `from rustybt.zipline.api import ...`.

A script that was written for Zipline runs with its own import lines through `rustybt run --zipline -f FILE`.
Modules stand where Zipline has them; they hold RustyBT's own classes, with thin wrappers where pandas and floats
belong.
"""

from __future__ import annotations

from rustybt._version import __version__
from rustybt.zipline import api, assets, errors, finance, protocol, utils
from rustybt.zipline._algorithm import TradingAlgorithm
from rustybt.zipline._extensions import extension_args
from rustybt.zipline._run import run_algorithm
from rustybt.zipline.finance.blotter import Blotter
from rustybt.zipline.utils.calendar_utils import get_calendar

__all__ = [
    "Blotter",
    "TradingAlgorithm",
    "__version__",
    "api",
    "assets",
    "errors",
    "extension_args",
    "finance",
    "get_calendar",
    "protocol",
    "run_algorithm",
    "utils",
]

MODULES = (
    "rustybt.zipline.extensions",
    "rustybt.zipline.finance.blotter",
    "rustybt.zipline.finance.controls",
    "rustybt.zipline.finance.constants",
    "rustybt.zipline.finance.metrics",
    "rustybt.zipline.gens.sim_engine",
    "rustybt.zipline.finance.blotter.blotter",
    "rustybt.zipline.finance.order",
    "rustybt.zipline.finance.transaction",
    "rustybt.zipline.pipeline",
    "rustybt.zipline.utils.run_algo",
)
"""Modules that are there for a script's own imports, beside those that the shim itself imports."""
