"""The digests of a version that is being written: of its new bars, and of those stored in the same years."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

import polars as pl

from rustybt.catalog._appended import StoredYears
from rustybt.catalog._bars import RawBars
from rustybt.catalog._chains import MONTH, Chains, Unit, YearDigest
from rustybt.catalog._content import Block, Content, Digests, Manifest, NewRows, Rows
from rustybt.catalog._digests import assets_of, digests_of_rows
from rustybt.catalog._hashing import version_hash
from rustybt.catalog._stored_rows import StoredRows
from rustybt.catalog._version import Version
from rustybt.errors import CatalogCorrupt


def digests_of_content(content: Content, base: tuple[Version, Manifest] | None) -> tuple[Digests, Chains]:
    """The digests of all bars: those of the base, and anew for each asset and year that gets more of them."""
    digests, chains = digests_now(*base) if base else ({}, {})
    digests = {frequency: {key: dict(years) for key, years in keys.items()} for frequency, keys in digests.items()}
    chains = {frequency: dict(keys) for frequency, keys in chains.items()}
    keys = {record.sid: record.key for record in content.assets}
    for rows in content.rows:
        if rows.height:
            of_keys = chains.get(rows.frequency, {})
            of_sids = {sid: of_keys[key] for sid, key in keys.items() if key in of_keys}
            stored = StoredYears(base, rows.frequency, of_sids, replaced=content.corrects)
            enter(_digests(rows, stored), keys, digests.setdefault(rows.frequency, {}), chains, rows.frequency)
    return digests, chains


def digests_now(version: Version, manifest: Manifest) -> tuple[Digests, Chains]:
    """The digests of a version; of one of before they are made of its bars. Raises CatalogCorrupt."""
    if manifest.unit == MONTH:
        return manifest.digests, manifest.chains
    return digests_of_version(version, manifest, MONTH)


def digests_of_version(version: Version, manifest: Manifest, unit: Unit) -> tuple[Digests, Chains]:
    """What the bars of a version come to. Raises CatalogCorrupt."""
    keys = {record.sid: record.key for record in manifest.assets}
    digests: Digests = {}
    chains: Chains = {}
    for frequency in manifest.digests:
        of_frequency = digests.setdefault(frequency, {})
        for chunk in StoredRows(version, frequency).chunks():
            enter(digests_of_rows(chunk.rows(), unit=unit), keys, of_frequency, chains, frequency)
    return digests, chains if unit == MONTH else {}


def hash_now(version: Version, manifest: Manifest, others: Digests) -> str:
    """The hash that the content of a version has in a new one.

    others: digests of the content that it is compared with; one of before that has other assets or years is not read.
    """
    if manifest.unit == MONTH or _shape(manifest.digests) != _shape(others):
        return manifest.hash
    actions = manifest.splits, manifest.dividends, manifest.stock_dividends, manifest.funding
    try:
        return version_hash(manifest.calendar, manifest.assets, actions, digests_now(version, manifest)[0])
    except CatalogCorrupt:
        return manifest.hash


def _shape(digests: Digests) -> dict[str, dict[str, set[str]]]:
    return {frequency: {key: set(years) for key, years in keys.items()} for frequency, keys in digests.items()}


def enter(
    found: Iterable[YearDigest],
    keys: Mapping[int, str],
    digests: dict[str, dict[str, str]],
    chains: Chains,
    frequency: str,
) -> None:
    """Puts digests where their keys are; of each asset the last link stays."""
    of_keys = chains.setdefault(frequency, {})
    for sid, year, digest, month, before in found:
        key = keys.get(sid, "")
        digests.setdefault(key, {})[year] = digest
        if key not in of_keys or of_keys[key][0] <= month:
            of_keys[key] = month, before


def _digests(rows: NewRows, stored: StoredYears) -> Iterator[YearDigest]:
    for at, block in enumerate(rows.blocks):
        before, after = _cut_sids(rows.blocks, at)
        piece = block.read()
        cut = before | after
        if cut:
            frame = piece.frame.filter(~pl.col("sid").is_in(list(cut)))
            yield from stored.digests(Rows(piece.frequency, frame, piece.price_scale, piece.volume_scale))
        else:
            yield from stored.digests(piece)
        for sid in after - before:
            yield from stored.digests_of_pieces(sid, _Pieces(_reaching(rows.blocks, at, sid), sid), rows)


def _cut_sids(blocks: Sequence[Block], at: int) -> tuple[set[int], set[int]]:
    """The assets of a block that reach over from the one before, and into the one after."""
    block = blocks[at]
    before = {other.last_sid for other in blocks[max(at - 1, 0) : at] if other.period == block.period}
    after = {other.first_sid for other in blocks[at + 1 : at + 2] if other.period == block.period}
    return before & {block.first_sid}, after & {block.last_sid}


def _reaching(blocks: Sequence[Block], at: int, sid: int) -> Sequence[Block]:
    """The blocks from that one on over which an asset reaches."""
    last = at
    while last + 1 < len(blocks) and (blocks[last + 1].period, blocks[last + 1].first_sid) == (blocks[at].period, sid):
        last += 1
    return blocks[at : last + 1]


class _Pieces:
    """Reads the bars of one asset block by block, as often as it is called."""

    def __init__(self, blocks: Sequence[Block], sid: int) -> None:
        self._blocks = blocks
        self._sid = sid

    def __call__(self) -> Iterator[RawBars]:
        for block in self._blocks:
            rows = block.read()
            frame = rows.frame.filter(pl.col("sid") == self._sid)
            for _, bars in assets_of(Rows(rows.frequency, frame, rows.price_scale, rows.volume_scale)):
                yield bars
