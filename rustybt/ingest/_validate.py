"""`validate`: the checks over what is stored."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import polars as pl

from rustybt.catalog import (
    DAILY,
    Count,
    Integers,
    RawBars,
    StoredRows,
    Version,
    assets_of,
    figures_of_rows,
    open_version,
    source_counts,
)
from rustybt.core import DAY_NS, Asset, check_process, date_of, datetime_of, frequency_named
from rustybt.errors import CatalogCorrupt, SymbolNotFound
from rustybt.ingest._tally import Tally
from rustybt.validation import (
    SEVERITIES,
    Check,
    Finding,
    Hit,
    Ints,
    Policy,
    StoredBars,
    ValidationReport,
    anomalies,
    as_policy,
    relations,
    suspects,
    timing,
)

_CHECKS: Final[tuple[Check, ...]] = (relations, anomalies, timing)
_EVERYTHING = (-(2**63), 2**63 - 1)


def validate(
    bundle: str,
    *,
    version: str | None = None,
    policy: Policy | Mapping[str, Any] | str | Path | None = None,
    symbols: Iterable[str] | None = None,
    frequency: str | None = None,
    root: str | Path | None = None,
) -> ValidationReport:
    """Look for errors and oddities in the bars of a bundle; no bar is changed.

    What is found in all of a version, with the default policy, is counted in the catalog: see `quality`.

    version: None means the newest. symbols: these assets only, by the name they carry last.
    frequency: None means all that are stored; of one that is made of shorter bars the rule "partial" tells which were
        made of fewer than there should be.
    policy: what each rule weighs, and where the thresholds lie: a `rustybt.validation.Policy`, a mapping with its
        arguments, or the path of a TOML file with them.
    root: the catalog's folder; None means RUSTYBT_ROOT, else the user's data folder.
    Raises BundleNotFound, VersionNotFound, SymbolNotFound, InputError. A part that can't be read is a finding.

    >>> import rustybt
    >>> _ = rustybt.ingest_sample()
    >>> report = rustybt.validate("sample", symbols=["AAPL"])
    >>> report.rows, [(finding.rule, str(finding.stamp)) for finding in report.findings[:1]]
    (3270, [('spike', '2000-09-29')])
    """
    check_process()
    weights = as_policy(policy)
    with open_version(bundle, version=version, root=root) as opened:
        assets = _chosen(opened, symbols)
        whole = policy is None and symbols is None and frequency is None
        tally = Tally(opened) if whole else None
        rows, findings = _looked(
            opened, assets, opened.frequencies if frequency is None else [frequency], weights, tally
        )
        if tally is not None:
            tally.store()
        return ValidationReport(bundle, opened.id, opened.hash, rows, len(assets), tuple(findings))


def counted(version: Version) -> list[Count]:
    """Counts what the default policy finds in a version, and keeps the figures in the index where it may be written."""
    tally = Tally(version)
    _looked(version, version.assets(), version.frequencies, as_policy(None), tally, told=False)
    tally.store()
    return tally.counts


def _looked(
    version: Version,
    assets: Sequence[Asset],
    frequencies: Sequence[str],
    weights: Policy,
    tally: Tally | None,
    *,
    told: bool = True,
) -> tuple[int, list[Finding]]:
    """How many bars there were, and what is found in them, the worst first; nothing where it is not to be told."""
    look = _Look(version, weights, tally, told=told)
    for name in frequencies:
        if name == DAILY and name in version.frequencies and len(assets) == len(version.assets()):
            look.at_days({asset.sid: asset for asset in assets})
        else:
            look.at(assets, name)
    look.findings.sort(key=lambda f: (-SEVERITIES.index(f.severity), f.symbol or "", str(f.stamp), f.rule))
    return look.rows, look.findings


class _Look:
    """A validation under way. rows: how many bars. findings: as they came."""

    def __init__(self, version: Version, weights: Policy, tally: Tally | None, *, told: bool) -> None:
        self.rows = 0
        self.findings: list[Finding] = []
        self._version = version
        self._weights = weights
        self._tally = tally
        self._told = told
        self._splits: dict[int, dict[int, float]] = {}
        for split in version.splits(asset.sid for asset in version.assets()):
            self._splits.setdefault(split.sid, {})[split.ex_day] = split.numerator / split.denominator

    def at(self, assets: Iterable[Asset], frequency: str) -> None:
        """Looks at bars asset by asset."""
        for asset in assets:
            try:
                raw = self._version.load([asset.sid], frequency, *_EVERYTHING)[asset.sid]
            except CatalogCorrupt as error:
                self.findings.append(Finding(asset.symbol, None, "number", frequency, str(error)))
                if self._tally is not None:
                    self._tally.add_unreadable(asset.sid, frequency)
                continue
            self.rows += len(raw)
            found = self._found(asset, frequency, raw, (asset.price_scale, asset.volume_scale))
            if self._tally is not None:
                self._tally.add(asset.sid, frequency, raw, found)

    def at_days(self, assets: Mapping[int, Asset]) -> None:
        """Looks at the daily bars of all assets, and again at those of which something may be told."""
        for chunk in StoredRows(self._version, DAILY).chunks():
            try:
                rows = chunk.rows()
            except CatalogCorrupt:  # which of them are hit is told asset by asset
                self.at([assets[sid] for sid in chunk.sids], DAILY)
                continue
            self.rows += rows.frame.height
            calendar, created_ns = self._version.calendar, self._version.created_ns
            odd = suspects(
                rows.frame, calendar=calendar, created_ns=created_ns, policy=self._weights, split=self._splits
            )
            of_odd = replace(rows, frame=rows.frame.filter(pl.col("sid").is_in(list(odd))))
            for sid, raw in assets_of(of_odd):
                scales = rows.price_scale, rows.volume_scale
                found = self._found(assets[sid], DAILY, raw, scales, odd[sid])
                if self._tally is not None:
                    self._tally.add_findings(sid, DAILY, found)
            if self._tally is not None:
                self._tally.add_figures(DAILY, figures_of_rows(rows, calendar))

    def _found(
        self,
        asset: Asset,
        frequency: str,
        raw: RawBars,
        scales: tuple[int, int],
        checks: Sequence[Check] = _CHECKS,
    ) -> list[tuple[str, str]]:
        """Rule and severity of each hit, which becomes a finding where that is asked for."""
        bars = _stored(self._version, asset, frequency, raw, scales, self._splits.get(asset.sid, {}))
        found = []
        for hit in (hit for check in checks for hit in check(bars, self._weights)):
            severity = self._weights.severity_of(hit.rule, asset.kind)
            if severity == "ignore":
                continue
            found.append((hit.rule, severity))
            if self._told:
                self.findings.append(_finding(asset, bars, hit, severity))
        return found


def _chosen(version: Version, symbols: Iterable[str] | None) -> Sequence[Asset]:
    assets = version.assets()
    if symbols is None:
        return assets
    wanted = set(symbols)
    missing = sorted(wanted - {asset.symbol for asset in assets})
    if missing:
        raise SymbolNotFound(
            f"Bundle {version.bundle!r} has no asset that is called {', '.join(missing)} at its end. "
            "Pass the names that `rustybt catalog show` lists."
        )
    return [asset for asset in assets if asset.symbol in wanted]


def _stored(
    version: Version,
    asset: Asset,
    frequency: str,
    raw: RawBars,
    scales: tuple[int, int],
    splits: dict[int, float],
) -> StoredBars:
    return StoredBars(
        kind=asset.kind,
        daily=frequency_named(frequency).by_session,
        length=frequency,
        stamps=raw.stamps,
        open=_array(raw.open),
        high=_array(raw.high),
        low=_array(raw.low),
        close=_array(raw.close),
        volume=_array(raw.volume),
        price_scale=scales[0],
        volume_scale=scales[1],
        splits=splits,
        calendar=version.calendar,
        created_ns=version.created_ns,
        counts=None if frequency in version.frequencies else source_counts(version, asset.sid, frequency),
        source=version.source_of(frequency),
    )


def _array(column: Integers) -> Ints:
    return np.array(column, dtype=object) if isinstance(column, list) else column


def _finding(asset: Asset, bars: StoredBars, hit: Hit, severity: str) -> Finding:
    stamp = int(bars.stamps[hit.at])
    value, message = hit.words()
    when = date_of(stamp // DAY_NS) if bars.daily else datetime_of(stamp)
    return Finding(asset.symbol, when, hit.rule, value, message, severity)
