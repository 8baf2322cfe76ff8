"""One line of a fee schedule: what it is for, what it is reckoned from, and its rates by date."""

from __future__ import annotations

import datetime as dt
import re
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any, Final

from rustybt.core import ASSET_TYPES, FeeKind, day_of
from rustybt.errors import InputError
from rustybt.execution.commission._rates import RATE_KEYS, Rates, rates_from
from rustybt.execution.commission._reading import Where, check_keys, choice_of, number_of, word_of
from rustybt.execution.commission._volume import Window, window_from

PER: Final = ("share", "contract", "order", "percent", "million")
TIER_KEYS: Final = ("tier", "fixed", "window", "evaluated", "counts", "pool", "weight")
OWN_KEYS: Final = ("kind", "per", "assets", "side", "each", "rounding", "of", "paid_in")
CHARGE_KEYS: Final = (*OWN_KEYS, *TIER_KEYS, *RATE_KEYS, "rows")
DEFAULTS: Final[Mapping[str, str]] = {
    "kind": FeeKind.COMMISSION.value,
    "each": "order",
    "side": "both",
    "tier": "whole",
    "fixed": "at_fill",
    "evaluated": "continuously",
    "rounding": "none",
    "paid_in": "quote",
}
"""What a key is that is not written."""
ROUNDINGS: Final = ("up", "down", "half_up", "half_even")


