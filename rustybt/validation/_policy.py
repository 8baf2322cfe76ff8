"""How much each rule weighs, by class of asset, and where the thresholds of the anomalies lie."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Final

from rustybt.errors import InputError

SEVERITIES: Final = ("ignore", "info", "warning", "error")
"""From what is not told at all to what makes a bundle unfit."""
LAYERS: Final = {
    "fields": "schema",
    "number": "schema",
    "precision": "schema",
    "symbol": "schema",
    "action": "schema",
    "conflict": "schema",
    "unknown": "schema",
    "price": "relations",
    "range": "relations",
    "volume": "relations",
    "spike": "anomalies",
    "jump": "anomalies",
    "split": "anomalies",
    "stale": "anomalies",
    "turnover": "anomalies",
    "stamp": "time",
    "duplicate": "time",
    "unsorted": "time",
    "calendar": "time",
    "future": "time",
    "gap": "time",
    "thin": "time",
    "partial": "time",
}
"""The layer, of four, that each rule belongs to."""
_DEFAULTS: Final = {
    "spike": "warning",
    "jump": "warning",
    "split": "warning",
    "stale": "info",
    "turnover": "info",
    "gap": "warning",
    "thin": "info",
    "partial": "warning",
}
"""Of all other rules it is "error"."""


@dataclass(frozen=True, slots=True)
class Policy:
    """The weights and thresholds of `validate`.

    severity: by rule ("gap"), or by rule and class of asset ("gap.crypto"), one of `SEVERITIES`.
    sigmas: a spike is a return that lies more robust standard deviations (1.4826 times the median absolute deviation)
        of its asset's returns from their median than that, and is larger than least_move (0.05 is five per cent).
    stale_bars: that many bars in a row with one price are stale. turnover_factor: a volume of more than that many times
        the median. thin_share: a session of minutes with a smaller share of its bars than that is thin.

    >>> import rustybt
    >>> from rustybt.validation import Policy
    >>> _ = rustybt.ingest_sample()
    >>> policy = Policy(severity={"spike": "ignore"})
    >>> rustybt.validate("sample", symbols=["AAPL"], policy=policy).counts()
    {}
    """

    severity: Mapping[str, str] = field(default_factory=dict)
    sigmas: float = 10.0
    least_move: float = 0.05
    stale_bars: int = 10
    turnover_factor: float = 50.0
    thin_share: float = 0.5

    def __post_init__(self) -> None:
        for name, severity in self.severity.items():
            if name.partition(".")[0] not in LAYERS:
                raise InputError(f"policy: there is no rule {name!r}. There are {', '.join(LAYERS)}.")
            if severity not in SEVERITIES:
                raise InputError(f"policy: {name} is {severity!r}. Pass one of {', '.join(SEVERITIES)}.")
        for name in ("sigmas", "least_move", "stale_bars", "turnover_factor", "thin_share"):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int | float) or not value >= 0:
                raise InputError(f"policy: {name} is {value!r}. Pass a number of 0 or more.")

    def severity_of(self, rule: str, kind: str) -> str:
        """The severity of a finding of that rule on an asset of that class."""
        return self.severity.get(f"{rule}.{kind}") or self.severity.get(rule) or _DEFAULTS.get(rule, "error")


def as_policy(given: Policy | Mapping[str, Any] | str | Path | None) -> Policy:
    """A policy, from its arguments or from a TOML file of these. Raises InputError."""
    if given is None:
        return Policy()
    if isinstance(given, Policy):
        return given
    if isinstance(given, str | Path):
        try:
            given = tomllib.loads(Path(given).expanduser().read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            raise InputError(f"policy: {given} can't be read as TOML: {error}. Fix it.") from error
    known = [one.name for one in fields(Policy)]
    unknown = sorted(set(given) - set(known))
    if unknown:
        raise InputError(f"policy: there is no {', '.join(unknown)}. There are {', '.join(known)}.")
    return Policy(**given)
