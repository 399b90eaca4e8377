"""Idle resources: found on the real clients, and deleted only when named."""

from datetime import timedelta
from decimal import Decimal

import pytest
from google.cloud import aiplatform, bigquery, monitoring_v3, storage

from mlops_helpers import cost
from mlops_helpers.cloud import connect
from tests.tooling.serving import endpoint_with, uploaded


@pytest.fixture(scope="module")
def cloud(tmp_path_factory):
    """Things that are used, things that are not, 40 days later."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MLOPS_COURSE_HOME", str(tmp_path_factory.mktemp("home")))
        with connect("offline") as session:
            aiplatform.init(project=session.project, location=session.location)
            _fill(session)
            yield session


def _fill(session):
    client, warehouse = storage.Client(), bigquery.Client()
    bucket = client.create_bucket("models")
    endpoint_with(bucket, "demo", models=1)
    used, _ = endpoint_with(bucket, "used", models=1)
    old = uploaded(bucket, "old")
    aiplatform.Model.upload(
        display_name="old",
        parent_model=old.resource_name,
        is_default_version=True,
        artifact_uri=old.uri,
        serving_container_image_uri="us-docker.pkg.dev/vertex-ai/prediction/sklearn-cpu.1-5:latest",
    )
    client.create_bucket("forgotten")
    versioned = client.create_bucket("versioned")
    versioned.versioning_enabled = True
    versioned.patch()
    for text in ("x" * 1000, "y"):
        versioned.blob("a").upload_from_string(text)
    for name in ("tmp_join", "sales"):
        warehouse.create_dataset(name)
        warehouse.query(f"CREATE TABLE {name}.t AS SELECT 1 AS a").result()
    session.advance(timedelta(days=40))
    used.predict([[1, 2]])
    client.create_bucket("brand-new")


@pytest.fixture
def finder(cloud):
    return cost.IdleFinder(cloud.project, cloud.location, now=cloud.now())


def test_the_cloud_counts_predictions_and_the_finder_reads_them(cloud):
    wanted = 'metric.type = "aiplatform.googleapis.com/prediction/online/prediction_count"'
    interval = {"start_time": cloud.now() - timedelta(days=1), "end_time": cloud.now()}
    request = {"name": f"projects/{cloud.project}", "filter": wanted, "interval": interval}
    used = next(found for found in aiplatform.Endpoint.list() if found.display_name == "used")
    with monitoring_v3.MetricServiceClient() as client:
        (found,) = client.list_time_series(request=request)
        request["filter"] += ' AND resource.labels.endpoint_id = "1"'
        assert list(client.list_time_series(request=request)) == []
    assert [point.value.int64_value for point in found.points] == [1]
    assert (found.resource.labels["endpoint_id"], found.resource.type) == (
        used.name,
        "aiplatform.googleapis.com/Endpoint",
    )
    assert found.metric.labels["deployed_model_id"] == used.list_models()[0].id


def test_what_serves_nobody_is_found_and_what_is_used_or_young_is_not(finder):
    report = finder.find()
    found = {(item.kind, item.name.rpartition("/")[2]) for item in report.found if not item.kind.startswith(("e", "m"))}
    assert found == {("bucket", "forgotten"), ("old objects", "versioned"), ("dataset", "tmp_join")}
    (endpoint,) = [item for item in report.found if item.kind == "endpoint"]
    assert "no prediction since" in endpoint.why
    assert aiplatform.Endpoint(endpoint.name.removeprefix("vertex://")).display_name == "demo"
    (version,) = [item for item in report.found if item.kind == "model version"]
    assert version.name.endswith("@1")
    assert report.found[0] == endpoint  # the dearest first


def test_an_idle_endpoint_costs_its_hours(cloud, finder):
    hourly = cost.price("endpoint.n1-standard-2", at=cloud.now().date()).each
    report = finder.find()
    assert report.found[0].monthly == hourly * 730
    assert report.monthly.cents() >= report.found[0].monthly.cents()
    assert report.table["usd_per_month"].iloc[0] == (hourly * 730).cents().amount > Decimal(50)
    assert "a month" in report._repr_html_()


def test_a_dry_run_deletes_nothing(cloud, finder):
    report = finder.find()
    table = finder.remove(report, named=cloud.ledger)
    assert set(table["outcome"]) == {"would be deleted"}  # the session made all of it
    assert finder.find() == report


def test_only_what_is_named_is_deleted(finder):
    report = finder.find()
    names = ["gs://versioned", "bq://offline-project/tmp_join"]
    names += [item.name for item in report.found if item.kind in ("endpoint", "model version")]
    table = finder.remove(report, named=names, dry_run=False)
    assert dict(zip(table["name"], table["outcome"], strict=True))["gs://forgotten"] == "kept: not named"
    assert [item.name for item in finder.find().found] == ["gs://forgotten"]
    bucket = storage.Client().bucket("versioned")
    assert [(blob.name, blob.download_as_bytes()) for blob in bucket.list_blobs(versions=True)] == [("a", b"y")]
    assert [found.display_name for found in aiplatform.Endpoint.list()] == ["used"]


def test_a_name_that_is_not_in_the_report_deletes_nothing(finder):
    report = finder.find()
    with pytest.raises(cost.RemovalRefused, match="gs://brand-new"):
        finder.remove(report, named=["gs://forgotten", "gs://brand-new"], dry_run=False)
    with pytest.raises(cost.RemovalRefused, match="a list of names"):
        finder.remove(report, named="gs://forgotten", dry_run=False)
    assert storage.Client().bucket("forgotten").exists()


def test_what_is_used_again_or_was_replaced_is_not_deleted(cloud, finder):
    report = finder.find()
    bucket = storage.Client().bucket("forgotten")
    bucket.blob("a").upload_from_string("used again")
    with pytest.raises(cost.RemovalRefused, match="no longer idle"):
        finder.remove(report, named=["gs://forgotten"], dry_run=False)
    bucket.delete(force=True)


def test_what_somebody_else_made_is_not_the_ledgers(cloud, tmp_path):
    from mlops_helpers.cloud.ledger import Entry, Ledger

    storage.Client().create_bucket("theirs")
    later = cloud.advance(timedelta(days=40))
    finder = cost.IdleFinder(cloud.project, cloud.location, now=later)
    ledger = Ledger(tmp_path / "ledger.jsonl", header={})
    ledger.add(Entry("bucket", "gs://theirs", "2020-01-01T00:00:00Z"))
    report = finder.find()
    assert "gs://theirs" in list(report.table["name"])
    assert set(finder.remove(report, named=ledger, dry_run=False)["outcome"]) == {"kept: not named"}


def test_a_window_needs_a_day_and_a_zone(cloud):
    for now, days in ((cloud.now(), 0), (cloud.now().replace(tzinfo=None), 30)):
        with pytest.raises(cost.InvalidSetting):
            cost.IdleFinder(cloud.project, cloud.location, now=now, days=days)
