"""Other names of the columns of bars."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from rustybt.files._vendor_names import LETTERS, MONIES, TICK_VOLUMES, VENDOR_NAMES, plain_name

STAMP_COLUMNS: Final = ("timestamp", "date")
PRICES: Final = ("open", "high", "low", "close")
_ALSO: Final = {"datetime": "timestamp", "date_time": "timestamp", "ticker": "symbol", "vol": "volume"}
"""Other words for the same: nothing is guessed."""
_UNNAMED: Final = ("", "unnamed: 0", "column_1")
_DATED: Final = re.compile(r"\s*[0-9]{1,4}[-./][0-9]{1,2}[-./][0-9]{1,4}(?:$|[T ])")
_TIME_OF_DAY: Final = re.compile(r"\s*(?:[0-9]{1,2}:[0-9]{2}|[0-9]{3,6}\s*$)")
_OURS: Final = frozenset((*STAMP_COLUMNS, "symbol", *PRICES, "volume", "time"))
_ALL: Final = {plain: ours for ours, others in VENDOR_NAMES.items() for plain in others} | _ALSO
_FEWEST: Final = 3
"""Names of columns of bars in a line that make it a header."""


def known_names(names: Sequence[str], first_text: Callable[[str], str | None]) -> dict[str, str]:
    """By lower-case name what the column is called here; a name that is taken is given to no other.

    first_text: a column's first value as text. A column time stands for the moment where there is no other that does
    and it says more than a time of day; so does a first column without a name that begins with a date.
    """
    known = {name: name for name in names}
    for name, ours in _ALSO.items():
        if name in known and ours not in known.values():
            known[name] = ours
    if set(STAMP_COLUMNS) & set(known.values()):
        return known
    if "time" in known and not is_time_of_day(first_text("time")):
        known["time"] = "timestamp"
    elif names and names[0] in _UNNAMED and _DATED.match(first_text(names[0]) or ""):
        known[names[0]] = "date"
    return known


def vendor_names(names: Sequence[str], first_text: Callable[[str], str | None]) -> dict[str, str]:
    """As `known_names`, of files: vendors' names too, where the columns are those of bars."""
    known = known_names(names, first_text)
    plain = {name: plain_name(name) for name in names if known[name] not in _OURS or known[name] == "time"}
    taken = set(known.values()) & _OURS
    by_letters = {name: LETTERS[one] for name, one in plain.items() if one in LETTERS}
    if set(PRICES) <= set(by_letters.values()):
        found = {name: ours for name, ours in by_letters.items() if ours not in taken}
    else:
        found = _listed(plain, taken, first_text)
    if not set(PRICES[:3]) <= taken | set(found.values()):
        # what is called price or last alone may be that of a trade
        found = {name: ours for name, ours in found.items() if ours in STAMP_COLUMNS or ours == "symbol"}
    return known | found


def _listed(plain: Mapping[str, str], taken: set[str], first_text: Callable[[str], str | None]) -> dict[str, str]:
    """Our names by `VENDOR_NAMES`, of columns that nothing else stands for. plain: the names, and what is looked up."""
    found: dict[str, str] = {}
    for ours, others in VENDOR_NAMES.items():
        is_stamp = ours in STAMP_COLUMNS
        if ours in taken or (is_stamp and set(STAMP_COLUMNS) & (taken | set(found.values()))):
            continue
        listed = (ours, *(word for word, other in _ALSO.items() if other == ours), *others)
        ranks = {name: listed.index(one) for name, one in plain.items() if one in listed and name not in found}
        if not ranks and ours == "timestamp":
            ranks = {name: 0 for name, one in plain.items() if one == "time" and not is_time_of_day(first_text(name))}
        if ranks:
            found[min(ranks, key=ranks.__getitem__)] = ours
    return found


def volume_of_pair(names: Sequence[str], symbol: str | None) -> str | None:
    """Of columns such as "Volume BTC" and "Volume USDT" the one in units of what is traded; None where none surely is.

    symbol: one of the file's, such as BTC/USDT.
    """
    units = {name: plain_name(name).split(" ")[1] for name in names if re.match(r"vol(ume)? \S+$", plain_name(name))}
    traded = [name for name, unit in units.items() if unit not in MONIES]
    if symbol is not None:
        of_symbol = [name for name in units if symbol.lower().startswith(units[name])]
        return of_symbol[0] if len(of_symbol) == 1 else None
    return traded[0] if len(traded) == 1 else None


def tick_volume(names: Sequence[str]) -> str | None:
    """The column that counts changes of the price."""
    return next((name for name in names if plain_name(name) in TICK_VOLUMES), None)


def is_header(cells: Sequence[str]) -> bool:
    """Whether a line's fields are names of columns of bars."""
    plain = [plain_name(cell) for cell in cells]
    ours = {one if one in _OURS else _ALL.get(one) for one in plain} - {None}
    return len(ours & {*PRICES, "volume"}) >= _FEWEST or set(LETTERS) - {"t", "v"} <= set(plain)


def is_known(cell: str) -> bool:
    """Whether a field is the name of a column of bars."""
    return plain_name(cell) in _OURS | _ALL.keys()


def is_time_of_day(text: str | None) -> bool:
    """Whether it is written as one: 9:30, 09:30:00, 0930, 93000."""
    return text is not None and _TIME_OF_DAY.match(text) is not None
