"""One offline cloud per test, and the real clients that talk to it."""

import pytest
from google.auth.credentials import AnonymousCredentials
from google.cloud import bigquery, storage

from mlops_helpers.offline.server import OfflineServer
from mlops_helpers.offline.state import OfflineCloud

PROJECT = "offline-project"


@pytest.fixture
def cloud():
    return OfflineCloud()


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
