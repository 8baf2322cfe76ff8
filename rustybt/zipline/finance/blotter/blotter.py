"""What blotters are registered as, where Zipline has it."""

from rustybt.zipline.finance.blotter.simulation_blotter import Blotter

__all__ = ["Blotter"]
