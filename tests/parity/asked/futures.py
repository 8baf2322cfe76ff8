"""Contracts and continuous futures of a bundle that the script writes itself."""

import pandas as pd
from zipline import run_algorithm
from zipline.api import continuous_future, future_symbol, order, order_target_value, record, sid, symbol
from zipline.data.bundles import ingest, register, unregister
from zipline.utils.calendar_utils import get_calendar

from tests.parity._perf import plain_frame
from tests.parity._told import tell

CALENDAR = "us_futures"
MONTHS = {"F": 1, "G": 2, "H": 3, "J": 4, "K": 5, "M": 6}
DAYS = get_calendar(CALENDAR).sessions_in_range("2016-01-04", "2016-06-30")


def contracts():
    """A contract a month of CL, closed out on the 20th of the month before; of ES the quarters alone."""
    rows = []
    for root, multiplier, tick, letters in (("CL", 1000, 0.01, "GHJKM"), ("ES", 50, 0.25, "HM")):
        for letter in letters:
            month = pd.Timestamp(2016, MONTHS[letter], 1)
            closes = month - pd.Timedelta(days=12) if root == "CL" else month + pd.Timedelta(days=15)
            rows.append(
                {
                    "sid": len(rows),
                    "symbol": f"{root}{letter}16",
                    "root_symbol": root,
                    "asset_name": f"{root} {letter}",
                    "start_date": DAYS[0],
                    "end_date": closes,
                    "notice_date": closes,
                    "expiration_date": closes + pd.Timedelta(days=3),
                    "auto_close_date": closes,
                    "tick_size": tick,
                    "multiplier": multiplier,
                    "exchange": "CMES",
                }
            )
    return pd.DataFrame(rows)


def bars(row):
    """Whole cents; the volume of a contract grows to its last month and falls in its last ten days."""
    days = DAYS[row["end_date"] >= DAYS]
    left = [(row["end_date"] - day).days for day in days]
    level = 40.0 if row["root_symbol"] == "CL" else 2000.0
    close = [level + row["sid"] * 0.5 + (n * 7 % 11) * 0.25 for n in range(len(days))]
    volume = [1000 if days_left < 10 else max(2000, 90_000 - 500 * days_left) for days_left in left]
    columns = {"open": close, "high": [c + 0.5 for c in close], "low": [c - 0.5 for c in close], "close": close}
    return row["sid"], pd.DataFrame({**columns, "volume": volume}, index=days)


@register("contracts", calendar_name=CALENDAR, start_session=DAYS[0], end_session=DAYS[-1])
def write(environ, assets, minutes, daily, adjustments, calendar, start, end, cache, show_progress, output):
    # the writer changes the frame that it is given
    assets.write(
        futures=contracts(),
        exchanges=pd.DataFrame({"exchange": ["CMES"], "canonical_name": ["CMES"], "country_code": ["US"]}),
        root_symbols=pd.DataFrame({"root_symbol": ["CL", "ES"], "root_symbol_id": [1, 2], "exchange": ["CMES"] * 2}),
    )
    daily.write([bars(row) for _, row in contracts().iterrows()])
    adjustments.write()


def describe(contract):
    names = ("sid", "symbol", "root_symbol", "start_date", "end_date", "notice_date", "expiration_date", "tick_size")
    return {name: getattr(contract, name) for name in (*names, "auto_close_date", "price_multiplier")}


def initialize(context):
    context.bar = 0
    for name in ("CLG16", "clh16", "ESM16", "CLZ99", "CL", ""):
        tell(f"contract {name!r}", lambda name=name: describe(future_symbol(name)))
    tell("symbol", lambda: symbol("CLG16"))
    tell("sid", lambda: describe(sid(3)))
    for arguments in (("CL", 0, "calendar", "add"), ("CL", 1, "calendar", None), ("CL",), ("cl",), ("XX",), ("",)):
        tell(f"continuous {arguments}", lambda a=arguments: str(continuous_future(*a)))
    for odd in ({"adjustment": "div"}, {"offset": 50}):
        tell(f"continuous {odd}", lambda odd=odd: bool(continuous_future("CL", **odd)))
    context.chains = {
        "calendar": continuous_future("CL", roll="calendar"),
        "added": continuous_future("CL", roll="calendar", adjustment="add"),
        "raw": continuous_future("CL", roll="calendar", adjustment=None),
        "next": continuous_future("CL", offset=1, roll="calendar"),
        "volume": continuous_future("CL", roll="volume"),
        "quarters": continuous_future("ES", roll="calendar"),
    }
    tell(
        "a chain",
        lambda: [context.chains["next"].offset, context.chains["next"].roll_style, context.chains["next"].sid],
    )


def handle_data(context, data):
    context.bar += 1
    day = str(data.current_session.date())
    for name, chain in context.chains.items():
        tell(f"{day} {name}", lambda chain=chain: data.current(chain, "contract"))
        if name in ("calendar", "next", "quarters"):
            for field in ("price", "open", "volume"):
                tell(f"{day} {field} of {name}", lambda chain=chain, field=field: data.current(chain, field))
            tell(f"{day} chain of {name}", lambda chain=chain: data.current_chain(chain))
        if context.bar % 7 == 0:
            for field in ("price", "close", "volume", "sid"):
                tell(f"{day} {field} of {name}", lambda c=chain, f=field: data.history(c, f, 25, "1d"))
    both = [context.chains["calendar"], context.chains["next"]]
    tell(f"{day} several", lambda: list(data.current(both, "price")))
    if context.bar % 5 == 1:
        contract = data.current(context.chains["calendar"], "contract")
        tell(f"{day} order", lambda: bool(order(contract, 2 if context.bar % 2 else -3)))
        tell(
            f"{day} by value",
            lambda: bool(order_target_value(data.current(context.chains["quarters"], "contract"), 150_000)),
        )
    record(cash=context.portfolio.cash, exposure=context.portfolio.positions_exposure, geared=context.account.leverage)


ingest("contracts", show_progress=False)
perf = run_algorithm(
    start=pd.Timestamp("2016-02-01"),
    end=pd.Timestamp("2016-03-11"),
    initialize=initialize,
    handle_data=handle_data,
    capital_base=1_000_000,
    bundle="contracts",
    trading_calendar=get_calendar(CALENDAR),
    default_extension=False,
)
for column, values in sorted(plain_frame(perf)["columns"].items()):
    tell(column, lambda values=values: values)
unregister("contracts")
