"""Cleaning steps one by one, the log they leave, and what is refused."""

import datetime
import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlops_helpers.governance import (
    Clip,
    DropColumn,
    DropDuplicates,
    DropWhere,
    DuplicateColumn,
    FillMissing,
    InvalidSetting,
    MissingColumn,
    Parse,
    Recipe,
    Rename,
    Rescale,
    SetMissing,
    UnknownStep,
    date,
    number,
    text,
)
from mlops_helpers.governance.cleaning import STEPS

FEBRUARY = datetime.date(2026, 2, 1)
RECIPE = Recipe(
    "customers",
    (
        DropDuplicates(),
        Parse("total"),
        Rescale("total", 0.01, date("day") >= FEBRUARY),
        SetMissing("age", number("age") > 110),
        FillMissing("age", by=("plan",)),
        FillMissing("total", "value", value=0.0),
        DropWhere(text("plan").equals("Lifetime")),
        Clip("age", 18, 90),
        Rename("plan", "contract"),
        DropColumn("day"),
    ),
)


def raw():
    return pd.DataFrame(
        {
            "plan": ["x", "y", "y", "x", "Lifetime", "y"],
            "total": ["10", " ", " ", "300", "4", "5.5"],
            "age": [20, 150, 150, 15, 40, 60],
            "day": ["2026-01-01", "2026-01-01", "2026-01-01", "2026-02-01", "2026-01-02", "2026-01-01"],
        },
        index=[10, 11, 12, 13, 14, 15],
    )


def run(step, **columns):
    """Apply one step to a small table and return the table and its line in the log."""
    frame = pd.DataFrame(columns)
    cleaned, log = Recipe("one", (step,)).apply(frame)
    return cleaned, log.entries[0]


def test_a_recipe_gives_the_table_worked_out_by_hand():
    cleaned, _ = RECIPE.apply(raw())
    expected = pd.DataFrame(
        {"contract": ["x", "y", "x", "y"], "total": [10.0, 0.0, 3.0, 5.5], "age": [20.0, 60.0, 18.0, 60.0]},
        index=[10, 11, 13, 15],
    )
    pd.testing.assert_frame_equal(cleaned, expected)


def test_the_log_counts_rows_and_cells_of_every_step():
    _, log = RECIPE.apply(raw())
    table = log.table.set_index("step")
    assert table["rows_after"].tolist() == [5, 5, 5, 5, 5, 5, 4, 4, 4, 4]
    assert table["cells_changed"].tolist() == [0, 1, 1, 1, 1, 1, 0, 1, 0, 4]
    assert table.loc["drop_where", "sample"] == "14"
    assert table.loc["rescale", "setting"] == "column: total, factor: 0.01, where: day >= 2026-02-01"


def test_every_cleaned_row_knows_the_raw_rows_it_stands_for():
    _, log = RECIPE.apply(raw())
    assert log.merged == {12: 11}
    assert log.dropped.tolist() == [14]
    assert log.row_map().sources_of([11]) == [11, 12]
    assert log.row_map().rows_from([14]) == []


def test_a_copy_whose_row_is_dropped_later_stands_for_nothing():
    frame = pd.DataFrame({"a": ["x", "x", "y"], "b": [1, 1, 2]})
    _, log = Recipe("r", (DropDuplicates(), DropWhere(text("a").equals("x")))).apply(frame)
    assert (log.merged, log.dropped.tolist()) == ({}, [0, 1])


def test_copies_of_copies_stand_for_the_last_that_is_kept():
    frame = pd.DataFrame({"a": ["x", "x", "x"], "b": [1, 2, 2]})
    _, log = Recipe("r", (DropDuplicates(), DropDuplicates(("a",)))).apply(frame)
    assert log.merged == {1: 0, 2: 0}


def test_the_raw_table_is_not_touched_and_the_result_is_no_view():
    frame = raw()
    cleaned, _ = Recipe("nothing", ()).apply(frame)
    cleaned.loc[10, "plan"] = "changed"
    pd.testing.assert_frame_equal(frame, raw())


def test_recipe_and_log_are_json_and_the_same_each_time():
    (one, first), (two, second) = RECIPE.apply(raw()), RECIPE.apply(raw())
    pd.testing.assert_frame_equal(one, two)
    assert json.dumps(first.to_dict()) == json.dumps(second.to_dict())
    assert Recipe.from_dict(json.loads(json.dumps(RECIPE.to_dict()))) == RECIPE
    assert {step.kind for step in RECIPE.steps} == set(STEPS)


