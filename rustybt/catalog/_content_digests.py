"""The digests of a version that is being written: of its new bars, and of those stored in the same years."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import polars as pl

from rustybt.catalog._appended import StoredYears
from rustybt.catalog._bars import RawBars
from rustybt.catalog._content import Block, Content, Digests, Manifest, NewRows, Rows
from rustybt.catalog._digests import assets_of
from rustybt.catalog._version import Version


def digests_of_content(content: Content, base: tuple[Version, Manifest] | None) -> Digests:
    """The digests of all bars: those of the base, and anew for each asset and year that gets more of them."""
    digests: Digests = {f: {k: dict(y) for k, y in keys.items()} for f, keys in base[1].digests.items()} if base else {}
    keys = {record.sid: record.key for record in content.assets}
    for rows in content.rows:
        of_frequency = digests.setdefault(rows.frequency, {}) if rows.height else {}
        stored = StoredYears(base, rows.frequency, replaced=content.corrects)
        for sid, year, digest in _digests(rows, stored):
            of_frequency.setdefault(keys[sid], {})[year] = digest
    return digests


def _digests(rows: NewRows, stored: StoredYears) -> Iterator[tuple[int, str, str]]:
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
