"""Realised performance: against scikit-learn, undefined where it is undefined, quiet where there is too little."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest
from sklearn.metrics import accuracy_score, precision_score, recall_score, roc_auc_score

from mlops_helpers.monitoring.errors import BadValue, EmptyWindow, InvalidSetting, MissingColumn, NaiveTimestamp
from mlops_helpers.monitoring.performance import prediction_drift, realised_performance
from mlops_helpers.monitoring.scores import measure, wilson

scored = st.lists(st.tuples(st.integers(0, 6).map(lambda i: i / 6), st.integers(0, 1)), min_size=1, max_size=60)


def sample(n=2000, seed=0, columns=()):
    rng = np.random.default_rng(seed)
    score = rng.beta(2, 3, n).round(2)
    frame = pd.DataFrame({"score": score, "label": (rng.random(n) < score).astype(int)})
    return frame.assign(**{name: rng.choice(["a", "b"], n) for name in columns})


def value(report, metric, **where):
    rows = report[report["metric"] == metric]
    for name, wanted in where.items():
        rows = rows[rows[name] == wanted]
    return rows.iloc[0]


@given(scored)
def test_every_metric_is_that_of_scikit_learn(rows):
    score, label = (np.array(side, dtype=float) for side in zip(*rows, strict=True))
    found, predicted = measure(score, label), score >= 0.5
    auc = roc_auc_score(label, score) if 0 < label.sum() < len(label) else math.nan
    assert found["roc_auc"].value == pytest.approx(auc, nan_ok=True)
    assert found["accuracy"].value == pytest.approx(accuracy_score(label, predicted))
    assert found["precision"].value == pytest.approx(
        precision_score(label, predicted, zero_division=math.nan), nan_ok=True
    )
    assert found["recall"].value == pytest.approx(recall_score(label, predicted, zero_division=math.nan), nan_ok=True)


@given(scored)
def test_a_value_lies_inside_its_interval_and_the_interval_inside_0_to_1(rows):
    score, label = (np.array(side, dtype=float) for side in zip(*rows, strict=True))
    for metric in measure(score, label).values():
        assert math.isnan(metric.value) or 0 <= metric.low <= metric.value + 1e-9 <= metric.high + 2e-9 <= 1 + 2e-9


@given(st.integers(1, 200), st.data())
def test_the_interval_of_a_proportion_is_that_of_scipy(n, data):
    hits = data.draw(st.integers(0, n))
    interval = binomtest(hits, n).proportion_ci(method="wilson")
    assert wilson(hits, n) == pytest.approx((interval.low, interval.high), abs=1e-6)


def test_the_interval_of_the_auc_covers_the_truth_as_often_as_it_says():
    """Scores are the true probabilities, so the AUC of very many rows is the truth."""
    truth = measure(*sample(400_000, seed=1)[["score", "label"]].to_numpy().T)["roc_auc"].value
    found = [measure(*sample(300, seed=seed)[["score", "label"]].to_numpy().T)["roc_auc"] for seed in range(400)]
    covered = np.mean([metric.low <= truth <= metric.high for metric in found])
    assert 0.92 <= covered <= 0.98


def test_a_perfect_ranking_of_few_rows_proves_little():
    found = measure(np.linspace(0, 1, 20), np.repeat([0.0, 1.0], 10))["roc_auc"]
    assert (found.value, found.high) == (1.0, 1.0)
    assert found.low == pytest.approx(0.025 ** (1 / 10))


def test_one_row_per_segment_chunk_and_metric():
    report = realised_performance(sample(columns=["device"]), score="score", label="label", by=500, segments="device")
    assert len(report) == 3 * 4 * 4
    whole = report[(report["metric"] == "accuracy") & (report["segment"] == "all rows")]
    assert whole["n"].tolist() == [500] * 4
    by_device = report[(report["metric"] == "accuracy") & (report["segment"] != "all rows")]
    assert by_device["n"].sum() == 2000


def test_segments_are_computed_on_their_own_rows():
    frame = sample(columns=["device", "region"])
    report = realised_performance(
        frame, score="score", label="label", segments=["device", "region"], metrics=["roc_auc"]
    )
    rows = frame[frame["region"] == "b"]
    found = value(report, "roc_auc", segment="region = b")
    assert found["value"] == pytest.approx(roc_auc_score(rows["label"], rows["score"]))
    assert found["positives"] == rows["label"].sum()


def test_days_are_cut_in_utc_and_times_without_a_zone_are_refused():
    frame = sample(4).assign(at=pd.to_datetime(["2026-10-01T23:30-02:00"] * 2 + ["2026-10-01T23:30Z"] * 2, utc=True))
    report = realised_performance(frame, score="score", label="label", by="at", metrics="accuracy")
    assert report["chunk"].dt.strftime("%d").tolist() == ["01", "02"]
    naive = frame.assign(at=frame["at"].dt.tz_localize(None))
    with pytest.raises(NaiveTimestamp, match="tz_localize"):
        realised_performance(naive, score="score", label="label", by="at")


def test_rows_that_wait_for_their_label_do_not_count():
    frame = sample(100).assign(label=lambda rows: rows["label"].where(rows.index < 60).astype("float64"))
    report = realised_performance(frame, score="score", label="label")
    assert set(report["n"]) == {60}


def test_too_little_is_said_with_the_number_needed():
    frame = pd.DataFrame({"score": [0.9, 0.2, 0.1], "label": [0, 0, 0]})
    report = realised_performance(frame, score="score", label="label")
    assert math.isnan(value(report, "roc_auc")["value"])
    assert value(report, "roc_auc")["verdict"] == "insufficient data: only one class, needs 10 of each"
    assert math.isnan(value(report, "recall")["value"])
    assert value(report, "precision")["verdict"] == "insufficient data: 1 predicted positive, needs 10"
    assert value(report, "accuracy")["verdict"] == "insufficient data: 3 rows, needs 30"


def test_the_threshold_is_the_models():
    frame = sample()
    report = realised_performance(frame, score="score", label="label", threshold=0.3)
    assert value(report, "recall")["value"] == pytest.approx(recall_score(frame["label"], frame["score"] >= 0.3))


@pytest.mark.parametrize(
    ("change", "options", "error", "message"),
    [
        ({"label": 2}, {}, BadValue, "such as 2"),
        ({"score": np.inf}, {}, BadValue, "100 infinite values of 'score'"),
        ({"score": "high"}, {}, BadValue, "numbers"),
        ({}, {"label": "labels"}, MissingColumn, "Did you mean 'label'"),
        ({}, {"metrics": ["auc"]}, InvalidSetting, "roc_auc"),
        ({}, {"threshold": 50}, InvalidSetting, "from 0 to 1"),
        ({}, {"by": 0}, InvalidSetting, "by=0"),
    ],
)
def test_what_cannot_be_judged_is_refused(change, options, error, message):
    with pytest.raises(error, match=message):
        realised_performance(sample(100).assign(**change), **({"score": "score", "label": "label"} | options))


def test_an_empty_window_is_refused():
    with pytest.raises(EmptyWindow, match="no rows"):
        realised_performance(sample(0), score="score", label="label")


def test_the_scores_alone_tell_that_other_customers_came():
    usual, other = (pd.DataFrame({"score": np.random.default_rng(1).beta(a, 3, 3000)}) for a in (2, 4))
    again = pd.DataFrame({"score": np.random.default_rng(2).beta(2, 3, 3000)})
    assert prediction_drift(usual, other.assign(note="not compared"), score="score").drifted == ["score"]
    assert prediction_drift(usual, again, score="score").drifted == []


@pytest.mark.parametrize(("column", "lost"), [("score", "scores"), ("label", "labels")])
def test_a_chunk_without_any_score_or_label_says_so(column, lost):
    table = pd.DataFrame(
        {"score": np.tile(np.linspace(0, 1, 2000), 2), "label": [0, 1] * 2000, "day": [1] * 2000 + [2] * 2000}
    )
    table[column] = table[column].where(table["day"] == 1)
    found = realised_performance(table, score="score", label="label", by="day")
    assert set(found["verdict"].head(4)) == {"measured"}
    assert found["n"].tolist() == [2000] * 4 + [0] * 4
    assert found["verdict"].iloc[4:].tolist() == [
        f"insufficient data: all 2,000 {lost} are missing, needs {needed}"
        for needed in ("10 of each", "30", "10", "10")
    ]
