"""Which task runs when. A task runs after those it depends on; it is not triggered when one of them did not succeed.

A failure does not stop tasks that do not depend on it (unless the policy is to fail fast); in the end it fails the
whole pipeline. Exit handlers and tasks that ignore failures run in any case. The order is always the same.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Protocol

from ...errors import ApiError
from ..errors import bad_field
from .board import Board
from .conditions import holds
from .spec import Spec, with_defaults
from .values import Scope, Values, outputs, resolve

Json = dict[str, Any]
ALWAYS = "ALL_UPSTREAM_TASKS_COMPLETED"


class TaskFailed(Exception):
    """A task of the pipeline, or a pipeline in it, has failed; the message says why."""


class RunCancelled(Exception):
    """Somebody cancelled the run."""


class Steps(Protocol):
    """What runs a component that is no pipeline itself."""

    def run(self, task: Json, number: int, inputs: Values) -> Values:
        """The outputs. Raises TaskFailed or RunCancelled."""


@dataclass
class Progress:
    """How far one pipeline, or one iteration of a loop, has come."""

    done: dict[str, Values] = field(default_factory=dict)
    states: dict[str, str] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)

    def statuses(self, job: str) -> dict[str, Json]:
        """What an exit handler is told about each task (`dsl.PipelineTaskFinalStatus`)."""
        return {name: self._status(job, name, state) for name, state in self.states.items()}

    def _status(self, job: str, name: str, state: str) -> Json:
        error = {"error": {"code": 9, "message": self.errors[name]}} if name in self.errors else {}
        return {"state": state, "pipelineJobResourceName": job, "pipelineTaskName": name, **error}


@dataclass(frozen=True)
class Dag:
    """One run of a pipeline. `names` are the placeholders that stand for the run itself."""

    spec: Spec
    steps: Steps
    board: Board
    names: dict[str, str]
    fail_fast: bool = False

    def run(self, inputs: Values) -> Values:
        """Run it to its end; gives the pipeline's outputs. Raises TaskFailed or RunCancelled."""
        return self._run(self.spec.root, Scope(inputs, names=self.names), 0)

    def _run(self, component: Json, scope: Scope, parent: int) -> Values:
        progress = Progress()
        for name in ordered(component["dag"]["tasks"]):
            self._step(name, component["dag"]["tasks"][name], scope, progress, parent)
        if progress.errors:
            failed = ", ".join(sorted(progress.errors))
            raise TaskFailed(f"The DAG failed because some tasks failed. The failed tasks are: [{failed}].")
        return outputs(component, progress.done)

    def _step(self, name: str, task: Json, scope: Scope, progress: Progress, parent: int) -> None:
        number = self.board.open(name, parent)
        if not self._triggered(task, progress):
            progress.states[name] = self.board.set(number, "NOT_TRIGGERED")
            return
        try:
            inputs = resolve(task, scope, progress.done, progress.statuses(self.board.job))
            condition = task.get("triggerPolicy", {}).get("condition")
            if condition and not holds(condition, inputs.parameters):
                progress.states[name] = self.board.set(number, "NOT_TRIGGERED")
                return
            progress.done[name] = self._task(task, inputs, scope, number)
            progress.states[name] = self.board.finish(number)
        except (TaskFailed, ApiError) as problem:
            progress.errors[name] = str(problem)
            progress.states[name] = self.board.set(number, "FAILED", str(problem))
        except RunCancelled:
            self.board.set(number, "CANCELLED")
            raise

    def _triggered(self, task: Json, progress: Progress) -> bool:
        if task.get("triggerPolicy", {}).get("strategy") == ALWAYS:
            return True
        if self.fail_fast and progress.errors:
            return False
        return all(name in progress.done for name in task.get("dependentTasks", []))

    def _task(self, task: Json, inputs: Values, scope: Scope, number: int) -> Values:
        if "parameterIterator" in task or "artifactIterator" in task:
            return self._loop(task, inputs, scope, number)
        return self._once(task, inputs, scope, number)

    def _once(self, task: Json, inputs: Values, scope: Scope, number: int) -> Values:
        component = self.spec.component(task)
        inputs = Values(with_defaults(component, inputs.parameters), inputs.artifacts)
        if "dag" not in component:
            return self.steps.run(task, number, inputs)
        self.board.set(number, "RUNNING")
        return self._run(component, Scope(inputs, scope, self.names), number)

    def _loop(self, task: Json, inputs: Values, scope: Scope, number: int) -> Values:
        """Every iteration, one after the other; their outputs come as lists."""
        self.board.set(number, "RUNNING")
        rounds, failed = [], []
        for index, item in enumerate(_items(task, inputs)):
            iteration = self.board.open(f"{self.board.name(number)}-{index}", number)
            try:
                rounds.append(self._once(task, item, scope, iteration))
                self.board.finish(iteration)
            except TaskFailed as problem:
                failed.append(problem)
                self.board.set(iteration, "FAILED", str(problem))
        if failed:
            raise failed[0]
        return _collected(rounds)


def ordered(tasks: Json) -> Iterator[str]:
    """The tasks so that each comes after those it depends on; else by name. Raises ApiError 400 for a circle."""
    waiting = dict(sorted(tasks.items()))
    while waiting:
        ready = [name for name, task in waiting.items() if not set(task.get("dependentTasks", [])) & set(waiting)]
        if not ready:
            raise bad_field("pipeline_spec.dag", ", ".join(waiting), "tasks that form no circle")
        del waiting[ready[0]]
        yield ready[0]


def _items(task: Json, inputs: Values) -> Iterator[Values]:
    """The inputs of each iteration."""
    over_artifacts = "artifactIterator" in task
    iterator = task["artifactIterator" if over_artifacts else "parameterIterator"]
    source, name = iterator["items"], iterator["itemInput"]
    if "raw" in source:
        items = json.loads(source["raw"])
    elif "inputArtifact" in source:
        items = inputs.artifacts.get(source["inputArtifact"], [])
    else:
        items = inputs.parameters.get(source["inputParameter"], [])
    for item in json.loads(items) if isinstance(items, str) else items:
        if over_artifacts:
            yield Values(inputs.parameters, {**inputs.artifacts, name: [item]})
        else:
            yield Values({**inputs.parameters, name: item}, inputs.artifacts)


def _collected(rounds: list[Values]) -> Values:
    """The outputs of all iterations, in their order (`dsl.Collected`)."""
    parameters = sorted({name for found in rounds for name in found.parameters})
    artifacts = sorted({name for found in rounds for name in found.artifacts})
    return Values(
        {name: [found.parameters.get(name) for found in rounds] for name in parameters},
        {name: [item for found in rounds for item in found.artifacts.get(name, [])] for name in artifacts},
    )
