"""Metric descriptors: what a custom metric measures. The first point of an unknown metric makes one, as at Google."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from google.api.label_pb2 import LabelDescriptor
from google.api.metric_pb2 import MetricDescriptor
from google.cloud.monitoring_v3.types import ListMetricDescriptorsResponse

from ..errors import invalid, not_found
from ..rpc.paging import page
from ..rpc.resources import copied, need
from .selecting import compile_filter

if TYPE_CHECKING:
    from .service import Monitoring

CUSTOM = (
    "custom.googleapis.com/",
    "external.googleapis.com/",
    "workload.googleapis.com/",
    "prometheus.googleapis.com/",
)
TYPE = re.compile(r"[A-Za-z0-9_.-]+(/[A-Za-z0-9_%.-]+)+")
KINDS, VALUES = MetricDescriptor.MetricKind, MetricDescriptor.ValueType
ALLOWED = {
    KINDS.GAUGE: (VALUES.BOOL, VALUES.INT64, VALUES.DOUBLE, VALUES.STRING, VALUES.DISTRIBUTION),
    KINDS.CUMULATIVE: (VALUES.INT64, VALUES.DOUBLE, VALUES.DISTRIBUTION),
}
FIXED = ("metric_kind", "value_type")


def create(service: Monitoring, request: Any) -> Any:
    """Describe a metric, or change the description of a known one; its kind and its type of value are fixed."""
    described = copied(request.metric_descriptor)
    check_type(described.type)
    check_kind(described.metric_kind, described.value_type)
    described.name = full_name(request.name, described.type)
    before = service.descriptors.find(described.name)
    for field in FIXED if before is not None else ():
        if getattr(before, field) != getattr(described, field):
            raise invalid(f"Field metric_descriptor.{field} cannot be changed: delete {described.type} first")
    return service.descriptors.put(described.name, described)


def get(service: Monitoring, request: Any) -> Any:
    """One descriptor. Raises ApiError 404."""
    found = service.descriptors.find(request.name)
    if found is None:
        raise not_found(f"Could not find descriptor for metric {request.name.partition('/metricDescriptors/')[2]!r}.")
    return found


def list_descriptors(service: Monitoring, request: Any) -> Any:
    """The project's custom metrics that fit the filter."""
    fits = compile_filter(request.filter)
    found = service.descriptors.under(request.name, lambda item: fits({"metric.type": item.type}))
    shown, token = page(sorted(found, key=lambda item: item.type), request)
    return ListMetricDescriptorsResponse.pb()(metric_descriptors=shown, next_page_token=token)


def delete(service: Monitoring, request: Any) -> None:
    """Delete a descriptor and all points of its metric."""
    found = get(service, request)
    project = request.name.partition("/metricDescriptors/")[0]
    service.descriptors.delete(request.name)
    for key in [key for key in service.series if key.project == project and key.metric == found.type]:
        del service.series[key]


def full_name(project: str, metric: str) -> str:
    """`projects/p/metricDescriptors/custom.googleapis.com/drift`."""
    return f"{project}/metricDescriptors/{metric}"


def check_type(metric: str) -> None:
    """Raise ApiError 400 unless users may write this metric."""
    need(metric, "metric.type")
    if not metric.startswith(CUSTOM) or not TYPE.fullmatch(metric):
        raise invalid(f"Field metric.type had an invalid value of {metric!r}: must start with one of {CUSTOM}")


def check_kind(kind: int, value_type: int) -> None:
    """Raise ApiError 400 unless a custom metric may be of this kind and have values of this type."""
    if value_type not in ALLOWED.get(kind, ()):
        found = f"{KINDS.Name(kind)} with {VALUES.Name(value_type)}"
        expected = "GAUGE with any type but MONEY, or CUMULATIVE with INT64, DOUBLE or DISTRIBUTION"
        raise invalid(f"Metric kind and value type do not go together: found {found}, expected {expected}")


def describe(service: Monitoring, project: str, written: Any, value_type: int) -> Any:
    """The descriptor of a series that is written: the known one with new labels added, or a fresh one."""
    name = full_name(project, written.metric.type)
    found = service.descriptors.find(name)
    if found is None:
        kind = written.metric_kind or KINDS.GAUGE
        check_kind(kind, value_type)
        fresh = MetricDescriptor(name=name, type=written.metric.type, metric_kind=kind, value_type=value_type)
        found = service.descriptors.put(name, fresh)
    known = {label.key for label in found.labels}
    found.labels.extend(LabelDescriptor(key=label) for label in sorted(set(written.metric.labels) - known))
    return found
