"""Digests of content: equal for equal content only, and the first difference between two results."""

import datetime as dt
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlops_helpers.debugging.content import content_digest, describe
from mlops_helpers.debugging.differences import first_difference
from mlops_helpers.debugging.errors import InvalidSetting
from mlops_helpers.governance import Artifact, Business, Run

TABLE = pd.DataFrame({"id": [1, 2, 3], "plan": ["a", None, "b"], "spent": [0.5, np.nan, 2.0]})
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text() | st.floats(allow_nan=False),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


def changed(**columns):
    return TABLE.assign(**columns)


CHANGES = {
    "a cell": changed(spent=[0.5, np.nan, 2.1]),
    "a missing text": changed(plan=["a", "", "b"]),
    "a type": changed(id=[1.0, 2.0, 3.0]),
    "a name": TABLE.rename(columns={"plan": "tariff"}),
    "the order of rows": TABLE.iloc[::-1],
    "the order of columns": TABLE[["plan", "id", "spent"]],
    "the index": TABLE.set_axis([1, 2, 3]),
    "the number of rows": TABLE.iloc[:2],
    "numbers as text": changed(id=["1", "2", "3"]),
}


@pytest.mark.parametrize("what", CHANGES)
def test_a_changed_table_has_another_digest(what):
    assert content_digest(CHANGES[what]) != content_digest(TABLE)


def test_how_text_is_stored_makes_no_difference():
    assert content_digest(changed(plan=TABLE["plan"].astype(object))) == content_digest(TABLE)


def test_mixed_columns_tell_text_from_numbers():
    mixed, text = pd.Series([1, "a", 2.5], dtype=object), pd.Series(["1", "a", "2.5"], dtype=object)
    assert content_digest(mixed) != content_digest(text)
    assert content_digest(pd.Series([[1], [2]])) == content_digest(pd.Series([[1], [2]]))


def test_categories_and_missing_numbers_are_covered():
    levels = pd.DataFrame({"plan": pd.Categorical(["x", "y", None])})
    assert content_digest(levels) == content_digest(levels.copy())
    assert content_digest(levels) != content_digest(levels.assign(plan=pd.Categorical(["x", "x", None])))
    assert content_digest(pd.Series([1, None], dtype="Int64")) != content_digest(pd.Series([1, 0], dtype="Int64"))


def test_another_process_finds_the_same():
    program = (
        "import pandas as pd; from mlops_helpers.debugging.content import content_digest as d;"
        "print(d({'t': pd.DataFrame({'a': ['x', None], 'b': [1, 2]}), 's': {'p', 'q', 'r'}}))"
    )
    run = [sys.executable, "-c", program]
    found = {
        subprocess.run(run, env={"PYTHONHASHSEED": seed}, capture_output=True, text=True, check=True).stdout
        for seed in ("1", "2")
    }
    here = content_digest({"s": {"r", "q", "p"}, "t": pd.DataFrame({"a": ["x", None], "b": [1, 2]})})
    assert found == {f"{here}\n"}


@given(VALUES, VALUES)
def test_equal_digests_mean_equal_json(one, two):
    assert (content_digest(one) == content_digest(two)) == (repr_sorted(one) == repr_sorted(two))


def repr_sorted(value):
    """Another way to tell values apart: their Python spelling, with mappings in order."""
    if isinstance(value, dict):
        return f"{{{sorted((key, repr_sorted(item)) for key, item in value.items())}}}"
    return f"[{[repr_sorted(item) for item in value]}]" if isinstance(value, list) else repr(value)


def test_files_and_artifacts_are_told_by_their_bytes(tmp_path):
    one, two = tmp_path / "one.csv", tmp_path / "two.csv"
    for path in (one, two):
        path.write_bytes(b"a,b\n1,2\n")
    assert content_digest(one) == content_digest(two)
    two.write_bytes(b"a,b\n1,3\n")
    assert content_digest(one) != content_digest(two)
    business, run = Business("d", "o", "s", "p"), Run("1", "job", dt.datetime(2026, 1, 1, tzinfo=dt.UTC))
    first = Artifact("clean.csv", "v1", business, run, 8, sha256="a")
    assert content_digest(first) != content_digest(Artifact("clean.csv", "v1", business, run, 8, sha256="b"))
    assert describe(first).startswith("clean.csv@v1, sha256 ")


