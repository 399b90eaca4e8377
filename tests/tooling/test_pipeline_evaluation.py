"""Training and the three rules: better, fair, fast."""

import itertools

import joblib
import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from mlops_helpers.tooling import Evaluation, ModelChanged, NothingToLearn, PipelineSettings, SegmentScore
from mlops_helpers.tooling.pipeline_evaluation import evaluate, objections, response_time
from mlops_helpers.tooling.pipeline_training import digest_of, fit, from_bytes, instances, to_bytes
from tests.tooling.pipeline_samples import rows

SETTINGS = PipelineSettings()
WHOLE = SegmentScore("(all)", 1000, 0.80, 0.83, 0.5)


@pytest.fixture(scope="module")
def trained():
    return fit(rows(2000), SETTINGS)[0]


class Guess:
    """A model that knows nothing, or that is wrong about one region."""

    def __init__(self, model=None, region=None):
        self.model, self.region = model, region

    def predict_proba(self, values):
        if self.model is None:
            return np.full((len(values), 2), 0.5)
        found = self.model.predict_proba(values)
        there = values[:, SETTINGS.features.index("region")] == self.region
        found[there] = found[there][:, ::-1]
        return found

    def predict(self, values):
        return self.predict_proba(values)[:, 1] > 0.5


def test_training_twice_gives_the_same_bytes():
    first, second = (to_bytes(fit(rows(600), SETTINGS)[0]) for _ in range(2))
    assert digest_of(first) == digest_of(second)


def test_a_model_takes_rows_as_the_container_hands_them_over(trained):
    """The container makes one array of each request: with a text in it, all numbers become texts."""
    values = instances(rows(20, seed=3), SETTINGS)
    as_served = np.asarray(values.tolist())
    assert as_served.dtype.kind == "U"
    assert list(trained.predict(as_served)) == list(trained.predict(values))


def test_tuning_tries_strengths_and_says_what_it_found():
    _, found = fit(rows(600), PipelineSettings(trials=3))
    assert found["strength"] in (0.001, 1.0, 1000.0)
    assert 0.7 < found["cross_validated_auc"] < 0.95


def test_one_class_is_refused():
    with pytest.raises(NothingToLearn, match=r"all with churned=\[0\]|churned=\[np.int64\(0\)\]"):
        fit(rows(100).assign(churned=0), SETTINGS)


def test_bytes_that_were_replaced_are_never_unpickled(tmp_path):
    joblib.dump([1, 2], tmp_path / "model.joblib")
    content = (tmp_path / "model.joblib").read_bytes()
    assert from_bytes(content, digest_of(content)) == [1, 2]
    with pytest.raises(ModelChanged, match="Somebody replaced the file"):
        from_bytes(content + b" ", digest_of(content))


def test_the_first_model_is_deployed_and_its_scores_are_scikit_learns(trained):
    held = rows(1500, seed=5)
    found = evaluate(trained, None, held, SETTINGS)
    north = held[held["region"] == "north"]
    expected = roc_auc_score(north["churned"], trained.predict_proba(instances(north, SETTINGS))[:, 1])
    [score] = [score for score in found.scores if score.segment == "north"]
    assert (found.decision, score.rows) == ("deploy", len(north))
    assert score.challenger_auc == pytest.approx(expected)
    assert Evaluation.from_dict(found.to_dict()) == found


def test_a_challenger_that_is_no_better_is_kept_back(trained):
    found = evaluate(trained, trained, rows(1500, seed=5), SETTINGS)
    assert (found.decision, found.reasons) == ("keep", ("not better: +0.0000 AUC, more than 0 wanted",))


def test_better_on_average_and_worse_for_one_group_is_kept_back(trained):
    """The champion is a coin; the challenger wins everywhere but in the south."""
    found = evaluate(Guess(trained, "south"), Guess(), rows(3000, seed=5), SETTINGS)
    assert found.overall.challenger_auc > found.overall.champion_auc + 0.1
    assert found.decision == "keep"
    assert any(reason.startswith("unfair: south loses") for reason in found.reasons)


@pytest.mark.parametrize(
    ("segments", "milliseconds", "reasons"),
    [
        ([SegmentScore("a", 100, 0.8, 0.76, 0.5)], 1.0, []),
        ([SegmentScore("a", 100, 0.8, 0.7, 0.5)], 1.0, ["unfair: a loses 0.100 AUC, 0.05 is allowed"]),
        ([SegmentScore("a", 49, 0.8, 0.1, 0.5)], 1.0, []),
        ([SegmentScore("a", 100, None, None, None)], 1.0, []),
        (
            [SegmentScore("a", 100, None, 0.8, 0.9), SegmentScore("b", 100, None, 0.8, 0.6)],
            1.0,
            ["unfair: it finds 90% of those who leave in a and 60% in b, a gap of 0.30, 0.2 is allowed"],
        ),
        ([], 150.0, ["slow: 150.0 ms, 100 are allowed"]),
    ],
)
def test_each_rule_says_its_numbers(segments, milliseconds, reasons):
    assert objections((WHOLE, *segments), milliseconds, SETTINGS) == reasons


def test_response_time_is_the_slow_end(trained):
    ticks = itertools.accumulate(itertools.cycle([0.0, 0.002]))
    assert response_time(trained, instances(rows(60), SETTINGS), lambda: next(ticks)) == pytest.approx(2.0)


def test_held_out_rows_of_one_class_judge_nothing(trained):
    found = evaluate(trained, trained, rows(100).assign(churned=1), SETTINGS)
    assert found.reasons == ("not judged: the held-out rows have one class only",)
