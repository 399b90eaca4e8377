"""TensorBoard: Tensorboards, their experiments, runs and time series. The measured values are in `tensorboard_data`.

A run's display name is unique within its experiment, a time series' within its run: that is how writers find them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from . import generic, typed
from .behaviours import Call, behaviour
from .errors import bad_field, exists
from .store import Resource, parent_of
from .tensorboard_data import Measurements

if TYPE_CHECKING:
    from .service import Vertex

GENERIC = (
    *(f"TensorboardService.{verb}Tensorboard" for verb in ("Get", "Update")),
    *(f"TensorboardService.{verb}TensorboardExperiment" for verb in ("Get", "Update")),
    *(f"TensorboardService.{verb}TensorboardRun" for verb in ("Get", "Update")),
    *(f"TensorboardService.{verb}TensorboardTimeSeries" for verb in ("Get", "Update")),
    "TensorboardService.ListTensorboards",
    "TensorboardService.ListTensorboardExperiments",
    "TensorboardService.ListTensorboardRuns",
    "TensorboardService.ListTensorboardTimeSeries",
)


@behaviour("TensorboardService.CreateTensorboard")
def create_tensorboard(vertex: Vertex, call: Call) -> dict[str, Any]:
    """A Tensorboard; only one of a location is the default one."""
    sent = call.request.tensorboard
    if not sent.display_name:
        raise bad_field("tensorboard.display_name", "", "a name")
    if sent.is_default:
        for other in vertex.store.list(call.request.parent, "tensorboards"):
            if other.get("isDefault"):
                vertex.store.change(other["name"], {"isDefault": None})
    return generic.create(vertex, call)


@behaviour("TensorboardService.CreateTensorboardExperiment")
def create_experiment(vertex: Vertex, call: Call) -> dict[str, Any]:
    """An experiment; the caller chooses its id, which is its display name unless it has one."""
    vertex.store.get(call.request.parent)
    wanted = call.request.tensorboard_experiment_id
    if not wanted:
        raise bad_field("tensorboard_experiment_id", "", "an id")
    shown = call.request.tensorboard_experiment.display_name or wanted
    return generic.create(vertex, call, {"displayName": shown})


@behaviour("TensorboardService.CreateTensorboardRun")
def create_run(vertex: Vertex, call: Call) -> dict[str, Any]:
    """A run, under the id that the caller chooses."""
    return _add_run(vertex, call.request.parent, call.request)


@behaviour("TensorboardService.BatchCreateTensorboardRuns")
def create_runs(vertex: Vertex, call: Call) -> dict[str, Any]:
    """Several runs of one experiment."""
    for request in call.request.requests:
        if request.parent != call.request.parent:
            raise bad_field("requests.parent", request.parent, call.request.parent)
    return {"tensorboardRuns": [_add_run(vertex, request.parent, request) for request in call.request.requests]}


@behaviour("TensorboardService.CreateTensorboardTimeSeries")
def create_time_series(vertex: Vertex, call: Call) -> dict[str, Any]:
    """An empty time series."""
    wanted = call.request.tensorboard_time_series_id
    return _add_series(vertex, call.request.parent, call.request.tensorboard_time_series, wanted)


@behaviour("TensorboardService.BatchCreateTensorboardTimeSeries")
def create_many_time_series(vertex: Vertex, call: Call) -> dict[str, Any]:
    """Several time series of runs of one experiment."""
    for request in call.request.requests:
        if parent_of(request.parent) != call.request.parent:
            raise bad_field("requests.parent", request.parent, f"a run of {call.request.parent}")
    created = [
        _add_series(vertex, request.parent, request.tensorboard_time_series, request.tensorboard_time_series_id)
        for request in call.request.requests
    ]
    return {"tensorboardTimeSeries": created}


@behaviour(
    "TensorboardService.DeleteTensorboard",
    "TensorboardService.DeleteTensorboardExperiment",
    "TensorboardService.DeleteTensorboardRun",
    "TensorboardService.DeleteTensorboardTimeSeries",
)
def delete_with_values(vertex: Vertex, call: Call) -> dict[str, Any]:
    """Delete a resource, all under it, and what was measured."""
    generic.delete(vertex, call)
    vertex.part(Measurements).forget(call.request.name)
    _count_runs(vertex, call.request.name)
    return {}


def _add_run(vertex: Vertex, experiment: str, request: Any) -> Resource:
    vertex.store.get(experiment)
    wanted, sent = request.tensorboard_run_id, request.tensorboard_run
    _check_id("tensorboard_run_id", wanted)
    _need_unique(vertex.store.list(experiment, "runs"), sent.display_name)
    run = vertex.store.add(f"{experiment}/runs/{wanted}", {"displayName": wanted, **typed.to_json(sent)})
    _count_runs(vertex, run["name"])
    return run


def _add_series(vertex: Vertex, run: str, sent: Any, wanted: str) -> Resource:
    vertex.store.get(run)
    if not sent.display_name:
        raise bad_field("tensorboard_time_series.display_name", "", "a name, such as loss")
    if not sent.value_type:
        raise bad_field(
            "tensorboard_time_series.value_type", "VALUE_TYPE_UNSPECIFIED", "SCALAR, TENSOR or BLOB_SEQUENCE"
        )
    _need_unique(vertex.store.list(run, "timeSeries"), sent.display_name)
    identity = wanted or vertex.store.new_id("timeSeries")
    _check_id("tensorboard_time_series_id", identity)
    return vertex.store.add(f"{run}/timeSeries/{identity}", typed.to_json(sent))


def _check_id(field: str, found: str) -> None:
    """Raises ApiError 400 for an id of the wrong form."""
    if not generic.ID.fullmatch(found):
        raise bad_field(field, found, "letters, digits, '-', '_' and '.', at most 128 of them")


def _need_unique(held: list[Mapping[str, Any]], display_name: str) -> None:
    """Raises ApiError 409 for a display name that another one has."""
    for other in held:
        if display_name and other.get("displayName") == display_name:
            raise exists(f"{other['name']} (display name {display_name!r})")


def _count_runs(vertex: Vertex, name: str) -> None:
    tensorboard = "/".join(name.split("/")[:6])
    if vertex.store.find(tensorboard):
        count = len(vertex.store.list(f"{tensorboard}/experiments/-", "runs"))
        vertex.store.change(tensorboard, {"runCount": count or None})
