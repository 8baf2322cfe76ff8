"""The part of `Result` that reports."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal, cast

if TYPE_CHECKING:
    from rustybt.results._report import Report, SectionAsked
    from rustybt.results._result import Result


class Reported:
    """The report on a result."""

    __slots__ = ()

    def report(
        self,
        path: Path | str | None = None,
        *,
        sections: Sequence[SectionAsked] | None = None,
        compare: Iterable[Result | Path | str] | Mapping[str, Result | Path | str] = (),
        theme: Literal["auto", "light", "dark"] = "auto",
        overwrite: bool = False,
    ) -> Report:
        """A report on the run as one page that needs no network; written to `path` where one is given.

        path: a file that ends in .html, or in .pdf for the same sections as pages, which needs matplotlib.
        sections: names of `rustybt.results.REPORT_SECTIONS`, in the order to show them; functions that take the result
            and give text, a frame or a matplotlib figure; pairs of a title and such a function; `...` for all that are
            not named. By default all of them. One that has nothing to say says why.
        compare: other results, or the folders of saved ones, in a list or by name in a dict.
        theme: "light", "dark", or what the reader's system says. overwrite: replace a file that is there already.
        Returns a `Report`, which a notebook shows. Raises InputError for an unknown section or theme, ResultExists
        where there is a file already.

        >>> import pathlib, tempfile
        >>> from rustybt import run
        >>> def handle_data(context, data):
        ...     context.order_target_percent(context.symbol("AAPL"), 1)
        >>> result = run(handle_data, start="2010-01-04", end="2010-12-31")
        >>> path = pathlib.Path(tempfile.mkdtemp()) / "report.html"
        >>> result.report(path, sections=["equity", lambda result: f"{result.orders.height} orders", ...]).sections[:3]
        ('equity', 'own', 'summary')
        """
        from rustybt.results._report import report_on

        return report_on(
            cast("Result", self), path, sections=sections, compare=compare, theme=theme, overwrite=overwrite
        )
