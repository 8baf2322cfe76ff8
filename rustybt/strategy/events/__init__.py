"""When scheduled functions run: the rules under the name of Zipline's module. `rustybt.api.events` is this."""

from rustybt.strategy._rules import calendars, date_rules, time_rules

__all__ = ["calendars", "date_rules", "time_rules"]
