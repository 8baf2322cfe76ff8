"""The fees of brokers that come along, and files of a user's own, through `run_algorithm` and the command."""

from __future__ import annotations

import datetime as dt
import runpy
import shlex
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

import rustybt
from rustybt.api import broker, commission
from rustybt.cli._main import cli
from rustybt.errors import InputError, RustyBTError, UnsupportedCommissionModel
from tests.unit.execution._trades import Trade, fees_of

D = dt.date
F = Fraction
ROOT = Path(__file__).parents[3]
COIN = {"type": "crypto", "quantity_step": "0.0001"}
PERPETUAL = {"type": "perpetual", "quantity_step": "0.0001"}
IN_2023 = D(2023, 3, 3)


@pytest.mark.parametrize(
    ("units", "price", "right"),
    [
        (100, "25", {"commission": "1"}),
        (1000, "25", {"commission": "5"}),
        (1000, "0.25", {"commission": "2.5"}),
        (-200_000, "5", {"commission": "1000", "sec": "8", "taf": "7.27"}),
    ],
)
def test_the_brokers_own_examples_of_fixed_pricing(units: int, price: str, right: dict[str, str]) -> None:
    done = fees_of(broker("ibkr-fixed"), [Trade(IN_2023, units, price)], calendar="XNYS")
    assert done.fees == [{kind: F(amount) for kind, amount in right.items()}]


@pytest.mark.parametrize(
    ("units", "maker", "total", "stated"),
    [
        (-30_000_000, True, "-13811.89675", "-13811.90"),
        (-30_000_000, False, "139188.10325", "139188.10"),
        (-200_000, False, "1355.7845", "1355.78"),
    ],
)
def test_the_brokers_own_examples_of_tiered_pricing(units: int, maker: bool, total: str, stated: str) -> None:
    done = fees_of(broker("ibkr-tiered"), [Trade(IN_2023, units, 5, maker)], calendar="XNYS")
    assert done.total == F(total)
    assert round(Decimal(total), 2) == Decimal(stated)


@pytest.mark.parametrize(
    ("day", "sec", "taf"),
    [
        # of a sale of 100,000 shares at 10: a million
        (D(2017, 7, 3), "21.80", "5.95"),
        (D(2017, 7, 5), "23.10", "5.95"),
        (D(2021, 2, 24), "22.10", "5.95"),
        (D(2021, 2, 25), "5.10", "5.95"),
        (D(2025, 5, 13), "27.80", "8.30"),
        (D(2025, 5, 14), None, "8.30"),
    ],
)
def test_what_the_state_takes_goes_by_the_day_of_the_fill(day: dt.date, sec: str | None, taf: str) -> None:
    done = fees_of(broker("ibkr-fixed"), [Trade(day, -100_000, 10)], calendar="XNYS")
    found = {kind: amount for kind, amount in done.fees[0].items() if kind in ("sec", "taf")}
    assert found == {"taf": F(taf)} | ({} if sec is None else {"sec": F(sec)})


def test_a_broker_that_rounds_up_to_the_cent() -> None:
    """100 shares at 50 in 2023: 5,000 at 8.00 a million is 0.04 exactly, at 51 it is 0.0408; 0.0145 of TAF."""
    trades = [Trade(D(2023, 3, 3), -100, 50), Trade(D(2023, 3, 7), -100, 51)]
    done = fees_of(broker("alpaca"), trades, calendar="XNYS")
    assert done.fees == [{"sec": F("0.04"), "taf": F("0.02")}, {"sec": F("0.05"), "taf": F("0.02")}]


@pytest.mark.parametrize(
    ("units", "price", "right"),
    [
        # the examples of HMRC: 13.4547 goes down, 13.4550 up
        (1, "2690.94", {"stamp_duty": "13.45"}),
        (1, "2691.00", {"stamp_duty": "13.46"}),
        (1000, "10", {"stamp_duty": "50"}),
        (1001, "10", {"stamp_duty": "50.05", "ptm_levy": "1.5"}),
        (-1001, "10", {"ptm_levy": "1.5"}),
    ],
)
def test_british_purchases(units: int, price: str, right: dict[str, str]) -> None:
    done = fees_of(broker("part-uk-purchases"), [Trade(D(2024, 12, 5), units, price)], assets={"currency": "GBP"})
    assert done.fees == [{kind: F(amount) for kind, amount in right.items()}]


