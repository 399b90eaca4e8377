"""Extract and copy jobs, snapshots, clones, restores."""

import gzip
import io
import json
from datetime import timedelta

import pandas
import pytest
from google.api_core import exceptions
from google.cloud import bigquery
from google.cloud.bigquery import CopyJobConfig, ExtractJobConfig
from google.cloud.bigquery import SchemaField as Field

PROJECT = "offline-project"
SCHEMA = [Field("id", "INT64"), Field("when", "TIMESTAMP"), Field("amount", "NUMERIC"), Field("raw", "BYTES")]
ROWS = [
    {"id": 1, "when": "2026-01-05T09:00:00.5Z", "amount": "1.50", "raw": "AP8="},
    {"id": 2, "when": "2026-01-05T10:00:00Z", "amount": None, "raw": None},
]


@pytest.fixture
def client(bigquery_client):
    bigquery_client.create_dataset("shop")
    table = bigquery_client.create_table(bigquery.Table(f"{PROJECT}.shop.t", SCHEMA))
    bigquery_client.insert_rows_json(table, ROWS)
    return bigquery_client


@pytest.fixture
def bucket(storage_client):
    return storage_client.create_bucket("lake")


def extract(client, uri="gs://lake/out.csv", table="shop.t", **settings):
    return client.extract_table(table, uri, job_config=ExtractJobConfig(**settings)).result()


def ids(client, table):
    return [row.id for row in client.list_rows(table)]


def test_csv_as_google_writes_it(client, bucket):
    job = extract(client)
    assert job.destination_uri_file_counts == [1]
    lines = bucket.blob("out.csv").download_as_text().splitlines()
    assert lines == ["id,when,amount,raw", "1,2026-01-05 09:00:00.5 UTC,1.5,AP8=", "2,2026-01-05 10:00:00 UTC,,"]


def test_csv_options(client, bucket):
    extract(client, print_header=False, field_delimiter="\t", compression="GZIP")
    text = gzip.decompress(bucket.blob("out.csv").download_as_bytes(raw_download=True)).decode()
    assert text.splitlines()[0].split("\t")[0] == "1"


def test_json_without_nulls_and_whole_numbers_as_text(client, bucket):
    extract(client, "gs://lake/out.json", destination_format="NEWLINE_DELIMITED_JSON")
    first, second = bucket.blob("out.json").download_as_text().splitlines()
    assert json.loads(first) == {"id": "1", "when": "2026-01-05 09:00:00.5 UTC", "amount": "1.5", "raw": "AP8="}
    assert json.loads(second) == {"id": "2", "when": "2026-01-05 10:00:00 UTC"}


def test_parquet_reads_back(client, bucket):
    extract(client, "gs://lake/out.parquet", destination_format="PARQUET", compression="SNAPPY")
    frame = pandas.read_parquet(io.BytesIO(bucket.blob("out.parquet").download_as_bytes()))
    assert frame["id"].tolist() == [1, 2]


def test_a_wildcard_numbers_the_files(client, bucket):
    extract(client, "gs://lake/out-*.csv")
    assert [blob.name for blob in bucket.list_blobs()] == ["out-000000000000.csv"]


@pytest.mark.parametrize(
    ("settings", "problem", "message"),
    [
        ({"destination_format": "AVRO"}, exceptions.MethodNotImplemented, "Extracting AVRO files"),
        ({"compression": "SNAPPY"}, exceptions.BadRequest, "Invalid compression for CSV"),
        ({"uri": "lake/out.csv"}, exceptions.BadRequest, "expected gs://bucket/object"),
        ({"table": "shop.gone"}, exceptions.NotFound, "Not found: Table"),
        ({"uri": "gs://nowhere/out.csv"}, exceptions.NotFound, "bucket"),
    ],
)
def test_extracts_that_cannot_be(client, bucket, settings, problem, message):
    with pytest.raises(problem, match=message):
        extract(client, **settings)


def test_csv_has_no_nested_columns(client, bucket):
    client.create_table(bigquery.Table(f"{PROJECT}.shop.nested", [Field("tags", "STRING", "REPEATED")]))
    with pytest.raises(exceptions.BadRequest, match=r"nested schema\. Field: tags"):
        extract(client, table="shop.nested")


