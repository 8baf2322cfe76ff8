"""What a strategy raised, as its author wants to read it: the strategy's own lines, not the engine's."""

from __future__ import annotations

import traceback


def failure_of_strategy(error: BaseException, filename: str) -> str:
    """The lines of the strategy's file that led to an error, the error, and its notes."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename == filename]
    lines = "".join(traceback.format_list(frames))
    notes = "".join(f"\n  {note}" for note in getattr(error, "__notes__", ()))
    return f"{lines}rustybt: the strategy raised {type(error).__name__}: {error}{notes}"
