"""Redis through the redis client, and closed with the session."""

import time

import pytest
import redis

from mlops_helpers.cloud import connect


@pytest.fixture
def client(session):
    host, port = session.redis_address
    with redis.Redis(host, port, decode_responses=True) as client:
        yield client


def test_values_expire(client):
    client.set("answer", "42", px=30)
    assert (client.get("answer"), client.pttl("answer") > 0) == ("42", True)
    time.sleep(0.04)
    assert client.get("answer") is None


def test_a_pipeline_is_one_transaction(client):
    with client.pipeline() as pipe:
        pipe.incr("hits").incrby("hits", 4).hset("model", mapping={"name": "churn", "version": 3}).hgetall("model")
        assert pipe.execute() == [1, 5, 2, {"name": "churn", "version": "3"}]


def test_a_value_is_set_once(client):
    assert client.set("lock", "a", nx=True, ex=10)
    assert client.set("lock", "b", nx=True) is None
    assert 0 < client.ttl("lock") <= 10


def test_two_clients_share_it_and_bytes_survive(session, client):
    host, port = session.redis_address
    with redis.Redis(host, port) as other:
        other.set("bytes", b"\x00\r\n\xff")
        assert other.get("bytes") == b"\x00\r\n\xff"
        assert client.exists("bytes")


def test_it_ends_with_the_session(session):
    host, port = session.redis_address
    session.close()
    with connect("offline"), redis.Redis(host, port, retry=None) as client, pytest.raises(redis.ConnectionError):
        client.ping()


def test_an_error_does_not_end_the_connection(client):
    number = client.client_id()
    client.set("text", "word")
    with client.pipeline(transaction=False) as pipe:
        wrong, right = pipe.incr("text").set("after", 1).execute(raise_on_error=False)
    assert (isinstance(wrong, redis.ResponseError), right, client.client_id()) == (True, True, number)


def test_pickles_are_refused(client):
    client.set("a", "b")
    for command in (["DUMP", "a"], ["RESTORE", "c", "0", b"\x80\x04."]):
        with pytest.raises(redis.ResponseError, match="not available in the offline Google Cloud"):
            client.execute_command(*command)


def test_databases_change_places(session, client):
    host, port = session.redis_address
    with redis.Redis(host, port, db=1, decode_responses=True) as other:
        client.set("a", "zero")
        other.set("a", "one")
        client.swapdb(0, 1)
        assert (client.get("a"), other.get("a")) == ("one", "zero")
