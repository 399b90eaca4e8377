"""Registering and deploying, interrupted and started again: nothing is there twice."""

import pytest
from google.api_core.exceptions import Forbidden
from google.cloud import aiplatform
from vertexai.resources.preview import ml_monitoring

from mlops_helpers.tooling import ModelChanged
from mlops_helpers.tooling.errors import NotApproved
from mlops_helpers.tooling.pipeline_champion import load_champion, model_registry
from mlops_helpers.tooling.pipeline_evaluation import Evaluation, SegmentScore, evaluate_beside_champion
from mlops_helpers.tooling.pipeline_registering import register
from mlops_helpers.tooling.pipeline_release import GATE, decide, release, watch
from mlops_helpers.tooling.pipeline_training import fit, to_bytes
from tests.tooling.pipeline_samples import rows, run_of

SCORES = (SegmentScore("(all)", 100, None, 0.8, 0.5),)
BETTER, WORSE = Evaluation(SCORES, 1.0, "deploy", ()), Evaluation(SCORES, 1.0, "keep", ("not better",))


@pytest.fixture
def run(session, bucket, name):
    return run_of(session, bucket, f"{session.project}.crm.customers", model=f"m{name[-8:]}")


@pytest.fixture(scope="module")
def models():
    """Training rows and the files of three models."""
    training = rows(400)
    settings = run_settings()
    return training, [to_bytes(fit(training.head(size), settings)[0]) for size in (400, 300, 200)]


def run_settings():
    from mlops_helpers.tooling import PipelineSettings

    return PipelineSettings()


def whole(run, content, training, evaluation=BETTER):
    """Everything after training, as the pipeline does it."""
    registered = register(content, training, evaluation, run, reason="test")
    decide(registered, evaluation, run)
    return registered, release(registered, run)


def endpoints(run):
    return aiplatform.Endpoint.list(filter=f'display_name="{run.settings.model}"')


def test_the_first_version_becomes_champion_with_all_traffic(run, models):
    training, (content, *_) = models
    registered, found = whole(run, content, training)
    [endpoint] = endpoints(run)
    assert (found.alias, found.endpoint) == ("champion", endpoint.resource_name)
    assert endpoint.traffic_split == {found.deployed_model: 100}
    answer = endpoint.predict(instances=training[run.settings.features].head(3).values.tolist())
    assert set(answer.predictions) <= {0, 1}
    assert registered.first


def test_a_later_version_becomes_challenger_without_traffic(run, models):
    training, (first, second, _) = models
    _, champion = whole(run, first, training)
    _, challenger = whole(run, second, training)
    [endpoint] = endpoints(run)
    assert challenger.alias == "challenger"
    assert endpoint.traffic_split[champion.deployed_model] == 100
    assert {deployed.model_version_id for deployed in endpoint.list_models()} == {"1", "2"}


def test_everything_twice_is_everything_once(run, models):
    training, (content, *_) = models
    first, released = whole(run, content, training)
    again, same = whole(run, content, training)
    assert (again.version, again.first, same) == (first.version, False, released)
    assert len(model_registry(run).versions()) == len(endpoints(run)) == 1
    assert [step.state for step in model_registry(run).approval("1").steps] == ["requested", "approved"]


@pytest.mark.parametrize(
    "operation",
    [
        "storage.objects.insert",
        "vertex.ModelService.UploadModel",
        "vertex.ModelService.MergeVersionAliases",
        "vertex.EndpointService.CreateEndpoint",
        "vertex.EndpointService.DeployModel",
    ],
)
def test_whatever_step_dies_the_next_run_goes_on_from_there(session, run, models, operation):
    training, (content, *_) = models
    with session.faults.inject("permission_denied", operation=operation) as faults:
        with pytest.raises(Exception, match=r"(?i)permission|denied|403"):
            whole(run, content, training)
        [fault] = faults.listed
        assert fault["struck"] == 1
    registered, found = whole(run, content, training)
    [endpoint] = endpoints(run)
    assert (registered.version, found.alias, len(endpoint.list_models())) == ("1", "champion", 1)
    files = [blob.name.split("/")[-1] for blob in model_registry(run).bucket.list_blobs(prefix="models/")]
    assert sorted(files) == ["evaluation.json", "model.joblib", "reference.csv"]
    assert len(model_registry(run).versions()) == 1


def test_between_upload_and_registry_nothing_is_registered(session, run, models):
    training, (content, *_) = models
    session.faults.inject("permission_denied", operation="vertex.ModelService.UploadModel")
    with pytest.raises(Forbidden):
        register(content, training, BETTER, run, reason="test")
    assert len(model_registry(run).versions()) == 0
    assert len(list(model_registry(run).bucket.list_blobs(prefix="models/"))) == 3


def test_a_rejected_version_is_kept_and_not_deployed(run, models):
    training, (content, *_) = models
    registered = register(content, training, WORSE, run, reason="test")
    assert decide(registered, WORSE, run) == "rejected"
    with pytest.raises(NotApproved):
        release(registered, run)
    assert endpoints(run) == []
    assert decide(registered, BETTER, run) == "approved"  # against another champion it may be better


def test_what_a_person_rejected_stays_rejected(run, models):
    training, (content, *_) = models
    registered = register(content, training, BETTER, run, reason="test")
    model_registry(run).reject(registered.version, by="grace@example.com", why="not before the audit")
    assert decide(registered, BETTER, run) == "rejected"


def test_without_automatic_approval_a_version_waits_for_a_person(session, bucket, models, name):
    training, (content, *_) = models
    run = run_of(session, bucket, f"{session.project}.crm.customers", model=f"m{name[-8:]}", automatic=False)
    registered, waiting = whole(run, content, training)
    assert (waiting.endpoint, endpoints(run)) == ("", [])
    model_registry(run).approve(registered.version, by="grace@example.com", why="read the evaluation")
    assert release(registered, run).alias == "champion"


def test_the_gate_is_not_the_author(run, models):
    training, (content, *_) = models
    whole(run, content, training)
    approval = model_registry(run).approval("1")
    assert (approval.author, approval.steps[-1].by) == ("training-pipeline", GATE)


def test_the_champion_is_compared_with_and_a_replaced_file_is_not_loaded(run, models):
    training, (first, second, _) = models
    registered, _ = whole(run, first, training)
    assert evaluate_beside_champion(second, rows(500, seed=8), run).champion == "1"
    itself = evaluate_beside_champion(first, rows(500, seed=8), run)
    assert itself.overall.champion_auc is None  # there is nobody to beat: a run that starts again goes on
    model_registry(run).bucket.blob(
        f"models/{run.settings.model}/{registered.digest}/model/model.joblib"
    ).upload_from_string(second)
    with pytest.raises(ModelChanged):
        load_champion(run)


def test_a_version_gets_one_monitor_over_its_own_training_rows(run, models):
    training, (content, *_) = models
    registered, _ = whole(run, content, training)
    made = watch(registered, run)
    assert watch(registered, run) == made
    monitor = ml_monitoring.ModelMonitor(made)
    assert registered.about(run.bucket, "reference.csv") in str(monitor.gca_resource)
