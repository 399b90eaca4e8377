"""Tables through the real client: schema, layout, updates, expiry, policies."""

from datetime import UTC, datetime, timedelta

import pytest
from google.api_core import exceptions
from google.api_core.iam import Policy
from google.cloud import bigquery
from google.cloud.bigquery import SchemaField as Field

PROJECT = "offline-project"
COLUMNS = [Field("id", "INT64", "REQUIRED", description="the key"), Field("day", "DATE"), Field("name", "STRING")]


@pytest.fixture
def client(bigquery_client):
    bigquery_client.create_dataset("shop")
    return bigquery_client


def make(client, name="t", schema=COLUMNS, **settings):
    table = bigquery.Table(f"{PROJECT}.shop.{name}", schema)
    for attribute, value in settings.items():
        setattr(table, attribute, value)
    return client.create_table(table)


def test_nested_columns_descriptions_and_policy_tags_are_kept(client):
    tags = bigquery.PolicyTagList(["projects/p/locations/us/taxonomies/1/policyTags/2"])
    address = Field(
        "address", "RECORD", "REPEATED", fields=[Field("city", "STRING"), Field("zip", "STRING", "REQUIRED")]
    )
    amount = Field("amount", "NUMERIC", precision=10, scale=2, description="in euro")
    make(client, schema=[address, amount, Field("mail", "STRING", policy_tags=tags, max_length=50)])
    found = client.get_table("shop.t")
    assert found.schema[0].fields[1].mode == "REQUIRED"
    assert (found.schema[1].precision, found.schema[1].scale, found.schema[1].description) == (10, 2, "in euro")
    assert found.schema[2].policy_tags == tags
    assert (found.num_rows, found.num_bytes, found.table_type) == (0, 0, "TABLE")


def test_layout_and_labels_are_kept(client):
    partitioning = bigquery.TimePartitioning(type_="MONTH", field="day", require_partition_filter=None)
    make(client, time_partitioning=partitioning, clustering_fields=["name"], labels={"a": "b"}, description="d")
    found = client.get_table("shop.t")
    assert (found.time_partitioning.type_, found.time_partitioning.field) == ("MONTH", "day")
    assert (found.clustering_fields, found.labels, found.description) == (["name"], {"a": "b"}, "d")


def test_range_partitioning_is_kept(client):
    bounds = bigquery.PartitionRange(start=0, end=100, interval=10)
    make(client, range_partitioning=bigquery.RangePartitioning(field="id", range_=bounds))
    assert client.get_table("shop.t").range_partitioning.range_.interval == 10


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"time_partitioning": bigquery.TimePartitioning(field="gone")}, "cannot be found in the schema: gone"),
        ({"time_partitioning": bigquery.TimePartitioning(field="name")}, "found STRING, expected one of DATE"),
        ({"time_partitioning": bigquery.TimePartitioning(type_="HOUR", field="day")}, "needs a DATETIME or TIMESTAMP"),
        ({"clustering_fields": ["gone"]}, "Invalid field: gone"),
        ({"clustering_fields": ["id", "day", "name", "id", "day"]}, "expected at most 4"),
        ({"schema": [Field("a", "INT64"), Field("A", "STRING")]}, "Field A already exists in schema"),
        ({"schema": [Field("a", "NUMBER")]}, "NUMBER is not a valid value"),
        ({"schema": [Field("1a", "INT64")]}, "Invalid field name '1a'"),
        ({"schema": [Field("a", "NUMERIC", precision=5, scale=9)]}, "found precision 5 and scale 9"),
        ({"schema": [Field("a", "STRING", max_length=-1)]}, "Invalid maxLength of field a"),
        ({"schema": [Field("a", "STRING", default_value_expression="nonsense(")]}, "."),
        ({"expires": datetime(2026, 1, 1, tzinfo=UTC)}, "expected a time in the future"),
        ({"schema": [Field("r", "RECORD")]}, "type RECORD but has no schema"),
    ],
)
def test_contradictions_are_refused_and_nothing_is_created(client, settings, message):
    with pytest.raises(exceptions.BadRequest, match=message):
        make(client, **settings)
    assert list(client.list_tables("shop")) == []


@pytest.mark.parametrize("kind", ["GEOGRAPHY", "RANGE"])
def test_types_that_are_missing_are_refused_by_name(client, kind):
    with pytest.raises(exceptions.MethodNotImplemented, match=f"column type {kind}"):
        make(client, schema=[Field("a", kind, range_element_type="DATE" if kind == "RANGE" else None)])


def test_a_table_that_exists_is_a_conflict_and_one_that_does_not_is_not_found(client):
    make(client)
    with pytest.raises(exceptions.Conflict, match=r"Already Exists: Table offline-project:shop\.t"):
        make(client)
    with pytest.raises(exceptions.NotFound, match=r"Not found: Table offline-project:shop\.gone"):
        client.get_table("shop.gone")
    with pytest.raises(exceptions.NotFound, match="Not found: Dataset offline-project:gone"):
        client.create_table(bigquery.Table(f"{PROJECT}.gone.t"))


