"""Bars of weeks and months over what happens within them: restated as of their end, marked as the last day is."""

from __future__ import annotations

from typing import Any

import numpy as np

from rustybt.core import DAY_NS, Inside, folded_restated
from rustybt.view._axis import Axis
from rustybt.view._track import Track


def restated_bars(axis: Axis, daily: Track, bars: Any) -> Any:
    """The bars of an asset over its days, in the shares of each bar's end.

    What went ex after the bar's last day with a price makes the whole bar comparable with its end too.
    daily: the asset in the market of days. bars: the same bars as they are without corporate actions.
    """
    keys = daily.raw.stamps
    if not len(keys):
        return bars
    table = axis.calendar.inner
    lasts = table.last_days_of(axis.calendar.period)[np.searchsorted(table.days, keys // DAY_NS)]
    labels = lasts.astype(np.int64) * DAY_NS
    actions = [Inside(one.key, one.price, one.volume, at_end=one.in_cash) for one in daily.adjustments]
    return folded_restated(daily.raw, labels, keys, actions)


def prices_of(axis: Axis, track: Track, daily: Track | None) -> tuple[list[int] | None, bool]:
    """What `Track.align` takes as prices, and whether the columns must be at fill_scale.

    The price of a week is that of its last day. Where a split lies within a bar of the run no column is plain: at the
    bar's open prices are in other shares.
    """
    steps = axis.steps
    if steps is None:
        return None, False
    inside = [a for a in track.adjustments if not a.in_cash and 0 < a.session < len(steps.days)]
    finer = any(a.session != steps.of(steps.session_of(a.session))[0] for a in inside)
    if daily is None or not (finer or track.raw_scale != track.price_scale or daily.mark_to_fill_scale == 1):
        return None, finer
    places = [0, *(steps.of(session)[1] for session in range(axis.sessions))]
    up = daily.mark_to_fill_scale
    return [int(daily.price[place]) * up for place in places], True
