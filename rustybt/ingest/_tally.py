"""How good a version is, as figures: counted once, kept in the catalog's index."""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Iterable

from rustybt.catalog import Count, RawBars, Version, figures_of, store_quality, stored_counts
from rustybt.errors import CatalogError


class Tally:
    """Counts what was found in a version, asset by asset. counts: so far; nothing where the index has them."""

    def __init__(self, version: Version) -> None:
        self._version = version
        self._known = stored_counts(version) is not None
        self._whole = True
        self.counts: list[Count] = []
        self._figures: list[tuple[int, str, dict[str, int]]] = []

    def add_figures(self, frequency: str, figures: Iterable[tuple[int, dict[str, int]]]) -> None:
        """Takes what there is of some assets in which nothing was found, or that `add_findings` speaks of."""
        if not self._known:
            self._figures += [(sid, frequency, of) for sid, of in figures]

    def add_findings(self, sid: int, frequency: str, findings: Iterable[tuple[str, str]]) -> None:
        """Takes rule and severity of each finding in the bars of an asset."""
        found = Counter(findings)
        if not self._known:
            self.counts += [Count(sid, frequency, rule, severity, n) for (rule, severity), n in sorted(found.items())]

    def add(self, sid: int, frequency: str, bars: RawBars, findings: Iterable[tuple[str, str]]) -> None:
        """Takes the bars of an asset, and rule and severity of what was found in them."""
        if not self._known and len(bars):
            self.add_findings(sid, frequency, findings)
            self.add_figures(frequency, [(sid, figures_of(bars, frequency, self._version.calendar))])

    def add_unreadable(self, sid: int, frequency: str) -> None:
        """Takes what could not be read: then the figures are not those of the version, and are not kept."""
        self._whole = False
        self.counts.append(Count(sid, frequency, "number", "error", 1))

    def store(self) -> None:
        """Puts the figures into the index, unless they are there. Where nobody may write they are counted again."""
        if self._whole and not self._known:
            with contextlib.suppress(CatalogError):
                store_quality(self._version, self.counts, self._figures)
