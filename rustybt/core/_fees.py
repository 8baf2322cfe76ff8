"""Fees of a fill, itemised."""

from __future__ import annotations

import enum
from typing import NamedTuple


class FeeKind(enum.StrEnum):
    """The purpose of a fee: the column `detail` of the entries. A model may have kinds of its own, as plain text.

    UNPAID: a fee below zero that nobody pays out, though it lowers what the order has cost; no entry has it.
    """

    COMMISSION = "commission"
    EXCHANGE_FEE = "exchange_fee"
    UNPAID = "unpaid"


class Fee(NamedTuple):
    """A part of what a fill costs: money in the currency of the asset. A rebate is negative."""

    kind: str
    amount: int


class FeeInKind(NamedTuple):
    """A part of what a purchase costs that is taken from what arrives. amount: all of it, as money.

    units: scaled; so many are taken, at the price of the fill. What is less than one of them is paid in money.
    """

    kind: str
    amount: int
    units: int
