"""What was found in a result that one should know before believing it."""

from __future__ import annotations

import html
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal, NamedTuple, Self

import polars as pl

from rustybt.core import as_facts

type Severity = Literal["info", "warning", "serious"]

SEVERITIES: Final = ("serious", "warning", "info")
"""From the gravest on."""
MARKS: Final = {"serious": "●", "warning": "◐", "info": "○"}
"""What stands before a finding in a notebook, so that its severity needs no colour."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that a result should not be believed without.

    code: one of `CODES`. severity: "serious" where the figures can't be taken as they are, "warning" where they may
    mislead, "info" where one should know. text: a sentence with the facts. evidence: the same facts, as JSON has them;
    numbers that are no counts are text. advice: what to do.

    >>> from rustybt import run
    >>> def handle_data(context, data):
    ...     context.order_target_percent(context.symbol("IBM"), 2)
    >>> found = run(handle_data, start="2010-01-04", end="2010-12-31").diagnostics.by_code["leverage"]
    >>> found.severity, found.evidence
    ('warning', {'closes': 251, 'gross_leverage': '2.08812', 'day': '2010-05-20'})
    """

    code: str
    severity: Severity
    text: str
    evidence: Mapping[str, Any] = field(default_factory=dict, hash=False)
    advice: str = ""

    def __str__(self) -> str:
        return f"{self.severity} {self.code}: {self.text} {self.advice}".rstrip()


def found(code: str, severity: Severity, text: str, advice: str, **evidence: Any) -> Finding:
    """A finding. evidence: facts as they are; floats are kept with six digits, and all of them as JSON has them."""
    facts = {name: f"{value:.6g}" if isinstance(value, float) else value for name, value in evidence.items()}
    return Finding(code, severity, text, as_facts(facts), advice)


class NotMade(NamedTuple):
    """A check that could not be made, and why."""

    code: str
    reason: str


class Diagnostics(tuple[Finding, ...]):
    """The findings of a result, the gravest first: a tuple that prints, has a frame and shows itself in a notebook.

    not_made: checks that could not be made, each with its code and the reason.

    >>> from rustybt import run
    >>> found = run(lambda context, data: None, start="2010-01-04", end="2010-01-29").diagnostics
    >>> print(found)  # doctest: +ELLIPSIS
    3 findings: 1 serious, 2 info
    serious no_orders: No order was placed in the whole run. Look at the condition that the strategy orders on.
    info short_run: The run has 19 sessions, less than a year of 252: yearly figures are extrapolated. ...
    """

    not_made: tuple[NotMade, ...]

    def __new__(cls, findings: Iterable[Finding] = (), not_made: Iterable[NotMade] = ()) -> Self:
        made = super().__new__(cls, sorted(findings, key=lambda one: SEVERITIES.index(one.severity)))
        made.not_made = tuple(not_made)
        return made

    def __getnewargs__(self) -> tuple[tuple[Finding, ...], tuple[NotMade, ...]]:
        return tuple(self), self.not_made

    @property
    def by_code(self) -> dict[str, Finding]:
        """The findings by their codes."""
        return {one.code: one for one in self}

    @property
    def worst(self) -> Severity | None:
        """The gravest severity; None where nothing was found."""
        return self[0].severity if self else None

    @property
    def frame(self) -> pl.DataFrame:
        """A row for each finding: code, severity, text, advice, and evidence as JSON."""
        rows = [(one.code, one.severity, one.text, one.advice, json.dumps(dict(one.evidence))) for one in self]
        names = ("code", "severity", "text", "advice", "evidence")
        return pl.DataFrame(rows, schema=dict.fromkeys(names, pl.String()), orient="row")

    @property
    def headline(self) -> str:
        """How many findings there are of each severity."""
        if not self:
            return "no findings"
        counts = [(sum(one.severity == severity for one in self), severity) for severity in SEVERITIES]
        parts = ", ".join(f"{count} {severity}" for count, severity in counts if count)
        return f"{len(self)} finding{'' if len(self) == 1 else 's'}: {parts}"

    def __repr__(self) -> str:
        checks = "1 check" if len(self.not_made) == 1 else f"{len(self.not_made)} checks"
        left = [f"{checks} could not be made: {_reasons(self)}"] if self.not_made else []
        return "\n".join([self.headline, *map(str, self), *left])

    __str__ = __repr__

    def _repr_html_(self) -> str:
        items = "".join(
            f"<tr><td>{MARKS[one.severity]}&nbsp;{one.severity}</td>"
            f'<td style="text-align:left">{html.escape(one.text)} <em>{html.escape(one.advice)}</em> '
            f"<code>{html.escape(one.code)}</code></td></tr>"
            for one in self
        )
        table = f'<table style="color:inherit;font-size:inherit">{items}</table>' if items else ""
        left = ""
        if self.not_made:
            rows = "".join(
                f"<li><code>{html.escape(one.code)}</code> {html.escape(one.reason)}</li>" for one in self.not_made
            )
            count = f"{len(self.not_made)} checks not made"
            left = f"<details><summary><small>{count}</small></summary><ul>{rows}</ul></details>"
        return f"<div><strong>{html.escape(self.headline)}</strong>{table}{left}</div>"


def _reasons(found: Diagnostics) -> str:
    """The reasons, each once, with the codes that it is of."""
    codes: dict[str, list[str]] = {}
    for one in found.not_made:
        codes.setdefault(one.reason, []).append(one.code)
    return " ".join(f"{reason} ({', '.join(names)})" for reason, names in codes.items())
