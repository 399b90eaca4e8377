"""Broken pipelines: each fault is planted and found, alone; honest changes are none."""

import numpy as np
import pandas as pd
import pytest

from mlops_helpers.monitoring.evidence import evidence_table
from mlops_helpers.monitoring.faults import pipeline_faults
from mlops_helpers.monitoring.units import find_unit
from tests.monitoring.worlds import FEATURES, customers


def found(production, before=None):
    lines = pipeline_faults(customers(6000) if before is None else before, production, features=FEATURES)
    return [(line.check, line.column, line.what) for line in lines if line.found]


def test_every_feature_is_checked_and_the_table_shows_what_was_found_first():
    lines = pipeline_faults(customers(6000), customers(seed=9).assign(city=None), features=FEATURES)
    table = evidence_table(lines)
    assert table.loc[0, ["check", "column", "found"]].tolist() == ["missing values", "city", True]
    assert set(table["column"]) == set(FEATURES)


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("change", [{}, {"age": 52}, {"mix": (0.1, 0.1, 0.8)}])
def test_a_change_of_the_world_is_no_fault(change, seed):
    assert found(customers(1500, seed=seed + 50, **change)) == []


@pytest.mark.parametrize("factor", [0.55, 1.3, 2.0])
def test_prices_that_rise_or_fall_are_no_unit(factor):
    assert found(customers(seed=9).assign(price=lambda rows: rows["price"] * factor)) == []


@pytest.mark.parametrize(("factor", "words"), [(100, "times 100"), (1 / 1000, "divided by 1000"), (60, "times 60")])
def test_another_unit(factor, words):
    (fault,) = found(customers(seed=9).assign(price=lambda rows: rows["price"] * factor))
    assert fault[:2] == ("unit", "price")
    assert fault[2] == f"the numbers are those of before {words}"


def test_another_unit_of_one_source_only():
    """Only Salem delivers cents: one row in fifty."""
    production = customers(seed=9, mix=(0.5, 0.48, 0.02))
    production["price"] *= np.where(production["city"] == "Salem", 1000, 1)
    (fault,) = found(production)
    assert fault[1] == "price"
    assert fault[2].startswith("the numbers are those of before times 1000 in ")
    assert fault[2].endswith("all of them with city = Salem")


def test_degrees():
    rng = np.random.default_rng(0)
    celsius, later = rng.normal(12, 8, 5000), rng.normal(12, 8, 5000)
    assert find_unit(celsius, later * 1.8 + 32).how == "in °F instead of °C"
    assert find_unit(celsius, later) is None
    assert find_unit(celsius, later[:5]) is None


def test_a_block_of_missing_values():
    production = customers(seed=9).astype({"price": "float64"})
    production.loc[1000:1600, "price"] = np.nan
    ((check, column, what),) = found(production)
    assert (check, column) == ("missing values", "price")
    assert what.endswith("the longest block without a value has 601 rows")


def test_a_number_in_place_of_missing_ones():
    production = customers(seed=9)
    production.loc[::10, "price"] = -1
    ((check, column, what),) = found(production)
    assert (check, column, what) == ("filled in", "price", "-1 in 10.0% of the rows instead of 0.0%")


def test_a_column_that_stands_still():
    assert found(customers(seed=9).assign(age=40)) == [("constant", "age", "every value is 40")]
    assert found(customers(seed=9).assign(city="Boston")) == [("constant", "city", "every value is Boston")]


def test_a_new_level_and_one_that_chance_brings():
    production = customers(seed=9)
    production.loc[:99, "city"] = "boston"
    assert found(production) == [("new level", "city", "1 levels never seen before: boston (100)")]
    rng = np.random.default_rng(0)
    streets = [customers(3000, seed=seed).assign(city=rng.zipf(1.5, 3000).astype(str)) for seed in (0, 1)]
    assert [line for line in found(streets[1], before=streets[0]) if line[0] == "new level"] == []


def test_a_column_that_was_constant_already_is_no_fault():
    before, after = customers(6000).assign(visits=3), customers(seed=9).assign(visits=3)
    assert found(after, before=before) == []


def test_categories_count_as_text():
    before, after = (customers(seed=seed).astype({"city": "category"}) for seed in (0, 9))
    assert found(after, before=before) == []
    assert isinstance(after["city"].dtype, pd.CategoricalDtype)
