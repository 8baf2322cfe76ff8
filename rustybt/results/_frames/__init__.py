"""The frames of a run's result, made of the rows that it left behind."""

from __future__ import annotations

from rustybt.results._frames._exact_columns import column_of
from rustybt.results._frames._recorded_column import recorded_column
from rustybt.results._frames._run_frames import RunFrames
from rustybt.results._frames._run_rows import Currencies, RunRows, SlotTerms

__all__ = ["Currencies", "RunFrames", "RunRows", "SlotTerms", "column_of", "recorded_column"]
