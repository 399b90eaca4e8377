"""Find and delete what was created over gRPC: documents, logs, sinks, metrics, descriptors, policies, channels.

Two of these need more than "is it there":

- A document is this session's if it was created at the time of one of this session's writes; one that was there before
  and only got new values is left alone. It is deleted only as it is now (a precondition): not if somebody writes to it
  in between. Documents below it are documents of their own.
- A log is deleted as a whole, Cloud Logging knows no other way. It is this session's if it was not there before the
  session's first entry; if it holds an entry without the session's label, others write to it, and it stays.

Points of a descriptor that was there before, and entries in a log that was, stay: Google cannot delete them.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from importlib import import_module
from typing import Any

from google.api_core.exceptions import NotFound

from .ledger import Entry
from .rpc_created import LABEL, made_at, plain

LOGGING = "google.cloud.logging_v2.services"
MONITORING = "google.cloud.monitoring_v3"
DELETED_SOON = 2  # LifecycleState.DELETE_REQUESTED: a log bucket that was deleted is kept for seven days


@dataclass(frozen=True)
class Kind:
    """Which client gets and deletes a kind of resource: `get_sink(request={"sink_name": ...})`."""

    module: str
    client: str
    noun: str
    field: str = "name"


KINDS = {
    "sink": Kind(f"{LOGGING}.config_service_v2", "ConfigServiceV2Client", "sink", "sink_name"),
    "log exclusion": Kind(f"{LOGGING}.config_service_v2", "ConfigServiceV2Client", "exclusion"),
    "log bucket": Kind(f"{LOGGING}.config_service_v2", "ConfigServiceV2Client", "bucket"),
    "log view": Kind(f"{LOGGING}.config_service_v2", "ConfigServiceV2Client", "view"),
    "log metric": Kind(f"{LOGGING}.metrics_service_v2", "MetricsServiceV2Client", "log_metric", "metric_name"),
    "metric descriptor": Kind(MONITORING, "MetricServiceClient", "metric_descriptor"),
    "alert policy": Kind(MONITORING, "AlertPolicyServiceClient", "alert_policy"),
    "notification channel": Kind(MONITORING, "NotificationChannelServiceClient", "notification_channel"),
    "uptime check": Kind(MONITORING, "UptimeCheckServiceClient", "uptime_check_config"),
    "group": Kind(MONITORING, "GroupServiceClient", "group"),
    "service": Kind(MONITORING, "ServiceMonitoringServiceClient", "service"),
    "objective": Kind(MONITORING, "ServiceMonitoringServiceClient", "service_level_objective"),
}


@dataclass(frozen=True)
class Found:
    """A resource that is there: what proves that it is the same, and what Google says of it."""

    made: str
    resource: Any


class RpcResources:
    """The resources of one project that speak gRPC. Each client is built when it is first needed."""

    def __init__(self) -> None:
        self._clients: dict[str, Any] = {}

    @staticmethod
    def knows(kind: str) -> bool:
        """Whether this kind is found and deleted here."""
        return kind in KINDS or kind in ("document", "log")

    def find(self, entry: Entry) -> Found | None:
        """What the entry names, None if it is gone."""
        name = path_of(entry)
        try:
            if entry.kind == "document":
                document = plain(self._firestore.get_document(request={"name": name, "mask": {"field_paths": []}}))
                return Found(document.create_time.ToJsonString(), document)
            if entry.kind == "log":
                return Found(name, name) if self._entries(name) else None
            kind = KINDS[entry.kind]
            resource = plain(getattr(self._client(kind), f"get_{kind.noun}")(request={kind.field: name}))
        except NotFound:
            return None
        if entry.kind == "log bucket" and resource.lifecycle_state == DELETED_SOON:
            return None
        return Found(made_at(resource, entry.name), resource)

    def delete(self, entry: Entry, found: Found) -> None:
        """Delete what was found."""
        name = path_of(entry)
        if entry.kind == "document":
            condition = {"update_time": found.resource.update_time}
            self._firestore.delete_document(request={"name": name, "current_document": condition})
        elif entry.kind == "log":
            self._logging.delete_log(request={"log_name": name})
        else:
            kind = KINDS[entry.kind]
            getattr(self._client(kind), f"delete_{kind.noun}")(request={kind.field: name})

    def is_shared(self, entry: Entry, session: str) -> bool:
        """Whether a log holds entries that this session did not write."""
        return self._entries(path_of(entry), f'NOT labels."{LABEL}"="{session}"')

    def _entries(self, log: str, condition: str = "") -> bool:
        words = " AND ".join(filter(None, (f'logName="{log}"', condition)))
        request = {"resource_names": [log.partition("/logs/")[0]], "filter": words, "page_size": 1}
        return next(iter(self._logging.list_log_entries(request=request)), None) is not None

    @cached_property
    def _firestore(self) -> Any:
        # The bare client: unlike `firestore.Client` it never goes to an emulator.
        from google.cloud.firestore_v1.services.firestore import FirestoreClient

        return FirestoreClient()

    @cached_property
    def _logging(self) -> Any:
        from google.cloud.logging_v2.services.logging_service_v2 import LoggingServiceV2Client

        return LoggingServiceV2Client()

    def _client(self, kind: Kind) -> Any:
        if kind.client not in self._clients:
            self._clients[kind.client] = getattr(import_module(kind.module), kind.client)()
        return self._clients[kind.client]


def path_of(entry: Entry) -> str:
    """The resource's name at Google: the entry's without `firestore://`, `logging://`, `monitoring://`."""
    return entry.name.partition("://")[2]
