"""Strategies of the kinds that Zipline documents, unmodified: `zipline run` and `rustybt run --zipline`, same frames.

The scripts import zipline and nothing of ours. Every column that either side has is compared, by name.
"""

from __future__ import annotations

import datetime as dt
import importlib.util
import json
import math
import os
import re
import subprocess
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.parity._market import DIVIDENDS, SPLITS, date, days_of, market
from tests.parity._outcomes import Answer, on_record
from tests.parity._perf import plain_frame

if importlib.util.find_spec("zipline") is None and not os.environ.get("CI"):
    pytest.skip("zipline-reloaded is not installed: uv sync --group parity", allow_module_level=True)

pytestmark = pytest.mark.parity

HERE = Path(__file__).parent
SCRIPTS = HERE / "scripts"
PERIODS = {"daily": ("2016-05-02", "2017-12-15"), "minute": ("2017-11-15", "2017-11-30")}
DAILY = [
    "a_little_every_day",
    "buy_and_hold",
    "kinds_of_orders",
    "momentum",
    "moving_average_reversion",
    "pair",
    "two_averages",
    "weekly_rebalance",
]
MINUTE = ["buy_and_hold", "kinds_of_orders", "minutes_around_the_average", "minutes_of_a_portfolio"]
JOBS = [(name, "daily") for name in DAILY] + [(name, "minute") for name in MINUTE]
ROOT = Path(__file__).parents[2]
CLOSE = 1e-9
CAPITAL = "98765"
"""With 100,000 a return of whole cents has seven decimals: where the seventh is a 5, noise decides what is printed."""
NO_SIGN = re.compile(r"-(0\.0+)$", re.MULTILINE)


def job(name: str, frequency: str) -> dict[str, str]:
    start, end = PERIODS[frequency]
    script = str(SCRIPTS / f"{name}.py")
    return {"script": script, "frequency": frequency, "start": start, "end": end, "capital": CAPITAL}


@pytest.fixture(scope="module")
def theirs(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, str], dict[str, Any]]:
    """Zipline's frames by job."""
    return dict(zip(JOBS, frames(tmp_path_factory.mktemp("zipline")), strict=True))


def frames(folder: Path, answer: Answer = on_record) -> list[Any]:
    """Zipline's frame of each job."""
    asked = [HERE / f"{name}.py" for name in ("_scripts_on_zipline", "_market", "_perf")]
    asked += [SCRIPTS / f"{name}.py" for name in sorted({name for name, _ in JOBS})]
    question = json.dumps([[PERIODS, CAPITAL, JOBS], *(path.read_text(encoding="utf-8") for path in asked)])
    found: list[Any] = answer("scripts", question, lambda: {"frames": frames_of_zipline(folder)})["frames"]
    return found


def frames_of_zipline(folder: Path) -> list[Any]:
    """What Zipline's own command makes of each job."""
    (folder / "jobs.json").write_text(json.dumps([job(*one) for one in JOBS]), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "tests.parity._scripts_on_zipline", str(folder)],
        cwd=ROOT,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-4000:]
    return [json.loads((folder / f"{n}.json").read_text(encoding="utf-8")) for n in range(len(JOBS))]


@pytest.fixture(scope="module")
def catalog(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A catalog with the market of both frequencies."""
    root = tmp_path_factory.mktemp("catalog")
    for frequency in PERIODS:
        ingest(frequency, root)
    return root


def ingest(frequency: str, root: Path) -> None:
    import polars as pl

    import rustybt

    data = market(frequency)
    rows = [(symbol, stamp, *row) for symbol, bars in data.bars.items() for stamp, row in bars.items()]
    names, stamps, *prices, volumes = zip(*rows, strict=True)
    when = (
        pl.Series("date", [date(day) for day in stamps])
        if frequency == "daily"
        else pl.Series("timestamp", stamps, dtype=pl.Int64).cast(pl.Datetime("ns", "UTC"))
    )
    columns = [pl.Series("symbol", names), when, pl.Series("volume", volumes)]
    for name, cents in zip(("open", "high", "low", "close"), prices, strict=True):
        columns.append(pl.Series(name, [Decimal(c).scaleb(-2) for c in cents], dtype=pl.Decimal(18, 2)))
    first, last = days_of(frequency)
    splits = [s for s in SPLITS if s[0] in data.symbols and first <= s[1] <= last]
    dividends = [d for d in DIVIDENDS if d[0] in data.symbols and first <= d[1] <= last]
    rustybt.ingest(
        frequency,
        pl.DataFrame(columns),
        calendar="XNYS",
        root=root,
        splits=pl.DataFrame(splits, schema=["symbol", "ex_date", "ratio"], orient="row"),
        assets=pl.DataFrame({"symbol": data.symbols, "country": ["US"] * len(data.symbols)}),
        dividends=pl.DataFrame(dividends, schema=["symbol", "ex_date", "amount", "pay_date"], orient="row"),
        **({} if frequency == "daily" else {"frequency": "1m", "stamp": "end", "tz": "UTC"}),
    )


def ours(name: str, frequency: str) -> dict[str, Any]:
    """The frame of the same script through the shim, in this process; Zipline is not imported."""
    from rustybt.zipline._script import read_script, run_script

    given = job(name, frequency)
    path = Path(given["script"])
    already = "zipline" in sys.modules  # other tests of this process may read what Zipline wrote with Zipline
    perf = run_script(
        read_script(path),
        str(path),
        start=given["start"],
        end=given["end"],
        capital_base=float(CAPITAL),
        data_frequency=frequency,
        bundle=frequency,
    )
    assert already or "zipline" not in sys.modules
    return plain_frame(perf)


@pytest.mark.parametrize(("name", "frequency"), JOBS)
def test_an_unmodified_script_gives_zipline_s_frame(
    name: str,
    frequency: str,
    theirs: dict[tuple[str, str], dict[str, Any]],
    catalog: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("RUSTYBT_ROOT", str(catalog))
    wanted, found = theirs[name, frequency], json.loads(json.dumps(ours(name, frequency)))
    assert found["index"] == wanted["index"]
    assert sorted(found["columns"]) == sorted(wanted["columns"])
    different = [
        f"{column}[{row}], {day(stamp)}: {a!r}, Zipline {b!r}"
        for column, values in wanted["columns"].items()
        for row, (stamp, a, b) in enumerate(zip(wanted["index"], found["columns"][column], values, strict=True))
        if not same(a, b)
    ]
    assert not different[:12]
    types = {column: (found["types"][column], kind) for column, kind in wanted["types"].items()}
    assert {column: pair for column, pair in types.items() if pair[0] != pair[1]} == {}
    assert sum(len(day) for day in wanted["columns"]["transactions"]) > 0
    unlike = [
        column for column, text in wanted["printed"].items() if printed(found["printed"][column]) != printed(text)
    ]
    assert not unlike


def printed(text: str) -> str:
    """A printed column; Zipline's leverage is -0.0 once a short position was closed."""
    return NO_SIGN.sub(r" \1", text)


def day(stamp: int) -> str:
    return str(dt.datetime.fromtimestamp(stamp / 1e9, tz=dt.UTC))


def same(a: Any, b: Any) -> bool:
    """Equal, floats within 1e-9 of themselves or of 1."""
    if isinstance(a, bool) or isinstance(b, bool) or a is None or b is None:
        return a is b
    if isinstance(a, int | float) and isinstance(b, int | float):
        return math.isclose(a, b, rel_tol=CLOSE, abs_tol=CLOSE)
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(same(a[key], b[key]) for key in a)
    return bool(a == b)
