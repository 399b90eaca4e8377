"""The exit handler: whatever happened, the staging table goes and a report stays.

gs://bucket/pipelines/churn/reports/<run>.json
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from mlops_helpers.tooling.pipeline_champion import now
from mlops_helpers.tooling.pipeline_data import drop_staging
from mlops_helpers.tooling.pipeline_settings import PipelineRun

if TYPE_CHECKING:
    from google.cloud import bigquery, storage


def finish(run: PipelineRun, status: Mapping[str, str], *, bucket: storage.Bucket, client: bigquery.Client) -> str:
    """Drop what a run left behind and write how it ended; gives the report's address.

    `status` has `job` (the run's name), `state` and `error`. The report names what was cleaned up.
    """
    dropped = drop_staging(run, client)
    report: dict[str, Any] = {
        "job": status["job"],
        "state": status["state"],
        "error": status["error"],
        "table": run.table,
        "train_until": run.train_until,
        "dropped": [run.staging] if dropped else [],
    }
    stamp = f"{now():%Y%m%dT%H%M%S}"  # KFP's local runner gives all runs the same name
    name = f"pipelines/{run.settings.model}/reports/{stamp}-{status['job'].rpartition('/')[2]}.json"
    bucket.blob(name).upload_from_string(json.dumps(report, sort_keys=True), content_type="application/json")
    return f"gs://{bucket.name}/{name}"
