"""Cross-validation of a search: each group of sessions is tested, with what all other ones choose."""

from __future__ import annotations

import datetime as dt
import itertools
import math
from collections.abc import Sequence
from decimal import Decimal
from typing import Any, NamedTuple

import polars as pl

from rustybt.errors import InputError
from rustybt.optimize._choose import Pick, choose, in_order, measure_of
from rustybt.optimize._search import Search
from rustybt.optimize._space import shown

MOST = 20_000
"""Splits; 16 groups of which 8 are tested have 12,870."""


class Split(NamedTuple):
    """Groups that are tested, places of the sessions that choose, and places of each group that is tested."""

    test_groups: tuple[int, ...]
    train: tuple[int, ...]
    tests: tuple[tuple[int, int], ...]


class Combinatorial:
    """Splits of sessions into groups, of which every choice of `test_groups` is tested once (CPCV).

    groups: equal parts of the sessions, in their order; the first ones are a session longer where they don't divide.
    purge: sessions that leave the training before and after each test, as many as a label reaches ahead. embargo:
    so many more after each test. Lopez de Prado, "Advances in financial machine learning", 2018, chapter 12.
    Raises InputError for numbers that mean nothing.

    >>> from rustybt.optimize import Combinatorial
    >>> splits = Combinatorial(4, 2, purge=1).splits(8)
    >>> len(splits), splits[1].test_groups, splits[1].train
    (6, (0, 2), (7,))
    >>> Combinatorial(6, 2).paths()[0]
    (0, 0, 1, 2, 3, 4)
    """

    def __init__(self, groups: int = 6, test_groups: int = 2, *, purge: int = 0, embargo: int = 0) -> None:
        for name, value, least in (("groups", groups, 2), ("test_groups", test_groups, 1), ("purge", purge, 0),
                                   ("embargo", embargo, 0)):  # fmt: skip
            if type(value) is not int or value < least:
                raise InputError(f"{name}={value!r}: give a whole number from {least} on.")
        if test_groups >= groups:
            raise InputError(f"test_groups={test_groups} of groups={groups}: one at least has to choose.")
        if math.comb(groups, test_groups) > MOST:
            raise InputError(
                f"groups={groups}, test_groups={test_groups}: {math.comb(groups, test_groups):,} splits; give numbers "
                f"with {MOST:,} at most."
            )
        self.groups, self.test_groups, self.purge, self.embargo = groups, test_groups, purge, embargo

    def __repr__(self) -> str:
        rest = "".join(f", {name}={getattr(self, name)}" for name in ("purge", "embargo") if getattr(self, name))
        return f"Combinatorial({self.groups}, {self.test_groups}{rest})"

    def bounds(self, count: int) -> list[tuple[int, int]]:
        """Where each group begins, and where the next one does. Raises InputError for fewer sessions than groups."""
        if count < self.groups:
            raise InputError(
                f"{count} sessions are fewer than groups={self.groups}: give a longer run, or fewer groups."
            )
        size, longer = divmod(count, self.groups)
        ends = list(itertools.accumulate(size + (k < longer) for k in range(self.groups)))
        return list(zip([0, *ends[:-1]], ends, strict=True))

    def splits(self, count: int) -> list[Split]:
        """All choices over so many sessions, in lexical order. Raises InputError where one leaves no training."""
        bounds = self.bounds(count)
        found: list[Split] = []
        for chosen in itertools.combinations(range(self.groups), self.test_groups):
            left = bytearray(b"\x01" * count)
            for group in chosen:
                first, last = bounds[group]
                low, high = max(0, first - self.purge), min(count, last + self.purge + self.embargo)
                left[low:high] = bytes(high - low)
            train = tuple(itertools.compress(range(count), left))
            if not train:
                raise InputError(f"{self!r} leaves no session of {count} to choose by: give less purge or embargo.")
            found.append(Split(chosen, train, tuple(bounds[group] for group in chosen)))
        return found

    def paths(self) -> list[tuple[int, ...]]:
        """For each path, the number of the split that tests each group: of path j the j-th that does."""
        chosen = list(itertools.combinations(range(self.groups), self.test_groups))
        by_group = [[k for k, one in enumerate(chosen) if group in one] for group in range(self.groups)]
        return list(zip(*by_group, strict=True))


