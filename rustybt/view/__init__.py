"""Reading the market as of a moment. The rule against look-ahead lives here and nowhere else."""

from rustybt.view._axis import Axis
from rustybt.view._bar_data import BarData
from rustybt.view._continuous import Continuous
from rustybt.view._data_class import data_class
from rustybt.view._fetched import Fetched
from rustybt.view._listing import Listing, adjusted, restated
from rustybt.view._market import Market
from rustybt.view._steps import Steps

__all__ = [
    "Axis",
    "BarData",
    "Continuous",
    "Fetched",
    "Listing",
    "Market",
    "Steps",
    "adjusted",
    "data_class",
    "restated",
]
