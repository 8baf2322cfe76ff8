"""Reading the market as of a moment. The rule against look-ahead lives here and nowhere else."""

from typing import TYPE_CHECKING

from rustybt._lazy import when_asked
from rustybt.view._axis import Axis
from rustybt.view._continuous import Continuous
from rustybt.view._data import BarData
from rustybt.view._data_class import data_class
from rustybt.view._fetched import Fetched
from rustybt.view._instrument import Instrument
from rustybt.view._market_view import MarketView
from rustybt.view._price_cache import OF_A_BAR
from rustybt.view._steps import Steps
from rustybt.view._track import Track, adjusted, finer_volume, restated
from rustybt.view._tracks import MINUTE_PREFIX_SESSIONS, Tracks

if TYPE_CHECKING:
    from rustybt.view._columns import TermSpec
    from rustybt.view._indicator_term import IndicatorTerm, SeveralTerms
    from rustybt.view._longer import grid_within
    from rustybt.view._pandas import PandasIndex
    from rustybt.view._shorter import ShorterBars
    from rustybt.view._term import Term, bars_of
    from rustybt.view._term_values import AskedTerm, name_of, values_at_bars
else:
    __getattr__ = when_asked(
        __name__,
        {
            "rustybt.view._columns": ("TermSpec",),
            "rustybt.view._indicator_term": (
                "IndicatorTerm",
                "SeveralTerms",
            ),
            "rustybt.view._longer": ("grid_within",),
            "rustybt.view._pandas": ("PandasIndex",),
            "rustybt.view._shorter": ("ShorterBars",),
            "rustybt.view._term": (
                "Term",
                "bars_of",
            ),
            "rustybt.view._term_values": (
                "AskedTerm",
                "name_of",
                "values_at_bars",
            ),
        },
    )


__all__ = [
    "MINUTE_PREFIX_SESSIONS",
    "OF_A_BAR",
    "AskedTerm",
    "Axis",
    "BarData",
    "Continuous",
    "Fetched",
    "IndicatorTerm",
    "Instrument",
    "MarketView",
    "PandasIndex",
    "SeveralTerms",
    "ShorterBars",
    "Steps",
    "Term",
    "TermSpec",
    "Track",
    "Tracks",
    "adjusted",
    "bars_of",
    "data_class",
    "finer_volume",
    "grid_within",
    "name_of",
    "restated",
    "values_at_bars",
]
