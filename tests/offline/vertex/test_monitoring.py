"""Model monitoring: drift is computed from tables and files, and found again."""

import datetime
import json

import numpy as np
import pytest
from google.api_core import exceptions
from google.cloud import aiplatform, bigquery, storage
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.distance import jensenshannon
from vertexai.resources.preview import ml_monitoring
from vertexai.resources.preview.ml_monitoring.spec import (
    DataDriftSpec,
    FeatureAttributionSpec,
    FieldSchema,
    ModelMonitoringSchema,
    MonitoringInput,
    NotificationSpec,
    OutputSpec,
    TabularObjective,
)

from mlops_helpers.offline.vertex.monitoring import drift
from tests.offline.vertex.samples import BUCKET, deploy, store, upload

SCHEMA = ModelMonitoringSchema(
    feature_fields=[FieldSchema(name="plan", data_type="categorical"), FieldSchema(name="age", data_type="integer")],
    prediction_fields=[FieldSchema(name="score", data_type="float")],
)
BASELINE = "plan,age,score\n" + "".join(f"{'basic' if n % 2 else 'pro'},{20 + n},{n / 10}\n" for n in range(10))
TARGET = "plan,age,score\n" + "".join(f"{'basic' if n % 5 else 'pro'},{20 + n},{n / 10}\n" for n in range(10))


def csv(name, text):
    store(f"monitoring/{name}.csv", text.encode())
    return MonitoringInput(gcs_uri=f"gs://{BUCKET}/monitoring/{name}.csv", data_format="csv")


def monitor_of(**options):
    model = upload()
    return ml_monitoring.ModelMonitor.create(
        display_name="churn",
        project="offline-project",
        location="us-central1",
        model_name=model.resource_name,
        model_version_id="1",
        model_monitoring_schema=SCHEMA,
        training_dataset=csv("baseline", BASELINE),
        tabular_objective_spec=TabularObjective(feature_drift_spec=DataDriftSpec()),
        output_spec=OutputSpec(gcs_base_dir=f"gs://{BUCKET}/out"),
        **options,
    )


def points(monitor, **wanted):
    found = monitor.search_metrics(**wanted)
    return {stats.tabular_stats.stats_name: stats.tabular_stats.data_points for stats in found}


def test_drift_between_training_data_and_a_file_is_measured(vertex):
    monitor = monitor_of()
    job = monitor.run(target_dataset=csv("target", TARGET), sync=True)
    assert job.state.name == "JOB_STATE_SUCCEEDED"
    found = points(monitor)
    assert found["plan"][0].current_stats.distribution_value.distribution_deviation == pytest.approx(0.3)
    assert found["age"][0].current_stats.distribution_value.distribution_deviation == 0
    assert (found["plan"][0].algorithm, found["age"][0].algorithm) == ("l_infinity", "jensen_shannon_divergence")
    assert not found["age"][0].has_anomaly


def test_thresholds_decide_about_alerts_and_reports_go_to_the_bucket(vertex):
    monitor = monitor_of()
    spec = DataDriftSpec(default_categorical_alert_threshold=0.5, feature_alert_thresholds={"plan": 0.1})
    job = monitor.run(
        target_dataset=csv("target", TARGET),
        tabular_objective_spec=TabularObjective(feature_drift_spec=spec),
        sync=True,
    )
    alerts = monitor.search_alerts()
    assert (alerts["total_number_alerts"], alerts["model_monitoring_alerts"][0].stats_name) == (1, "plan")
    folder = f"out/tabular/jobs/{job.name}/feature_drift"
    bucket = storage.Client().bucket(BUCKET)
    assert 'key: "plan"' in bucket.blob(f"{folder}/anomalies.textproto").download_as_text()
    told = json.loads(bucket.blob(f"{folder}/target/statistics.json").download_as_text())
    assert told["datasets"][0]["features"][0]["stringStats"]["topValues"][0] == {"value": "basic", "frequency": 8}


def test_predictions_in_bigquery_within_a_time_window(vertex):
    client = bigquery.Client()
    client.create_dataset("logs")
    client.query(
        "CREATE TABLE logs.predictions AS "
        "SELECT TIMESTAMP '2026-01-01' AS at, 0.05 AS score UNION ALL SELECT TIMESTAMP '2026-01-03', 0.9"
    ).result()
    monitor = monitor_of()
    target = MonitoringInput(
        table_uri="bq://offline-project.logs.predictions",
        timestamp_field="at",
        start_time=datetime.datetime(2026, 1, 2, tzinfo=datetime.UTC),
        end_time=datetime.datetime(2026, 1, 4, tzinfo=datetime.UTC),
    )
    objective = TabularObjective(prediction_output_drift_spec=DataDriftSpec())
    monitor.run(target_dataset=target, tabular_objective_spec=objective, sync=True)
    (point,) = points(monitor, objective_type="prediction-output-drift")["score"]
    expected = jensenshannon([0.1] * 10, [0] * 9 + [1], base=2) ** 2
    assert point.current_stats.distribution_value.distribution_deviation == pytest.approx(expected)
    assert point.has_anomaly
    assert points(monitor, objective_type="raw-feature-drift") == {}


