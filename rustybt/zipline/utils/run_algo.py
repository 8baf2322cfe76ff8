"""run_algorithm, where Zipline's own module has it."""

from rustybt.zipline._extensions import load_extensions
from rustybt.zipline._run import run_algorithm

__all__ = ["load_extensions", "run_algorithm"]
