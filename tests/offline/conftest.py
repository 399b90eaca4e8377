"""One offline cloud per test, and the real clients that talk to it."""

import pytest
from google.auth.credentials import AnonymousCredentials
from google.cloud import bigquery, storage

from mlops_helpers.offline.server import OfflineServer
from mlops_helpers.offline.state import OfflineCloud
from tests.offline import discovery

PROJECT = "offline-project"


@pytest.fixture
def cloud():
    """A cloud whose every exchange is held against Google's discovery documents: each test is a contract test."""
    cloud, found = OfflineCloud(), []
    cloud.observers.append(lambda route, request, response: found.extend(discovery.faults(route, request, response)))
    yield cloud
    cloud.close()
    assert found == []


@pytest.fixture
def server(cloud):
    with OfflineServer(cloud).start() as running:
        yield running


@pytest.fixture
def storage_client(server):
    options = {"api_endpoint": server.url}
    client = storage.Client(project=PROJECT, credentials=AnonymousCredentials(), client_options=options)
    yield client
    client.close()


@pytest.fixture
def bigquery_client(server):
    options = {"api_endpoint": server.url}
    client = bigquery.Client(project=PROJECT, credentials=AnonymousCredentials(), client_options=options)
    yield client
    client.close()
