"""What all sources share: frequencies, paces, pages that are kept, names, the command line."""

from __future__ import annotations

import datetime as dt
import importlib.metadata
import random
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

import polars as pl
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from rustybt.catalog import open_version
from rustybt.cli._main import cli
from rustybt.core import frequency_named
from rustybt.errors import InputError, SourceMalformed, SourceUnavailable
from rustybt.ingest import ingest
from rustybt.sources import (
    Caller,
    Fetched,
    Pace,
    Page,
    Polygon,
    Secret,
    Supports,
    download,
    make_request,
    make_source,
    options_of,
    plain_number,
    ratio,
    rows_of,
    source_names,
)
from rustybt.sources._http import _retry_after
from rustybt.sources._yfinance import rounded, shortest
from rustybt.testing import FakeClock
from tests.unit.sources.test_polygon import KEY, Massive

MINUTE = 60_000_000_000


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("1m", "2024-01-31T23:59", "2024-02-01T00:00"),
        ("4h", "2024-01-01T00:00", "2024-01-01T04:00"),
        ("1w", "2024-01-01T00:00", "2024-01-08T00:00"),
        ("1mo", "2024-02-01T05:00", "2024-03-01T05:00"),
        ("1mo", "2024-01-31T23:00", "2024-02-29T23:00"),
        ("1mo", "2024-12-01T00:00", "2025-01-01T00:00"),
    ],
)
def test_where_a_bar_ends(text, start, end):
    first, last = (int(dt.datetime.fromisoformat(t + "+00:00").timestamp()) * 10**9 for t in (start, end))
    assert frequency_named(text).end_of(first) == last


def test_numbers_keep_every_digit_and_lose_the_exponent():
    assert [plain_number(x, "x") for x in (1, "1.50", "1E-8", 0.1, 1e22, None)] == [
        "1", "1.50", "0.00000001", "0.1", "10000000000000000000000", None,
    ]  # fmt: skip
    for odd in ("x", "NaN", "inf", "", True, float("nan")):
        with pytest.raises(SourceMalformed):
            plain_number(odd, "close")


def test_a_split_is_a_pair_of_integers():
    assert [ratio(1, 4), ratio(10, 1), ratio("1", "1.5"), ratio(2, 3)] == ["1/4", "10/1", "2/3", "2/3"]
    with pytest.raises(SourceMalformed):
        ratio(0, 4)


@given(st.integers(1, 10**6), st.integers(2, 4))
def test_a_price_of_six_digits_comes_back_from_yahoo_s_floats(units, places):
    import numpy as np

    price = Fraction(units, 10**places)
    assert Fraction(shortest(float(np.float32(float(price))))) == price


@given(st.integers(100, 500_000), st.sampled_from([2, 3, 4, 7, 10, 20, 28]))
def test_a_price_comes_back_from_a_division_by_splits(cents, shares):
    import numpy as np

    price = Fraction(cents, 100)
    sent = float(np.float32(float(price / shares)))
    assert Fraction(rounded(Fraction(shortest(sent)) * shares, 2)) == price


def test_a_secret_is_not_seen():
    secret = Secret("hunter2")
    assert "hunter2" not in f"{secret} {secret!r}"
    import pickle

    with pytest.raises(InputError):
        pickle.dumps(secret)


@pytest.mark.parametrize("given", [{"calls": -1}, {"attempts": 0}, {"first_wait": -0.5}])
def test_a_pace_that_means_nothing(given):
    with pytest.raises(InputError, match=next(iter(given))):
        Pace(**given)


@given(st.integers(1, 7), st.floats(0.5, 100), st.integers(1, 40))
def test_never_more_calls_than_allowed_in_any_span(calls, seconds, total):
    clock = FakeClock()
    caller = Caller(Pace(calls=calls, seconds=seconds, clock=clock))
    made = []
    for _ in range(total):
        caller.call(lambda: made.append(clock.monotonic()))
    for first, later in zip(made, made[calls:], strict=False):
        assert later - first >= seconds - 1e-9


