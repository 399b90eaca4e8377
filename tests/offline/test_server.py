"""The core: what is not supported is refused by name, what is cut off leaves nothing, nothing but loopback answers."""

import json
import socket
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
import requests

from mlops_helpers.offline.clock import Clock, WallClock, micros, millis, rfc3339
from mlops_helpers.offline.contract import check_body
from mlops_helpers.offline.errors import ApiError
from mlops_helpers.offline.wire import SPOOL_BYTES, Request, Response


def raw(server, text: bytes, *, half_close=False) -> bytes:
    with socket.create_connection(("127.0.0.1", server.server_port), timeout=5) as connection:
        connection.sendall(text)
        if half_close:
            connection.shutdown(socket.SHUT_WR)
        return connection.recv(65536)


def test_health_says_that_it_is_offline(server):
    assert requests.get(f"{server.url}/_offline/health", timeout=5).json()["offline"] is True


def test_unknown_operations_are_refused_by_name(server):
    answer = requests.post(f"{server.url}/bigquery/v2/projects/p/reservations", json={}, timeout=5)
    assert answer.status_code == 501
    assert answer.json()["error"]["status"] == "UNIMPLEMENTED"
    assert "not available in the offline Google Cloud (see COVERAGE.md)" in answer.json()["error"]["message"]


def test_the_server_listens_on_loopback_only(server):
    assert server.server_address[0] == "127.0.0.1"


def test_other_host_names_are_refused(server):
    answer = raw(server, b"GET /_offline/health HTTP/1.1\r\nHost: evil.example:80\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 400")
    assert b"loopback only" in answer


@pytest.mark.parametrize(
    "nonsense", [b"\x16\x03\x01\x02\x00\r\n", b"GET\r\n\r\n", b"GET / HTTP/1.1\r\nno colon\r\n\r\n"]
)
def test_what_is_not_http_ends_the_connection(server, nonsense):
    assert raw(server, nonsense) == b""


def test_a_body_cut_off_leaves_nothing(server, storage_client):
    bucket = storage_client.create_bucket("cut-bucket")
    head = b"POST /upload/storage/v1/b/cut-bucket/o?uploadType=media&name=half HTTP/1.1\r\nHost: localhost\r\n"
    assert raw(server, head + b"Content-Length: 100\r\n\r\nonly this", half_close=True) == b""
    assert list(bucket.list_blobs()) == []


def test_chunked_bodies_are_joined(server, storage_client):
    bucket = storage_client.create_bucket("chunk-bucket")
    url = f"{server.url}/upload/storage/v1/b/chunk-bucket/o?uploadType=media&name=joined"
    requests.post(url, data=iter([b"first ", b"second"]), timeout=5).raise_for_status()
    assert bucket.blob("joined").download_as_bytes() == b"first second"


def test_large_bodies_are_spooled_to_the_clouds_folder(server, storage_client):
    bucket = storage_client.create_bucket("large-bucket")
    payload = bytes(SPOOL_BYTES + 1)
    bucket.blob("large").upload_from_string(payload)
    assert bucket.blob("large").download_as_bytes() == payload


def test_a_fault_of_ours_is_no_passing_fault(cloud):
    def broken(service, request):
        raise KeyError("boom")

    control = cloud.service("control")
    route = control.routes[0]
    cloud._opened["control"].router._by_method["GET"] = [(route.pattern(), type(route)("x.y", "GET", "/", broken))]
    answer = cloud.answer(Request("GET", "/_offline/health"))
    assert answer.status == 501
    assert "internal fault: KeyError: 'boom'" in json.loads(answer.body)["error"]["message"]


@pytest.mark.parametrize("seconds", [0, -1, "soon", None])
def test_the_clock_only_moves_ahead(server, seconds):
    answer = requests.post(f"{server.url}/_offline/clock:advance", json={"seconds": seconds}, timeout=5)
    assert answer.status_code == 400
    assert "only moves ahead" in answer.json()["error"]["message"]


def test_clock_readings_follow_from_the_sequence_of_calls():
    def readings():
        clock = Clock()
        return [clock.tick(), clock.tick(), clock.advance(timedelta(days=3)), clock.now()]

    assert readings() == readings()
    assert readings()[2] == readings()[3]


def test_a_clock_needs_a_time_zone():
    with pytest.raises(ValueError, match="expected an aware datetime"):
        Clock(datetime(2026, 1, 1))


def test_wall_clock_ticks_are_strictly_increasing():
    clock = WallClock()
    ticks = [clock.tick() for _ in range(1000)]
    assert all(a < b for a, b in pairwise(ticks))
    assert clock.now() >= ticks[-1]


def test_times_are_written_as_google_writes_them():
    moment = datetime(2026, 1, 5, 9, 0, 1, 234567, tzinfo=UTC)
    assert rfc3339(moment) == "2026-01-05T09:00:01.234Z"
    assert (millis(moment), micros(moment)) == ("1767603601234", 1767603601234567)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"nmae": "x"}, "Unknown name 'nmae' at 'bucket'"),
        ({"labels": ["a"]}, "Invalid value at 'labels': found \\['a'\\], expected a map"),
        ({"labels": {"a": 1}}, "Invalid value at 'labels.a': found 1, expected a string"),
        ({"versioning": {"enabled": "perhaps"}}, "'versioning.enabled': found 'perhaps', expected a boolean"),
        ({"lifecycle": {"rule": [{"condition": {"age": True}}]}}, r"'lifecycle.rule\[0\].condition.age': found True"),
        ({"metageneration": 1.5}, "expected an int64"),
    ],
)
def test_bodies_that_break_the_contract_are_refused(body, message):
    with pytest.raises(ApiError, match=message) as refused:
        check_body("storage", "Bucket", body)
    assert refused.value.code == 400


def test_unknown_query_parameters_are_refused(server):
    answer = requests.get(f"{server.url}/storage/v1/b?project=p&prefiks=x", timeout=5)
    assert answer.status_code == 400
    assert "Invalid query parameter 'prefiks'" in answer.json()["error"]["message"]


def test_bodies_that_are_not_json_are_refused(server):
    headers = {"Content-Type": "application/json"}
    answer = requests.post(f"{server.url}/storage/v1/b?project=p", data=b"{nope", headers=headers, timeout=5)
    assert answer.status_code == 400
    assert answer.json()["error"]["errors"][0]["reason"] == "parseError"


def test_streamed_answers_need_their_length(tmp_path):
    (tmp_path / "x").write_bytes(b"x")
    with (tmp_path / "x").open("rb") as body, pytest.raises(ValueError, match="pass length="):
        Response(body)


def test_closing_deletes_the_folder(cloud):
    assert Path(cloud.folder).is_dir()
    cloud.close()
    assert not Path(cloud.folder).exists()
