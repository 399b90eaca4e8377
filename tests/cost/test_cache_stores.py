"""One contract for both stores: Redis over the wire, and a file."""

import sqlite3
import threading

import pytest
import redis

from mlops_helpers import cost


class Clock:
    def __init__(self):
        self.now = 1_800_000_000.0

    def __call__(self):
        return self.now


@pytest.fixture(scope="module")
def server(session):
    client = redis.Redis(*session.redis_address, socket_timeout=5)
    yield client
    client.close()


@pytest.fixture(params=["redis", "sqlite"])
def store(request, server, tmp_path, name):
    if request.param == "redis":
        yield cost.RedisStore(server, prefix=f"{name}:", largest=100)
        return
    file = cost.SQLiteStore(tmp_path / "answers.sqlite", capacity=100)
    yield file
    file.close()


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def file(tmp_path, clock):
    found = cost.SQLiteStore(tmp_path / "answers.sqlite", capacity=100, clock=clock)
    yield found
    found.close()


def test_a_store_keeps_bytes(store):
    store.put("a", b"\x00one", ttl=60)
    store.put("a", b"two", ttl=60)
    assert (store.get("a"), store.get("b")) == (b"two", None)


@pytest.mark.parametrize("ttl", [0, -1, float("inf"), float("nan"), True, "60", None])
def test_a_time_to_live_must_be_above_zero(store, ttl):
    with pytest.raises(cost.BadTtl, match="more than 0"):
        store.put("a", b"one", ttl=ttl)
    assert store.get("a") is None


def test_a_value_larger_than_the_cache_is_refused_by_name(store):
    store.put("a", b"x" * store.largest, ttl=60)
    with pytest.raises(cost.ValueTooLarge, match="101 bytes; expected at most 100"):
        store.put("a", b"x" * 101, ttl=60)
    assert store.get("a") == b"x" * 100


def test_one_of_many_claims_a_key(store):
    found = []
    threads = [threading.Thread(target=lambda: found.append(store.claim("a", seconds=60))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(token is not None for token in found) == 1


def test_a_claim_is_released_by_its_owner_only(store):
    token = store.claim("a", seconds=60)
    store.release("a", "somebody else's")
    assert store.claim("a", seconds=60) is None
    store.release("a", token)
    assert store.claim("a", seconds=60) is not None


def test_redis_is_told_when_a_value_and_a_claim_end(server, name):
    store = cost.RedisStore(server, prefix=f"{name}:")
    store.put("a", b"one", ttl=0.0001)
    store.put("b", b"one", ttl=90)
    store.claim("b", seconds=30)
    assert 89_000 < server.pttl(f"{name}:b") <= 90_000
    assert 29_000 < server.pttl(f"{name}:claim:b") <= 30_000


def test_redis_that_is_gone_or_holds_something_else_is_named(server, name):
    gone = cost.RedisStore.at("127.0.0.1", 1)
    with pytest.raises(cost.StoreGone, match="ConnectionError"):
        gone.get("a")
    server.rpush(f"{name}:a", "a list")
    with pytest.raises(cost.StoreGone, match="WRONGTYPE"):
        cost.RedisStore(server, prefix=f"{name}:").get("a")


def test_a_file_forgets_when_the_time_is_over(file, clock):
    file.put("a", b"one", ttl=60)
    clock.now += 59
    assert file.get("a") == b"one"
    clock.now += 1
    assert file.get("a") is None
    file.put("b", b"two", ttl=60)
    assert len(file) == 1  # what was over is swept out


def test_a_claim_of_somebody_who_died_ends(file, clock):
    file.claim("a", seconds=60)
    clock.now += 60
    assert file.claim("a", seconds=60) is not None


def test_a_full_file_forgets_what_was_used_longest_ago(file, clock):
    for key in "abc":
        clock.now += 1
        file.put(key, b"x" * 33, ttl=600)
    clock.now += 1
    file.get("a")
    clock.now += 1
    file.put("d", b"x" * 33, ttl=600)
    assert [key for key in "abcd" if file.get(key)] == ["a", "c", "d"]


def test_a_clock_that_goes_back_is_named(file, clock):
    file.put("a", b"one", ttl=60)
    clock.now -= 4  # a correction
    assert file.get("a") == b"one"
    clock.now -= 3600
    for act in (lambda: file.get("a"), lambda: file.put("b", b"two", ttl=60)):
        with pytest.raises(cost.ClockWentBack, match="behind the newest answer"):
            act()


def test_a_file_outlives_its_process_and_serves_two(tmp_path):
    one, other = (cost.SQLiteStore(tmp_path / "a.sqlite") for _ in range(2))
    one.put("a", b"one", ttl=60)
    assert other.get("a") == b"one"
    assert (one.claim("b", seconds=60) is None, other.claim("b", seconds=60)) == (False, None)
    one.close()
    other.close()


def test_a_file_that_is_no_database_is_named(tmp_path):
    (tmp_path / "a.sqlite").write_bytes(b"not a database" * 100)
    with pytest.raises(cost.StoreGone, match="DatabaseError"):
        cost.SQLiteStore(tmp_path / "a.sqlite")


def test_something_else_in_the_file_is_nothing(tmp_path):
    store = cost.SQLiteStore(tmp_path / "a.sqlite")
    other = sqlite3.connect(tmp_path / "a.sqlite", isolation_level=None)
    other.execute("INSERT INTO answers VALUES ('a', 'text', 0, 9e12, 0)")
    assert store.get("a") is None
    other.close()
    store.close()


@pytest.mark.parametrize("size", [0, -1, 1.5, True])
def test_a_size_must_be_bytes(size, tmp_path):
    with pytest.raises(cost.InvalidSetting, match="whole number of bytes"):
        cost.SQLiteStore(tmp_path / "a.sqlite", capacity=size)
