"""One offline Google Cloud for each module of tests that needs one."""

import pytest

from mlops_helpers.cloud import connect


@pytest.fixture(scope="module")
def session(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MLOPS_COURSE_HOME", str(tmp_path_factory.mktemp("home")))
        with connect("offline") as session:
            yield session
