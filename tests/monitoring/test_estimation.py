"""Performance without labels: equal to NannyML's published method, right when its assumption holds, blind when not."""

import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from mlops_helpers.monitoring.errors import BadValue, EmptyWindow, InvalidSetting, MissingColumn, TooFewRows
from mlops_helpers.monitoring.estimation import PerformanceEstimator
from mlops_helpers.monitoring.expected import expect, expected_auc
from mlops_helpers.monitoring.performance import realised_performance
from mlops_helpers.monitoring.scores import METRICS, measure

DATA = Path(__file__).resolve().parents[2] / "data"
# NannyML 0.13.1, CBPE(chunk_size=2000) on data/census_*.parquet: estimates of chunks 0, 21, 22, 23 and 34 of
# production, both thresholds, and the sampling error of chunk 34, which is shorter.
NANNYML = {
    "roc_auc": ((0.904788487, 0.903085841, 0.873238782, 0.842193190, 0.903910635), 0.88764022, 0.91805446, 0.00387833),
    "accuracy": ((0.827737532, 0.830185548, 0.793760019, 0.777682537, 0.832775788), 0.79789993, 0.85314645, 0.00938571),
    "precision": ((0.79797723, 0.805903629, 0.713672409, 0.60933589, 0.81414296), 0.74924195, 0.84818321, 0.01353937),
    "recall": ((0.868456199, 0.87862866, 0.606189864, 0.454224138, 0.876994638), 0.83205105, 0.89902179, 0.01201152),
}


def population(n=20_000, *, seed=0, a=2, concept=lambda score: score**1.3):
    """Scores that overstate the probability, and labels; `a` moves the scores, `concept` what they mean."""
    rng = np.random.default_rng(seed)
    score = rng.beta(a, 3, n)
    return pd.DataFrame({"score": score, "label": (rng.random(n) < concept(score)).astype(int)})


def fitted(**options):
    return PerformanceEstimator.fit(population(), score="score", label="label", **options)


def of(table, metric="roc_auc"):
    return table[table["metric"] == metric].reset_index(drop=True)


@pytest.fixture(scope="module")
def census():
    return [pd.read_parquet(DATA / f"census_{window}.parquet") for window in ("reference", "analysis")]


@pytest.mark.parametrize("metric", METRICS)
def test_on_a_real_census_it_equals_nannyml(census, metric):
    reference, production = census
    estimator = PerformanceEstimator.fit(reference, score="predicted_probability", label="employed", by=2000)
    found = of(estimator.estimate(production, by=2000), metric)
    values, low, high, error = NANNYML[metric]
    assert found["value"][[0, 21, 22, 23, 34]].tolist() == pytest.approx(values, abs=1e-6)
    assert found.loc[0, ["limit_low", "limit_high"]].tolist() == pytest.approx([low, high], abs=1e-6)
    assert found["sampling_error"].iloc[-1] == pytest.approx(error, abs=1e-6)
    assert found.index[found["verdict"] == "alarm: below limit"].tolist() == [22, 23]


def test_on_a_real_census_estimate_and_truth_move_together(census):
    reference, production = census
    names = {"score": "predicted_probability", "label": "employed"}
    estimated = of(PerformanceEstimator.fit(reference, **names, by=2000).estimate(production, by=2000))
    realised = of(realised_performance(production, **names, by=2000))
    assert np.corrcoef(estimated["value"], realised["value"])[0, 1] > 0.9
    assert (estimated["value"] - realised["value"]).abs().max() < 0.035


@given(st.lists(st.floats(0.01, 0.99), min_size=2, max_size=25))
def test_the_expected_auc_is_that_of_all_pairs(probabilities):
    """Rows in order of score: i is a positive above each negative j < i, and half above itself."""
    p = np.sort(probabilities)
    weight = np.tril(np.outer(p, 1 - p), -1).sum() + 0.5 * (p * (1 - p)).sum()
    assert expected_auc(p) == pytest.approx(weight / (p.sum() * (1 - p).sum()))


def test_estimates_are_what_drawing_labels_gives_on_average():
    """The independent check: draw labels from the probabilities again and again, and measure."""
    rng = np.random.default_rng(3)
    p = rng.beta(2, 3, 2000)
    drawn = [measure(p, (rng.random(2000) < p).astype(float)) for _ in range(300)]
    found = expect(p, lambda score: score, 0.5)
    for metric in METRICS:
        assert found.values[metric] == pytest.approx(np.mean([one[metric].value for one in drawn]), abs=0.003)


@pytest.mark.parametrize("metric", METRICS)
def test_it_sees_a_covariate_shift_before_any_label(metric):
    production = population(seed=1, a=6)
    truth = of(realised_performance(production, score="score", label="label"), metric).loc[0]
    estimate = of(fitted().estimate(production[["score"]]), metric).loc[0]
    assert estimate["value"] == pytest.approx(truth["value"], abs=0.015)
    assert truth["low"] <= estimate["value"] <= truth["high"]


