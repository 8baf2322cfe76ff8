"""Precision by class of assets and by asset: what a configuration says, and what ingestion and runs make of it."""

from __future__ import annotations

import datetime as dt
import importlib.util
from decimal import Decimal

import polars as pl
import pytest
from click.testing import CliRunner

import rustybt
from rustybt.api import commission, order, set_commission, set_slippage, slippage, symbol
from rustybt.cli._main import cli
from rustybt.core import Precision
from rustybt.errors import InputError

DAYS = [dt.date(2024, 1, day) for day in (2, 3, 4, 5, 8)]
TOML = """
[crypto]
quantity_step = "0.001"
tick_size = 0.5
rounding = "up"

["24/7:ETH"]
quantity_step = "0.01"
"""


def bars(*symbols):
    rows = pl.DataFrame({"symbol": [s for s in symbols for _ in DAYS], "date": DAYS * len(symbols)})
    price = pl.lit("100").alias
    return rows.with_columns(*(price(name) for name in ("open", "high", "low", "close")), volume=pl.lit("1000"))


def grids(bundle):
    return {asset.symbol: (asset.tick_size, asset.quantity_step) for asset in rustybt.open_version(bundle).assets()}


def test_without_a_word_coins_have_eight_decimals_and_all_else_whole_units():
    config = rustybt.DecimalConfig()
    assert config.get("crypto") == config.get("perpetual") == Precision(None, Decimal("1e-8"), "exact")
    for kind in ("equity", "etf", "future", "forex", "index"):
        assert config.get(kind) == Precision(None, Decimal(1), "exact")
    assert not config.rounds()


def test_an_asset_comes_before_its_class_and_the_class_before_the_presets():
    config = rustybt.DecimalConfig({
        "crypto": {"tick_size": "0.1", "rounding": "down"},
        "BTC": {"tick_size": 1, "quantity_step": "0.001"},
        "24/7:BTC": Precision(rounding="against"),
    })  # fmt: skip
    assert config.get("crypto") == Precision(Decimal("0.1"), Decimal("1e-8"), "down")
    assert config.get("crypto", "24/7:BTC", "BTC") == Precision(Decimal(1), Decimal("0.001"), "against")
    assert config.get("equity", "AAPL").rounding == "exact"


def test_a_copy_says_more_and_the_old_one_stays():
    config = rustybt.DecimalConfig({"equity": {"tick_size": "0.05"}})
    more = config.set("equity", rounding="half_up").set("etf", quantity_step="0.01")
    assert config.get("equity") == Precision(Decimal("0.05"), Decimal(1), "exact")
    assert more.get("equity") == Precision(Decimal("0.05"), Decimal(1), "half_up")
    assert more.as_dict() == {
        "equity": {"tick_size": "0.05", "rounding": "half_up"}, "etf": {"quantity_step": "0.01"}
    }  # fmt: skip
    assert rustybt.DecimalConfig(more.as_dict()) == more
    assert more.rounds()
    assert not config.rounds()


JSON = """{
    "crypto": {"quantity_step": "0.001", "tick_size": 0.5, "rounding": "up"},
    "24/7:ETH": {"quantity_step": 0.01}
}"""
YAML = """
crypto: {quantity_step: 0.001, tick_size: 0.5, rounding: up}
24/7:ETH: {quantity_step: 0.01}
"""


@pytest.mark.parametrize(("name", "text"), [("a.toml", TOML), ("a.json", JSON), ("a.yaml", YAML)])
def test_a_file_says_it_too(tmp_path, name, text):
    file = tmp_path / name
    file.write_text(text)
    if name.endswith("yaml") and importlib.util.find_spec("yaml") is None:
        with pytest.raises(InputError, match="YAML needs PyYAML"):
            rustybt.DecimalConfig.load(file)
        return
    config = rustybt.DecimalConfig.load(file)
    assert config.get("crypto") == Precision(Decimal("0.5"), Decimal("0.001"), "up")
    assert config.get("crypto", "24/7:ETH") == Precision(Decimal("0.5"), Decimal("0.01"), "up")


