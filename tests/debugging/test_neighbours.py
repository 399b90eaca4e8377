"""Nearest training examples, against Gower's distance worked by hand and by a slow loop."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlops_helpers.debugging import EmptyData, InvalidSetting, MissingColumn, nearest_examples

TRAIN = pd.DataFrame(
    {"age": [20.0, 30.0, 70.0, np.nan], "plan": ["a", "b", "a", None], "churn": [0, 1, 0, 1]}, index=[10, 11, 12, 13]
)
SPREAD = np.quantile([20, 30, 70], 0.99) - np.quantile([20, 30, 70], 0.01)


def test_distances_by_hand():
    found = nearest_examples(TRAIN, pd.Series({"age": 25.0, "plan": "a"}, name=7), features=["age", "plan"], k=4)
    assert found["neighbour"].tolist() == [10, 12, 11, 13]
    assert found["distance"].tolist() == pytest.approx([2.5 / SPREAD, 22.5 / SPREAD, 2.5 / SPREAD + 0.5, 1.0])
    assert found["differs_in"].tolist() == ["age", "age", "plan", "age"]
    assert found["query"].tolist() == [7] * 4
    assert found["churn"].tolist() == [0, 0, 1, 1]


def test_missing_is_like_missing_only():
    asked = pd.DataFrame({"age": [np.nan], "plan": [None]})
    found = nearest_examples(TRAIN, asked, features=["age", "plan"], k=4)
    assert found["neighbour"].tolist() == [13, 10, 11, 12]
    assert found["distance"].tolist() == [0, 1, 1, 1]
    assert pd.isna(found["differs_in"][0])


def test_one_sentinel_does_not_make_all_true_values_alike():
    ages = pd.DataFrame({"age": [*range(20, 90)] * 5 + [-999]})
    found = nearest_examples(ages, pd.DataFrame({"age": [20, 89]}), features=["age"], k=1)
    assert found["distance"].tolist() == [0, 0]
    far = nearest_examples(ages, pd.DataFrame({"age": [20]}), features=["age"], k=len(ages))
    assert far["distance"].iloc[-2] > 0.9


@settings(deadline=None, max_examples=50)
@given(st.integers(0, 10_000), st.integers(1, 8))
def test_agrees_with_a_slow_loop(seed, k):
    rng = np.random.default_rng(seed)
    train = pd.DataFrame({"x": rng.normal(size=12), "c": rng.choice(["a", "b", None], 12)})
    row = train.sample(1, random_state=seed)
    low, high = np.quantile(train["x"], [0.01, 0.99])
    slow = []
    for x, c in train.itertuples(index=False):
        gone = (pd.isna(c), pd.isna(row["c"].iloc[0]))
        other = 0.0 if all(gone) else float(any(gone) or c != row["c"].iloc[0])
        slow.append((min(1, abs(x - row["x"].iloc[0]) / (high - low)) + other) / 2)
    found = nearest_examples(train, row, features=["x", "c"], k=k)
    assert found["distance"].tolist() == pytest.approx(sorted(slow)[:k])
    assert found["distance"][0] == 0


def test_times_categories_and_whole_numbers():
    train = pd.DataFrame(
        {
            "signed": pd.date_range("2026-01-01", periods=5, tz="UTC"),
            "kind": pd.Categorical(list("aabbb")),
            "calls": pd.array([1, 2, None, 3, 4], dtype="Int64"),
        }
    )
    found = nearest_examples(train, train.iloc[[2]], features=list(train), k=2)
    assert found["neighbour"].tolist()[0] == 2
    assert found["distance"][0] == 0


def test_every_asked_row_gets_its_neighbours_in_order():
    found = nearest_examples(TRAIN, TRAIN, features=["age"], k=2)
    assert found["query"].tolist() == [10, 10, 11, 11, 12, 12, 13, 13]
    assert found["rank"].tolist() == [1, 2] * 4
    assert (found.groupby("query")["distance"].diff().dropna() >= 0).all()


@pytest.mark.parametrize(
    ("train", "rows", "options", "error", "match"),
    [
        (TRAIN, TRAIN, {"features": ["agee"]}, MissingColumn, "Nearest: age"),
        (TRAIN, TRAIN, {"features": []}, InvalidSetting, "no features"),
        (TRAIN, TRAIN, {"features": ["age"], "k": 5}, InvalidSetting, "from 1 to 4"),
        (TRAIN.head(0), TRAIN, {"features": ["age"]}, EmptyData, "training data"),
        (TRAIN, TRAIN.head(0), {"features": ["age"]}, EmptyData, "rows asked for"),
        (TRAIN, pd.DataFrame({"age": ["x"]}), {"features": ["age"], "k": 1}, InvalidSetting, "as in the training"),
        (TRAIN.rename(columns={"churn": "rank"}), TRAIN, {"features": ["age"], "k": 1}, InvalidSetting, "Rename"),
    ],
)
def test_what_makes_no_sense_is_refused_by_name(train, rows, options, error, match):
    with pytest.raises(error, match=match):
        nearest_examples(train, rows, **options)


def test_a_label_instead_of_its_row_is_refused():
    table = pd.DataFrame({"age": [1, 2, 3]})
    with pytest.raises(InvalidSetting, match="Give table.loc"):
        nearest_examples(table, 2, features=["age"], k=1)
