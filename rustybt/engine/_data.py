"""Which version of a bundle a run reads, and the extensions that stand beside its catalog."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from rustybt.catalog import LoadedVersion, open_loaded
from rustybt.core import datetime_of, parse_moment
from rustybt.errors import BundleNotFound, InputError, VersionNotFound


def open_data(bundle: str, version: str | None, timestamp: Any, root: Path) -> LoadedVersion:
    """The version that a run reads. The sample is brought in where it is not there yet.

    timestamp: the data as they were then: the newest version that was written by that moment.
    """
    if timestamp is not None:
        if version is not None:
            raise InputError(f"Both version={version!r} and bundle_timestamp={timestamp} were given. Pass one of them.")
        version = version_at(bundle, timestamp, root)
    try:
        opened = open_loaded(bundle, version=version, root=root)
        opened.check_parts()
        return opened
    except BundleNotFound:
        if bundle != "sample":
            raise
        # the sample ships with the package: the first run on it brings it into the catalog
        from rustybt.ingest import ingest_sample

        ingest_sample(root)
        return open_loaded(bundle, version=version, root=root)


def version_at(bundle: str, timestamp: Any, root: Path) -> str | None:
    """The newest version of a bundle that was written by a moment; None where there is no bundle of that name.

    Raises VersionNotFound where all were written after it.
    """
    from rustybt.catalog import list_bundles

    moment = parse_moment(timestamp, "bundle_timestamp")
    written = [(one.created, one.version) for one in list_bundles(root) if one.bundle == bundle]
    if not written:
        return None
    then = [version for created, version in written if created <= datetime_of(moment)]
    if not then:
        raise VersionNotFound(
            f"Bundle {bundle!r} has no version of before {datetime_of(moment)}; its oldest is of {written[-1][0]}. "
            "Pass a later bundle_timestamp, or none for the newest version."
        )
    return then[0]


def named_extensions(default: bool, extensions: Any, root: Path) -> list[str]:
    """The extensions of a run: extension.py in the catalog's folder, where it is there, then those that are named.

    extensions: a list of paths and names of modules. Raises InputError for anything else.
    """
    given = [extensions] if isinstance(extensions, str | Path) else extensions
    named = [*given] if isinstance(given, Iterable) else [None]
    if not all(isinstance(one, str | Path) and str(one) for one in named):
        raise InputError(f"extensions={extensions!r}: pass a list of paths of Python files and names of modules.")
    usual = root / "extension.py"
    return [*([str(usual)] if default and usual.is_file() else []), *map(str, named)]
