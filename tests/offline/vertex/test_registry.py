"""The registry and the store under any sequence of calls, and the strictness of requests and answers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlops_helpers.offline.errors import ApiError
from mlops_helpers.offline.state import OfflineCloud
from mlops_helpers.offline.vertex import typed
from mlops_helpers.offline.vertex.listing import ordered
from mlops_helpers.offline.vertex.registry import DEFAULT, Registry
from mlops_helpers.offline.vertex.rpcs import all_rpcs
from mlops_helpers.offline.vertex.service import Vertex

MODEL = "projects/p/locations/l/models/7"
ALIASES = st.lists(st.sampled_from(["prod", "challenger", "default", "old"]), unique=True, max_size=3)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("add"), ALIASES),
        st.tuples(st.just("move"), st.integers(1, 4), ALIASES),
        st.tuples(st.just("take"), st.integers(1, 4), ALIASES),
    ),
    max_size=8,
)


def act(registry, step):
    if step[0] == "add":
        registry.add(MODEL, {"displayName": "m"}, step[1])
    elif step[0] == "move":
        registry.move_aliases(f"{MODEL}@{step[1]}", step[2], [])
    else:
        registry.move_aliases(f"{MODEL}@{step[1]}", [], step[2])


@given(STEPS)
def test_an_alias_always_belongs_to_one_version_and_default_to_exactly_one(steps):
    cloud = OfflineCloud()
    registry = Registry(Vertex(cloud))
    registry.add(MODEL, {"displayName": "m"}, [])
    codes = []
    for step in steps:
        try:
            act(registry, step)
        except ApiError as refusal:
            codes.append(refusal.code)
    assert set(codes) <= {400, 404}
    held = [alias for version in registry.versions(MODEL) for alias in version.get("versionAliases", [])]
    assert len(held) == len(set(held))
    assert held.count(DEFAULT) == 1
    cloud.close()


@pytest.fixture
def store():
    cloud = OfflineCloud()
    yield Vertex(cloud).store
    cloud.close()


def test_a_change_makes_a_new_resource_with_a_new_etag(store):
    before = store.add("a/b/c/1", {"x": 1})
    after = store.change("a/b/c/1", {"x": 2})
    assert before["x"] == 1
    assert before["etag"] != after["etag"]
    assert before["updateTime"] < after["updateTime"]


def test_removing_takes_what_lies_under_it(store):
    for name in ("a/b", "a/b/c/1", "a/b2/c/1"):
        store.add(name, {})
    store.remove("a/b")
    assert store.find("a/b/c/1") is None
    assert store.find("a/b2/c/1") is not None


def test_a_dash_stands_for_any_parent(store):
    for name in ("p/1/runs/a", "p/2/runs/b"):
        store.add(name, {})
    assert [found["name"] for found in store.list("p/-", "runs")] == ["p/1/runs/a", "p/2/runs/b"]


def test_ids_and_times_follow_from_the_sequence_of_calls(store):
    cloud = OfflineCloud()
    other = Vertex(cloud).store
    assert [store.new_id("x"), store.stamp()] == [other.new_id("x"), other.stamp()]
    assert store.new_id("x") != store.new_id("x")
    cloud.close()


def rpc(key, version="v1"):
    return next(found for found in all_rpcs(version) if found.key == key)


def test_an_answer_that_is_not_of_the_type_is_our_own_fault():
    with pytest.raises(TypeError, match=r"is no google\.cloud\.aiplatform\.v1\.Endpoint"):
        typed.encode(rpc("EndpointService.GetEndpoint"), {"displayNome": "x"})


def test_a_field_of_the_other_version_is_left_out():
    stable, beta = rpc("EndpointService.GetEndpoint"), rpc("EndpointService.GetEndpoint", "v1beta1")
    names = [set(found.response_type.DESCRIPTOR.fields_by_camelcase_name) for found in (stable, beta)]
    (extra, *_) = sorted(
        name for name in names[1] - names[0] if beta.response_type.DESCRIPTOR.fields_by_camelcase_name[name].type == 9
    ) or ["etag"]
    answer = {"displayName": "x", extra: "y"}
    assert typed.encode(beta, answer) == answer
    assert typed.encode(stable, answer).get("displayName") == "x"


def test_times_and_etags_go_where_the_type_has_no_place_for_them():
    found = typed.encode(rpc("JobService.GetCustomJob"), {"displayName": "x", "etag": "y"})
    assert found == {"displayName": "x"}


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        ("", ["b", "a", "c"]),
        ("display_name", ["a", "b", "c"]),
        ("display_name desc", ["c", "b", "a"]),
        ("size, display_name desc", ["c", "b", "a"]),
        ("size desc, display_name", ["a", "b", "c"]),
    ],
)
def test_lists_are_ordered_by_several_fields(order, expected):
    items = [
        {"displayName": "b", "size": "9"},
        {"displayName": "a", "size": "10"},
        {"displayName": "c", "size": "9"},
    ]
    assert [item["displayName"] for item in ordered(items, order)] == expected


@pytest.mark.parametrize("order", ["a b c", "a upwards"])
def test_other_orders_are_refused(order):
    with pytest.raises(ApiError, match="expected fields, each with asc or desc"):
        ordered([], order)
