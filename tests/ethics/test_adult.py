"""The finding of lesson 8, on the real data: fair by sex, fair by age, and unfair to women of fifty and more."""

import numpy as np
import pandas as pd
import pytest
from sklearn.compose import make_column_transformer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from data.generate import HERE
from mlops_helpers.ethics import (
    BadGroups,
    InvalidSetting,
    find_proxies,
    flip_attribute,
    group_metrics,
    group_thresholds,
    label_gap,
    missing_by_group,
    thresholds_by_margin,
    who_pays,
)

NUMBERS = ["age", "education-num", "capital-gain", "capital-loss", "hours-per-week"]
LEVELS = ["workclass", "education", "marital-status", "occupation", "relationship", "native-country", "sex", "race"]
BOTH = ["sex", "band"]


@pytest.fixture(scope="module")
def adult():
    """Both parts of the data, scored by a logistic regression trained on the first."""
    table = pd.read_parquet(HERE / "adult_income.parquet")
    table["y"], table["band"] = (table["income"] == ">50K").astype(int), np.where(table["age"] >= 50, "50+", "<50")
    train, test = (table[table["split"] == split].copy() for split in ("train", "test"))
    levels = OneHotEncoder(handle_unknown="ignore", min_frequency=50)
    columns = make_column_transformer((StandardScaler(), NUMBERS), (levels, LEVELS))
    model = make_pipeline(columns, LogisticRegression(max_iter=2000)).fit(train, train["y"])
    for part in (train, test):
        part["score"] = model.predict_proba(part)[:, 1]
        part["p"] = (part["score"] >= 0.5).astype(int)
    return model, train, test


def opportunity(test, decisions, groups):
    report = group_metrics(test.assign(p=decisions), label="y", prediction="p", groups=groups)
    return report.gaps().set_index("criterion").loc["equal opportunity"]


def test_fair_by_sex_fair_by_age_unfair_to_older_women(adult):
    _, train, test = adult
    found = thresholds_by_margin(train, label="y", score="score", groups=BOTH)
    decisions = found.decide(test["score"], test[BOTH])
    assert opportunity(test, decisions, "sex")["verdict"] == "could be chance"
    assert opportunity(test, decisions, "band")["verdict"] == "could be chance"
    both = opportunity(test, decisions, BOTH)
    assert both[["verdict", "lowest", "highest"]].tolist() == ["differs", "Female & 50+", "Female & <50"]
    assert both["difference"] > 0.1
    assert (decisions == test["y"]).mean() > 0.84


def test_thresholds_for_all_groups_repair_it(adult):
    _, train, test = adult
    found = group_thresholds(train, label="y", score="score", groups=BOTH, tolerance=0.01)
    assert found.difference <= 0.01
    decisions = found.decide(test["score"], test[BOTH])
    assert opportunity(test, decisions, BOTH)["verdict"] == "could be chance"
    table = who_pays(test["p"], decisions, test["y"], test[BOTH]).set_index("group")
    assert table.loc["Female & 50+", "gained_qualified"] > table.loc["Female & 50+", "lost_qualified"]
    assert table.loc["all rows", "accuracy_after"] == pytest.approx(0.85, abs=0.01)


def test_the_plain_model_is_unfair_by_sex(adult):
    _, _, test = adult
    report = group_metrics(test, label="y", prediction="p", groups="sex")
    gaps = report.gaps().set_index("criterion")
    assert gaps.loc["demographic parity", "ratio"] < 0.35
    assert gaps.loc["equal opportunity", "difference"] == pytest.approx(0.09, abs=0.02)


def test_more_decisions_change_when_the_proxy_is_flipped_with_the_sex(adult):
    model, _, test = adult
    rows, swap = test.head(4000), {"Female": "Male", "Male": "Female"}
    alone = flip_attribute(model.predict, rows, attribute="sex", swap=swap)
    spouses = {"Husband": "Wife", "Wife": "Husband"}
    both = flip_attribute(model.predict, rows, attribute="sex", swap=swap, proxies={"relationship": spouses})
    assert alone.table.iloc[-1]["share"] > 0
    assert both.table.iloc[-1]["share"] != alone.table.iloc[-1]["share"]


def test_the_rest_of_the_columns_gives_the_sex_away(adult):
    _, train, _ = adult
    columns = ["occupation", "relationship", "marital-status", "hours-per-week", "education"]
    found = find_proxies(train.head(3000), sensitive="sex", columns=columns, folds=3)
    assert found.auc > 0.9
    assert found.table["column"].tolist()[0] == "relationship"


def test_what_the_audit_says_about_adult(adult):
    _, train, _ = adult
    missing = missing_by_group(train, groups="sex", columns=["workclass", "native-country"])
    assert (
        missing.set_index(["column", "group"])["verdict"].groupby("column").first()["workclass"] == "differs by group"
    )
    labels = label_gap(train, label="y", groups="sex", given=["education", "occupation"]).set_index("group")
    assert labels.loc["Female", "standardised_high"] < labels.loc["Male", "standardised_low"]


def test_margins_are_two_times_two():
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"a": rng.choice(list("xyz"), 90), "b": rng.choice(list("uv"), 90), "score": rng.random(90)})
    frame["y"] = rng.integers(0, 2, 90)
    two = frame[frame["a"] != "z"]
    with pytest.raises(BadGroups, match="two levels"):
        thresholds_by_margin(frame, label="y", score="score", groups=["a", "b"])
    with pytest.raises(BadGroups, match="one rate"):
        thresholds_by_margin(two, label="y", score="score", groups=["a", "b"], criterion="equalized odds")
    with pytest.raises(InvalidSetting, match="tolerance"):
        thresholds_by_margin(frame, label="y", score="score", groups=["a", "b"], tolerance=2)
