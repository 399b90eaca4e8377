"""One offline Google Cloud for the tests of governance; each test gets a bucket or dataset of its own."""

import re

import pytest

from mlops_helpers.cloud import connect


@pytest.fixture(scope="module")
def session(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MLOPS_COURSE_HOME", str(tmp_path_factory.mktemp("home")))
        with connect("offline") as session:
            yield session


@pytest.fixture
def bucket(session, request):
    """An empty bucket that keeps versions, named after the test."""
    from google.cloud import storage

    name = re.sub(r"[^a-z0-9]+", "-", request.node.name.lower()).strip("-")[:60].strip("-")
    bucket = storage.Client().bucket(name)
    bucket.versioning_enabled = True
    bucket.create()
    yield bucket
    bucket.delete_blobs(list(bucket.list_blobs(versions=True)), preserve_generation=True)
    bucket.delete()


@pytest.fixture
def bigquery_client(session):
    from google.cloud import bigquery

    return bigquery.Client()


@pytest.fixture
def dataset(bigquery_client, request):
    """An empty dataset, named after the test."""
    name = re.sub(r"\W+", "_", request.node.name.lower())[:200]
    dataset = bigquery_client.create_dataset(name)
    yield dataset
    bigquery_client.delete_dataset(dataset, delete_contents=True)
