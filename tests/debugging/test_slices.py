"""Planted slices are found, chance is called chance, and counting agrees with pandas."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlops_helpers.debugging import (
    EmptyData,
    InvalidSetting,
    MissingColumn,
    OneClass,
    UnequalLengths,
    confusion_by_slice,
    worst_slices,
)
from mlops_helpers.debugging.binning import bin_column
from mlops_helpers.debugging.slice_search import count_slices


def customers(rows=4000, seed=1):
    """Return a table whose errors have two planted causes."""
    rng = np.random.default_rng(seed)
    table = pd.DataFrame(
        {
            "age": rng.integers(18, 90, rows),
            "contract": rng.choice(["Month", "One year", "Two year"], rows),
            "payment": rng.choice(["Card", "Debit", "Voucher"], rows),
            "charges": rng.normal(70, 20, rows).round(2),
        }
    )
    table.loc[rng.random(rows) < 0.03, "age"] = -999
    rate = np.full(rows, 0.05)
    rate[table["age"] == -999] = 0.6
    rate[(table["contract"] == "One year") & (table["payment"] == "Voucher")] = 0.5
    return table.assign(wrong=rng.random(rows) < rate)


def test_planted_slices_are_found_and_named_and_nothing_else_is_called_worse():
    table = worst_slices(customers(), error="wrong").table
    worse = table[table["verdict"] == "worse"]
    assert set(worse["slice"]) == {"age = -999", "contract = One year & payment = Voucher"}
    assert (table.loc[table["verdict"] == "could be chance", "p_value"] < 0.05).all()


def test_the_numbers_of_a_slice_are_those_of_its_rows():
    data = customers()
    report = worst_slices(data, error="wrong")
    first, inside = report.table.iloc[0], report.mask(report.table.iloc[0]["slice"])
    assert (first["n"], first["errors"]) == (inside.sum(), (data["wrong"] & inside).sum())
    assert first["rest_rate"] == pytest.approx(data["wrong"][~inside].mean())
    assert first["lift"] == pytest.approx(first["error_rate"] / first["rest_rate"])


@pytest.mark.parametrize("seed", range(12))
def test_random_errors_are_called_chance(seed):
    data = customers(1500, seed)
    shuffled = data["wrong"].sample(frac=1, random_state=seed).to_numpy()
    report = worst_slices(data.drop(columns="wrong"), error=shuffled)
    assert (report.table["verdict"] != "worse").all()
    assert "None of them is worse than chance explains" in str(report)


def test_depth_one_finds_no_pairs():
    table = worst_slices(customers(), error="wrong", depth=1).top(50)
    assert not table["slice"].str.contains(" & ").any()


def test_a_slice_within_a_slice_is_listed_if_it_is_worse_still():
    rng = np.random.default_rng(0)
    data = pd.DataFrame({"x": rng.choice(["a", "b"], 8000), "y": rng.choice(["c", "d"], 8000)})
    rate = np.where(data["x"] == "a", np.where(data["y"] == "c", 0.5, 0.2), 0.02)
    worse = worst_slices(data, error=rng.random(8000) < rate).table.query("verdict == 'worse'")
    assert list(worse["slice"]) == ["x = a", "x = a & y = c"]


def test_a_column_that_says_the_same_as_another_is_not_listed_again():
    data = customers()
    data["copy"] = data["contract"] + data["payment"]
    worse = worst_slices(data, error="wrong").table.query("verdict == 'worse'")
    assert len(worse) == 2


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 10_000), st.integers(1, 3), st.integers(1, 12))
def test_counts_agree_with_groupby(seed, depth, min_support):
    rng = np.random.default_rng(seed)
    data = pd.DataFrame({name: rng.integers(0, rng.integers(2, 5), 60) for name in "abc"})
    wrong = rng.random(60) < 0.3
    binned = [bin_column(data[name], min_rows=1) for name in data]
    counted = count_slices(binned, wrong, depth=depth, min_support=min_support)
    for number in range(len(counted.n)):
        named = [binned[column].labels[level].split(" = ") for column, level in counted.conditions(number)]
        inside = np.all([data[name] == int(value) for name, value in named], axis=0)
        assert (counted.n[number], counted.errors[number]) == (inside.sum(), (inside & wrong).sum())
        assert min_support <= counted.n[number] < 60


def test_columns_without_groups_are_left_out_with_the_reason():
    data = customers().assign(id=[f"C{number}" for number in range(4000)], country="DE")
    assert worst_slices(data, error="wrong").left_out == {
        "id": "one level only: id is one of 4000 rare values",
        "country": "one level only: country = DE",
    }


def test_missing_values_are_a_slice():
    rng = np.random.default_rng(0)
    data = pd.DataFrame({"income": np.where(rng.random(3000) < 0.1, np.nan, rng.normal(50, 9, 3000))})
    wrong = rng.random(3000) < np.where(data["income"].isna(), 0.5, 0.05)
    assert worst_slices(data, error=wrong).table["slice"][0] == "income is missing"


@pytest.mark.parametrize(
    ("change", "error", "match"),
    [
        ({"error": "wrnog"}, MissingColumn, "Nearest: wrong"),
        ({"features": ["agee"], "error": "wrong"}, MissingColumn, "Nearest: age"),
        ({"error": [True]}, UnequalLengths, "4000 and 1 items"),
        ({"error": np.zeros(4000)}, OneClass, "False in all 4000 rows"),
        ({"error": np.ones(4000)}, OneClass, "True in all 4000 rows"),
        ({"error": np.full(4000, 2)}, InvalidSetting, "True or False, or 1 and 0"),
        ({"error": "wrong", "depth": 0}, InvalidSetting, "depth"),
        ({"error": "wrong", "alpha": 2}, InvalidSetting, "alpha"),
        ({"error": "wrong", "min_support": 5000}, InvalidSetting, "min_support"),
    ],
)
def test_what_makes_no_sense_is_refused_by_name(change, error, match):
    with pytest.raises(error, match=match):
        worst_slices(customers(), **change)


def test_an_empty_table_and_one_without_groups_are_refused():
    with pytest.raises(EmptyData):
        worst_slices(customers().head(0), error="wrong")
    with pytest.raises(InvalidSetting, match="no column that divides"):
        worst_slices(pd.DataFrame({"x": ["a"] * 40}), error=[True] + [False] * 39)
    with pytest.raises(InvalidSetting, match="as the report's table names it"):
        worst_slices(customers(), error="wrong").mask("age = 1000")


def test_the_report_speaks():
    report = worst_slices(customers(), error="wrong")
    assert "age = -999: " in str(report)
    assert "<table" in report._repr_html_()
    assert "slices of at least 30 rows examined" in str(report)


def test_confusion_by_slice_by_hand():
    table = pd.DataFrame({"y": [1, 1, 0, 0, 1], "said": [1, 0, 1, 0, 1], "plan": ["a", "a", "a", "b", None]})
    found = confusion_by_slice(table, label="y", predicted="said", by="plan").set_index("slice")
    columns = ["n", "tp", "fp", "fn", "tn"]
    assert found.loc["plan = a", columns].tolist() == [3, 1, 1, 1, 0]
    assert found.loc["plan is missing", columns].tolist() == [1, 1, 0, 0, 0]
    assert found.loc["all rows", columns].tolist() == [5, 2, 1, 1, 1]
    assert found.loc["all rows", ["error_rate", "precision", "recall"]].tolist() == pytest.approx([0.4, 2 / 3, 2 / 3])
    assert np.isnan(found.loc["plan = b", "precision"])


def test_confusion_of_several_columns_and_classes():
    data = customers().assign(y=lambda rows: rows["contract"], said="Month")
    found = confusion_by_slice(data, label="y", predicted="said", by=["age", "payment"], positive="Month")
    ages = found[found["slice"].str.startswith("age")]
    assert ages["n"].sum() == found.iloc[-1]["n"] == 4000
    assert "age = -999" in set(ages["slice"])
    assert found.iloc[-1]["error_rate"] == pytest.approx((data["contract"] != "Month").mean())
    assert found.iloc[-1]["error_low"] < found.iloc[-1]["error_rate"] < found.iloc[-1]["error_high"]


def test_rows_without_a_label_are_refused():
    table = pd.DataFrame({"y": [1, None], "said": [1, 1], "plan": ["a", "b"]})
    with pytest.raises(InvalidSetting, match="1 rows without a value in 'y'"):
        confusion_by_slice(table, label="y", predicted="said", by="plan")