def test_a_description_gives_size_and_digest_but_no_data():
    assert describe(TABLE) == f"3 rows × 3 columns, sha256 {content_digest(TABLE)}"
    assert describe(np.zeros((2, 3))).startswith("array 2×3, ")
    assert describe([1, 2]).startswith("2 items, ")


@pytest.mark.parametrize("value", [object(), lambda: 1])
def test_what_has_no_content_is_refused(value):
    with pytest.raises(InvalidSetting, match="content cannot be compared"):
        content_digest(value)


def test_a_file_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(InvalidSetting, match=r"no file 'gone\.csv'"):
        content_digest(tmp_path / "gone.csv")


DIFFERENCES = [
    ({"a": [1, 2, 3]}, {"a": [1, 2, 4]}, "['a'][2]: 3 and then 4"),
    ({"a": 1}, {"a": 1, "b": 2}, "['b']: absent and then 2"),
    ([1, 2], [1], "(its length): 2 and then 1"),
    (1.0, "1.0", "(its type): a float and then a str"),
    (np.array([[1, 2], [3, 4]]), np.array([[1, 2], [5, 4]]), "[1, 0]: 3 and then 5"),
    (np.zeros(2), np.zeros(3), "(its shape): (2,) and then (3,)"),
    (TABLE, CHANGES["a cell"], "row 2, column 'spent': 2.0 and then 2.1"),
    (TABLE, CHANGES["a name"], "(its columns)[1]: plan and then tariff"),
    (TABLE, CHANGES["the index"], "(its index)[0]: 0 and then 1"),
    (pd.Series([1.5, None]), pd.Series([None, None], dtype=float), "[0]: 1.5 and then nan"),
    (TABLE, CHANGES["a missing text"], "row 1, column 'plan': nan and then "),
    (pd.Series(["a", None], dtype="string"), pd.Series(["a", "b"], dtype="string"), "[1]: <NA> and then b"),
    (pd.Series(["a", None], dtype=object), pd.Series(["a", "b"], dtype=object), "[1]: None and then b"),
    (float("nan"), 1.0, "the result: nan and then 1.0"),
    ("a", "b", "the result: a and then b"),
    (True, 1, "(its type): a bool and then a int"),
]


@pytest.mark.parametrize(("before", "after", "text"), DIFFERENCES, ids=[text for *_, text in DIFFERENCES])
def test_the_first_difference_is_named(before, after, text):
    assert str(first_difference(before, after)) == text


@pytest.mark.parametrize("value", [before for before, *_ in DIFFERENCES])
def test_a_copy_does_not_differ(value):
    copied = value.copy() if hasattr(value, "copy") else value
    assert first_difference(value, copied) is None


def test_numbers_within_the_tolerance_are_equal():
    assert first_difference({"a": 1.0}, {"a": 1.0625}, tolerance=0.0625) is None
    assert first_difference(np.array([1.0, np.inf]), np.array([1.0625, np.inf]), tolerance=0.0625) is None
    assert first_difference(1.0, 1.125, tolerance=0.0625).after == 1.125


@given(VALUES, VALUES)
def test_a_difference_is_found_if_and_only_if_there_is_one(one, two):
    assert first_difference(one, one) is None
    if first_difference(one, two) is None:
        assert one == two


def test_models_cannot_be_compared_and_a_tolerance_is_not_negative():
    with pytest.raises(InvalidSetting, match="say nothing about being equal"):
        first_difference(object(), object())
    with pytest.raises(InvalidSetting, match="tolerance=-1"):
        first_difference(1, 1, tolerance=-1)
