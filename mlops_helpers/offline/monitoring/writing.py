"""Writing points: one per series and call, each newer than the one before, of the kind that the descriptor says."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..errors import ApiError, invalid
from ..rpc.resources import copied, need
from .alerting import evaluate
from .descriptors import KINDS, VALUES, check_type, describe, full_name
from .series import Key, Point, Series

if TYPE_CHECKING:
    from .service import Monitoring

MOST_SERIES = 200
MOST_POINTS = 50_000  # of one series; the oldest go
VALUE_TYPES = {
    "bool_value": VALUES.BOOL,
    "int64_value": VALUES.INT64,
    "double_value": VALUES.DOUBLE,
    "string_value": VALUES.STRING,
    "distribution_value": VALUES.DISTRIBUTION,
}


def create(service: Monitoring, request: Any) -> None:
    """Write one point to each series. What is in order is written even if the rest is refused, as at Google."""
    if not 1 <= len(request.time_series) <= MOST_SERIES:
        raise invalid(f"Field timeSeries must have 1 to {MOST_SERIES} elements: found {len(request.time_series)}")
    refused, seen = [], set()
    for position, written in enumerate(request.time_series):
        where, key = f"timeSeries[{position}]", _key(request.name, written)
        if key in seen:
            raise invalid(f"Field {where} had an invalid value: Duplicate TimeSeries encountered.")
        seen.add(key)
        try:
            _write(service, key, written, where)
        except ApiError as problem:
            refused.append(problem.message)
    evaluate(service, request.name)
    if refused:
        raise invalid(f"One or more TimeSeries could not be written: {'; '.join(refused)}")


def _key(project: str, written: Any) -> Key:
    metric, resource = written.metric, written.resource
    labels = (tuple(sorted(part.labels.items())) for part in (metric, resource))
    metric_labels, resource_labels = labels
    return Key(project, metric.type, metric_labels, resource.type, resource_labels)


def _write(service: Monitoring, key: Key, written: Any, where: str) -> None:
    check_type(key.metric)
    need(key.resource, f"{where}.resource.type")
    if len(written.points) != 1:
        raise invalid(
            f"Field {where}.points had an invalid value: must have exactly one point, not {len(written.points)}"
        )
    point = _point(written.points[0], where)
    value_type = VALUE_TYPES[written.points[0].value.WhichOneof("value")]
    _check_types(service, key, written, value_type)
    kind = written.metric_kind or _known_kind(service, key)
    last = service.series[key].points[-1] if key in service.series else None
    _check_times(point, kind, where)
    _check_order(point, last, kind)
    descriptor = describe(service, key.project, written, value_type)
    if key not in service.series:
        head = copied(written)
        del head.points[:]
        head.metric_kind, head.value_type = descriptor.metric_kind, descriptor.value_type
        service.series[key] = Series(head)
    points = service.series[key].points
    points.append(point)
    del points[:-MOST_POINTS]


def _known_kind(service: Monitoring, key: Key) -> int:
    known = service.descriptors.find(full_name(key.project, key.metric))
    return known.metric_kind if known is not None else KINDS.GAUGE


def _point(sent: Any, where: str) -> Point:
    if sent.value.WhichOneof("value") is None:
        raise invalid(f"Field {where}.points[0].value is required: found none")
    if not sent.interval.HasField("end_time"):
        raise invalid(f"Field {where}.points[0].interval.end_time is required: found none")
    end = sent.interval.end_time.ToNanoseconds()
    start = sent.interval.start_time.ToNanoseconds() if sent.interval.HasField("start_time") else end
    return Point(start, end, copied(sent.value))


def _check_types(service: Monitoring, key: Key, written: Any, value_type: int) -> None:
    """The point against its descriptor: kind and type of value are the metric's, not the point's."""
    known = service.descriptors.find(full_name(key.project, key.metric))
    if known is None:
        return
    if value_type != known.value_type:
        found, expected = VALUES.Name(value_type), VALUES.Name(known.value_type)
        raise invalid(f"Value type for metric {key.metric} must be {expected}, but is {found}.")
    if written.metric_kind and written.metric_kind != known.metric_kind:
        found, expected = KINDS.Name(written.metric_kind), KINDS.Name(known.metric_kind)
        raise invalid(f"Metric kind for metric {key.metric} must be {expected}, but is {found}.")


def _check_times(point: Point, kind: int, where: str) -> None:
    if kind == KINDS.GAUGE and point.start != point.end:
        raise invalid(
            f"Field {where}.points[0].interval had an invalid value: a gauge's start_time equals its end_time"
        )
    if kind == KINDS.CUMULATIVE and point.start >= point.end:
        raise invalid(f"Field {where}.points[0].interval had an invalid value: start_time must be before end_time")


def _check_order(point: Point, last: Point | None, kind: int) -> None:
    if last is None:
        return
    if point.end <= last.end:
        raise invalid(
            "Points must be written in order. One or more of the points specified had an older end time than the "
            "most recent point."
        )
    if kind == KINDS.CUMULATIVE and point.start != last.start and point.start < last.end:
        raise invalid("A cumulative point must start where the one before started, or after that one ended (a reset).")
