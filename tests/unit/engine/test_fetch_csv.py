"""`fetch_csv`: from files and over http, by symbol or under a name, and never before its date."""

from __future__ import annotations

import datetime as dt
import http.server
import threading
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pandas as pd
import polars as pl
import pytest

import rustybt
from rustybt.errors import InputError, NoActiveRun, NoData
from tests.unit._small import ingest, ingest_minutes, run

D = Decimal
NIGHT = dt.datetime(2021, 2, 1, tzinfo=dt.UTC)
RATINGS = """date,symbol,rating,note
2021-02-02,A,1.5,low
2021-02-04,A,2.25,high
2021-02-03,B,7,
2021-02-03,GONE,9,none
"""


@pytest.fixture(autouse=True)
def _bundle() -> None:
    ingest({"A": ["10", "11", "12", "13", "14"], "B": ["1", "1", "1", "1", "1"]})


@pytest.fixture
def ratings(tmp_path: Path) -> Path:
    path = tmp_path / "ratings.csv"
    path.write_text(RATINGS)
    return path


def seen(look: Any, url: Any, *, frequency: str = "daily", days: int = 5, numbers: str = "decimal", **how: Any) -> Any:
    """What `look` returns on each bar of a run that fetches a file."""
    found: list[Any] = []
    run(
        lambda c, d: found.append(look(c, d)),
        initialize=lambda c: setattr(c, "source", c.fetch_csv(str(url), **how)),
        data_frequency=frequency, numbers=numbers, days=days,
    )  # fmt: skip
    return found


class TestBySymbol:
    def test_a_column_is_a_field_from_its_date_on(self, ratings: Path) -> None:
        found = seen(lambda c, d: d.current(c.symbol("A"), "rating"), ratings)
        assert found == [None, D("1.5"), D("1.5"), D("2.25"), D("2.25")]
        assert all(isinstance(value, Decimal) for value in found[1:])

    def test_text_stays_text_and_floats_are_floats_in_a_float_run(self, ratings: Path) -> None:
        assert seen(lambda c, d: d.current(c.symbol("A"), "note"), ratings) == [None, "low", "low", "high", "high"]
        found = seen(lambda c, d: d.current(c.symbol("A"), "rating"), ratings, numbers="float")
        assert found[0] != found[0]
        assert found[1:] == [1.5, 1.5, 2.25, 2.25]
        assert isinstance(found[1], float)

    def test_lists_of_assets_and_fields_mix_with_those_of_the_bars(self, ratings: Path) -> None:
        found = seen(lambda c, d: d.current(c.symbols("A", "B"), "rating"), ratings)
        assert list(found[2].values()) == [D("1.5"), D(7)]
        frames = seen(lambda c, d: d.current(c.symbols("A", "B"), ["rating", "close"]), ratings)
        assert frames[2].to_dict(as_series=False) == {
            "symbol": ["A", "B"], "rating": [D("1.5"), D(7)], "close": [D(12), D(1)],
        }  # fmt: skip
        assert seen(lambda c, d: d.current(c.symbol("A"), ["rating", "price"]), ratings)[3] == {
            "rating": D("2.25"), "price": D(13),
        }  # fmt: skip

    def test_rows_without_an_asset_are_dropped_unless_they_are_kept(self, ratings: Path) -> None:
        def look(context: Any, data: Any) -> Any:
            return context.source.dropped, context.source.fields, len(context.source.df)

        assert seen(look, ratings)[0] == (1, ["rating", "note"], 3)
        assert seen(look, ratings, mask=False)[0] == (0, ["rating", "note"], 4)
        found = seen(lambda c, d: d.current("GONE", "rating"), ratings, mask=False)
        assert found == [None, None, D(9), D(9), D(9)]

    def test_fetcher_assets_are_those_that_had_a_row(self, ratings: Path) -> None:
        found = seen(lambda c, d: [a.symbol for a in d.fetcher_assets if d.can_trade(a)], ratings)
        assert found == [[], ["A"], ["A", "B"], ["A", "B"], ["A", "B"]]
        nothing: list[Any] = []
        run(lambda c, d: nothing.append(d.fetcher_assets))
        assert nothing == [[]] * 5

    def test_a_field_of_the_bars_is_never_that_of_a_file(self, tmp_path: Path) -> None:
        path = tmp_path / "prices.csv"
        path.write_text("date,symbol,price,signal\n2021-02-01,A,999,1\n")
        assert seen(lambda c, d: d.current(c.symbol("A"), "price"), path) == [10, 11, 12, 13, 14]

    def test_the_last_row_of_a_date_counts_and_a_missing_cell_says_nothing_there(self, tmp_path: Path) -> None:
        path = tmp_path / "twice.csv"
        path.write_text("date,symbol,one,two\n2021-02-02,A,1,5\n2021-02-02,A,2,\n2021-02-04,A,,6\n")
        both = seen(lambda c, d: d.current(c.symbol("A"), ["one", "two"]), path, keep_default_na=True)
        assert [list(values.values()) for values in both] == [[None, None], [2, 5], [2, 5], [None, 6], [None, 6]]


