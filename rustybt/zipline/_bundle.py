"""Which bundle a script runs on, where Zipline's default names are none of the catalog's."""

from __future__ import annotations

from rustybt.catalog import open_version
from rustybt.errors import BundleNotFound, UnknownBundle

DEFAULT_NAMES = ("quantopian-quandl", "quandl")
SAMPLE = "sample"


def chosen_bundle(name: str, root: str | None) -> tuple[str, list[str]]:
    """The bundle of that name, and what to say about it.

    For Zipline's default names it is the sample, where there is none of that name.

    Raises UnknownBundle, saying how a bundle comes into the catalog.
    """
    if name == SAMPLE:
        return name, []
    try:
        open_version(name, root=root).close()
    except BundleNotFound as error:
        if name in DEFAULT_NAMES:
            return SAMPLE, [f"the catalog has no bundle {name!r}, Zipline's default; -b or bundle= names another"]
        unknown = UnknownBundle(str(error), name)
        unknown.add_note(
            f"`rustybt ingest zipline --bundle {name}` reads the bundle of that name that Zipline has ingested."
        )
        unknown.add_note(
            f"`rustybt ingest bundle {name} -e extension.py` runs an ingest function that an extension registers."
        )
        unknown.add_note("`rustybt bundles` lists what there is.")
        raise unknown from None
    return name, []
