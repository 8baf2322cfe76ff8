"""The blotter of a run: RustyBT's own value of models and cancel policy, under Zipline's names."""

from rustybt.execution import SimulationBlotter

__all__ = ["Blotter", "SimulationBlotter"]

Blotter = SimulationBlotter
