"""Cloud Logging's RPCs and what answers them. Everything else (tailing, buckets, views, exclusions) is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

from google.cloud.logging_v2.services.config_service_v2.transports.grpc import ConfigServiceV2GrpcTransport
from google.cloud.logging_v2.services.logging_service_v2.transports.grpc import LoggingServiceV2GrpcTransport
from google.cloud.logging_v2.services.metrics_service_v2.transports.grpc import MetricsServiceV2GrpcTransport

from ..rpc.resources import Collection
from . import config, entries, writing

if TYPE_CHECKING:
    from ..state import OfflineCloud

MOST_ENTRIES = 100_000

RPCS = {
    "WriteLogEntries": writing.write,
    "ListLogEntries": entries.list_entries,
    "ListLogs": entries.list_logs,
    "DeleteLog": entries.delete_log,
    "CreateLogMetric": config.create_metric,
    "GetLogMetric": config.get_metric,
    "ListLogMetrics": config.list_metrics,
    "UpdateLogMetric": config.update_metric,
    "DeleteLogMetric": config.delete_metric,
    "CreateSink": config.create_sink,
    "GetSink": config.get_sink,
    "ListSinks": config.list_sinks,
    "UpdateSink": config.update_sink,
    "DeleteSink": config.delete_sink,
}


class Logging:
    """The entries (the latest 100,000, so that memory is bounded) and the configuration."""

    routes = ()
    transports = (LoggingServiceV2GrpcTransport, ConfigServiceV2GrpcTransport, MetricsServiceV2GrpcTransport)
    rpcs = RPCS

    def __init__(self, cloud: OfflineCloud) -> None:
        self.cloud = cloud
        self.entries: dict[tuple[str, int, str], entries.Stored] = {}
        self.metrics, self.sinks = Collection("Metric"), Collection("Sink")
        self.reported_sinks: set[str] = set()

    def keep(self, entry: entries.Stored) -> None:
        """Add an entry; the oldest goes when there are too many."""
        self.entries[entry.identity] = entry
        while len(self.entries) > MOST_ENTRIES:
            del self.entries[next(iter(self.entries))]

    def close(self) -> None:
        """Forget all entries."""
        self.entries.clear()
