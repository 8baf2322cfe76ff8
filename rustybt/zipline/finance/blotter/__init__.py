"""The blotter of a run: RustyBT's own value of models and cancel policy, under Zipline's names."""

from rustybt.zipline.finance.blotter.simulation_blotter import Blotter, SimulationBlotter

__all__ = ["Blotter", "SimulationBlotter"]
