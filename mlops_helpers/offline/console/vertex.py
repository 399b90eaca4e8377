"""Vertex AI: models with their versions, endpoints with their traffic split, and runs of every kind."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..wire import Request
from .html import Html, join, table
from .pages import Page

if TYPE_CHECKING:
    from .app import Console

ANYWHERE = "projects/-/locations/-"
Resources = list[dict[str, Any]]
JOBS = (
    ("Pipeline runs", "pipelineJobs"),
    ("Training pipelines", "trainingPipelines"),
    ("Custom jobs", "customJobs"),
    ("Tuning jobs", "hyperparameterTuningJobs"),
    ("Batch predictions", "batchPredictionJobs"),
)
RUN, EXPERIMENT = "system.ExperimentRun", "system.Experiment"


def _list(console: Console, parent: str, collection: str) -> Resources:
    if not console.cloud.is_open("vertex"):
        return []
    with console.cloud.lock("vertex"):
        return console.cloud.service("vertex").store.list(parent, collection)


def models(console: Console, request: Request) -> Page:
    """Models, newest version last, and endpoints."""
    versions = _list(console, f"{ANYWHERE}/models/-", "versions")
    head = ("model", "version", "aliases", "project", "id", "created")
    shown = table("Models", head, [_version_row(found) for found in versions], numbers=("version",))
    endpoints = _list(console, ANYWHERE, "endpoints")
    rows = [row for found in endpoints for row in _endpoint_rows(found)]
    head = ("endpoint", "project", "deployed model", "model and version", "traffic")
    return "Models and endpoints", join([shown, table("Endpoints", head, rows, numbers=("traffic",))])


def _version_row(version: dict[str, Any]) -> tuple:
    parts = version["name"].split("/")
    aliases = ", ".join(version.get("versionAliases", []))
    name = version.get("displayName", parts[5])
    return name, version.get("versionId", ""), aliases, parts[1], parts[5], version.get("versionCreateTime", "")


def _endpoint_rows(endpoint: dict[str, Any]) -> list[tuple]:
    name = endpoint.get("displayName", endpoint["name"])
    project, split = endpoint["name"].split("/")[1], endpoint.get("trafficSplit", {})
    deployed = endpoint.get("deployedModels", [])
    if not deployed:
        return [(name, project, "none", "", "")]
    return [
        (name, project, each.get("displayName") or each["id"], _model_of(each), f"{split.get(each['id'], 0)} %")
        for each in deployed
    ]


def _model_of(deployed: dict[str, Any]) -> str:
    """The id of a deployed model, with its version."""
    number, _, version = deployed.get("model", "").rpartition("/")[2].partition("@")
    return f"{number}@{deployed.get('modelVersionId') or version}"


def runs(console: Console, request: Request) -> Page:
    """Jobs and pipelines with their state, and the runs of experiments."""
    parts = [_jobs(console, caption, collection) for caption, collection in JOBS]
    return "Runs", join([_experiments(console), *parts])


def _jobs(console: Console, caption: str, collection: str) -> Html:
    found = _list(console, ANYWHERE, collection)
    rows = [
        (job.get("displayName", job["name"]), *_where(job), job.get("state", ""), job.get("createTime", ""))
        for job in found
    ]
    return table(caption, ("name", "project", "id", "state", "created"), rows)


def _experiments(console: Console) -> Html:
    contexts = _list(console, f"{ANYWHERE}/metadataStores/-", "contexts")
    names = {found["name"]: _name(found) for found in contexts if found.get("schemaTitle") == EXPERIMENT}
    runs = [found for found in contexts if found.get("schemaTitle") == RUN]
    rows = [(_name(run), _experiment_of(console, run, names), _where(run)[0], *_measured(run)) for run in runs]
    return table("Experiment runs", ("run", "experiment", "project", "state", "parameters", "metrics"), rows)


def _experiment_of(console: Console, run: dict[str, Any], names: dict[str, str]) -> str:
    from ..vertex.lineage import Lineage

    parents = console.cloud.service("vertex").part(Lineage).parents(run["name"])
    return ", ".join(names[parent] for parent in parents if parent in names)


def _measured(run: dict[str, Any]) -> tuple[str, str, str]:
    found = run.get("metadata", {})
    pairs = [
        ", ".join(f"{name} {value}" for name, value in found.get(key, {}).items()) for key in ("_params", "_metrics")
    ]
    return found.get("_state", ""), *pairs


def _name(resource: dict[str, Any]) -> str:
    return resource.get("displayName") or resource["name"].rpartition("/")[2]


def _where(resource: dict[str, Any]) -> tuple[str, str]:
    parts = resource["name"].split("/")
    return parts[1], parts[-1]
