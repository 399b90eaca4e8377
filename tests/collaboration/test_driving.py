"""The Friday itself: real reports, the real trigger, registry, endpoint and canary, driven by the protocol."""

from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from google.cloud import aiplatform, firestore, logging, monitoring_v3, storage

from data.generate import HERE
from mlops_helpers.collaboration import (
    Charter,
    CloudLog,
    ForeignEvidence,
    InvalidSetting,
    NotApproved,
    OutOfOrder,
    Recovery,
    approve_version,
    canary_evidence,
    evidence_of,
    open_incident,
    retraining_raci,
    start_canary,
    start_retraining,
    version_evidence,
)
from mlops_helpers.governance import check_quality
from mlops_helpers.monitoring import ModelState, RetrainingTrigger, detect_drift, request_submitter
from mlops_helpers.tooling import (
    Canary,
    CanaryPlan,
    PipelineRun,
    PipelineSettings,
    RolloutMetrics,
    RolloutStore,
    judge_candidate,
    pipeline_suite,
    release_first,
    train_candidate,
)
from mlops_helpers.tooling import (
    NotApproved as RegistryRefuses,
)
from mlops_helpers.tooling.pipeline_champion import model_registry
from mlops_helpers.tooling.pipeline_registering import register
from mlops_helpers.tooling.pipeline_training import to_bytes
from tests.collaboration.incidents import FRIDAY, PEOPLE, Clock

SETTINGS = PipelineSettings(
    model="fraud",
    key="transaction_id",
    label="fraud",
    numeric=("amount", "account_days", "payments_last_hour", "abroad"),
    categorical=("category", "device", "region"),
    time_column="known_at",
    max_milliseconds=5000.0,
    max_gap=0.3,
    automatic=False,
)
GOOD = {"error_rate": 0.01, "p99_latency_ms": 200.0, "quality": 0.9, "fairness_gap": 0.05}


@pytest.fixture(scope="module")
def friday(session):
    """The reports of that evening, two models, and the old one alone on the endpoint."""
    aiplatform.init(project=session.project, location=session.location)
    rows = pd.read_parquet(HERE / "fraud_payments.parquet")
    thursday, evening = rows[rows["known_at"] < "2026-11-20T00:00Z"], rows[rows["paid_at"] >= "2026-11-20T14:00Z"]
    evening = evening[evening["paid_at"] < FRIDAY]
    bucket = storage.Client().create_bucket("fraud-models")
    run = PipelineRun(bucket.name, f"{session.project}.fraud.payments", FRIDAY.isoformat(), SETTINGS)
    old = train_candidate(thursday, SETTINGS)
    first = release_first(old, run, by="owner H", why="the first model")
    new = train_candidate(rows[rows["known_at"] <= FRIDAY + timedelta(minutes=50)], SETTINGS)
    state = ModelState(trained_at=FRIDAY - timedelta(days=4), model="fraud", drifted=("category", "device"))
    clock = Clock()
    return SimpleNamespace(
        run=run,
        registry=model_registry(run),
        endpoint=aiplatform.Endpoint(first.endpoint),
        new=new,
        judged=judge_candidate(new, old),
        drift=detect_drift(thursday[SETTINGS.features], evening[SETTINGS.features]),
        quality=check_quality(evening, pipeline_suite(SETTINGS)),
        decision=RetrainingTrigger(drift=2).decide(state, now=FRIDAY),
        clock=clock,
        log=CloudLog(firestore.Client(), logging.Client().logger("fraud-incidents"), collection="friday"),
        bucket=bucket,
    )


@pytest.fixture
def incident(friday, request):
    """An incident of that Friday whose data were checked and whose retraining was decided."""
    friday.clock.now, name = FRIDAY, request.node.name[:40]
    charter = Charter("fraud", retraining_raci(), PEOPLE)
    found = open_incident(name, charter, log=friday.log, clock=friday.clock, alert="two columns drifted")
    for step, role, person, thing in (
        ("confirm", "ml_engineer", "engineer D", friday.drift),
        ("clear the data", "data_engineer", "data engineer F", friday.quality),
        ("retrain", "business_owner", "owner H", friday.decision),
    ):
        friday.clock.move(10)
        found.take(step, role=role, person=person, evidence=[evidence_of(thing, incident=name)])
    return found


def controller(friday, incident):
    metrics = RolloutMetrics(monitoring_v3.MetricServiceClient(), friday.run.project, friday.endpoint.name)
    return Canary(friday.endpoint, RolloutStore(friday.bucket), metrics, friday.clock), metrics


