"""Log-based metrics and sinks: real resources. A sink exports nothing here, and the log says so, as it does at Google.

When an entry fits an enabled sink, Google would copy it to a bucket, a table or a topic. Offline an entry in the log
`logging.googleapis.com/sink_error` names the sink and says that this is not available: once for each sink.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from google.cloud.logging_v2.types import ListLogMetricsResponse, ListSinksResponse, LogMetric

from ..errors import invalid, unsupported
from ..rpc.paging import page
from ..rpc.resources import copied, need
from .entries import Stored, make_entry, stored
from .matching import compile_filter

if TYPE_CHECKING:
    from .service import Logging

SINK_NAME = re.compile(r"[A-Za-z0-9_.-]{1,100}")
DESTINATIONS = ("storage", "bigquery", "pubsub", "logging")
SINK_ERRORS = "logging.googleapis.com%2Fsink_error"


def _stamped(service: Logging, message: Any, created: Any | None = None) -> Any:
    """The message with its times: of creation (kept by an update) and of change."""
    now = service.cloud.clock.tick().replace(tzinfo=None)
    message.update_time.FromDatetime(now)
    message.create_time.CopyFrom(created if created is not None else message.update_time)
    return message


# --- metrics ---------------------------------------------------------------------------------------------------------


def create_metric(service: Logging, request: Any) -> Any:
    """A new log-based metric. Raises ApiError 400 for a filter that is none, 409 if the name is taken."""
    metric = _checked_metric(request.metric)
    return service.metrics.create(f"{request.parent}/metrics/{metric.name}", _stamped(service, metric))


def get_metric(service: Logging, request: Any) -> Any:
    """One metric, by name."""
    return service.metrics.get(request.metric_name)


def list_metrics(service: Logging, request: Any) -> Any:
    """The project's metrics."""
    shown, token = page(service.metrics.under(request.parent), request)
    return ListLogMetricsResponse.pb()(metrics=shown, next_page_token=token)


def update_metric(service: Logging, request: Any) -> Any:
    """Replace a metric, or create it."""
    metric, before = _checked_metric(request.metric), service.metrics.find(request.metric_name)
    return service.metrics.put(request.metric_name, _stamped(service, metric, before and before.create_time))


def delete_metric(service: Logging, request: Any) -> None:
    """Delete a metric."""
    service.metrics.delete(request.metric_name)


def _checked_metric(sent: Any) -> Any:
    metric = copied(sent)
    metric.name = metric.name.rpartition("/metrics/")[2]  # the client's update sends the full name
    need(metric.name, "metric.name")
    need(metric.filter, "metric.filter")
    compile_filter(metric.filter)
    if metric.value_extractor or metric.label_extractors:
        raise unsupported("logging.CreateLogMetric with value or label extractors")
    metric.version = LogMetric.pb().ApiVersion.Value("V2")
    return metric


# --- sinks -----------------------------------------------------------------------------------------------------------


def create_sink(service: Logging, request: Any) -> Any:
    """A new sink. Raises ApiError 400 for a malformed name, destination or filter, 409 if the name is taken."""
    sink = _checked_sink(service, request.sink, request.parent)
    name = f"{request.parent}/sinks/{sink.name}"
    return service.sinks.create(name, _stamped(service, sink))


def get_sink(service: Logging, request: Any) -> Any:
    """One sink, by name."""
    return service.sinks.get(request.sink_name)


def list_sinks(service: Logging, request: Any) -> Any:
    """The project's sinks."""
    shown, token = page(service.sinks.under(request.parent), request)
    return ListSinksResponse.pb()(sinks=shown, next_page_token=token)


def update_sink(service: Logging, request: Any) -> Any:
    """Change a sink's destination, filter, description or whether it is disabled."""
    before = service.sinks.get(request.sink_name)
    created = copied(before).create_time
    paths = list(request.update_mask.paths) or ["destination", "filter", "include_children"]
    merged = service.sinks.update(request.sink_name, request.sink, paths)
    service.reported_sinks.discard(request.sink_name)
    return _stamped(service, merged, created)


def delete_sink(service: Logging, request: Any) -> None:
    """Delete a sink."""
    service.sinks.delete(request.sink_name)


def _checked_sink(service: Logging, sent: Any, parent: str) -> Any:
    sink = copied(sent)
    if not SINK_NAME.fullmatch(sink.name):
        raise invalid(f"Sink name is invalid: found {sink.name!r}, expected up to 100 letters, digits, '_', '-', '.'")
    service_name = sink.destination.partition(".googleapis.com/")[0]
    if service_name not in DESTINATIONS:
        expected = ", ".join(f"{name}.googleapis.com/..." for name in DESTINATIONS)
        raise invalid(f"Sink destination is invalid: found {sink.destination!r}, expected {expected}")
    compile_filter(sink.filter)
    sink.writer_identity = f"serviceAccount:cloud-logs@{parent.rpartition('/')[2]}.iam.gserviceaccount.com"
    return sink


def report_exports(service: Logging, entry: Stored) -> None:
    """Say in the log that an enabled sink would have exported this entry."""
    parent, _, log = entry.message.log_name.partition("/logs/")
    if log == SINK_ERRORS:
        return
    for sink in service.sinks.under(parent):
        name = f"{parent}/sinks/{sink.name}"
        if sink.disabled or name in service.reported_sinks or not compile_filter(sink.filter)(entry.json):
            continue
        service.reported_sinks.add(name)
        _write_sink_error(service, parent, sink)


def _write_sink_error(service: Logging, parent: str, sink: Any) -> None:
    refusal = unsupported(f"export by sink {sink.name} to {sink.destination}")
    entry = make_entry(
        log_name=f"{parent}/logs/{SINK_ERRORS}",
        resource={"type": "logging_sink", "labels": {"name": sink.name, "destination": sink.destination}},
        severity="ERROR",
        text_payload=refusal.message,
        insert_id=service.cloud.next_id("log entry"),
    )
    entry.timestamp.FromDatetime(service.cloud.clock.tick().replace(tzinfo=None))
    entry.receive_timestamp.CopyFrom(entry.timestamp)
    service.keep(stored(entry))
