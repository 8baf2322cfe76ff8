"""What a user hands to a run (models, policies, controls, metrics), copied so that runs share nothing that changes.

docs/decisions/22-copies-of-models.md says why, and what the copies leave as it is.
"""

from __future__ import annotations

import copy
import warnings
from collections.abc import Iterable, Sequence
from types import MethodType
from typing import Any, Final

from rustybt.core import text_of_object
from rustybt.engine._callbacks import Callbacks
from rustybt.engine._package import OWN_FILES
from rustybt.engine._state import RunState
from rustybt.errors import InputError
from rustybt.execution import behind, check_initialised, check_model
from rustybt.execution.cancel_policy import EODCancel, NeverCancel
from rustybt.execution.commission import NoCommission, PerContract, PerDollar, PerFutureTrade, PerShare, PerTrade
from rustybt.execution.slippage import (
    FixedBasisPointsSlippage,
    FixedSlippage,
    NoSlippage,
    VolatilityVolumeShare,
    VolumeShareSlippage,
)
from rustybt.metrics import ClassicRiskReport, DailyColumns
from rustybt.orders import OrderGate
from rustybt.strategy import RunSettings, Watch

UNCHANGING: Final = frozenset(
    {
        EODCancel, NeverCancel, NoCommission, PerContract, PerDollar, PerFutureTrade, PerShare, PerTrade,
        FixedBasisPointsSlippage, FixedSlippage, NoSlippage, VolatilityVolumeShare, VolumeShareSlippage,
        ClassicRiskReport, DailyColumns,
    }
)  # fmt: skip
"""Classes whose objects no run changes, and which need no copy; VolatilityVolumeShare makes one when it is bound."""

ASKED: Final = ("violation", "frozen", "end_of_session", "fires")
"""What a run asks of controls, restrictions, metrics and triggers."""


class OwnCopies:
    """The copies that a run works on.

    metrics: those of the run, copied. Objects that several of what was handed in hold are held by their copies too.
    """

    def __init__(
        self,
        run: RunState,
        gate: OrderGate,
        settings: RunSettings,
        context: Any,
        callbacks: Callbacks,
        metrics: Sequence[Any],
    ) -> None:
        owners = [context, *settings.wrappers, *callbacks.objects()]
        steps = (run.market, run.data, run.books, run.book, run.account, run.views, run.lookup, run.lookup.continuous)
        parts = (run, gate, settings, *steps, context.portfolio)
        own = [*parts, context.account, *owners]
        # an object that is its own copy here is left as it is: a model may hold the context or the strategy
        self._memo: dict[int, Any] = {id(one): one for one in own}
        self._given: list[tuple[Any, dict[str, Any]]] = []
        for models, what in ((settings.slippage, "slippage model"), (settings.commission, "commission model")):
            for of, model in models.items():
                models[of] = self._of_run(model, what)
        settings.cancel_policy = self._of_run(settings.cancel_policy, "cancel policy")
        if settings.latency is not None:
            settings.latency = self._of_run(settings.latency, "latency")
        gate.controls[:] = [self._of_run(control, "control") for control in gate.controls]
        rules = settings.account_controls
        rules[:] = [self._of_run(control, "account control") for control in rules]
        if run.market.restrictions is not None:
            run.market.restrictions = self._of_run(run.market.restrictions, "list of restrictions")
        for event in run.schedules.events:
            if isinstance(event, Watch):
                event.trigger = self._of_run(event.trigger, "trigger")
        for event in run.schedules.events:
            function: Any = event.function
            if isinstance(function, MethodType) and id(function.__self__) in self._memo:
                event.function = MethodType(function.__func__, self._memo[id(function.__self__)])
        self.metrics = tuple([self._of_run(metric, "metric") for metric in metrics])
        if self._given:
            self._hand_to(owners)
        # what the copies were made with is needed no more
        del self._memo

    @classmethod
    def restored(cls, metrics: Sequence[Any]) -> OwnCopies:
        """Those of a run that is gone on with: they are copies already."""
        copies = cls.__new__(cls)
        copies._given, copies.metrics = [], tuple(metrics)
        return copies

    def _of_run(self, given: Any, what: str) -> Any:
        if type(given) in UNCHANGING:
            return given
        if what.endswith("model"):
            check_model(given)
        else:
            check_initialised(given, ASKED)
        try:
            own = copy.deepcopy(given, self._memo)
        except Exception as error:
            raise InputError(_uncopied(given, what, error)) from error
        original = behind(given)
        if not isinstance(behind(own), type(original)):
            name = type(original).__name__
            raise InputError(
                f"The {what} {name} can't be copied: its __deepcopy__ returned "
                f"{text_of_object(behind(own), repr)}. Let it return a {name}; `return self` shares it between runs."
            )
        if behind(own) is not original:
            self._given.append((original, dict(getattr(original, "__dict__", {}))))
        return own

    def _hand_to(self, owners: Iterable[Any]) -> None:
        """Attributes of the context and of the strategy that are something which was copied become the copy."""
        for owner in owners:
            for name, value in list(getattr(owner, "__dict__", {}).items()):
                own = self._memo.get(id(value), value)
                if own is not value and own is not None:
                    setattr(owner, name, own)

    def warn_of_changes(self) -> None:
        """Warns where attributes of what was handed in were set during the run, which did not see it."""
        for given, before in self._given:
            now = getattr(given, "__dict__", {})
            changed = [name for name in now if name not in before or now[name] is not before[name]]
            if changed:
                name = type(given).__name__
                warnings.warn(
                    f"{name}.{changed[0]} was set while a run was under way that works on a copy of that {name}, made "
                    f"at the end of initialize: the run did not see it. Keep the object on context, as context.model "
                    "say: after initialize that is the run's own.",
                    skip_file_prefixes=OWN_FILES,
                )


def _uncopied(given: Any, what: str, error: Exception) -> str:
    given = behind(given)
    name = type(given).__name__
    where = [f"its attribute {key!r} " for key, value in getattr(given, "__dict__", {}).items() if not _copies(value)]
    return (
        f"The {what} {name} can't be copied: {where[0] if where else 'it '}raises {type(error).__name__}: {error}. A "
        "run works on a copy of what it is given, so that runs share nothing that changes. Open files, locks and "
        f"connections outside of it, or give the class a method __deepcopy__(self, memo) that returns the {what} for "
        "a run; `return self` shares it between runs."
    )


def _copies(value: Any) -> bool:
    try:
        copy.deepcopy(value)
    except Exception:  # noqa: BLE001  whatever an object of the user's raises, it is not copied
        return False
    return True
