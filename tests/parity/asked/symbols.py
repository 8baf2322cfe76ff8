"""Symbols: by date, by odd names."""

from zipline.api import (
    future_symbol,
    get_environment,
    set_symbol_lookup_date,
    sid,
    symbol,
    symbols,
)

from tests.parity._told import tell


def as_of(day, name="ECHO"):
    set_symbol_lookup_date(day)
    return symbol(name)


def initialize(context):
    # listed in July
    tell("not yet listed at the start", lambda: as_of("2016-05-02"))
    tell("not yet listed the day before", lambda: as_of("2016-06-30"))
    for day in ("2016-07-01", "2016-07-04", "2016-07-05", "2016-07-06", "2017-12-29", "2030-01-01"):
        tell(f"as of {day}", lambda day=day: as_of(day))
    tell("before all", lambda: as_of("2010-01-04", "ALFA"))
    tell("no date", lambda: as_of("yesterday or so"))
    tell("as text with time", lambda: as_of("2016-07-06 10:00"))
    as_of("2016-08-31", "ALFA")
    for odd in (5, None, "", "alfa", "Alfa", " ALFA", "NOPE", b"ALFA", ["ALFA"], 5.0):
        tell(f"symbol({odd!r})", lambda odd=odd: symbol(odd))
    tell("symbols()", symbols)
    tell("symbols", lambda: symbols("ALFA", "BRAVO"))
    tell("symbols with a list", lambda: symbols(["ALFA", "BRAVO"]))
    tell("symbols, one unknown", lambda: symbols("ALFA", "NOPE"))
    tell("of a country", lambda: symbol("ALFA", country_code="US"))
    tell("of another country", lambda: symbol("ALFA", country_code="DE"))
    tell("of a country in small letters", lambda: symbol("ALFA", country_code="us"))
    for odd in (0, 1, 99, -1, 1.0):
        tell(f"sid({odd!r})", lambda odd=odd: sid(odd))
    for odd in ("ALFA", "CLF24", 5, None):
        tell(f"future_symbol({odd!r})", lambda odd=odd: future_symbol(odd))
    for field in ("platform", "arena", "data_frequency", "start", "end", "capital_base", "*", "nope", None, 5):
        if field not in ("platform", "*"):
            tell(f"get_environment({field!r})", lambda field=field: get_environment(field))
    tell("all of the environment", lambda: sorted(get_environment("*")))


def handle_data(context, data):
    pass
