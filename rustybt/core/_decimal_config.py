"""The grids of prices and quantities, and how fills round to them, by class of assets and by asset."""

from __future__ import annotations

import importlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from decimal import Decimal
from pathlib import Path
from typing import Any, Final, Self

from rustybt.core._assets import ASSET_TYPES
from rustybt.core._fixed import exact_number
from rustybt.errors import InputError

ROUNDINGS: Final = ("half_even", "half_up", "down", "up", "against")
"""To the nearest, of what lies just between two the even one or the upper one; down; up; against who trades."""
MOST_DECIMALS: Final = 18


@dataclass(frozen=True, slots=True)
class Precision:
    """The precision of a class of assets, or of one asset; None leaves it to what says less.

    tick_size: the grid of order prices. quantity_step: the smallest quantity. Both up to 18 decimals, above zero.
    rounding: how fills go to the tick: half_even, half_up, down, up, against (a buy up, a sale down); "exact" leaves
    a fill the digits that the slippage model gave it.
    """

    tick_size: Decimal | None = None
    quantity_step: Decimal | None = None
    rounding: str | None = None


PRESETS: Final[Mapping[str, Precision]] = {
    kind: Precision(
        quantity_step=Decimal("0.00000001") if kind in ("crypto", "perpetual") else Decimal(1), rounding="exact"
    )
    for kind in ASSET_TYPES
}
"""What holds where nobody says anything: coins have steps of 1e-8, all else whole units; ticks follow from the prices'
digits, and fills are exact."""


class DecimalConfig:
    """Precision by class of assets, and by asset; it has no say in sums and products, which are exact.

    of: by class (equity, etf, future, crypto, perpetual, forex, index) or by asset (its key, such as "XNYS:AAPL", or
        its symbol) a mapping with tick_size, quantity_step and rounding, or a `Precision`.
    Give it to `ingest`, which takes ticks and steps from it where the assets themselves have none, and to
    `run_algorithm`, which rounds fills as it says. Raises InputError.

    >>> config = DecimalConfig({"crypto": {"quantity_step": "0.001", "rounding": "half_even"}})
    >>> config.get("crypto").quantity_step, config.get("equity").quantity_step
    (Decimal('0.001'), Decimal('1'))
    >>> config.set("BTC/USD", tick_size="0.5").get("crypto", "BTC/USD")
    Precision(tick_size=Decimal('0.5'), quantity_step=Decimal('0.001'), rounding='half_even')
    """

    __slots__ = ("_of",)

    def __init__(self, of: Mapping[str, Any] | None = None) -> None:
        if of is not None and not isinstance(of, Mapping):
            raise InputError(f"DecimalConfig({of!r}): pass a mapping by class or asset, or load a file with load().")
        self._of = {name: _precision(name, said) for name, said in (of or {}).items()}

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """From a TOML or JSON file of such a mapping, or a YAML one, for which PyYAML must be installed.

        >>> import pathlib, tempfile
        >>> from rustybt import DecimalConfig
        >>> path = pathlib.Path(tempfile.mkdtemp()) / "decimals.toml"
        >>> _ = path.write_text('[crypto]\\nquantity_step = "0.001"\\n')
        >>> DecimalConfig.load(path)
        DecimalConfig({'crypto': {'quantity_step': '0.001'}})
        """
        file = Path(path).expanduser()
        try:
            text = file.read_text(encoding="utf-8")
            said = _READERS.get(file.suffix.lower(), _toml)(text)
        except (OSError, ValueError) as error:  # what can't be decoded is a ValueError too
            raise InputError(f"decimals: {file} can't be read: {error}. Pass a TOML, JSON or YAML file.") from error
        if not isinstance(said, Mapping):
            raise InputError(f"decimals: {file} has no tables by class of assets. Begin with [equity], say.")
        return cls(said)

    def get(self, kind: str, *names: str) -> Precision:
        """The precision of a class, or of an asset of it.

        names: the asset's key and symbol; what is said of the first of them comes first, then what is said of the
        class, then the presets.

        >>> from rustybt import DecimalConfig
        >>> config = DecimalConfig({"equity": {"rounding": "half_up"}, "XNYS:IBM": {"tick_size": "0.05"}})
        >>> config.get("equity", "XNYS:IBM")
        Precision(tick_size=Decimal('0.05'), quantity_step=Decimal('1'), rounding='half_up')
        """
        if kind not in ASSET_TYPES:
            raise InputError(f"DecimalConfig.get({kind!r}): pass one of {', '.join(ASSET_TYPES)}.")
        found = PRESETS[kind]
        for name in (kind, *reversed(names)):
            said = self._of.get(name)
            if said is not None:
                found = replace(found, **{what: value for what, value in _told(said).items() if value is not None})
        return found

    def set(self, name: str, *, tick_size: Any = None, quantity_step: Any = None, rounding: str | None = None) -> Self:
        """A copy in which that is said of a class or an asset too; what is None stays as it was.

        >>> from rustybt import DecimalConfig
        >>> DecimalConfig().set("equity", rounding="half_even").set("future", tick_size="0.25").as_dict()
        {'equity': {'rounding': 'half_even'}, 'future': {'tick_size': '0.25'}}
        """
        new = _precision(name, {"tick_size": tick_size, "quantity_step": quantity_step, "rounding": rounding})
        old = self._of.get(name, Precision())
        joined = {one.name: getattr(new, one.name) or getattr(old, one.name) for one in fields(Precision)}
        return type(self)({**self._of, name: Precision(**joined)})

    def rounds(self) -> bool:
        """Whether fills of any asset are rounded.

        >>> from rustybt import DecimalConfig
        >>> DecimalConfig({"crypto": {"quantity_step": "0.001"}}).rounds()
        False
        """
        return any(said.rounding not in (None, "exact") for said in self._of.values())

    def as_dict(self) -> dict[str, dict[str, str]]:
        """As a file would say it: numbers as text.

        >>> from rustybt import DecimalConfig
        >>> DecimalConfig({"crypto": {"quantity_step": "0.0010"}}).as_dict()
        {'crypto': {'quantity_step': '0.0010'}}
        """
        return {
            name: {what: str(value) for what, value in _told(said).items() if value is not None}
            for name, said in self._of.items()
        }

    def __eq__(self, other: object) -> bool:
        return isinstance(other, DecimalConfig) and self._of == other._of

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"DecimalConfig({self.as_dict()})"


