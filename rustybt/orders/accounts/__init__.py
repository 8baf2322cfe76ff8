"""What a broker lets an account hold, and what it asks for when that has fallen; imported by runs that set one.

A new kind of account is a rule of `Rule`'s methods in a file of its own, and a name in `_named.py`.
"""

from rustybt.orders.accounts._borrowing import ToBorrow
from rustybt.orders.accounts._buying_power import BuyingPower, CashCover
from rustybt.orders.accounts._limits import Limits
from rustybt.orders.accounts._named import account_named
from rustybt.orders.accounts._rules import CashAccount, FuturesAccount, Isolated, Portfolio, RegT, Rule, Stake, Unlent

__all__ = [
    "BuyingPower",
    "CashAccount",
    "CashCover",
    "FuturesAccount",
    "Isolated",
    "Limits",
    "Portfolio",
    "RegT",
    "Rule",
    "Stake",
    "ToBorrow",
    "Unlent",
    "account_named",
]
