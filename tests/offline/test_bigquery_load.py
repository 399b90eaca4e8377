"""Load jobs: every format, every way in, and every kind of bad file."""

import gzip
import io
import json
import re

import pandas
import pytest
from google.api_core import exceptions
from google.cloud import bigquery
from google.cloud.bigquery import LoadJobConfig
from google.cloud.bigquery import SchemaField as Field

PROJECT = "offline-project"
PEOPLE = [Field("id", "INT64"), Field("name", "STRING")]
CSV = b"id,name\n1,Ann\n2,Bob\n"


@pytest.fixture
def client(bigquery_client):
    bigquery_client.create_dataset("shop")
    return bigquery_client


def load(client, data, table="shop.t", **settings):
    settings = {"schema": PEOPLE, "skip_leading_rows": 1, **settings}
    config = LoadJobConfig(**{name: value for name, value in settings.items() if value is not None})
    return client.load_table_from_file(io.BytesIO(data), table, job_config=config)


def rows(client, table="shop.t"):
    return [tuple(row) for row in client.list_rows(table)]


def test_a_csv_file_becomes_a_table(client):
    job = load(client, CSV).result()
    assert (job.output_rows, job.input_files, job.input_file_bytes) == (2, 1, len(CSV))
    assert rows(client) == [(1, "Ann"), (2, "Bob")]


@pytest.mark.parametrize(
    ("data", "settings", "expected"),
    [
        (b"1|Ann\n", {"field_delimiter": "|", "skip_leading_rows": None}, [(1, "Ann")]),
        (b"1\tAnn\n", {"field_delimiter": "tab", "skip_leading_rows": 0}, [(1, "Ann")]),
        (b"id,name\n1,'a,b'\n", {"quote_character": "'"}, [(1, "a,b")]),
        (b'id,name\n1,"a\nb"\n', {"allow_quoted_newlines": True}, [(1, "a\nb")]),
        (b"id,name\n1\n", {"allow_jagged_rows": True}, [(1, None)]),
        (b'id,name\nNA,NA\n2,""\n', {"null_marker": "NA"}, [(None, None), (2, "")]),
        (b"id,name\n1,\n", {}, [(1, None)]),
        ("id,name\n1,Jörg\n".encode("latin-1"), {"encoding": "ISO-8859-1"}, [(1, "Jörg")]),
        ("id,name\n1,Jörg\n".encode("utf-16-le"), {"encoding": "UTF-16LE"}, [(1, "Jörg")]),
        (gzip.compress(CSV, mtime=0), {}, [(1, "Ann"), (2, "Bob")]),
        (b"", {}, []),
    ],
)
def test_csv_options(client, data, settings, expected):
    load(client, data, **settings).result()
    assert rows(client) == expected


def test_every_csv_type(client):
    kinds = {"i": "INT64", "f": "FLOAT64", "b": "BOOL", "d": "DATE", "ts": "TIMESTAMP", "n": "NUMERIC", "j": "JSON"}
    schema = [Field(name, kind) for name, kind in kinds.items()]
    load(
        client, b'i,f,b,d,ts,n,j\n-7,1e3,no,2026/01/05,2026-01-05 09:00:00 UTC,1.25,"{""a"": 1}"\n', schema=schema
    ).result()
    [row] = client.list_rows("shop.t")
    assert (row.i, row.f, row.b, str(row.d), row.ts.isoformat()) == (
        -7,
        1000,
        False,
        "2026-01-05",
        "2026-01-05T09:00:00+00:00",
    )
    assert (str(row.n), row.j) == ("1.25", {"a": 1})


