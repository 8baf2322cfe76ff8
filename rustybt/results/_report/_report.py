"""Report: what `Result.report` returns."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rustybt.core import check_process, replacing, writing
from rustybt.errors import InputError, ResultError, ResultExists
from rustybt.results._report._escape import escaped
from rustybt.results._report._facts import Facts
from rustybt.results._report._page import THEMES, page_of
from rustybt.results._report._parts import Section
from rustybt.results._report._sections import SectionAsked, sections_of
from rustybt.results._text import name_of, period_of

if TYPE_CHECKING:
    from rustybt.results._result import Result

_FRAME_HEIGHT = 720


class Report:
    """A report on a result: one page, which fetches nothing, and shows itself in a notebook.

    title: what it is on. sections: the names of its sections, in their order. html: the page.

    >>> from rustybt import run
    >>> def handle_data(context, data):
    ...     context.order_target_percent(context.symbol("AAPL"), 1)
    >>> report = run(handle_data, start="2010-01-04", end="2010-12-31").report(sections=["summary", "equity"])
    >>> report.sections, len(report.html) < 200_000
    (('summary', 'equity'), True)
    """

    def __init__(self, title: str, subtitle: str, made: Sequence[Section], theme: str) -> None:
        self.title = title
        self._subtitle = subtitle
        self._made = tuple(made)
        self._theme = theme
        self._html: str | None = None

    @property
    def sections(self) -> tuple[str, ...]:
        """The names of the sections; those of the user's own are "own", "own-2" and so on."""
        return tuple(section.name for section in self._made)

    @property
    def html(self) -> str:
        """The page: whole, with its style, its script and its data."""
        if self._html is None:
            self._html = page_of(self.title, self._subtitle, self._made, self._theme)
        return self._html

    def save(self, path: Path | str, *, overwrite: bool = False) -> Path:
        """Writes the report: a page where the path ends in .html or .htm, pages of a PDF where it ends in .pdf.

        overwrite: replace a file that is there already. All of it appears, or nothing.
        Returns the path. Raises ResultExists, InputError for another ending, and for a PDF MissingExtra where
        matplotlib is not installed.

        >>> import pathlib, tempfile
        >>> from rustybt import run
        >>> report = run(lambda context, data: None, start="2010-01-04", end="2010-01-29").report()
        >>> report.save(pathlib.Path(tempfile.mkdtemp()) / "idle.html").name
        'idle.html'
        """
        place = Path(path).expanduser()
        if place.suffix.lower() not in (".html", ".htm", ".pdf"):
            raise InputError(f"{place}: a report is .html or .pdf. Name a file that ends so.")
        if place.is_dir() or (place.exists() and not overwrite):
            hint = "" if place.is_dir() else ", or say overwrite=True (--overwrite)"
            raise ResultExists(f"{place} is there already. Choose another place{hint}.")
        content = self._pdf() if place.suffix.lower() == ".pdf" else self.html.encode("utf-8")
        with writing(ResultError, place, "pass another path: the report itself is not lost."):
            place.parent.mkdir(parents=True, exist_ok=True)
            with replacing(place) as beside:
                beside.write_bytes(content)
        return place

    def _pdf(self) -> bytes:
        from rustybt.results._report._pdf import pdf_of

        return pdf_of(self.title, self._subtitle, self._made)

    def __repr__(self) -> str:
        return f"<Report {self.title}: {', '.join(self.sections)}>"

    def _repr_html_(self) -> str:
        """A frame of its own, so that neither its style nor its script meets those of the notebook."""
        return (
            f'<iframe title="{escaped(self.title)}" sandbox="allow-scripts" srcdoc="{escaped(self.html)}" '
            f'style="width:100%;height:{_FRAME_HEIGHT}px;border:1px solid #8886;border-radius:6px"></iframe>'
        )


def report_on(
    result: Result,
    path: Path | str | None,
    *,
    sections: Sequence[SectionAsked] | None,
    compare: Any,
    theme: str,
    overwrite: bool,
) -> Report:
    """The report; written where a path is given. Raises InputError for a bad argument, and what `save` raises."""
    check_process()
    if theme not in THEMES:
        raise InputError(f"theme: {theme!r} is unknown. Pass one of {', '.join(map(repr, THEMES))}.")
    facts = Facts(result, _named(compare, result))
    report = Report(name_of(result), period_of(result), sections_of(facts, sections), theme)
    if path is not None:
        report.save(path, overwrite=overwrite)
    return report


def _named(compare: Any, result: Result) -> dict[str, Result]:
    """The results to compare with, each by a name of its own."""
    kind = type(result)
    if isinstance(compare, Mapping):
        return {str(name): _loaded(one, kind) for name, one in compare.items()}
    if isinstance(compare, kind | str | Path) or not isinstance(compare, Iterable):
        raise InputError("compare: pass a list of results, or a dict of them by name.")
    named: dict[str, Result] = {}
    for one in compare:
        loaded = _loaded(one, kind)
        name = wanted = _name(one, loaded)
        number = 2
        while name in named:
            name, number = f"{wanted} ({number})", number + 1
        named[name] = loaded
    return named


def _loaded(one: Any, kind: type[Result]) -> Result:
    if isinstance(one, kind):
        return one
    if isinstance(one, str | Path):
        return kind.load(one)
    raise InputError(f"compare: a {type(one).__name__} is no result. Pass results, or the folders of saved ones.")


def _name(given: Any, loaded: Result) -> str:
    return Path(given).name if isinstance(given, str | Path) and Path(given).name else name_of(loaded)
