"""The real aiplatform client, used bare: `aiplatform.init(project=..., location=...)` and nothing else."""

import pytest
from google.cloud import aiplatform

from mlops_helpers.cloud import adapters
from mlops_helpers.cloud.adapters_vertex import point_vertex
from mlops_helpers.cloud.environment import Environment, offline_variables
from mlops_helpers.cloud.loopback import guard
from mlops_helpers.cloud.patches import Patches

PROJECT, LOCATION = "offline-project", "us-central1"


@pytest.fixture
def vertex(server):
    """A cloud with the client pointed at it as `connect` does, and nothing allowed beyond loopback."""
    environment, patches = Environment(offline_variables(server.url, PROJECT)), Patches()
    environment.apply()
    adapters.point_at(patches, PROJECT, lambda service: server.cloud.service("bigquery").grpc_address())
    point_vertex(patches, server.url, PROJECT, LOCATION)
    guard(patches)
    aiplatform.init(project=PROJECT, location=LOCATION)
    yield server.cloud
    patches.restore()
    environment.restore()
