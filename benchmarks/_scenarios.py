"""What is run: the workloads, their data and their goals."""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Scenario:
    """One workload.

    stored: ISO date from which there are bars; the run goes from `start` to `end`, both included.
    volume: smallest and largest volume of a bar. goals: how many times faster than Zipline, with the native kernel and
    with the pure twin; none for a scenario that the budget does not name.
    by_hand: whether Zipline's strategy does by hand what orders do here: cancels and places them anew each minute.
    costs: slippage and commissions as Zipline has them by default, or none: what the peers' runs are compared with.
    """

    name: str
    about: str
    frequency: str
    assets: int
    stored: str
    start: str
    end: str
    capital: int
    volume: tuple[int, int]
    goals: tuple[int, int] | None
    seed: int = 1
    costs: bool = True
    by_hand: bool = False

    @property
    def bundle(self) -> str:
        """The name of the data: scenarios on the same bars share it."""
        parts = ("bench", self.frequency, self.assets, self.stored, self.end)
        return "-".join(str(part) for part in parts)


D50 = Scenario(
    name="D50",
    about="50 assets, 2 years daily, 20/50-day averages, all targets reset every day",
    frequency="daily",
    assets=50,
    stored="2020-10-01",
    start="2021-01-04",
    end="2022-12-30",
    capital=1_000_000,
    volume=(100_000, 1_000_000),
    goals=(100, 30),
)
M1 = Scenario(
    name="M1",
    about="1 asset, a year of minutes, 10/30-minute averages from history each minute, a target at each crossing",
    frequency="minute",
    assets=1,
    stored="2020-12-28",
    start="2021-01-04",
    end="2021-12-31",
    capital=100_000,
    volume=(30_000, 300_000),
    goals=(140, 100),
)
M1_TERMS = replace(M1, name="M1-TERMS", about="M1, where RustyBT reads its averages as terms", goals=(400, 200))
M50 = Scenario(
    name="M50",
    about="50 assets, a month of minutes, data.current of each every minute",
    frequency="minute",
    assets=50,
    stored="2021-04-01",
    start="2021-04-01",
    end="2021-04-30",
    capital=1_000_000,
    volume=(30_000, 300_000),
    goals=(50, 35),
)
IDLE = replace(M1, name="IDLE", about="a year of minutes, handle_data does nothing", goals=(40, 30))
D50_AT_ONCE = replace(
    D50, name="D50-AT-ONCE", about="D50, where RustyBT sets all targets of a day in one call", goals=None
)
D500 = Scenario(
    name="D500",
    about="500 assets, 9 years daily, monthly 12-1 momentum, 50 held",
    frequency="daily",
    assets=500,
    stored="2011-12-01",
    start="2013-01-02",
    end="2021-12-31",
    capital=10_000_000,
    volume=(100_000, 1_000_000),
    goals=(200, 60),
)
ORDERS = Scenario(
    name="ORDERS",
    about="10 assets, a month of minutes, 200 limit orders open at all times, cancelled and placed anew each day",
    frequency="minute",
    assets=10,
    stored="2021-04-01",
    start="2021-04-01",
    end="2021-04-30",
    capital=1_000_000,
    volume=(30_000, 300_000),
    goals=None,
)

BRACKETS = replace(
    M50,
    name="BRACKETS",
    about="50 assets, a month of minutes, a bracket open in each at all times, one per cent to either side",
    goals=None,
    by_hand=True,
)
TRAIL = replace(
    M50,
    name="TRAIL",
    about="50 assets, a month of minutes, 200 trailing stops open at all times, half to two per cent away",
    goals=None,
    by_hand=True,
)

SCENARIOS = {
    scenario.name: scenario for scenario in (D50, D50_AT_ONCE, D500, M1, M1_TERMS, M50, IDLE, ORDERS, BRACKETS, TRAIL)
}

ORDERS_YEAR = replace(
    ORDERS,
    name="ORDERS-YEAR",
    about="the same over a year of minutes, without a peer",
    stored="2020-12-28",
    start="2021-01-04",
    end="2021-12-31",
)
DAILY_LOAD = replace(
    D500, name="LOAD-D", about="500 assets x 10 years daily, ready to run", stored="2011-12-01", start="2021-12-30"
)
MINUTE_LOAD = replace(
    M50,
    name="LOAD-M",
    about="50 assets x a year of minutes, 4.9 million bars, ready to run",
    stored="2020-12-28",
    start="2021-01-04",
    end="2021-12-31",
)

_REDUCED = {
    "D50": {"assets": 12, "start": "2021-01-04", "end": "2021-03-31"},
    "D50-AT-ONCE": {"assets": 12, "start": "2021-01-04", "end": "2021-03-31"},
    "M1": {"start": "2021-01-04", "end": "2021-01-06"},
    "M1-TERMS": {"start": "2021-01-04", "end": "2021-01-06"},
    "M50": {"assets": 5, "end": "2021-04-05"},
    "IDLE": {"start": "2021-01-04", "end": "2021-01-06"},
    "D500": {"assets": 60, "stored": "2019-06-03", "start": "2020-06-30", "end": "2020-11-06"},
    "ORDERS": {"assets": 2, "end": "2021-04-06"},
    "BRACKETS": {"assets": 3, "end": "2021-04-06"},
    "TRAIL": {"assets": 3, "end": "2021-04-06"},
}


def reduced(scenario: Scenario) -> Scenario:
    """The same workload on a fraction of its data, to see in seconds that both engines agree."""
    return replace(scenario, **_REDUCED[scenario.name])  # type: ignore[arg-type]
