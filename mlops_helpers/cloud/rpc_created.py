"""Which gRPC calls create something, and what: the steps that `recorder_rpc` walks.

The steps of a call are a generator. It yields questions, and once `SEND`: the moment the call itself goes out; what it
is given back is the answer. All entries are written by it.

What the answer proves                                                   needs a question before
- a sink, a log-based metric, an alert policy, ...: "created" says so    no (UpdateLogMetric, which may create: yes)
- a Firestore write: only when the document changed, not when it began   no: the entry holds the time of the write, and
  to be; a batch write does not even say whether it changed anything     is good if it is the document's `create_time`
- log entries, points of a time series: their log or descriptor appears  yes: it counts as created by this session only
  with the first of them                                                 if it was not there before
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Generator, Iterable
from dataclasses import dataclass
from typing import Any

from .ledger import Entry, Ledger

log = logging.getLogger(__name__)
LABEL = "mlops-course"
SEND = "send"
MISSING, UNKNOWN = "missing", "unknown"
FIRESTORE, LOGGING, MONITORING = "/google.firestore.v1.", "/google.logging.v2.", "/google.monitoring.v3."
WRITE_ENTRIES = f"{LOGGING}LoggingServiceV2/WriteLogEntries"
Steps = Generator[Any, Any, None]


@dataclass(frozen=True)
class Question:
    """A call of ours, over the channel of the call that is watched. `streams`: the answer is a list of messages."""

    path: str
    request: Any
    unpack: Callable[[bytes], Any]
    streams: bool = False

    @staticmethod
    def pack(request: Any) -> bytes:
        """The request as bytes."""
        return request.SerializeToString()

    def refused(self, code: str) -> str:
        """What a failed question says: the thing is missing, or nobody knows; then it does not count as ours."""
        if code != "NOT_FOUND":
            log.warning("%s answered %s: what the next call creates is not in the ledger", self.path, code)
        return MISSING if code == "NOT_FOUND" else UNKNOWN


class Book:
    """The ledger, and the names of logs and descriptors that were looked up already.

    Without a label the session is alone with its cloud: what is new to the ledger was not there before, and no question
    is asked.
    """

    def __init__(self, ledger: Ledger, label: str | None) -> None:
        self._ledger, self._label, self.is_alone = ledger, label, label is None
        self._asked: set[str] = set()
        self._lock = threading.Lock()

    def add(self, kind: str, name: str, made: str) -> None:
        """Write an entry."""
        self._ledger.add(Entry(kind, name, made))

    def first(self, names: Iterable[str]) -> list[str]:
        """Those names that were never asked about."""
        return sorted({name for name in names if name} - self._asked)

    def know(self, names: Iterable[str]) -> None:
        """Do not ask about these again."""
        with self._lock:
            self._asked.update(names)

    def labelled(self, method: str, request: Any) -> Any:
        """Log entries with the session's label, if it has one; any other request as it is."""
        if self._label is None or method != WRITE_ENTRIES:
            return request
        copy = type(request)()
        plain(copy).CopyFrom(plain(request))
        plain(copy).labels[LABEL] = self._label
        return copy


def plain(message: Any) -> Any:
    """The protobuf message itself; client libraries wrap most of theirs in proto-plus."""
    return type(message).pb(message) if hasattr(type(message), "pb") else message


def steps_of(method: str, book: Book, request: Any) -> Steps:
    """The steps of a call; of most there is only one."""
    found = STEPS.get(method)
    return found(book, plain(request)) if found else _only_send()


def _only_send() -> Steps:
    yield SEND


# --- resources whose creation is a call of its own -------------------------------------------------------------------


def _creating(kind: str, pattern: str) -> Callable[[Book, Any], Steps]:
    """Steps of a plain creation. The proof is the time of creation, else the name, which Google never gives twice."""

    def steps(book: Book, request: Any) -> Steps:
        made = plain((yield SEND))
        name = pattern.format(name=made.name, parent=getattr(request, "parent", ""))
        book.add(kind, name, made_at(made, name))

    return steps


