"""Queries, aggregations and listeners through google-cloud-firestore, over real gRPC."""

import queue

import pytest
from google.api_core import exceptions
from google.cloud import firestore
from google.cloud.firestore_v1.base_query import And, FieldFilter, Or
from google.cloud.firestore_v1.vector import Vector

ROWS = {
    "a": {"kind": "cat", "age": 3, "tags": ["x", "y"], "owner": {"city": "Rome"}},
    "b": {"kind": "dog", "age": 5.5, "tags": ["y"], "owner": {"city": "Oslo"}},
    "c": {"kind": "cat", "age": 9, "tags": [], "score": None},
    "d": {"kind": "owl", "age": "old", "score": float("nan")},
    "e": {"kind": "dog", "score": 2},
}


@pytest.fixture
def db(session):
    client = firestore.Client()
    for name, row in ROWS.items():
        client.document(f"pets/{name}").set(row)
    yield client
    client.close()


@pytest.fixture
def pets(db):
    return db.collection("pets")


def ids(query):
    return "".join(snapshot.id for snapshot in query.stream())


FILTERS = [
    (("kind", "==", "cat"), "ac"),
    (("kind", "!=", "cat"), "bed"),
    (("age", ">", 3), "bc"),
    (("age", ">=", 3), "abc"),
    (("age", "<", 5.5), "a"),
    (("age", "<=", 5.5), "ab"),
    (("kind", "in", ["owl", "dog"]), "bde"),
    (("kind", "not-in", ["owl", "dog"]), "ac"),
    (("tags", "array_contains", "y"), "ab"),
    (("tags", "array_contains_any", ["x", "z"]), "a"),
    (("score", "==", None), "c"),
    (("score", "!=", None), "de"),
    (("score", "==", float("nan")), "d"),
    (("owner.city", "==", "Oslo"), "b"),
    (("age", "==", 3.0), "a"),
]


@pytest.mark.parametrize(("condition", "expected"), FILTERS)
def test_each_operator_finds_what_it_says(pets, condition, expected):
    assert ids(pets.where(filter=FieldFilter(*condition))) == expected


def test_conditions_combine(pets):
    young, cat, dog = FieldFilter("age", "<", 6), FieldFilter("kind", "==", "cat"), FieldFilter("kind", "==", "dog")
    assert ids(pets.where(filter=And([young, cat]))) == "a"
    assert ids(pets.where(filter=Or([young, cat]))) == "abc"
    assert ids(pets.where(filter=And([Or([cat, dog]), young]))) == "ab"


def test_kinds_of_values_have_an_order(pets):
    assert ids(pets.order_by("age")) == "abcd"
    assert ids(pets.order_by("age", direction=firestore.Query.DESCENDING)) == "dcba"
    assert ids(pets.order_by("score")) == "cde"
    assert ids(pets.order_by("kind").order_by("age", direction="DESCENDING")) == "cabd"


def test_cursors_limits_and_offsets(pets):
    by_age = pets.order_by("age")
    assert ids(by_age.start_at({"age": 5.5})) == "bcd"
    assert ids(by_age.start_after({"age": 5.5})) == "cd"
    assert ids(by_age.end_at({"age": 5.5})) == "ab"
    assert ids(by_age.end_before({"age": 5.5})) == "a"
    assert ids(by_age.start_after(pets.document("b").get()).limit(1)) == "c"
    assert ids(by_age.offset(1).limit(2)) == "bc"
    assert "".join(snapshot.id for snapshot in by_age.limit_to_last(2).get()) == "cd"


def test_pages_by_cursor_hold_everything_once(pets):
    seen, query = "", pets.order_by("__name__").limit(2)
    while page := list(query.stream()):
        seen += "".join(snapshot.id for snapshot in page)
        query = query.start_after(page[-1])
    assert seen == "abcde"


