"""What can't be read or written: the catalog, journals, results, snapshots, searches."""

from __future__ import annotations

from rustybt.errors._base import RustyBTError


class CatalogError(RustyBTError):
    """The catalog can't be read or written as asked."""


class BundleExists(CatalogError):
    """The bundle is there already, and the mode does not allow to change it."""


class CatalogBusy(CatalogError):
    """Another process holds the catalog's write lock."""


class CatalogUnavailable(CatalogError):
    """The place of the catalog can't be written to: no right to, no room, something else in the way."""


class CatalogCorrupt(CatalogError):
    """A file of the catalog is missing, unreadable, or not what its manifest says."""


class JournalError(RustyBTError):
    """The journal of a session can't be read, written or gone on with."""


class ResultError(RustyBTError):
    """A result can't be saved or loaded as asked."""


class ResultExists(ResultError):
    """There is something at the place where the result should be saved, and nothing allows to replace it."""


class ResultCorrupt(ResultError):
    """A file of a saved result is missing, unreadable, or not what was saved; the books do not have their hash."""


class SnapshotError(RustyBTError):
    """A run can't be saved, or gone on with, as asked."""


class SnapshotCorrupt(SnapshotError):
    """A file that is no snapshot, or not what was saved."""


class SnapshotMismatch(SnapshotError):
    """A snapshot of another format, of other data than those that are there, or of another strategy."""


class SearchError(RustyBTError):
    """A search over parameters can't begin or go on."""


class RegistryError(SearchError):
    """The record of searches can't be read or written, or has something else under that name."""


class SearchStopped(SearchError):
    """A search ended before its time: too many of its trials failed."""
