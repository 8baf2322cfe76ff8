"""What each kind of picture shows of a result: its own frames and figures, and nothing reckoned anew."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final

import polars as pl

from rustybt import metrics
from rustybt.errors import InputError
from rustybt.results._drawn._picture import FEW, Heat, Panel, Picture, Points, Span
from rustybt.results._drawn._trade_charts import trades
from rustybt.results._floats import optional_floats
from rustybt.results._panels import exposures
from rustybt.results._report._facts import numbers
from rustybt.results._report._parts import Line
from rustybt.results._report._returns import against_normal, histogram
from rustybt.results._svg import benchmark_path
from rustybt.results._text import figures_of, name_of, period_of

if TYPE_CHECKING:
    from rustybt.results._result import Result

_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_QUARTER: Final = 63
_FEWEST: Final = 4
_WORST: Final = 5


def equity(result: Result, **_: Any) -> Picture:
    """The portfolio's value at the closes, beside the benchmark's path from the same start."""
    values = optional_floats(result.daily["portfolio_value"])
    lines = [Line("portfolio", values, "equity")]
    benchmark = benchmark_path(result)
    if benchmark is not None:
        name = f"benchmark {result.manifest.get('benchmark') or ''}".rstrip()
        lines.append(Line(name, benchmark, "benchmark", thin=True))
    currency = str(result.manifest.get("currency") or "")
    label = f"Portfolio value ({currency})" if currency else "Portfolio value"
    return _picture(result, "Equity", [Panel(label, "money", _days(result), lines, height=2)])


def drawdown(result: Result, **_: Any) -> Picture:
    """How far each close lies below the highest before it; the deepest falls are shaded."""
    lacking = _lacking(result)
    if lacking:
        return _picture(result, "Drawdown", [Panel("Drawdown", "percent", told=lacking)])
    returns, sessions = result.daily["returns"], result.daily["session"]
    falls = metrics.drawdowns(returns, sessions, count=_WORST)
    under = optional_floats(metrics.under_water(returns, sessions)["drawdown"])
    first, last = sessions[0], sessions[-1]
    spans = [
        Span(peak or first, recovery or last, f"{float(depth):.1%}")
        for depth, peak, recovery in falls.select("depth", "peak", "recovery").rows()
    ]
    panel = Panel("Drawdown", "percent", _days(result), [Line("drawdown", under, "loss", fill=True)], spans=spans)
    return _picture(result, "Drawdown", [panel])


def monthly(result: Result, **_: Any) -> Picture:
    """The return of each month, and of each year."""
    lacking = _lacking(result)
    if lacking:
        return _picture(result, "Monthly returns", [Panel("", "percent", told=lacking)])
    returns, sessions = result.daily["returns"], result.daily["session"]
    months = dict(metrics.by_period(returns, sessions, every="month").select("period", "total_return").rows())
    years = dict(metrics.by_period(returns, sessions, every="year").select("period", "total_return").rows())
    values = [
        [_float(months.get(f"{year}-{month:02}")) for month in range(1, 13)] + [_float(whole)]
        for year, whole in years.items()
    ]
    heat = Heat(list(years), [*_MONTHS, "Year"], values)
    return _picture(result, "Monthly returns", [Panel("", "percent", heat=heat, height=max(0.5, len(years) / 8))])


def rolling(result: Result, *, window: int | None = None, **_: Any) -> Picture:
    """Sharpe ratio, volatility and beta over the sessions of a window."""
    count = result.daily.height
    size = window if window is not None else min(_QUARTER, count // 2)
    title = f"Rolling figures over {size} sessions"
    lacking = _lacking(result)
    if not lacking and size < _FEWEST:
        lacking = f"{count} sessions are too few for a window that says something."
    if not lacking and size > count:
        lacking = f"A window of {size} sessions is longer than the run, which has {count}."
    if lacking:
        return _picture(result, "Rolling figures", [Panel("", "ratio", told=lacking)])
    daily = result.daily
    against = {"benchmark": daily["benchmark_returns"]} if "benchmark_returns" in daily.columns else {}
    figures: list[Any] = ["sharpe", "volatility", *(["beta"] if against else [])]
    frame = metrics.rolling(
        daily["returns"], daily["session"], window=size, periods=result.periods, figures=figures, **against
    )
    panels = []
    for name, colour in zip(figures, FEW, strict=False):
        values = optional_floats(frame[name])
        style: Any = "percent" if name == "volatility" else "ratio"
        zero = name != "volatility"
        panels.append(Panel(name.capitalize(), style, _days(result), [Line(name, values, colour)], zero=zero))
    return _picture(result, title, panels)


def distribution(result: Result, **_: Any) -> Picture:
    """How often returns of each size came, and results of trades."""
    lacking = _lacking(result)
    panels = [Panel("Sessions", "number", told=lacking, across="percent")]
    if not lacking:
        figures = result.metrics
        levels = [
            (value, name)
            for name, value in (
                ("mean", _float(figures["expectancy"])),
                ("VaR 95 %", -(_float(figures["var_95"]) or 0.0)),
                ("CVaR 95 %", -(_float(figures["cvar_95"]) or 0.0)),
            )
            if value is not None
        ]
        values = numbers(result.daily["returns"])
        bars = histogram("", values.tolist(), "percent", "")
        panels = [Panel("Sessions", "number", bars=bars, levels=levels, across="percent")]
        if values.min() < values.max():
            expected, found = against_normal(values)
            lines = [Line("returns", found, "c1"), Line("normal distribution", expected, "quiet", thin=True)]
            panels.append(Panel("Returns against normal ones", "percent", expected, lines, across="percent"))
    closed = result.trades.filter(~pl.col("open"))
    if closed.height and closed["currency"].n_unique() == 1:
        bars = histogram("", numbers(closed["net"]).tolist(), "money", "")
        panels.append(
            Panel(f"Trades by their net result ({closed['currency'][0]})", "number", bars=bars, across="money")
        )
    return _picture(result, "Distribution of returns", panels, shared=False)


def exposure(result: Result, **_: Any) -> Picture:
    """Long, short and net exposure as shares of the portfolio's value, and how many positions there were."""
    daily = result.daily
    longs, shorts = exposures(result)
    lines = [Line("long", longs, "gain", fill=True)]
    if any(short < 0 for short in shorts):
        net = optional_floats(daily["net_leverage"])
        lines += [Line("short", shorts, "loss", fill=True), Line("net", net, "ink")]
    held = (daily["longs_count"] + daily["shorts_count"]).to_list()
    count = Panel("Positions", "number", _days(result), [Line("positions", held, "c1")], height=0.6, zero=True)
    told = "" if any(held) else "The run held nothing at any close."
    shares = Panel("Exposure", "percent", _days(result), lines, zero=True, told=told)
    return _picture(result, "Exposure", [shares, count])


