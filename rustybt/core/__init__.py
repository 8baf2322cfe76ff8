"""Frozen values that every step knows: numbers, stamps, assets, actions, orders."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rustybt._lazy import when_asked
from rustybt.core._actions import CashDividend, FundingRate, Split, StockDividend
from rustybt.core._assets import (
    ASSET_TYPES,
    ETF,
    WITHOUT_VOLUME,
    Asset,
    ContinuousFuture,
    CryptoSpot,
    Equity,
    Forex,
    Future,
    Index,
    Perpetual,
    when_compared,
)
from rustybt.core._causes import Cause
from rustybt.core._cost import cost_per_unit
from rustybt.core._costs import COST_OF_ENTRY, TAXES, CostKind, Priced, PriceParts, cut_parts
from rustybt.core._decimal_config import PRESETS, ROUNDINGS, DecimalConfig, Precision, as_decimal_config
from rustybt.core._disk import check_regular, replacing, writing
from rustybt.core._extras import pandas
from rustybt.core._fees import Fee, FeeInKind, FeeKind
from rustybt.core._fixed import (
    EXACT,
    EXTRA_PRICE_DECIMALS,
    MONEY_LIMIT,
    MONEY_SCALE,
    POWERS,
    RATIO_SCALE,
    Number,
    as_decimal,
    as_plain_decimal,
    check_money,
    converted_half_even,
    div_half_even,
    exact_number,
    rescale_exact,
    rescale_half_even,
    scaled,
    scaled_float,
    to_scale,
)
from rustybt.core._folded import Folded
from rustybt.core._forks import check_process
from rustybt.core._frequency import Frequency, frequency_named
from rustybt.core._html import facts_html, grid_html
from rustybt.core._lock import released, taken
from rustybt.core._moment import Moment, Phase
from rustybt.core._notes import NOTE_CODES, Note, Notes, as_facts
from rustybt.core._order_steps import OrderStep
from rustybt.core._order_words import kind_of
from rustybt.core._orders import Order, OrderEvent, OrderEventKind, OrderStatus, Transaction, order_later
from rustybt.core._pairs import PAIR_KINDS, currencies_of_pair, whole_currency
from rustybt.core._reports import Report, report_of_cancel, report_of_replacement
from rustybt.core._root import ROOT_VARIABLE, data_root
from rustybt.core._rows import Columns, Rows
from rustybt.core._scalar import Scalar
from rustybt.core._scratch import Scratch, hold, scratch_folder
from rustybt.core._surroundings import in_notebook, on_terminal
from rustybt.core._terms import MARKET_TERMS, Auction, OrderTerms, TimeInForce, Trail, terms_from
from rustybt.core._texts import text_of_object
from rustybt.core._ticks import level_of, tick_at, trailed, whole_ticks
from rustybt.core._time import (
    DAY_NS,
    MINUTE_NS,
    NS,
    DateLike,
    date_of,
    datetime_of,
    day_of,
    parse_date,
    parse_moment,
    time_zone,
)

# what makes frames and arrays: a command that only reads the index imports neither Polars nor NumPy
if TYPE_CHECKING:
    from rustybt.core._cached_bars import CachedBars
    from rustybt.core._date_edges import date_edges
    from rustybt.core._explanation import Explanation
    from rustybt.core._folding import Inside, folded, folded_restated, picked
    from rustybt.core._frames import (
        MAX_DIGITS,
        UTC_NS,
        ExactColumn,
        date_column,
        datetime_column,
        decimal_column,
        frame_of,
        scaled_ints,
        series_of,
    )
    from rustybt.core._number_text import decimals, is_number
    from rustybt.core._run_bars import AssetBars, RunBars, TermValues
else:
    __getattr__ = when_asked(
        __name__,
        {
            "rustybt.core._cached_bars": ("CachedBars",),
            "rustybt.core._date_edges": ("date_edges",),
            "rustybt.core._explanation": ("Explanation",),
            "rustybt.core._folding": (
                "Inside",
                "folded",
                "folded_restated",
                "picked",
            ),
            "rustybt.core._frames": (
                "MAX_DIGITS",
                "UTC_NS",
                "ExactColumn",
                "date_column",
                "datetime_column",
                "decimal_column",
                "frame_of",
                "scaled_ints",
                "series_of",
            ),
            "rustybt.core._number_text": (
                "decimals",
                "is_number",
            ),
            "rustybt.core._run_bars": (
                "AssetBars",
                "RunBars",
                "TermValues",
            ),
        },
    )

__all__ = [
    "ASSET_TYPES",
    "COST_OF_ENTRY",
    "DAY_NS",
    "ETF",
    "EXACT",
    "EXTRA_PRICE_DECIMALS",
    "MARKET_TERMS",
    "MAX_DIGITS",
    "MINUTE_NS",
    "MONEY_LIMIT",
    "MONEY_SCALE",
    "NOTE_CODES",
    "NS",
    "PAIR_KINDS",
    "POWERS",
    "PRESETS",
    "RATIO_SCALE",
    "ROOT_VARIABLE",
    "ROUNDINGS",
    "TAXES",
    "UTC_NS",
    "WITHOUT_VOLUME",
    "Asset",
    "AssetBars",
    "Auction",
    "CachedBars",
    "CashDividend",
    "Cause",
    "Columns",
    "ContinuousFuture",
    "CostKind",
    "CryptoSpot",
    "DateLike",
    "DecimalConfig",
    "Equity",
    "ExactColumn",
    "Explanation",
    "Fee",
    "FeeInKind",
    "FeeKind",
    "Folded",
    "Forex",
    "Frequency",
    "FundingRate",
    "Future",
    "Index",
    "Inside",
    "Moment",
    "Note",
    "Notes",
    "Number",
    "Order",
    "OrderEvent",
    "OrderEventKind",
    "OrderStatus",
    "OrderStep",
    "OrderTerms",
    "Perpetual",
    "Phase",
    "Precision",
    "PriceParts",
    "Priced",
    "Report",
    "Rows",
    "RunBars",
    "Scalar",
    "Scratch",
    "Split",
    "StockDividend",
    "TermValues",
    "TimeInForce",
    "Trail",
    "Transaction",
    "as_decimal",
    "as_decimal_config",
    "as_facts",
    "as_plain_decimal",
    "check_money",
    "check_process",
    "check_regular",
    "converted_half_even",
    "cost_per_unit",
    "currencies_of_pair",
    "cut_parts",
    "data_root",
    "date_column",
    "date_edges",
    "date_of",
    "datetime_column",
    "datetime_of",
    "day_of",
    "decimal_column",
    "decimals",
    "div_half_even",
    "exact_number",
    "facts_html",
    "folded",
    "folded_restated",
    "frame_of",
    "frequency_named",
    "grid_html",
    "hold",
    "in_notebook",
    "is_number",
    "kind_of",
    "level_of",
    "on_terminal",
    "order_later",
    "pandas",
    "parse_date",
    "parse_moment",
    "picked",
    "released",
    "replacing",
    "report_of_cancel",
    "report_of_replacement",
    "rescale_exact",
    "rescale_half_even",
    "scaled",
    "scaled_float",
    "scaled_ints",
    "scratch_folder",
    "series_of",
    "taken",
    "terms_from",
    "text_of_object",
    "tick_at",
    "time_zone",
    "to_scale",
    "trailed",
    "when_compared",
    "whole_currency",
    "whole_ticks",
    "writing",
]


def __dir__() -> list[str]:
    return sorted(__all__)
