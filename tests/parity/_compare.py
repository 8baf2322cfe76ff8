"""What the two outcomes of a case must have in common, and the first place where they have not.

Zipline computes in floats: money agrees within 1e-6, or what the roundings of its bookings come to if that is more;
prices and ratios within 1e-9 of themselves (or of 1). Counts, amounts, stamps, statuses and identities agree exactly.
"""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import dataclass
from typing import Any

from tests.parity._ready import COLUMNS, ORDER_FIELDS, READY, unready

MONEY = 1e-6
RATIO = 1e-9
MONEY_COLUMNS = (
    "portfolio_value", "pnl", "capital_used", "starting_cash", "ending_cash", "starting_value", "ending_value",
    "starting_exposure", "ending_exposure", "long_value", "short_value", "long_exposure", "short_exposure",
)  # fmt: skip
RATIO_COLUMNS = (
    "returns", "gross_leverage", "net_leverage", "algorithm_period_return", "max_leverage", "algo_volatility",
    "sharpe", "sortino", "max_drawdown", "alpha", "beta", "benchmark_period_return", "benchmark_volatility",
    "excess_return", "treasury_period_return",
)  # fmt: skip
EXACT_COLUMNS = ("period_open", "period_close", "longs_count", "shorts_count", "trading_days", "period_label")
ZIPLINE_COLUMNS = frozenset((*MONEY_COLUMNS, *RATIO_COLUMNS, *EXACT_COLUMNS))
MONEY_FIELDS = frozenset(
    (
        "cash", "portfolio_value", "positions_value", "positions_exposure", "pnl", "capital_used", "starting_cash",
        "settled_cash", "equity_with_loan", "total_positions_value", "total_positions_exposure", "available_funds",
        "net_liquidation", "commission",
    )
)  # fmt: skip
NOISE = 1e-14
"""Relative noise of a session's return in floats: what a statistic that divides by a spread makes large."""
BEYOND_DIGITS = 1e19
"""What a run of few sessions makes of a return raised to the power of 252: RustyBT's figures have 20 digits before the
point, and are None beyond."""


@dataclass(frozen=True, slots=True)
class Difference:
    """Where the outcomes part: `what` in words, `when` in ns UTC or None."""

    what: str
    when: int | None
    zipline: Any
    rustybt: Any

    def __str__(self) -> str:
        stamp = "" if self.when is None else f" at {_moment(self.when)}"
        return f"{self.what}{stamp}: Zipline {self.zipline!r}, RustyBT {self.rustybt!r}"


