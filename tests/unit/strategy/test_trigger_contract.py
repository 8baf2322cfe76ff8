"""The contract of triggers: one that keeps it, and one each that breaks a promise."""

from __future__ import annotations

import datetime as dt
from typing import Any, ClassVar

import polars as pl
import pytest

from rustybt.testing import TriggerContract


class Higher:
    """A close above the highest one so far."""

    def __init__(self, asset: Any) -> None:
        self.asset, self.top = asset, 0

    def fires(self, moment: dt.datetime, data: Any) -> bool:
        price, top = data.current(self.asset, "price"), self.top
        self.top = max(top, price)
        return bool(price > top)


class TestHigher(TriggerContract):
    def make(self, asset: Any) -> Any:
        return Higher(asset)


class TestOnMinutes(TriggerContract):
    data_frequency = "minute"

    def make(self, asset: Any) -> Any:
        return Higher(asset)

    def bars(self) -> pl.DataFrame:
        stamps = [dt.datetime(2024, 1, 2, 14, 31 + minute, tzinfo=dt.UTC) for minute in range(20)]
        closes = [10 + minute % 7 for minute in range(20)]
        prices = dict.fromkeys(("open", "high", "low", "close"), closes)
        return pl.DataFrame({"timestamp": stamps, **prices, "volume": 100})


class Number(Higher):
    def fires(self, moment: dt.datetime, data: Any) -> Any:
        return 1


class Never(Higher):
    def fires(self, moment: dt.datetime, data: Any) -> bool:
        return False


class Counts(Higher):
    """Remembers on its class."""

    asked: ClassVar[list[int]] = [0]

    def fires(self, moment: dt.datetime, data: Any) -> bool:
        self.asked[0] += 1
        return self.asked[0] % 7 == 0


@pytest.mark.parametrize(
    ("kind", "test", "text"),
    [
        (Number, "test_it_fires_now_and_then", r"fires\(\) returned 1 at"),
        (Never, "test_it_fires_now_and_then", "it fired 0 times on 60 bars"),
        (Counts, "test_it_fires_at_the_same_moments_each_time", "two fresh ones fire at other moments"),
        (Counts, "test_a_run_leaves_it_as_it_was", "it keeps things outside of itself"),
        (Counts, "test_a_run_that_is_stopped_goes_on", "what it remembers is not on itself"),
    ],
)
def test_a_trigger_that_breaks_a_promise_is_found(kind: Any, test: str, text: str) -> None:
    class Held(TriggerContract):
        def make(self, asset: Any) -> Any:
            return kind(asset)

    Counts.asked[0] = 3
    with pytest.raises(AssertionError, match=text):
        getattr(Held(), test)()


def test_one_that_knows_what_comes_later_is_found() -> None:
    class Looks(TriggerContract):
        ahead: Any = None

        def make(self, asset: Any) -> Any:
            bars = self.ahead

            class Ahead(Higher):
                def fires(self, moment: dt.datetime, data: Any) -> bool:
                    return bool(moment.day == 5) is not (bars["close"][-1] == 7)

            return Ahead(asset)

        def _moments(self, bars: pl.DataFrame, made: Any = None) -> list[dt.datetime]:
            self.ahead = bars
            return super()._moments(bars, made)

    with pytest.raises(AssertionError, match="bars after the first 20 changed when it fired before"):
        Looks().test_what_comes_later_changes_nothing()
