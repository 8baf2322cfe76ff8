"""The report on a result: its sections, its page, its pages as PDF. Imported where one is asked for."""

from rustybt.results._report._colours import DARK, LIGHT
from rustybt.results._report._prices import PricePath, most_traded, path_of
from rustybt.results._report._report import Report, report_on
from rustybt.results._report._sampling import kept_places
from rustybt.results._report._sections import REPORT_SECTIONS, SectionAsked, SectionFunction

__all__ = [
    "DARK",
    "LIGHT",
    "REPORT_SECTIONS",
    "PricePath",
    "Report",
    "SectionAsked",
    "SectionFunction",
    "kept_places",
    "most_traded",
    "path_of",
    "report_on",
]
