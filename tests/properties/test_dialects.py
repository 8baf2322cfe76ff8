"""Tables in drawn dialects: what is stored is what was written, or the file is refused with an option that is named."""

from __future__ import annotations

import datetime as dt
import re
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from rustybt import ingest
from rustybt.catalog import open_version, scan
from rustybt.errors import InputError
from tests._examples import examples

DATES: Final = {
    "iso": "%Y-%m-%d", "points": "%Y.%m.%d", "slashes": "%Y/%m/%d", "compact": "%Y%m%d", "name": "%d-%b-%Y",
    "long name": "%B %d, %Y", "short name": "%d-%b-%y", "us": "%m/%d/%Y", "eu": "%d.%m.%Y", "eu slashes": "%d/%m/%Y",
    "us short": "%m/%d/%y", "eu short": "%d/%m/%y", "midnight": "%d.%m.%Y 00:00:00.000", "year last": "%y-%m-%d",
}  # fmt: skip
SURE: Final = ("iso", "points", "slashes", "compact", "name", "long name")
HEADERS: Final = (
    ("Date", "Open", "High", "Low", "Close", "Volume"),
    ("<DATE>", "<OPEN>", "<HIGH>", "<LOW>", "<CLOSE>", "<VOL>"),
    ("Date", "Open", "High", "Low", "Price", "Vol."),
    ("Datum", "Eröffnung", "Hoch", "Tief", "Schluss", "Volumen"),
    ("日期", "开盘", "最高", "最低", "收盘", "成交量"),
    ("Exchange Date", "PX_OPEN", "PX_HIGH", "PX_LOW", "PX_LAST", "PX_VOLUME"),
    None,
)
ORDERS: Final = ((0, 1, 2, 3, 4, 5), (0, 4, 5, 1, 2, 3), (0, 4, 1, 2, 3, 5))
OPTION: Final = re.compile(r"--(dates|decimal|thousands|columns|delimiter)\b")


@dataclass(frozen=True)
class Written:
    """A file, what stands in it, and whether nothing in it can be read in two ways."""

    text: str
    rows: list[tuple[Any, ...]]
    sure: bool


@st.composite
def numbers(draw: Any, places: int, count: int) -> list[tuple[int, int, int, int]]:
    """Open, high, low and close as integers."""
    found = []
    price = draw(st.integers(2, 4_000)) * 10**places
    for _ in range(count):
        first, last = (max(price + draw(st.integers(-(10**places), 10**places)), 2) for _ in range(2))
        high = max(first, last) + draw(st.integers(1, 10**places))
        low = max(min(first, last) - draw(st.integers(0, 10**places)), 1)
        found.append((first, high, low, last))
        price = last
    return found


def written_number(decimal: str, group: str, sign: str) -> Callable[[Decimal], str]:
    def write(number: Decimal) -> str:
        text = f"{number:,}" if group else str(number)
        return sign + text.replace(",", "\0").replace(".", decimal).replace("\0", group)

    return write


@st.composite
def files(draw: Any) -> Written:
    delimiter = draw(st.sampled_from(",;\t|"))
    decimal = draw(st.sampled_from(".,"))
    groups = ["", "", "'", " "] + [mark for mark in ".," if mark != decimal]
    # a file with commas between its fields has points before decimals, or commas: groups alone are no form of any maker
    places = draw(st.integers(0 if decimal == "." and delimiter != "," else 1, 5))
    group = draw(st.sampled_from(groups if places or delimiter != "," else groups[:4]))
    sign = draw(st.sampled_from(["", "", "$", "€"]))
    dates = draw(st.sampled_from(list(DATES)))
    count = draw(st.integers(1, 25))
    first = draw(st.dates(dt.date(2001, 1, 1), dt.date(2025, 1, 1)))
    weekdays = draw(st.booleans())
    days = [day for day in (first + dt.timedelta(n) for n in range(count * 2 + 4)) if day.weekday() < 5 or not weekdays]
    days = days[:count]
    prices = [tuple(Decimal(n).scaleb(-places) for n in row) for row in draw(numbers(places, count))]
    short = draw(st.booleans()) and decimal == "."
    volumes = [Decimal(draw(st.integers(1, 90_000)) * (10 if short else 1)) for _ in days]
    rows = [(day, *four, volume) for day, four, volume in zip(days, prices, volumes, strict=True)]
    write = written_number(decimal, group, sign)
    plain = written_number(decimal, group, "")

    def cells(row: tuple[Any, ...]) -> list[str]:
        volume = f"{row[5] / 1000:.2f}K" if short else plain(row[5])
        return [row[0].strftime(DATES[dates]), *map(write, row[1:5]), volume]

    header = draw(st.sampled_from(HEADERS))
    order = draw(st.sampled_from(ORDERS)) if header else ORDERS[0]
    quoted = draw(st.booleans())

    def line(fields: Any) -> str:
        placed = [fields[at] for at in order]
        return delimiter.join(f'"{one}"' if quoted or delimiter in one else one for one in placed)

    lines = [line(cells(row)) for row in (rows[::-1] if draw(st.booleans()) else rows)]
    above = draw(st.sampled_from([[], [], ["https://www.example.com"], ["Prices of ACME", "# made by hand"]]))
    below = draw(st.sampled_from([[], [], ["Downloaded from a web site that has prices"]]))
    text = "\n".join([*(above if header else []), *([line(header)] if header else []), *lines, *below, ""])
    sure = dates in SURE and decimal == "." and not group and header is not None and (delimiter == "," or places != 3)
    return Written(text, rows, sure)


