"""The settings of a run that `initialize` may change."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from rustybt.core import Asset

if TYPE_CHECKING:
    from rustybt.core.carrying import BorrowTerms, FinancingTerms, RolloverTerms
    from rustybt.core.latency import Latency
    from rustybt.orders import AccountControl
    from rustybt.orders.accounts import CashAccount, Rule


class CancelPolicy(Protocol):
    """Whether all open orders are cancelled at an event."""

    def should_cancel(self, event: int, /) -> bool: ...


@dataclass(slots=True, eq=False, repr=False)
class RunSettings:
    """Models, rules and the benchmark of a run, as its parameters give them and `initialize` sets them.

    slippage, commission: the models for "equity", which is all but futures, for "future", and for assets that have one
    of their own: objects of the user's.
    latency: how long orders are under way; None for no time. broker_of: makes the run's broker of the simulated one.
    benchmark: the asset to compare with, where one was set.
    account_controls: the rules that closes are held to. wrappers: the objects that a strategy gets in place of the
    run's own context and data. borrow, financing, rollover: what holding costs; None where it costs nothing. account:
    what the account may hold; None where it may hold anything. margin_by_range: whether its margin is asked for at the
    worst prices of a bar.
    """

    slippage: dict[str | Asset, object]
    commission: dict[str | Asset, object]
    cancel_policy: CancelPolicy
    broker_of: Callable[[Any], Any]
    latency: Latency | None = None
    benchmark: Asset | None = None
    account_controls: list[AccountControl] = field(default_factory=list)
    wrappers: list[object] = field(default_factory=list)
    borrow: BorrowTerms | None = None
    financing: FinancingTerms | None = None
    rollover: RolloverTerms | None = None
    account: CashAccount | Rule | None = None
    margin_by_range: bool = False
