"""Look-ups in the index: the assets of a version, by number and by name, and their corporate actions."""

from __future__ import annotations

import datetime as dt
import json
import sqlite3
import threading
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any, Final

from rustybt.catalog._content import asset_from_row
from rustybt.core import Asset, CashDividend, FundingRate, Future, Split, StockDividend, date_of, day_of
from rustybt.errors import MultipleSymbolsFound, SidsNotFound, SymbolNotFound

_ASSET_COLUMNS: Final = (
    "sid, key, symbol, type, name, exchange, country, currency, start_day, end_day, auto_close_day, "
    "tick_size, quantity_step, multiplier, price_scale, volume_scale, root_symbol, notice_day, expiration_day"
)

_LAST_DAY: Final = day_of(dt.date.max)


class Lookups:
    """The assets of one version and their actions. Safe to use from several threads.

    connection: to the index. row_id: the version's there. bundle: its name, for messages.
    """

    def __init__(self, connection: sqlite3.Connection, row_id: int, bundle: str) -> None:
        self._connection = connection
        self._lock = threading.Lock()
        self._row_id = row_id
        self._assets: dict[int, Asset] = {}
        # by symbol and country: what was read ahead
        self._owners: dict[tuple[str, str | None], list[tuple[Any, ...]]] = {}
        self.bundle = bundle

    def _query(self, statement: str, values: tuple[object, ...]) -> list[tuple[Any, ...]]:
        """All rows at once: a connection that two threads step through at a time mixes up their rows."""
        with self._lock:
            return self._connection.execute(statement, values).fetchall()

    @property
    def currencies(self) -> tuple[str, ...]:
        """The currencies in which its assets trade, sorted; those of indices only where there is nothing else."""
        rows = self._query(
            "SELECT DISTINCT currency, type = 'index' FROM assets WHERE version = ? ORDER BY currency", (self._row_id,)
        )
        return tuple(row[0] for row in rows if not row[1]) or tuple(row[0] for row in rows)

    def asset(self, sid: int) -> Asset:
        """The asset of that number. Raises SidsNotFound."""
        try:
            return self._assets[sid]
        except KeyError:
            pass
        found = self._query(
            f"SELECT {_ASSET_COLUMNS} FROM assets WHERE version = ? AND sid = ?", (self._row_id, int(sid))
        )
        if not found:
            count = self._query("SELECT count(*) FROM assets WHERE version = ?", (self._row_id,))
            raise SidsNotFound(
                f"Bundle {self.bundle!r} has no asset with sid {sid}; it has {count[0][0]} assets. "
                "List them with `open_version(...).assets()`."
            )
        return self._assets.setdefault(sid, asset_from_row(found[0]))

    def assets(self, *, kinds: Sequence[str] | None = None) -> list[Asset]:
        """Every asset, ordered by sid; those of some kinds where they are named."""
        rows = self._query(
            f"SELECT {_ASSET_COLUMNS} FROM assets WHERE version = ? AND (? IS NULL OR type IN "
            "(SELECT value FROM json_each(?))) ORDER BY sid",
            (self._row_id, None if kinds is None else 1, "[]" if kinds is None else json.dumps(list(kinds))),
        )
        return [self._assets.get(row[0]) or self._assets.setdefault(row[0], asset_from_row(row)) for row in rows]

    def described(self) -> list[tuple[int, str, str, str, str]]:
        """Sid, symbol, key, type and currency of every asset, by sid: thousands without an object each."""
        return self._query(
            "SELECT sid, symbol, key, type, currency FROM assets WHERE version = ? ORDER BY sid", (self._row_id,)
        )

    def counts_of(self, *tables: str) -> dict[int, int]:
        """How many rows some tables of actions have together, by sid."""
        counts: Counter[int] = Counter()
        for table in tables:
            counts.update(
                dict(self._query(f"SELECT sid, count(*) FROM {table} WHERE version = ? GROUP BY sid", (self._row_id,)))
            )
        return counts

    def lookup_symbol(self, symbol: str, as_of_day: int | None, *, country: str | None = None) -> Asset:
        """The asset that carried a symbol on a day; the symbol in upper case where it is not found as it stands.

        Where nobody carried it on that very day: who carried it last before. Who carries it only later is not found.
        as_of_day: None finds the one asset that ever carried it. country: among those of that country only.
        The asset's `symbol` is the name it was found by.
        Raises SymbolNotFound, naming those that look like it, and MultipleSymbolsFound where several carried it then.
        """
        for name in dict.fromkeys((symbol, symbol.upper())):
            owners = self._owners.get((name, country))
            if owners is None:
                owners = [row[1:] for row in self._owners_of([name], country)]
            if owners:
                if as_of_day is None:
                    if len({owner[2] for owner in owners}) > 1:
                        raise self._ambiguous(name, None, owners)
                    as_of_day = int(owners[-1][1])
                started = [owner for owner in owners if owner[0] <= as_of_day]
                current = [owner for owner in started if owner[1] >= as_of_day]
                if len({owner[2] for owner in current}) > 1:
                    raise self._ambiguous(name, as_of_day, current)
                if not started:
                    raise self._not_yet(name, as_of_day, owners[0][0])
                return self._named((current or started)[-1][2], name)
        raise self._no_symbol(symbol, as_of_day)

    def read_ahead(self, symbols: Iterable[str], country: str | None) -> None:
        """Reads in two queries what `lookup_symbol` needs for many symbols, instead of in two for each."""
        found: dict[tuple[str, str | None], list[tuple[Any, ...]]] = {}
        for symbol, *owner in self._owners_of(list(symbols), country):
            found.setdefault((symbol, country), []).append(tuple(owner))
        self._owners |= found
        sids = {owner[2] for owners in found.values() for owner in owners} - self._assets.keys()
        rows = self._query(
            f"SELECT {_ASSET_COLUMNS} FROM assets WHERE version = ? AND sid IN (SELECT value FROM json_each(?))",
            (self._row_id, json_of(sids)),
        )
        for row in rows:
            self._assets.setdefault(row[0], asset_from_row(row))

    def _owners_of(self, symbols: list[str], country: str | None) -> list[tuple[Any, ...]]:
        """Who carried each of these symbols, and when: symbol, first day, last day, sid, key."""
        return self._query(
            "SELECT s.symbol, s.first_day, s.last_day, s.sid, a.key FROM symbols s "
            "JOIN assets a ON a.version = s.version AND a.sid = s.sid "
            "WHERE s.version = ? AND s.symbol IN (SELECT value FROM json_each(?)) "
            "AND (? IS NULL OR upper(a.country) = upper(?)) ORDER BY s.first_day, s.sid",
            (self._row_id, json.dumps(symbols), country, country),
        )

    def lookup_future(self, symbol: str, as_of_day: int) -> Future:
        """The contract of that symbol, one that begins later too. Raises SymbolNotFound, also for a share."""
        try:
            asset = self.lookup_symbol(symbol, as_of_day)
        except SymbolNotFound:
            try:
                asset = self.lookup_symbol(symbol, _LAST_DAY)
            except SymbolNotFound:
                raise self._no_future(symbol) from None
        if not isinstance(asset, Future):
            raise SymbolNotFound(
                f"{asset.symbol} of bundle {self.bundle!r} is of type {asset.kind!r}, not a future. "
                f"Look it up with symbol({asset.symbol!r})."
            )
        return asset

    def contracts(self, root_symbol: str) -> list[Future]:
        """The futures of a root symbol, by sid. Raises SymbolNotFound, naming the roots that there are."""
        rows = self._query(
            f"SELECT {_ASSET_COLUMNS} FROM assets WHERE version = ? AND root_symbol = ? ORDER BY sid",
            (self._row_id, root_symbol),
        )
        if not rows:
            found = self._query(
                "SELECT DISTINCT root_symbol FROM assets WHERE version = ? AND root_symbol IS NOT NULL", (self._row_id,)
            )
            roots = sorted(row[0] for row in found)
            there = f"It has {', '.join(roots[:8])}." if roots else "It has no futures at all."
            raise SymbolNotFound(
                f"Bundle {self.bundle!r} has no futures with the root symbol {root_symbol!r}. {there} "
                "Contracts are ingested with assets= of type 'future' and a root_symbol."
            )
        assets = [self._assets.get(row[0]) or self._assets.setdefault(row[0], asset_from_row(row)) for row in rows]
        return [asset for asset in assets if isinstance(asset, Future)]

    def _named(self, sid: int, symbol: str) -> Asset:
        asset = self.asset(sid)
        if asset.symbol == symbol:
            return asset
        row = self._query(f"SELECT {_ASSET_COLUMNS} FROM assets WHERE version = ? AND sid = ?", (self._row_id, sid))[0]
        return asset_from_row(row, symbol)

    def _no_symbol(self, symbol: str, as_of_day: int | None) -> SymbolNotFound:
        when = "" if as_of_day is None else f" (looked up as of {date_of(as_of_day)})"
        rows = self._query("SELECT DISTINCT symbol FROM symbols WHERE version = ?", (self._row_id,))
        names = [row[0] for row in rows]
        from rustybt.catalog._suggest import there_are

        return SymbolNotFound(
            f"Bundle {self.bundle!r} has no symbol {symbol!r}{when}. {there_are(symbol, names, 'symbol')}"
        )

    def _not_yet(self, symbol: str, as_of_day: int, first_day: int) -> SymbolNotFound:
        return SymbolNotFound(
            f"Nothing in bundle {self.bundle!r} was called {symbol!r} on {date_of(as_of_day)}, the look-up date; it is "
            f"from {date_of(first_day)} on. End the run later, or call set_symbol_lookup_date first."
        )

    def _no_future(self, symbol: str) -> SymbolNotFound:
        rows = self._query(
            "SELECT symbol FROM assets WHERE version = ? AND type = 'future' ORDER BY symbol", (self._row_id,)
        )
        names = [row[0] for row in rows]
        from rustybt.catalog._suggest import there_are

        there = there_are(symbol, names, "future") if names else "It has no futures at all."
        return SymbolNotFound(f"Bundle {self.bundle!r} has no future {symbol!r}. {there}")

    def _ambiguous(self, symbol: str, as_of_day: int | None, owners: list[tuple[Any, ...]]) -> MultipleSymbolsFound:
        when = "" if as_of_day is None else f" on {date_of(as_of_day)}"
        named = ", ".join(f"{key} (sid {sid})" for _, _, sid, key in owners)
        return MultipleSymbolsFound(
            f"{symbol!r} stands for {len(owners)} assets of bundle {self.bundle!r}{when}: {named}. "
            "Pass country_code where they differ in it, or ask for one with sid()."
        )

    def splits(self, sids: Iterable[int]) -> list[Split]:
        """Splits of these assets, sorted by (sid, ex_day)."""
        rows = self._query(
            "SELECT sid, ex_day, numerator, denominator, prices_only FROM splits WHERE version = ? "
            "AND sid IN (SELECT value FROM json_each(?)) ORDER BY sid, ex_day",
            (self._row_id, json_of(sids)),
        )
        return [Split(sid, day, int(above), int(below), bool(only)) for sid, day, above, below, only in rows]

    def dividends(self, sids: Iterable[int]) -> list[CashDividend]:
        """Cash dividends of these assets, sorted by (sid, ex_day)."""
        rows = self._query(
            "SELECT sid, ex_day, pay_day, record_day, declared_day, amount, scale, currency FROM dividends "
            "WHERE version = ? AND sid IN (SELECT value FROM json_each(?)) ORDER BY sid, ex_day, position",
            (self._row_id, json_of(sids)),
        )
        return [
            CashDividend(sid, ex_day, pay_day, record_day, declared_day, int(amount), scale, currency)
            for sid, ex_day, pay_day, record_day, declared_day, amount, scale, currency in rows
        ]

    def stock_dividends(self) -> list[StockDividend]:
        """All dividends in shares, sorted by (sid, ex_day)."""
        rows = self._query(
            "SELECT sid, ex_day, payment_sid, numerator, denominator, pay_day, record_day, declared_day "
            "FROM stock_dividends WHERE version = ? ORDER BY sid, ex_day, position",
            (self._row_id,),
        )
        return [
            StockDividend(sid, ex_day, payment, int(numerator), int(denominator), *days)
            for sid, ex_day, payment, numerator, denominator, *days in rows
        ]

    def funding(self, sids: Iterable[int]) -> list[FundingRate]:
        """The funding payments of these perpetuals, sorted by (sid, stamp)."""
        rows = self._query(
            "SELECT sid, stamp, rate, scale, price, price_scale FROM funding WHERE version = ? "
            "AND sid IN (SELECT value FROM json_each(?)) ORDER BY sid, stamp",
            (self._row_id, json_of(sids)),
        )
        return [
            FundingRate(sid, stamp, int(rate), scale, None if price is None else int(price), price_scale)
            for sid, stamp, rate, scale, price, price_scale in rows
        ]


def json_of(sids: Iterable[int]) -> str:
    return json.dumps([int(sid) for sid in sids])