def test_autodetect_finds_header_names_and_types(client):
    data = b"customer id,amount,when,active\n1,1.5,2026-01-05 09:00:00,true\n2,2.5,2026-01-06 09:00:00,false\n"
    load(client, data, schema=None, skip_leading_rows=None, autodetect=True).result()
    found = [(field.name, field.field_type) for field in client.get_table("shop.t").schema]
    assert found == [("customer_id", "INTEGER"), ("amount", "FLOAT"), ("when", "TIMESTAMP"), ("active", "BOOLEAN")]
    assert len(rows(client)) == 2


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"id,name\n1,Ann\nx,Bob\n", r"Could not parse 'x' as INT64 for field id \(position 0\), line 3"),
        (b"id,name\n1.5,Ann\n", "Could not parse '1.5' as INT64"),
        (b"id,name\n1,Ann\n2\n", r"too few columns.*Line 3: '2', expected 2 columns"),
        (b"id,name\n1,Ann,extra\n", "Too many values in line. Line 2"),
        (b'id,name\n1,"Ann\n', "Bad quoting"),
        (b'id,name\n1,"a\nb"\n', "Set allowQuotedNewlines"),
        ("id,name\n1,Jörg\n".encode("latin-1"), "not UTF-8: state the file's encoding"),
        (gzip.compress(CSV, mtime=0)[:-9], "cut off"),
    ],
)
def test_a_bad_file_is_named_and_nothing_is_written(client, data, message):
    job = load(client, data)
    with pytest.raises(exceptions.BadRequest, match=message):
        job.result()
    assert job.error_result["reason"] == "invalid"
    with pytest.raises(exceptions.NotFound):
        client.get_table("shop.t")


def test_some_bad_records_may_be_allowed(client):
    data = b"id,name\n1,Ann\nx,Bob\n3,Cid\ny,Dan\n"
    with pytest.raises(exceptions.BadRequest, match="2 bad records, 1 allowed"):
        load(client, data, max_bad_records=1).result()
    job = load(client, data, max_bad_records=2).result()
    assert [re.search(r"line (\d)", error["message"])[1] for error in job.errors] == ["3", "5"]
    assert rows(client) == [(1, "Ann"), (3, "Cid")]


def test_required_columns_are_enforced(client):
    schema = [Field("id", "INT64", "REQUIRED"), Field("name", "STRING")]
    with pytest.raises(exceptions.BadRequest, match="Required column value is missing: field id"):
        load(client, b"id,name\n,Ann\n", schema=schema).result()
    with pytest.raises(exceptions.BadRequest, match="Missing required field: id"):
        client.load_table_from_json([{"name": "Ann"}], "shop.t", job_config=LoadJobConfig(schema=schema)).result()


def test_dispositions(client):
    load(client, CSV).result()
    load(client, CSV, write_disposition="WRITE_APPEND").result()
    assert len(rows(client)) == 4
    with pytest.raises(exceptions.Conflict, match="Already Exists"):
        load(client, CSV, write_disposition="WRITE_EMPTY").result()
    load(client, b"id,name\n9,Zed\n", write_disposition="WRITE_TRUNCATE").result()
    assert rows(client) == [(9, "Zed")]
    with pytest.raises(exceptions.NotFound):
        load(client, CSV, table="shop.gone", create_disposition="CREATE_NEVER")
    with pytest.raises(exceptions.NotFound, match="Not found: Dataset"):
        load(client, CSV, table="gone.t")


def test_new_columns_need_permission(client):
    load(client, CSV).result()
    wider = [*PEOPLE, Field("city", "STRING")]
    with pytest.raises(exceptions.BadRequest, match=r"Cannot add fields \(field: city\)"):
        load(client, b"id,name,city\n3,Cid,Bonn\n", schema=wider).result()
    load(client, b"id,name,city\n3,Cid,Bonn\n", schema=wider, schema_update_options=["ALLOW_FIELD_ADDITION"]).result()
    assert rows(client) == [(1, "Ann", None), (2, "Bob", None), (3, "Cid", "Bonn")]


def test_detected_columns_yield_to_those_of_the_table(client):
    client.load_table_from_json([{"id": 1.5}], "shop.t", job_config=LoadJobConfig(autodetect=True)).result()
    config = LoadJobConfig(autodetect=True, schema_update_options=["ALLOW_FIELD_ADDITION"])
    client.load_table_from_json([{"id": 2, "city": "Bonn"}], "shop.t", job_config=config).result()
    assert rows(client) == [(1.5, None), (2.0, "Bonn")]


