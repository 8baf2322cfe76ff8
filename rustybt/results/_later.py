"""The market of a result that was saved or copied: it is found again when somebody asks for it."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Protocol, cast

from rustybt.core import check_process
from rustybt.errors import LookupFailed, ResultCorrupt, ResultError

if TYPE_CHECKING:
    import polars as pl

    from rustybt.core import Explanation, RunBars
    from rustybt.results._result import Result

type Saved = tuple[dict[str, Any], dict[str, pl.DataFrame]]
"""What is saved of it: a page that JSON can hold, and frames."""


class LooksBack(Protocol):
    """What knows the market of a run that is over. It raises BundleNotFound where the data are gone."""

    def __call__(self, result: Result, order_id: str, /) -> Explanation:
        """The life of an order."""

    def bars(self) -> RunBars:
        """The bars of the run."""

    def saved(self) -> Saved:
        """What makes the same of a saved result."""


class Later:
    """Looks back at the run of a saved result. The engine is asked to when it is needed, and not before."""

    __slots__ = ("_compat", "_made", "_saved")

    def __init__(self, saved: Saved, compat: Mapping[str, Any]) -> None:
        self._saved = saved
        self._compat = dict(compat)
        self._made: LooksBack | None = None

    def __reduce__(self) -> tuple[Any, ...]:
        return Later, (self._saved, self._compat)

    def __call__(self, result: Result, order_id: str) -> Explanation:
        """Raises ResultError for data that were at hand, VersionNotFound where the catalog has them no more."""
        return self._own()(result, order_id)

    def bars(self) -> RunBars:
        """Raises as calling it does."""
        return self._own().bars()

    def saved(self) -> Saved:
        """As it was saved."""
        return self._saved

    def _own(self) -> LooksBack:
        page, frames = self._saved
        if self._made is None:
            try:
                if page["market"].get("at_hand"):
                    raise ResultError(
                        "The bars of the run are not at hand: it read a frame, which no catalog keeps, and this result "
                        "was loaded, or copied from another process. Look at what run_algorithm returned; or ingest "
                        "the data (rustybt.ingest) and run on the bundle: its results find their bars again."
                    )
                # results lie below the engine, so that it is looked up here, as a plug-in would be
                engine = importlib.import_module("rustybt.engine")
                self._made = cast("LooksBack", engine.explains_again(page, self._compat, frames))
            except (KeyError, TypeError, ValueError, AttributeError) as error:
                raise ResultCorrupt(
                    f"What was saved of the run's market can't be read: {error!r}. Run the strategy again and save it "
                    "anew."
                ) from error
        return self._made


def looking_back(result: Result) -> LooksBack:
    """What knows the market of the result's run. Raises ResultError where nothing was kept of it."""
    if result._explains is None:
        bundle, version = result._manifest.get("bundle"), result._manifest.get("data_version")
        raise ResultError(
            "The bars of the run are not at hand: this result was saved by a version that did not keep where they are. "
            f"Run it again on the same data: run_algorithm(..., bundle={bundle!r}, version={version!r})."
        )
    check_process()
    return result._explains


def gone(error: LookupFailed) -> ResultError:
    """That the data of a run are gone, and how to get at them."""
    return ResultError(f"The bars of the run are gone: {error}")
