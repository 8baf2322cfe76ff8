"""Result: the frames, figures and manifest of a run; saved, loaded, shown and drawn."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rustybt._lazy import when_asked

if TYPE_CHECKING:
    from rustybt.results._assets import assets_by_sid, assets_frame
    from rustybt.results._compat_report import COMPAT_ALL, CompatReport, compared, differing
    from rustybt.results._consumers import PyfolioInput
    from rustybt.results._costs import Costs
    from rustybt.results._drawn import Heat, Line, Marks, Panel, Picture, draw_picture
    from rustybt.results._frames import Currencies, RunFrames, RunRows, SlotTerms, column_of, recorded_column
    from rustybt.results._interval import Interval
    from rustybt.results._ledger_hash import LEDGER_HASH_VERSION, ledger_hash
    from rustybt.results._report import REPORT_SECTIONS, Report
    from rustybt.results._result import Result
    from rustybt.results._saved import SavedRun, remove_saved, run_labels, run_named, saved_run, saved_runs
    from rustybt.results._text import shown, summary_of
else:
    __getattr__ = when_asked(
        __name__,
        {
            "rustybt.results._assets": (
                "assets_by_sid",
                "assets_frame",
            ),
            "rustybt.results._costs": ("Costs",),
            "rustybt.results._frames": (
                "Currencies",
                "RunFrames",
                "RunRows",
                "SlotTerms",
                "column_of",
                "recorded_column",
            ),
            "rustybt.results._interval": ("Interval",),
            "rustybt.results._ledger_hash": (
                "LEDGER_HASH_VERSION",
                "ledger_hash",
            ),
            "rustybt.results._result": ("Result",),
            "rustybt.results._text": (
                "shown",
                "summary_of",
            ),
            "rustybt.results._compat_report": ("COMPAT_ALL", "CompatReport", "compared", "differing"),
            "rustybt.results._consumers": ("PyfolioInput",),
            "rustybt.results._drawn": ("Heat", "Line", "Marks", "Panel", "Picture", "draw_picture"),
            "rustybt.results._report": ("REPORT_SECTIONS", "Report"),
            "rustybt.results._saved": (
                "SavedRun",
                "remove_saved",
                "run_labels",
                "run_named",
                "saved_run",
                "saved_runs",
            ),
        },
    )

__all__ = [
    "COMPAT_ALL",
    "LEDGER_HASH_VERSION",
    "REPORT_SECTIONS",
    "CompatReport",
    "Costs",
    "Currencies",
    "Heat",
    "Interval",
    "Line",
    "Marks",
    "Panel",
    "Picture",
    "PyfolioInput",
    "Report",
    "Result",
    "RunFrames",
    "RunRows",
    "SavedRun",
    "SlotTerms",
    "assets_by_sid",
    "assets_frame",
    "column_of",
    "compared",
    "differing",
    "draw_picture",
    "ledger_hash",
    "recorded_column",
    "remove_saved",
    "run_labels",
    "run_named",
    "saved_run",
    "saved_runs",
    "shown",
    "summary_of",
]


def __dir__() -> list[str]:
    return sorted(__all__)