def test_sums_in_another_currency_are_refused() -> None:
    with pytest.raises(InputError, match=r"fees of 'ibkr-fixed' are in USD, and X trades in GBP"):
        fees_of(broker("ibkr-fixed"), [Trade(IN_2023, 1, 10)], assets={"currency": "GBP"})


def test_the_levels_of_bybit_go_by_seven_in_the_morning() -> None:
    """The first trade of 1.2 million is there at 07:00 of the day on which the second order is placed, VIP 1."""
    trades = [Trade(D(2025, 3, 3), 12_000, 100), Trade(D(2025, 3, 6), 100, 100), Trade(D(2025, 4, 6), 100, 100)]
    done = fees_of(broker("bybit"), trades, assets=COIN)
    assert [fees["commission"] for fees in done.fees] == [1200, F("8"), F("10")]


def test_a_share_of_spot_counts_twice_where_the_file_says_so() -> None:
    """Spot for 2.6 million weighs 5.2 million of perpetuals."""
    charges = {asset: charge for charge in broker("hyperliquid").charges for asset in charge.assets or ()}
    assert (charges["crypto"].weight, charges["perpetual"].weight) == (2, 1)
    trades = [Trade(D(2025, 3, 3), 26_000, 100), Trade(D(2025, 3, 6), 100, 100)]
    done = fees_of(broker("hyperliquid"), trades, assets=COIN)
    assert [fees["commission"] for fees in done.fees] == [1820, F("6")]


@pytest.mark.parametrize("name", commission.brokers())
def test_each_file_says_where_its_rates_are_from(name: str) -> None:
    schedule = broker(name)
    assert schedule.name == name
    assert len(schedule.title) > 10
    assert schedule.about
    for charge in schedule.charges:
        for rates in charge.rows:
            assert rates.begins is not None
            assert rates.source
            assert rates.read_on is not None
            if not rates.verified:
                assert rates.note or "not" in rates.source or "third" in rates.source or "librar" in rates.source


def codes(result: rustybt.Result) -> dict[str, Any]:
    return {note.code: note for note in result.notes}


def test_a_run_says_what_it_paid_before_and_after_its_date() -> None:
    trade = [Trade(D(2025, 3, 3), 1, 100)]
    assert {"fees_before_their_date", "fees_after_their_date"} & codes(
        fees_of(broker("kraken"), trade, assets=COIN).result
    ).keys() == set()
    early = codes(fees_of(broker("kraken"), [Trade(D(2024, 3, 3), 1, 100)], assets=COIN).result)
    assert early["fees_before_their_date"].data["known_from"] == "2025-01-01"
    assert early["fees_unverified"].data["kinds"] == ["commission"]
    # read on 2026-05-30
    assert "fees_after_their_date" not in codes(
        fees_of(broker("kraken"), [Trade(D(2027, 5, 30), 1, 100)], assets=COIN).result
    )
    late = codes(fees_of(broker("kraken"), [Trade(D(2027, 6, 1), 1, 100)], assets=COIN).result)
    assert late["fees_after_their_date"].data == {
        "schedule": "'kraken'", "kinds": ["commission"], "known_until": "2026-05-30", "used_until": "2027-06-01",
    }  # fmt: skip
    assert "fees_unverified" not in codes(fees_of(broker("kraken"), trade, assets=PERPETUAL).result)


OWN = """\
title = "My desk"
currency = "USD"

[[charge]]
per = "percent"
window = "days=30"
tiers = [[0, 0.30], [1_000, 0.20]]

[[charge]]
kind = "desk"
per = "order"

[[charge.rows]]
from = 2024-01-01
rate = 1.5

[[charge.rows]]
from = 2024-06-01
rate = 2

[[include]]
part = "us-sales"
rounding = "up to 0.01"
assets = ["equity"]
"""


def own(folder: Path, old: str = "", new: str = "") -> Path:
    path = folder / "desk.toml"
    assert old in OWN
    path.write_text(OWN.replace(old, new) if old else OWN)
    return path


