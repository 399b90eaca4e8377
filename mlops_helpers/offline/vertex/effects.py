"""What a job in the background changes, as data: a restarted server puts that back and runs no code again.

Whatever a job's thread changes, it changes inside `with vertex.effects.writing():`. The parts that hold state note
there what was done to them; the server's keeper writes the notes down before anybody else can see the change.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .service import Vertex

Json = dict[str, Any]


class Effects:
    """The notes of the change that is being made. There are none in the middle of a request, nor without a keeper."""

    def __init__(self, vertex: Vertex) -> None:
        self._vertex = vertex
        self._notes: list[Any] | None = None

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Inside, everything waits, and what is changed is noted. Changes within changes are one."""
        keeper = self._vertex.cloud.keeper
        with keeper.background("vertex") if keeper else nullcontext() as notes, self._vertex.lock:
            before, self._notes = self._notes, notes if self._notes is None else self._notes
            try:
                yield
            finally:
                self._notes = before

    @property
    def noted(self) -> bool:
        """Whether a note would be taken."""
        return self._notes is not None

    def note(self, kind: str, *what: Any) -> None:
        """One thing that was done: a name in `PUT_BACK`, and what it takes, as JSON."""
        if self._notes is not None:
            self._notes.append([kind, *what])

    def put_back(self, notes: list[Any]) -> None:
        """Do again what was noted."""
        with self._vertex.lock:
            for kind, *what in notes:
                PUT_BACK[kind](self._vertex, *what)


def _change(vertex: Vertex, name: str, fields: Json) -> None:
    vertex.store.put_back(name, fields)


def _remove(vertex: Vertex, name: str) -> None:
    vertex.store.remove(name)


def _join(vertex: Vertex, event: Json) -> None:
    from .lineage import Lineage

    vertex.part(Lineage).join(event)


def _enter(vertex: Vertex, context: str, names: list[str]) -> None:
    from .lineage import Lineage

    vertex.part(Lineage).enter(context, names)


def _keep_artifact(vertex: Vertex, version: str, uri: str) -> None:
    from .artifacts import Artifacts, files_under

    vertex.part(Artifacts).keep(version, files_under(vertex, uri))


def _cache(vertex: Vertex, key: str, parameters: Json, artifacts: Json) -> None:
    from .pipelines.steps import StepCache
    from .pipelines.values import Values

    vertex.part(StepCache).put(key, Values(parameters, artifacts))


PUT_BACK = {
    "change": _change,
    "remove": _remove,
    "join": _join,
    "enter": _enter,
    "artifact": _keep_artifact,
    "cache": _cache,
}
