import pytest

from mlops_helpers.learning import Course, Journal, Tutor


@pytest.fixture
def journal(tmp_path):
    return Journal(tmp_path / "home")


@pytest.fixture
def tutor(journal):
    return Tutor(Course("tests.learning.sample_course"), journal)
