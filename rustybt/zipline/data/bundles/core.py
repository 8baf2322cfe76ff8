"""Registering, ingesting, loading and cleaning bundles, as zipline.data.bundles.core has them."""

from __future__ import annotations

import datetime as dt
import functools
import os
import tempfile
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, Self

from rustybt.catalog import DAILY, MINUTE, list_bundles, open_version
from rustybt.catalog import clean as clean_versions
from rustybt.core import data_root
from rustybt.errors import InputError, NotYetAvailable, UnknownBundle
from rustybt.ingest import IngestReport
from rustybt.zipline._alias import as_zipline
from rustybt.zipline._finder import AssetFinder
from rustybt.zipline._notice import say
from rustybt.zipline._pandas import pandas
from rustybt.zipline.data.bundles._cache import Cache
from rustybt.zipline.data.bundles._publish import publish
from rustybt.zipline.data.bundles._writers import AdjustmentWriter, AssetWriter, BarWriter, Draft
from rustybt.zipline.reader import Ingestion, ingest_folder
from rustybt.zipline.utils.calendar_utils import get_calendar

type IngestFunction = Callable[..., Any]

_CACHES: Final = "zipline-cache"


@dataclass(frozen=True, slots=True)
class RegisteredBundle:
    """What `register` was told. ingest: the function. price_decimals: see `register`."""

    calendar_name: str
    start_session: Any
    end_session: Any
    minutes_per_day: int
    ingest: IngestFunction
    create_writers: bool
    price_decimals: int | None = None


_bundles: dict[str, RegisteredBundle] = {}
bundles: Mapping[str, RegisteredBundle] = MappingProxyType(_bundles)
"""The registered bundles by name."""


def register(
    name: str,
    f: IngestFunction | None = None,
    calendar_name: str = "NYSE",
    start_session: Any = None,
    end_session: Any = None,
    minutes_per_day: int = 390,
    create_writers: bool = True,
    *,
    price_decimals: int | None = None,
) -> Any:
    """Registers an ingest function under a name; without `f` it is a decorator.

    f: called with environ, asset_db_writer, minute_bar_writer, daily_bar_writer, adjustment_writer, calendar,
        start_session, end_session, cache, show_progress, output_dir.
    calendar_name: whose sessions the bars belong to.
    start_session, end_session: what the function is told; None means the calendar's first and last.
    minutes_per_day: not needed here: minutes are stored by their stamps.
    create_writers: False gives None for the writers; the function then puts files of Zipline's into output_dir.
    price_decimals: round all prices to that many decimals, half-even. By default a price is kept as its float is
        written, and one of more than 15 digits, which comes out of a computation, is rounded to thousandths, as Zipline
        rounds all of them.
    """
    if f is None:
        return lambda function: register(
            name,
            function,
            calendar_name,
            start_session,
            end_session,
            minutes_per_day,
            create_writers,
            price_decimals=price_decimals,
        )
    if name in _bundles:
        warnings.warn(f"The bundle {name!r} was registered before; the new one takes its place.", stacklevel=2)
    _bundles[name] = RegisteredBundle(
        calendar_name, start_session, end_session, minutes_per_day, f, create_writers, price_decimals
    )
    return f


def unregister(name: str) -> None:
    """Forgets a registered bundle; what was ingested stays. Raises UnknownBundle."""
    _registered(name)
    del _bundles[name]


def _registered(name: str) -> RegisteredBundle:
    try:
        return _bundles[name]
    except KeyError:
        raise UnknownBundle(
            f"No bundle is registered under {name!r}; there are: {', '.join(sorted(_bundles))}. Register it in an "
            "extension, and name that with -e. For bundles that Zipline has ingested: rustybt ingest zipline.",
            name,
        ) from None


def ingest(
    name: str,
    environ: Mapping[str, str] = os.environ,
    timestamp: Any = None,
    assets_versions: Any = (),
    show_progress: bool = False,
    *,
    on_bad_row: str | None = None,
) -> IngestReport:
    """Calls the ingest function of a bundle and publishes what it wrote as a version, whole or not at all.

    timestamp: noted with the version. assets_versions: nothing is downgraded here, so none is taken.
    on_bad_row: as in `rustybt.ingest`; None follows the invalid_data_behavior that the function gave its writers:
        "raise" writes nothing, "warn" (the default) keeps bad rows out and in a file, "ignore" leaves them out.
    Raises UnknownBundle, InputError, BadBars, and what the function raises.
    """
    registered = _registered(name)
    if tuple(assets_versions):
        raise InputError("assets_versions: the catalog has one form of assets, nothing is downgraded. Leave it out.")
    calendar = get_calendar(registered.calendar_name)
    start, end = _span(registered, calendar)
    moment = pandas().Timestamp.now(tz="UTC") if timestamp is None else pandas().Timestamp(timestamp)
    draft = Draft(registered.price_decimals)
    cache = Cache(data_root() / _CACHES / name)
    writers: tuple[Any, ...] = (None, None, None, None)
    if registered.create_writers:
        writers = (AssetWriter(draft), BarWriter(draft, MINUTE), BarWriter(draft, DAILY), AdjustmentWriter(draft))
    with tempfile.TemporaryDirectory(prefix="rustybt-ingest-") as folder:
        with as_zipline():  # what the function itself imports
            registered.ingest(environ, *writers, calendar, start, end, cache, show_progress, folder)
        report = _published(name, registered, draft, Path(folder), moment, on_bad_row)
    cache.remove()
    if report.findings:
        say(repr(report))
    return report