def test_a_path_is_no_table_name(client, server):
    reference = bigquery.TableReference(bigquery.DatasetReference(PROJECT, "shop"), "../x")
    with pytest.raises(exceptions.BadRequest, match="Invalid table ID"):
        client.create_table(bigquery.Table(reference, COLUMNS))


def test_columns_are_added_and_required_relaxed(client):
    table = make(client)
    client.insert_rows_json(table, [{"id": 1, "name": "Ann"}])
    table.schema = [Field("id", "INT64", "NULLABLE"), *COLUMNS[1:], Field("city", "STRING")]
    client.update_table(table, ["schema"])
    assert client.insert_rows_json(client.get_table(table), [{"city": "Bonn"}]) == []
    assert [tuple(row) for row in client.list_rows("shop.t")] == [(1, None, "Ann", None), (None, None, None, "Bonn")]


@pytest.mark.parametrize(
    ("schema", "message"),
    [
        (COLUMNS[:2], "Field name is missing in new schema"),
        ([Field("id", "STRING", "REQUIRED"), *COLUMNS[1:]], "Field id has changed type from INTEGER to STRING"),
        ([*COLUMNS, Field("new", "STRING", "REQUIRED")], "Cannot add required fields to an existing schema"),
        ([*COLUMNS[:2], Field("name", "STRING", "REQUIRED")], "changed mode from NULLABLE to REQUIRED"),
    ],
)
def test_other_schema_changes_are_refused(client, schema, message):
    table = make(client)
    table.schema = schema
    with pytest.raises(exceptions.BadRequest, match=message):
        client.update_table(table, ["schema"])
    assert len(client.get_table("shop.t").schema) == 3


def test_a_stale_etag_is_a_failed_precondition(client):
    first, second = make(client), client.get_table("shop.t")
    second.description = "won"
    client.update_table(second, ["description"])
    first.description = "lost"
    with pytest.raises(exceptions.PreconditionFailed):
        client.update_table(first, ["description"])


def test_partitioning_cannot_change(client):
    table = make(client)
    table.time_partitioning = bigquery.TimePartitioning(field="day")
    with pytest.raises(exceptions.BadRequest, match="Cannot change partitioning"):
        client.update_table(table, ["time_partitioning"])


def test_labels_are_patched_one_by_one(client):
    table = make(client, labels={"a": "1", "b": "2"})
    table.labels = {"a": None, "c": "3"}
    assert client.update_table(table, ["labels"]).labels == {"b": "2", "c": "3"}


def test_a_table_vanishes_when_it_expires(client, cloud):
    table = make(client)
    table.expires = table.created + timedelta(hours=2)
    client.update_table(table, ["expires"])
    cloud.clock.advance(timedelta(hours=1))
    assert client.get_table("shop.t").num_rows == 0
    cloud.clock.advance(timedelta(hours=1))
    with pytest.raises(exceptions.NotFound):
        client.get_table("shop.t")


def test_partitions_expire(client, cloud):
    day = timedelta(days=1)
    table = make(client, time_partitioning=bigquery.TimePartitioning(field="day", expiration_ms=3 * 86_400_000))
    today = cloud.clock.now().date()
    client.insert_rows_json(table, [{"id": n, "day": str(today - n * day)} for n in range(5)])
    cloud.clock.advance(day)
    assert sorted(row.id for row in client.list_rows("shop.t")) == [0, 1, 2]  # 3 ended three days ago


def test_the_list_has_types_labels_and_pages(client):
    for number in range(3):
        make(client, f"t{number}", labels={"n": str(number)})
    pages = list(client.list_tables("shop", page_size=2).pages)
    assert [[item.table_id for item in page] for page in pages] == [["t0", "t1"], ["t2"]]
    assert [(item.table_type, item.labels) for item in client.list_tables("shop")][2] == ("TABLE", {"n": "2"})


def test_deleting_a_table(client):
    make(client)
    client.delete_table("shop.t")
    with pytest.raises(exceptions.NotFound):
        client.delete_table("shop.t")
    client.delete_table("shop.t", not_found_ok=True)


def test_policies_are_kept_and_guarded_by_their_etag(client):
    table = make(client)
    policy = client.get_iam_policy(table)
    policy["roles/bigquery.dataViewer"] = {"user:ann@example.com"}
    client.set_iam_policy(table, policy)
    assert client.get_iam_policy(table)["roles/bigquery.dataViewer"] == {"user:ann@example.com"}
    assert client.test_iam_permissions(table, ["bigquery.tables.get"])["permissions"] == ["bigquery.tables.get"]
    stale = Policy(etag=policy.etag, version=1)
    with pytest.raises(exceptions.Conflict, match="concurrent policy changes"):
        client.set_iam_policy(table, stale)


def test_external_tables_are_refused_by_name(client):
    table = bigquery.Table(f"{PROJECT}.shop.t")
    table.external_data_configuration = bigquery.ExternalConfig("CSV")
    with pytest.raises(exceptions.MethodNotImplemented, match="External tables"):
        client.create_table(table)
