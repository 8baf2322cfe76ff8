"""Where rows lie on an axis: what two columns compared say is what a search says."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from rustybt.view._rows import align
from tests._examples import examples

STAMPS = st.lists(st.integers(0, 30), unique=True, max_size=20).map(sorted)
RUNS = st.tuples(st.integers(0, 20), st.integers(0, 12)).map(lambda run: list(range(run[0], run[0] + run[1])))


@settings(max_examples=examples(300), deadline=None)
@given(stamps=STAMPS | RUNS, keys=STAMPS | RUNS)
def test_rows_lie_where_a_search_finds_them(stamps: list[int], keys: list[int]) -> None:
    found = align(np.array(stamps, dtype=np.int64), np.array(keys, dtype=np.int64))
    rows = [sum(stamp <= key for stamp in stamps) - 1 for key in keys]
    assert found.rows.tolist() == rows
    assert found.found.tolist() == [row >= 0 for row in rows]
    here = [key in stamps for key in keys]
    assert found.present.tolist() == here
    assert found.leading == sum(row < 0 for row in rows)
    assert found.complete == all(here)
    if found.row_slice is not None:
        assert stamps[found.row_slice] == keys[found.leading :]