def test_jitter_comes_from_the_generator_that_is_passed_in():
    def waits(seed):
        clock = FakeClock()
        with pytest.raises(SourceUnavailable):
            Caller(Pace(clock=clock, rng=random.Random(seed))).call(fails)
        return clock.slept

    def fails():
        raise SourceUnavailable("no")

    assert waits(1) == waits(1) != waits(2)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (None, None), ("", None), ("soon", None), ("12", 12.0), ("\u00b2", None), ("9" * 400, None),
        ("Mon, 01 Jan 2001 00:00:00 GMT", 0.0), ("Mon, 01 Jan 2001 00:00:00 -0000", 0.0), ("Mon, 01 Jan 2001", None),
    ],
)  # fmt: skip
def test_how_long_a_vendor_wants_to_be_left_alone(header, seconds):
    assert _retry_after(header) == seconds


# -- a source of our own ---------------------------------------------------------------------------------------------


class Tiny:
    """A source in a few lines, as the documents show."""

    name = "tiny"
    supports = Supports(("1d", "1m"), "24/7", "UTC")

    def __init__(self, price="1.5"):
        self.price = price

    def vendor_symbol(self, symbol):
        return symbol

    def fetch(self, symbols, start, end=None, frequency="1d", *, progress=None, resume=None):
        caller = Caller(Pace(clock=FakeClock("2024-06-01T00:00:00+00:00")))
        request = make_request(
            self.name,
            self.supports,
            symbols,
            start,
            end,
            frequency,
            caller.clock.now(),
            progress=progress,
            resume=resume,
        )
        return download(request, caller, self.page, {})

    def page(self, symbol, window, cursor):
        stamps = range(window.start_ns, window.end_ns, window.frequency.span_ns)
        return Page(rows_of((stamp, *[self.price] * 4, "10") for stamp in stamps))


class Point:
    name = "tiny"
    value = "acme:Acme"

    def load(self):
        return Tiny


@pytest.fixture
def registered(monkeypatch):
    plain = importlib.metadata.entry_points
    monkeypatch.setattr(
        importlib.metadata, "entry_points", lambda **k: [Point()] if k.get("group") == "rustybt.sources" else plain(**k)
    )


def test_sources_of_other_packages_are_found_by_name(registered):
    assert {"ccxt", "massive", "polygon", "tiny", "yfinance"} <= set(source_names())
    assert make_source("tiny", price="2").price == "2"
    with pytest.raises(InputError, match=r"no source 'nothing'.*tiny"):
        make_source("nothing")
    assert isinstance(make_source("massive", KEY), Polygon)


def test_what_is_no_source_is_refused(registered, monkeypatch):
    monkeypatch.setattr(Point, "load", lambda self: dict)
    with pytest.raises(InputError, match="lacks name"):
        make_source("tiny")


class Plugged(Tiny):
    def __init__(
        self, price="1.5", many: bool = False, times: int | None = None, wait: float = 1.0, more: dict | None = None
    ):
        super().__init__(price)
        self.given = (price, many, times, wait, more)


@pytest.mark.parametrize(
    ("texts", "given"),
    [
        ({"price": "2", "many": "False"}, ("2", False, None, 1.0, None)),
        ({"many": "yes", "times": "4", "wait": "0.5"}, ("1.5", True, 4, 0.5, None)),
        ({"more": '{"type": "swap"}'}, ("1.5", False, None, 1.0, {"type": "swap"})),
    ],
)
def test_options_that_come_as_text_are_what_the_source_asks_for(registered, monkeypatch, texts, given):
    monkeypatch.setattr(Point, "load", lambda self: Plugged)
    assert make_source("tiny", **options_of("tiny", texts)).given == given


@pytest.mark.parametrize(
    "texts", [{"many": "perhaps"}, {"times": "4.5"}, {"wait": "long"}, {"more": "3"}, {"more": "{"}, {"nothing": "3"}]
)
def test_an_option_that_means_nothing_is_refused_by_name(registered, monkeypatch, texts):
    monkeypatch.setattr(Point, "load", lambda self: Plugged)
    with pytest.raises(InputError, match=next(iter(texts))):
        make_source("tiny", **options_of("tiny", texts))


