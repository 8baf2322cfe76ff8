"""Which bundle a script runs on, where Zipline's default names are none of the catalog's."""

from __future__ import annotations

from rustybt.catalog import open_version
from rustybt.errors import BundleNotFound
from rustybt.zipline._notice import say

DEFAULT_NAMES = ("quantopian-quandl", "quandl")
SAMPLE = "sample"


def chosen_bundle(name: str, *, usual: bool) -> str:
    """The bundle of that name. usual: nobody chose it; then the sample stands in where there is none of that name.

    Raises BundleNotFound, saying how a bundle comes into the catalog.
    """
    if name == SAMPLE:
        return name
    try:
        open_version(name).close()
    except BundleNotFound as error:
        if usual and name in DEFAULT_NAMES:
            say(
                f"no bundle {name!r}, Zipline's default, in the catalog: running on {SAMPLE!r}. "
                "-b or bundle= names another."
            )
            return SAMPLE
        error.add_note(
            f"`rustybt ingest zipline --bundle {name}` reads the bundle of that name that Zipline has ingested."
        )
        error.add_note("`rustybt bundles` lists what there is.")
        raise
    return name
