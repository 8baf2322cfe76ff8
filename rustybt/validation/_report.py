"""The report of a validation, as a table, as JSON and as HTML."""

from __future__ import annotations

import html
import json
from collections import Counter
from dataclasses import dataclass
from typing import Final

from rustybt.validation._finding import Finding
from rustybt.validation._policy import LAYERS, SEVERITIES

_SHOWN: Final = 20
_STYLE: Final = (
    "body{font:14px sans-serif;margin:2em}table{border-collapse:collapse;margin:1em 0}"
    "td,th{border:1px solid #ccc;padding:3px 8px;text-align:left}.error{background:#fdd}.warning{background:#fed}"
)


@dataclass(frozen=True, slots=True, repr=False)
class ValidationReport:
    """The report of `validate`.

    bundle, version, hash: what was looked at. rows, assets: how much of it.
    findings: by severity, the worst first; then by symbol and stamp.

    >>> import rustybt
    >>> _ = rustybt.ingest_sample()
    >>> report = rustybt.validate("sample", symbols=["AAPL"])
    >>> report.rows, report.worst, list(report.counts())
    (3270, 'warning', [('spike', 'warning')])
    """

    bundle: str
    version: str
    hash: str
    rows: int
    assets: int
    findings: tuple[Finding, ...]

    @property
    def worst(self) -> str | None:
        """The worst severity among the findings, None where there are none."""
        return max((f.severity for f in self.findings), key=SEVERITIES.index, default=None)

    def counts(self) -> dict[tuple[str, str], int]:
        """How many findings by rule and severity, the worst first."""
        found = Counter((f.rule, f.severity) for f in self.findings)
        return dict(sorted(found.items(), key=lambda item: (-SEVERITIES.index(item[0][1]), item[0][0])))

    def __repr__(self) -> str:
        return self.to_table()

    def to_table(self, most: int = _SHOWN) -> str:
        """Text: what was looked at, how many findings of which rule, and the first of them."""
        lines = [self._headline()]
        if not self.findings:
            return f"{lines[0]}\n  nothing found"
        lines += [
            f"  {severity:8} {rule:10} {LAYERS.get(rule, ''):10} {count:>8,}"
            for (rule, severity), count in self.counts().items()
        ]
        lines += ["", *(f"  {f.severity}: {f}" for f in self.findings[:most])]
        if len(self.findings) > most:
            lines.append(f"  ... and {len(self.findings) - most:,} more")
        return "\n".join(lines)

    def to_json(self) -> str:
        """All of it as JSON: stamps in ISO, values as text."""
        document = {
            "bundle": self.bundle,
            "version": self.version,
            "hash": self.hash,
            "rows": self.rows,
            "assets": self.assets,
            "findings": [
                {
                    "severity": f.severity,
                    "layer": LAYERS.get(f.rule),
                    "rule": f.rule,
                    "symbol": f.symbol,
                    "stamp": None if f.stamp is None else f.stamp.isoformat(),
                    "value": f.value,
                    "message": f.message,
                }
                for f in self.findings
            ],
        }
        return json.dumps(document, indent=2, ensure_ascii=False)

    def to_html(self) -> str:
        """All of it as a page that needs nothing else."""
        counts = "".join(
            f'<tr class="{severity}"><td>{severity}</td><td>{rule}</td><td>{LAYERS.get(rule, "")}</td>'
            f"<td>{count:,}</td>"
            for (rule, severity), count in self.counts().items()
        )
        rows = "".join(
            f'<tr class="{f.severity}">'
            + "".join(f"<td>{html.escape(str(cell if cell is not None else ''))}</td>" for cell in cells)
            for f in self.findings
            for cells in [(f.severity, f.rule, f.symbol, f.stamp, f.value, f.message)]
        )
        title = html.escape(self._headline())
        return (
            f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{title}</title><style>{_STYLE}</style>'
            f"<h1>{html.escape(self.bundle)}</h1><p>{title}</p>"
            f"<table><tr><th>severity<th>rule<th>layer<th>findings</tr>{counts}</table>"
            f"<table><tr><th>severity<th>rule<th>symbol<th>stamp<th>value<th>message</tr>{rows}</table></html>"
        )

    def _headline(self) -> str:
        return f"bundle {self.bundle!r}, version {self.version}: {self.rows:,} bars of {self.assets:,} assets"
