"""Which contract is current: by the rules of rolls, over volumes written out here."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest

from rustybt.core import Future, date_of
from rustybt.errors import FutureContractsNotFound
from rustybt.view._chain import Chain

DAYS = list(range(20_000, 20_040))
"""Sessions on 40 days in a row."""


def contract(symbol: str, first: int, closes: int | None, sid: int = 0) -> Future:
    """Starts and closes on the days at these places."""
    closing = None if closes is None else date_of(20_000 + closes)
    last = 20_039 if closes is None else 20_000 + closes
    return Future(
        sid=sid, key=symbol, symbol=symbol, name=symbol, exchange="X", country="US", currency="USD",
        start_date=date_of(20_000 + first), end_date=date_of(last), auto_close_date=closing, tick_size=Decimal("0.01"),
        quantity_step=Decimal(1), multiplier=Decimal(1), price_scale=2, volume_scale=0, first_day=20_000 + first,
        last_day=last, root_symbol="XX",
    )  # fmt: skip


def chain(*contracts: Future, volumes: dict[str, dict[int, int]] | None = None, root: str = "XX") -> Chain:
    """volumes: by symbol and day's place; 0 where none is given."""
    by_day = {symbol: {20_000 + day: v for day, v in given.items()} for symbol, given in (volumes or {}).items()}
    return Chain(root, contracts, DAYS, lambda one: by_day.get(one.symbol, {}))


def flat(volume: int) -> dict[int, int]:
    return dict.fromkeys(range(40), volume)


def current(rolled: Chain, roll: str, days: range) -> list[str]:
    return [rolled.contracts[rolled.current(roll, at)].symbol for at in days]


def test_contracts_stand_in_the_order_in_which_they_close() -> None:
    made = chain(contract("XXM24", 0, 30), contract("XXH24", 0, 20), contract("XXU24", 0, None))
    assert [one.symbol for one in made.contracts] == ["XXH24", "XXM24", "XXU24"]
    assert made.contracts[-1].auto_close_date is None


def test_a_first_contract_that_closed_before_it_began_is_left_out() -> None:
    made = chain(contract("XXF24", 5, 5), contract("XXH24", 0, 20))
    assert [one.symbol for one in made.contracts] == ["XXH24"]


def test_by_calendar_a_contract_gives_way_on_the_day_it_closes() -> None:
    made = chain(contract("XXH24", 0, 10), contract("XXM24", 0, 20))
    assert current(made, "calendar", range(8, 12)) == ["XXH24", "XXH24", "XXM24", "XXM24"]
    assert made.segments("calendar", 5, 15) == [(0, 5), (1, 10)]


def test_a_contract_that_has_not_begun_is_not_rolled_to() -> None:
    made = chain(contract("XXH24", 0, 10), contract("XXM24", 12, 30), volumes={"XXH24": flat(1)})
    assert current(made, "volume", range(5, 10)) == ["XXH24"] * 5


def test_a_larger_volume_long_before_the_close_counts_for_the_session_after_it_only() -> None:
    volumes = {"XXH24": flat(100), "XXM24": flat(50) | {10: 150}}
    made = chain(contract("XXH24", 0, 30), contract("XXM24", 0, 39), volumes=volumes)
    assert current(made, "volume", range(9, 14)) == ["XXH24", "XXH24", "XXM24", "XXH24", "XXH24"]


def test_a_larger_volume_within_seven_sessions_of_the_close_counts_for_good() -> None:
    volumes = {"XXH24": flat(100), "XXM24": flat(50) | {24: 150}}
    made = chain(contract("XXH24", 0, 30), contract("XXM24", 0, 39), volumes=volumes)
    assert current(made, "volume", range(23, 31)) == ["XXH24"] * 2 + ["XXM24"] * 6
    # on the eighth session before the close it does not
    volumes = {"XXH24": flat(100), "XXM24": flat(50) | {22: 150}}
    made = chain(contract("XXH24", 0, 30), contract("XXM24", 0, 39), volumes=volumes)
    assert current(made, "volume", range(22, 26)) == ["XXH24", "XXM24", "XXH24", "XXH24"]


def test_a_contract_that_nobody_trades_is_passed_over() -> None:
    volumes = {"XXG24": flat(100), "XXH24": flat(1), "XXJ24": flat(20) | dict.fromkeys(range(10, 40), 200)}
    made = chain(contract("XXG24", 0, 10), contract("XXH24", 0, 20), contract("XXJ24", 0, 35), volumes=volumes)
    assert current(made, "volume", range(8, 13)) == ["XXG24", "XXG24", "XXG24", "XXJ24", "XXJ24"]
    assert made.segments("volume", 5, 15) == [(0, 5), (2, 10)]


def test_a_window_sees_the_last_of_several_rolls_between_two_contracts() -> None:
    volumes = {"XXH24": flat(100), "XXM24": flat(50) | {10: 150} | dict.fromkeys(range(20, 40), 150)}
    made = chain(contract("XXH24", 0, 30), contract("XXM24", 0, 39), volumes=volumes)
    assert made.segments("volume", 5, 11) == [(0, 5), (1, 11)]  # seen on the very day
    assert made.segments("volume", 5, 25) == [(0, 5), (1, 21)]
    assert made.segments("volume", 22, 25) == [(1, 22)]


def test_a_chain_of_three_rolls_twice() -> None:
    volumes = {"XXH24": flat(3), "XXM24": flat(2), "XXU24": flat(1)}
    made = chain(contract("XXH24", 0, 10), contract("XXM24", 0, 20), contract("XXU24", 0, 35), volumes=volumes)
    assert made.segments("calendar", 2, 30) == [(0, 2), (1, 10), (2, 20)]
    assert made.segments("volume", 2, 30) == [(0, 2), (1, 11), (2, 21)]


@pytest.mark.parametrize("root", ["GC", "XG"])
def test_only_the_traded_months_of_gold_count(root: str) -> None:
    made = chain(*[contract(f"{root}{month}24", 0, 20 + n) for n, month in enumerate("FGHJKM")], root=root)
    assert [one.symbol for one in made.contracts] == [f"{root}G24", f"{root}J24", f"{root}M24"]


def test_a_chain_without_contracts_is_refused() -> None:
    with pytest.raises(FutureContractsNotFound, match="only those of the months F, J, N, V count"):
        chain(contract("PLH24", 0, 20), root="PL")
    with pytest.raises(FutureContractsNotFound, match="each starts before it closes"):
        chain(contract("XXH24", 5, 5))


def test_dates_without_sessions_count_as_the_next_session() -> None:
    days = [day for day in DAYS if day % 7 not in (0, 1)]
    made = Chain("XX", [contract("XXH24", 0, 7), contract("XXM24", 0, 30)], days, lambda one: {})
    weekend = dt.date(1970, 1, 1) + dt.timedelta(days=20_007)
    assert made.contracts[0].auto_close_date == weekend
    found = [made.contracts[made.current("calendar", at)].symbol for at in range(4, 8)]
    # 20_007 % 7 == 1: no session; from the first one after it on
    assert [(days[at], symbol) for at, symbol in zip(range(4, 8), found, strict=True)] == [
        (days[4], "XXH24" if days[4] < 20_007 else "XXM24"),
        (days[5], "XXH24" if days[5] < 20_007 else "XXM24"),
        (days[6], "XXM24"),
        (days[7], "XXM24"),
    ]
