"""What every resource has in common: creation, lists, updates, etags, refusals, isolation."""

import pytest
import requests
from google.api_core import exceptions
from google.cloud import aiplatform, aiplatform_v1
from google.protobuf.field_mask_pb2 import FieldMask

from mlops_helpers.offline.vertex.rpcs import all_rpcs
from mlops_helpers.offline.vertex.service import Vertex

PARENT = "projects/offline-project/locations/us-central1"


@pytest.fixture
def endpoints(vertex, server):
    """The generated client under aiplatform, for requests that aiplatform itself never sends."""
    from google.auth.credentials import AnonymousCredentials

    options = {"api_endpoint": server.url}
    return aiplatform_v1.EndpointServiceClient(
        credentials=AnonymousCredentials(), transport="rest", client_options=options
    )


def test_what_is_created_is_found(vertex):
    made = aiplatform.Endpoint.create(display_name="churn", labels={"env": "prod"})
    found = aiplatform.Endpoint(made.resource_name)
    assert found.display_name == "churn"
    assert found.labels == {"env": "prod"}
    assert made.resource_name.startswith(f"{PARENT}/endpoints/")
    assert found.create_time == found.update_time


def test_an_id_can_be_chosen_once(vertex):
    aiplatform.Endpoint.create(display_name="a", endpoint_id="123")
    with pytest.raises(exceptions.Conflict, match=r"already exists\. Choose another id"):
        aiplatform.Endpoint.create(display_name="b", endpoint_id="123")


def test_ids_of_other_forms_are_refused(endpoints):
    with pytest.raises(exceptions.BadRequest, match="endpoint_id"):
        endpoints.create_endpoint(parent=PARENT, endpoint={"display_name": "x"}, endpoint_id="../7")


def test_what_does_not_exist_is_not_found(vertex):
    with pytest.raises(exceptions.NotFound, match=r"endpoints/7' was not found"):
        aiplatform.Endpoint("7").list_models()


def test_lists_are_filtered_and_ordered(vertex):
    for name, env in (("b", "prod"), ("c", "dev"), ("a", "prod")):
        aiplatform.Endpoint.create(display_name=name, labels={"env": env})
    found = aiplatform.Endpoint.list(filter="labels.env=prod", order_by="display_name desc")
    assert [endpoint.display_name for endpoint in found] == ["b", "a"]
    assert [endpoint.display_name for endpoint in aiplatform.Endpoint.list()] == ["b", "c", "a"]


def test_pages_join_to_the_whole_list(endpoints):
    for number in range(5):
        endpoints.create_endpoint(parent=PARENT, endpoint={"display_name": f"e{number}"})
    pages = list(endpoints.list_endpoints(request={"parent": PARENT, "page_size": 2}).pages)
    assert [len(page.endpoints) for page in pages] == [2, 2, 1]
    assert [item.display_name for page in pages for item in page.endpoints] == [f"e{number}" for number in range(5)]


def test_a_page_token_of_another_list_is_refused(endpoints):
    for _ in range(2):
        endpoints.create_endpoint(parent=PARENT, endpoint={"display_name": "x"})
    token = endpoints.list_endpoints(request={"parent": PARENT, "page_size": 1}).next_page_token
    with pytest.raises(exceptions.BadRequest, match="belongs to another list request"):
        endpoints.list_endpoints(request={"parent": PARENT, "page_token": token, "filter": "display_name=x"})


def test_an_update_changes_what_its_mask_names(vertex):
    endpoint = aiplatform.Endpoint.create(display_name="old", description="kept", labels={"a": "1"})
    endpoint.update(display_name="new", labels={"b": "2"})
    found = aiplatform.Endpoint(endpoint.resource_name)
    assert (found.display_name, found.gca_resource.description, found.labels) == ("new", "kept", {"b": "2"})
    assert found.update_time > found.create_time


@pytest.mark.parametrize(("path", "message"), [("no_such_field", "a field of Endpoint"), ("create_time", "may write")])
def test_masks_name_fields_that_callers_may_write(endpoints, path, message):
    made = endpoints.create_endpoint(parent=PARENT, endpoint={"display_name": "x"}).result()
    with pytest.raises(exceptions.BadRequest, match=message):
        endpoints.update_endpoint(endpoint=made, update_mask=FieldMask(paths=[path]))