@given(st.lists(st.tuples(st.sampled_from("ab"), st.one_of(st.none(), st.integers(0, 2))), max_size=10))
def test_dropping_duplicates_is_what_pandas_does(rows):
    frame = pd.DataFrame(rows, columns=["a", "b"]).astype({"a": "str", "b": "Int64"})
    cleaned, log = Recipe("r", (DropDuplicates(),)).apply(frame)
    pd.testing.assert_frame_equal(cleaned, frame.drop_duplicates())
    assert sorted([*cleaned.index, *log.merged]) == list(range(len(rows)))
    assert all(frame.loc[copy].to_dict() == frame.loc[kept].to_dict() for copy, kept in log.merged.items())


@pytest.mark.parametrize(
    ("kind", "texts", "values"),
    [
        ("number", ["1.5", " ", None], [1.5, None, None]),
        ("integer", ["3", "", "4"], [3, None, 4]),
        ("date", ["2026-03-01", " "], [pd.Timestamp("2026-03-01"), None]),
        ("instant", ["2026-03-01T01:00:00+01:00", None], [pd.Timestamp("2026-03-01", tz="UTC"), None]),
    ],
)
def test_text_is_parsed_and_blanks_become_missing(kind, texts, values):
    cleaned, entry = run(Parse("a", kind), a=texts)
    assert [None if pd.isna(value) else value for value in cleaned["a"]] == values
    assert entry.cells_changed == sum(text is not None and not text.strip() for text in texts)


def test_text_that_spells_nothing_is_refused_or_forgotten_on_request():
    with pytest.raises(InvalidSetting, match="1 values of 'a' that are no number, first 'n/a' in row 1"):
        run(Parse("a"), a=["1", "n/a"])
    cleaned, entry = run(Parse("a", unreadable="missing"), a=["1", "n/a"])
    assert np.isnan(cleaned.loc[1, "a"])
    assert entry.rows.tolist() == [1]


@pytest.mark.parametrize(
    ("method", "filled"), [("median", [1.0, 2.0, 3.0, 9.0, 3.0]), ("most_frequent", [1.0, 1.0, 3.0, 9.0, 1.0])]
)
def test_missing_values_are_filled_by_group_and_then_overall(method, filled):
    cleaned, entry = run(
        FillMissing("n", method, by=("g",)), g=["a", "a", "a", "b", "c"], n=[1.0, None, 3.0, 9.0, None]
    )
    assert cleaned["n"].tolist() == filled
    assert entry.rows.tolist() == [1, 4]


def test_the_mean_fills_and_nothing_can_fill_a_column_of_nothing():
    assert run(FillMissing("n", "mean"), n=[1.0, None, 2.0])[0]["n"].tolist() == [1.0, 1.5, 2.0]
    assert run(FillMissing("n", "mean"), n=pd.Series([None, None], dtype="float64"))[0]["n"].isna().all()


@pytest.mark.parametrize(
    ("build", "found"),
    [
        (lambda: FillMissing("a", "guess"), "method 'guess'.*median"),
        (lambda: FillMissing("a", "median", value=3), "for method 'value' only"),
        (lambda: FillMissing("a", "value"), "for method 'value' only"),
        (lambda: Parse("a", "complex"), "type 'complex'"),
        (lambda: Parse("a", unreadable="ignore"), "unreadable 'ignore'"),
    ],
)
def test_settings_are_refused_when_they_are_made(build, found):
    with pytest.raises(InvalidSetting, match=found):
        build()


def test_a_missing_column_stops_before_anything_is_done():
    with pytest.raises(MissingColumn, match="no column 'b' for step rescale"):
        run(Rescale("a", 2, number("b") > 0), a=[1])


def test_a_taken_name_is_refused():
    with pytest.raises(InvalidSetting, match="a column 'b' already"):
        run(Rename("a", "b"), a=[1], b=[2])


def test_rows_and_columns_must_have_names_of_their_own():
    with pytest.raises(InvalidSetting, match="row label 0 more than once.*reset_index"):
        RECIPE.apply(raw().set_axis([0, 0, 1, 2, 3, 4]))
    with pytest.raises(DuplicateColumn):
        RECIPE.apply(pd.DataFrame([[1, 2]], columns=["a", "a"]))


@pytest.mark.parametrize(
    ("step", "error"),
    [
        ({"step": "polish"}, UnknownStep),
        ({"step": "clip", "floor": 1, "column": "a"}, InvalidSetting),
        ({"step": "clip"}, InvalidSetting),
    ],
)
def test_steps_of_another_form_are_refused(step, error):
    with pytest.raises(error):
        Recipe.from_dict({"name": "r", "steps": [step]})


def test_html_shows_what_became_of_the_rows():
    html = RECIPE.apply(raw())[1]._repr_html_()
    assert "6 rows became 4" in html
    assert "drop_duplicates" in html
