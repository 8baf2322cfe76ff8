"""The part of `Result` that looks at a run once more: its diagnostics, and what holding its assets came to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol, cast

from rustybt.core import RunBars, check_process
from rustybt.errors import ResultError

if TYPE_CHECKING:
    from rustybt.core import Explanation
    from rustybt.diagnostics import Diagnostics
    from rustybt.results._result import Result


class LooksBack(Protocol):
    """What knows the market of a run that is over. It raises BundleNotFound where the data are gone."""

    def __call__(self, result: Result, order_id: str, /) -> Explanation:
        """The life of an order."""

    def bars(self) -> RunBars:
        """The bars of the run."""


class LookedAt:
    """What is worked out of a result when it is first asked for, with the bars of its run."""

    __slots__ = ()

    @property
    def diagnostics(self) -> Diagnostics:
        """What one should know before believing the result: `Finding`s, the gravest first; it prints and has a frame.

        Each has a code, a severity ("serious", "warning", "info"), a sentence, its evidence and what to do;
        docs/guides/diagnostics.md lists the codes. The checks are made when this is first asked for. Those that need
        the bars of the run are not made for a result that was loaded: `diagnostics.not_made` has them.

        >>> from rustybt import run
        >>> def handle_data(context, data):
        ...     context.order_target_percent(context.symbol("IBM"), 2)
        >>> result = run(handle_data, start="2010-01-04", end="2010-12-31")
        >>> result.diagnostics.by_code["leverage"].evidence
        {'gross_leverage': '2.0881'}
        """
        from rustybt.diagnostics import examine

        result = cast("Any", self)
        if result._diagnostics is None:
            check_process()
            result._diagnostics = examine(result)
        return cast("Diagnostics", result._diagnostics)

    def run_bars(self) -> RunBars:
        """The bars of the run, opened again. Raises ResultError where they are not at hand, BundleNotFound where the
        data are gone.

        >>> from rustybt import run
        >>> def handle_data(context, data):
        ...     context.order_target(context.symbol("IBM"), 10)
        >>> result = run(handle_data, start="2010-01-04", end="2010-01-06")
        >>> result.run_bars().of(result.assets["sid"][0]).close.tolist()
        [130.9, 132.45, 130.85, 130.0]
        """
        result = cast("Result", self)
        if result._explains is None:
            raise ResultError(
                "The bars of the run are not at hand: this result was loaded, or copied from another process. Look at "
                "what run_algorithm returned."
            )
        check_process()
        return result._explains.bars()