def _published(
    name: str, registered: RegisteredBundle, draft: Draft, folder: Path, moment: Any, on_bad_row: str | None
) -> IngestReport:
    if registered.create_writers:
        said = {"source": f"ingest function {_name_of(registered.ingest)}", "timestamp": moment.isoformat()}
        calendar = registered.calendar_name
        return publish(name, draft, calendar=calendar, on_bad_row=on_bad_row, provenance=said)
    return ingest_folder(
        Ingestion(name, folder, moment.to_pydatetime()),
        name=name,
        calendar=None,
        hdf5=None,
        countries=None,
        mode="replace",
        on_bad_row=on_bad_row or "error",  # type: ignore[arg-type]
        root=None,
    )


def _name_of(function: IngestFunction) -> str:
    """A function's name as its author knows it: that of what a partial was made of, that of an object's class."""
    while isinstance(function, functools.partial):
        function = function.func
    named = function if hasattr(function, "__qualname__") else type(function)
    return f"{named.__module__}.{named.__qualname__}"


def _span(registered: RegisteredBundle, calendar: Any) -> tuple[Any, Any]:
    start, end = registered.start_session, registered.end_session
    first, last = calendar.first_session, calendar.last_session
    return (first if start is None or start < first else start), (last if end is None or end > last else end)


# -- what is there


class BundleData:
    """What `load` gives: the assets of a bundle. Its bars and actions are read otherwise here, and asking says how."""

    def __init__(self, name: str, timestamp: Any = None) -> None:
        version = open_version(name, version=_at(name, timestamp))
        self._name = name
        self._version = version
        self.asset_finder = AssetFinder(version, _wrapper(), version.last_day)

    def __getattr__(self, attribute: str) -> Any:
        if attribute in ("equity_daily_bar_reader", "equity_minute_bar_reader", "adjustment_reader"):
            raise NotYetAvailable(
                f"bundles.load({self._name!r}).{attribute}: bars and actions are not read through Zipline's readers. "
                f"Use rustybt.open_version({self._name!r}): its load(), splits() and dividends()."
            )
        raise AttributeError(f"BundleData has no {attribute!r}")

    def close(self) -> None:
        """Let go of the bundle."""
        self._version.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()


def _wrapper() -> Any:
    from rustybt.zipline._assets import AssetWrapper

    return AssetWrapper()


def load(name: str, environ: Mapping[str, str] = os.environ, timestamp: Any = None) -> BundleData:
    """The newest version of a bundle, or the newest written at or before `timestamp`. Raises BundleNotFound."""
    return BundleData(name, timestamp)


def _at(name: str, timestamp: Any) -> str | None:
    if timestamp is None:
        return None
    cutoff = _aware(timestamp)
    versions = [version for version in list_bundles() if version.bundle == name]
    for version in versions:  # newest first
        if version.created <= cutoff:
            return version.version
    if not versions:
        return None
    raise InputError(
        f"Bundle {name!r} has no version written at or before {cutoff}; the oldest is of {versions[-1].created}."
    )


def _aware(timestamp: Any) -> dt.datetime:
    moment = pandas().Timestamp(timestamp)
    moment = moment.tz_localize("UTC") if moment.tzinfo is None else moment.tz_convert("UTC")
    found: dt.datetime = moment.to_pydatetime(warn=False)
    return found


def ingestions_for_bundle(bundle: str, environ: Mapping[str, str] | None = None) -> list[Any]:
    """When the versions of a bundle were written, newest first, as Timestamps."""
    times = [version.created for version in list_bundles() if version.bundle == bundle]
    return [pandas().Timestamp(time).tz_localize(None) for time in times]


def clean(
    name: str,
    before: Any = None,
    after: Any = None,
    keep_last: int | None = None,
    environ: Mapping[str, str] = os.environ,
) -> set[str]:
    """Deletes versions: those written before, or after, a date, or all but the newest `keep_last`; their ids.

    Raises InputError where keep_last is given with one of the others, or nothing is; BundleNotFound.
    """
    if keep_last is not None or (before is None and after is None):
        if before is not None or after is not None:
            raise InputError(
                f"before={before!r}, after={after!r}, keep_last={keep_last!r}: pass keep_last or the others."
            )
        return set(clean_versions(name, keep_last=keep_last))
    gone: set[str] = set()
    if before is not None:
        gone |= set(clean_versions(name, before=_aware(before).date()))
    if after is not None and not (gone and all(version.bundle != name for version in list_bundles())):
        gone |= set(clean_versions(name, after=_aware(after).date()))
    return gone
