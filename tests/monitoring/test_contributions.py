"""Kitagawa's decomposition: the parts add up, and each part sees what it should see."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlops_helpers.monitoring.bins import bin_column
from mlops_helpers.monitoring.contributions import feature_contributions, slice_contributions
from mlops_helpers.monitoring.errors import EmptyWindow, InvalidSetting, MismatchedColumns, MissingColumn

cell = st.tuples(st.sampled_from(["a", "b", None]), st.one_of(st.none(), st.integers(0, 40)), st.floats(-3, 3))
table = st.lists(cell, min_size=1, max_size=40)


def frame(rows):
    made = pd.DataFrame(rows, columns=["city", "age", "error"])
    return made.astype({"city": object, "age": "float64"})


def people(n=4000, *, seed=0, young=0.3, error_of_the_young=0.4):
    rng = np.random.default_rng(seed)
    group = np.where(rng.random(n) < young, "young", "old")
    chance = np.where(group == "young", error_of_the_young, 0.1)
    error = (rng.random(n) < chance).astype(float)
    return pd.DataFrame({"group": group, "shoe": rng.normal(42, 2, n), "error": error})


def test_a_worked_example():
    """p = (.5, .5), q = (.2, .8), m = (0, 1), m' = (0, .5): change -.1 = mix +.3 and rate -.4."""
    before = pd.DataFrame({"group": ["x"] * 5 + ["y"] * 5, "error": [0.0] * 5 + [1.0] * 5})
    after = pd.DataFrame({"group": ["x"] * 2 + ["y"] * 8, "error": [0.0] * 2 + [0.5] * 8})
    found = feature_contributions(before, after, features=["group"], outcome="error").loc[0]
    assert found[["change", "mix", "rate"]].tolist() == pytest.approx([-0.1, 0.3, -0.4])
    slices = slice_contributions(before, after, features=["group"], outcome="error", min_rows=1).set_index("slice")
    assert slices.loc["group = y", ["mix", "rate"]].tolist() == pytest.approx([0.15, -0.4])
    assert slices.loc["group = x", ["mix", "rate"]].tolist() == pytest.approx([0.15, 0.0])


@settings(max_examples=40)
@given(table, table)
def test_the_slices_of_every_feature_add_up_to_the_change(first, second):
    before, after = frame(first), frame(second)
    change = after["error"].mean() - before["error"].mean()
    for name in ("city", "age"):
        slices = slice_contributions(before, after, features=[name], outcome="error", min_rows=0)
        assert slices["contribution"].sum() == pytest.approx(change, abs=1e-9)
    both = slice_contributions(before, after, features=["city", "age"], outcome="error", min_rows=0, depth=2)
    assert both.loc[both["slice"].str.contains(" and "), "contribution"].sum() == pytest.approx(change, abs=1e-9)


@settings(max_examples=40)
@given(table, table)
def test_every_row_has_exactly_one_bin(first, second):
    before, after = frame(first), frame(second)
    for name in ("city", "age"):
        binned = bin_column(before, after, name)
        for share in binned.shares():
            assert share.sum() == pytest.approx(1)
        if before[name].notna().any():
            assert (binned.reference == len(binned.names) - 1).sum() == before[name].isna().sum()


def test_the_feature_that_moved_explains_and_the_other_does_not():
    found = feature_contributions(people(), people(seed=1, young=0.6), features=["shoe", "group"], outcome="error")
    assert found["feature"].tolist() == ["group", "shoe"]
    assert found.loc[0, "mix"] == pytest.approx(0.3 * 0.3, abs=0.02)
    assert found.loc[0, "low"] > 0
    assert found.loc[1, "low"] < 0.005


def test_a_slice_that_got_worse_is_found_though_nobody_moved():
    slices = slice_contributions(
        people(), people(seed=1, error_of_the_young=0.7), features=["group", "shoe"], outcome="error"
    )
    first = slices.loc[0]
    assert first["slice"] == "group = young"
    assert first["rate"] == pytest.approx(0.3 * 0.3, abs=0.02)
    assert first["z"] > 3


def test_the_interval_of_the_mix_covers_zero_when_nothing_moved():
    found = [
        feature_contributions(people(seed=i), people(seed=i + 500), features=["group"], outcome="error")
        for i in range(300)
    ]
    inside = [(one["low"] <= 0).all() and (one["high"] >= 0).all() for one in found]
    assert 0.9 <= np.mean(inside) <= 0.99


def test_small_slices_are_left_out():
    slices = slice_contributions(people(), people(seed=1), features=["group", "shoe"], outcome="error", min_rows=1000)
    assert slices["rows_production"].min() >= 1000


def test_what_cannot_be_compared_is_refused():
    with pytest.raises(MismatchedColumns, match="'shoe' as float64 in the reference and"):
        feature_contributions(people(), people().assign(shoe="42"), features=["shoe"], outcome="error")
    with pytest.raises(MissingColumn, match="Did you mean 'shoe'"):
        feature_contributions(people(), people(), features=["shoes"], outcome="error")
    with pytest.raises(EmptyWindow, match="no row with 'error' in production"):
        feature_contributions(people(), people().assign(error=np.nan), features=["shoe"], outcome="error")
    with pytest.raises(InvalidSetting, match="depth=3"):
        slice_contributions(people(), people(), features=["shoe"], outcome="error", depth=3)
