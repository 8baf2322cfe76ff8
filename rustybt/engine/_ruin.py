"""What happens in a run whose account has lost all it had."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable

from rustybt.core import MONEY_SCALE, RATIO_SCALE, Note, as_plain_decimal
from rustybt.engine._package import OWN_FILES
from rustybt.engine._recorder import Recorder
from rustybt.errors import AccountRuined, InputError
from rustybt.strategy import AccountState

WAYS = ("warn", "stop", "raise")
CODE = "ruined"
RUINED = "The account was ruined"
"""How the warning begins, for those who have told it otherwise."""


def check_on_ruin(on_ruin: object) -> None:
    """Raises InputError where it is none of the ways."""
    if on_ruin not in WAYS:
        raise InputError(f"on_ruin={on_ruin!r}: choose 'warn', 'stop' or 'raise'.")


def ending_at_ruin(on_ruin: str, account: AccountState, recorder: Recorder) -> Callable[[int], bool] | None:
    """Tells after a session whether the run ends with it, or raises AccountRuined; None where it goes on anyway."""
    if on_ruin == "warn":
        return None

    def ends(session: int) -> bool:
        value = account.equity()
        if value >= 0 and recorder.days.return_of(session) > -(10**RATIO_SCALE):
            return False
        if on_ruin == "raise":
            worth = as_plain_decimal(value, MONEY_SCALE)
            raise AccountRuined(
                f"At the close of {account.data.current_session} the account is worth {worth} {account.currency}: it "
                "has lost all it had. Order less, or run with on_ruin='stop' to see how it came to that."
            )
        return True

    return ends


def warn_of_ruin(notes: Iterable[Note]) -> None:
    """Warns whoever called run_algorithm of what the notes say about a ruin."""
    for note in notes:
        if note.code == CODE:
            warnings.warn(note.text, skip_file_prefixes=OWN_FILES)