def _moment(when: int) -> str:
    return (dt.datetime(1970, 1, 1) + dt.timedelta(microseconds=when // 1_000)).isoformat(sep=" ") + " UTC"


def close(a: Any, b: Any, tolerance: float, *, relative: bool) -> bool:
    """Whether two numbers agree; None agrees with None only."""
    if a is None or b is None:
        return a is b
    return abs(a - b) <= tolerance * (max(1.0, abs(a)) if relative else 1.0)


def compare(zipline: dict[str, Any], rustybt: dict[str, Any], ready: frozenset[str] = READY) -> list[Difference]:
    """The first difference of each kind, the earliest first; empty where the outcomes agree.

    A run that a control of the strategy's own ended has nothing but what was seen until then.
    """
    if zipline["raised"] is not None or rustybt["raised"] is not None:
        ended = [] if zipline["raised"] == rustybt["raised"] else [
            Difference("the run ends with", None, zipline["raised"], rustybt["raised"])
        ]  # fmt: skip
        return [*_seen(zipline["seen"], rustybt["seen"], max(MONEY, zipline["noise"])), *ended]
    days = zipline["daily"]["period_close"]
    if len(rustybt["order_days"]) != len(days):
        return [Difference("number of sessions", None, len(days), len(rustybt["order_days"]))]
    skipped = unready(COLUMNS, ready)
    money = max(MONEY, zipline["noise"])
    found = [
        *_transactions(zipline["transactions"], rustybt["transactions"]),
        *_orders(zipline["orders"], rustybt["orders"]),
        *_order_days(zipline["order_days"], rustybt["order_days"], days, unready(ORDER_FIELDS, ready)),
        *_seen(zipline["seen"], rustybt["seen"], money),
        *_positions(zipline["positions"], rustybt["positions"], days),
        *_daily({n: v for n, v in zipline["daily"].items() if n not in skipped}, rustybt["daily"], days, money),
    ]
    return sorted(found, key=lambda difference: math.inf if difference.when is None else difference.when)


def _transactions(zipline: list[Any], rustybt: list[Any]) -> list[Difference]:
    # Within a bar the engines may take assets in another order; the order's ordinal puts both alike.
    ours, theirs = (sorted(rows, key=lambda t: (t[0], t[4], t[1])) for rows in (rustybt, zipline))
    for row, (a, b) in enumerate(zip(theirs, ours, strict=False)):
        same = a[:3] == b[:3] and a[4] == b[4] and close(a[3], b[3], RATIO, relative=True)
        if not same:
            names = "[stamp, symbol, amount, price, order]"
            return [Difference(f"transaction {row} {names}", min(a[0], b[0]), a, b)]
    if len(ours) != len(theirs):
        extra = (theirs if len(theirs) > len(ours) else ours)[min(len(ours), len(theirs))]
        return [Difference(f"number of transactions, first extra {extra}", extra[0], len(theirs), len(ours))]
    return []


def _orders(zipline: list[Any], rustybt: list[Any]) -> list[Difference]:
    if len(zipline) != len(rustybt):
        return [Difference("number of orders", None, len(zipline), len(rustybt))]
    for ordinal, (a, b) in enumerate(zip(zipline, rustybt, strict=True)):
        for name, value in a.items():
            if not _agree(name, value, b[name]):
                return [Difference(f"order {ordinal} {a['symbol']}: {name}", a["created"], value, b[name])]
    return []


def _order_days(zipline: list[Any], rustybt: list[Any], days: list[int], skipped: frozenset[str]) -> list[Difference]:
    for row, (day, a, b) in enumerate(zip(days, zipline, rustybt, strict=True)):
        if a.keys() != b.keys():
            return [Difference("orders of the session", day, sorted(a, key=int), sorted(b, key=int))]
        for ordinal in a:
            for name, value in a[ordinal].items():
                if name == "commission" and any(ordinal in later for later in zipline[row + 1 :]):
                    continue  # after a split Zipline counts it anew; RustyBT's frame says so with the last one
                if name not in skipped and not _agree(name, value, b[ordinal][name]):
                    return [Difference(f"{name} of order {ordinal} in the session", day, value, b[ordinal][name])]
    return []


def _seen(zipline: list[Any], rustybt: list[Any], money: float) -> list[Difference]:
    """What the strategy saw; the first difference of each label, since one label may hide another."""
    found: dict[str, Difference] = {}
    for a, b in zip(zipline, rustybt, strict=False):
        if a[:2] != b[:2]:
            when = min(a[0], b[0])
            found.setdefault("steps", Difference("next thing that the script did, [stamp, label]", when, a[:2], b[:2]))
            break
        if a[2] == b[2]:
            continue
        kind = a[1].split()[0]
        if kind not in found and not _agree(a[1], a[2], b[2], money):
            found[kind] = Difference(f"seen {a[1]}", a[0], a[2], b[2])
    if not found and len(zipline) != len(rustybt):
        return [Difference("number of things seen", None, len(zipline), len(rustybt))]
    return list(found.values())


def _agree(name: str, a: Any, b: Any, money: float = MONEY) -> bool:
    """Whether two values agree, and all within them. name: what they are, with dots. money: how closely money must."""
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(_agree(f"{name}.{key}", a[key], b[key], money) for key in a)
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(_agree(name, x, y, money) for x, y in zip(a, b, strict=True))
    if isinstance(a, str | bool | int) or isinstance(b, str | bool):
        return bool(a == b)
    if name.rpartition(".")[2] in MONEY_FIELDS:
        return close(a, b, money, relative=False)
    return close(a, b, RATIO, relative=True)


def _positions(zipline: list[Any], rustybt: list[Any], days: list[int]) -> list[Difference]:
    for day, a, b in zip(days, zipline, rustybt, strict=True):
        if a.keys() != b.keys():
            return [Difference("symbols held at the close", day, sorted(a), sorted(b))]
        for symbol in a:
            if a[symbol][0] != b[symbol][0] or not _agree("", a[symbol][1:], b[symbol][1:]):
                what = f"position {symbol} [amount, cost_basis, last_sale_price]"
                return [Difference(what, day, a[symbol], b[symbol])]
    return []


def _daily(
    zipline: dict[str, list[Any]], rustybt: dict[str, list[Any]], days: list[int], money: float
) -> list[Difference]:
    found = []
    for name in sorted(zipline):
        if name not in rustybt:
            found.append(Difference(f"daily column {name}", None, "present", "absent"))
            continue
        if len(rustybt[name]) != len(days):
            found.append(Difference(f"daily rows of {name}", None, len(days), len(rustybt[name])))
            continue
        for row, (day, a, b) in enumerate(zip(days, zipline[name], rustybt[name], strict=True)):
            if not _same_cell(name, a, b, zipline["returns"][: row + 1], rustybt["returns"][: row + 1], money):
                found.append(Difference(f"daily {name}", day, a, b))
                break
    return found


def _same_cell(name: str, a: Any, b: Any, returns: list[float], ours: list[float], money: float = MONEY) -> bool:
    """Whether the cells of a session agree.

    returns, ours: Zipline's and RustyBT's up to this session. money: how closely money must agree.
    """
    if name in EXACT_COLUMNS:
        return bool(a == b)
    if name in MONEY_COLUMNS or name not in ZIPLINE_COLUMNS:
        return close(a, b, money, relative=False)
    if name == "alpha" and a is not None and abs(a) > BEYOND_DIGITS and b is None:
        return True
    if name == "alpha" and a is not None:
        return close(a, b, RATIO * max(1.0, abs(a)) + _amplified(a, returns, ours), relative=False)
    if name in ("sharpe", "sortino"):
        spread = _spread(name, returns)
        if spread < 1e-12:
            return True  # a mean divided by a spread of nothing but noise: Zipline's figure has no meaning
        # a year's ratio is the root of 252 times what the mean, and its noise, come to over the spread
        return close(a, b, max(RATIO, math.sqrt(252) * NOISE / spread), relative=True)
    return close(a, b, RATIO, relative=True)


def _amplified(alpha: float, returns: list[float], ours: list[float]) -> float:
    """What alpha, the 252nd power of one and a mean, differs by where that mean differs by as much as the returns do.

    They have been compared by themselves: a worth near zero makes a return of its noise, and the power more of it.
    """
    apart = sum(abs(a - b) for a, b in zip(returns, ours, strict=True)) / len(returns)
    return float(252 * apart * abs(1 + alpha) ** (251 / 252))


def _spread(name: str, returns: list[float]) -> float:
    """What the ratio divides by, per session."""
    if name == "sortino":
        return math.sqrt(sum(min(r, 0.0) ** 2 for r in returns) / len(returns))
    mean = sum(returns) / len(returns)
    return math.sqrt(sum((r - mean) ** 2 for r in returns) / max(1, len(returns) - 1))
