"""Figures of trades: how often they win, and how much."""

from __future__ import annotations

from typing import Any, Final, Literal

import polars as pl

from rustybt.core import MONEY_SCALE, RATIO_SCALE, as_decimal, scaled_ints
from rustybt.errors import InputError
from rustybt.metrics import _standard_errors as errors
from rustybt.metrics._checks import check_choice, check_frame
from rustybt.metrics._numbers import ratio
from rustybt.metrics._sample import Sample, exact_ratio
from rustybt.metrics._wins import expectancy, longest_streaks, payoff_ratio, profit_factor, win_rate

type By = Literal["symbol", "side", "tag", "exit_tag", "weekday", "hour", "month", "sessions"]
_KEYS: Final = {
    "symbol": pl.col("symbol"),
    "side": pl.col("side"),
    "tag": pl.col("tag"),
    "exit_tag": pl.col("exit_tag"),
    "weekday": pl.col("entry").dt.weekday(),
    "hour": pl.col("entry").dt.hour(),
    "month": pl.col("entry").dt.strftime("%Y-%m"),
    "sessions": pl.col("sessions"),
}
_RATIO: Final = pl.Decimal(38, RATIO_SCALE)
_MONEY: Final = pl.Decimal(38, MONEY_SCALE)


def trade_table(trades: pl.DataFrame, *, by: By | None = None) -> pl.DataFrame:
    """Figures of closed trades, in all or for each asset, side, tag, weekday, hour, month or holding time.

    trades: `Result.trades`, or what `Result.round_trips` returned, whole or filtered; open ones don't count.
    by: "symbol", "side", "tag" or "exit_tag" (of the order that opened or closed it), "weekday" (of the entry, 1 for
        Monday), "hour" (of the entry, UTC), "month" (of the entry) or "sessions" (how many closes it was held over);
        None for one row of all.
    Returns a frame, a row for each group in its order: group (absent for all), trades, win_rate and win_rate_error (its
    standard error; null where all or none won), profit_factor, payoff_ratio, expectancy (mean net),
    longest_winning_streak, longest_losing_streak, gross, costs, net (sums), cost_share (costs as a share of gross;
    null where gross is not above 0), and mean_r (the mean `r_multiple` of those that have one; null where none has).
    Raises InputError for another `by`, columns that are missing, or trades in several currencies: filter them first.

    >>> from rustybt import run
    >>> from rustybt.metrics import trade_table
    >>> def handle_data(context, data):
    ...     context.order_target(context.symbol("IBM"), 100 if data.current_session.day < 15 else 0)
    >>> trades = run(handle_data, start="2010-01-04", end="2010-03-31").trades
    >>> trade_table(trades, by="symbol").select("symbol", "trades", "net").rows()
    [('IBM', 3, Decimal('549.75300000000000000000'))]
    """
    if by is not None:
        check_choice(by, _KEYS, "by")
    needed = ("entry", "symbol", "side", "net", "gross", "costs", "open", "currency", "sessions", "tag", "r_multiple")
    own = ["exit_tag"] if by == "exit_tag" else []
    check_frame(trades, (*needed, *own), "trades")
    closed = trades.filter(~pl.col("open"))
    if closed["currency"].n_unique() > 1:
        found = ", ".join(sorted(closed["currency"].unique().to_list()))
        raise InputError(f"trades: they are in {found}, which can't be added. Filter the column currency first.")
    if by is None:
        return _frame([_row(closed)])
    groups = closed.with_columns(_KEYS[by].alias("group")).partition_by("group", as_dict=True, maintain_order=True)
    named = sorted(((key[0], part) for key, part in groups.items()), key=lambda pair: (pair[0] is None, pair[0]))
    labels = pl.Series(by, [key for key, _ in named], dtype=closed.select(_KEYS[by].alias(by))[by].dtype)
    return _frame([_row(part) for _, part in named]).insert_column(0, labels)


def _row(closed: pl.DataFrame) -> dict[str, Any]:
    results = Sample([value or 0 for value in scaled_ints(closed["net"])], MONEY_SCALE)
    share, multiples = win_rate(results), closed["r_multiple"].drop_nulls()
    won, lost = longest_streaks(results)
    gross, costs = (sum(value or 0 for value in scaled_ints(closed[name])) for name in ("gross", "costs"))
    return {
        "trades": results.count,
        "win_rate": share,
        "win_rate_error": errors.of_share(share, results.count),
        "profit_factor": profit_factor(results),
        "payoff_ratio": payoff_ratio(results),
        "expectancy": expectancy(results),
        "longest_winning_streak": won,
        "longest_losing_streak": lost,
        "gross": as_decimal(gross, MONEY_SCALE),
        "costs": as_decimal(costs, MONEY_SCALE),
        "net": as_decimal(results.total, MONEY_SCALE),
        "cost_share": ratio(exact_ratio(costs, gross)) if gross > 0 else None,
        "mean_r": expectancy(Sample(scaled_ints(multiples), RATIO_SCALE)),  # type: ignore[arg-type]  # no nulls
    }


_SCHEMA: Final = {
    "trades": pl.Int64(),
    "win_rate": _RATIO,
    "win_rate_error": _RATIO,
    "profit_factor": _RATIO,
    "payoff_ratio": _RATIO,
    "expectancy": _RATIO,
    "longest_winning_streak": pl.Int64(),
    "longest_losing_streak": pl.Int64(),
    "gross": _MONEY,
    "costs": _MONEY,
    "net": _MONEY,
    "cost_share": _RATIO,
    "mean_r": _RATIO,
}


def _frame(rows: list[dict[str, Any]]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=_SCHEMA)
