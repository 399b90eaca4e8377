"""Prepare, tune, evaluate, deploy: through google-genai, started twice, and the whole compiled file."""

import json

import pytest
from google import genai
from google.cloud import aiplatform
from google.genai import errors

from mlops_helpers.debugging.case_reading import read_cases
from mlops_helpers.tooling import BadExamples, InvalidSetting, PointerMoved, TuningFailed, compiled_pipeline
from mlops_helpers.tooling.genai_pipeline_steps import Prepared, Verdict, deploy, evaluate, prepare, read_pointer, tune

pytestmark = pytest.mark.filterwarnings("ignore:The SDK's tuning implementation is experimental")
GOOD, BAD = Verdict(1.0, 0.5, "deploy", "better"), "gs://nowhere/none.jsonl"
TEAMS = {"Z1": "kettle", "Q9": "bicycle"}
CASES = """
[[case]]
id = "kettle"
prompt = "An old kettle and hot water"
check = {equals = "Z1"}

[[case]]
id = "bicycle"
prompt = "bicycle bell"
check = {equals = "Q9"}
"""


def rows(answers=TEAMS):
    pairs = [(f"the {thing} is number {number}", team) for team, thing in answers.items() for number in range(12)]
    turns = [[{"role": "user", "parts": [{"text": q}]}, {"role": "model", "parts": [{"text": a}]}] for q, a in pairs]
    return "\n".join(json.dumps({"contents": contents}) for contents in turns)


@pytest.fixture
def client(session):
    return genai.Client(enterprise=True, project=session.project, location="us-central1")


def jobs(client, prepared):
    return [job for job in client.tunings.list() if job.tuned_model_display_name == prepared.display_name]


def test_examples_are_stored_once_under_their_version(bucket):
    first = prepare(rows(), bucket, name="teams")
    before = {blob.name: blob.generation for blob in bucket.list_blobs()}
    assert prepare(rows(), bucket, name="teams") == first
    assert {blob.name: blob.generation for blob in bucket.list_blobs()} == before
    assert (first.training_rows + first.validation_rows, len(before)) == (24, 2)
    assert prepare(rows({"Z1": "kettle", "Q9": "tricycle"}), bucket, name="teams").version != first.version


def test_a_bad_row_is_named_before_anything_is_written(bucket):
    with pytest.raises(BadExamples, match="line 25: no JSON"):
        prepare(f"{rows()}\nnonsense", bucket, name="teams")
    assert list(bucket.list_blobs()) == []


def test_tuning_twice_is_one_job_and_one_endpoint(client, bucket, name):
    prepared = prepare(rows(), bucket, name=name)
    endpoint = tune(prepared, client)
    assert tune(prepared, client) == endpoint
    assert len(jobs(client, prepared)) == 1
    assert client.models.generate_content(model=endpoint, contents="bicycle bell").text == "Q9"


def test_a_job_that_was_started_by_a_run_that_died_is_waited_for(session, client, bucket, name):
    prepared = prepare(rows(), bucket, name=name)
    with session.faults.inject("permission_denied", operation="*tuningJobs.get"), pytest.raises(errors.ClientError):
        tune(prepared, client)
    assert len(jobs(client, prepared)) == 1
    tune(prepared, client)
    assert len(jobs(client, prepared)) == 1


def test_a_job_that_fails_says_why_and_the_next_run_starts_another(client, name):
    broken = Prepared(name, "v1", BAD, BAD, 1, 1)
    for number in (1, 2):
        with pytest.raises(TuningFailed, match="JOB_STATE_FAILED"):
            tune(broken, client)
        assert len(jobs(client, broken)) == number


def test_the_tuned_model_passes_what_the_base_model_does_not(client, bucket, name):
    endpoint = tune(prepare(rows(), bucket, name=name), client)
    verdict = evaluate(endpoint, read_cases(CASES.encode(), "cases.toml"), client)
    assert (verdict.decision, verdict.tuned_rate, verdict.base_rate) == ("deploy", 1.0, 0.0)
    wrong = CASES.replace('"Z1"', '"Q9"')
    assert evaluate(endpoint, read_cases(wrong.encode(), "cases.toml"), client).decision == "keep"


def test_a_rate_that_cannot_be_is_refused(client):
    with pytest.raises(InvalidSetting, match="at_least=90"):
        evaluate("endpoint", [], client, at_least=90)


def test_the_pointer_knows_the_one_before_and_pointing_twice_is_once(bucket):
    prepared = Prepared("teams", "v1", "", "", 1, 1)
    deploy("endpoint-1", prepared, GOOD, bucket)
    second = deploy("endpoint-2", prepared, GOOD, bucket)
    generation = read_pointer(bucket, "teams")[1]
    assert deploy("endpoint-2", prepared, GOOD, bucket) == second
    assert (second["previous"], read_pointer(bucket, "teams")[1]) == ("endpoint-1", generation)


def test_two_who_deploy_at_once_do_not_overwrite_each_other(bucket, monkeypatch):
    prepared = Prepared("teams", "v1", "", "", 1, 1)
    deploy("endpoint-1", prepared, GOOD, bucket)
    monkeypatch.setattr("mlops_helpers.tooling.genai_pipeline_steps.read_pointer", lambda *_: ({}, 0))
    with pytest.raises(PointerMoved, match="no longer generation 0"):
        deploy("endpoint-2", prepared, GOOD, bucket)
    monkeypatch.undo()
    assert read_pointer(bucket, "teams")[0]["endpoint"] == "endpoint-1"


def test_the_compiled_file_tunes_and_points_production_there(session, bucket, name):
    bucket.blob("rows.jsonl").upload_from_string(rows())
    bucket.blob("cases.toml").upload_from_string(CASES)
    job = aiplatform.PipelineJob(
        display_name="tuning",
        template_path=str(compiled_pipeline("genai_tuning")),
        pipeline_root=f"gs://{bucket.name}/root",
        parameter_values={
            "project": session.project,
            "name": name,
            "examples": f"gs://{bucket.name}/rows.jsonl",
            "cases": f"gs://{bucket.name}/cases.toml",
        },
    )
    job.run()
    pointer, _ = read_pointer(bucket, name)
    assert pointer["verdict"]["decision"] == "deploy"
    client = genai.Client(enterprise=True, project=session.project, location="us-central1")
    assert client.models.generate_content(model=pointer["endpoint"], contents="kettle").text == "Z1"
