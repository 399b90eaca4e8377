"""The same question to a managed service: Vertex AI Model Monitoring v2, through Google's own client.

    table = managed_drift("gs://bucket/reference.csv", "bq://project.logs.clicks", model=model,
                          features=field_types(reference), thresholds={"site": 0.1})

It measures one distance for each column and holds it against a threshold: no p-value, no number of rows, no
correction for many columns. What it has instead: it runs where the data are, on a schedule, and alerts.

    categorical, boolean, string   L-infinity: the largest difference between the shares of one value
    integer, float                 Jensen-Shannon divergence to base 2, over bins that the service chooses. That is the
                                   square of the Jensen-Shannon *distance* that `scipy` gives. The offline cloud takes
                                   ten equal intervals from the smallest to the largest value of both samples.

Monitors are Vertex AI resources: the session's ledger notes them, `session.clean_up()` deletes them.
Source: https://cloud.google.com/vertex-ai/docs/model-monitoring/overview
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from mlops_helpers.monitoring.errors import InvalidSetting, ManagedRunFailed, MissingColumn

if TYPE_CHECKING:
    import pandas as pd
    from google.cloud import aiplatform
    from vertexai.resources.preview import ml_monitoring

FIELD_TYPES = ("float", "integer", "categorical", "boolean", "string")
NUMERIC = ("float", "integer")
DEFAULT_THRESHOLD = 0.3  # Vertex AI's own
TABLE_ID = re.compile(r"(?:bq://)?([\w:-]+\.\w+\.[\w$-]+)")
FILES = MappingProxyType({".csv": "csv", ".jsonl": "jsonl", ".tfrecord": "tf-record"})
Thresholds = float | Mapping[str, float]


def managed_drift(
    reference: str,
    production: str,
    *,
    model: str | aiplatform.Model,
    features: Mapping[str, str],
    thresholds: Thresholds = DEFAULT_THRESHOLD,
    output: str | None = None,
) -> pd.DataFrame:
    """Create a monitor for the model, run it once, and give its findings: one row a column.

    Columns: column, statistic, value, threshold, verdict ("drifted" if the value lies above its threshold, else
    "stable"). `table.attrs["monitor"]` is the monitor's resource name. For the parameters see `create_monitor`; each
    call makes a monitor: keep one and use `run_monitor` to ask again.

    Raises InvalidSetting, MissingColumn and ManagedRunFailed.
    """
    data_source(production)
    monitor = create_monitor(reference, model=model, features=features, thresholds=thresholds, output=output)
    return run_monitor(monitor, production)


def create_monitor(
    reference: str,
    *,
    model: str | aiplatform.Model,
    features: Mapping[str, str],
    thresholds: Thresholds = DEFAULT_THRESHOLD,
    output: str | None = None,
) -> ml_monitoring.ModelMonitor:
    """A monitor of a registered model that compares data with `reference`.

    `reference` is a file (`gs://bucket/rows.csv`, or .jsonl) or a BigQuery table (`project.dataset.table`, with or
    without `bq://`). `model` is a registered model or its resource name (`...@2` for a version). `features` says
    for each column what it is: float, integer, categorical, boolean or string. `thresholds` is one number for all
    columns, or some by name, the others then have 0.3. `output` is a folder (`gs://bucket/folder`) for the reports.

    Raises InvalidSetting for an address, type or threshold that cannot be, MissingColumn for a threshold of a column
    that is no feature; all before anything is created.
    """
    from vertexai.resources.preview import ml_monitoring
    from vertexai.resources.preview.ml_monitoring import spec

    _check_features(features)
    limits = _limits(features, thresholds)
    source, (name, version) = data_source(reference), _model_version(model)
    drift = spec.DataDriftSpec(feature_alert_thresholds=limits)
    fields = [spec.FieldSchema(name=column, data_type=kind) for column, kind in features.items()]
    return ml_monitoring.ModelMonitor.create(
        display_name=f"drift of {name.rpartition('/')[2]}",
        model_name=name,
        model_version_id=version,
        model_monitoring_schema=spec.ModelMonitoringSchema(feature_fields=fields),
        training_dataset=spec.MonitoringInput(**source),
        tabular_objective_spec=spec.TabularObjective(feature_drift_spec=drift),
        output_spec=None if output is None else spec.OutputSpec(gcs_base_dir=output),
    )


def run_monitor(monitor: ml_monitoring.ModelMonitor, production: str) -> pd.DataFrame:
    """Run the monitor on production data and give its findings, as `managed_drift` does.

    Waits until the job is done. Raises InvalidSetting for an address that cannot be, and ManagedRunFailed with the
    job's own words: data that are not there, or without a column.
    """
    import pandas as pd
    from vertexai.resources.preview.ml_monitoring import spec

    target = spec.MonitoringInput(**data_source(production))
    try:
        job = monitor.run(target_dataset=target, sync=True)
    except RuntimeError as problem:
        remedy = "Correct the data or the features, then run it again."
        raise ManagedRunFailed(f"a monitoring job that failed: {problem}", "one that succeeds", remedy) from problem
    name = f"{monitor.resource_name}/modelMonitoringJobs/{job.name.rpartition('/')[2]}"
    rows = [_finding(stats, point) for stats, point in _points(monitor, name)]
    table = pd.DataFrame(rows, columns=["column", "statistic", "value", "threshold", "verdict"])
    table.attrs["monitor"] = monitor.resource_name
    return table


def watch_endpoint(
    endpoint: aiplatform.Endpoint,
    *,
    thresholds: Mapping[str, float],
    emails: Sequence[str] = (),
    sample_rate: float = 0.5,
    every_hours: int = 1,
) -> aiplatform.ModelDeploymentMonitoringJob:
    """The older way: a job that samples an endpoint's requests and compares each period with the one before.

    `thresholds` says for each feature how far it may move. Its findings come as e-mails and in the console; offline
    the job is kept as a resource and finds nothing, `managed_drift` computes. Raises InvalidSetting.
    """
    from google.cloud import aiplatform
    from google.cloud.aiplatform import model_monitoring

    if not thresholds or not 0 < sample_rate <= 1 or every_hours < 1:
        found = f"{len(thresholds)} thresholds, sample_rate={sample_rate}, every_hours={every_hours}"
        raise InvalidSetting(found, "at least 1 threshold, a share above 0, whole hours", "Name the features to watch.")
    _limits(dict.fromkeys(thresholds, "float"), thresholds)
    drift = model_monitoring.DriftDetectionConfig(drift_thresholds=dict(thresholds))
    return aiplatform.ModelDeploymentMonitoringJob.create(
        endpoint=endpoint,
        display_name=f"watch {endpoint.display_name}",
        logging_sampling_strategy=model_monitoring.RandomSampleConfig(sample_rate=sample_rate),
        schedule_config=model_monitoring.ScheduleConfig(monitor_interval=every_hours),
        alert_config=model_monitoring.EmailAlertConfig(user_emails=list(emails)),
        objective_configs=model_monitoring.ObjectiveConfig(drift_detection_config=drift),
    )


def field_types(data: pd.DataFrame) -> dict[str, str]:
    """What the columns of a DataFrame are to Model Monitoring: boolean, integer, float, or else categorical."""
    from pandas.api import types

    def kind(column: pd.Series) -> str:
        if types.is_bool_dtype(column):
            return "boolean"
        if types.is_integer_dtype(column):
            return "integer"
        return "float" if types.is_numeric_dtype(column) else "categorical"

    return {str(name): kind(data[name]) for name in data.columns}


def data_source(address: str) -> dict[str, str]:
    """An address as parameters of `MonitoringInput`.

    >>> data_source("gs://bucket/rows.csv"), data_source("project.logs.clicks")
    ({'gcs_uri': 'gs://bucket/rows.csv', 'data_format': 'csv'}, {'table_uri': 'bq://project.logs.clicks'})

    Raises InvalidSetting for anything else.
    """
    if address.startswith("gs://"):
        for ending, kind in FILES.items():
            if address.endswith(ending):
                return {"gcs_uri": address, "data_format": kind}
    elif found := TABLE_ID.fullmatch(address):
        return {"table_uri": f"bq://{found[1]}"}
    expected = f"gs://bucket/file with {', '.join(FILES)}, or project.dataset.table"
    raise InvalidSetting(f"the address {address!r}", expected, "Write the rows to one of these first.")


def _check_features(features: Mapping[str, str]) -> None:
    if not features:
        raise InvalidSetting("no features", "at least one", "Use `field_types(reference)`.")
    if wrong := {name: kind for name, kind in features.items() if kind not in FIELD_TYPES}:
        raise InvalidSetting(f"the types {wrong}", f"one of {', '.join(FIELD_TYPES)}", "Correct the types.")


def _limits(features: Mapping[str, str], thresholds: Thresholds) -> dict[str, float]:
    """A threshold for every feature."""
    named = thresholds if isinstance(thresholds, Mapping) else dict.fromkeys(features, thresholds)
    if absent := [name for name in named if name not in features]:
        remedy = "Correct the name, or leave the threshold out."
        raise MissingColumn(f"a threshold for {', '.join(absent)}", f"features: {', '.join(features)}", remedy)
    if wrong := {name: limit for name, limit in named.items() if not 0 < limit <= 1}:
        raise InvalidSetting(f"the thresholds {wrong}", "numbers above 0, up to 1", "Both distances end at 1.")
    return {name: float(named.get(name, DEFAULT_THRESHOLD)) for name in features}


def _model_version(model: Any) -> tuple[str, str]:
    """Resource name and version of a model, or of a name such as `projects/.../models/7@2`."""
    if isinstance(model, str):
        name, _, version = model.partition("@")
        return name, version or "default"
    return model.resource_name.partition("@")[0], str(model.version_id)


def _points(monitor: Any, job: str) -> list[tuple[Any, Any]]:
    found = monitor.search_metrics(model_monitoring_job_name=job)
    parts = [part.tabular_stats for part in found]
    return [(stats, point) for stats in parts for point in stats.data_points]


def _finding(stats: Any, point: Any) -> dict[str, Any]:
    return {
        "column": stats.stats_name,
        "statistic": point.algorithm,
        "value": point.current_stats.distribution_value.distribution_deviation,
        "threshold": point.threshold_value,
        "verdict": "drifted" if point.has_anomaly else "stable",
    }
