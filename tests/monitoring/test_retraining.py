"""Retraining: reasons, refusals, and a decision that is handed over once."""

import datetime as dt
import json
from dataclasses import replace
from types import SimpleNamespace

import pytest
from google.api_core import exceptions
from hypothesis import given
from hypothesis import strategies as st

from mlops_helpers.monitoring import (
    BadValue,
    InvalidSetting,
    ModelState,
    NaiveTimestamp,
    NothingToHandOver,
    RetrainingTrigger,
    hand_over,
    pipeline_submitter,
    request_submitter,
)

NOW = dt.datetime(2026, 3, 20, 6, tzinfo=dt.UTC)
FRESH = ModelState(trained_at=NOW - dt.timedelta(days=3), model="clicks")
STATES = st.builds(
    ModelState,
    trained_at=st.integers(0, 90).map(lambda days: NOW - dt.timedelta(days=days)),
    new_labels=st.integers(0, 3000),
    drifted=st.lists(st.sampled_from(["age", "site", "hour"]), unique=True),
    performance=st.none() | st.floats(0, 1),
    diagnosis=st.sampled_from(["nothing found", "concept change", "data pipeline broke", "file order"]),
    handed_over_at=st.none() | st.integers(0, 30).map(lambda days: NOW - dt.timedelta(days=days)),
)


def decide(state, **settings):
    return RetrainingTrigger(**settings).decide(state, now=NOW)


@pytest.mark.parametrize(
    ("changes", "kind", "told"),
    [
        ({"trained_at": NOW - dt.timedelta(days=31)}, "schedule", "31.0 days old, 30 are allowed"),
        ({"drifted": ("site", "age")}, "drift", "2 drifted columns (age, site), 1 are enough"),
        ({"new_labels": 1200}, "new labels", "1,200 new labels, 1,000 are enough"),
        ({"performance": 0.61}, "performance", "a performance of 0.61, at least 0.7 is expected"),
    ],
)
def test_each_reason_alone_is_enough(changes, kind, told):
    decision = decide(replace(FRESH, **changes), new_labels=1000, performance=0.7)
    assert decision.retrain
    assert [reason.kind for reason in decision.reasons] == [kind]
    assert told in str(decision)
    assert decision.parameters == {"train_until": NOW.isoformat(), "reason": kind}


def test_without_a_reason_nothing_happens_and_the_numbers_are_told():
    decision = decide(FRESH)
    assert (decision.action, decision.parameters) == ("nothing to do", {})
    assert str(decision) == (
        "Nothing to do: no reason to train again: 3.0 days old, 0 drifted columns, 0 new labels, performance unknown."
    )


@pytest.mark.parametrize("kind", ["data pipeline broke", "file order"])
def test_a_broken_pipeline_is_no_reason_to_learn_from_it(kind):
    broken = replace(FRESH, drifted=("age",), diagnosis=SimpleNamespace(kind=kind))
    decision = decide(broken)
    assert (decision.retrain, decision.action) == (False, "call the data team")
    assert "would learn the fault" in str(decision)
    assert [reason.kind for reason in decision.reasons] == ["drift"]


def test_too_few_labels_and_a_recent_retraining_make_it_wait():
    drifted = replace(FRESH, drifted=("age",), new_labels=10)
    assert decide(drifted, least_labels=100).action == "wait for labels"
    recent = replace(drifted, handed_over_at=NOW - dt.timedelta(days=2))
    assert "started 2.0 days ago, wait 7" in str(decide(recent))
    assert decide(replace(drifted, handed_over_at=NOW - dt.timedelta(days=7))).retrain


@given(STATES)
def test_a_decision_is_json_and_its_id_depends_on_the_evidence_only(state):
    trigger = RetrainingTrigger(new_labels=1000, performance=0.7, parameters={"rows": 5})
    decision = trigger.decide(state, now=NOW)
    assert json.loads(json.dumps(decision.to_dict()))["id"] == decision.id
    later = replace(trigger, schedule_days=None).decide(state, now=NOW + dt.timedelta(hours=3))
    unscheduled = replace(trigger, schedule_days=None).decide(state, now=NOW)
    assert later.action != unscheduled.action or later.id == unscheduled.id
    more = trigger.decide(replace(state, new_labels=state.new_labels + 1), now=NOW)
    assert more.id != decision.id


