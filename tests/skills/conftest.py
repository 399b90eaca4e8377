import json

import pytest

from mlops_helpers.skills import load_catalogue, read_team
from mlops_helpers.skills.catalogue import COURSE_CATALOGUE


@pytest.fixture(scope="session")
def catalogue():
    return load_catalogue()


@pytest.fixture
def data():
    """The course's catalogue as plain data, to be spoiled."""
    return json.loads(COURSE_CATALOGUE.read_text(encoding="utf-8"))


@pytest.fixture(scope="session")
def team():
    from mlops_helpers.learning import course_data

    return read_team(course_data("team_skills.csv"))