@pytest.mark.parametrize(
    ("of", "message"),
    [
        ({"equity": {"tick_size": "0"}}, "tick_size of equity is 0. Pass a number above zero"),
        ({"equity": {"quantity_step": "1e-19"}}, "with 18 decimals at most"),
        ({"equity": {"tick_size": "a cent"}}, "tick_size of equity"),
        ({"equity": {"rounding": "nearest"}}, "Pass one of exact, half_even"),
        ({"equity": {"digits": 2}}, "any of tick_size, quantity_step, rounding"),
        ({"equity": 2}, "Pass a mapping"),
        ({"equities": {"tick_size": "0.01"}}, "no class 'equities'. There are equity, etf"),
        ([("equity", {})], "pass a mapping"),
    ],
)
def test_what_means_nothing(of, message):
    with pytest.raises(InputError, match=message):
        rustybt.DecimalConfig(of)


def test_classes_and_files_that_are_not_there(tmp_path):
    with pytest.raises(InputError, match="pass one of equity"):
        rustybt.DecimalConfig().get("stock")
    broken = tmp_path / "broken.toml"
    for text in ("[crypto", '"just text"'):
        broken.write_text(text)
        with pytest.raises(InputError, match="can't be read"):
            rustybt.DecimalConfig.load(broken)
    listed = tmp_path / "list.json"
    listed.write_text("[1]")
    with pytest.raises(InputError, match="no tables by class"):
        rustybt.DecimalConfig.load(listed)
    with pytest.raises(InputError, match=r"nothing\.toml can't be read"):
        rustybt.ingest("b", bars("A"), decimals=tmp_path / "nothing.toml")


def test_ingestion_takes_grids_from_it_where_the_assets_have_none(tmp_path):
    file = tmp_path / "decimals.toml"
    file.write_text(TOML)
    assets = [{"type": "crypto"}, pl.DataFrame({"symbol": ["SOL"], "quantity_step": ["5"]})]
    rustybt.ingest("coins", bars("BTC", "ETH", "SOL"), calendar="24/7", assets=assets, decimals=file)
    half = Decimal("0.5")
    assert grids("coins") == {"BTC": (half, Decimal("0.001")), "ETH": (half, Decimal("0.01")), "SOL": (half, 5)}
    rustybt.ingest("shares", bars("A"), decimals=file)
    assert grids("shares") == {"A": (Decimal("0.01"), 1)}


def test_what_a_configuration_does_not_say_can_be_said_later():
    rustybt.ingest("b", bars("A"), decimals={"equity": {"tick_size": "0.05"}})
    more = bars("A").with_columns(pl.col("date") + pl.duration(days=14))
    rustybt.ingest("b", more, mode="append", decimals={"equity": {"tick_size": "1", "quantity_step": "10"}})
    assert grids("b") == {"A": (Decimal("0.05"), 10)}


def test_the_command_has_it_too(tmp_path):
    file, prices = tmp_path / "decimals.toml", tmp_path / "bars.csv"
    file.write_text('[equity]\ntick_size = "0.05"\n')
    bars("A").write_csv(prices)
    done = CliRunner().invoke(cli, ["ingest", "csv", str(prices), "-b", "b", "--decimals", str(file)])
    assert done.exit_code == 0, done.output
    assert grids("b") == {"A": (Decimal("0.05"), 1)}


@pytest.mark.parametrize(
    ("decimals", "bought", "sold"),
    [
        (None, "100.051", "99.949"),
        ({"equity": {"rounding": "half_even"}}, "100.05", "99.95"),
        ({"equity": {"rounding": "half_even"}, "A": {"rounding": "against"}}, "100.06", "99.94"),
        ({"equity": {"rounding": "down"}, "XNYS:A": {"rounding": "exact"}}, "100.051", "99.949"),
        ({"crypto": {"rounding": "down"}}, "100.051", "99.949"),
    ],
)
def test_a_run_rounds_its_fills_as_it_says(decimals, bought, sold):
    rustybt.ingest("b", bars("A"), assets={"tick_size": "0.01"})

    def initialize(context):
        set_slippage(slippage.FixedBasisPointsSlippage("5.1"))  # 100.051 and 99.949
        set_commission(commission.NoCommission())
        context.day = 0

    def handle_data(context, data):
        context.day += 1
        if context.day in (1, 3):
            order(symbol("A"), 10 if context.day == 1 else -10)

    result = rustybt.run_algorithm(
        "2024-01-02", "2024-01-08", initialize, 10_000, handle_data, bundle="b", decimals=decimals
    )
    assert result.transactions["price"].to_list() == [Decimal(bought), Decimal(sold)]
    assert result.daily["ending_cash"][-1] == 10_000 - 10 * (Decimal(bought) - Decimal(sold))
    assert ("AtTick" in result.manifest["slippage"]) is (decimals is not None)