def copy(client, source, target, **settings):
    return client.copy_table(source, target, job_config=CopyJobConfig(**settings)).result()


def test_a_copy_has_rows_columns_and_layout(client):
    copy(client, "shop.t", "shop.copy")
    assert [field.name for field in client.get_table("shop.copy").schema] == ["id", "when", "amount", "raw"]
    assert ids(client, "shop.copy") == [1, 2]
    with pytest.raises(exceptions.Conflict):
        copy(client, "shop.t", "shop.copy")


def test_several_sources_and_dispositions(client):
    copy(client, "shop.t", "shop.copy")
    copy(client, ["shop.t", "shop.copy"], "shop.copy", write_disposition="WRITE_APPEND")
    assert len(ids(client, "shop.copy")) == 6
    copy(client, "shop.t", "shop.copy", write_disposition="WRITE_TRUNCATE")
    assert ids(client, "shop.copy") == [1, 2]


def test_a_table_may_be_among_its_own_sources(client):
    copy(client, "shop.t", "shop.copy")
    copy(client, ["shop.t", "shop.copy"], "shop.t", write_disposition="WRITE_TRUNCATE")
    assert sorted(ids(client, "shop.t")) == [1, 1, 2, 2]


def test_a_source_that_is_missing_or_different_is_refused(client):
    with pytest.raises(exceptions.NotFound):
        copy(client, "shop.gone", "shop.copy")
    client.create_table(bigquery.Table(f"{PROJECT}.shop.other", [Field("x", "INT64")]))
    with pytest.raises(exceptions.BadRequest, match="Schema mismatch"):
        copy(client, ["shop.t", "shop.other"], "shop.copy")


def test_a_snapshot_keeps_its_rows_and_restores_them(client, cloud):
    copy(client, "shop.t", "shop.snap", operation_type="SNAPSHOT")
    client.insert_rows_json("shop.t", [{"id": 3}])
    snapshot = client.get_table("shop.snap")
    assert (snapshot.table_type, snapshot.snapshot_definition.base_table_reference.table_id) == ("SNAPSHOT", "t")
    assert snapshot.snapshot_definition.snapshot_time <= cloud.clock.now()
    with pytest.raises(exceptions.BadRequest, match="found a SNAPSHOT, expected a TABLE|of type SNAPSHOT"):
        client.insert_rows_json("shop.snap", [{"id": 4}])
    copy(client, "shop.snap", "shop.t", operation_type="RESTORE", write_disposition="WRITE_TRUNCATE")
    assert ids(client, "shop.t") == [1, 2]


def test_a_snapshot_may_expire(client, cloud):
    expires = (cloud.clock.now() + timedelta(days=1)).isoformat()
    config = CopyJobConfig(operation_type="SNAPSHOT")
    config.destination_expiration_time = expires
    client.copy_table("shop.t", "shop.snap", job_config=config).result()
    cloud.clock.advance(timedelta(days=2))
    assert [table.table_id for table in client.list_tables("shop")] == ["t"]


def test_a_clone_is_a_table_of_its_own(client):
    copy(client, "shop.t", "shop.clone", operation_type="CLONE")
    client.insert_rows_json("shop.clone", [{"id": 3}])
    assert (ids(client, "shop.clone"), ids(client, "shop.t")) == ([1, 2, 3], [1, 2])
    assert client.get_table("shop.clone").clone_definition.base_table_reference.table_id == "t"


def test_restoring_needs_a_snapshot(client):
    with pytest.raises(exceptions.BadRequest, match="RESTORE needs a table snapshot"):
        copy(client, "shop.t", "shop.copy", operation_type="RESTORE")


def test_a_past_state_is_copied_even_of_a_table_that_is_gone(client, cloud):
    before = int(cloud.clock.now().timestamp() * 1000)
    client.insert_rows_json("shop.t", [{"id": 3}])
    copy(client, f"shop.t@{before}", "shop.before")
    client.delete_table("shop.t")
    copy(client, f"shop.t@{before + 1000}", "shop.after")
    assert (ids(client, "shop.before"), ids(client, "shop.after")) == ([1, 2], [1, 2, 3])
