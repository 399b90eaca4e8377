"""Leaks are found, honest features and ids are not accused, and AUC agrees with scikit-learn."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from mlops_helpers.debugging import EmptyData, InvalidSetting, MissingColumn, OneClass, leakage_probe, shared_rows
from mlops_helpers.debugging.leakage import auc, feature_auc


@pytest.fixture(scope="module")
def customers():
    rng = np.random.default_rng(0)
    rows = 3000
    churned = rng.random(rows) < 0.2
    return pd.DataFrame(
        {
            "churned": np.where(churned, "Yes", "No"),
            "age": rng.normal(50, 9, rows) - 4 * churned,
            "customer_id": [f"C{number}" for number in range(rows)],
            "cancel_reason": np.where(churned, rng.choice(["price", "moved"], rows), "none"),
            "final_bill": np.where(churned, 0, rng.normal(70, 5, rows)),
            "income": np.where(rng.random(rows) < 0.02 + 0.2 * churned, np.nan, rng.normal(50, 9, rows)),
            "calls": rng.poisson(2, rows),
            "calls_at": pd.Timestamp("2026-03-02"),
            "due": pd.Timestamp("2026-03-01"),
        }
    )


def probe(customers, **options):
    return leakage_probe(customers, label="churned", **options).set_index("feature")


def test_each_feature_gets_its_verdict(customers):
    found = probe(customers, known_at={"calls": "calls_at"}, decided_at="due")
    assert found["verdict"].to_dict() == {
        "cancel_reason": "too good to be true",
        "final_bill": "too good to be true",
        "income": "missing tells",
        "calls": "known too late",
        "age": "plausible",
        "customer_id": "plausible",
    }
    assert "in 100.0% of the rows" in found.loc["calls", "why"]


def test_the_most_suspicious_comes_first(customers):
    assert probe(customers).index[:2].tolist() == ["cancel_reason", "final_bill"]


def test_an_id_of_its_own_per_row_scores_like_a_coin(customers):
    assert probe(customers).loc["customer_id", "auc"] == pytest.approx(0.5, abs=0.02)


def test_an_id_that_predicts_tells_that_rows_repeat(customers):
    twice = probe(pd.concat([customers, customers.head(1500)]))
    assert twice.loc["customer_id", "verdict"] == "rows repeat"
    assert twice.loc["customer_id", "levels"] == 3000
    assert np.isnan(twice.loc["age", "levels"])


def test_many_levels_without_meaning_score_like_a_coin():
    rng = np.random.default_rng(1)
    column = pd.Series(rng.integers(0, 800, 3000).astype(str), name="shop")
    assert feature_auc(column, rng.random(3000) < 0.3) < 0.55


def test_rates_where_missing_are_those_of_pandas(customers):
    line = probe(customers).loc["income"]
    positive = customers["churned"] == "Yes"
    assert line["rate_missing"] == pytest.approx(positive[customers["income"].isna()].mean())
    assert line["rate_present"] == pytest.approx(positive[customers["income"].notna()].mean())


def test_a_leak_that_is_not_monotonic_is_found():
    rng = np.random.default_rng(2)
    x = pd.Series(rng.uniform(0, 1, 4000), name="x")
    assert feature_auc(x, ((x > 0.4) & (x < 0.6)).to_numpy()) > 0.95


def test_the_limit_decides(customers):
    assert probe(customers, limit=0.6).loc["age", "verdict"] == "too good to be true"


@given(st.lists(st.tuples(st.integers(0, 5), st.booleans()), min_size=2, max_size=50))
def test_auc_agrees_with_scikit_learn(rows):
    scores, truth = np.array([score for score, _ in rows]), np.array([is_true for _, is_true in rows])
    if truth.all() or not truth.any():
        assert auc(scores, truth) == 0.5
    else:
        assert auc(scores, truth) == pytest.approx(roc_auc_score(truth, scores))


def test_shared_rows_are_those_of_the_test_part():
    train = pd.DataFrame({"id": [1, 2, 3], "x": [1.0, 2.0, np.nan], "y": ["a", "b", None]})
    test = pd.DataFrame({"id": [8, 9, 7], "x": [2.0, 2.0, np.nan], "y": ["b", "a", None]}, index=[5, 6, 7])
    assert shared_rows(train, test, columns=["x", "y"]).index.tolist() == [5, 7]
    assert shared_rows(train, test).empty


@pytest.mark.parametrize(
    ("change", "options", "error", "match"),
    [
        ({}, {"label": "churn"}, MissingColumn, "Nearest: churned"),
        ({}, {"features": ["agee"]}, MissingColumn, "Nearest: age"),
        ({}, {"limit": 0.2}, InvalidSetting, "limit"),
        ({}, {"known_at": {"calls": "calls_at"}}, InvalidSetting, "known_at without decided_at"),
        ({}, {"known_at": {"call": "calls_at"}, "decided_at": "due"}, MissingColumn, "Nearest: calls"),
        ({"churned": "No"}, {}, OneClass, "1 different values"),
        ({"churned": None}, {}, InvalidSetting, "3000 rows without a label"),
    ],
)
def test_what_makes_no_sense_is_refused_by_name(customers, change, options, error, match):
    with pytest.raises(error, match=match):
        leakage_probe(customers.assign(**change), **{"label": "churned", **options})


def test_empty_tables_are_refused(customers):
    with pytest.raises(EmptyData):
        leakage_probe(customers.head(0), label="churned")
    with pytest.raises(EmptyData, match="test rows"):
        shared_rows(customers, customers.head(0))
    with pytest.raises(InvalidSetting, match="no common columns"):
        shared_rows(customers[["age"]], customers[["calls"]])


def test_the_label_is_no_feature():
    table = pd.DataFrame({"left": [0, 1, 0, 1], "age": [1, 2, 3, 4]})
    with pytest.raises(InvalidSetting, match="the label 'left' among the features"):
        leakage_probe(table, label="left", features=["age", "left"])
