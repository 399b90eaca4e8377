"""For the tests of governance: a bucket that keeps versions, and a dataset."""

import re

import pytest

from tests.conftest import own_name


@pytest.fixture
def bucket(session, request):
    """An empty bucket that keeps versions, named after the test."""
    from google.cloud import storage

    bucket = storage.Client().bucket(f"b-{own_name(request)}")
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
