"""Small functions over floats that Zipline offers to strategies. `rustybt.api.math_utils` is this."""

from rustybt.core.math_utils._functions import (
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
