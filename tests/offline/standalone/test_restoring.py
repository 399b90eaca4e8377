"""The parts of what a restart puts back: calls over gRPC, schedules' runs, differences of resources, Redis' values."""

import json
import time

import pytest
from fakeredis.model import ExpiringMembersSet, Hash, ZSet
from google.cloud.firestore_v1 import types
from hypothesis import given
from hypothesis import strategies as st

from mlops_helpers.offline.errors import ApiError
from mlops_helpers.offline.redis_values import packed, unpacked
from mlops_helpers.offline.vertex.store import difference
from tests.offline.standalone.conftest import PLACE, ask

DOCUMENTS = "projects/p/databases/(default)/documents"


def write_document(cloud, name, **options):
    write = {"update": {"name": f"{DOCUMENTS}/c/{name}", "fields": {"n": {"integer_value": 1}}}}
    request = types.CommitRequest(database="projects/p/databases/(default)", writes=[write], **options)
    return cloud.call("firestore", "Commit", types.CommitRequest.pb(request))


def documents(cloud):
    request = types.ListDocumentsRequest(parent=DOCUMENTS, collection_id="c")
    return cloud.call("firestore", "ListDocuments", types.ListDocumentsRequest.pb(request)).documents


def begin(cloud):
    request = types.BeginTransactionRequest(database="projects/p/databases/(default)")
    return cloud.call("firestore", "BeginTransaction", types.BeginTransactionRequest.pb(request)).transaction


def test_calls_over_grpc_are_repeated_in_their_order_with_requests(reopen):
    cloud = reopen()
    for n in range(3):
        write_document(cloud, f"d{n}")
        ask(cloud, "POST", "/storage/v1/b?project=p", {"name": f"bucket-{n}"})
    write_document(cloud, "d1")
    before = [document.SerializeToString(deterministic=True) for document in documents(cloud)]
    again = reopen()
    assert [document.SerializeToString(deterministic=True) for document in documents(again)] == before
    assert (again.clock.now(), again.marks()["ids"]) == (cloud.clock.now(), cloud.marks()["ids"])


def test_a_torn_call_was_never_acknowledged(reopen, tmp_path):
    cloud = reopen()
    write_document(cloud, "first")
    whole = (tmp_path / "kept" / "journal").stat().st_size
    write_document(cloud, "second")
    with (tmp_path / "kept" / "journal").open("r+b") as file:
        file.truncate(file.seek(0, 2) - 1)
        assert file.tell() > whole
    assert [document.name.rpartition("/")[2] for document in documents(reopen())] == ["first"]


def test_an_open_transaction_ends_with_the_server_and_its_id_is_not_given_again(reopen):
    cloud = reopen()
    write_document(cloud, "a", transaction=begin(cloud))
    lost = begin(cloud)
    cloud = reopen()
    assert begin(cloud) != lost
    with pytest.raises(ApiError, match="no longer valid"):
        write_document(cloud, "b", transaction=lost)


def test_a_call_that_is_refused_is_not_kept(reopen, tmp_path):
    cloud = reopen()
    write_document(cloud, "a")
    size = (tmp_path / "kept" / "journal").stat().st_size
    documents(cloud)
    with pytest.raises(ApiError, match="no longer valid"):
        write_document(cloud, "b", transaction=b"never given")
    assert (tmp_path / "kept" / "journal").stat().st_size == size


def test_a_run_that_a_look_at_a_schedule_started_is_kept(reopen):
    cloud = reopen()
    info = {"pipelineInfo": {"name": "p"}, "root": {"dag": {"tasks": {}}}, "schemaVersion": "2.1.0"}
    job = {"pipelineSpec": info, "runtimeConfig": {"gcsOutputDirectory": "gs://kept/root"}}
    request = {"parent": PLACE.removeprefix("/v1/"), "pipelineJob": job}
    schedule = {
        "displayName": "s",
        "cron": "0 * * * *",
        "maxConcurrentRunCount": "1",
        "createPipelineJobRequest": request,
    }
    made = ask(cloud, "POST", f"{PLACE}/schedules", schedule)
    assert made.status == 200, made.body
    ask(cloud, "POST", "/_offline/clock:advance", {"seconds": 7200})
    name = f"/v1/{made.json['name']}"
    assert ask(cloud, "GET", name).json["startedRunCount"] == "1"
    while "SUCCEEDED" not in ask(cloud, "GET", f"{PLACE}/pipelineJobs").body.decode():
        time.sleep(0.01)
    before = [ask(cloud, "GET", path).json for path in (name, f"{PLACE}/pipelineJobs")]
    again = reopen()
    assert [ask(again, "GET", path).json for path in (name, f"{PLACE}/pipelineJobs")] == before


plain = st.dictionaries(st.sampled_from("abcd"), st.integers() | st.lists(st.text()), max_size=4)


@given(plain, plain)
def test_a_difference_leads_from_one_resource_to_the_other(before, after):
    merged = {**before, **difference(before, after)}
    assert {key: value for key, value in merged.items() if value is not None} == after


@given(st.binary(), st.lists(st.binary()), st.dictionaries(st.binary(), st.floats(allow_nan=False)))
def test_values_of_redis_survive_json(text, items, scores):
    hashed, ordered = Hash(), ZSet()
    for name, score in scores.items():
        hashed[name] = text
        ordered.add(name, score)
    members = ExpiringMembersSet(dict.fromkeys(items))
    for value in (text, items, hashed, ordered, members):
        found = unpacked(json.loads(json.dumps(packed(value))))
        assert type(found) is type(value)
        assert sorted(packed(found)[1]) == sorted(packed(value)[1])
    assert dict(unpacked(packed(ordered)).items()) == scores


def test_a_redis_value_that_is_not_kept_is_named():
    with pytest.raises(TypeError, match="found a Redis value of type dict, expected one of string, list"):
        packed({})
