"""The writers that an ingest function is given. They take what Zipline's take, and keep it until all is there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Self

import polars as pl

from rustybt.core import date_of
from rustybt.errors import InputError
from rustybt.zipline._pandas import pandas
from rustybt.zipline.data.bundles._frames import bar_columns, day_of_value, records, text_of
from rustybt.zipline.reader import Carried, ZiplineAsset, make_asset

_ASSET_DATES: Final = ("start_date", "end_date", "auto_close_date", "notice_date", "expiration_date")
_PAYOUT_DATES: Final = ("ex_date", "pay_date", "record_date", "declared_date")
_BEHAVIOURS: Final = ("ignore", "warn", "raise")


@dataclass(slots=True)
class Draft:
    """What an ingest function has written so far.

    bars: by frequency, sid and frame, in the order of writing. actions: rows with a sid, by kind.
    strictest: of the ways to treat bad rows that the function named.
    """

    decimals: int | None = None
    bars: dict[str, list[tuple[int, pl.DataFrame]]] = field(default_factory=dict)
    assets: dict[int, dict[str, Any]] = field(default_factory=dict)
    carried: dict[int, list[Carried]] = field(default_factory=dict)
    exchanges: dict[str, tuple[str, str]] = field(default_factory=dict)
    actions: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    strictest: str = "ignore"

    def behave(self, behaviour: str) -> None:
        """Takes note of invalid_data_behavior."""
        if behaviour not in _BEHAVIOURS:
            raise InputError(f"invalid_data_behavior is {behaviour!r}. Pass one of {', '.join(_BEHAVIOURS)}.")
        self.strictest = max(self.strictest, behaviour, key=_BEHAVIOURS.index)

    def finished_assets(self) -> dict[int, ZiplineAsset]:
        """The assets by sid, those without a row of their own too: an ingest function may write bars alone."""
        known = dict(self.assets)
        for of_frequency in self.bars.values():
            for sid, _ in of_frequency:
                known.setdefault(sid, {"kind": "equity"})
        return {sid: self._asset(sid, row) for sid, row in known.items()}

    def _asset(self, sid: int, row: dict[str, Any]) -> ZiplineAsset:
        exchange = row.get("exchange") or ""
        name, country = self.exchanges.get(exchange, (exchange, ""))
        given: dict[str, str | None] = {"name": row.get("asset_name"), "exchange": name, "country": country}
        for date in _ASSET_DATES:
            day = row.get(date)
            if day is not None:
                given[date] = str(date_of(day))
        if row["kind"] == "future":
            given |= {one: row.get(one) for one in ("multiplier", "tick_size", "root_symbol")}
        else:
            given["tick_size"] = "0.01"
        return make_asset(sid, row["kind"], self.carried.get(sid) or [Carried(f"SID{sid}", None, None)], given)


class AssetWriter:
    """`asset_db_writer`."""

    def __init__(self, draft: Draft) -> None:
        self._draft = draft

    def write(
        self,
        equities: Any = None,
        futures: Any = None,
        exchanges: Any = None,
        root_symbols: Any = None,
        equity_supplementary_mappings: Any = None,
        chunk_size: int = 999,
    ) -> None:
        """Assets by sid, in the index or a column of that name. A sid may have several rows: its symbols over time.

        equities: symbol, asset_name, start_date, end_date, first_traded, auto_close_date, exchange.
        futures: these and root_symbol, notice_date, expiration_date, multiplier, tick_size.
        exchanges: exchange, canonical_name, country_code.
        Roots and supplementary mappings are taken and not used.
        """
        for row in records(exchanges, "exchange"):
            name = text_of(row["exchange"]) or ""
            country = text_of(row.get("country_code")) or ""
            canonical = text_of(row.get("canonical_name")) or name
            self._draft.exchanges[name] = (canonical, "" if country == "??" else country)
        fresh: set[int] = set()
        for kind, frame in (("equity", equities), ("future", futures)):
            for row in records(frame, "sid"):
                self._add(kind, row, fresh)

    def write_direct(
        self,
        equities: Any = None,
        equity_symbol_mappings: Any = None,
        equity_supplementary_mappings: Any = None,
        futures: Any = None,
        exchanges: Any = None,
        root_symbols: Any = None,
        chunk_size: int = 999,
    ) -> None:
        """The same, with the symbols of equities in a frame of their own: sid, symbol, start_date, end_date."""
        self.write(equities, futures, exchanges, root_symbols, equity_supplementary_mappings, chunk_size)
        for sid in {int(row["sid"]) for row in records(equity_symbol_mappings, "sid")}:
            self._draft.carried.pop(sid, None)
        for row in records(equity_symbol_mappings, "sid"):
            self._carry(int(row["sid"]), row, _dates(row))

    def _add(self, kind: str, row: dict[str, Any], fresh: set[int]) -> None:
        sid = int(row["sid"])
        dates = _dates(row)
        known = self._draft.assets.get(sid) if sid in fresh else None
        if known is None:
            # a second call of `write` says anew what it says
            fresh.add(sid)
            self._draft.carried.pop(sid, None)
        elif (dates["end_date"] or 0) < (known["end_date"] or 0):
            known["start_date"] = _earlier(known["start_date"], dates["start_date"])
            self._carry(sid, row, dates)
            return
        start = _earlier(known["start_date"], dates["start_date"]) if known else dates["start_date"]
        texts = {name: text_of(row.get(name)) for name in ("asset_name", "exchange", "root_symbol")}
        numbers = {name: _size(row.get(name)) for name in ("multiplier", "tick_size")}
        self._draft.assets[sid] = {"kind": kind, **texts, **numbers, **dates, "start_date": start}
        self._carry(sid, row, dates)

    def _carry(self, sid: int, row: dict[str, Any], dates: dict[str, int | None]) -> None:
        symbol = text_of(row.get("symbol"))
        if symbol is not None:
            held = Carried(symbol.upper(), dates["start_date"], dates["end_date"])
            self._draft.carried.setdefault(sid, []).append(held)


def _dates(row: dict[str, Any]) -> dict[str, int | None]:
    days = {name: day_of_value(row.get(name)) for name in _ASSET_DATES}
    # Zipline has 0 for a start that is not known
    return days | {"start_date": days["start_date"] or None}


def _earlier(a: int | None, b: int | None) -> int | None:
    known = [day for day in (a, b) if day is not None]
    return min(known, default=None)


def _size(value: Any) -> str | None:
    text = text_of(value)
    return None if text is None else repr(float(text))


class BarWriter:
    """`daily_bar_writer` and `minute_bar_writer`. Minutes are stamped with the end of a bar; naive stamps are UTC."""

    def __init__(self, draft: Draft, frequency: str) -> None:
        self._draft = draft
        self._frequency = frequency

    def write(
        self,
        data: Iterable[tuple[int, Any]],
        assets: Iterable[int] | None = None,
        show_progress: bool = False,
        invalid_data_behavior: str = "warn",
    ) -> None:
        """Pairs of sid and frame: open, high, low, close, volume, indexed by time.

        assets: the sids that may come, others are refused. invalid_data_behavior: "raise" writes nothing where a row is
        bad, "warn" leaves such rows out and says so, "ignore" leaves them out.
        """
        allowed = None if assets is None else {int(sid) for sid in assets}
        for sid, frame in data:
            if allowed is not None and int(sid) not in allowed:
                raise InputError(f"Bars of sid {sid} were written, which is not among the assets= given. Add it there.")
            self.write_sid(sid, frame, invalid_data_behavior)

    def write_sid(self, sid: int, df: Any, invalid_data_behavior: str = "warn") -> None:
        """The bars of one asset."""
        self.write_cols(sid, df.index, {name: df[name].to_numpy() for name in df.columns}, invalid_data_behavior)

    def write_cols(self, sid: int, dts: Any, cols: Mapping[str, Any], invalid_data_behavior: str = "warn") -> None:
        """The bars of one asset, as arrays by the names of their columns."""
        self._draft.behave(invalid_data_behavior)
        daily = self._frequency == "1d"
        frame = bar_columns(int(sid), dts, cols, daily=daily, decimals=self._draft.decimals)
        self._draft.bars.setdefault(self._frequency, []).append((int(sid), frame))

    def write_csvs(
        self, asset_map: Mapping[int, Any], show_progress: bool = False, invalid_data_behavior: str = "warn"
    ) -> None:
        """CSV files by sid, with a column day."""
        read = pandas().read_csv
        pairs = (
            (sid, read(path, parse_dates=["day"], index_col="day", float_precision="round_trip"))
            for sid, path in asset_map.items()
        )
        self.write(pairs, None, show_progress, invalid_data_behavior)


class AdjustmentWriter:
    """`adjustment_writer`."""

    def __init__(self, draft: Draft) -> None:
        self._draft = draft

    def write(
        self, splits: Any = None, mergers: Any = None, dividends: Any = None, stock_dividends: Any = None
    ) -> None:
        """Actions by sid.

        splits, mergers: ratio, effective_date. dividends: amount, ex_date, record_date, declared_date, pay_date.
        stock_dividends: payment_sid, ratio and the same dates.
        """
        for kind, frame in (("splits", splits), ("mergers", mergers)):
            for row in records(frame, "sid"):
                day = day_of_value(row["effective_date"])
                self._add(kind, {"sid": int(row["sid"]), "ex_date": _date(day), "ratio": _size(row["ratio"])})
        for row in records(dividends, "sid"):
            self._add("dividends", {"sid": int(row["sid"]), "amount": _size(row["amount"]), **_payout_dates(row)})
        for row in records(stock_dividends, "sid"):
            paid = {"payment_sid": int(row["payment_sid"]), "ratio": _size(row["ratio"])}
            self._add("stock_dividends", {"sid": int(row["sid"]), **paid, **_payout_dates(row)})

    def _add(self, kind: str, row: dict[str, Any]) -> None:
        self._draft.actions.setdefault(kind, []).append(row)

    def close(self) -> None:
        """Nothing: what was written is published when the ingest function returns."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()


def _payout_dates(row: dict[str, Any]) -> dict[str, str | None]:
    return {name: _date(day_of_value(row.get(name))) for name in _PAYOUT_DATES}


def _date(day: int | None) -> str | None:
    return None if day is None else str(date_of(day))
