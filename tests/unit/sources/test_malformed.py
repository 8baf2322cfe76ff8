"""Whatever a vendor writes in place of what it should: that symbol fails, and nothing of it is left out in silence."""

from __future__ import annotations

import copy
import json
import random

import pytest

from rustybt.errors import RustyBTError, SourceMalformed, SourceUnknownSymbol
from rustybt.ingest import ingest
from rustybt.sources import Alpaca, AlphaVantage, Caller, Pace, Page, Polygon, Supports, download, make_request, rows_of
from rustybt.testing import FakeClock
from tests.unit.sources._server import Reply

ODD = [None, "abc", True, 10**30, "NaN", [None], {"a": 1}]
_BAR = {"v": 1, "o": 1.5, "h": 2, "l": 1, "c": 1.5}
_SERIES = {"1. open": "1.5", "2. high": "2", "3. low": "1", "4. close": "1.5", "5. volume": "10"}
VENDORS = {
    "polygon": {
        "/v2/aggs": {"status": "OK", "results": [{**_BAR, "t": 1704171600000}]},
        "/stocks/v1/splits": {"results": [{"execution_date": "2024-01-02", "split_from": 1, "split_to": 4}]},
        "/stocks/v1/dividends": {"results": [{"ex_dividend_date": "2024-01-02", "cash_amount": 1.2}]},
    },
    "alpaca": {
        "/v2/stocks/bars": {"bars": {"ODD": [{**_BAR, "t": "2024-01-02T05:00:00Z"}]}},
        "/v1/corporate-actions": {
            "corporate_actions": {
                "forward_splits": [{"ex_date": "2024-01-02", "old_rate": 1, "new_rate": 4}],
                "cash_dividends": [{"ex_date": "2024-01-02", "rate": 1.2, "payable_date": "2024-01-20"}],
            }
        },
    },
    "alphavantage": {
        "TIME_SERIES_DAILY": {"Time Series (Daily)": {"2024-01-02": _SERIES}},
        "SPLITS": {"data": [{"effective_date": "2024-01-02", "split_factor": "4"}]},
        "DIVIDENDS": {"data": [{"ex_dividend_date": "2024-01-02", "amount": "1.2"}]},
    },
}


def places(document, at=()):
    """The way to each value in a document."""
    yield at
    items = (
        document.items() if isinstance(document, dict) else enumerate(document) if isinstance(document, list) else ()
    )
    for key, inner in items:
        yield from places(inner, (*at, key))


def changed(document, at, value):
    if not at:
        return value
    made = copy.deepcopy(document)
    inner = made
    for key in at[:-1]:
        inner = inner[key]
    inner[at[-1]] = value
    return made


def source_of(name, url):
    pace = Pace(clock=FakeClock("2024-07-01T00:00:00+00:00"), rng=random.Random(1), attempts=1)
    if name == "alphavantage":
        return AlphaVantage("a-key-of-the-test", base_url=f"{url}/query", pace=pace)
    made = {"polygon": (Polygon, 1), "alpaca": (Alpaca, 2)}
    kind, keys = made[name]
    return kind(*["a-key-of-the-test"] * keys, base_url=url, pace=pace)


def serve(vendor, documents):
    if "SPLITS" in documents:
        vendor.routes["/query"] = lambda asked: Reply(json.dumps(documents[asked.query["function"]]))
        return
    for path, document in documents.items():
        vendor.routes[path] = lambda _, body=document: Reply(json.dumps(body))


@pytest.mark.parametrize("name", VENDORS)
def test_an_odd_value_anywhere_is_an_error_of_ours(vendor, name):
    for path, document in VENDORS[name].items():
        for at in places(document):
            for value in ODD:
                serve(vendor, VENDORS[name] | {path: changed(document, at, value)})
                try:
                    source_of(name, vendor.url).fetch(["ODD"], "2024-01-01", "2024-01-05")
                except RustyBTError as error:
                    assert "a-key-of-the-test" not in str(error)  # noqa: PT017 - any other error fails the test


