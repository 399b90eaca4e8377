"""One Python component: looked up in the cache, else run in a process of its own, as often as its retries allow.

The process is the same as that of a training job: no secret of this one, Google's clients connected to the offline
cloud. `packages_to_install` are not installed: the component finds the packages of this environment.
"""

from __future__ import annotations

import hashlib
import json
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...errors import ApiError, unsupported
from ..errors import precondition
from ..packages import Program
from ..running import Finished, Place, Runs
from .board import Board
from .dag import RunCancelled, TaskFailed
from .mount import Mount
from .spec import Spec, cast, source_of
from .tracking import Tracking
from .values import Values, filled

if TYPE_CHECKING:
    from ..service import Vertex

Json = dict[str, Any]
MODULE = "mlops_helpers.offline.vertex.pipelines.step_main"
UNTRUSTED = (
    "This server is shared and runs no code that others send. Start one whose users you trust with --trust-models."
)


class StepCache:
    """What components gave, by what they were and what they took; shared by all pipelines of one project."""

    def __init__(self, vertex: Vertex) -> None:
        self._vertex = vertex
        self._found: dict[str, Values] = {}

    def get(self, key: str) -> Values | None:
        """The outputs of an earlier run, or None."""
        return self._found.get(key)

    def put(self, key: str, outputs: Values) -> None:
        """Remember the outputs of a run that succeeded."""
        self._found[key] = outputs
        self._vertex.effects.note("cache", key, outputs.parameters, outputs.artifacts)


class ComponentSteps:
    """Runs the components of one pipeline run. `root` is where its artifacts go (`gs://...`)."""

    def __init__(self, vertex: Vertex, place: Place, spec: Spec, root: str) -> None:
        self._vertex, self._place, self._spec, self._root = vertex, place, spec, root.rstrip("/")
        self.board, self._tracking = Board(vertex, place.name), Tracking(vertex, place.name)

    def run(self, task: Json, number: int, inputs: Values) -> Values:
        """The component's outputs. Raises TaskFailed or RunCancelled."""
        component = self._spec.component(task)
        executor = self._spec.executor(component)
        key = self._key(component, executor, inputs)
        cached = self._vertex.part(StepCache).get(key) if _cacheable(task) else None
        self.board.describe(number, inputs=inputs)
        if cached is not None:
            self.board.set(number, "SKIPPED")
        else:
            self.board.set(number, "RUNNING")
        found = cached or self._execute(task, number, component, inputs)
        execution, found = self._tracking.record(self.board.name(number), inputs, found, cached=cached is not None)
        self.board.describe(number, outputs=found, execution=execution)
        if _cacheable(task):
            with self._vertex.effects.writing():
                self._vertex.part(StepCache).put(key, found)
        return found

    def _execute(self, task: Json, number: int, component: Json, inputs: Values) -> Values:
        executor = self._spec.executor(component)
        if "importer" in executor:
            return _imported(executor["importer"], component, inputs)
        for _ in range(int(task.get("retryPolicy", {}).get("maxRetryCount", 0))):
            try:
                return self._attempt(number, component, inputs)
            except (TaskFailed, ApiError) as problem:
                self.board.set(number, "PENDING", str(problem))
                self.board.set(number, "RUNNING")
        return self._attempt(number, component, inputs)

    def _attempt(self, number: int, component: Json, inputs: Values) -> Values:
        if not self._vertex.cloud.trust.enabled:
            raise precondition(UNTRUSTED)
        if find_spec("kfp") is None:
            raise unsupported("Vertex AI: pipeline steps, because the package kfp is not installed here")
        folder = self._vertex.folder()
        mount = Mount(self._vertex, folder / "gcs")
        mount.fetch(artifact for artifacts in inputs.artifacts.values() for artifact in artifacts)
        given = self._executor_input(folder, number, component, inputs)
        source, function = source_of(self._spec.executor(component))
        (folder / "component.py").write_text(source)
        (folder / "input.json").write_text(json.dumps(given))
        for artifacts in given["outputs"]["artifacts"].values():
            mount.path(artifacts["artifacts"][0]["uri"]).parent.mkdir(parents=True, exist_ok=True)
        program = Program(MODULE, (str(folder), function), (), {"_KFP_RUNTIME": "true"}, warm=source)
        _check(self._vertex.part(Runs).run(self._place, program))
        found = _outputs(folder, component, given)
        mount.store(artifact for artifacts in found.artifacts.values() for artifact in artifacts)
        mount.close()
        return found

    def _executor_input(self, folder: Path, number: int, component: Json, inputs: Values) -> Json:
        """What KFP's executor reads: inputs, and where every output goes."""
        known = component.get("outputDefinitions", {})
        base = f"{self._root}/{self.board.name(number)}_{number}"
        made = {
            name: {
                "name": name,
                "type": about["artifactType"],
                "uri": f"{base}/{name}",
                "metadata": about.get("metadata", {}),
            }
            for name, about in known.get("artifacts", {}).items()
        }
        return {
            "inputs": {
                "parameterValues": inputs.parameters,
                "artifacts": {name: {"artifacts": _as_kfp(artifacts)} for name, artifacts in inputs.artifacts.items()},
            },
            "outputs": {
                "parameters": {
                    name: {"outputFile": str(folder / "out" / name)} for name in known.get("parameters", {})
                },
                "artifacts": {name: {"artifacts": [artifact]} for name, artifact in made.items()},
                "outputFile": str(folder / "out" / "executor_output.json"),
            },
        }

    def _key(self, component: Json, executor: Json, inputs: Values) -> str:
        artifacts = {name: [item.get("uri") for item in found] for name, found in inputs.artifacts.items()}
        project = self._place.name.split("/")[1]
        content = [project, component, executor, inputs.parameters, artifacts]
        return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def _cacheable(task: Json) -> bool:
    return bool(task.get("cachingOptions", {}).get("enableCache"))