def test_the_last_day_of_a_jsonl_file_against_a_tabular_dataset(vertex):
    rows = [{"plan": "pro", "age": 30, "at": f"2026-01-0{day}T08:30:00Z"} for day in (4, 5)]
    rows.append({"plan": "basic", "age": 30, "at": "2026-01-02T08:00:00Z"})
    store("monitoring/rows.jsonl", "\n".join(json.dumps(row) for row in rows).encode())
    monitor = monitor_of()
    dataset = aiplatform.TabularDataset.create(display_name="d", gcs_source=f"gs://{BUCKET}/monitoring/baseline.csv")
    uri = f"gs://{BUCKET}/monitoring/rows.jsonl"
    target = MonitoringInput(gcs_uri=uri, data_format="jsonl", timestamp_field="at", offset="1h", window="24h")
    baseline = MonitoringInput(vertex_dataset=dataset.resource_name)
    monitor.run(target_dataset=target, baseline_dataset=baseline, sync=True)
    (point,) = points(monitor)["plan"]
    current = point.current_stats.distribution_value
    assert current.distribution["stringStats"]["topValues"] == [{"value": "pro", "frequency": 1}]
    assert current.distribution_deviation == pytest.approx(0.5)


def test_a_job_that_cannot_read_its_data_says_why(vertex):
    monitor = monitor_of()
    lost = MonitoringInput(gcs_uri=f"gs://{BUCKET}/lost.csv", data_format="csv")
    with pytest.raises(RuntimeError, match="Not found: Uris"):
        monitor.run(target_dataset=lost, sync=True)
    with pytest.raises(RuntimeError, match="a column .*plan"):
        monitor.run(target_dataset=csv("wrong", "age,other\n1,2\n"), sync=True)
    states = {job.state.name for job in monitor.list_jobs()}
    assert states == {"JOB_STATE_FAILED"}


def test_alerts_can_go_to_cloud_logging(vertex):
    from google.cloud.logging_v2.types import ListLogEntriesRequest

    from mlops_helpers.offline.logging.entries import list_entries

    monitor = monitor_of()
    shifted = csv("shifted", TARGET.replace("pro", "vip"))
    notify = NotificationSpec(enable_cloud_logging=True)
    monitor.run(target_dataset=shifted, notification_spec=notify, sync=True)
    request = ListLogEntriesRequest(resource_names=["projects/offline-project"], filter="severity=WARNING")
    (entry,) = list_entries(vertex.service("logging"), ListLogEntriesRequest.pb(request)).entries
    assert entry.json_payload["statsName"] == "plan"


def test_what_is_not_computed_is_refused_by_name(vertex):
    monitor = monitor_of()
    objective = TabularObjective(feature_attribution_spec=FeatureAttributionSpec())
    with pytest.raises(exceptions.MethodNotImplemented, match="feature attributions"):
        monitor.run(target_dataset=csv("target", TARGET), tabular_objective_spec=objective, sync=True)
    logs = MonitoringInput(endpoints=["projects/offline-project/locations/us-central1/endpoints/1"])
    with pytest.raises(RuntimeError, match="the logs of an endpoint"):
        monitor.run(target_dataset=logs, sync=True)


def test_a_monitor_is_updated_listed_and_deleted(vertex):
    monitor = monitor_of()
    monitor.run(target_dataset=csv("target", TARGET), sync=True)
    monitor.update(display_name="new name")
    assert [found.display_name for found in ml_monitoring.ModelMonitor.list()] == ["new name"]
    monitor.delete()
    assert ml_monitoring.ModelMonitor.list() == []


def test_the_older_jobs_are_kept_but_nothing_is_claimed_for_them(vertex):
    endpoint = deploy(upload())
    job = aiplatform.ModelDeploymentMonitoringJob.create(
        endpoint=endpoint,
        display_name="old",
        logging_sampling_strategy=aiplatform.model_monitoring.RandomSampleConfig(sample_rate=0.5),
        alert_config=aiplatform.model_monitoring.EmailAlertConfig(user_emails=["a@example.com"]),
        schedule_config=aiplatform.model_monitoring.ScheduleConfig(monitor_interval=1),
        objective_configs=aiplatform.model_monitoring.ObjectiveConfig(
            drift_detection_config=aiplatform.model_monitoring.DriftDetectionConfig(drift_thresholds={"x": 0.2})
        ),
    )
    job.pause()
    assert job.state.name == "JOB_STATE_PAUSED"
    with pytest.raises(exceptions.BadRequest, match="expected JOB_STATE_RUNNING"):
        job.pause()
    job.resume()
    with pytest.raises(exceptions.MethodNotImplemented, match="SearchModelDeploymentMonitoringStatsAnomalies"):
        job.api_client.search_model_deployment_monitoring_stats_anomalies(
            model_deployment_monitoring_job=job.resource_name, deployed_model_id="1"
        )
    job.delete()
    assert aiplatform.ModelDeploymentMonitoringJob.list() == []


NUMBERS = st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=40)
WORDS = st.lists(st.sampled_from(["a", "b", "c", None]), min_size=1, max_size=30)


@given(NUMBERS, NUMBERS)
def test_numeric_drift_agrees_with_scipy(old, new):
    limits = (min(old + new), max(old + new))
    if limits[1] - limits[0] < 1e-3:
        return
    shares = [np.array(drift.histogram(sample, *limits)) / len(sample) for sample in (old, new)]
    expected = jensenshannon(*shares, base=2) ** 2
    assert drift.numeric("x", old, new).distance == pytest.approx(np.nan_to_num(expected), abs=1e-9)


@given(WORDS, WORDS)
def test_categorical_drift_is_symmetric_bounded_and_zero_for_the_same(old, new):
    for algorithm in (drift.L_INFINITY, drift.JENSEN_SHANNON):
        found = drift.categorical("x", old, new, algorithm).distance
        assert 0 <= found <= 1 + 1e-12
        assert found == pytest.approx(drift.categorical("x", new, old, algorithm).distance)
        assert drift.categorical("x", old, old, algorithm).distance == 0
