"""A job's findings outside of the API: files in the bucket, and entries in Cloud Logging if the monitor asks for them.

    <base>/tabular/jobs/<job>/<objective>/anomalies.textproto            `tensorflow.metadata.v0.Anomalies`
    <base>/tabular/jobs/<job>/<objective>/<baseline|target>/statistics.json

The statistics have the fields of `DatasetFeatureStatisticsList`, as JSON: the binary form that Vertex AI writes beside
it needs TensorFlow to be read. E-mail is not sent.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ..datasets import write_text
from .findings import OBJECTIVES, Finding

if TYPE_CHECKING:
    from ..service import Vertex

Json = dict[str, Any]


def write_reports(vertex: Vertex, spec: Json, job: Json, findings: Sequence[Finding]) -> None:
    """Write the files of a job. Raises ApiError 400 or 404 for an output that cannot be written."""
    base = spec.get("outputSpec", {}).get("gcsBaseDirectory", {}).get("outputUriPrefix", "").rstrip("/")
    number = job["name"].rpartition("/")[2]
    for _, _, folder in OBJECTIVES.values():
        own = [finding for finding in findings if finding.folder == folder]
        if base and own:
            place = f"tabular/jobs/{number}/{folder}"
            write_text(vertex, base, f"{place}/anomalies.textproto", anomalies(own))
            write_text(
                vertex, base, f"{place}/baseline/statistics.json", _statistics([item.found.baseline for item in own])
            )
            write_text(
                vertex, base, f"{place}/target/statistics.json", _statistics([item.found.target for item in own])
            )


def anomalies(findings: Sequence[Finding]) -> str:
    """The findings above their threshold, in protobuf's text format."""
    return "".join(_anomaly(finding) for finding in findings if finding.point["hasAnomaly"])


def log_alerts(vertex: Vertex, spec: Json, job: Json, findings: Sequence[Finding]) -> None:
    """Write a log entry for every alert, if the notification spec asks for it."""
    alerts = [finding.alert() for finding in findings if finding.point["hasAnomaly"]]
    if not alerts or not spec.get("notificationSpec", {}).get("enableCloudLogging"):
        return
    from google.cloud.logging_v2.types import LogEntry, WriteLogEntriesRequest

    from ...logging.writing import write

    _, project, _, location, _, monitor, *_ = job["name"].split("/")
    labels = {"resource_container": project, "location": location, "model_monitor_id": monitor}
    request = WriteLogEntriesRequest(
        log_name=f"projects/{project}/logs/aiplatform.googleapis.com%2Fmodel_monitoring_anomaly",
        resource={"type": "aiplatform.googleapis.com/ModelMonitor", "labels": labels},
        entries=[LogEntry(json_payload=alert, severity="WARNING") for alert in alerts],
    )
    with vertex.cloud.lock("logging"):
        write(vertex.cloud.service("logging"), WriteLogEntriesRequest.pb(request))


def _statistics(features: list[Json]) -> str:
    return json.dumps({"datasets": [{"features": features}]}, indent=1)


def _anomaly(finding: Finding) -> str:
    summary = finding.alert()["anomaly"]["tabularAnomaly"]["summary"]
    name = json.dumps(finding.name)
    return (
        "anomaly_info {\n"
        f"  key: {name}\n"
        "  value {\n"
        f"    path {{ step: {name} }}\n"
        "    severity: ERROR\n"
        '    short_description: "High distribution distance between target and baseline"\n'
        f"    description: {json.dumps(summary)}\n"
        "  }\n"
        "}\n"
    )
