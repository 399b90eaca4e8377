"""What the caller sees of every task: its state now and before, its times, its error, its artifacts.

The states are Vertex AI's: SKIPPED is a cache hit, NOT_TRIGGERED a condition that did not hold or a task before it
that did not succeed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .values import Values

if TYPE_CHECKING:
    from ..service import Vertex

Json = dict[str, Any]
ENDED = ("SUCCEEDED", "FAILED", "SKIPPED", "CANCELLED", "NOT_TRIGGERED")


class Board:
    """The `jobDetail` of one run; every change is visible at once."""

    def __init__(self, vertex: Vertex, job: str) -> None:
        self._vertex, self.job = vertex, job
        self._tasks: dict[int, Json] = {}

    def open(self, name: str, parent: int) -> int:
        """A new task, waiting; gives its number. `parent` is the task of the pipeline around it (0: none)."""
        number = len(self._tasks) + 1
        around = f"{self._tasks[parent]['taskUniqueName']}." if parent else ""
        task = {"taskId": str(number), "taskName": name, "taskUniqueName": f"{around}{name}"}
        with self._vertex.effects.writing():
            self._tasks[number] = {**task, **({"parentTaskId": str(parent)} if parent else {})}
            self._tasks[number]["createTime"] = self._vertex.store.stamp()
        self.set(number, "PENDING")
        return number

    def name(self, number: int) -> str:
        """A task's name."""
        return self._tasks[number]["taskName"]

    def set(self, number: int, state: str, error: str = "") -> str:
        """A task's new state, which is given back."""
        problem = {"error": {"code": 9, "message": error}} if error else {}
        with self._vertex.effects.writing():
            now = self._vertex.store.stamp()
            task = dict(self._tasks[number])
            history = [*task.get("pipelineTaskStatus", []), {"updateTime": now, "state": state, **problem}]
            task |= {"state": state, "pipelineTaskStatus": history, **problem}
            if state == "RUNNING":
                task.setdefault("startTime", now)
            if state in ENDED:
                task["endTime"] = now
            self._show(number, task)
        return state

    def finish(self, number: int) -> str:
        """A task ended well; one whose result was in the cache stays SKIPPED."""
        cached = self._tasks[number].get("state") == "SKIPPED"
        if not cached:
            self.set(number, "SUCCEEDED")
        return "SUCCEEDED"

    def describe(
        self, number: int, *, inputs: Values | None = None, outputs: Values | None = None, **more: Any
    ) -> None:
        """Add the artifacts that a task takes or gives, and other fields of its details."""
        found = {
            kind: {name: {"artifacts": artifacts} for name, artifacts in values.artifacts.items()}
            for kind, values in (("inputs", inputs), ("outputs", outputs))
            if values is not None
        }
        with self._vertex.effects.writing():
            self._show(number, {**self._tasks[number], **found, **more})

    def _show(self, number: int, task: Json) -> None:
        self._tasks[number] = task
        job = self._vertex.store.find(self.job)
        if job is not None:
            detail = {**job.get("jobDetail", {}), "taskDetails": list(self._tasks.values())}
            self._vertex.store.change(self.job, {"jobDetail": detail})
