"""The changes from one version of a bundle to another."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import polars as pl

from rustybt.catalog._bar_diff import changes_of, counts_of, differences
from rustybt.catalog._content import AssetRecord, Manifest
from rustybt.catalog._manifest import read_manifest
from rustybt.catalog._version import Version
from rustybt.core import as_plain_decimal, date_of, datetime_of, day_of

MOST_CHANGES: Final = 1_000
"""So many numbers are listed."""
CHANGES: Final[dict[str, pl.DataType]] = {
    **dict.fromkeys(("symbol", "key", "frequency"), pl.String()),
    "stamp": pl.Datetime("ns", "UTC"),
    **dict.fromkeys(("field", "before", "after"), pl.String()),
}


@dataclass(frozen=True, slots=True)
class VersionDiff:
    """The differences of two versions.

    before, after: their ids. assets_added, assets_removed: keys. assets_changed: key, and what is said of the asset now
    and was before. actions: key, "+" or "-", and the split or dividend. bars: a row per asset and frequency whose
    bars differ: symbol, key, frequency, added, removed, changed (rows), first and last day of a difference (Date).
    changes: the numbers of stored bars that are others now, the first 1,000: symbol, key, frequency, stamp (UTC;
    midnight of the session for days and longer), field, before and after as text.
    """

    before: str
    after: str
    calendar_changed: bool
    assets_added: tuple[str, ...]
    assets_removed: tuple[str, ...]
    assets_changed: tuple[tuple[str, str], ...]
    actions: tuple[tuple[str, str, str], ...]
    bars: pl.DataFrame
    changes: pl.DataFrame

    @property
    def same(self) -> bool:
        """Whether the two hold the same."""
        changed = (self.assets_added, self.assets_removed, self.assets_changed, self.actions)
        return not any(changed) and not self.bars.height and not self.calendar_changed

    def touches(self, keys: Iterable[str], first_day: int, last_day: int) -> bool:
        """Whether a run of these assets (keys), which read bars of these days, could come out differently."""
        used = set(keys)
        if self.calendar_changed or used & {*self.assets_removed, *(key for key, *_ in self.assets_changed)}:
            return True
        if used & {key for key, *_ in self.actions}:
            return True
        hit = self.bars.filter(pl.col("key").is_in(list(used)))
        return any(
            day_of(first) <= last_day and day_of(last) >= first_day
            for first, last in hit.select("first", "last").iter_rows()
        )


def diff(before: Version, after: Version) -> VersionDiff:
    """Compares two versions by their logical values; only assets and years whose digests differ are read.

    >>> import tempfile
    >>> import polars as pl, rustybt
    >>> from rustybt.catalog import diff, open_version
    >>> bars = pl.DataFrame({"symbol": "A", "date": ["2024-01-02"], "close": ["10"], "volume": [100]})
    >>> bars = bars.with_columns(open="close", high="close", low="close")
    >>> root = tempfile.mkdtemp()
    >>> first = rustybt.ingest("mine", bars, root=root)
    >>> second = rustybt.ingest("mine", bars.with_columns(volume=200), mode="correct", root=root)
    >>> with (
    ...     open_version("mine", version=first.version, root=root) as before,
    ...     open_version("mine", version=second.version, root=root) as after,
    ... ):
    ...     print(diff(before, after).bars.select("symbol", "added", "removed", "changed").rows())
    [('A', 0, 0, 1)]
    """
    old, new = read_manifest(before.path), read_manifest(after.path)
    old_assets, new_assets = _by_key(old), _by_key(new)
    both = [key for key in old_assets if key in new_assets]
    symbols = {key: record.symbol for assets in (old_assets, new_assets) for key, record in assets.items()}
    frames: list[tuple[Any, ...]] = []
    changes: list[tuple[Any, ...]] = []
    for frequency in sorted({*old.digests, *new.digests}):
        for found in differences(frequency, (before, old), (after, new)):
            frames += [(symbols[key], key, frequency, *of_key) for key, *of_key in counts_of(found)]
            if len(changes) < MOST_CHANGES:
                changes += [(symbols[key], key, frequency, *of_bar) for key, *of_bar in changes_of(found)]
    schema = {
        **dict.fromkeys(("symbol", "key", "frequency"), pl.String()),
        **dict.fromkeys(("added", "removed", "changed"), pl.Int64()),
        **dict.fromkeys(("first", "last"), pl.Date()),
    }
    return VersionDiff(
        before=before.id,
        after=after.id,
        calendar_changed=old.calendar.name != new.calendar.name,
        assets_added=tuple(key for key in new_assets if key not in old_assets),
        assets_removed=tuple(key for key in old_assets if key not in new_assets),
        assets_changed=tuple((key, change) for key in both for change in _changes(old_assets[key], new_assets[key])),
        actions=tuple(_actions(old, new)),
        bars=pl.DataFrame(frames, schema=schema, orient="row"),
        changes=pl.DataFrame(changes[:MOST_CHANGES], schema=CHANGES, orient="row"),
    )


def _by_key(manifest: Manifest) -> Mapping[str, AssetRecord]:
    return {record.key: record for record in manifest.assets}


def _changes(old: AssetRecord, new: AssetRecord) -> list[str]:
    found = []
    names = [[s.symbol for s in record.symbols] for record in (old, new)]
    if names[0] != names[1]:
        found.append(f"symbols {', '.join(names[1])}, were {', '.join(names[0])}")
    for name in sorted({*old.given, *new.given}):
        then, now = old.given.get(name), new.given.get(name)
        if then != now:
            found.append(f"{name} {now}, was {then}")
    return found


def _actions(old: Manifest, new: Manifest) -> list[tuple[str, str, str]]:
    then, now = _told(old), _told(new)
    removed = [(key, "-", text) for key, text in sorted(then - now)]
    return removed + [(key, "+", text) for key, text in sorted(now - then)]


def _told(manifest: Manifest) -> set[tuple[str, str]]:
    keys = {record.sid: record.key for record in manifest.assets}
    splits = {
        (
            keys[s.sid],
            f"split {s.numerator}/{s.denominator} on {date_of(s.ex_day)}" + (", of prices only" * s.prices_only),
        )
        for s in manifest.splits
    }
    dividends = {
        (
            keys[d.sid],
            f"dividend {as_plain_decimal(d.amount, d.scale)} {d.currency} on {date_of(d.ex_day)}"
            + (f", paid {date_of(d.pay_day)}" if d.pay_day is not None else ""),
        )
        for d in manifest.dividends
    }
    in_shares = {
        (
            keys[d.sid],
            f"dividend of {d.numerator}/{d.denominator} {keys[d.payment_sid]} on {date_of(d.ex_day)}"
            + (f", paid {date_of(d.pay_day)}" if d.pay_day is not None else ""),
        )
        for d in manifest.stock_dividends
    }
    funding = {
        (keys[f.sid], f"funding {as_plain_decimal(f.rate, f.scale)} at {datetime_of(f.stamp):%Y-%m-%d %H:%M:%S}")
        for f in manifest.funding
    }
    return splits | dividends | in_shares | funding
