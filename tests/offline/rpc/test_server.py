"""The gRPC server itself: what it refuses, what it survives, when it starts and ends."""

import os
import subprocess
import sys
import threading

import grpc
import pytest
from google.api_core import exceptions
from google.cloud import firestore, logging
from google.protobuf.empty_pb2 import Empty

from mlops_helpers.cloud import connect
from mlops_helpers.offline.errors import ApiError
from mlops_helpers.offline.rpc.methods import methods_of
from mlops_helpers.offline.rpc.paging import page
from mlops_helpers.offline.state import OfflineCloud


class Asked:
    """A list request."""

    def __init__(self, page_size=0, page_token=""):
        self.page_size, self.page_token = page_size, page_token


@pytest.fixture
def cloud():
    cloud = OfflineCloud()
    yield cloud
    cloud.close()


@pytest.fixture
def call(cloud):
    """Calls a path with an empty message, and answers the status and the details of the refusal."""
    with grpc.insecure_channel(cloud.service("rpc").address) as channel:

        def call(path):
            rpc = channel.unary_unary(path, Empty.SerializeToString, Empty.FromString)
            with pytest.raises(grpc.RpcError) as refused:
                rpc(Empty(), timeout=5)
            return refused.value.code(), refused.value.details()

        yield call


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/google.pubsub.v1.Publisher/Publish", "google.pubsub.v1.Publisher/Publish"),
        ("/google.logging.v2.LoggingServiceV2/Nonsense", "logging.Nonsense"),
        ("/google.firestore.v1.Firestore/PartitionQuery", "firestore.PartitionQuery"),
        ("/google.monitoring.v3.GroupService/ListGroups", "monitoring.ListGroups"),
    ],
)
def test_what_is_in_no_table_is_refused_by_name(call, path, name):
    refusal = f"{name}: not available in the offline Google Cloud (see COVERAGE.md)"
    assert call(path) == (grpc.StatusCode.UNIMPLEMENTED, refusal)


def test_a_fault_of_ours_does_not_look_like_a_passing_one(cloud, call):
    service = cloud.service("logging")
    entries, service.entries = service.entries, None
    code, details = call("/google.logging.v2.LoggingServiceV2/DeleteLog")
    service.entries = entries
    assert code == grpc.StatusCode.UNIMPLEMENTED
    assert "internal fault: TypeError" in details


def test_every_handler_answers_an_rpc_of_the_client(cloud):
    for name in ("logging", "monitoring", "firestore"):
        service = cloud.service(name)
        known = {method.name for method in methods_of(service.transports).values()}
        assert set(service.rpcs) <= known


def test_coverage_tells_what_is_answered(cloud):
    listed = cloud.service("rpc").coverage("firestore")
    assert (listed["firestore.Commit"], listed["firestore.PartitionQuery"]) == (True, False)
    assert not any(name.startswith("firestore.CancelOperation") for name in listed)


def test_the_server_starts_with_the_first_channel(session):
    opened = session._server.cloud._opened
    assert "rpc" not in opened
    firestore.Client().collection("a").document("b").get()
    assert {"rpc", "firestore"} <= set(opened)


def test_calls_are_counted(session):
    firestore.Client().document("a/b").set({"x": 1})
    logging.Client().logger("x").log_text("hello")
    usage = session._ask("usage")["usage"]
    assert (usage["firestore.Commit"], usage["logging.WriteLogEntries"]) == (1, 1)


def test_messages_larger_than_grpcs_default_pass(session):
    db = firestore.Client()
    for number in range(6):
        db.document(f"big/{number}").set({"blob": b"x" * 1_000_000})
    assert sum(len(found.get("blob")) for found in db.collection("big").stream()) == 6_000_000


def test_two_sessions_share_nothing(session):
    firestore.Client().document("a/b").set({"x": 1})
    with connect("offline"):
        assert not firestore.Client().document("a/b").get().exists


def test_a_server_that_runs_already_is_shared(session, monkeypatch):
    firestore.Client().document("a/b").set({"x": 1})
    monkeypatch.setattr(type(session), "current", None)
    monkeypatch.setenv("MLOPS_OFFLINE_URL", session.url)
    with connect("offline") as other:
        assert firestore.Client().document("a/b").get().to_dict() == {"x": 1}
        assert other.redis_address == session.redis_address


def test_an_emulator_variable_is_put_aside_and_back(monkeypatch):
    monkeypatch.setenv("FIRESTORE_EMULATOR_HOST", "127.0.0.1:1")
    with connect("offline"):
        firestore.Client().document("a/b").set({"x": 1})
    assert os.environ["FIRESTORE_EMULATOR_HOST"] == "127.0.0.1:1"


def test_closing_gives_the_clients_back_as_they_were(session):
    import google.api_core.retry.retry_unary as retry
    import google.cloud.logging_v2._helpers as helpers

    assert not isinstance(retry.time, type(os))
    session.close()
    assert isinstance(retry.time, type(os))
    assert isinstance(helpers.datetime, type)


def test_a_closed_session_answers_nobody(session):
    db = firestore.Client()
    db.document("a/b").get()
    session.close()
    with pytest.raises(exceptions.ServiceUnavailable):
        db.document("a/b").set({}, retry=None)


def test_an_open_listener_does_not_keep_python_alive():
    program = (
        "from mlops_helpers.cloud import connect; from google.cloud import firestore; import threading\n"
        "session, heard = connect('offline'), threading.Event()\n"
        "watch = firestore.Client().collection('a').on_snapshot(lambda *news: heard.set())\n"
        "print(heard.wait(5))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=20, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "True\n", "")


def test_32_threads_lose_nothing(session):
    db, log = firestore.Client(), logging.Client().logger("x")

    def work(worker):
        for number in range(8):
            db.document(f"t/{worker}-{number}").set({"n": number})
            log.log_text("x")

    threads = [threading.Thread(target=work, args=(worker,)) for worker in range(32)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert db.collection("t").count().get()[0][0].value == 256
    assert len(list(logging.Client().list_entries(page_size=1000))) == 256


def test_an_unknown_service_has_no_address(session):
    import requests

    answer = requests.get(f"{session.url}/_offline/grpc/pubsub", timeout=5)
    assert (answer.status_code, "expected one of" in answer.text) == (400, True)


# --- pages -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [1, 2, 3, 7, 8])
def test_pages_hold_every_item_once(size):
    items, seen, token = list(range(7)), [], ""
    while True:
        shown, token = page(items, Asked(size, token))
        seen += shown
        if not token:
            break
    assert seen == items


@pytest.mark.parametrize("wrong", [Asked(-1), Asked(1, "x"), Asked(1, "99")])
def test_a_size_or_token_that_makes_no_sense(wrong):
    with pytest.raises(ApiError, match="page_"):
        page([1, 2], wrong)
