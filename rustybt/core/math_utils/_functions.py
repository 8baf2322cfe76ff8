"""Functions over floats: none of them touches the books."""

from __future__ import annotations

import math
from decimal import Decimal

import numpy as np

nanmean = np.nanmean
nanstd = np.nanstd
nansum = np.nansum
nanmax = np.nanmax
nanmin = np.nanmin
nanmedian = np.nanmedian
nanargmax = np.nanargmax
nanargmin = np.nanargmin


def tolerant_equals(a: float, b: float, atol: float = 10e-7, rtol: float = 10e-7, equal_nan: bool = False) -> bool:
    """Whether two numbers are equal within atol + rtol * |b|.

    >>> tolerant_equals(0.1 + 0.2, 0.3), tolerant_equals(0.1, 0.11)
    (True, False)
    """
    if equal_nan and math.isnan(a) and math.isnan(b):
        return True
    return math.fabs(a - b) <= atol + rtol * math.fabs(b)


def number_of_decimal_places(n: object) -> int:
    """The digits behind the point, as written.

    >>> number_of_decimal_places(3.14)
    2
    """
    exponent = Decimal(str(n)).as_tuple().exponent
    return -exponent if isinstance(exponent, int) and exponent < 0 else 0


def round_if_near_integer(a: float, epsilon: float = 1e-4) -> float:
    """The nearest whole number where it is within epsilon, else the number itself.

    >>> round_if_near_integer(4.99999), round_if_near_integer(4.9)
    (5, 4.9)
    """
    return round(a) if abs(a - round(a)) <= epsilon else a