DAYS = {
    "polygon": [("/stocks/v1/splits", "execution_date"), ("/stocks/v1/dividends", "ex_dividend_date")],
    "alpaca": [("/v1/corporate-actions", "ex_date")],
    "alphavantage": [("SPLITS", "effective_date"), ("DIVIDENDS", "ex_dividend_date")],
}


@pytest.mark.parametrize("day", [None, "", "soon", "2024-13-45", 20240102])
@pytest.mark.parametrize(("name", "path", "field"), [(name, *each) for name, all_ in DAYS.items() for each in all_])
def test_a_split_or_dividend_without_its_day_is_not_left_out(vendor, name, path, field, day):
    ways = [at for at in places(VENDORS[name][path]) if at and at[-1] == field]
    assert ways
    for at in ways:
        serve(vendor, VENDORS[name] | {path: changed(VENDORS[name][path], at, day)})
        if day == 20240102:  # a date all the same
            assert source_of(name, vendor.url).fetch(["ODD"], "2024-01-01", "2024-01-05").splits.height == 1
            continue
        with pytest.raises(SourceMalformed, match=field):
            source_of(name, vendor.url).fetch(["ODD"], "2024-01-01", "2024-01-05")


def test_a_pay_date_that_is_none_is_found_when_it_is_stored(vendor, root):
    odd = changed(VENDORS["polygon"]["/stocks/v1/dividends"], ("results", 0, "pay_date"), "2024-02-30")
    serve(vendor, VENDORS["polygon"] | {"/stocks/v1/dividends": odd})
    fetched = source_of("polygon", vendor.url).fetch(["ODD"], "2024-01-01", "2024-01-05")
    with pytest.raises(RustyBTError, match="pay_date 2024-02-30 is no date"):
        ingest("odd", fetched, root=root)


def test_shares_without_a_volume_are_another_reply(vendor):
    odd = copy.deepcopy(VENDORS["alphavantage"]["TIME_SERIES_DAILY"])
    del odd["Time Series (Daily)"]["2024-01-02"]["5. volume"]
    serve(vendor, VENDORS["alphavantage"] | {"TIME_SERIES_DAILY": odd})
    with pytest.raises(SourceMalformed, match="volume"):
        source_of("alphavantage", vendor.url).fetch(["ODD"], "2024-01-01", "2024-01-05")


class Stumbling:
    """A source of another package that does not expect what the vendor says of B, and for a while has nothing of C."""

    def __init__(self):
        self.empty = True

    def fetch(self, symbols, **more):
        caller = Caller(Pace(clock=FakeClock("2024-06-01T00:00:00+00:00")))
        supports = Supports(("1d",), "24/7", "UTC")
        request = make_request("mine", supports, symbols, "2024-01-02", "2024-01-02", "1d", caller.clock.now(), **more)
        return download(request, caller, self.page, {})

    def page(self, symbol, window, cursor):
        if symbol == "B":
            return {}["price"]
        return Page(rows_of() if symbol == "C" and self.empty else rows_of([(window.start_ns, 1, 1, 1, 1, 1)]))


def test_a_source_that_stumbles_over_a_symbol_loses_no_other():
    fetched = Stumbling().fetch(["A", "B"])
    assert fetched.bars["symbol"].to_list() == ["A"]
    assert "B: mine sent of B what can't be read (KeyError: 'price')" in str(fetched.failures[0])


def test_new_pages_without_end_and_without_a_bar_are_noticed():
    source = Stumbling()
    source.page = lambda symbol, window, cursor: Page(rows_of(), str(int(cursor or 0) + 1))
    with pytest.raises(SourceMalformed, match="page after page of A without a bar"):
        source.fetch(["A"])


def test_a_symbol_of_which_there_was_nothing_is_asked_for_again(tmp_path):
    source = Stumbling()
    assert [f.symbol for f in source.fetch(["A", "C"], resume=tmp_path / "pages").failures] == ["C"]
    source.empty = False
    assert source.fetch(["A", "C"], resume=tmp_path / "pages").failures == ()
    source.empty = True
    with pytest.raises(SourceUnknownSymbol):
        source.fetch(["C"], resume=tmp_path / "other")