def as_decimal_config(given: DecimalConfig | Mapping[str, Any] | str | Path | None) -> DecimalConfig | None:
    """A configuration from its mapping or its file. Raises InputError."""
    if given is None or isinstance(given, DecimalConfig):
        return given
    return DecimalConfig.load(given) if isinstance(given, str | Path) else DecimalConfig(given)


def _told(said: Precision) -> dict[str, Any]:
    return {one.name: getattr(said, one.name) for one in fields(said)}


def _precision(name: str, said: Any) -> Precision:
    if isinstance(said, Precision):
        said = _told(said)
    if name not in ASSET_TYPES and re.fullmatch("[a-z]*", str(name)):
        raise InputError(
            f"decimals: there is no class {name!r}. There are {', '.join(ASSET_TYPES)}. Name an asset whose symbol is "
            f"in small letters by its key, like 'XNYS:{name}'."
        )
    known = [one.name for one in fields(Precision)]
    if not isinstance(said, Mapping) or set(said) - set(known):
        raise InputError(f"decimals: {name} is {said!r}. Pass a mapping of any of {', '.join(known)}.")
    rounding = said.get("rounding")
    if rounding is not None and rounding not in (*ROUNDINGS, "exact"):
        raise InputError(f"decimals: rounding of {name} is {rounding!r}. Pass one of exact, {', '.join(ROUNDINGS)}.")
    return Precision(_grid(name, "tick_size", said), _grid(name, "quantity_step", said), rounding)


def _grid(name: str, what: str, said: Mapping[str, Any]) -> Decimal | None:
    value = said.get(what)
    if value is None:
        return None
    number = exact_number(value, f"decimals: {what} of {name}")
    digits = number.normalize().as_tuple().exponent
    if number <= 0 or not isinstance(digits, int) or digits < -MOST_DECIMALS:
        raise InputError(
            f"decimals: {what} of {name} is {value}. Pass a number above zero with {MOST_DECIMALS} decimals at most."
        )
    return number


def _yaml(text: str) -> Any:
    try:
        yaml = importlib.import_module("yaml")
    except ImportError:
        raise InputError("decimals: YAML needs PyYAML. Install it, or write the file as TOML or JSON.") from None
    try:
        return yaml.load(text, yaml.BaseLoader)  # numbers stay text, so that none goes through a float
    except yaml.YAMLError as error:
        raise ValueError(str(error)) from error


def _toml(text: str) -> Any:
    import tomllib

    return tomllib.loads(text, parse_float=Decimal)


def _json(text: str) -> Any:
    return json.loads(text, parse_float=Decimal)


_READERS: Final = {".json": _json, ".toml": _toml, ".yaml": _yaml, ".yml": _yaml}
