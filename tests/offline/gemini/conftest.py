"""The real genai client, used bare, and Google's published contract as a judge of every answer."""

import pytest
from google import genai
from google.cloud import bigquery, storage

from mlops_helpers.cloud import adapters
from mlops_helpers.cloud.adapters_gemini import point_gemini
from mlops_helpers.cloud.adapters_vertex import point_vertex
from mlops_helpers.cloud.environment import Environment, offline_variables
from mlops_helpers.cloud.loopback import guard
from mlops_helpers.cloud.patches import Patches
from tests.offline.gemini import published

PROJECT, LOCATION = "offline-project", "us-central1"


@pytest.fixture
def pointed(cloud, server):
    """The clients pointed at the cloud as `connect` does, nothing allowed beyond loopback, every answer judged."""
    environment, patches, found = Environment(offline_variables(server.url, PROJECT)), Patches(), []
    cloud.observers.append(lambda route, request, response: found.extend(published.faults(route, response)))
    environment.apply()
    adapters.point_at(patches, PROJECT, lambda service: cloud.service("bigquery").grpc_address())
    point_gemini(patches, server.url, PROJECT, LOCATION)
    point_vertex(patches, server.url, PROJECT, LOCATION)
    guard(patches)
    yield cloud
    patches.restore()
    environment.restore()
    assert found == []


@pytest.fixture
def client(pointed):
    with genai.Client() as client:
        yield client


@pytest.fixture
def bucket(pointed):
    return storage.Client().create_bucket("texts")


@pytest.fixture
def warehouse(pointed):
    client = bigquery.Client()
    client.create_dataset("messages")
    return client
