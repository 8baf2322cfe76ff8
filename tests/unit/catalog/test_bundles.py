from __future__ import annotations

import datetime as dt

import pytest

from rustybt.catalog import clean, list_bundles, open_version
from rustybt.errors import BundleNotFound, InputError
from rustybt.ingest import ingest


@pytest.fixture
def three(root, bars):
    return [
        ingest("b", bars(rows=rows), calendar="24/7", mode="append", provenance=f"{rows} rows", root=root).version
        for rows in (1, 2, 3)
    ]


def test_the_list_has_every_version_newest_first(root, bars, three):
    ingest("a", bars("AAA", "BBB"), calendar="24/7", root=root)
    found = list_bundles(root)
    assert [(v.bundle, v.version, v.newest) for v in found][1:] == [
        ("b", three[2], True),
        ("b", three[1], False),
        ("b", three[0], False),
    ]
    assert found[0].ranges == {"1d": (dt.date(2024, 1, 1), dt.date(2024, 1, 5), 10)}
    assert found[0].assets == 2
    assert found[1].provenance == {"source": "3 rows"}
    assert found[1].size > 0
    assert found[1].created.tzinfo is dt.UTC


def test_the_list_is_a_table_at_a_prompt_and_in_a_notebook(root, bars):
    version = ingest("mine", bars("AAA", "BBB"), calendar="24/7", root=root).version
    head, row = repr(list_bundles(root)).splitlines()
    assert head.split() == ["bundle", "version", "bars", "from", "to", "rows", "assets"]
    assert row.split() == ["mine", version, "1d", "2024-01-01", "2024-01-05", "10", "2"]
    assert "<td>mine</td>" in list_bundles(root)._repr_html_()


def test_there_is_nothing_to_list_without_a_catalog(root):
    assert list_bundles(root) == []
    assert repr(list_bundles(root)) == "no bundles"
    assert not root.exists()


def test_cleaning_keeps_the_newest(root, three):
    assert clean("b", keep_last=1, root=root) == [three[1], three[0]]
    assert open_version("b", root=root).id == three[2]
    assert [path.name for path in (root / "bundles" / "b").iterdir()] == [three[2]]
    assert len(open_version("b", root=root).load([0], "1d", 0, 2**62)[0]) == 3
    assert clean("b", keep_last=1, root=root) == []


def test_cleaning_by_date(root, three):
    today = dt.datetime.now(dt.UTC).date()
    assert clean("b", before=today - dt.timedelta(days=1), root=root) == []
    assert clean("b", after=today + dt.timedelta(days=1), root=root) == []
    later, earlier = today + dt.timedelta(days=2), today - dt.timedelta(days=2)
    assert set(clean("b", before=later, after=earlier, root=root)) == set(three)
    with pytest.raises(BundleNotFound):
        open_version("b", root=root)


def test_a_bundle_goes_with_its_last_version(root, three):
    clean("b", keep_last=0, root=root)
    assert list_bundles(root) == []
    assert not (root / "bundles" / "b").exists()


def test_a_deletion_that_was_cut_off_is_brought_to_its_end(root, bars, three):
    folder = root / "bundles" / "b"
    (folder / three[0]).rename(folder / f".trash-{three[0]}")
    ingest("c", bars(), calendar="24/7", root=root)
    assert sorted(path.name for path in folder.iterdir()) == sorted(three[1:])
    assert [v.version for v in list_bundles(root) if v.bundle == "b"] == [three[2], three[1]]


@pytest.mark.parametrize(
    "arguments",
    [{}, {"keep_last": 1, "before": dt.date(2024, 1, 1)}, {"keep_last": -1}],
    ids=["none", "both", "negative"],
)
def test_what_shall_go_must_be_said(root, three, arguments):
    with pytest.raises(InputError, match="keep_last"):
        clean("b", root=root, **arguments)
    assert len(list_bundles(root)) == 3


def test_cleaning_what_is_not_there_says_so(root):
    with pytest.raises(BundleNotFound):
        clean("b", keep_last=1, root=root)
    assert not root.exists()
