"""The functions of zipline.utils.math_utils."""

from rustybt.core.math_utils import (
    nanargmax,
    nanargmin,
    nanmax,
    nanmean,
    nanmedian,
    nanmin,
    nanstd,
    nansum,
    number_of_decimal_places,
    round_if_near_integer,
    tolerant_equals,
)

__all__ = [
    "nanargmax",
    "nanargmin",
    "nanmax",
    "nanmean",
    "nanmedian",
    "nanmin",
    "nanstd",
    "nansum",
    "number_of_decimal_places",
    "round_if_near_integer",
    "tolerant_equals",
]