class CrossValidation:
    """What a combinatorial cross-validation came to.

    splits: a row a split: split, test_groups (text), sessions (that chose), trial (its number), a column for each
    parameter, in_sample and out_of_sample (the objective, Decimal; of the tested groups in their order).
    paths: a row a path: path and the objective of its returns (Decimal). returns: session (Date), and a column
    `path_0`, ... for each path (Decimal).
    """

    def __init__(self, objective: str, splits: pl.DataFrame, paths: pl.DataFrame, returns: pl.DataFrame) -> None:
        self.objective, self.splits, self.paths, self.returns = objective, splits, paths, returns

    def __str__(self) -> str:
        known = sorted(self.paths[self.objective].drop_nulls())
        inside, outside = (self.splits[name].drop_nulls() for name in ("in_sample", "out_of_sample"))
        lines = [f"{self.splits.height} splits, {self.paths.height} paths of {self.returns.height:,} sessions"]
        if inside.len() and outside.len():
            lines.append(
                f"{self.objective} in sample {sum(inside) / inside.len():.4f}, out of sample "
                f"{sum(outside) / outside.len():.4f}, on average"
            )
        if known:
            lines.append(f"paths: {known[0]:.4f} to {known[-1]:.4f}, median {known[len(known) // 2]:.4f}")
        often = (
            self.splits.group_by("trial", maintain_order=True).len().sort("len", descending=True, maintain_order=True)
        )
        names = self.splits.columns[4:-2]
        first = self.splits.filter(pl.col("trial") == often["trial"][0]).select(names).row(0, named=True)
        lines.append(
            f"{often.height} trials chosen, {shown(first)} in {often['len'][0]} of {self.splits.height} splits"
        )
        return "\n".join(lines)

    def __repr__(self) -> str:
        return f"<CrossValidation {self.splits.height} splits, {self.paths.height} paths>"


def cross_validate(found: Search, splits: Combinatorial | None = None, *, pick: Pick = "best") -> CrossValidation:
    """Chooses parameters on each split's training, and judges them on its tests; the tests make up whole paths.

    found: a `Search` whose objective is a measure of returns, and whose returns were kept. Nothing is run again: each
    trial's returns are those of its run over all of the time, with the positions that it had.
    splits: six groups, of which two are tested, by default. pick: as `walk_forward` takes it.
    A path has each session once; that a training lies behind its test is what purge and embargo are for.
    Raises InputError for an objective that needs more than returns, and for sessions that are too few.

    >>> from rustybt import Strategy
    >>> from rustybt.api import order_target_percent, symbol
    >>> from rustybt.optimize import Combinatorial, Grid, cross_validate, search
    >>> class Cross(Strategy):
    ...     def initialize(self, context, days):
    ...         context.days = days
    ...     def handle_data(self, context, data):
    ...         closes = data.history(symbol("IBM"), "close", context.days, "1d")
    ...         order_target_percent(symbol("IBM"), 1 if closes[-1] > closes.mean() else 0)
    >>> found = search(Cross, {"days": [20, 50]}, Grid(), start="2008-01-02", end="2010-12-31")
    >>> cross_validate(found, Combinatorial(4, 2, purge=5, embargo=5))
    <CrossValidation 6 splits, 3 paths>
    """
    rule = Combinatorial() if splits is None else splits
    if not isinstance(rule, Combinatorial):
        raise InputError(f"{splits!r} is no set of splits: give Combinatorial(6, 2).")
    name, trials = found.objectives[0], found.ranked
    measure = measure_of(name)
    if not trials:
        raise InputError(f"No trial of {found.name!r} is complete: there is nothing to choose among.")
    frames = {trial.number: found.returns(trial) for trial in trials}
    sessions: list[dt.date] = frames[trials[0].number]["session"].to_list()
    returns = {number: frame["returns"] for number, frame in frames.items()}
    periods = found.result(trials[0]).periods
    maximize = found.job.maximize[:1]
    rows: list[tuple[Any, ...]] = []
    tested: list[dict[int, pl.Series]] = []
    for number, split in enumerate(rule.splits(len(sessions))):
        train = pl.Series(split.train, dtype=pl.UInt32)
        values = {n: measure(own.gather(train), periods) for n, own in returns.items()}
        taken = choose(trials, values, in_order(values, maximize), found.space, maximize, pick)
        pieces = [returns[taken.number].slice(first, last - first) for first, last in split.tests]
        outside = measure(pl.concat(pieces), periods)
        params = [taken.params.get(key) for key in found.space.names]
        groups = " ".join(map(str, split.test_groups))
        rows.append((number, groups, len(split.train), taken.number, *params, values[taken.number], outside))
        tested.append(dict(zip(split.test_groups, pieces, strict=True)))
    whole = [pl.concat([tested[k][group] for group, k in enumerate(path)]) for path in rule.paths()]
    return CrossValidation(
        name, _splits_frame(rows, found.space.names), _paths_frame(name, [measure(one, periods) for one in whole]),
        _returns_frame(sessions, whole),
    )  # fmt: skip


def _splits_frame(rows: Sequence[tuple[Any, ...]], names: Sequence[str]) -> pl.DataFrame:
    columns = ["split", "test_groups", "sessions", "trial", *names, "in_sample", "out_of_sample"]
    own: dict[str, Any] = dict.fromkeys(("in_sample", "out_of_sample"), pl.Decimal(38, 18))
    return pl.DataFrame(rows, schema=columns, schema_overrides=own, orient="row", infer_schema_length=None)


def _paths_frame(name: str, values: Sequence[Decimal | None]) -> pl.DataFrame:
    return pl.DataFrame(
        [pl.Series("path", range(len(values)), dtype=pl.Int64), pl.Series(name, values, dtype=pl.Decimal(38, 18))]
    )


def _returns_frame(sessions: Sequence[dt.date], paths: Sequence[pl.Series]) -> pl.DataFrame:
    columns = [one.alias(f"path_{k}") for k, one in enumerate(paths)]
    return pl.DataFrame([pl.Series("session", sessions, dtype=pl.Date), *columns])
