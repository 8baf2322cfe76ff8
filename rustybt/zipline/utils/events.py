"""When scheduled functions run: RustyBT's own rules, under Zipline's names."""

from rustybt.strategy import date_rules, time_rules

__all__ = ["calendars", "date_rules", "time_rules"]


class calendars:  # noqa: N801  the name that scripts use
    """The calendars that schedule_function(calendar=) takes."""

    US_EQUITIES = "XNYS"
    US_FUTURES = "us_futures"
