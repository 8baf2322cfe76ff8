"""Fee schedules of brokers: TOML files that come along, or that a user writes."""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from rustybt.errors import InputError
from rustybt.execution.commission._charge import Charge
from rustybt.execution.commission._reading import Where, check_keys, word_of
from rustybt.execution.commission._schedule import FeeSchedule

FOLDER: Final = Path(__file__).parent / "profiles"
KEYS: Final = ("title", "about", "currency", "charge", "include")


def broker(name: str | Path) -> FeeSchedule:
    """The fees of a broker or a venue, for `set_commission`: of a file that comes along, or of one of your own.

    name: one of those that `rustybt brokers` lists, or the path of a TOML file.
    Raises InputError for an unknown name, and for a file that makes no sense, naming its line.

    >>> from decimal import Decimal
    >>> from rustybt import Strategy, run
    >>> from rustybt.api import broker, order, set_commission, symbol
    >>> class Tiered(Strategy):
    ...     def initialize(self, context):
    ...         set_commission(broker("ibkr-tiered"))
    ...
    ...     def handle_data(self, context, data):
    ...         order(symbol("IBM"), 100)
    >>> fees = run(Tiered, start="2010-01-04", end="2010-01-05").entries.filter(kind="fee")
    >>> dict(fees.select("detail", "amount").iter_rows())["exchange_fee"] == -100 * Decimal("0.003")
    True
    """
    if isinstance(name, Path) or str(name).endswith(".toml") or "/" in str(name) or "\\" in str(name):
        return _read(Path(name))
    path = FOLDER / f"{name}.toml"
    if not re.fullmatch(r"[a-z0-9-]+", str(name)) or not path.is_file():
        known = brokers()
        near = difflib.get_close_matches(str(name).lower(), known, 1, 0.4)
        meant = f" Did you mean {near[0]!r}?" if near else ""
        raise InputError(
            f"There is no broker {name!r}.{meant} The names are {', '.join(known)}; or give the path of a TOML file of "
            "your own."
        )
    return _read(path)


def brokers() -> list[str]:
    """The names that `broker` knows, those last of what others include.

    >>> from rustybt.api import commission
    >>> commission.brokers()[:3]
    ['alpaca', 'binance-futures', 'binance-spot']
    """
    names = sorted(path.stem for path in FOLDER.glob("*.toml"))
    return sorted(names, key=lambda name: name.startswith("part-"))


def _read(path: Path) -> FeeSchedule:
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path} can't be read: {error}. Name a TOML file of fees.") from None
    try:
        given = tomllib.loads(text, parse_float=Decimal)
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"{path} is no TOML: {error}. Correct it there.") from None
    lines = _Lines(path, text)
    where = lines.where()
    check_keys(given, KEYS, where)
    charges = [
        Charge.read(one, lines.where(place), lines.where_in_row(place))
        for place, one in enumerate(_tables(given, "charge", where))
    ]
    for place, one in enumerate(_tables(given, "include", where)):
        charges += _included(one, lines.where(place, "include"))
    if not charges:
        raise InputError(f"{path} has no charges. Write a [[charge]], with kind, per and a rate.")
    currency = word_of(given, "currency", "USD", where) if "currency" in given else None
    title, about = word_of(given, "title", path.stem, where), word_of(given, "about", "Nothing else.", where)
    return FeeSchedule(*charges, name=path.stem, currency=currency, title=title, about=about)


def _tables(given: Mapping[str, Any], key: str, where: Where) -> list[Mapping[str, Any]]:
    tables = given.get(key, [])
    if not isinstance(tables, list) or not all(isinstance(one, Mapping) for one in tables):
        raise InputError(f"{where(key)} is {tables!r}: write a table [[{key}]] for each.")
    return tables


def _included(given: Mapping[str, Any], where: Where) -> list[Charge]:
    """The charges of a part, with what the including file says otherwise."""
    check_keys(given, ("part", "rounding", "assets"), where)
    name = word_of(given, "part", "us-sales", where)
    changes = {key: value for key, value in given.items() if key != "part"}
    return [charge.changed(changes, where) for charge in broker(f"part-{name}").charges]


class _Lines:
    """The line of a key in a file, for messages."""

    def __init__(self, path: Path, text: str) -> None:
        self._path = path
        # by table, as ("charge", 0) or ("charge", 0, 1) for a row, the lines of its keys; under None that of its header
        self._found: dict[tuple[Any, ...], dict[str | None, int]] = {(): {}}
        at: tuple[Any, ...] = ()
        counts = {"charge": -1, "include": -1}
        row = -1
        for number, line in enumerate(text.splitlines(), 1):
            header = re.match(r"\s*\[\[\s*([\w.]+)\s*\]\]", line)
            if header is not None and header[1] in counts:
                counts[header[1]] += 1
                at, row = (header[1], counts[header[1]]), -1
            elif header is not None:
                row += 1
                at = ("charge", counts["charge"], row)
            elif key := re.match(r"\s*([\w-]+)\s*=", line):
                self._found.setdefault(at, {}).setdefault(key[1], number)
            if header is not None:
                self._found.setdefault(at, {})[None] = number

    def where(self, place: int | None = None, table: str = "charge") -> Where:
        """How to call keys of the file, or of one of its tables."""
        return lambda key: self._called(() if place is None else (table, place), key)

    def where_in_row(self, place: int) -> Any:
        """How to call keys of the rows of a charge: by the place of the row, and the key."""
        return lambda row, key: self._called(("charge", place, row), key)

    def _called(self, at: tuple[Any, ...], key: str) -> str:
        found = self._found.get(at, {})
        line = found.get(key, found.get(None))
        return f"{self._path}, {'' if line is None else f'line {line}, '}{key}"