def test_a_projection_has_only_its_fields(pets):
    [found] = pets.where(filter=FieldFilter("owner.city", "==", "Rome")).select(["owner.city", "age"]).stream()
    assert found.to_dict() == {"owner": {"city": "Rome"}, "age": 3}
    assert [snapshot.to_dict() for snapshot in pets.select([]).limit(1).stream()] == [{}]


def test_documents_are_found_by_name(pets):
    names = [pets.document("b"), pets.document("d")]
    assert ids(pets.where(filter=FieldFilter("__name__", "in", names))) == "bd"
    assert ids(pets.where(filter=FieldFilter("__name__", ">", pets.document("c")))) == "de"


def test_a_collection_group_crosses_documents(db, pets):
    pets.document("a").collection("visits").document("1").set({"cost": 10})
    db.document("farms/f/visits/2").set({"cost": 20})
    assert ids(db.collection_group("visits").order_by("cost")) == "12"
    assert ids(pets) == "abcde"


def test_aggregations_are_computed_by_the_server(pets):
    query = pets.count(alias="all").sum("age", alias="years").avg("age", alias="mean").avg("nothing", alias="none")
    found = {result.alias: result.value for result in query.get()[0]}
    assert found == {"all": 5, "years": 17.5, "mean": pytest.approx(17.5 / 3), "none": 0}  # the client's null
    assert pets.where(filter=FieldFilter("kind", "==", "cat")).sum("age").get()[0][0].value == 12


def test_too_many_values_are_refused(pets):
    with pytest.raises(exceptions.InvalidArgument, match="supports up to 30 comparison values"):
        ids(pets.where(filter=FieldFilter("age", "in", list(range(31)))))


def test_vector_search_is_refused_by_name(pets):
    from google.cloud.firestore_v1.base_vector_query import DistanceMeasure

    nearest = pets.find_nearest("embedding", Vector([1.0]), 1, DistanceMeasure.EUCLIDEAN)
    with pytest.raises(exceptions.MethodNotImplemented, match="vector search"):
        list(nearest.stream())


# --- listeners -------------------------------------------------------------------------------------------------------


@pytest.fixture
def heard():
    """A callback for `on_snapshot`, and what it was called with: ids of documents and kinds of changes."""
    calls = queue.Queue()

    def callback(snapshots, changes, read_time):
        calls.put(([(s.id, s.to_dict()) for s in snapshots], [(c.type.name, c.document.id) for c in changes]))

    callback.next = lambda: calls.get(timeout=5)
    return callback


def test_a_query_listener_hears_of_every_change(pets, heard):
    watch = pets.where(filter=FieldFilter("kind", "==", "dog")).on_snapshot(heard)
    assert heard.next()[1] == [("ADDED", "b"), ("ADDED", "e")]
    pets.document("z").set({"kind": "dog"})
    assert heard.next()[1] == [("ADDED", "z")]
    pets.document("b").update({"age": 6})
    assert heard.next()[1] == [("MODIFIED", "b")]
    pets.document("e").update({"kind": "cat"})
    assert heard.next()[1] == [("REMOVED", "e")]
    pets.document("z").delete()
    documents, changes = heard.next()
    assert ([name for name, _ in documents], changes) == (["b"], [("REMOVED", "z")])
    watch.unsubscribe()


def test_a_document_listener_hears_of_birth_and_death(pets, heard):
    watch = pets.document("new").on_snapshot(heard)
    assert heard.next() == ([], [])
    pets.document("new").set({"age": 0})
    assert heard.next()[0] == [("new", {"age": 0})]
    pets.document("a").set({"age": 4})  # not listened to
    pets.document("new").delete()
    assert heard.next()[1] == [("REMOVED", "new")]
    watch.unsubscribe()


def test_a_session_closes_under_an_open_listener(session, pets, heard):
    watch = pets.on_snapshot(heard)
    assert len(heard.next()[0]) == 5
    watch.unsubscribe()
    session.close()