def test_required_is_relaxed_only_with_permission(client):
    load(client, CSV, schema=[Field("id", "INT64", "REQUIRED"), PEOPLE[1]]).result()
    with pytest.raises(exceptions.BadRequest, match="changed mode from REQUIRED to NULLABLE"):
        load(client, CSV).result()
    load(client, b"id,name\n,Cid\n", schema_update_options=["ALLOW_FIELD_RELAXATION"]).result()
    assert rows(client)[-1] == (None, "Cid")


def test_json_rows_and_nested_columns(client):
    data = [{"id": 1, "tags": ["a", "b"], "address": {"city": "Bonn"}}, {"id": 2, "tags": [], "address": None}]
    client.load_table_from_json(data, "shop.t", job_config=LoadJobConfig(autodetect=True)).result()
    assert [dict(row) for row in client.list_rows("shop.t")] == data


def test_bad_json_names_line_and_field(client):
    data = b'{"id": 1}\n{"id": "one"}\n{"id"\n'
    job = load(client, data, source_format="NEWLINE_DELIMITED_JSON", skip_leading_rows=None)
    with pytest.raises(
        exceptions.BadRequest, match=r"Cannot convert value to integer \(bad value\): one Line 2, field id"
    ):
        job.result()
    assert "Line 3" in job.errors[2]["message"]


def test_unknown_members_may_be_ignored(client):
    config = LoadJobConfig(schema=PEOPLE, ignore_unknown_values=True)
    client.load_table_from_json([{"id": 1, "x": 2}], "shop.t", job_config=config).result()
    assert rows(client) == [(1, None)]


@pytest.mark.filterwarnings("ignore:Loading pandas DataFrame")
@pytest.mark.filterwarnings("ignore::PendingDeprecationWarning")
def test_a_data_frame_becomes_a_table_and_comes_back(client):
    frame = pandas.DataFrame(
        {"id": [1, 2], "name": ["Ann", None], "when": pandas.to_datetime(["2026-01-05"] * 2, utc=True)}
    )
    client.load_table_from_dataframe(frame, "shop.t").result()
    found = client.list_rows("shop.t").to_dataframe(create_bqstorage_client=False)
    assert found["id"].tolist() == [1, 2]
    assert found["when"].tolist() == frame["when"].tolist()
    assert [field.field_type for field in client.get_table("shop.t").schema] == ["INTEGER", "STRING", "TIMESTAMP"]


def parquet(frame):
    return frame.to_parquet(index=False)


def test_parquet_columns_must_fit_the_schema(client):
    settings = {"source_format": "PARQUET", "skip_leading_rows": None}
    load(client, parquet(pandas.DataFrame({"id": [1], "name": ["Ann"]})), **settings).result()
    assert rows(client) == [(1, "Ann")]
    with pytest.raises(
        exceptions.BadRequest, match="'id' has type STRING which does not match the target type INTEGER"
    ):
        load(client, parquet(pandas.DataFrame({"id": ["x"], "name": ["Ann"]})), **settings).result()
    with pytest.raises(exceptions.BadRequest, match="Parquet column 'city' is not in the schema"):
        load(client, parquet(pandas.DataFrame({"id": [1], "city": ["x"]})), **settings).result()
    with pytest.raises(exceptions.BadRequest, match="Error while reading data"):
        load(client, b"no parquet", **settings).result()


@pytest.mark.parametrize("form", ["AVRO", "ORC"])
def test_other_formats_are_refused_by_name(client, form):
    with pytest.raises(exceptions.MethodNotImplemented, match=f"Loading {form} files"):
        load(client, b"", source_format=form)


def test_files_from_cloud_storage_with_wildcards(client, storage_client):
    bucket = storage_client.create_bucket("lake")
    for number in range(3):
        bucket.blob(f"in/part-{number}.csv").upload_from_string(f"id,name\n{number},n{number}\n")
    bucket.blob("in/more.csv").upload_from_string("id,name\n9,n9\n")
    config = LoadJobConfig(schema=PEOPLE, skip_leading_rows=1)
    job = client.load_table_from_uri(["gs://lake/in/part-*.csv", "gs://lake/in/more.csv"], "shop.t", job_config=config)
    assert job.result().input_files == 4
    assert [row[0] for row in rows(client)] == [0, 1, 2, 9]
    with pytest.raises(exceptions.NotFound, match=r"Not found: URI gs://lake/gone\.csv"):
        client.load_table_from_uri("gs://lake/gone.csv", "shop.t", job_config=config)
    with pytest.raises(exceptions.BadRequest, match="expected gs://bucket/object"):
        client.load_table_from_uri("/etc/passwd", "shop.t", job_config=config)


