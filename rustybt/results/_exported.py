"""The part of `Result` that goes to other programs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal, cast

from rustybt.core import check_process

if TYPE_CHECKING:
    import pandas as pd

    from rustybt.results._consumers import PyfolioInput
    from rustybt.results._result import Result


class Exported:
    """A result as files and in the forms of other libraries."""

    __slots__ = ()

    def export(
        self,
        path: Path | str,
        format: Literal["csv", "xlsx", "parquet", "arrow", "json"] | None = None,
        *,
        tables: Sequence[str] | None = None,
        floats: bool = False,
        escape: bool = True,
        overwrite: bool = False,
    ) -> Path:
        """Writes tables of the result for other programs; `save` is what `Result.load` reads.

        path: a folder, in which each table is a file; with "xlsx" one workbook with a sheet for each, with "json" one
            file. A path such as "trades.csv" is that file where one table is asked for.
        format: "csv", "xlsx" (needs `rustybt[excel]`), "parquet", "arrow" (an IPC file) or "json"; by default what the
            path ends in.
        tables: names of frames of the result, "metrics", "trades", "costs" (by kind), "costs_daily", "costs_fills"; by
            default metrics, daily, trades, costs, orders, transactions, positions, recorded and entries.
        floats: numbers with decimals as the nearest floats. Without, each digit is kept: as Decimals in Parquet and
            Arrow, as text in the others, where durations are seconds and moments ISO 8601 in UTC.
        escape: in CSV, an apostrophe before text that begins with = + - or @, which a spreadsheet would run as a
            formula. A workbook holds text as text and needs none.
        overwrite: replace files that are there; a folder keeps what is no table of these.
        Returns the path. Raises InputError for an unknown format or table and for more rows than a sheet holds,
        ResultExists, MissingExtra, and ResultError where the disk refuses.

        >>> import pathlib, tempfile
        >>> from rustybt import run
        >>> def handle_data(context, data):
        ...     context.order_target(context.symbol("IBM"), 100)
        >>> result = run(handle_data, start="2010-01-04", end="2010-01-05")
        >>> place = result.export(pathlib.Path(tempfile.mkdtemp()) / "fills.csv", tables=["transactions"])
        >>> place.read_text().splitlines()[1].split(",")[5:]
        ['100', '130.915425', '0.1']
        """
        from rustybt.results._export import export

        return export(
            cast("Result", self), Path(path), format, tables, floats=floats, escape=escape, overwrite=overwrite
        )

    def to_pandas(self) -> pd.DataFrame:
        """Zipline's performance frame: floats, indexed by the sessions' closes in UTC.

        Zipline's columns; positions, orders and transactions are lists of dicts with Zipline's keys, where `sid` is
        the asset. Undefined statistics are NaN, and None in a column that has nothing else, as pandas has it there. A
        recorded name hides a column of the same name that is not cumulative. What metrics of the user's own wrote are
        columns too; without "default" or "classic" among the metrics sets there are no other ones.
        Raises MissingExtra where pandas is not installed.

        >>> from rustybt import run
        >>> result = run(lambda context, data: None, start="2010-01-04", end="2010-01-05")
        >>> result.to_pandas()[["portfolio_value", "returns"]].iloc[-1].to_dict()
        {'portfolio_value': 100000.0, 'returns': 0.0}
        """
        from rustybt.results._to_pandas import performance_frame

        check_process()
        return performance_frame(cast("Result", self))

    def to_pyfolio(self) -> PyfolioInput:
        """Returns, positions and transactions as pyfolio's tear sheets take them: floats, in pandas.

        `pyfolio.create_full_tear_sheet(*result.to_pyfolio())`. Positions are in money at each close, with a column
        "cash" that makes them the portfolio's value; of an asset whose symbol another one has too the name is the
        symbol and its number.
        Raises MissingExtra where pandas is not installed, InputError for an account that was ruined.

        >>> from rustybt import run
        >>> def handle_data(context, data):
        ...     context.order_target(context.symbol("IBM"), 100)
        >>> returns, positions, transactions = run(handle_data, start="2010-01-04", end="2010-01-06").to_pyfolio()
        >>> list(positions.columns), len(returns), transactions["symbol"].tolist()
        (['IBM', 'cash'], 3, ['IBM'])
        """
        from rustybt.results._consumers import pyfolio_input

        return pyfolio_input(cast("Result", self))

    def to_quantstats(self) -> pd.Series:
        """The sessions' returns as quantstats takes them: a pandas Series of floats by date, named after the strategy.

        `quantstats.reports.html(result.to_quantstats(), output="page.html")`; `result.report()` needs no library.
        Raises MissingExtra where pandas is not installed, InputError for an account that was ruined.

        >>> from rustybt import run
        >>> result = run(lambda context, data: None, start="2010-01-04", end="2010-01-06")
        >>> result.to_quantstats().tolist()
        [0.0, 0.0, 0.0]
        """
        from rustybt.results._consumers import quantstats_returns

        return quantstats_returns(cast("Result", self))
