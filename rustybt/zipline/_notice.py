"""What a run tells somebody who comes from Zipline, on standard error."""

from __future__ import annotations

import os
import sys

SWITCH = "RUSTYBT_ZIPLINE_NOTICE"
PAGE = "docs/coming_from_zipline.md"


def say(message: str) -> None:
    """A line on standard error, unless RUSTYBT_ZIPLINE_NOTICE is 0."""
    if os.environ.get(SWITCH, "1") != "0":
        print(f"rustybt: {message}", file=sys.stderr)


def tell_differences(bundle: str, *remarks: str) -> None:
    """Once a run: that this is not Zipline, on which data it runs, and where to read what that means."""
    more = "".join(f"; {remark}" for remark in remarks)
    say(
        f"a Zipline script on bundle {bundle!r}, with Zipline's behaviour (compat='zipline'){more}. "
        f"What differs: {PAGE}. {SWITCH}=0 hides this."
    )