def stored(root: Path) -> list[tuple[Any, ...]]:
    with open_version("b", root=root) as version:
        return scan(version).collect().drop("sid", "symbol", strict=False).rows()


@settings(max_examples=examples(120), deadline=None)
@given(files())
def test_a_file_is_stored_as_it_was_written_or_refused(written: Written) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "ACME.csv"
        path.write_text(written.text, encoding="utf-8")
        refused = ""
        try:
            ingest("b", path, calendar="24/7", frequency="1d", root=folder)
        except InputError as error:
            refused = str(error)
        event("refused" if refused else "read")
        if not refused:
            assert stored(Path(folder)) == written.rows, written.text
            return
    assert not written.sure, f"{refused}\n{written.text}"
    assert OPTION.search(refused), f"{refused}\n{written.text}"


HEAD: Final = "Date,Open,High,Low,Close,Volume\n"


def ingested(folder: Path, days: list[str]) -> list[dt.date]:
    (folder / "ACME.csv").write_text(HEAD + "".join(f"{day},10,11,9,10.5,100\n" for day in days))
    ingest("b", folder / "ACME.csv", calendar="24/7", frequency="1d", mode="replace", root=folder)
    return [row[0] for row in stored(folder)]


@pytest.mark.parametrize("form", ["%m/%d/%Y", "%d/%m/%Y"])
def test_day_or_month_first_is_decided_by_days_or_order_or_weekdays_and_else_refused(tmp_path: Path, form: str) -> None:
    def days(*numbers: int, month: int = 3) -> list[dt.date]:
        return [dt.date(2024, month, number) for number in numbers]

    def read(some: list[dt.date]) -> list[dt.date]:
        return ingested(tmp_path, [day.strftime(form) for day in some])

    assert read(days(11, 12, 13)) == days(11, 12, 13)  # a day above 12
    across = [*days(28, 29, month=2), *days(1, 4, 5)]
    assert read(across) == across
    # in order only one way: the other goes back from February to January with each month
    months = [dt.date(2024, month, day) for month in (1, 2, 3) for day in (3, 8)]
    assert read(months) == months
    # on weekdays, and beside each other, only one way
    weeks = days(4, 5, 6, 7, 8, 11, 12)
    assert read(weeks) == weeks
    for few in (days(4, 5, 6, 7), days(4)):
        with pytest.raises(InputError, match=r"--dates us.*--dates eu"):
            read(few)


def test_dates_of_a_long_file_may_be_decided_after_its_first_piece(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rustybt.files._csv.BLOCK_BYTES", 100)
    days = [dt.date(2024, 3, number) for number in (4, 5, 6, 7, 8, 11, 12, 13, 14)]
    assert ingested(tmp_path, [f"{day:%d/%m/%Y}" for day in days]) == days


def test_one_mistyped_day_decides_nothing(tmp_path: Path) -> None:
    days = [f"{month:02}/{day:02}/2024" for month in (1, 2, 3) for day in (3, 8)]
    with pytest.raises(InputError, match="--dates eu"):
        ingested(tmp_path, [*days[:3], "13/02/2024", *days[3:]])