def costs(result: Result, **_: Any) -> Picture:
    """What was paid so far, in all and by kind."""
    if not result.has_costs:
        return _picture(result, "Costs", [Panel("Costs", "money", told="This result does not know what it cost.")])
    daily = result.costs.daily
    kinds = list(dict.fromkeys(result.costs.by_kind["kind"].to_list()))
    lines = [Line("all costs", _summed(daily["total"]), "ink", fill=True)]
    if len(kinds) > 1:
        lines += [Line(kind, _summed(daily[kind]), colour) for kind, colour in zip(kinds, itertools.cycle(FEW))]
    told = "" if kinds else "Nothing was paid."
    share = [Line("before costs", _summed(daily["gross"]), "gain"), Line("after costs", _summed(daily["net"]), "c1")]
    profit = Panel("Profit", "money", _days(result), share, zero=True)
    return _picture(
        result, "Costs", [Panel("Costs so far", "money", _days(result), lines, told=told, zero=True), profit]
    )


def _summed(column: pl.Series) -> Points:
    return list(itertools.accumulate(optional_floats(column)))


def _float(value: Any) -> float | None:
    return None if value is None else float(value)


def _days(result: Result) -> list[dt.date]:
    return result.daily["session"].to_list()


def _lacking(result: Result) -> str:
    """Why there are no returns to draw; empty where there are."""
    ruin = metrics.ruined_on(result.daily)
    if ruin is not None:
        return f"The account was ruined on {ruin}: there are no returns on nothing."
    return "The returns of some sessions are not defined." if result.daily["returns"].null_count() else ""


def _picture(result: Result, kind: str, panels: Sequence[Panel], *, shared: bool = True) -> Picture:
    figures = dict(figures_of(result))
    told = [
        period_of(result),
        f"Total return {figures['Total return']}",
        f"Sharpe {figures['Sharpe ratio']}",
        f"Max drawdown {figures['Max drawdown']}",
    ]
    return Picture(f"{name_of(result)}: {kind}", "   ·   ".join(told), panels, shared=shared)


def trade_charts(result: Result, *, assets: Any = None, **_: Any) -> Picture:
    """Prices with the entries and exits of trades, and what the strategy recorded."""
    title, panels = trades(result, assets)
    return _picture(result, title, panels)


KINDS: Final[dict[str, Callable[..., Picture]]] = {
    "equity": equity,
    "trades": trade_charts,
    "drawdown": drawdown,
    "monthly": monthly,
    "rolling": rolling,
    "distribution": distribution,
    "exposure": exposure,
    "costs": costs,
}


def picture_of(result: Result, kind: Any, **options: Any) -> Picture:
    """The picture of that kind. Raises InputError for an unknown one, and for a run without a session."""
    if not isinstance(kind, str) or kind not in KINDS:
        raise InputError(f"kind={kind!r}: choose among {', '.join(KINDS)}.")
    if not result.daily.height:
        raise InputError("There is no session to draw. Run the strategy over at least one.")
    return KINDS[kind](result, **options)
