"""The report on a result: its sections, its page, its pages as PDF. Imported where one is asked for."""

from rustybt.results._report._colours import DARK, LIGHT
from rustybt.results._report._facts import numbers
from rustybt.results._report._parts import Bars, Line, Marks
from rustybt.results._report._prices import PricePath, lies_with, most_traded, path_of, says_prices
from rustybt.results._report._report import Report, report_on
from rustybt.results._report._returns import against_normal, histogram
from rustybt.results._report._sampling import kept_places
from rustybt.results._report._sections import REPORT_SECTIONS, SectionAsked, SectionFunction

__all__ = [
    "DARK",
    "LIGHT",
    "REPORT_SECTIONS",
    "Bars",
    "Line",
    "Marks",
    "PricePath",
    "Report",
    "SectionAsked",
    "SectionFunction",
    "against_normal",
    "histogram",
    "kept_places",
    "lies_with",
    "most_traded",
    "numbers",
    "path_of",
    "report_on",
    "says_prices",
]
