"""Every port of a standalone server wants the token: gRPC as metadata, Redis as the password."""

import asyncio

import grpc
import pytest
import redis
import redis.asyncio
from google.cloud import bigquery, firestore
from google.cloud.bigquery_storage_v1 import BigQueryReadClient
from google.cloud.logging_v2.services.logging_service_v2 import LoggingServiceV2Client
from google.cloud.logging_v2.services.logging_service_v2.transports import LoggingServiceV2GrpcTransport

TOKEN_METADATA = "authorization"


@pytest.fixture(scope="module")
def shared(starting):
    return starting()


def ask(address, path, metadata=()):
    """Call a gRPC method as a client of another language would; gives the status."""
    with grpc.insecure_channel(address) as channel, pytest.raises(grpc.RpcError) as refused:
        channel.unary_unary(path)(b"\xff", metadata=metadata, timeout=5)
    return refused.value.code()


@pytest.mark.parametrize("service", ["logging", "bigquerystorage"])
@pytest.mark.parametrize("shown", ["", "Bearer wrong", "Basic {token}", "{token}"])
def test_a_call_without_the_token_is_refused(shared, service, shown):
    address = shared.get(f"/_offline/grpc/{service}").json()["address"]
    metadata = [(TOKEN_METADATA, shown.format(token=shared.address.token))] if shown else []
    assert ask(address, "/google.logging.v2.LoggingServiceV2/ListLogs", metadata) is grpc.StatusCode.UNAUTHENTICATED


def test_a_client_of_another_kind_shows_it_as_metadata(shared):
    address = shared.get("/_offline/grpc/logging").json()["address"]
    client = LoggingServiceV2Client(transport=LoggingServiceV2GrpcTransport(channel=grpc.insecure_channel(address)))
    metadata = [(TOKEN_METADATA, f"Bearer {shared.address.token}")]
    assert list(client.list_logs(parent="projects/p", metadata=metadata)) == []
    client.transport.close()


def test_clients_of_a_session_show_it_by_themselves(shared, attach):
    attach(shared)
    client = firestore.Client()
    client.document("c/d").set({"n": 1})
    assert [found.id for found in client.collection("c").stream()] == ["d"]
    tables = bigquery.Client()
    tables.create_dataset("shop")
    tables.create_table(bigquery.Table("offline-project.shop.t", [bigquery.SchemaField("n", "INTEGER")]))
    wanted = {"table": "projects/offline-project/datasets/shop/tables/t", "data_format": "ARROW"}
    reads = BigQueryReadClient()
    assert reads.create_read_session(parent="projects/offline-project", read_session=wanted).table == wanted["table"]


def test_so_do_asynchronous_ones_and_listeners(shared, attach):
    attach(shared)

    async def both():
        client = firestore.AsyncClient()
        await client.document("a/d").set({"n": 2})
        found = [snapshot.get("n") async for snapshot in client.collection("a").stream()]
        client.close()
        return found

    assert asyncio.run(both()) == [2]


def test_redis_wants_it_as_the_password(shared):
    host, _, port = shared.get("/_offline/redis").json()["address"].rpartition(":")
    with (
        redis.Redis(host, int(port), retry=None) as stranger,
        pytest.raises(redis.AuthenticationError, match="required"),
    ):
        stranger.set("a", 1)
    with (
        redis.Redis(host, int(port), password="wrong", retry=None) as stranger,
        pytest.raises(redis.AuthenticationError),
    ):
        stranger.set("a", 1)
    for protocol in (2, 3):
        url = f"redis://:{shared.address.token}@{host}:{port}/0?protocol={protocol}"
        with redis.Redis.from_url(url, decode_responses=True) as client:
            client.set("a", protocol)
            assert client.get("a") == str(protocol)


def test_redis_clients_of_a_session_send_it_there_and_nowhere_else(shared, attach):
    session = attach(shared)
    place = session.redis_address
    with redis.Redis(*place) as client:
        client.set("b", 1)
    assert redis.Connection(*place).password == shared.address.token
    assert redis.Connection("127.0.0.1", 6379).password is None
    session.close()
    assert redis.Connection(*place).password is None
