"""Result: the frames, figures and manifest of a run; saved, loaded, shown and drawn."""

from rustybt.results._assets import assets_by_sid, assets_frame
from rustybt.results._ledger_hash import LEDGER_HASH_VERSION, ledger_hash
from rustybt.results._result import Result
from rustybt.results._text import print_summary

__all__ = ["LEDGER_HASH_VERSION", "Result", "assets_by_sid", "assets_frame", "ledger_hash", "print_summary"]
