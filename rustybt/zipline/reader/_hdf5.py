"""Zipline's daily bars in HDF5: one group per country, fields as a matrix of sids and sessions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import polars as pl

from rustybt.errors import InputError, MissingExtra
from rustybt.zipline.reader._assets import ZiplineAsset
from rustybt.zipline.reader._bars import PRICES, Bars, day_stamps
from rustybt.zipline.reader._bcolz import broken

_VERSION: Final = 0
_NO_CURRENCY: Final = "XXX"


def read_hdf5(
    path: Path, countries: Sequence[str] | None, assets: Mapping[int, ZiplineAsset]
) -> tuple[Bars, list[str]]:
    """Daily bars of these countries, of all where None is given; and the countries.

    Raises InputError naming the file where it is missing or broken, MissingExtra.
    """
    try:
        import h5py
    except ImportError:
        raise MissingExtra(
            "Daily bars in HDF5 are read by h5py, which is not installed: pip install 'rustybt[zipline]'"
        ) from None
    if not path.is_file():
        raise InputError(f"There is no file {path}. Name the HDF5 file of daily bars.")
    bars = Bars()
    try:
        with h5py.File(path, "r") as file:
            if int(file.attrs.get("version", _VERSION)) != _VERSION:
                raise broken(path, f"it is of version {file.attrs['version']}, and {_VERSION} is known")
            there = sorted(file.keys())
            wanted = there if countries is None else list(countries)
            missing = sorted(set(wanted) - set(there))
            if missing:
                raise InputError(f"{path} has no bars of {', '.join(missing)}, only of {', '.join(there)}.")
            for country in wanted:
                _add_country(bars, file[country], assets)
    except (OSError, KeyError, ValueError, TypeError) as error:
        if isinstance(error, InputError):
            raise
        raise broken(path, f"{type(error).__name__}: {error}") from error
    return bars, wanted


def _add_country(bars: Bars, group: Any, assets: Mapping[int, ZiplineAsset]) -> None:
    sids = group["index"]["sid"][:]
    days = day_stamps(group["index"]["day"][:])
    stamp = pl.Series("date", days).cast(pl.Date)
    fields = {name: group["data"][name] for name in (*PRICES, "volume")}
    factors = {name: round(float(field.attrs.get("scaling_factor", 1))) for name, field in fields.items()}
    codes = [_text(code) for code in group["currency"]["code"][:]] if "currency" in group else []
    for row, number in enumerate(sids):
        sid = int(number)
        asset = assets.get(sid)
        if asset is None:
            bars.unknown.add(sid)
            continue
        if row < len(codes) and codes[row] != _NO_CURRENCY:
            bars.currencies[sid] = codes[row]
        own = {name: np.asarray(field[row, :]) for name, field in fields.items()}
        bars.add(asset, stamp, days, own, factors)


def _text(code: Any) -> str:
    return code.decode() if isinstance(code, bytes) else str(code)
