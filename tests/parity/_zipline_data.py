"""A case's data as Zipline stores it: bcolz bars, the assets and the adjustments in SQLite, a portal over all of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.parity._case import Case, Stock, ratio

PRICES = ("open", "high", "low", "close")
DIVIDEND = ["sid", "amount", "ex_date", "record_date", "declared_date", "pay_date"]
STOCK_DIVIDEND = ["sid", "payment_sid", "ratio", "ex_date", "record_date", "declared_date", "pay_date"]


def portal(case: Case, folder: Path) -> tuple[Any, Any, Any]:
    """The data portal, the asset finder and the calendar of a case, written below `folder`."""
    import pandas as pd
    from zipline.assets import AssetFinder
    from zipline.data.adjustments import SQLiteAdjustmentReader
    from zipline.data.data_portal import DataPortal
    from zipline.utils.calendar_utils import get_calendar

    calendar = get_calendar(case.calendar)
    frames = {sid: _frame(case, stock) for sid, stock in enumerate(case.stocks)}
    daily = {sid: frame if case.frequency == "daily" else _by_session(calendar, frame) for sid, frame in frames.items()}
    readers: dict[str, Any] = {}
    for kind in ("equity", "future"):
        sids = [sid for sid, stock in enumerate(case.stocks) if (stock.contract is not None) == (kind == "future")]
        if sids:
            path = folder / kind
            path.mkdir()
            readers[f"{kind}_daily_reader"] = _daily_reader(case, calendar, path, {sid: daily[sid] for sid in sids})
            if case.frequency == "minute":
                minutes = {sid: frames[sid] for sid in sids}
                readers[f"{kind}_minute_reader"] = _minute_reader(case, calendar, path, minutes)
    finder = AssetFinder(_write_assets(case, folder / "assets.sqlite", daily))
    any_daily = next(reader for name, reader in readers.items() if name.endswith("daily_reader"))
    _write_adjustments(case, folder / "adjustments.sqlite", any_daily)
    made = DataPortal(
        finder,
        trading_calendar=calendar,
        first_trading_day=pd.Timestamp(case.sessions[0]),
        adjustment_reader=SQLiteAdjustmentReader(str(folder / "adjustments.sqlite")),
        **readers,
    )
    return made, finder, calendar


def _frame(case: Case, stock: Stock) -> Any:
    import pandas as pd

    stamps, bars = case.stamps(), stock.bars
    index = pd.DatetimeIndex([stamps[bar[0]] for bar in bars], tz="UTC" if case.frequency == "minute" else None)
    prices = {name: [bar[i] / 100 for bar in bars] for i, name in enumerate(PRICES, start=1)}
    return pd.DataFrame({**prices, "volume": [float(bar[5]) for bar in bars]}, index=index)


def _by_session(calendar: Any, frame: Any) -> Any:
    """Daily bars of minute bars, as a bundle would hold both."""
    days = calendar.minutes_to_sessions(frame.index)
    how = {"open": "first", "high": "max", "low": "min", "close": "last", "volume": "sum"}
    return frame.groupby(days).agg(how)


def _ends(case: Case) -> tuple[Any, Any]:
    import pandas as pd

    return pd.Timestamp(case.sessions[0]), pd.Timestamp(case.sessions[-1])


def _daily_reader(case: Case, calendar: Any, folder: Path, frames: dict[int, Any]) -> Any:
    from zipline.data.bcolz_daily_bars import BcolzDailyBarReader, BcolzDailyBarWriter

    path = str(folder / "daily.bcolz")
    rows = [
        (sid, frame.reindex(calendar.sessions_in_range(frame.index[0], frame.index[-1])).fillna(0.0))
        for sid, frame in frames.items()
    ]
    BcolzDailyBarWriter(path, calendar, *_ends(case)).write(rows)
    return BcolzDailyBarReader(path)


def _minute_reader(case: Case, calendar: Any, folder: Path, frames: dict[int, Any]) -> Any:
    from zipline.data.bcolz_minute_bars import BcolzMinuteBarReader, BcolzMinuteBarWriter

    path = folder / "minute.bcolz"
    path.mkdir()
    first, last = _ends(case)
    schedule = calendar.schedule.loc[first:last]
    longest = int((schedule["close"] - schedule["open"]).max().total_seconds()) // 60
    BcolzMinuteBarWriter(str(path), calendar, first, last, minutes_per_day=longest).write(frames.items())
    return BcolzMinuteBarReader(str(path))


def _write_assets(case: Case, path: Path, daily: dict[int, Any]) -> str:
    import pandas as pd
    from zipline.assets import AssetDBWriter

    equities, futures = [], []
    for sid, stock in enumerate(case.stocks):
        row = {
            "sid": sid,
            "symbol": stock.symbol,
            "asset_name": stock.symbol,
            "start_date": daily[sid].index[0],
            "end_date": daily[sid].index[-1],
            "first_traded": daily[sid].index[0],
            "auto_close_date": pd.NaT if stock.auto_close is None else pd.Timestamp(stock.auto_close),
            "exchange": "EXCHANGE",
        }
        if stock.contract is None:
            equities.append(row)
            continue
        row |= {
            "root_symbol": stock.contract.root,
            "notice_date": pd.Timestamp(stock.contract.notice),
            "expiration_date": pd.Timestamp(stock.contract.expires),
            "tick_size": float(stock.contract.tick),
            "multiplier": float(stock.contract.multiplier),
        }
        futures.append(row)
    roots = list(dict.fromkeys(stock.contract.root for stock in case.stocks if stock.contract is not None))
    root_symbols = pd.DataFrame(
        {"root_symbol": roots, "root_symbol_id": range(1, len(roots) + 1), "exchange": "EXCHANGE"}
    )
    name = "NYSE" if case.calendar == "XNYS" else case.calendar
    exchanges = pd.DataFrame({"exchange": ["EXCHANGE"], "canonical_name": [name], "country_code": ["US"]})
    AssetDBWriter(str(path)).write(
        equities=_indexed(equities),
        futures=_indexed(futures),
        exchanges=exchanges,
        root_symbols=root_symbols if roots else None,
    )
    return str(path)


def _indexed(rows: list[dict[str, Any]]) -> Any:
    import pandas as pd

    if not rows:
        return None
    frame = pd.DataFrame(rows).set_index("sid")
    frame["auto_close_date"] = pd.to_datetime(frame["auto_close_date"])
    return frame


def _write_adjustments(case: Case, path: Path, daily_reader: Any) -> None:
    import pandas as pd
    from zipline.data.adjustments import SQLiteAdjustmentWriter

    sessions = [pd.Timestamp(day) for day in case.sessions]
    sids = {stock.symbol: sid for sid, stock in enumerate(case.stocks)}
    splits, dividends, paid_in_stock = [], [], []
    for sid, stock in enumerate(case.stocks):
        splits += [(sid, float(ratio(text)), sessions[at]) for at, text in stock.splits]
        dividends += [
            (sid, float(d.amount), sessions[d.ex], pd.NaT, pd.NaT, pd.Timestamp(d.pay)) for d in stock.dividends
        ]
        paid_in_stock += [
            (sid, sids[d.of], float(d.ratio), sessions[d.ex], pd.NaT, pd.NaT, pd.Timestamp(d.pay))
            for d in stock.stock_dividends
            if d.of in sids
        ]
    writer = SQLiteAdjustmentWriter(str(path), daily_reader, overwrite=True)
    writer.write(
        splits=pd.DataFrame(splits, columns=["sid", "ratio", "effective_date"]) if splits else None,
        dividends=_dated(dividends, DIVIDEND),
        stock_dividends=_dated(paid_in_stock, STOCK_DIVIDEND),
    )
    writer.close()


def _dated(rows: list[Any], columns: list[str]) -> Any:
    import pandas as pd

    if not rows:
        return None
    frame = pd.DataFrame(rows, columns=columns)
    for name in columns[-4:]:
        frame[name] = pd.to_datetime(frame[name])
    return frame
