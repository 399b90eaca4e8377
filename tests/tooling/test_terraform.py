"""The ledger as Terraform: checked against a schema of the syntax, and against the ledger it was written from."""

import json
import re

import jsonschema
import pytest
from google.cloud import aiplatform, bigquery, monitoring_v3, storage
from google.cloud.logging_v2.services.config_service_v2 import ConfigServiceV2Client
from google.cloud.logging_v2.services.metrics_service_v2 import MetricsServiceV2Client
from hypothesis import given
from hypothesis import strategies as st
from vertexai.resources.preview import feature_store
from vertexai.resources.preview.feature_store import utils

from mlops_helpers.cloud import connect
from mlops_helpers.cloud.ledger import Entry, Ledger
from mlops_helpers.tooling import InvalidSetting, terraform_of
from mlops_helpers.tooling.terraform_syntax import Described, Names, escaped, identifier, joined, plain_json
from mlops_helpers.tooling.terraform_watching import channel
from tests.tooling.terraform_schema import FILE

REFERENCE = re.compile(r"(?<!\$)\$\{([^}]*)\}")
TABLE = """CREATE TABLE crm.customers (id STRING, since TIMESTAMP, age INT64, note STRING) PARTITION BY DATE(since)
CLUSTER BY id OPTIONS (description='all ${of} them', labels=[('team', 'crm')])"""
OLD = "CREATE VIEW crm.old AS SELECT c.* FROM `offline-project.crm.customers` AS c JOIN crm.spare ON c.age = x"


def make_tables():
    client = bigquery.Client()
    client.create_dataset("crm")
    for statement in (TABLE, "CREATE TABLE crm.spare (x INT64)", "CREATE TABLE crm.customers_2 (x INT64)", OLD):
        client.query(statement).result()
    bucket = storage.Client().bucket("models-of-churn")
    bucket.storage_class, bucket.versioning_enabled, bucket.labels = "NEARLINE", True, {"team": "crm"}
    bucket.add_lifecycle_delete_rule(age=0, is_live=False)
    storage.Client().create_bucket(bucket, location="us-central1").blob("a.txt").upload_from_string("a")


def make_vertex(session):
    aiplatform.init(project=session.project, location=session.location)
    for _ in range(2):
        aiplatform.Endpoint.create(display_name="churn", labels={"team": "crm"})
    aiplatform.Tensorboard.create(display_name="2026 runs")
    uri = f"bq://{session.project}.crm.customers"
    source = utils.FeatureGroupBigQuerySource(uri=uri, entity_id_columns=["id"])
    feature_store.FeatureGroup.create(name="customers", source=source).create_feature("age")
    source = utils.FeatureViewBigQuerySource(uri=uri, entity_id_columns=["id"])
    feature_store.FeatureOnlineStore.create_bigtable_store("online").create_feature_view("ages", source=source)


def make_watch(session):
    parent, metric = f"projects/{session.project}", "custom.googleapis.com/churn/drift"
    sink = {"name": "errors", "destination": "storage.googleapis.com/models-of-churn", "filter": "severity>=ERROR"}
    ConfigServiceV2Client().create_sink(request={"parent": parent, "sink": sink})
    MetricsServiceV2Client().create_log_metric(request={"parent": parent, "metric": {"name": "calls", "filter": "x"}})
    described = {"type": metric, "metric_kind": "GAUGE", "value_type": "DOUBLE"}
    monitoring_v3.MetricServiceClient().create_metric_descriptor(name=parent, metric_descriptor=described)
    mail = {"type_": "email", "display_name": "on call", "labels": {"email_address": "ada@example.com"}}
    client = monitoring_v3.NotificationChannelServiceClient()
    made = client.create_notification_channel(name=parent, notification_channel=mail)
    threshold = {"filter": f'metric.type="{metric}"', "comparison": "COMPARISON_GT", "threshold_value": 0.2}
    policy = {"display_name": "drift", "combiner": "OR", "notification_channels": [made.name]}
    policy["conditions"] = [{"display_name": "too far", "condition_threshold": threshold}]
    monitoring_v3.AlertPolicyServiceClient().create_alert_policy(name=parent, alert_policy=policy)


