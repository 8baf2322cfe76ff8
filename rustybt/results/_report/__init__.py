"""The report on a result: its sections, its page, its pages as PDF. Imported where one is asked for."""

from rustybt.results._report._report import Report, report_on
from rustybt.results._report._sections import REPORT_SECTIONS, SectionAsked, SectionFunction

__all__ = ["REPORT_SECTIONS", "Report", "SectionAsked", "SectionFunction", "report_on"]
