"""Row maps against plain sets of pairs."""

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlops_helpers.governance.errors import InvalidSetting
from mlops_helpers.governance.rowmap import RowMap

PAIRS = st.sets(st.tuples(st.integers(0, 6), st.integers(0, 6)), max_size=15)


@given(PAIRS, st.sets(st.integers(0, 6)))
def test_looking_up_agrees_with_the_set_of_pairs(pairs, labels):
    rows = RowMap.of(pairs)

    assert rows.sources_of(labels) == sorted({source for row, source in pairs if row in labels})
    assert rows.rows_from(labels) == sorted({row for row, source in pairs if source in labels})


@given(PAIRS, PAIRS)
def test_composition_is_composition_of_relations(second, first):
    expected = {(row, source) for row, between in second for middle, source in first if between == middle}

    assert RowMap.of(second).after(RowMap.of(first)) == RowMap.of(expected)


@given(PAIRS | st.sets(st.tuples(st.sampled_from(["a", "é", "x y"]), st.integers(0, 9))))
def test_bytes_and_back(pairs):
    rows = RowMap.of(pairs)

    assert RowMap.from_bytes(rows.to_bytes()) == rows


def test_dropped_and_merged_rows():
    rows = RowMap.kept([1, 2, 3, 4], [1, 3], merged={4: 1})

    assert rows == RowMap.of([(1, 1), (1, 4), (3, 3)])
    assert (rows.sources_of([1]), rows.rows_from([2]), rows.rows_from([4])) == ([1, 4], [], [1])


def test_rows_may_be_numbered_anew():
    rows = RowMap.kept(["a", "b", "c"], ["a", "c"], merged={"b": "c"})

    assert rows.renumbered(["c", "a"]) == RowMap.of([(0, "b"), (0, "c"), (1, "a")])
    with pytest.raises(InvalidSetting, match="no place for row 'c'"):
        rows.renumbered(["a"])


def test_aggregation_maps_each_source_to_its_group():
    rows = RowMap.grouped(pd.Series(["C1", "C2", "C1", None], index=[10, 11, 12, 13]))

    assert rows.sources_of(["C1"]) == [10, 12]
    assert rows.rows_from([13]) == []


def test_a_long_identity_takes_little_room():
    rows = RowMap.kept(range(100_000), range(0, 100_000, 2))

    assert len(rows) == 50_000
    assert len(rows.to_bytes()) < 50_000


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        ([1, 2], [2, 3], "from nowhere: 3"),
        ([1, 1], [1], "twice before the step: 1"),
        ([1, 2], [2, 2], "twice after"),
        ([1.5], [1.5], "float64"),
    ],
)
def test_rows_that_cannot_be_mapped_are_refused(before, after, message):
    with pytest.raises(InvalidSetting, match=message):
        RowMap.kept(before, after)


def test_merging_into_a_dropped_row_is_refused():
    with pytest.raises(InvalidSetting, match="nowhere: 3"):
        RowMap.kept([1, 2, 3], [1], merged={2: 3})
