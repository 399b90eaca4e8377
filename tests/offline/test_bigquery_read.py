"""The Storage Read API: real gRPC, the real client."""

import grpc
import pytest
from google.api_core import exceptions
from google.cloud import bigquery
from google.cloud.bigquery import SchemaField as Field
from google.cloud.bigquery_storage_v1 import BigQueryReadClient, types
from google.cloud.bigquery_storage_v1.services.big_query_read.transports import BigQueryReadGrpcTransport

PROJECT = "offline-project"
TABLE = f"projects/{PROJECT}/datasets/shop/tables/t"
# The clients point to pandas-gbq, which the course does not need.
pytestmark = pytest.mark.filterwarnings("ignore:Retrieving:PendingDeprecationWarning")
SCHEMA = [
    Field("id", "INT64"),
    Field("name", "STRING"),
    Field("price", "NUMERIC"),
    Field("when", "TIMESTAMP"),
    Field("tags", "STRING", "REPEATED"),
    Field("place", "RECORD", fields=[Field("city", "STRING")]),
]


@pytest.fixture
def client(bigquery_client):
    bigquery_client.create_dataset("shop")
    table = bigquery_client.create_table(bigquery.Table(f"{PROJECT}.shop.t", SCHEMA))
    row = {"price": "1.5", "when": "2026-01-05T09:00:00Z", "tags": ["a"], "place": {"city": "Bonn"}}
    bigquery_client.insert_rows_json(table, [{"id": n, "name": f"n{n}", **row} for n in range(10)])
    return bigquery_client


@pytest.fixture
def channel(client, cloud):
    with grpc.insecure_channel(cloud.service("bigquery").grpc_address()) as opened:
        yield opened


@pytest.fixture
def reader(channel):
    return BigQueryReadClient(transport=BigQueryReadGrpcTransport(channel=channel))


def open_session(reader, *, table=TABLE, form=types.DataFormat.ARROW, streams=1, **options):
    session = types.ReadSession(
        table=table, data_format=form, read_options=types.ReadSession.TableReadOptions(**options)
    )
    return reader.create_read_session(parent=f"projects/{PROJECT}", read_session=session, max_stream_count=streams)


def ids(reader, session):
    return [
        row["id"]
        for stream in session.streams
        for row in reader.read_rows(stream.name).rows(session).to_arrow().to_pylist()
    ]


def test_the_same_rows_as_over_rest(client, reader):
    over_grpc = client.list_rows("shop.t").to_arrow(bqstorage_client=reader)
    over_rest = client.list_rows("shop.t").to_arrow(create_bqstorage_client=False)
    assert over_grpc.to_pylist() == over_rest.to_pylist()
    assert over_grpc.schema.types == over_rest.schema.types


def test_a_frame_comes_through_the_read_api(client, reader):
    frame = client.list_rows("shop.t").to_dataframe(bqstorage_client=reader)
    assert frame["name"].tolist() == [f"n{n}" for n in range(10)]


def test_columns_are_chosen(reader):
    session = open_session(reader, selected_fields=["name", "id"])
    [stream] = session.streams
    assert reader.read_rows(stream.name).rows(session).to_arrow().column_names == ["id", "name"]
    assert session.estimated_row_count == 10


def test_an_offset_skips_rows(reader):
    session = open_session(reader)
    rows = reader.read_rows(session.streams[0].name, offset=7).rows(session).to_arrow()
    assert rows["id"].to_pylist() == [7, 8, 9]


def test_a_session_reads_the_table_as_it_was(client, reader):
    session = open_session(reader)
    client.insert_rows_json("shop.t", [{"id": 99}])
    assert ids(reader, session) == list(range(10))
    assert ids(reader, open_session(reader)) == [*range(10), 99]


def test_large_tables_have_several_streams(client, reader, monkeypatch):
    monkeypatch.setattr("mlops_helpers.offline.bigquery.readapi.STREAM_ROWS", 4)
    session = open_session(reader, streams=5)
    assert len(session.streams) == 3
    assert ids(reader, session) == list(range(10))


def test_an_empty_table_has_no_streams(client, reader):
    client.create_table(bigquery.Table(f"{PROJECT}.shop.empty", SCHEMA[:1]))
    assert list(open_session(reader, table=f"{TABLE[:-1]}empty").streams) == []


def test_rows_are_restricted_by_sql(reader):
    session = open_session(reader, row_restriction="id >= 3 AND name != 'n5'")
    assert ids(reader, session) == [3, 4, 6, 7, 8, 9]


def test_query_results_are_read_too(client, reader):
    job = client.query("SELECT id * 2 AS id FROM shop.t WHERE id < 3 ORDER BY id")
    destination = job.result() and job.destination
    session = open_session(
        reader, table=f"projects/{PROJECT}/datasets/{destination.dataset_id}/tables/{destination.table_id}"
    )
    assert ids(reader, session) == [0, 2, 4]


@pytest.mark.parametrize(
    ("settings", "problem", "message"),
    [
        ({"form": types.DataFormat.AVRO}, exceptions.MethodNotImplemented, "data format AVRO"),
        ({"table": f"{TABLE}x"}, exceptions.NotFound, "Not found: Table"),
        ({"table": "t"}, exceptions.InvalidArgument, "expected projects/p/datasets/d/tables/t"),
        ({"selected_fields": ["gone"]}, exceptions.InvalidArgument, "Invalid field name 'gone'"),
    ],
)
def test_sessions_that_cannot_be(reader, settings, problem, message):
    with pytest.raises(problem, match=message):
        open_session(reader, **settings)


def test_other_methods_are_refused_by_name(reader, channel):
    session = open_session(reader)
    with pytest.raises(exceptions.MethodNotImplemented, match=r"BigQueryRead\.SplitReadStream"):
        reader.split_read_stream(request={"name": session.streams[0].name})
    write = channel.unary_unary("/google.cloud.bigquery.storage.v1.BigQueryWrite/CreateWriteStream")
    with pytest.raises(grpc.RpcError, match=r"BigQueryWrite\.CreateWriteStream: not available"):
        write(b"")


def test_a_stream_nobody_opened_is_not_found(reader):
    with pytest.raises(exceptions.NotFound, match="create a session first"):
        list(reader.read_rows("projects/p/locations/us/sessions/x/streams/0"))


@pytest.mark.parametrize(("kind", "error"), [("quota", "ResourceExhausted"), ("permission_denied", "PermissionDenied")])
def test_a_fault_that_does_not_pass_is_raised(reader, cloud, kind, error):
    cloud.faults.inject(kind, operation="bigquerystorage.CreateReadSession")
    with pytest.raises(getattr(exceptions, error), match="injected fault"):
        open_session(reader)
    assert len(open_session(reader).streams) == 1


def test_the_client_recovers_from_faults_that_pass(reader, cloud):
    cloud.faults.inject("unavailable", operation="bigquerystorage.*", times=2)
    session = open_session(reader)
    cloud.faults.inject("unavailable", operation="bigquerystorage.ReadRows")
    cloud.faults.inject("truncated", operation="bigquerystorage.ReadRows")
    rows = list(reader.read_rows(session.streams[0].name).rows(session))
    assert [row["id"].as_py() for row in rows] == list(range(10))
    assert [(fault["kind"], fault["left"]) for fault in cloud.faults.listed()] == [
        ("unavailable", 0),
        ("unavailable", 0),
        ("truncated", 0),
    ]
    assert cloud.usage["bigquerystorage.ReadRows"] == 1