def test_reports_of_the_earlier_lessons_are_evidence(friday):
    drift, quality, judged = (
        evidence_of(thing, incident="INC-1", model="fraud@2") for thing in (friday.drift, friday.quality, friday.judged)
    )
    assert (drift.kind, drift.verdict, drift.facts["drifted"]) == ("drift report", "drifted", ["category", "device"])
    assert (quality.kind, quality.verdict, quality.model) == ("data check", "passed", "")
    assert (judged.kind, judged.verdict, judged.model) == ("evaluation", "deploy", "fraud@2")
    assert drift.digest == evidence_of(friday.drift, incident="INC-2").digest != quality.digest
    recovery = evidence_of(Recovery("recall", 0.1, np.float32(0.5), 0.5), incident="INC-1")
    assert (recovery.verdict, type(recovery.facts["after"])) == ("recovered", float)
    made = evidence_of(friday.new, incident="INC-1", model="fraud@2", author="scientist A")
    assert (made.verdict, made.author, len(made.digest)) == ("trained", "scientist A", 64)


def test_evidence_without_a_subject_is_refused(friday):
    with pytest.raises(InvalidSetting, match="an evaluation without a model|a evaluation without a model"):
        evidence_of(friday.judged, incident="INC-1")
    with pytest.raises(InvalidSetting, match="without an author"):
        evidence_of(friday.new, incident="INC-1", model="fraud@2")
    with pytest.raises(InvalidSetting, match="a str"):
        evidence_of("it looks fine", incident="INC-1")
    with pytest.raises(InvalidSetting, match="no incident"):
        evidence_of(friday.drift, incident=" ")
    with pytest.raises(InvalidSetting, match="unknown is not recovered"):
        Recovery("recall", 0.1, float("nan"), 0.5)


def test_a_failed_data_check_says_so(friday):
    broken = check_quality(friday.new.training.assign(fraud=7), pipeline_suite(SETTINGS))
    assert evidence_of(broken, incident="INC-1").verdict == "failed"


def test_the_retraining_starts_once_at_its_stage_with_the_decision_that_was_signed(friday, incident):
    submit = request_submitter(friday.bucket, folder=incident.id)
    other = RetrainingTrigger(drift=1).decide(ModelState(FRIDAY, drifted=("amount",)), now=FRIDAY)
    with pytest.raises(ForeignEvidence, match="the decision that was signed"):
        start_retraining(incident, other, submit, role="data_scientist")
    done = [start_retraining(incident, friday.decision, submit, role="data_scientist") for _ in range(2)]
    assert [one.first for one in done] == [True, False]
    made = evidence_of(friday.new, incident=incident.id, model="fraud@9", author="scientist A")
    incident.take("hand in", role="data_scientist", person="scientist A", evidence=[made])
    with pytest.raises(OutOfOrder, match="'evaluation and approval'"):
        start_retraining(incident, friday.decision, submit, role="data_scientist")
    assert [one.content["error"] for one in incident.refusals] == ["ForeignEvidence", "OutOfOrder"]


def test_the_whole_friday_ends_with_the_approved_model_on_the_endpoint(friday, incident):
    registered = register(to_bytes(friday.new.model), friday.new.training, friday.judged, friday.run, reason="drift")
    handed_in, judged = version_evidence(incident, friday.registry, registered.version, author="scientist A")
    incident.take("hand in", role="data_scientist", person="scientist A", evidence=[handed_in])
    with pytest.raises(NotApproved):
        approve_version(incident, friday.registry)
    with pytest.raises(RegistryRefuses):
        friday.registry.deploy(registered.version, friday.endpoint)
    incident.take("approve", role="business_owner", person="owner H", evidence=[judged])
    with pytest.raises(InvalidSetting, match="the registry of churn"):
        approve_version(incident, replace(friday.registry, model="churn"))
    assert approve_version(incident, friday.registry).steps[-1].by == "owner H"
    assert approve_version(incident, friday.registry).approved
    challenger = friday.registry.deploy(registered.version, friday.endpoint)
    let_in(friday, incident, challenger)
    recovered = evidence_of(Recovery("recall", 0.13, 0.59, needed=0.5), incident=incident.id)
    state = incident.take("close", role="ml_engineer", person="engineer D", evidence=[recovered])
    assert (state.closed, state.approved) == (True, f"fraud@{registered.version}")
    assert friday.log.verify(incident.id) == len(incident.entries)


def let_in(friday, incident, challenger):
    """The canary refuses the champion's id, then goes up to 100 per cent."""
    canary, metrics = controller(friday, incident)
    champion = next(found.id for found in friday.endpoint.list_models() if found.id != challenger)
    for _ in range(2):
        metrics.write(champion, GOOD, 900, at=friday.clock())
        friday.clock.move(5)
    with pytest.raises(NotApproved, match="deployment of fraud@1"):
        start_canary(incident, canary, CanaryPlan(champion), role="platform_engineer")
    with pytest.raises(InvalidSetting, match="no deployed model"):
        start_canary(incident, canary, CanaryPlan("17"), role="platform_engineer")
    start_canary(incident, canary, CanaryPlan(challenger), role="platform_engineer")

    def serve():
        friday.clock.move(31)
        for model in (champion, challenger):
            metrics.write(model, GOOD, 900, at=friday.clock())

    canary.run(serve)
    shown = canary_evidence(incident, canary)
    assert (shown.kind, shown.verdict) == ("canary", "finished")
    person = "platform engineer G"
    incident.take("finish the rollout", role="platform_engineer", person=person, evidence=[shown])