def test_the_bad_file_among_many_is_named(client, storage_client):
    bucket = storage_client.create_bucket("lake")
    bucket.blob("a.csv").upload_from_string("1,Ann\n")
    bucket.blob("b.csv").upload_from_string("x,Bob\n")
    job = client.load_table_from_uri("gs://lake/*.csv", "shop.t", job_config=LoadJobConfig(schema=PEOPLE))
    with pytest.raises(exceptions.BadRequest, match=r"line 1: Unable to parse\. File: gs://lake/b\.csv"):
        job.result()
    assert list(client.list_tables("shop")) == []


def test_layout_comes_with_the_load(client):
    schema = [Field("day", "DATE"), Field("n", "INT64")]
    layout = {"time_partitioning": bigquery.TimePartitioning(field="day"), "clustering_fields": ["n"]}
    load(client, b"day,n\n2026-01-01,1\n2026-01-02,2\n", schema=schema, **layout).result()
    table = client.get_table("shop.t")
    assert (table.time_partitioning.field, table.clustering_fields) == ("day", ["n"])


def test_one_partition_is_replaced(client):
    schema = [Field("day", "DATE"), Field("n", "INT64")]
    layout = {"schema": schema, "time_partitioning": bigquery.TimePartitioning(field="day")}
    load(client, b"day,n\n2026-01-01,1\n2026-01-02,2\n", **layout).result()
    replace = {"table": "shop.t$20260102", "write_disposition": "WRITE_TRUNCATE", **layout}
    load(client, b"day,n\n2026-01-02,3\n", **replace).result()
    assert sorted(row[1] for row in rows(client)) == [1, 3]
    with pytest.raises(
        exceptions.BadRequest, match=r"belong to different partitions .* t\$20260102|different partitions"
    ):
        load(client, b"day,n\n2026-01-05,3\n", **replace).result()
    assert sorted(row[1] for row in rows(client)) == [1, 3]


def test_a_large_file_is_sent_in_pieces(client, server):
    data = b"id,name\n" + b"".join(b"%d,name-%d\n" % (n, n) for n in range(100_000))
    job = client.load_table_from_file(
        io.BytesIO(data), "shop.t", size=None, job_config=LoadJobConfig(schema=PEOPLE, skip_leading_rows=1)
    )
    assert job.result().output_rows == 100_000


def test_an_upload_cut_off_half_way_leaves_nothing(client, server):
    connection = client._connection.http
    body = json.dumps(
        {
            "configuration": {
                "load": {
                    "destinationTable": {"projectId": PROJECT, "datasetId": "shop", "tableId": "t"},
                    "schema": {"fields": [{"name": "id", "type": "INT64"}]},
                }
            }
        }
    )
    url = f"{server.url}/upload/bigquery/v2/projects/{PROJECT}/jobs?uploadType=resumable"
    start = connection.request("POST", url, data=body, headers={"content-type": "application/json"})
    part = connection.request(
        "PUT", start.headers["location"], data=b"1\n2\n", headers={"content-range": "bytes 0-3/100"}
    )
    assert (part.status_code, part.headers["range"]) == (308, "bytes=0-3")
    assert list(client.list_tables("shop")) == []
    assert list(client.list_jobs()) == []


def test_a_multipart_upload_without_its_end_is_refused(client, server):
    connection = client._connection.http
    url = f"{server.url}/upload/bigquery/v2/projects/{PROJECT}/jobs?uploadType=multipart"
    job = b'--x\r\ncontent-type: application/json\r\n\r\n{"configuration": {}}\r\n'
    data = job + b"--x\r\ncontent-type: text/csv\r\n\r\n1,Ann"
    answer = connection.request("POST", url, data=data, headers={"content-type": "multipart/related; boundary=x"})
    assert (answer.status_code, answer.json()["error"]["errors"][0]["reason"]) == (400, "invalid")
    assert "cut off" in answer.json()["error"]["message"]
