"""`validate`: the checks over what is stored."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np

from rustybt.catalog import (
    DAILY,
    Count,
    Integers,
    RawBars,
    StoredRows,
    Version,
    figures_of_rows,
    open_version,
    source_counts,
)
from rustybt.core import Asset, check_process, date_of, datetime_of, frequency_named
from rustybt.errors import CatalogCorrupt, SymbolNotFound
from rustybt.ingest._tally import Tally
from rustybt.validation import (
    SEVERITIES,
    Check,
    Finding,
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
    _looked(version, version.assets(), version.frequencies, as_policy(None), tally)
    tally.store()
    return tally.counts


def _looked(
    version: Version, assets: Sequence[Asset], frequencies: Sequence[str], weights: Policy, tally: Tally | None
) -> tuple[int, list[Finding]]:
    """How many bars there were, and what is found in them, the worst first."""
    look = _Look(version, weights, tally)
    for name in frequencies:
        if name == DAILY and name in version.frequencies and len(assets) == len(version.assets()):
            look.at_days({asset.sid: asset for asset in assets})
        else:
            look.at(assets, name)
    look.findings.sort(key=lambda f: (-SEVERITIES.index(f.severity), f.symbol or "", str(f.stamp), f.rule))
    return look.rows, look.findings


class _Look:
    """What was seen so far. rows: how many bars. findings: as they came."""

    def __init__(self, version: Version, weights: Policy, tally: Tally | None) -> None:
        self.rows = 0
        self.findings: list[Finding] = []
        self._version = version
        self._weights = weights
        self._tally = tally
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
            found = self._found(asset, frequency, raw)
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
            for sid, raw in self._version.load(list(odd), DAILY, *_EVERYTHING).items():
                found = self._found(assets[sid], DAILY, raw, odd[sid])
                if self._tally is not None:
                    self._tally.add_findings(sid, DAILY, found)
            if self._tally is not None:
                self._tally.add_figures(DAILY, figures_of_rows(rows, calendar))

    def _found(self, asset: Asset, frequency: str, raw: RawBars, checks: Sequence[Check] = _CHECKS) -> list[Finding]:
        bars = _stored(self._version, asset, frequency, raw, self._splits.get(asset.sid, {}))
        found = _findings(asset, bars, self._weights, checks)
        self.findings += found
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


def _stored(version: Version, asset: Asset, frequency: str, raw: RawBars, splits: dict[int, float]) -> StoredBars:
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
        price_scale=asset.price_scale,
        volume_scale=asset.volume_scale,
        splits=splits,
        calendar=version.calendar,
        created_ns=version.created_ns,
        counts=None if frequency in version.frequencies else source_counts(version, asset.sid, frequency),
        source=version.source_of(frequency),
    )


def _array(column: Integers) -> Ints:
    return np.array(column, dtype=object) if isinstance(column, list) else column


def _findings(asset: Asset, bars: StoredBars, policy: Policy, checks: Sequence[Check]) -> list[Finding]:
    """The hits as findings, weighed; those that the policy ignores are left out."""
    found = []
    for at, rule, value, message in (hit for check in checks for hit in check(bars, policy)):
        severity = policy.severity_of(rule, asset.kind)
        if severity == "ignore":
            continue
        moment = datetime_of(int(bars.stamps[at]))
        stamp = date_of(int(bars.stamps[at]) // 86_400_000_000_000) if bars.daily else moment
        found.append(Finding(asset.symbol, stamp, rule, value, message, severity))
    return found
