"""The part of `Result` that looks at a run once more: its diagnostics, and what holding its assets came to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from rustybt.core import check_process
from rustybt.errors import LookupFailed
from rustybt.results._later import gone, looking_back

if TYPE_CHECKING:
    import polars as pl

    from rustybt.core import RunBars
    from rustybt.diagnostics import Diagnostics
    from rustybt.results._result import Result


class LookedAt:
    """What is worked out of a result when it is first asked for, with the bars of its run."""

    __slots__ = ()

    @property
    def diagnostics(self) -> Diagnostics:
        """What one should know before believing the result: `Finding`s, the gravest first; it prints and has a frame.

        Each has a code, a severity ("serious", "warning", "info"), a sentence, its evidence and what to do;
        docs/guides/diagnostics.md lists the codes. The checks are made when this is first asked for. Those that need
        the bars of the run are not made where these are gone: `diagnostics.not_made` has them.

        >>> from rustybt import run
        >>> def handle_data(context, data):
        ...     context.order_target_percent(context.symbol("IBM"), 2)
        >>> result = run(handle_data, start="2010-01-04", end="2010-12-31")
        >>> result.diagnostics.by_code["leverage"].evidence
        {'closes': 251, 'gross_leverage': '2.08812', 'day': '2010-05-20'}
        """
        from rustybt.diagnostics import examine

        result = cast("Any", self)
        if result._diagnostics is None:
            check_process()
            result._diagnostics = examine(result)
        return cast("Diagnostics", result._diagnostics)

    @property
    def buy_and_hold(self) -> pl.DataFrame:
        """What holding the run's assets came to: a row a session, with its value and its returns.

        All shares, funds and coins in the run's currency that the run looked at, in equal parts of its first capital,
        each bought at the close of the first bar, or of its own first one, and never sold: no costs, fractions of
        units, splits and dividends (in cash, from the ex-date on) included. What an asset is worth is rounded once, to
        20 decimals. It is worked out when it is first asked for, of the bars of the run.
        Raises ResultError where the bars are gone, and for a run that has no such asset.

        >>> from rustybt import run
        >>> def handle_data(context, data):
        ...     context.order_target(context.symbol("IBM"), 10)
        >>> run(handle_data, start="2010-01-04", end="2010-01-06", capital_base=1000).buy_and_hold["value"].to_list()
        [Decimal('1000.00000000000000000000'), Decimal('987.91996979992449981125'), Decimal('981.50245375613439033598')]
        """
        result = cast("Any", self)
        if result._held is None:
            from rustybt.results._buy_and_hold import buy_and_hold

            result._held = buy_and_hold(cast("Result", self))
        return cast("pl.DataFrame", result._held)

    def run_bars(self) -> RunBars:
        """The bars of the run, opened again: of a loaded result too, as long as a catalog has its version.

        Raises ResultError where they are not at hand.

        >>> from rustybt import run
        >>> def handle_data(context, data):
        ...     context.order_target(context.symbol("IBM"), 10)
        >>> result = run(handle_data, start="2010-01-04", end="2010-01-06")
        >>> result.run_bars().of(result.assets["sid"][0]).close.tolist()
        [130.9, 132.45, 130.85, 130.0]
        """
        back = looking_back(cast("Result", self))
        try:
            return back.bars()
        except LookupFailed as error:
            raise gone(error) from error
