"""Documents, transforms, limits and transactions through google-cloud-firestore, over real gRPC."""

import asyncio
import threading
from datetime import UTC, datetime

import pytest
from google.api_core import exceptions
from google.cloud import firestore
from google.cloud.firestore_v1.field_path import FieldPath
from hypothesis import given
from hypothesis import strategies as st

from mlops_helpers.offline.errors import ApiError
from mlops_helpers.offline.firestore.paths import split_path
from mlops_helpers.offline.firestore.values import DOCUMENT_OVERHEAD, fields_size, name_size


@pytest.fixture
def db(session):
    client = firestore.Client()
    yield client
    client.close()


@pytest.fixture
def ada(db):
    ada = db.collection("users").document("ada")
    ada.set({"name": "Ada", "visits": 1, "tags": ["new"], "address": {"city": "London", "zip.code": "W1"}})
    return ada


# --- create, read, update, delete ------------------------------------------------------------------------------------


def test_every_kind_of_value_comes_back(db):
    moment = datetime(2026, 1, 5, 12, tzinfo=UTC)
    kinds = {"null": None, "yes": True, "whole": 2**62, "real": 0.5, "text": "é", "bytes": b"\x00\xff", "when": moment}
    nested = {"place": firestore.GeoPoint(51.5, -0.1), "list": [1, {"a": [2]}], "map": {"b": {}}, "empty": []}
    reference = db.document("kinds/one")
    reference.set({**kinds, **nested, "self": reference})
    assert reference.get().to_dict() == {**kinds, **nested, "self": reference}


def test_creating_twice_is_refused(db, ada):
    with pytest.raises(exceptions.AlreadyExists, match="Document already exists"):
        ada.create({"name": "Ada"})
    assert ada.get().get("visits") == 1


def test_times_come_from_the_offline_clock(session, ada):
    before = session.now()
    ada.update({"visits": 2})
    snapshot = ada.get()
    assert (snapshot.create_time, snapshot.update_time) == (before, session.now())


def test_set_replaces_merge_keeps_update_goes_deep(ada):
    ada.set({"visits": 2}, merge=True)
    ada.update({"address.city": "Paris", "name": firestore.DELETE_FIELD})
    expected = {"visits": 2, "tags": ["new"], "address": {"city": "Paris", "zip.code": "W1"}}
    assert ada.get().to_dict() == expected
    ada.set({"only": True})
    assert ada.get().to_dict() == {"only": True}


def test_a_strange_field_name_is_reached_by_its_path(ada):
    ada.update({FieldPath("address", "zip.code").to_api_repr(): "N1"})
    assert ada.get(["address.`zip.code`"]).to_dict() == {"address": {"zip.code": "N1"}}


def test_what_is_missing_is_said_to_be(db):
    nobody = db.document("users/nobody")
    assert not nobody.get().exists
    nobody.delete()
    with pytest.raises(exceptions.NotFound, match="No document to update"):
        nobody.update({"a": 1})
    with pytest.raises(exceptions.NotFound):
        nobody.delete(option=db.write_option(exists=True))


def test_a_stale_version_is_not_overwritten(db, ada):
    seen = ada.get()
    ada.update({"visits": 2})
    with pytest.raises(exceptions.FailedPrecondition, match="does not match"):
        ada.update({"visits": 9}, option=db.write_option(last_update_time=seen.update_time))
    assert ada.get().get("visits") == 2


def test_added_documents_get_ids_and_are_listed(db):
    references = [db.collection("notes").add({"number": number})[1] for number in range(3)]
    assert {reference.id for reference in db.collection("notes").list_documents(page_size=2)} == {
        reference.id for reference in references
    }
    assert [snapshot.exists for snapshot in db.get_all(references)] == [True] * 3


def test_collections_nest_and_are_deleted_with_what_is_below(db, ada):
    order = ada.collection("orders").document("7")
    order.set({"total": 3})
    db.document("users/ghost/orders/8").set({"total": 4})
    assert [found.id for found in ada.collections()] == ["orders"]
    assert [found.id for found in db.collections()] == ["users"]
    assert sorted(found.id for found in db.collection("users").list_documents()) == ["ada", "ghost"]
    assert db.recursive_delete(db.collection("users")) >= 3
    assert list(db.collections()) == []


# --- transforms ------------------------------------------------------------------------------------------------------


def test_transforms_are_computed_by_the_server(session, ada):
    ada.update(
        {
            "at": firestore.SERVER_TIMESTAMP,
            "visits": firestore.Increment(2.5),
            "fresh": firestore.Increment(4),
            "tags": firestore.ArrayUnion(["new", "vip", "vip"]),
            "best": firestore.Maximum(7),
        }
    )
    found = ada.get().to_dict()
    assert found["at"] == session.now()
    assert (found["visits"], found["fresh"], found["tags"], found["best"]) == (3.5, 4, ["new", "vip"], 7)
    ada.update({"tags": firestore.ArrayRemove(["new"]), "best": firestore.Minimum(3)})
    assert ada.get(["tags", "best"]).to_dict() == {"tags": ["vip"], "best": 3}


def test_a_created_document_may_hold_only_a_timestamp(session, db):
    db.document("events/one").create({"at": firestore.SERVER_TIMESTAMP})
    assert db.document("events/one").get().to_dict() == {"at": session.now()}


# --- batches and bulk ------------------------------------------------------------------------------------------------