def test_it_is_blind_to_a_concept_change():
    """P(label | score) turns; the scores stay. The estimate cannot move, the truth does."""
    production = population(seed=1, concept=lambda score: 0.9 - 0.5 * score)
    estimate = of(fitted().estimate(production)).loc[0]
    assert estimate["verdict"] == "within limits"
    assert of(realised_performance(production, score="score", label="label")).loc[0, "value"] < 0.5 < estimate["value"]


def test_the_interval_covers_the_realised_value_when_nothing_changes():
    estimator = fitted()
    inside = []
    for seed in range(100, 160):
        production = population(1000, seed=seed)
        estimate = of(estimator.estimate(production)).loc[0]
        realised = roc_auc_score(production["label"], production["score"])
        inside.append(estimate["low"] <= realised <= estimate["high"])
    assert np.mean(inside) >= 0.9


def test_a_segment_is_judged_by_its_own_past():
    """In segment b the same score means half the probability, and always did: no alarm for what is normal there."""
    a, b = population(seed=1), population(seed=2, concept=lambda score: score**1.3 / 2)
    reference = pd.concat([a.assign(device="a"), b.assign(device="b")]).sample(frac=1, random_state=0)
    estimator = PerformanceEstimator.fit(reference, score="score", label="label")
    found = of(estimator.estimate(reference.sample(8000, random_state=1), segments="device"), "precision")
    assert set(found["verdict"]) == {"within limits"}
    values = found.set_index("segment")["value"]
    assert values["device = b"] == pytest.approx(values["device = a"] / 2, abs=0.03)


def test_a_segment_that_the_reference_lacks_is_not_judged():
    reference = population().assign(device="a")
    production = pd.concat([population(500).assign(device=name) for name in "ab"])
    found = PerformanceEstimator.fit(reference, score="score", label="label").estimate(production, segments="device")
    assert set(found.loc[found["segment"] == "device = b", "verdict"]) == {
        "insufficient data: 0 positives and 0 negatives in the reference, needs at least 10 of each"
    }


def test_too_little_in_a_chunk_is_said():
    found = fitted().estimate(population(1012, seed=4), by=1000)
    assert found["verdict"].iloc[-4:].str.startswith("insufficient data: ").all()
    lost = fitted().estimate(population(50).assign(score=np.nan, day=1), by="day")
    assert (lost["n"] == 0).all()
    assert lost["value"].isna().all()
    assert lost["verdict"].str.startswith("insufficient data").all()


@pytest.mark.parametrize("column", ["score", "label"])
def test_a_reference_that_lost_a_column_says_so(column):
    lost = population().assign(**{column: np.nan})
    with pytest.raises(TooFewRows, match=f"all 20,000 {column}s are missing in the reference") as refused:
        PerformanceEstimator.fit(lost, score="score", label="label")
    assert "Widen" not in refused.value.remedy


def test_one_reference_chunk_gives_no_limits():
    found = fitted(by=20_000).estimate(population(500))
    assert set(found["verdict"]) == {
        "insufficient data: the reference has fewer than 2 chunks with this metric, needs 2"
    }


def test_calibration_may_be_chosen():
    taken_at_its_word = of(fitted(calibrate=False).estimate(population(seed=5)), "precision").loc[0, "value"]
    calibrated = of(fitted(calibrate=True).estimate(population(seed=5)), "precision").loc[0, "value"]
    assert calibrated < taken_at_its_word - 0.05


def test_what_the_caller_changes_later_does_not_reach_the_estimator():
    reference = population().assign(device="a")
    estimator = PerformanceEstimator.fit(reference, score="score", label="label")
    before = estimator.estimate(reference, segments="device")
    reference["label"] = 0
    pd.testing.assert_frame_equal(estimator.estimate(reference, segments="device"), before)


@pytest.mark.parametrize(
    ("change", "options", "error", "message"),
    [
        ({"score": 1.5}, {}, BadValue, "outside 0 to 1, such as 1.5"),
        ({"label": 0}, {}, TooFewRows, "0 positives and 20000 negatives"),
        ({"label": math.nan}, {}, TooFewRows, "all 20,000 labels are missing"),
        ({}, {"calibrate": "yes"}, InvalidSetting, "calibrate='yes'"),
        ({}, {"score": "scores"}, MissingColumn, "Did you mean 'score'"),
    ],
)
def test_a_reference_that_teaches_nothing_is_refused(change, options, error, message):
    with pytest.raises(error, match=message):
        PerformanceEstimator.fit(population().assign(**change), **({"score": "score", "label": "label"} | options))


def test_an_empty_production_is_refused():
    with pytest.raises(EmptyWindow, match="production"):
        fitted().estimate(population(0))
    assert math.isnan(expected_auc(np.zeros(3)))