def test_a_file_of_ones_own(tmp_path: Path) -> None:
    trades = [Trade(D(2024, 5, 30), 20, 100), Trade(D(2024, 6, 3), -20, 100)]
    done = fees_of(broker(own(tmp_path)), trades, calendar="XNYS")
    assert done.fees == [
        {"commission": F("6"), "desk": F("1.5")},
        {"commission": F("4"), "desk": F("2"), "sec": F("0.06"), "taf": F("0.01")},
    ]
    assert fees_of(broker(str(own(tmp_path))), trades, calendar="XNYS").fees == done.fees
    assert "FeeSchedule(name=desk, digest=" in str(done.result.manifest)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("[1_000, 0.20]", "[0, 0.20]", r"desk.toml, line 7, tiers: 0 comes after 0. Let each tier begin above"),
        ('title = "My desk"', "titel = 1", r"desk.toml, line 1, titel: there is no such key. Did you mean 'title'\?"),
        ('per = "order"', 'per = "orders"', r"desk.toml, line 11, per is 'orders'. Did you mean 'order'\?"),
        ('window = "days=30"', 'windows = "days=30"', r"desk.toml, line 6, windows: there is no such key"),
        ("rate = 2\n", "rat = 2\n", r"desk.toml, line 19, rat: there is no such key. Did you mean 'rate'\?"),
        ("rate = 2\n", 'rate = "two"\n', r"desk.toml, line 19, rate is 'two'"),
        ("rate = 2\n", "\n", r"desk.toml, line 17, rate: there is no rate. Give rate, or maker and taker, or tiers"),
        (
            "from = 2024-06-01",
            "from = 2023-06-01",
            r"desk.toml, line 18, from is 2023-06-01, and the row before it begins",
        ),
        ("from = 2024-06-01\n", "", r"desk.toml, line 17, from: there is no date"),
        ('part = "us-sales"', 'part = "eu-sales"', r"There is no broker 'part-eu-sales'"),
        ('rounding = "up to 0.01"', 'side = "buy"', r"desk.toml, line 23, side: there is no such key"),
        ('rounding = "up to 0.01"', 'rounding = "up"', r"desk.toml, line 23, rounding is 'up': write 'none'"),
        ("tiers = [[0, 0.30]", "tiers = [[0, 0.30", r"desk.toml is no TOML: .*line 9"),
        ("[[charge]]\nper", "[charge]\nper", r"no TOML"),
    ],
)
def test_a_file_that_makes_no_sense_is_refused_by_its_line(tmp_path: Path, old: str, new: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        broker(own(tmp_path, old, new))


def test_unknown_brokers_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no broker 'IBKR'. Did you mean 'ibkr-fixed'\?|Did you mean 'ibkr"):
        broker("IBKR")
    with pytest.raises(InputError, match=r"no broker 'zzz'. The names are alpaca, .*; or give the path"):
        broker("zzz")
    with pytest.raises(InputError, match=r"desk.toml can't be read: .*Name a TOML file of fees"):
        broker(tmp_path / "desk.toml")
    (tmp_path / "empty.toml").write_text("")
    with pytest.raises(InputError, match=r"empty.toml has no charges. Write a \[\[charge\]\]"):
        broker(tmp_path / "empty.toml")


def test_a_name_in_place_of_the_model_is_told_what_to_write() -> None:
    with pytest.raises(UnsupportedCommissionModel, match=r"us_equities='ibkr-tiered'.*broker\('ibkr-tiered'\)"):
        fees_of("ibkr-tiered", [Trade(IN_2023, 1, 10)])


def command(line: str) -> str:
    done = CliRunner().invoke(cli, shlex.split(line))
    if done.exception is not None and isinstance(done.exception, RustyBTError):
        raise done.exception
    assert done.exit_code == 0, done.output
    return done.output


def test_the_command_lists_and_shows(tmp_path: Path) -> None:
    listed = command("brokers")
    for name in commission.brokers():
        assert f"\n{name} " in listed
    shown = command("brokers show ibkr-tiered")
    assert "each part by its own tier by units of the calendar month" in shown
    row = next(line for line in shown.splitlines() if "300,000" in line)
    assert row.split() == ["300,000", "0.002", "0.002"]
    assert " no " in command("brokers show coinbase")
    assert "desk, per order" in command(f"brokers show {own(tmp_path)}")
    with pytest.raises(InputError, match="no broker 'nobody'"):
        command("brokers show nobody")


def test_the_pages_of_the_documentation_are_those_of_the_files() -> None:
    """Else: python tools/broker_pages.py."""
    written = runpy.run_path(str(ROOT / "tools" / "broker_pages.py"))["pages"]()
    assert {path.name for path in (ROOT / "docs" / "brokers").iterdir()} == {path.name for path in written}
    for path, text in written.items():
        assert path.read_text(encoding="utf-8") == text, f"{path.name} is old: python tools/broker_pages.py"