@pytest.fixture(scope="module")
def lesson(tmp_path_factory):
    """A session that made one of each, and the file that was written of it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MLOPS_COURSE_HOME", str(tmp_path_factory.mktemp("home")))
        with connect("offline") as session:
            make_tables()
            make_vertex(session)
            make_watch(session)
            yield session, terraform_of(session)


def texts(value):
    if isinstance(value, dict):
        for key, item in value.items():
            yield from (key, *texts(item))
    elif isinstance(value, list):
        for item in value:
            yield from texts(item)
    elif isinstance(value, str):
        yield value


def resources(document):
    return {f"{type}.{name}": found for type, all in document["resource"].items() for name, found in all.items()}


def test_the_file_follows_the_syntax_and_the_provider(lesson):
    _, plan = lesson
    jsonschema.Draft202012Validator(FILE).validate(json.loads(plan.text))


def test_the_schema_can_say_no(lesson):
    _, plan = lesson
    document = json.loads(plan.text)
    document["resource"]["google_storage_bucket"]["models_of_churn"]["storageClass"] = "STANDARD"
    with pytest.raises(jsonschema.ValidationError, match="storageClass"):
        jsonschema.Draft202012Validator(FILE).validate(document)


def test_every_entry_of_the_ledger_is_there_once_or_left_out_with_a_reason(lesson):
    session, plan = lesson
    left_out = set(plan.left_out["name"])
    for entry in session.ledger.entries:
        assert (entry.name in plan.resources) != (entry.name in left_out), entry
    inside = {
        "tables/customers",
        "tables/customers_2",
        "tables/old",
        "tables/spare",
        "features/age",
        "featureViews/ages",
    }
    found = {
        name.replace("crm/", "tables/") for name in set(plan.resources) - {one.name for one in session.ledger.entries}
    }
    assert {"/".join(name.split("/")[-2:]) for name in found} == inside
    assert len(set(plan.resources.values())) == len(plan.resources) == len(resources(plan.document))
    assert set(plan.left_out["kind"]) == {"job"}
    assert plan.document["//"]["left out"][0]["name"] == f"{len(left_out)} BigQuery jobs"


def test_every_reference_is_to_something_in_the_file(lesson):
    _, plan = lesson
    known = set(resources(plan.document))
    found = {found for text in texts(plan.document) for found in REFERENCE.findall(text)}
    assert len(found) > 20
    for reference in found - {"var.project", "var.location"}:
        assert reference.rpartition(".")[0] in known
    waiting = [address for one in resources(plan.document).values() for address in one.get("depends_on", [])]
    tables = {"google_bigquery_table.crm_customers", "google_bigquery_table.crm_spare"}
    assert set(waiting) == {*tables, "google_monitoring_metric_descriptor.drift"}
    assert {one["to"] for one in plan.document["import"]} == known


def test_a_bucket_is_what_it_was_made_as(lesson):
    _, plan = lesson
    found = plan.document["resource"]["google_storage_bucket"]["models_of_churn"]
    assert (found["storage_class"], found["versioning"], found["labels"]) == (
        "NEARLINE",
        {"enabled": True},
        {"team": "crm"},
    )
    condition = {"age": 0, "with_state": "ARCHIVED", "send_age_if_zero": True}
    assert found["lifecycle_rule"] == [{"action": {"type": "Delete"}, "condition": condition}]


def test_a_table_keeps_its_schema_and_its_text_is_no_code(lesson):
    _, plan = lesson
    found = plan.document["resource"]["google_bigquery_table"]["crm_customers"]
    columns = [(one["name"], one["type"]) for one in json.loads(found["schema"])]
    assert columns == [("id", "STRING"), ("since", "TIMESTAMP"), ("age", "INTEGER"), ("note", "STRING")]
    assert (found["time_partitioning"]["field"], found["clustering"]) == ("since", ["id"])
    assert found["description"] == "all $${of} them"


def test_two_endpoints_of_one_name_are_two_resources(lesson):
    _, plan = lesson
    found = plan.document["resource"]["google_vertex_ai_endpoint"]
    assert set(found) == {"churn", "churn_2"}
    assert len({one["name"] for one in found.values()}) == 2
    assert list(plan.document["resource"]["google_vertex_ai_tensorboard"]) == ["r_2026_runs"]


def test_the_same_cloud_gives_the_same_text_in_whatever_order(lesson):
    session, plan = lesson
    assert terraform_of(session, reversed(session.ledger.entries)).document["resource"] == plan.document["resource"]
    assert terraform_of(session).text == plan.text
    assert "import" not in terraform_of(session, imports=False).document


def test_what_is_gone_or_replaced_is_not_taken_over(lesson):
    session, _ = lesson
    there = next(entry for entry in session.ledger.entries if entry.kind == "bucket")
    entries = [Entry("bucket", "gs://never-made", "x"), Entry("bucket", there.name, "another day")]
    found = terraform_of(session, entries)
    assert list(found.left_out["reason"]) == [
        "it is no longer there",
        "somebody replaced it since: it is not the one that was created",
    ]
    assert "resource" not in found.document


def test_what_a_step_in_another_process_made_is_there_too(lesson, tmp_path, monkeypatch):
    session, _ = lesson
    monkeypatch.setenv("MLOPS_COURSE_HOME", str(tmp_path))
    for url in (session.url, "http://127.0.0.1:1"):
        header = {"session": "other", "cloud": "offline", "project": session.project, "url": url}
        journal = Ledger(tmp_path / "ledger" / f"{len(url)}.jsonl", header=header)
        journal.add(Entry("vertex", f"vertex://projects/p/locations/l/models/{len(url)}", "x"))
    (tmp_path / "ledger" / "empty.jsonl").touch()
    found = terraform_of(session).left_out
    assert list(found[found["kind"] == "vertex"]["name"]) == [
        f"vertex://projects/p/locations/l/models/{len(session.url)}"
    ]


def test_files_are_written_whole_or_not_at_all(lesson, tmp_path):
    _, plan = lesson
    path = plan.write(tmp_path / "infrastructure" / "main.tf.json")
    assert json.loads(path.read_text()) == plan.document
    with pytest.raises(InvalidSetting, match=r"main\.tf\.json"):
        plan.write(tmp_path / "main.tf")
    assert [found.name for found in tmp_path.rglob("*.*")] == ["main.tf.json"]


def test_a_password_is_never_written():
    data = {"type": "slack", "labels": {"channel_name": "#ml", "auth_token": "xoxb-1"}}
    told = Described("google_monitoring_notification_channel", "monitoring://projects/p/notificationChannels/1", data)
    found = channel(told, Names([told], project="p", location="l"))
    assert found["labels"] == {"channel_name": "#ml"}
    assert "xoxb" not in json.dumps(found)
    assert "auth_token" in found["//"]


@given(st.text(st.sampled_from("a${}% ")))
def test_text_from_the_cloud_is_never_evaluated(text):
    found = escaped(text)
    assert not REFERENCE.search(found)
    assert found.replace("$${", "${").replace("%%{", "%{") == text
    assert joined(text) == plain_json(text) == found


@given(st.lists(st.text(), max_size=8))
def test_addresses_are_valid_and_unique(words):
    told = [Described("google_storage_bucket", f"gs://{number}/x", {}) for number, _ in enumerate(words)]
    names = Names(told, project="p", location="l")
    labels = [identifier(word) for word in words]
    assert all(re.fullmatch(r"[a-z][a-z0-9_]*", label) for label in labels)
    assert len({names.address(one.name) for one in told}) == len(told)
