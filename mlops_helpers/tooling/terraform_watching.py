"""Sinks, metrics, alert policies and notification channels as Terraform's google provider writes them.

Their fields have the same names in Google's gRPC interface as in Terraform, so that most of it is choosing. What opens
a door (a token, a password) is never written, whatever Google answers.
Source: the provider's documentation of google_logging_* and google_monitoring_*.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from mlops_helpers.tooling.terraform_syntax import Described, Names, joined

SINK, METRIC = "google_logging_project_sink", "google_logging_metric"
POLICY, CHANNEL = "google_monitoring_alert_policy", "google_monitoring_notification_channel"
DESCRIPTOR = "google_monitoring_metric_descriptor"
KINDS = MappingProxyType(
    {
        "sink": SINK,
        "log metric": METRIC,
        "metric descriptor": DESCRIPTOR,
        "alert policy": POLICY,
        "notification channel": CHANNEL,
    }
)
SECRETS = ("auth_token", "password", "service_key")
SHARED_WRITER = "serviceAccount:cloud-logs@system."  # of sinks from before each one had its own
STORAGE, BIGQUERY = "storage.googleapis.com/", "bigquery.googleapis.com/"
CONDITION_PARTS = ("condition_threshold", "condition_absent", "condition_prometheus_query_language")


def sink(resource: Described, names: Names) -> dict[str, Any]:
    """Arguments of a sink; it names the bucket or the dataset that it writes to."""
    data = resource.data
    found = {"name": data["name"], "destination": _destination(data["destination"], names)}
    found |= _only(data, "filter", "description", "disabled", "exclusions", "bigquery_options")
    if "bigquery_options" in found:
        found["bigquery_options"] = _only(found["bigquery_options"], "use_partitioned_tables")
    found["exclusions"] = [
        _only(one, "name", "description", "filter", "disabled") for one in data.get("exclusions", [])
    ]
    found["unique_writer_identity"] = not data.get("writer_identity", "").startswith(SHARED_WRITER)
    return {key: value for key, value in found.items() if value != []}


def log_metric(resource: Described, _: Names) -> dict[str, Any]:
    """Arguments of a log-based metric."""
    data = resource.data
    found = _only(data, "name", "description", "filter", "disabled", "value_extractor", "label_extractors")
    found |= _only(data, "bucket_name", "bucket_options")
    if described := data.get("metric_descriptor"):
        parts = ("metric_kind", "value_type", "unit", "display_name", "labels")
        found["metric_descriptor"] = _only(described, *parts)
    return found


def descriptor(resource: Described, _: Names) -> dict[str, Any]:
    """Arguments of a metric descriptor; Terraform insists on two texts that Google does not need."""
    data = resource.data
    found = _only(data, "type", "metric_kind", "value_type", "unit", "launch_stage", "labels")
    texts = {name: data.get(name) or data["type"] for name in ("description", "display_name")}
    return found | texts


def channel(resource: Described, _: Names) -> dict[str, Any]:
    """Arguments of a notification channel, without its secrets."""
    found = _only(resource.data, "type", "display_name", "description", "labels", "user_labels", "enabled")
    secret = sorted(set(found.get("labels", {})) & set(SECRETS))
    if secret:
        found["labels"] = {key: value for key, value in found["labels"].items() if key not in SECRETS}
        found["//"] = f"Add sensitive_labels by hand, from a variable: {', '.join(secret)}."
    return found


def policy(resource: Described, names: Names) -> dict[str, Any]:
    """Arguments of an alert policy; it names its channels, and comes after the metrics that it reads."""
    data = resource.data
    found = _only(data, "display_name", "combiner", "enabled", "severity", "user_labels", "alert_strategy")
    if document := _only(data.get("documentation", {}), "content", "mime_type", "subject", "links"):
        found["documentation"] = document
    found["conditions"] = [_condition(one) for one in data.get("conditions", [])]
    if channels := data.get("notification_channels"):
        found["notification_channels"] = [names.mention(f"monitoring://{one}", "name", one) for one in channels]
    return found | names.after(str(found["conditions"]), METRIC, DESCRIPTOR)


def _condition(condition: Mapping[str, Any]) -> dict[str, Any]:
    """A condition without its number; a duration of nothing has to be said."""
    found = {key: value for key, value in condition.items() if key != "name"}
    for part in CONDITION_PARTS:
        if part in found:
            found[part] = {"duration": "0s", **found[part]}
    return found


def _destination(text: str, names: Names) -> str:
    if text.startswith(STORAGE):
        bucket = text.removeprefix(STORAGE)
        return joined(STORAGE, names.mention(f"gs://{bucket}", "name", bucket))
    if text.startswith(BIGQUERY):
        _, project, _, dataset = text.removeprefix(BIGQUERY).split("/")
        mentioned = names.mention(f"bq://{project}/{dataset}", "dataset_id", dataset)
        return joined(f"{BIGQUERY}projects/{project}/datasets/", mentioned)
    return text


def _only(data: Mapping[str, Any], *keys: str) -> dict[str, Any]:
    return {key: data[key] for key in keys if key in data and data[key] not in ("", {}, [])}
