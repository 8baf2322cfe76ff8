"""The market of data that a caller has at hand: a frame, frames by symbol, files."""

from __future__ import annotations

import re
import threading
import weakref
from collections import Counter, OrderedDict
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from rustybt.catalog import open_loaded
from rustybt.core import Folded, Notes, Scratch
from rustybt.engine._load import length_and_name
from rustybt.engine._market import Market
from rustybt.errors import BadBars, InputError

BUNDLE: Final = "data"
"""What the data of a market without a bundle are called, in manifests and messages."""
MOST_KEPT: Final = 4
"""Markets that are kept for the next run on the same data, the last ones used."""
OF_FLOATS: Final = "precision"
OF_SESSIONS: Final = "calendar"

_kept: OrderedDict[str, Market] = OrderedDict()
_lock = threading.Lock()
OPTIONS: Final = frozenset(
    {
        "stamp",
        "tz",
        "assets",
        "symbols",
        "splits",
        "dividends",
        "stock_dividends",
        "funding",
        "on_bad_row",
        "price_decimals",
        "price_scale",
        "close_only",
        "adj_close",
        "symbol",
        "decimals",
        "csv",
        "auto_close",
    }
)
"""Of `rustybt.ingest`, as far as they say how data are read."""
ARGUMENTS: Final = frozenset({"data_frequency", "calendar", "stamp", "tz"})
ELSEWHERE: Final = {"calendar": "calendar", "freq": "data_frequency", "timeframe": "data_frequency", "type": "assets"}
"""Parts of names from elsewhere, and the argument of `load_data` that says the same."""


def load_data(
    data: Any,
    *,
    data_frequency: str = "daily",
    calendar: str | None = None,
    stamp: str | None = None,
    tz: str | None = None,
    **options: Any,
) -> Market:
    """A market of data at hand, for any number of `run_algorithm(market=...)`; nothing goes into the catalog.

    data: what `rustybt.ingest` takes as bars: a Polars, pandas or Arrow frame, a path, a list of these; or a mapping of
    symbols to frames. They are validated as at an ingestion, and have the same hash.
    data_frequency: the length of the bars. calendar: whose sessions they belong to; by default XNYS, 24/7 where
    there are bars on weekends, or 24/5 where there are bars on all of XNYS's holidays. stamp, tz, options: those of
    `rustybt.ingest`, such as splits, dividends, assets and price_decimals.
    The same data again give the same market, without being read anew. What it needs of them on the disk lies in a
    temporary folder, which goes when nobody uses them any more.
    Raises BadBars and InputError as `rustybt.ingest` does.

    >>> import polars as pl, rustybt
    >>> frame = pl.DataFrame(
    ...     {"symbol": "A", "date": ["2024-01-02", "2024-01-03"], "open": 10, "high": 11, "low": 9, "close": [10, 11]}
    ... ).with_columns(volume=1000)
    >>> rustybt.load_data(frame)
    <Market data..., 'daily' bars>
    """
    from rustybt.files import given_items
    from rustybt.ingest import digest_of

    unknown = sorted(options.keys() - OPTIONS)
    if unknown:
        raise InputError(f"load_data has no option {unknown[0]}=. {_instead(unknown[0])}")
    length, name = length_and_name(data_frequency)
    given = {"calendar": calendar, "stamp": stamp, "tz": tz, **options}
    plain = {one: value for one, value in given.items() if value is None or isinstance(value, str | int)}
    tables = given_items(data, "data")
    key = digest_of((length, plain), tables, *(value for one, value in sorted(given.items()) if one not in plain))
    with _lock:
        if key is not None and key in _kept:
            _kept.move_to_end(key)
            return _kept[key]
    with Folded():
        market = _market(tables, length, name, given)
    with _lock:
        if key is not None:
            _kept[key] = market
            while len(_kept) > MOST_KEPT:
                _kept.popitem(last=False)
    return market


def _instead(name: str) -> str:
    """What to write instead of an option that there is not."""
    for word, argument in ELSEWHERE.items():
        if word in name:
            return f"That is {argument}= here."
    return f"Choose among {', '.join(sorted(OPTIONS | ARGUMENTS))}."


def _market(data: Any, length: str, name: str, given: dict[str, Any]) -> Market:
    scratch = Scratch()
    root = scratch.path
    try:
        told = _ingest(data, length, given, root)
        market = Market(open_loaded(BUNDLE, root=root), root, name, length)
    except BaseException:
        scratch.remove()
        raise
    market.data.late = False
    market.told, market.at_hand = told, True
    # a run keeps the data, and not the market
    weakref.finalize(market.data, scratch.remove)
    return market


def _ingest(data: Any, length: str, given: dict[str, Any], root: Path) -> Notes:
    """Reads the data. Returns what is to be told of it."""
    from rustybt.ingest import ingest

    try:
        report = ingest(BUNDLE, data, frequency=length, root=root, **given)
    except BadBars as error:
        rules = {getattr(finding, "rule", None) for finding in error.findings}
        option = "price_decimals=4" if OF_FLOATS in rules else "on_bad_row='drop'"
        error.add_note(
            f"rustybt.run(strategy, data, {option}) takes that option, and rustybt.load_data(data, {option}) does."
        )
        if given["calendar"] is None and OF_SESSIONS in rules:
            error.add_note(
                "The calendar was found out of the data. Where the market has other sessions, name it: "
                "trading_calendar='XLON' of a run, calendar='XLON' of load_data; '24/5' has every weekday."
            )
        raise
    except InputError as error:
        if type(error) is not InputError:
            raise
        # who reads data at hand knows no frequency=, and no options of the command line
        text = re.sub(r"(?<!\w)frequency=", "data_frequency=", re.sub(r" \(--[\w-]+(?: \w+)?\)", "", str(error)))
        raise InputError(text) from None
    notes = Notes()
    for text in report.notes:
        notes.add("data_read", text)
    _note_left_out(notes, report.findings, given.get("on_bad_row"))
    return notes


def _note_left_out(notes: Notes, findings: Sequence[Any], how: object) -> None:
    """Names the rows that are not in the market: findings by rule, and the first of them."""
    if not findings:
        return
    rules = dict(Counter(finding.rule for finding in findings).most_common())
    counts = ", ".join(f"{count:,} {rule}" for rule, count in rules.items())
    notes.add(
        "rows_left_out",
        f"on_bad_row={how!r} left out rows of the data, for these findings: {counts}. The first: {findings[0]}. "
        "rustybt.preview(data) shows more of them.",
        findings=len(findings),
        rules=rules,
        first=str(findings[0]),
    )


def market_for(
    data: Any, market: Any, bundle: Any, version: Any, timestamp: Any, data_frequency: Any, calendar: Any
) -> Market:
    """The market of `run_algorithm(data=...)`. Raises InputError where other data are named beside it."""
    beside = {"market": market, "bundle": bundle, "version": version, "bundle_timestamp": timestamp}
    named = [name for name, value in beside.items() if value is not None]
    if named:
        raise InputError(f"data= and {named[0]}= were both given. Pass one of them.")
    if isinstance(data, Market):
        raise InputError("data= was given a market. Pass it as market=.")
    if calendar is not None and not isinstance(calendar, str):
        raise InputError("With data=, trading_calendar is the name of a calendar, such as 'XNYS' or '24/7'.")
    return load_data(data, data_frequency="daily" if data_frequency is None else data_frequency, calendar=calendar)
