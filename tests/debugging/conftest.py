"""One offline Google Cloud for the tests of debugging; each test gets a bucket of its own."""

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
    """An empty bucket, named after the test."""
    from google.cloud import storage

    name = re.sub(r"[^a-z0-9]+", "-", request.node.name.lower()).strip("-")[:60].strip("-")
    bucket = storage.Client().create_bucket(name)
    yield bucket
    bucket.delete(force=True)
