"""Restrictions on what may be ordered: RustyBT's own, under Zipline's names."""

from rustybt.orders import (
    RESTRICTION_STATES,
    HistoricalRestrictions,
    NoRestrictions,
    Restriction,
    Restrictions,
    SecurityListRestrictions,
    StaticRestrictions,
)

__all__ = [
    "RESTRICTION_STATES",
    "HistoricalRestrictions",
    "NoRestrictions",
    "Restriction",
    "Restrictions",
    "SecurityListRestrictions",
    "StaticRestrictions",
]