def test_options_of_ours_are_read_too():
    assert options_of("alphavantage", {"actions": "false"}) == {"actions": False}
    assert options_of("yfinance", {"price_decimals": "2"}) == {"price_decimals": 2}
    assert options_of("ccxt", {"options": '{"defaultType": "swap"}'}) == {"options": {"defaultType": "swap"}}
    assert options_of("polygon", {"timeout": "5", "key": "123"}) == {"timeout": 5.0, "key": "123"}


@pytest.mark.parametrize("error", [ImportError("no module named acme"), AttributeError("acme has no Acme")])
def test_a_package_that_cant_be_loaded_is_named(registered, monkeypatch, error):
    def load(self):
        raise error

    monkeypatch.setattr(Point, "load", load)
    with pytest.raises(InputError, match=r"'tiny' is registered as acme:Acme, which can't be loaded: .*acme"):
        make_source("tiny")


@pytest.mark.parametrize(
    ("frequency", "starts", "calendar", "labels"),
    [
        # Good Friday 2024 was the 29th of March: the last session of week and month is the 28th
        ("1w", ["2024-03-18", "2024-03-25"], "XNYS", ["2024-03-22", "2024-03-28"]),
        ("1mo", ["2024-02-01", "2024-03-01"], "XNYS", ["2024-02-29", "2024-03-28"]),
        ("1w", ["2024-01-01"], "24/7", ["2024-01-07"]),
    ],
)
def test_a_week_or_month_is_known_at_its_last_session_not_at_its_first(root, frequency, starts, calendar, labels):
    row = {**dict.fromkeys(("open", "high", "low", "close"), "5"), "volume": 1}
    bars = pl.DataFrame([{"symbol": "A", "date": dt.date.fromisoformat(day), **row} for day in starts])
    ingest("b", Fetched(bars, frequency, calendar, False), root=root)
    stamps = open_version("b", root=root).load([0], frequency, 0, 2**62)[0].stamps
    assert [str(dt.date.fromordinal(719_163 + int(stamp) // (86_400 * 10**9))) for stamp in stamps] == labels


def test_bars_of_an_hour_are_stored_at_their_end(root):
    start = dt.datetime(2024, 1, 2, tzinfo=dt.UTC)
    row = {**dict.fromkeys(("open", "high", "low", "close"), "5"), "volume": 1}
    bars = pl.DataFrame([{"symbol": "A", "timestamp": start, **row}])
    ingest("b", Fetched(bars, "1h", "24/7", False), root=root)
    stamps = open_version("b", root=root).load([0], "1h", 0, 2**62)[0].stamps
    assert stamps.tolist() == [(int(start.timestamp()) + 3600) * 10**9]


def test_what_was_fetched_says_what_its_bars_are_and_the_caller_may_know_better(root):
    fetched = Tiny().fetch(["A"], "2024-01-01", "2024-01-02")
    ingest(
        "b", fetched, provenance="checked by hand", assets=pl.DataFrame({"symbol": ["A"], "name": ["Alpha"]}), root=root
    )
    version = open_version("b", root=root)
    assert version.calendar.name == "24/7"
    assert version.assets()[0].name == "Alpha"
    assert version.provenance["note"] == "checked by hand"
    assert version.provenance["source"] == "tiny"
    minutes = Tiny().fetch(["A"], "2024-01-01", "2024-01-01", "1m")
    assert ingest("b", minutes, mode="append", root=root).rows == 1440


def test_what_is_said_of_all_leaves_the_rest_of_what_the_source_says(root):
    fetched = Tiny().fetch(["A"], "2024-01-01", "2024-01-05")
    about = pl.DataFrame({"symbol": ["A"], "type": ["crypto"], "currency": ["USD"], "tick_size": ["0.5"]})
    ingest("said", replace(fetched, assets=about), assets={"currency": "EUR"}, root=root)
    asset = open_version("said", root=root).assets()[0]
    assert (type(asset).__name__, asset.currency, asset.tick_size) == ("CryptoSpot", "EUR", Decimal("0.5"))


def test_failures_are_not_stored_past_in_silence(root):
    class Half(Tiny):
        def page(self, symbol, window, cursor):
            if symbol == "B":
                raise SourceMalformed("B is broken.")
            return super().page(symbol, window, cursor)

    fetched = Half().fetch(["A", "B"], "2024-01-01", "2024-01-02")
    with pytest.raises(InputError, match="B is broken"):
        ingest("b", fetched, root=root)
    ingest("b", fetched.partial(), root=root)
    assert open_version("b", root=root).provenance["failed"] == {"B": "B is broken."}


def test_numbers_beyond_what_can_be_held_are_told():
    with pytest.raises(SourceMalformed, match="digits in all"):
        Tiny("1" * 39).fetch(["A"], "2024-01-01", "2024-01-02")
    with pytest.raises(SourceMalformed, match="decimals"):
        Tiny("0." + "1" * 21).fetch(["A"], "2024-01-01", "2024-01-02")


# -- the command line ------------------------------------------------------------------------------------------------


def run(*arguments):
    return CliRunner().invoke(cli, [str(argument) for argument in arguments], catch_exceptions=False)


@pytest.fixture
def massive(vendor, monkeypatch):
    monkeypatch.setenv("MASSIVE_API_KEY", KEY)
    return Massive(vendor)


def test_one_line_fetches_and_stores(massive, vendor):
    line = (
        "ingest",
        "polygon",
        "--bundle",
        "us",
        "--symbols",
        "AAPL,SPY",
        "--start",
        "2024-01-02",
        "--calls-per-minute",
        "0",
    )
    done = run(*line, "--end", "2024-01-03", "-o", f"base_url={vendor.url}")
    assert done.exit_code == 0, done.output
    assert "4 bars added; 2 assets" in done.output
    assert open_version("us").provenance["source"] == "polygon"


def test_the_command_says_what_the_source_does_not(massive, vendor):
    line = ("ingest", "polygon", "-b", "us", "--symbols", "AAPL", "--start", "2024-01-02", "--end", "2024-01-03")
    line += ("-o", f"base_url={vendor.url}", "-o", "timeout=5", "--calls-per-minute", "0")
    with pytest.raises(InputError, match="No calendar is called 'XNYC'"):
        run(*line, "--calendar", "XNYC")
    assert vendor.asked == []
    assert run(*line, "--currency", "GBP").exit_code == 0
    assert open_version("us").assets()[0].currency == "GBP"


def test_a_symbol_that_fails_is_told_and_the_rest_is_kept(massive, vendor, tmp_path):
    (tmp_path / "names.txt").write_text("AAPL\nNOPE\n")
    line = ("ingest", "massive", "-b", "us", "--symbols", f"@{tmp_path / 'names.txt'}", "--start", "2024-01-02")
    line += ("--end", "2024-01-03", "-o", f"base_url={vendor.url}", "--calls-per-minute", "0")
    done = run(*line)
    assert done.exit_code == 1
    assert "failed: NOPE" in done.output
    assert "--partial" in done.output
    before = len(vendor.asked)
    done = run(*line, "--partial")
    assert done.exit_code == 0
    assert "Going on with the download" in done.output
    # of AAPL nothing was asked again
    assert not [asked for asked in vendor.asked[before:] if "AAPL" in asked.path]
    assert [asset.symbol for asset in open_version("us").assets()] == ["AAPL"]


def test_a_source_of_another_package_has_a_command(registered):
    assert "tiny" in run("ingest", "--help").output
    done = run(
        "ingest", "tiny", "-b", "t", "--symbols", "A", "--start", "2024-01-01", "--end", "2024-01-05", "-o", "price=2"
    )
    assert "5 bars added" in done.output
    assert run("ingest", "tiny", "-b", "t", "--symbols", "A", "--start", "2024-01-01", "-o", "price").exit_code == 2
    assert run("ingest", "nobody").exit_code == 2