class Charge:
    """A line of a `FeeSchedule`, with its rates.

    kind: what it is for: the column `detail` of the entries.
    per: what the rate is of: a "share" or a "contract" (a unit of the asset), an "order" (paid with its first fill),
    "percent" of the money traded, or a "million" of it.
    rate, or maker and taker, or tiers: a list of (from which volume, rate) or (from which volume, maker, taker). A rate
    below zero is a rebate. minimum, maximum: of the sum. maximum_percent: of the value traded; it is above the minimum.
    above: nothing is charged on a value that is not above it. rows: rates by date, each a dict of these with "from".
    each: whether these bounds and the rounding are of an "order", over all its fills, or of each "fill".
    side: "both", "buy" or "sell". assets: types of assets, as ("equity", "etf"); all where none are named.
    tier: "whole": all of a fill has the rate of the tier that the volume before it has reached; "marginal": each part
    of it has that of the tier that it falls in. fixed: the tier is that of "at_fill" or "at_placement" of the order.
    window: of the volume, "calendar_month" or "days=30". evaluated: "continuously", "hourly", "daily at 07:00" (UTC).
    counts: what the volume is, "units" or "value"; by default as the rate is.
    pool, weight: charges that name the same pool share their volume, to which this one adds so many times its own.
    rounding: "none", or one of up, down, half_up, half_even with its grid: "half_up to 0.01".
    of: the rate is per cent of what charges of that kind, which stand before it, come to.
    paid_in: "quote", in money, or "received": a purchase pays it from the units that arrive.

    >>> from rustybt.api import commission
    >>> commission.Charge(per="share", rate="0.005", minimum=1, maximum_percent=1)
    Charge(per='share', rate='0.005', minimum=1, maximum_percent=1)
    >>> commission.Charge(kind="sec", per="million", rate="27.80", side="sell", rounding="up to 0.01", each="fill").kind
    'sec'
    """

    __slots__ = (
        "_begins", "_given", "_grid", "_mode", "assets", "counts", "each", "fixed", "kind", "of", "paid_in", "per",
        "pool", "rounding", "rows", "side", "sums", "tier", "weight", "window",
    )  # fmt: skip

    def __init__(
        self,
        *,
        per: str | None = None,
        kind: str = FeeKind.COMMISSION.value,
        rate: Any = None,
        maker: Any = None,
        taker: Any = None,
        tiers: Sequence[Any] | None = None,
        minimum: Any = None,
        maximum: Any = None,
        maximum_percent: Any = None,
        above: Any = None,
        rows: Sequence[Mapping[str, Any]] | None = None,
        each: str = "order",
        side: str = "both",
        assets: str | Sequence[str] | None = None,
        tier: str = "whole",
        fixed: str = "at_fill",
        window: str | None = None,
        evaluated: str = "continuously",
        counts: str | None = None,
        pool: str | None = None,
        weight: Any = None,
        rounding: str = "none",
        of: str | None = None,
        paid_in: str = "quote",
    ) -> None:
        given = {name: value for name, value in locals().items() if name in CHARGE_KEYS and value != DEFAULTS.get(name)}
        self._read(given, lambda key: f"Charge({key})", lambda place, key: f"Charge(rows), row {place + 1}, {key}")

    @classmethod
    def read(cls, given: Mapping[str, Any], where: Where, where_in_row: Any) -> Charge:
        """A charge of a file. where, where_in_row: how to call its keys, and those of its rows, in a message."""
        charge = cls.__new__(cls)
        charge._read(given, where, where_in_row)
        return charge

    def _read(self, given: Mapping[str, Any], where: Where, where_in_row: Any) -> None:
        check_keys(given, CHARGE_KEYS, where)
        self._given = dict(given)
        self.kind = word_of(given, "kind", DEFAULTS["kind"], where)
        self.per = choice_of(given, "per", PER, "", where)
        self.side = choice_of(given, "side", ("both", "buy", "sell"), DEFAULTS["side"], where)
        self.each = choice_of(given, "each", ("order", "fill"), DEFAULTS["each"], where)
        if self.per == "order" and self.each == "fill":
            raise InputError(f"{where('each')}: what is paid by order is paid once. Leave it out.")
        self.paid_in = choice_of(given, "paid_in", ("quote", "received"), DEFAULTS["paid_in"], where)
        self.tier = choice_of(given, "tier", ("whole", "marginal"), DEFAULTS["tier"], where)
        self.fixed = choice_of(given, "fixed", ("at_fill", "at_placement"), DEFAULTS["fixed"], where)
        by_default = "value" if self.per in ("percent", "million") else "units"
        self.counts = choice_of(given, "counts", ("units", "value"), by_default, where)
        self.pool = word_of(given, "pool", "all", where) if "pool" in given else None
        self.weight = number_of(given.get("weight", 1), "weight", where)
        self.assets = _assets_of(given.get("assets"), where)
        self.of = word_of(given, "of", "commission", where) if "of" in given else None
        if self.of is not None and self.per != "percent":
            raise InputError(f'{where("of")}: the rate is per {self.per}. Write per = "percent" for a part of a fee.')
        self.rounding = given.get("rounding", DEFAULTS["rounding"])
        self._mode, self._grid = _rounding_of(self.rounding, where)
        self.rows = self._rows_of(given, where, where_in_row)
        self.sums = self.each == "order" and (
            self._grid is not None or self.per == "order" or any(rates.has_bounds for rates in self.rows)
        )
        self._begins = [day_of(_begin(rates)) for rates in self.rows]
        self.window = self._window_of(given, where)

    def _rows_of(self, given: Mapping[str, Any], where: Where, where_in_row: Any) -> tuple[Rates, ...]:
        own = {key: given[key] for key in RATE_KEYS if given.get(key) is not None}
        rows = given.get("rows")
        if rows is None:
            return (rates_from(own, self.per, where),)
        if own:
            raise InputError(f"{where(next(iter(own)))} stands beside rows. Write it in each of the rows.")
        if not isinstance(rows, Sequence) or isinstance(rows, str) or not rows:
            raise InputError(f"{where('rows')} is {rows!r}: write a list of rows, each with from and a rate.")
        found: list[Rates] = []
        for place, row in enumerate(rows):
            if not isinstance(row, Mapping):
                raise InputError(f"{where_in_row(place, 'from')} is {row!r}: write from, and a rate.")
            read = rates_from(row, self.per, lambda key, place=place: where_in_row(place, key))  # type: ignore[misc]
            if read.begins is None:
                raise InputError(f"{where_in_row(place, 'from')}: there is no date. Write the first day of the rate.")
            if found and read.begins <= _begin(found[-1]):
                raise InputError(
                    f"{where_in_row(place, 'from')} is {read.begins}, and the row before it begins on "
                    f"{found[-1].begins}. Let the rows stand in the order of their dates."
                )
            found.append(read)
        return tuple(found)

    def _window_of(self, given: Mapping[str, Any], where: Where) -> Window | None:
        tiered = any(len(rates.tiers) > 1 for rates in self.rows)
        if not tiered:
            for key in TIER_KEYS:
                if given.get(key) is not None:
                    raise InputError(f"{where(key)}: there are no tiers that it could be about. Leave it out.")
            return None
        if self.per == "order" and self.tier == "marginal":
            raise InputError(f'{where("tier")}: what is paid by order has no parts. Write tier = "whole".')
        if self.tier == "marginal" and self.fixed == "at_placement":
            raise InputError(f"{where('fixed')}: marginal rates are those of the fill. Leave it out.")
        return window_from(given.get("window"), given.get("evaluated"), where)

    def changed(self, given: Mapping[str, Any], where: Where) -> Charge:
        """The same with other words under some keys."""
        return Charge.read({**self._given, **given}, where, lambda place, key: f"{where(key)}, row {place + 1}")

    def row_on(self, day: int) -> int:
        """The place of the row that holds on a day (its number since 1970); before the first row, that of the first."""
        return max(bisect_right(self._begins, day) - 1, 0)

    def rounded(self, total: Fraction) -> Fraction:
        """The sum on the charge's grid; as it is where it has none."""
        if self._grid is None:
            return total
        steps, rest = divmod(total, self._grid)
        twice = 2 * rest - self._grid
        up = {
            "up": rest > 0,
            "down": False,
            "half_up": twice >= 0,
            "half_even": twice > 0 or (twice == 0 and steps % 2 == 1),
        }[self._mode]
        return (steps + up) * self._grid

    def __deepcopy__(self, memo: object) -> Charge:
        # nothing of it changes
        return self

    def __repr__(self) -> str:
        return f"Charge({', '.join(f'{key}={value!r}' for key, value in self._given.items())})"


def _begin(rates: Rates) -> dt.date:
    return rates.begins or dt.date.min


def _assets_of(given: Any, where: Where) -> frozenset[str] | None:
    if given is None:
        return None
    named = [given] if isinstance(given, str) else given
    if not isinstance(named, list | tuple) or not named:
        raise InputError(f'{where("assets")} is {given!r}: write a list of types, such as ["equity", "etf"].')
    for name in named:
        choice_of({"assets": name}, "assets", tuple(ASSET_TYPES), "", where)
    return frozenset(named)


def _rounding_of(given: Any, where: Where) -> tuple[str, Fraction | None]:
    if given == "none":
        return "none", None
    found = re.fullmatch(r"(\w+) to (\S+)", given) if isinstance(given, str) else None
    if found is None or found[1] not in ROUNDINGS:
        raise InputError(
            f"{where('rounding')} is {given!r}: write 'none', or one of {', '.join(ROUNDINGS)} with its grid, such as "
            "'half_up to 0.01'."
        )
    grid = number_of(found[2], "rounding", where)
    if not grid:
        raise InputError(f"{where('rounding')} is {given!r}: write a grid above 0.")
    return found[1], grid
