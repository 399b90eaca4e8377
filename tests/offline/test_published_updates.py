"""Whole updates (PUT), which only the client that is generated from the discovery documents sends."""

import pytest
from google.auth.credentials import AnonymousCredentials
from googleapiclient.discovery import build
from googleapiclient.errors import HttpError

PROJECT = "offline-project"
READER = {"entity": "allUsers", "role": "READER"}


@pytest.fixture
def discovered(server):
    """The discovery client of a service."""
    opened = []

    def opener(service, version):
        root = {"storage": f"{server.url}/storage/v1/", "bigquery": f"{server.url}/bigquery/v2/"}[service]
        options = {"api_endpoint": root}
        client = build(service, version, credentials=AnonymousCredentials(), client_options=options)
        opened.append(client)
        return client

    yield opener
    for client in opened:
        client.close()


@pytest.fixture
def bucket(storage_client):
    bucket = storage_client.create_bucket("shared")
    bucket.blob("a.txt").upload_from_string("a")
    return bucket


@pytest.mark.parametrize(
    ("collection", "place"),
    [
        ("bucketAccessControls", {"bucket": "shared"}),
        ("defaultObjectAccessControls", {"bucket": "shared"}),
        ("objectAccessControls", {"bucket": "shared", "object": "a.txt"}),
    ],
)
def test_an_access_control_is_replaced(discovered, bucket, collection, place):
    controls = getattr(discovered("storage", "v1"), collection)()
    controls.insert(**place, body=READER).execute()
    body = {"entity": "allUsers", "role": "OWNER"}
    changed = controls.update(**place, entity="allUsers", body=body).execute()
    assert (changed["role"], controls.get(**place, entity="allUsers").execute()["role"]) == ("OWNER", "OWNER")


def test_a_dataset_is_replaced_and_forgets_what_is_not_said_again(discovered, bigquery_client):
    datasets = discovered("bigquery", "v2").datasets()
    reference = {"projectId": PROJECT, "datasetId": "shop"}
    body = {"datasetReference": reference, "description": "old", "labels": {"team": "growth"}}
    datasets.insert(projectId=PROJECT, body=body).execute()
    fresh = {"datasetReference": reference, "description": "new"}
    changed = datasets.update(projectId=PROJECT, datasetId="shop", body=fresh).execute()
    found = bigquery_client.get_dataset("shop")
    assert (changed["description"], found.description, found.labels) == ("new", "new", {})


def test_a_table_is_replaced_but_keeps_its_columns(discovered, bigquery_client):
    bigquery_client.create_dataset("shop")
    bigquery_client.query("CREATE TABLE shop.t AS SELECT 1 AS x").result()
    tables = discovered("bigquery", "v2").tables()
    reference = {"projectId": PROJECT, "datasetId": "shop", "tableId": "t"}
    body = {"tableReference": reference, "description": "new", "schema": {"fields": [{"name": "x", "type": "INTEGER"}]}}
    tables.update(projectId=PROJECT, datasetId="shop", tableId="t", body=body).execute()
    assert bigquery_client.get_table("shop.t").description == "new"
    without = body | {"schema": {"fields": [{"name": "y", "type": "INTEGER"}]}}
    with pytest.raises(HttpError, match="400"):
        tables.update(projectId=PROJECT, datasetId="shop", tableId="t", body=without).execute()
