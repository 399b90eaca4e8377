"""A pipeline run in ML Metadata: its contexts, an execution for the run and one for each task, every artifact.

    context  system.Pipeline     <- parent of ->     context  system.PipelineRun  (parent too: an experiment)
    execution  system.Run                the run itself; its metadata holds the parameters as `input:name`
    execution  system.ContainerExecution one per component; events join it with its artifacts

That is what `aiplatform.get_experiment_df` reads: parameters from the run's execution, metrics from its artifacts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..lineage import Lineage
from .values import Values

if TYPE_CHECKING:
    from ..service import Vertex

Json = dict[str, Any]
VERSION = "0.0.1"


class Tracking:
    """Writes what one run did into the `default` metadata store of its location."""

    def __init__(self, vertex: Vertex, job: str) -> None:
        self._vertex, self._job = vertex, job
        self._store = f"{job.rsplit('/', 2)[0]}/metadataStores/default"
        self.run_context = f"{self._store}/contexts/{job.rpartition('/')[2]}"
        self.run_execution = f"{self._store}/executions/{job.rpartition('/')[2]}-run"

    def start(self, pipeline: str, parameters: Json) -> Json:
        """The contexts of the run, for its `jobDetail`; they exist before the first task starts."""
        store = self._vertex.store
        if store.find(self._store) is None:
            store.add(self._store, {})
        above = f"{self._store}/contexts/{pipeline}"
        if store.find(above) is None:
            store.add(above, _node(pipeline, "system.Pipeline"))
        name = self._job.rpartition("/")[2]
        store.add(self.run_context, {**_node(name, "system.PipelineRun"), "parentContexts": [above]})
        metadata = {f"input:{key}": value for key, value in parameters.items()}
        store.add(self.run_execution, {**_node(name, "system.Run"), "state": "RUNNING", "metadata": metadata})
        self._enter([self.run_execution])
        return {"pipelineContext": store.get(above), "pipelineRunContext": store.get(self.run_context)}

    def finish(self, state: str) -> None:
        """The run has ended: COMPLETE, FAILED or CANCELLED."""
        with self._vertex.effects.writing():
            if self._vertex.store.find(self.run_execution) is not None:
                self._vertex.store.change(self.run_execution, {"state": state})

    def record(self, task: str, inputs: Values, outputs: Values, *, cached: bool) -> tuple[Json, Values]:
        """A task's execution, and its outputs as artifacts of the metadata store."""
        with self._vertex.effects.writing():
            made = {name: [self._artifact(item) for item in found] for name, found in outputs.artifacts.items()}
            values = {f"input:{name}": value for name, value in inputs.parameters.items()}
            values |= {f"output:{name}": value for name, value in outputs.parameters.items()}
            node = {**_node(task, "system.ContainerExecution"), "state": "CACHED" if cached else "COMPLETE"}
            name = f"{self._store}/executions/{self._vertex.store.new_id('executions')}"
            execution = self._vertex.store.add(name, {**node, "metadata": values})
            taken = [item for found in inputs.artifacts.values() for item in found]
            given = [item for found in made.values() for item in found]
            self._join(name, taken, "INPUT")
            self._join(name, given, "OUTPUT")
            self._enter([name, *(item["name"] for item in given)])
        return execution, Values(outputs.parameters, made)

    def _artifact(self, made: Json) -> Json:
        """The artifact in the metadata store; one that is known already (cached) stays the one it is."""
        if made.get("name") and self._vertex.store.find(made["name"]):
            return made
        name = f"{self._store}/artifacts/{self._vertex.store.new_id('artifacts')}"
        return self._vertex.store.add(name, {**made, "schemaVersion": VERSION, "state": "LIVE"})

    def _join(self, execution: str, artifacts: list[Json], direction: str) -> None:
        for artifact in artifacts:
            event = {"artifact": artifact["name"], "execution": execution, "type": direction}
            self._vertex.part(Lineage).join({**event, "eventTime": self._vertex.store.stamp()})

    def _enter(self, names: list[str]) -> None:
        self._vertex.part(Lineage).enter(self.run_context, names)


def _node(name: str, title: str) -> Json:
    return {"displayName": name, "schemaTitle": title, "schemaVersion": VERSION}