def _check(finished: Finished) -> None:
    if finished.status is None:
        raise RunCancelled
    if finished.status:
        raise TaskFailed(finished.error())


def _as_kfp(artifacts: list[Json]) -> list[Json]:
    """Artifacts as KFP's executor reads them."""
    return [
        {
            "name": artifact.get("name", ""),
            "type": {"schemaTitle": artifact.get("schemaTitle", "system.Artifact")},
            "uri": artifact.get("uri", ""),
            "metadata": artifact.get("metadata", {}),
        }
        for artifact in artifacts
    ]


def _outputs(folder: Path, component: Json, given: Json) -> Values:
    """What the component gave. Raises TaskFailed if a parameter is missing."""
    known = component.get("outputDefinitions", {})
    path = folder / "out" / "executor_output.json"
    told = json.loads(path.read_text()) if path.exists() else {}
    parameters = dict(told.get("parameterValues", {}))
    for name, about in known.get("parameters", {}).items():
        file = folder / "out" / name
        if name not in parameters and file.exists():
            parameters[name] = file.read_text()
        if name in parameters:
            parameters[name] = cast(about.get("parameterType", ""), parameters[name])
        elif not about.get("isOptional"):
            raise TaskFailed(f"The component gave no value for its output {name!r}.")
    artifacts = {}
    for name, about in known.get("artifacts", {}).items():
        made = told.get("artifacts", {}).get(name) or given["outputs"]["artifacts"][name]
        title = about["artifactType"].get("schemaTitle", "system.Artifact")
        artifacts[name] = [_artifact(item, title) for item in made["artifacts"]]
    return Values(parameters, artifacts)


def _artifact(made: Json, title: str) -> Json:
    name = made.get("name", "").rpartition("/")[2]
    return {"displayName": name, "uri": made["uri"], "schemaTitle": title, "metadata": made.get("metadata", {})}


def _imported(importer: Json, component: Json, inputs: Values) -> Values:
    """The artifact that an importer stands for: it exists already, only its address is known."""
    source = importer.get("artifactUri", {})
    uri = source.get("constant") or inputs.parameters.get(source.get("runtimeParameter", "uri"), "")
    told = importer.get("metadata", {})
    metadata = {
        name: filled(value, inputs.parameters, {}) if isinstance(value, str) else value for name, value in told.items()
    }
    (name,) = component["outputDefinitions"]["artifacts"]
    title = importer.get("typeSchema", {}).get("schemaTitle", "system.Artifact")
    return Values({}, {name: [{"displayName": name, "uri": uri, "schemaTitle": title, "metadata": metadata}]})
