"""Small functions over floats that Zipline offers to strategies. `rustybt.api.math_utils` is this."""

from typing import TYPE_CHECKING

from rustybt._lazy import when_asked

if TYPE_CHECKING:
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
else:
    __getattr__ = when_asked(
        __name__,
        {
            "rustybt.core.math_utils._functions": (
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
            ),
        },
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