def made_at(resource: Any, name: str) -> str:
    """The time of creation as text; the name of a resource that has none, without `logging://`."""
    if "create_time" in resource.DESCRIPTOR.fields_by_name and resource.HasField("create_time"):
        return resource.create_time.ToJsonString()
    return name.partition("://")[2]


def _updating_metric(book: Book, request: Any) -> Steps:
    """UpdateLogMetric creates the metric if there is none."""
    from google.cloud.logging_v2.types import GetLogMetricRequest, LogMetric

    path = f"{LOGGING}MetricsServiceV2/GetLogMetric"
    before = yield Question(path, GetLogMetricRequest.pb()(metric_name=request.metric_name), LogMetric.pb().FromString)
    made = plain((yield SEND))
    if before is MISSING:
        name = f"logging://{request.metric_name}"
        book.add("log metric", name, made_at(made, name))


# --- what appears with the first write -------------------------------------------------------------------------------


def _writing_entries(book: Book, request: Any) -> Steps:
    """A log that Logging did not list before is this session's; it is noted before the first entry goes out."""
    fresh = book.first(entry.log_name or request.log_name for entry in request.entries)
    for parent in sorted({name.partition("/logs/")[0] for name in fresh}):
        listed = yield from _logs_of(parent)
        for name in fresh:
            if name.startswith(f"{parent}/logs/") and listed is not None and name not in listed:
                book.add("log", f"logging://{name}", name)
    book.know(fresh)
    yield SEND


def _logs_of(parent: str) -> Generator[Question, Any, set[str] | None]:
    """The names of all logs; None if Logging does not say."""
    from google.cloud.logging_v2.types import ListLogsRequest, ListLogsResponse

    found, token = set(), ""
    while True:
        request = ListLogsRequest.pb()(parent=parent, page_size=1000, page_token=token)
        page = yield Question(f"{LOGGING}LoggingServiceV2/ListLogs", request, ListLogsResponse.pb().FromString)
        if page in (MISSING, UNKNOWN):
            return None if page == UNKNOWN else set()
        found.update(page.log_names)
        token = page.next_page_token
        if not token:
            return found


def _describing(book: Book, request: Any) -> Steps:
    """CreateMetricDescriptor changes a descriptor that exists."""
    yield from _with_descriptors(book, request.name, [request.metric_descriptor.type])


def _measuring(book: Book, request: Any) -> Steps:
    """The first point of a custom metric creates its descriptor."""
    yield from _with_descriptors(book, request.name, [series.metric.type for series in request.time_series])


def _with_descriptors(book: Book, parent: str, types: Iterable[str]) -> Steps:
    from google.api.metric_pb2 import MetricDescriptor
    from google.cloud.monitoring_v3.types import GetMetricDescriptorRequest

    fresh, missing = book.first(f"{parent}/metricDescriptors/{type}" for type in types), []
    for name in fresh:
        request = GetMetricDescriptorRequest.pb()(name=name)
        path = f"{MONITORING}MetricService/GetMetricDescriptor"
        if (yield Question(path, request, MetricDescriptor.FromString)) is MISSING:
            missing.append(name)
    yield SEND
    book.know(fresh)
    for name in missing:
        book.add("metric descriptor", f"monitoring://{name}", name)


# --- documents -------------------------------------------------------------------------------------------------------


def _committing(book: Book, request: Any) -> Steps:
    """A write that changed nothing has an earlier time than the commit: it created nothing either."""
    response = plain((yield SEND))
    for write, result in zip(request.writes, response.write_results, strict=True):
        if may_create(write) and result.update_time == response.commit_time:
            _add_document(book, name_of(write), result.update_time)


def _writing_batch(book: Book, request: Any) -> Steps:
    uncertain = [name_of(write) for write in request.writes if may_create(write) and not must_create(write)]
    existed = yield from _existing(request.database, uncertain)
    response = plain((yield SEND))
    for write, result, status in zip(request.writes, response.write_results, response.status, strict=True):
        if status.code == 0 and may_create(write) and name_of(write) not in existed:
            _add_document(book, name_of(write), result.update_time)