class TestUnderAName:
    def test_data_about_no_asset_has_the_name_that_it_is_given(self, tmp_path: Path) -> None:
        path = tmp_path / "vix.csv"
        path.write_text("when,close,price\n2021-01-29,30.5,1\n2021-02-03,28.25,2\n")
        found = seen(lambda c, d: d.current("VIX", "close"), path, symbol="VIX", date_column="when")
        assert found == [D("30.5"), D("30.5"), D("28.25"), D("28.25"), D("28.25")]
        prices = seen(lambda c, d: d.current("VIX", "price"), path, symbol="VIX", date_column="when")
        assert prices == [1, 1, 2, 2, 2]

    def test_a_name_that_no_file_has_is_refused(self, ratings: Path) -> None:
        with pytest.raises(NoData, match="'VIX'"):
            seen(lambda c, d: d.current("VIX", "rating"), ratings)
        with pytest.raises(NoData, match=r"last_traded, note, rating"):
            seen(lambda c, d: d.current(c.symbol("A"), "ratings"), ratings)


class TestWhen:
    def write(self, tmp_path: Path, *rows: str) -> Path:
        path = tmp_path / "when.csv"
        path.write_text("date,symbol,x\n" + "".join(f"{row}\n" for row in rows))
        return path

    def test_before_trading_start_knows_the_values_of_its_date(self, ratings: Path) -> None:
        found: list[Any] = []
        run(
            initialize=lambda c: c.fetch_csv(ratings),
            before_trading_start=lambda c, d: found.append(d.current(c.symbol("A"), "rating")),
        )
        assert found == [None, D("1.5"), D("1.5"), D("2.25"), D("2.25")]

    def test_a_time_of_day_is_not_known_before_it(self, tmp_path: Path) -> None:
        path = self.write(tmp_path, "2021-02-02 15:00,A,1", "2021-02-04 00:00:01,A,2")
        hooks: list[Any] = []
        bars: list[Any] = []
        run(
            lambda c, d: bars.append(d.current(c.symbol("A"), "x")),
            initialize=lambda c: c.fetch_csv(path),
            before_trading_start=lambda c, d: hooks.append(d.current(c.symbol("A"), "x")),
        )
        assert bars == [None, 1, 1, 2, 2]
        assert hooks == [None, None, 1, 1, 2]

    def test_a_time_of_day_is_known_with_the_next_minute(self, tmp_path: Path) -> None:
        ingest_minutes({"A": ["10"] * 5}, NIGHT)
        path = self.write(tmp_path, "2021-02-01 00:02:30,A,1", "2021-02-01 00:04,A,2")
        found = seen(lambda c, d: d.current(c.symbol("A"), "x"), path, frequency="minute", days=1)
        # bars end at 00:01, 00:02, ...
        assert found[:6] == [None, None, 1, 1, 2, 2]

    def test_a_time_zone_says_which_moment_a_time_is(self, tmp_path: Path) -> None:
        ingest_minutes({"A": ["10"] * 5}, NIGHT)
        path = self.write(tmp_path, "2021-01-31 19:02:30,A,1")
        found = seen(
            lambda c, d: d.current(c.symbol("A"), "x"), path, frequency="minute", days=1, timezone="America/New_York"
        )
        assert found[:4] == [None, None, 1, 1]

    def test_a_date_is_that_day_in_every_time_zone(self, tmp_path: Path) -> None:
        path = self.write(tmp_path, "2021-02-03,A,1")
        for zone in ("UTC", "America/New_York", "Asia/Tokyo", dt.UTC):
            found = seen(lambda c, d: d.current(c.symbol("A"), "x"), path, timezone=zone)
            assert found == [None, None, 1, 1, 1], zone

    def test_dates_are_read_as_they_are_written(self, tmp_path: Path) -> None:
        path = self.write(tmp_path, "03/02/2021,A,1", "soon,A,5")
        found = seen(lambda c, d: d.current(c.symbol("A"), "x"), path, date_format="%d/%m/%Y")
        assert found == [None, None, 1, 1, 1]
        assert seen(lambda c, d: c.source.dropped, path, date_format="%d/%m/%Y") == [1] * 5

    def test_a_date_between_sessions_counts_from_the_next_one(self, tmp_path: Path) -> None:
        frame = pl.DataFrame(
            [("A", dt.date(2021, 2, day), "1", "1", "1", "1", 5) for day in (5, 8, 9)],
            schema=["symbol", "timestamp", "open", "high", "low", "close", "volume"], orient="row",
        )  # fmt: skip
        rustybt.ingest("small", frame, calendar="XNYS", mode="replace")
        path = self.write(tmp_path, "2021-02-06,A,1", "2021-02-08 21:00,A,2")
        found: list[Any] = []
        run(
            lambda c, d: found.append(d.current(c.symbol("A"), "x")),
            initialize=lambda c: c.fetch_csv(path), start="2021-02-05", end="2021-02-09",
        )  # fmt: skip
        # the second is stamped with the close of the 8th: known after it
        assert found == [None, 1, 2]


