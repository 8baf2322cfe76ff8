"""What a script records: values of any kind, which the frame shows as they are."""

from __future__ import annotations

from typing import Any, Final

from rustybt.metrics import ALWAYS_ZERO, BENCHMARK_STATISTICS, STATISTICS
from rustybt.zipline._pandas import pandas

STAYS: Final = frozenset((*STATISTICS, *BENCHMARK_STATISTICS, *ALWAYS_ZERO, "trading_days", "period_label"))
"""Columns that a recorded name does not hide: Zipline puts them into its rows after the records."""
NAN: Final = float("nan")


class Recorded:
    """The recorded names. last: their values now."""

    __slots__ = ("_by_session", "last")

    def __init__(self) -> None:
        self.last: dict[Any, Any] = {}
        self._by_session: dict[int, dict[Any, Any]] = {}

    def add(self, session: int, args: tuple[Any, ...], named: dict[str, Any]) -> None:
        """Keeps values, for a session and those after it. A positional name without a value is passed over."""
        day = self._by_session.get(session)
        if day is None:
            day = self._by_session[session] = {}
        day.update(zip(args[::2], args[1::2], strict=False))
        day.update(named)
        self.last.update(day)

    def over(self, frame: Any) -> Any:
        """A performance frame with a column for each name: from its first value on, each until the next one.

        A name that the frame has hides its column from then on.
        """
        if not self.last:
            return frame
        pd = pandas()
        columns = {name: frame[name] for name in frame.columns}
        for name in self.last:
            if name in STAYS and name in columns:
                continue
            values = list(columns[name]) if name in columns else [NAN] * len(frame)
            known, value = False, None
            for session in range(len(frame)):
                day = self._by_session.get(session, {})
                if name in day:
                    known, value = True, day[name]
                if known:
                    values[session] = value
            columns[name] = pd.Series(values, index=frame.index)
        return pd.DataFrame(columns, index=frame.index)