@given(STATES)
def test_whatever_the_evidence_broken_data_are_never_trained_on(state):
    decision = RetrainingTrigger(new_labels=1, performance=0.7).decide(state, now=NOW)
    broken = state.diagnosis in ("data pipeline broke", "file order")
    assert not (broken and decision.retrain)
    assert bool(decision.reasons) or not decision.retrain
    assert decision.retrain == bool(decision.parameters)


def test_bad_states_and_settings_are_refused():
    with pytest.raises(NaiveTimestamp, match="trained_at"):
        ModelState(trained_at=dt.datetime(2026, 3, 1))
    with pytest.raises(NaiveTimestamp, match="now"):
        RetrainingTrigger().decide(FRESH, now=dt.datetime(2026, 3, 20))
    with pytest.raises(BadValue, match="a time after the training"):
        RetrainingTrigger().decide(FRESH, now=NOW - dt.timedelta(days=4))
    with pytest.raises(BadValue, match="unknown is not bad"):
        replace(FRESH, performance=float("nan"))
    with pytest.raises(BadValue, match="0 or more"):
        replace(FRESH, new_labels=-1)
    with pytest.raises(InvalidSetting, match="drift=0"):
        RetrainingTrigger(drift=0)
    with pytest.raises(InvalidSetting, match="cool_down_days=-1"):
        RetrainingTrigger(cool_down_days=-1)
    with pytest.raises(InvalidSetting, match="JSON values"):
        RetrainingTrigger(parameters={"when": NOW})


# --- handing over ------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def bucket(session):
    from google.cloud import storage

    return storage.Client().create_bucket("retraining-requests")


def test_a_request_is_written_once(bucket):
    decision = decide(replace(FRESH, drifted=("age",)), parameters={"table": "ads.clicks"})
    first, second = (hand_over(decision, request_submitter(bucket)) for _ in range(2))
    assert (first.first, second.first) == (True, False)
    written = json.loads(bucket.blob(f"retraining/{decision.id}.json").download_as_text())
    assert written["parameters"] == {"table": "ads.clicks", "reason": "drift", "train_until": NOW.isoformat()}
    assert first.result == f"gs://retraining-requests/retraining/{decision.id}.json"
    assert "nothing was started again" in str(second)


def test_a_pipeline_starts_once_with_the_decisions_parameters(session, bucket, tmp_path):
    from google.cloud import aiplatform
    from kfp import compiler, dsl

    @dsl.component(base_image="python:3.11", install_kfp_package=False)
    def train(reason: str) -> str:
        return f"trained for {reason}"

    @dsl.pipeline(name="retraining")
    def pipeline(reason: str):
        train(reason=reason)

    compiler.Compiler().compile(pipeline, str(tmp_path / "pipeline.yaml"))
    aiplatform.init(project=session.project, location=session.location)
    root = f"gs://{bucket.name}/root"
    submit = pipeline_submitter(str(tmp_path / "pipeline.yaml"), pipeline_root=root, pass_on=["reason"])
    decision = decide(replace(FRESH, performance=0.5), performance=0.7)
    first, second = hand_over(decision, submit), hand_over(decision, submit)
    first.result.wait()
    assert (first.first, second.first) == (True, False)
    [job] = aiplatform.PipelineJob.list()
    assert (job.name, dict(job.runtime_config.parameter_values)) == (decision.id, {"reason": "performance"})
    assert job.state.name == "PIPELINE_STATE_SUCCEEDED"


def test_only_a_decision_to_retrain_can_be_handed_over():
    with pytest.raises(NothingToHandOver, match="Nothing to do"):
        hand_over(decide(FRESH), lambda job_id, parameters: None)


def test_other_errors_are_not_taken_for_a_second_attempt():
    def aborted(job_id, parameters):
        raise exceptions.Aborted("try again")

    with pytest.raises(exceptions.Aborted):
        hand_over(decide(replace(FRESH, drifted=("age",))), aborted)