def test_a_batch_is_applied_whole_or_not_at_all(db, ada):
    batch = db.batch()
    batch.update(ada, {"visits": 5})
    batch.update(db.document("users/nobody"), {"visits": 5})
    with pytest.raises(exceptions.NotFound):
        batch.commit()
    assert ada.get().get("visits") == 1


def test_the_bulk_writer_writes_each_for_itself(db, ada):
    failed = []
    writer = db.bulk_writer()
    writer.on_write_error(lambda failure, writer: failed.append(failure.code) or False)
    writer.create(ada, {"visits": 9})
    for number in range(30):
        writer.set(db.document(f"bulk/{number}"), {"number": number})
    writer.close()
    assert failed == [6]  # ALREADY_EXISTS
    assert db.collection("bulk").count().get()[0][0].value == 30
    assert ada.get().get("visits") == 1


# --- limits ----------------------------------------------------------------------------------------------------------


def test_a_document_above_one_mebibyte_is_refused(db):
    with pytest.raises(exceptions.InvalidArgument, match=r"exceeds the maximum allowed size of 1,048,576 bytes"):
        db.document("big/one").set({"blob": b"x" * 2**20})
    db.document("big/one").set({"blob": b"x" * (2**20 - 100)})


def test_the_size_is_that_of_googles_worked_example(db):
    """users/jeff/tasks/my_task_id with four fields is 147 bytes (firebase.google.com, storage size calculations)."""
    from google.cloud.firestore_v1._helpers import encode_dict

    task = {"type": "Personal", "done": False, "priority": 1, "description": "Learn Cloud Firestore"}
    fields = {name: value._pb for name, value in encode_dict(task).items()}
    assert name_size(["users", "jeff", "tasks", "my_task_id"]) + fields_size(fields) + DOCUMENT_OVERHEAD == 147


@pytest.mark.parametrize(
    ("fields", "message"),
    [({"a": [[1]]}, "array value in an array"), ({"__x__": 1}, "reserved")],
)
def test_fields_that_firestore_refuses(db, fields, message):
    with pytest.raises(exceptions.InvalidArgument, match=message):
        db.document("wrong/one").set(fields)


def test_reserved_ids_and_other_databases_are_refused(session, db):
    with pytest.raises(exceptions.InvalidArgument, match="reserved"):
        db.document("users/__x__").set({})
    with pytest.raises(exceptions.NotFound, match="The database other does not exist"):
        firestore.Client(database="other").document("a/b").set({})


def test_the_past_is_refused_by_name(session, ada):
    with pytest.raises(exceptions.MethodNotImplemented, match="read_time: not available"):
        ada.get(read_time=session.now())


# --- transactions ----------------------------------------------------------------------------------------------------


def test_a_transaction_that_lost_the_race_runs_again(db, ada):
    attempts = []

    @firestore.transactional
    def visit(transaction):
        seen = ada.get(transaction=transaction).get("visits")
        attempts.append(seen)
        if len(attempts) == 1:
            ada.update({"visits": 10})  # somebody else is faster
        transaction.update(ada, {"visits": seen + 1})

    visit(db.transaction())
    assert attempts == [1, 10]
    assert ada.get().get("visits") == 11


def test_a_document_that_enters_a_query_is_a_conflict(db, ada):
    query = db.collection("users").where(filter=firestore.FieldFilter("visits", ">", 0))

    @firestore.transactional
    def count(transaction):
        found = len(list(query.stream(transaction=transaction)))
        db.document("users/eve").set({"visits": 1})
        transaction.set(db.document("totals/users"), {"count": found})

    with pytest.raises(ValueError, match="Failed to commit transaction in 3 attempts"):
        count(db.transaction(max_attempts=3))
    assert not db.document("totals/users").get().exists


def test_concurrent_counters_lose_nothing(db, ada):
    @firestore.transactional
    def visit(transaction):
        seen = ada.get(transaction=transaction).get("visits")
        transaction.update(ada, {"visits": seen + 1})

    def visits():
        for _ in range(3):
            visit(db.transaction(max_attempts=50))

    threads = [threading.Thread(target=visits) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert ada.get().get("visits") == 13


def test_a_read_only_transaction_sees_one_moment(db, ada):
    @firestore.transactional
    def look(transaction):
        first = ada.get(transaction=transaction).get("visits")
        ada.update({"visits": 2})
        return first, ada.get(transaction=transaction).get("visits")

    assert look(db.transaction(read_only=True)) == (1, 1)


# --- the asynchronous client -----------------------------------------------------------------------------------------


def test_the_asynchronous_client_does_the_same(session):
    async def story():
        db = firestore.AsyncClient()
        one = db.document("async/one")
        await one.set({"number": 1})

        @firestore.async_transactional
        async def bump(transaction):
            seen = (await one.get(transaction=transaction)).get("number")
            transaction.update(one, {"number": seen + 1})

        await bump(db.transaction())
        found = [snapshot.to_dict() async for snapshot in db.collection("async").stream()]
        await db._firestore_api.transport.close()
        return found

    assert asyncio.run(story()) == [{"number": 2}]


# --- field paths -----------------------------------------------------------------------------------------------------


@given(st.lists(st.text(min_size=1), min_size=1, max_size=4))
def test_paths_are_read_as_the_client_writes_them(names):
    assert split_path(FieldPath(*names).to_api_repr()) == names


@pytest.mark.parametrize("path", ["", ".", "a.", ".a", "a..b", "`a", "a`b`"])
def test_a_malformed_path_is_refused(path):
    with pytest.raises(ApiError, match="Invalid property path"):
        split_path(path)
