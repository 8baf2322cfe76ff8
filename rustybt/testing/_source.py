"""What every source of bars promises, as tests."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

import polars as pl

from rustybt.core import datetime_of, frequency_named
from rustybt.errors import InputError, RustyBTError, SourceError
from rustybt.sources import Fetched, Progress, Source

_NUMBERS = ("open", "high", "low", "close", "volume")
_FRAMES = {
    "splits": ({"symbol", "ex_date", "ratio"}, set()),
    "dividends": ({"symbol", "ex_date", "amount"}, {"currency", "pay_date", "record_date", "declared_date"}),
    "funding": ({"symbol", "timestamp", "rate"}, {"mark_price"}),
    "assets": (
        {"symbol"},
        {"name", "type", "exchange", "country", "currency", "tick_size", "quantity_step", "multiplier"},
    ),
}


class SourceContract:
    """Subclass it as `class TestMine(SourceContract)`, and say what can be asked for.

    make: a source that answers; called often, and each call gives one that shares nothing with the others.
    symbols: at least two that it has bars of. unknown: one that it does not have.
    start, end, frequency: a range with bars of all symbols, over by now.
    secrets: keys that must not be seen anywhere.
    """

    symbols: ClassVar[tuple[str, ...]]
    unknown: ClassVar[str] = "NO-SUCH-SYMBOL"
    start: ClassVar[str]
    end: ClassVar[str]
    frequency: ClassVar[str] = "1d"
    secrets: ClassVar[tuple[str, ...]] = ()

    def make(self) -> Source:
        """A fresh source."""
        raise NotImplementedError("pass your source in make()")

    def fetch(self, *symbols: str, **more: Any) -> Fetched:
        """What a fresh source gives for the range."""
        return self.make().fetch(list(symbols or self.symbols), self.start, self.end, self.frequency, **more)

    def test_it_is_a_source(self) -> None:
        """It has a name, says what it supports, and names symbols, without asking anybody."""
        source = self.make()
        assert isinstance(source, Source)
        assert source.name == source.name.lower().strip() != ""
        assert source.supports.frequencies
        assert all(str(frequency_named(name)) == name for name in source.supports.frequencies)
        for symbol in self.symbols:
            named = source.vendor_symbol(symbol)
            assert named
            assert source.vendor_symbol(named) == named

    def test_the_columns_and_their_types(self) -> None:
        """Symbols, a date or the UTC start, and Decimals: never a float."""
        fetched = self.fetch()
        stamp = "timestamp" if frequency_named(self.frequency).step_ns is not None else "date"
        assert fetched.bars.columns == ["symbol", stamp, *_NUMBERS]
        assert fetched.bars["symbol"].dtype == pl.String
        assert fetched.bars[stamp].dtype == (pl.Datetime("ns", "UTC") if stamp == "timestamp" else pl.Date)
        assert all(isinstance(fetched.bars[name].dtype, pl.Decimal) for name in _NUMBERS)
        assert fetched.frequency == str(frequency_named(self.frequency))

    def test_each_symbol_ascends_and_has_no_bar_twice(self) -> None:
        """Sorted by symbol and time."""
        fetched = self.fetch()
        stamps = fetched.bars.select(fetched.bars.columns[:2])
        assert set(stamps["symbol"].unique()) == set(self.symbols)
        assert stamps.equals(stamps.unique().sort(stamps.columns))

    def test_only_what_was_asked_for(self) -> None:
        """From start through end, both included."""
        fetched = self.fetch()
        stamp = fetched.bars.columns[1]
        days = fetched.bars[stamp].dt.date() if stamp == "timestamp" else fetched.bars[stamp]
        assert str(days.min()) >= self.start
        # the day of a moment may be the next one in UTC
        assert stamp == "timestamp" or str(days.max()) <= self.end

    def test_only_finished_bars(self) -> None:
        """Asked until now, the last bar had ended when it was fetched."""
        fetched = self.make().fetch([self.symbols[0]], self.start, None, self.frequency)
        told = str(fetched.provenance["fetched_at"])
        last = fetched.bars[fetched.bars.columns[1]].max()
        if frequency_named(self.frequency).step_ns is not None:
            ns = fetched.bars["timestamp"].to_physical().max()
            assert datetime_of(frequency_named(self.frequency).end_of(int(ns))).isoformat() <= told  # type: ignore[arg-type]
        else:
            assert str(last) <= told[:10]

    def test_the_same_again_is_the_same(self) -> None:
        """Two calls agree."""
        first, second = self.fetch(), self.fetch()
        assert first.bars.equals(second.bars)
        for name in _FRAMES:
            one, other = getattr(first, name), getattr(second, name)
            assert (one is None) == (other is None)
            assert one is None or one.equals(other)

    def test_a_symbol_that_fails_fails_alone(self) -> None:
        """The others are there, and the failure says why."""
        fetched = self.fetch(self.symbols[0], self.unknown, *self.symbols[1:])
        assert [failure.symbol for failure in fetched.failures] == [self.unknown]
        assert fetched.failures[0].reason
        assert fetched.bars.equals(self.fetch().bars)
        assert self.unknown in repr(fetched)
        assert fetched.partial().failures == ()

    def test_nothing_at_all_raises(self) -> None:
        """No empty result that looks like an answer."""
        error = self._raised(SourceError, lambda: self.fetch(self.unknown))
        assert str(error)

    def test_what_means_nothing_is_refused(self) -> None:
        """Frequencies that it has not, dates the wrong way round, a text for a list."""
        source = self.make()
        self._raised(InputError, lambda: source.fetch(list(self.symbols), self.start, self.end, "7mo"))
        self._raised(InputError, lambda: source.fetch(list(self.symbols), self.end, "1971-01-01", self.frequency))
        self._raised(InputError, lambda: source.fetch(self.symbols[0], self.start, self.end, self.frequency))
        self._raised(InputError, lambda: source.fetch([], self.start, self.end, self.frequency))

    def test_splits_dividends_funding_and_assets(self) -> None:
        """Their columns, symbols that were asked for, ex-dates and moments within the range."""
        fetched = self.fetch()
        supports = self.make().supports
        assert supports.splits or fetched.splits is None
        assert supports.dividends or fetched.dividends is None
        assert supports.funding or fetched.funding is None
        for name, (needed, optional) in _FRAMES.items():
            frame = getattr(fetched, name)
            if frame is None:
                continue
            assert needed <= set(frame.columns) <= needed | optional
            assert set(frame["symbol"].unique()) <= set(self.symbols)
            for dated in {"ex_date", "timestamp"} & set(frame.columns):
                assert all(self.start <= str(day)[:10] <= self.end for day in frame[dated])

    def test_progress_is_told(self) -> None:
        """Once a page at least, symbol by symbol."""
        told: list[Progress] = []
        fetched = self.fetch(progress=told.append)
        assert {progress.symbol for progress in told} == set(self.symbols)
        assert [progress.done for progress in told] == sorted(progress.done for progress in told)
        assert all(progress.total == len(self.symbols) for progress in told)
        last = {progress.symbol: progress.rows for progress in told}
        assert sum(last.values()) >= fetched.bars.height

    def test_a_download_that_was_cut_off_goes_on(self, tmp_path: Path) -> None:
        """Killed after the first page, called again with the same folder: the same as in one go, with fewer calls."""

        class Killed(BaseException):
            pass

        def kill(_progress: Progress) -> None:
            raise Killed

        folder = tmp_path / "resume"
        try:
            self.fetch(progress=kill, resume=folder)
        except Killed:
            pass
        else:
            raise AssertionError("progress was not called")
        whole: list[Progress] = []
        again: list[Progress] = []
        straight = self.fetch(progress=whole.append)
        resumed = self.fetch(progress=again.append, resume=folder)
        assert resumed.bars.equals(straight.bars)
        assert len(again) < len(whole)
        self._raised(
            InputError,
            lambda: self.make().fetch(list(self.symbols), "1990-01-01", self.end, self.frequency, resume=folder),
        )

    def test_provenance_is_told_and_keys_are_not(self) -> None:
        """JSON can hold it; no key is in it, nor in the repr of anything."""
        source = self.make()
        fetched = source.fetch(list(self.symbols), self.start, self.end, self.frequency)
        told = json.dumps(fetched.provenance) + repr(fetched) + repr(source) + repr(vars(source))
        assert {"source", "fetched_at", "symbols", "start", "end", "frequency"} <= set(fetched.provenance)
        for secret in self.secrets:
            assert secret not in told

    @staticmethod
    def _raised(kind: type[RustyBTError], call: Callable[[], object]) -> RustyBTError:
        try:
            call()
        except kind as error:
            return error
        raise AssertionError(f"it did not raise {kind.__name__}")
