"""Shared by all tests: an offline Google Cloud a module, and buckets of a test's own.

Property tests draw the same examples on every machine, however slow it is.
"""

import re
import zlib

import pytest
from hypothesis import settings

settings.register_profile("course", deadline=None, derandomize=True)
settings.load_profile("course")


@pytest.fixture(scope="module")
def session(tmp_path_factory):
    """The offline Google Cloud, for the tests of one module."""
    from mlops_helpers.cloud import connect

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MLOPS_COURSE_HOME", str(tmp_path_factory.mktemp("home")))
        with connect("offline") as session:
            yield session


def own_name(request):
    short = re.sub(r"[^a-z0-9]+", "-", request.node.name.lower())[:40].strip("-")
    return f"{short}-{zlib.crc32(request.node.name.encode()):08x}"


@pytest.fixture
def name(request):
    """A name for whatever the test makes, as buckets and models take it."""
    return own_name(request)


@pytest.fixture
def bucket(session, request):
    """An empty bucket."""
    from google.cloud import storage

    client = storage.Client()
    yield client.create_bucket(f"b-{own_name(request)}")
    client.close()