def test_an_outdated_etag_is_refused(endpoints):
    seen = endpoints.create_endpoint(parent=PARENT, endpoint={"display_name": "x"}).result()
    endpoints.update_endpoint(
        endpoint={"name": seen.name, "display_name": "y"}, update_mask=FieldMask(paths=["display_name"])
    )
    with pytest.raises(exceptions.BadRequest, match="out of date"):
        endpoints.update_endpoint(endpoint=seen, update_mask=FieldMask(paths=["display_name"]))


def test_a_deleted_resource_is_gone(vertex):
    endpoint = aiplatform.Endpoint.create(display_name="x")
    endpoint.delete()
    assert aiplatform.Endpoint.list() == []


def test_projects_and_locations_do_not_see_each_other(vertex):
    aiplatform.Endpoint.create(display_name="here")
    assert aiplatform.Endpoint.list(location="europe-west4") == []
    assert aiplatform.Endpoint.list(project="another-project") == []


def test_operations_can_be_looked_up_listed_and_forgotten(endpoints):
    operation = endpoints.create_endpoint(parent=PARENT, endpoint={"display_name": "x"}).operation
    again = endpoints.get_operation({"name": operation.name})
    assert again.done
    assert again == operation
    listed = endpoints.list_operations({"name": operation.name.rpartition("/operations/")[0]})
    assert [found.name for found in listed.operations] == [operation.name]
    endpoints.delete_operation({"name": operation.name})
    with pytest.raises(exceptions.NotFound):
        endpoints.get_operation({"name": operation.name})


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"displayNam": "x"}, "Unknown name 'displayNam'"),
        ({"displayName": 5}, "displayName"),
        ({"labels": {"a": 5}}, "labels"),
        ({"createTime": "yesterday"}, "createTime"),
    ],
)
def test_bodies_that_do_not_fit_the_type_are_refused(vertex, server, body, message):
    answer = requests.post(f"{server.url}/v1/{PARENT}/endpoints", json=body, timeout=5)
    assert (answer.status_code, answer.json()["error"]["status"]) == (400, "INVALID_ARGUMENT")
    assert message in answer.json()["error"]["message"]


def test_unknown_query_parameters_are_refused(vertex, server):
    answer = requests.get(f"{server.url}/v1/{PARENT}/endpoints?fliter=x", timeout=5)
    assert answer.status_code == 400
    assert "'fliter'" in answer.json()["error"]["message"]


@pytest.mark.parametrize("path", ["notebookRuntimes", "studies"])
def test_rpcs_without_behaviour_are_refused_by_name(vertex, server, path):
    answer = requests.get(f"{server.url}/v1/{PARENT}/{path}", timeout=5)
    assert answer.status_code == 501
    assert "Service.List" in answer.json()["error"]["message"]
    assert "(see COVERAGE.md)" in answer.json()["error"]["message"]


def test_a_url_of_no_rpc_is_refused(vertex, server):
    answer = requests.post(f"{server.url}/v1/{PARENT}/nonsense", json={}, timeout=5)
    assert answer.status_code == 501
    assert f"POST /v1/{PARENT}/nonsense" in answer.json()["error"]["message"]


def test_the_types_of_every_rpc_can_be_read_off_the_client():
    rpcs = [*all_rpcs("v1"), *all_rpcs("v1beta1")]
    assert len(rpcs) > 700
    for rpc in rpcs:
        assert rpc.request_type.DESCRIPTOR.full_name.startswith("google.")
        assert rpc.result_type.DESCRIPTOR.full_name
    assert sum(rpc.long_running is not None for rpc in rpcs) > 250


def test_answered_and_refused_together_are_all_rpcs(cloud):
    service = Vertex(cloud)
    answered = {route.operation.removeprefix("vertex.") for route in service.routes if route.method == "RPC"}
    everything = {rpc.key for version in ("v1", "v1beta1") for rpc in all_rpcs(version)}
    assert answered <= everything
    assert answered | set(service.refused()) == everything
