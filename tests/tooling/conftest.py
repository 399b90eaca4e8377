"""For the tests of tooling: the offline Google Cloud, with the Vertex AI SDK pointed at it."""

import pytest


@pytest.fixture(scope="module")
def session(session):
    from google.cloud import aiplatform

    aiplatform.init(project=session.project, location=session.location)
    return session