def _creating_document(book: Book, request: Any) -> Steps:
    made = plain((yield SEND))
    _add_document(book, made.name, made.create_time)


def _updating_document(book: Book, request: Any) -> Steps:
    name = request.document.name
    existed = yield from _existing(name.partition("/documents/")[0], [name])
    made = plain((yield SEND))
    if name not in existed:
        _add_document(book, name, made.create_time)


def _existing(database: str, names: list[str]) -> Generator[Question, Any, set[str]]:
    """Which of these documents exist; all of them if Firestore does not say."""
    from google.cloud.firestore_v1.types import BatchGetDocumentsRequest, BatchGetDocumentsResponse

    if not names:
        return set()
    request = BatchGetDocumentsRequest.pb()(database=database, documents=names, mask={"field_paths": ["__name__"]})
    path, unpack = f"{FIRESTORE}Firestore/BatchGetDocuments", BatchGetDocumentsResponse.pb().FromString
    found = yield Question(path, request, unpack, streams=True)
    if found in (MISSING, UNKNOWN):
        return set(names) if found == UNKNOWN else set()
    return {answer.found.name for answer in found if answer.WhichOneof("result") == "found"}


def _add_document(book: Book, name: str, moment: Any) -> None:
    book.add("document", f"firestore://{name}", moment.ToJsonString())


def name_of(write: Any) -> str:
    """The document that a write is about."""
    return write.update.name or write.transform.document or write.delete


def may_create(write: Any) -> bool:
    """Whether the document need not have been there: no deletion, no `update()`."""
    condition = write.current_document.WhichOneof("condition_type")
    is_update = condition == "update_time" or (condition == "exists" and write.current_document.exists)
    return write.WhichOneof("operation") != "delete" and not is_update


def must_create(write: Any) -> bool:
    """Whether the write fails if the document is there: `create()`."""
    return write.current_document.WhichOneof("condition_type") == "exists" and not write.current_document.exists


STEPS: dict[str, Callable[[Book, Any], Steps]] = {
    f"{FIRESTORE}Firestore/Commit": _committing,
    f"{FIRESTORE}Firestore/BatchWrite": _writing_batch,
    f"{FIRESTORE}Firestore/CreateDocument": _creating_document,
    f"{FIRESTORE}Firestore/UpdateDocument": _updating_document,
    WRITE_ENTRIES: _writing_entries,
    f"{LOGGING}ConfigServiceV2/CreateSink": _creating("sink", "logging://{parent}/sinks/{name}"),
    f"{LOGGING}ConfigServiceV2/CreateExclusion": _creating("log exclusion", "logging://{parent}/exclusions/{name}"),
    f"{LOGGING}ConfigServiceV2/CreateBucket": _creating("log bucket", "logging://{name}"),
    f"{LOGGING}ConfigServiceV2/CreateView": _creating("log view", "logging://{name}"),
    f"{LOGGING}MetricsServiceV2/CreateLogMetric": _creating("log metric", "logging://{parent}/metrics/{name}"),
    f"{LOGGING}MetricsServiceV2/UpdateLogMetric": _updating_metric,
    f"{MONITORING}MetricService/CreateMetricDescriptor": _describing,
    f"{MONITORING}MetricService/CreateTimeSeries": _measuring,
    f"{MONITORING}AlertPolicyService/CreateAlertPolicy": _creating("alert policy", "monitoring://{name}"),
    f"{MONITORING}NotificationChannelService/CreateNotificationChannel": _creating(
        "notification channel", "monitoring://{name}"
    ),
    f"{MONITORING}UptimeCheckService/CreateUptimeCheckConfig": _creating("uptime check", "monitoring://{name}"),
    f"{MONITORING}GroupService/CreateGroup": _creating("group", "monitoring://{name}"),
    f"{MONITORING}ServiceMonitoringService/CreateService": _creating("service", "monitoring://{name}"),
    f"{MONITORING}ServiceMonitoringService/CreateServiceLevelObjective": _creating("objective", "monitoring://{name}"),
}
