"""Result: the frames, figures and manifest of a run; saved, loaded, shown and drawn."""

from rustybt.results._assets import assets_by_sid, assets_frame
from rustybt.results._compat_report import ALL as COMPAT_ALL
from rustybt.results._compat_report import CompatReport, compared, differing
from rustybt.results._ledger_hash import LEDGER_HASH_VERSION, ledger_hash
from rustybt.results._result import Result
from rustybt.results._text import print_summary

__all__ = [
    "COMPAT_ALL",
    "LEDGER_HASH_VERSION",
    "CompatReport",
    "Result",
    "assets_by_sid",
    "assets_frame",
    "compared",
    "differing",
    "ledger_hash",
    "print_summary",
]
