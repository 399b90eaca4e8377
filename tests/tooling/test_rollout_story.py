"""What lesson 5 tells of its data is in its data."""

import pandas as pd
import pytest

from data.generate import HERE
from mlops_helpers.tooling import PipelineSettings, plan_ab_test, read_ab_test, size_for_shares
from mlops_helpers.tooling.pipeline_data import split
from mlops_helpers.tooling.pipeline_evaluation import evaluate
from mlops_helpers.tooling.pipeline_training import fit
from mlops_helpers.tooling.rollout_metrics import measure


@pytest.fixture(scope="module")
def champion_and_rows():
    rows = pd.read_parquet(HERE / "churn_autumn.parquet")
    settings = PipelineSettings()
    champion, _ = fit(split(rows[rows["recorded_at"] < "2026-10-01"], settings)[0], settings)
    return champion, rows


def judged(champion_and_rows, **told):
    champion, rows = champion_and_rows
    settings = PipelineSettings(**told)
    training, held_out = split(rows, settings)
    return evaluate(fit(training, settings)[0], champion, held_out, settings, clock=iter(range(1000)).__next__)


def test_the_challenger_is_better_on_average_and_worse_for_who_calls_often(champion_and_rows):
    options = {"max_milliseconds": 2000.0}
    assert judged(champion_and_rows, segment="region", **options).decision == "deploy"
    found = judged(champion_and_rows, segment="calls", **options)
    assert found.overall.challenger_auc > found.overall.champion_auc + 0.04
    assert [reason.split(" AUC")[0][:23] for reason in found.reasons] == ["unfair: 5 or more loses"]


def test_a_model_with_interactions_is_better_for_everybody(champion_and_rows):
    found = judged(champion_and_rows, segment="calls", interactions=True, max_milliseconds=2000.0)
    assert found.decision == "deploy"
    assert all(score.challenger_auc > score.champion_auc for score in found.scores)


@pytest.mark.parametrize(
    ("test", "days", "verdict"),
    [
        ("spring", 14, "no difference found"),
        ("autumn", 14, "higher"),
        ("letters", 6, "go on"),
        ("shops", 6, "higher"),
        ("tablets", 6, "sample ratio mismatch"),
    ],
)
def test_the_ab_tests_end_as_told(test, days, verdict):
    daily = pd.read_csv(HERE / "ab_tests.csv").rename(columns={"accepted": "total"})
    plan = plan_ab_test(size_for_shares(0.10, 0.02), looks=14)
    result = read_ab_test(daily[(daily["test"] == test) & (daily["day"] <= days)], plan)
    assert result.verdict == verdict
    naive = result.table.loc[3 if test == "spring" else len(result.table) - 1, "naive_p"]
    assert naive < 0.05  # each of them looks like a success on some day


def test_the_challenger_is_too_slow_at_a_quarter_of_the_traffic_and_otherwise_fine():
    requests = pd.read_parquet(HERE / "rollout_requests.parquet")
    found = {key: measure(part, group="calls")[0] for key, part in requests.groupby(["share", "arm"])}
    assert found[5, "challenger"]["p99_latency_ms"] < 280
    assert found[25, "challenger"]["p99_latency_ms"] > 350
    assert all(values["error_rate"] < 0.01 and values["fairness_gap"] < 0.09 for values in found.values())
