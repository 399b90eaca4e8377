"""One offline Google Cloud for the tests of cost; each test gets a name of its own for what it makes."""

import re
import zlib

import pytest

from mlops_helpers.cloud import connect


@pytest.fixture(scope="module")
def session(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MLOPS_COURSE_HOME", str(tmp_path_factory.mktemp("home")))
        with connect("offline") as session:
            yield session


@pytest.fixture
def name(request):
    """A name for whatever the test makes, as buckets and models take it."""
    short = re.sub(r"[^a-z0-9]+", "-", request.node.name.lower())[:40].strip("-")
    return f"{short}-{zlib.crc32(request.node.name.encode()):08x}"


@pytest.fixture
def bucket(session, name):
    """An empty bucket."""
    from google.cloud import storage

    client = storage.Client()
    yield client.create_bucket(f"b-{name}")
    client.close()
