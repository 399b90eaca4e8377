"""CI files: read by a YAML parser, held against Cloud Build's published schema and GitHub's list of keys."""

import json
from importlib import resources
from pathlib import Path

import pytest
import yaml

from mlops_helpers.tooling.cicd import EVENTS, Delivery, cloud_build, cloud_triggers, github_workflow, setup_commands
from mlops_helpers.tooling.errors import InvalidSetting

ROOT = Path(__file__).resolve().parents[2]
DELIVERY = Delivery("churn", owner="example")
OURS = Delivery("course", repository="course", commands=("make test",), events=("code", "schedule"))
# GitHub's "Workflow syntax for GitHub Actions": the keys that may stand at each level.
WORKFLOW = {"name", "run-name", "on", "permissions", "env", "defaults", "concurrency", "jobs"}
JOB = {"name", "permissions", "needs", "if", "runs-on", "environment", "concurrency", "outputs", "env", "defaults"}
JOB |= {"steps", "timeout-minutes", "strategy", "continue-on-error", "container", "services", "uses", "with", "secrets"}
STEP = {"id", "if", "name", "uses", "run", "working-directory", "shell", "with", "env", "continue-on-error"}
STEP |= {"timeout-minutes"}


@pytest.fixture(scope="module")
def schemas():
    folder = resources.files("googleapiclient.discovery_cache") / "documents"
    return json.loads((folder / "cloudbuild.v1.json").read_text(encoding="utf-8"))["schemas"]


def parsed(text):
    """GitHub reads YAML 1.2, where `on` is a text; PyYAML reads 1.1, where it is the truth."""
    return yaml.load(text, Loader=yaml.BaseLoader)


def strange(value, schema, schemas):
    """The keys of a value, however deep, that Google's schema does not have."""
    if "$ref" in schema:
        schema = schemas[schema["$ref"]]
    if schema.get("type") == "array":
        return [key for item in value for key in strange(item, schema["items"], schemas)]
    if "properties" not in schema:
        return []
    known = schema["properties"]
    unknown = [key for key in value if key not in known]
    return unknown + [key for name in set(value) & set(known) for key in strange(value[name], known[name], schemas)]


def commands_of_build(text):
    return [step["script"] for step in parsed(text)["steps"]]


def commands_of_workflow(text):
    return [step["run"] for step in parsed(text)["jobs"]["run"]["steps"] if "run" in step]


def test_both_run_the_same_commands():
    wanted = ["make install", "make test", "make pipeline"]
    assert commands_of_build(cloud_build(DELIVERY)) == commands_of_workflow(github_workflow(DELIVERY)) == wanted


def test_the_build_is_one_that_cloud_build_knows(schemas):
    build = parsed(cloud_build(DELIVERY))
    assert strange(build, {"$ref": "Build"}, schemas) == []
    assert build["options"]["logging"] in schemas["BuildOptions"]["properties"]["logging"]["enum"]
    assert build["substitutions"] == {"_EVENT": "code"}


def test_the_schema_would_find_a_key_that_does_not_exist(schemas):
    assert strange({"steps": [{"nmae": "x"}], "colour": 1}, {"$ref": "Build"}, schemas) == ["colour", "nmae"]


def test_each_event_has_a_trigger_that_cloud_build_knows(schemas):
    files = cloud_triggers(DELIVERY, project="my-project")
    assert list(files) == [f"on_{event}.yaml" for event in EVENTS]
    for event, text in zip(EVENTS, files.values(), strict=True):
        trigger = parsed(text)
        assert strange(trigger, {"$ref": "BuildTrigger"}, schemas) == []
        assert trigger["substitutions"] == {"_EVENT": event}
        assert ("github" in trigger) is (event == "code")
        assert trigger.get("pubsubConfig", {}).get("topic", f"projects/my-project/topics/churn-{event}").endswith(event)


def test_the_workflow_has_keys_that_github_knows():
    workflow = parsed(github_workflow(DELIVERY))
    job = workflow["jobs"]["run"]
    assert set(workflow) <= WORKFLOW
    assert set(job) <= JOB
    assert all(set(step) <= STEP and ("uses" in step) != ("run" in step) for step in job["steps"])
    assert set(workflow["on"]) == {"push", "pull_request", "schedule", "repository_dispatch"}
    assert workflow["on"]["repository_dispatch"] == {"types": ["data", "drift"]}
    assert workflow["on"]["schedule"] == [{"cron": "0 6 * * 1"}]
    assert workflow["permissions"] == {"contents": "read"}


def test_nobody_can_write_a_command_into_the_workflow_from_outside():
    """Expressions stand in `env` only: there they are data, in `run` they would become part of the script."""
    assert not any("${{" in command for command in commands_of_workflow(github_workflow(DELIVERY)))


def test_each_topic_that_a_trigger_hears_is_created_and_fed():
    commands = setup_commands(DELIVERY, project="my-project", location="us-central1", bucket="my-data")
    for event in ("data", "schedule", "drift"):
        about = [command for command in commands if f"churn-{event}" in command]
        assert about[0] == f"gcloud pubsub topics create churn-{event} --project=my-project"
        assert len(about) == 2
    assert sum("triggers import" in command for command in commands) == 4


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": "Churn Model"},
        {"name": "x\njobs: {}"},
        {"branch": "main; rm -rf"},
        {"cron": "every monday"},
        {"python": "latest"},
        {"commands": ()},
        {"commands": "make test"},
        {"commands": ("make test; curl x",)},
        {"events": ("code", "weather")},
        {"events": ("drift",)},
        {"owner": ""},
    ],
)
def test_what_cannot_stand_in_the_files_is_refused(wrong):
    with pytest.raises(InvalidSetting):
        Delivery(**{"name": "churn", **wrong})


def test_a_project_that_cannot_be_is_refused():
    with pytest.raises(InvalidSetting, match="project id"):
        cloud_triggers(DELIVERY, project="My Project")
    with pytest.raises(InvalidSetting, match="the bucket"):
        setup_commands(DELIVERY, project="p", location="us-central1", bucket="a b")


@pytest.mark.parametrize(
    ("path", "made"), [(".github/workflows/test.yml", github_workflow), ("cloudbuild.yaml", cloud_build)]
)
def test_this_repository_uses_what_it_teaches(path, made):
    """Made by the same functions, and they run the README's command, as .ci/run does."""
    text = (ROOT / path).read_text(encoding="utf-8")
    assert text == made(OURS)
    assert "make test" in text
    assert "exec make test" in (ROOT / ".ci/run").read_text(encoding="utf-8")
    assert "make test" in (ROOT / "README.md").read_text(encoding="utf-8")
