"""The pipeline's work without a pipeline, a run looked at, and a comparison drawn."""

from types import SimpleNamespace

import pytest
from google.cloud.aiplatform_v1.types import Artifact, PipelineTaskDetail

from mlops_helpers.tooling import (
    InvalidSetting,
    ModelRegistry,
    PipelineSettings,
    judge_candidate,
    release_first,
    run_lineage,
    segment_alt,
    segment_figure,
    step_states,
    train_candidate,
)
from tests.tooling.pipeline_samples import load, rows, run_of


@pytest.fixture(scope="module")
def champion():
    return train_candidate(rows(1500), PipelineSettings())


@pytest.fixture(scope="module")
def evaluation(champion):
    return judge_candidate(train_candidate(rows(3000, seed=2), PipelineSettings()), champion)


def test_nobody_is_trained_on_and_held_out(champion):
    assert not set(champion.training["customer_id"]) & set(champion.held_out["customer_id"])
    assert len(champion.training) + len(champion.held_out) == 1500
    assert champion.scores(champion.held_out).between(0, 1).all()


def test_models_of_other_features_are_not_compared(champion):
    other = train_candidate(rows(1500), PipelineSettings(numeric=("age",)))
    with pytest.raises(InvalidSetting, match="a model that takes contract_type"):
        judge_candidate(other, champion)


def test_a_person_releases_the_first_model_and_nothing_after_it(session, bucket, name, champion):
    model = f"m{name[-8:]}"
    run = run_of(session, bucket, load(session, name, rows(100)), model=model)
    live = release_first(champion, run, by="team lead", why="it looked good")
    found = ModelRegistry(model, bucket, clock=session.now).versions().iloc[0]
    assert (live.alias, found["aliases"], found["by"], found["why"]) == (
        "champion",
        "champion",
        "team lead",
        "it looked good",
    )
    with pytest.raises(InvalidSetting, match="version 1 of .* as champion"):
        release_first(champion, run, by="team lead", why="again")


def test_the_figure_has_a_row_for_all_and_for_each_segment(evaluation):
    axes = segment_figure(evaluation).axes[0]
    labels = [label.get_text() for label in axes.get_yticklabels()]
    assert [label.split(" (n")[0] for label in labels] == ["(all)", "capital", "coast", "north", "south"]
    assert segment_alt(evaluation).startswith("From champion to challenger: (all) 0.")


def test_an_evaluation_of_one_model_is_not_drawn(champion):
    with pytest.raises(InvalidSetting, match="an evaluation without a champion"):
        segment_figure(judge_candidate(champion))


def task(number, name, state, inputs=(), outputs=()):
    def groups(uris):
        artifacts = {uri: Artifact(uri=f"gs://b/run/{uri}", schema_title=title(uri)) for uri in uris}
        return {uri: PipelineTaskDetail.ArtifactList(artifacts=[one]) for uri, one in artifacts.items()}

    def title(uri):
        return "system.Metrics" if uri == "metrics" else "system.Artifact"

    return PipelineTaskDetail(
        task_id=number, task_name=name, state=state, inputs=groups(inputs), outputs=groups(outputs)
    )


STATE = PipelineTaskDetail.State
FIRST = [
    task(1, "exit-handler-1", STATE.FAILED),
    task(2, "ingest", STATE.SUCCEEDED, outputs=["rows"]),
    task(4, "clean-up-and-report", STATE.SUCCEEDED),
    task(3, "train", STATE.FAILED, inputs=["rows"]),
]
SECOND = [
    task(2, "ingest", STATE.SKIPPED, outputs=["rows"]),
    task(3, "train", STATE.SUCCEEDED, inputs=["rows"], outputs=["model", "metrics"]),
    task(5, "register", STATE.SUCCEEDED, inputs=["model"], outputs=["registered"]),
    task(6, "clean-up-and-report", STATE.SUCCEEDED),
]


def test_the_states_of_two_runs_stand_side_by_side_the_exit_handler_last():
    states = step_states(first=SimpleNamespace(task_details=FIRST), second=SimpleNamespace(task_details=SECOND))
    assert states.index.tolist() == ["ingest", "train", "register", "clean-up-and-report"]
    assert states["first"].tolist() == ["succeeded", "failed", "", "succeeded"]
    assert states["second"].tolist() == ["from the cache", "succeeded", "succeeded", "succeeded"]


def test_the_lineage_leads_from_the_table_to_what_was_registered():
    graph = run_lineage(SimpleNamespace(task_details=SECOND), table="p.d.customers")
    expected = [
        ("bq://p.d.customers", "gs://rows"),
        ("gs://model", "gs://registered"),
        ("gs://rows", "gs://model"),
    ]
    assert sorted(graph.edges) == expected
