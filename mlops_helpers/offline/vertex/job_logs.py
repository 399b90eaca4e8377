"""What training code prints goes to Cloud Logging, line by line, where Vertex AI puts it.

Read it back with `logging.Client().list_entries(filter_='resource.type="ml_job" resource.labels.job_id="..."')`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..state import OfflineCloud
    from .running import Finished

MOST_LINES = 500
REPLICA = "workerpool0-0"


def log_output(cloud: OfflineCloud, job: str, finished: Finished) -> None:
    """Write the last lines of a process as log entries, and its failure as an error."""
    from google.cloud.logging_v2.types import LogEntry, WriteLogEntriesRequest

    _, project, _, _, *_, number = job.split("/")
    lines = [line for line in finished.output.splitlines() if line.strip()][-MOST_LINES:]
    entries = [LogEntry(text_payload=line, severity="INFO") for line in lines]
    if finished.status:
        entries.append(LogEntry(text_payload=f"Job failed: exit status {finished.status}", severity="ERROR"))
    labels = {"project_id": project, "job_id": number, "task_name": REPLICA}
    request = WriteLogEntriesRequest(
        log_name=f"projects/{project}/logs/{REPLICA}",
        resource={"type": "ml_job", "labels": labels},
        entries=entries,
    )
    cloud.call("logging", "WriteLogEntries", WriteLogEntriesRequest.pb(request))
