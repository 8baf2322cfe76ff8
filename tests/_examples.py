"""How many examples a property draws."""

from __future__ import annotations

from hypothesis import settings

NIGHTLY = 2_000
"""Of each property at least, in the long runs of the night."""


def examples(count: int, *, nightly: int = NIGHTLY) -> int:
    """So many in every run of CI, and at least `nightly` where the profile of that name is loaded.

    `max_examples` that is written as a number comes before the profile, in every profile.
    """
    return max(count, nightly) if settings.get_current_profile_name() == "nightly" else count
