"""Vertex AI Model Monitoring through Google's client: configured, run, read, cleaned up."""

import doctest

import numpy as np
import pandas as pd
import pytest
from google.cloud import aiplatform, bigquery, storage
from scipy.spatial.distance import jensenshannon

from mlops_helpers.monitoring import (
    InvalidSetting,
    ManagedRunFailed,
    MissingColumn,
    create_monitor,
    field_types,
    managed,
    managed_drift,
    run_monitor,
    watch_endpoint,
)
from tests.offline.vertex.samples import BUCKET, deploy, store, upload

RANDOM = np.random.default_rng(4)
REFERENCE = pd.DataFrame({"age": RANDOM.normal(40, 10, 500), "site": RANDOM.choice(["news", "shop"], 500)})
PRODUCTION = pd.DataFrame({"age": RANDOM.normal(55, 10, 400), "site": RANDOM.choice(["news", "shop"], 400)})
FEATURES = {"age": "float", "site": "categorical"}


@pytest.fixture(scope="module")
def model(session):
    aiplatform.init(project=session.project, location=session.location)
    return upload()


def address(name, data):
    store(f"drift/{name}.csv", data.to_csv(index=False).encode())
    return f"gs://{BUCKET}/drift/{name}.csv"


@pytest.fixture(scope="module")
def files(model):
    return address("reference", REFERENCE), address("production", PRODUCTION)


def divergence(one, other):
    """scipy's distance, squared, over the ten equal intervals that the offline cloud documents."""
    edges = np.linspace(min(one.min(), other.min()), max(one.max(), other.max()), 11)
    shares = [np.histogram(sample, edges)[0] / len(sample) for sample in (one, other)]
    return jensenshannon(*shares, base=2) ** 2


def test_the_verdict_comes_back_as_a_table_and_the_numbers_are_scipys(model, files):
    table = managed_drift(*files, model=model, features=FEATURES, thresholds={"age": 0.1})
    age, site = table.set_index("column").loc[["age", "site"]].to_dict("records")
    assert (age["statistic"], site["statistic"]) == ("jensen_shannon_divergence", "l_infinity")
    assert age["value"] == pytest.approx(divergence(REFERENCE["age"], PRODUCTION["age"]), abs=1e-6)
    shares = [data["site"].value_counts(normalize=True) for data in (REFERENCE, PRODUCTION)]
    assert site["value"] == pytest.approx((shares[0] - shares[1]).abs().max())
    assert (age["verdict"], site["verdict"]) == ("drifted", "stable")
    assert (age["threshold"], site["threshold"]) == (0.1, pytest.approx(0.3))


def test_one_monitor_answers_again_with_its_latest_run_only(model, files):
    monitor = create_monitor(files[0], model=model.resource_name, features=FEATURES, thresholds=0.05)
    first, second = run_monitor(monitor, files[1]), run_monitor(monitor, files[0])
    assert first.attrs["monitor"] == second.attrs["monitor"] == monitor.resource_name
    assert list(second["value"]) == [0, 0]
    assert len(first) == len(second) == 2


def test_production_can_be_a_bigquery_table(model, files, session):
    client = bigquery.Client()
    client.create_dataset("logs")
    client.load_table_from_json(PRODUCTION.to_dict("records"), "logs.clicks").result()
    by_table = managed_drift(files[0], f"{session.project}.logs.clicks", model=model, features=FEATURES)
    by_file = managed_drift(*files, model=model, features=FEATURES)
    assert list(by_table["value"]) == pytest.approx(list(by_file["value"]))


def test_reports_go_to_the_folder_that_is_named(model, files):
    managed_drift(*files, model=model, features=FEATURES, thresholds=0.01, output=f"gs://{BUCKET}/reports")
    names = [blob.name for blob in storage.Client().list_blobs(BUCKET, prefix="reports/")]
    assert any(name.endswith("anomalies.textproto") for name in names)


def test_a_run_that_fails_says_why(model, files):
    lost = f"gs://{BUCKET}/lost.csv"
    with pytest.raises(ManagedRunFailed, match="Not found"):
        managed_drift(files[0], lost, model=model, features=FEATURES)
    with pytest.raises(ManagedRunFailed, match="hour"):
        managed_drift(*files, model=model, features={"hour": "integer"})


def test_an_endpoint_is_watched_by_the_older_job(model):
    endpoint = deploy(upload())
    job = watch_endpoint(endpoint, thresholds={"age": 0.2}, emails=["ada@example.org"], every_hours=6)
    [found] = aiplatform.ModelDeploymentMonitoringJob.list()
    assert found.resource_name == job.resource_name
    config = found._gca_resource.model_deployment_monitoring_objective_configs[0].objective_config
    assert config.prediction_drift_detection_config.drift_thresholds["age"].value == 0.2
    with pytest.raises(InvalidSetting, match="0 thresholds"):
        watch_endpoint(endpoint, thresholds={})


# --- what needs no cloud ---------------------------------------------------------------------------------------------


def test_types_are_read_off_a_table():
    data = pd.DataFrame({"a": [1], "b": [1.5], "c": [True], "d": ["x"], "e": pd.Categorical(["x"])})
    kinds = {"a": "integer", "b": "float", "c": "boolean", "d": "categorical", "e": "categorical"}
    assert field_types(data) == kinds


def test_the_examples_in_the_documentation_are_true():
    assert doctest.testmod(managed).failed == 0


@pytest.mark.parametrize("place", ["rows.csv", "gs://bucket/rows.parquet", "dataset.table", "bq://a.b", ""])
def test_addresses_that_cannot_be_are_refused(place):
    with pytest.raises(InvalidSetting, match=r"project\.dataset\.table"):
        managed_drift("gs://bucket/rows.csv", place, model="m", features=FEATURES)


@pytest.mark.parametrize(
    ("settings", "error", "match"),
    [
        ({"features": {}}, InvalidSetting, "no features"),
        ({"features": {"age": "number"}}, InvalidSetting, "'age': 'number'"),
        ({"features": FEATURES, "thresholds": {"hour": 0.1}}, MissingColumn, "hour"),
        ({"features": FEATURES, "thresholds": 1.5}, InvalidSetting, "up to 1"),
    ],
)
def test_settings_that_cannot_be_are_refused_before_anything_is_made(settings, error, match):
    with pytest.raises(error, match=match):
        create_monitor("gs://bucket/rows.csv", model="m", **settings)