def test_hooks_of_the_strategy_change_the_frame_before_and_after(ratings: Path) -> None:
    def before(frame: pd.DataFrame) -> pd.DataFrame:
        return frame.rename(columns={"symbol": "ticker"})

    def after(frame: pd.DataFrame) -> pd.DataFrame:
        assert str(frame.index.tz) == "UTC"
        assert [asset.symbol for asset in frame["sid"]] == ["A", "B", "A"]
        return frame.assign(double=frame["rating"] * 2)

    found = seen(
        lambda c, d: d.current(c.symbol("A"), "double"), ratings,
        pre_func=before, post_func=after, symbol_column="ticker",
    )  # fmt: skip
    assert found == [None, 3, 3, D("4.5"), D("4.5")]


def test_what_can_not_be_read_is_refused_by_name(ratings: Path) -> None:
    for arguments, error, match in [
        ({"url": "nowhere.csv"}, NoData, r"nowhere\.csv"),
        ({"url": str(ratings), "date_column": "day"}, InputError, "no column 'day', only date, symbol"),
        ({"url": str(ratings), "symbol_column": "ticker"}, InputError, "symbol_column="),
        ({"url": str(ratings), "post_func": lambda frame: frame.drop(columns="sid")}, InputError, "post_func"),
        ({"url": str(ratings), "no_such_argument": 5}, TypeError, "no_such_argument"),
        ({"url": "http://127.0.0.1:9/x.csv"}, NoData, "can't be reached"),
    ]:
        with pytest.raises(error, match=match):
            run(initialize=lambda c, a=arguments: c.fetch_csv(**a))
    with pytest.raises(NoActiveRun):
        rustybt.api.fetch_csv("x.csv")


class Server(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        if path == "/moved.csv":
            self.send_response(302)
            self.send_header("Location", "/ratings.csv")
            self.end_headers()
            return
        if path != "/ratings.csv":
            self.send_error(404)
            return
        shown = RATINGS
        if self.headers.get("Authorization") == "Basic bWU6c2VjcmV0" and "key=5" in self.path:
            shown = RATINGS.replace("1.5", "99")
        self.send_response(200)
        self.send_header("Content-Type", "text/csv; charset=utf-8")
        self.end_headers()
        self.wfile.write(shown.encode())

    def log_message(self, *arguments: Any) -> None:
        """Nothing is printed."""


@pytest.fixture
def address() -> Iterator[str]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Server)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


class TestOverHttp:
    def test_an_address_is_read(self, address: str) -> None:
        for name in ("ratings", "moved"):
            found = seen(lambda c, d: d.current(c.symbol("A"), "rating"), f"{address}/{name}.csv")
            assert found == [None, D("1.5"), D("1.5"), D("2.25"), D("2.25")]

    def test_parameters_and_credentials_are_sent(self, address: str) -> None:
        found = seen(
            lambda c, d: d.current(c.symbol("A"), "rating"), address,
            special_params_checker=lambda url: (url + "/ratings.csv", {"key": 5}), auth=("me", "secret"),
        )  # fmt: skip
        assert found[1] == 99

    def test_what_is_not_there_is_named(self, address: str) -> None:
        with pytest.raises(NoData, match=r"nothing\.csv answered 404"):
            seen(lambda c, d: None, f"{address}/nothing.csv")


def test_a_date_within_a_week_is_not_known_when_the_week_begins(tmp_path: Path) -> None:
    ingest({"A": ["10"] * 14})
    path = tmp_path / "x.csv"
    path.write_text("date,symbol,x\n2021-02-01,A,1\n2021-02-08,A,2\n2021-02-10,A,3\n")
    found: list[Any] = []

    def note(context: Any, data: Any) -> None:
        found.append(data.current(context.symbol("A"), "x"))

    run(
        note,
        initialize=lambda c: c.fetch_csv(str(path)),
        before_trading_start=note,
        data_frequency="1w",
        end=dt.date(2021, 2, 14),
    )
    # before a week begins its Monday is known, at its end all of it
    assert found == [1, 1, 2, 3]
