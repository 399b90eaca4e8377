"""The values of TensorBoard's time series: written in steps, read whole, thinned out, or in pages.

Scalars and tensors are kept. Blobs (images, audio) are refused by name. A value for a step that has one already
replaces it: a training that is repeated from a checkpoint writes over what it wrote before.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..errors import unsupported
from . import listing, typed
from .behaviours import Call, behaviour
from .errors import bad_field
from .filters import compile_filter
from .store import Resource

if TYPE_CHECKING:
    from .service import Vertex

DEFAULT_POINTS = 1000
MOST_SERIES = 1000
Point = dict[str, Any]


class Measurements:
    """The points of every time series, by its name and step."""

    def __init__(self, vertex: Vertex) -> None:
        self._points: dict[str, dict[int, Point]] = {}

    def write(self, series: str, points: list[Point]) -> None:
        """Keep points; a later one for the same step wins."""
        self._points.setdefault(series, {}).update({int(point.get("step", 0)): point for point in points})

    def read(self, series: str) -> list[Point]:
        """All points of a time series, by step."""
        held = self._points.get(series, {})
        return [held[step] for step in sorted(held)]

    def forget(self, name: str) -> None:
        """Drop the points of a resource and of all under it."""
        self._points = {key: held for key, held in self._points.items() if not f"{key}/".startswith(f"{name}/")}


@behaviour("TensorboardService.WriteTensorboardRunData")
def write_run(vertex: Vertex, call: Call) -> dict[str, Any]:
    """Write points of time series of one run. Raises ApiError 400 or 404 before anything is written."""
    _write(vertex, [call.request])
    return {}


@behaviour("TensorboardService.WriteTensorboardExperimentData")
def write_experiment(vertex: Vertex, call: Call) -> dict[str, Any]:
    """Write points of several runs of one experiment."""
    requests = call.request.write_run_data_requests
    for request in requests:
        if not request.tensorboard_run.startswith(f"{call.request.tensorboard_experiment}/runs/"):
            raise bad_field(
                "tensorboard_run", request.tensorboard_run, f"a run of {call.request.tensorboard_experiment}"
            )
    _write(vertex, requests)
    return {}


@behaviour("TensorboardService.ReadTensorboardTimeSeriesData")
def read_series(vertex: Vertex, call: Call) -> dict[str, Any]:
    """The points of one time series, thinned out evenly to `max_data_points` (1,000 unless given; -1: all)."""
    series = vertex.store.get(call.request.tensorboard_time_series)
    holds = compile_filter(call.request.filter)
    points = [point for point in vertex.part(Measurements).read(series["name"]) if holds(_with_zeros(point))]
    return {"timeSeriesData": _data(series, thin(points, call.request.max_data_points or DEFAULT_POINTS))}


@behaviour("TensorboardService.BatchReadTensorboardTimeSeriesData")
def read_many(vertex: Vertex, call: Call) -> dict[str, Any]:
    """The points of several time series of one Tensorboard."""
    if len(call.request.time_series) > MOST_SERIES:
        raise bad_field("time_series", len(call.request.time_series), f"at most {MOST_SERIES} of them")
    found = []
    for name in call.request.time_series:
        if not name.startswith(f"{call.request.tensorboard}/experiments/") or name.split("/")[-2] != "timeSeries":
            raise bad_field("time_series", name, f"a time series of {call.request.tensorboard}")
        found.append(_data(vertex.store.get(name), thin(vertex.part(Measurements).read(name), DEFAULT_POINTS)))
    return {"timeSeriesData": found}


@behaviour("TensorboardService.ExportTensorboardTimeSeriesData")
def export_series(vertex: Vertex, call: Call) -> dict[str, Any]:
    """All points of a time series, in pages."""
    series = vertex.store.get(call.request.tensorboard_time_series)
    points = [_with_zeros(point) for point in vertex.part(Measurements).read(series["name"])]
    return listing.answer(call.request, call.rpc.response_type, points)


def thin(points: list[Point], most: int) -> list[Point]:
    """At most so many points, evenly spread, the first and the last among them; all of them for -1.

    >>> thin([{"step": step} for step in range(5)], 3)
    [{'step': 0}, {'step': 2}, {'step': 4}]
    """
    if most < 1 and most != -1:
        raise bad_field("max_data_points", most, "1 or more, or -1 for all")
    if most == -1 or len(points) <= most:
        return points
    last = len(points) - 1
    return [points[round(at * last / max(most - 1, 1))] for at in range(most)]


def _write(vertex: Vertex, requests: Any) -> None:
    found: list[tuple[Resource, list[Point]]] = []
    for request in requests:
        run = vertex.store.get(request.tensorboard_run)["name"]
        for data in request.time_series_data:
            series = vertex.store.get(f"{run}/timeSeries/{data.tensorboard_time_series_id}")
            found.append((series, [_checked(series, point) for point in data.values]))
    for series, points in found:
        vertex.part(Measurements).write(series["name"], points)
        _remember(vertex, series["name"])


def _checked(series: Resource, point: Any) -> Point:
    """The point as JSON. Raises ApiError 400 for a value of another type than the series has, 501 for blobs."""
    held, wanted = point.WhichOneof("value"), series["valueType"].lower()
    if held == "blobs":
        raise unsupported("Vertex AI: TensorBoard values of type BLOB_SEQUENCE")
    if held != wanted:
        raise bad_field("time_series_data.values", held, f"{wanted}, the type of {series['name']}")
    return typed.to_json(point)


def _remember(vertex: Vertex, series: str) -> None:
    """Keep the last step and the latest time in the time series' own metadata."""
    points = vertex.part(Measurements).read(series)
    times = [point["wallTime"] for point in points if "wallTime" in point]
    found = {"maxStep": points[-1].get("step", "0")} | ({"maxWallTime": max(times)} if times else {})
    vertex.store.change(series, {"metadata": found})


def _data(series: Resource, points: list[Point]) -> dict[str, Any]:
    identity = series["name"].rpartition("/")[2]
    return {"tensorboardTimeSeriesId": identity, "valueType": series["valueType"], "values": points}


def _with_zeros(point: Point) -> Point:
    """A point with the step that JSON leaves out because it is 0, for filters and orders."""
    return {"step": "0", **point}
