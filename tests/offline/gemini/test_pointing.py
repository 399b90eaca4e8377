"""How the real client finds the offline Gemini, how fast it is, and what happens when the quota is used up."""

import json
import os
import subprocess
import sys
import time

import pytest
from google import genai
from google.genai import errors, types
from google.genai.client import Client

from mlops_helpers.cloud.adapters_gemini import point_gemini
from mlops_helpers.cloud.errors import NotLoopback
from mlops_helpers.cloud.patches import Patches
from mlops_helpers.offline.gemini.matching import is_gemini
from mlops_helpers.offline.wire import Request
from tests.offline.gemini.conftest import LOCATION, PROJECT
from tools.gemini_contract import TARGET, boil_down

FLASH = "gemini-3.8-flash"
PLACE = "/v1beta1/projects/p/locations/global"
CONSTRUCTORS = (
    {},
    {"enterprise": True},
    {"vertexai": True},
    {"enterprise": True, "project": "another", "location": "global"},
    {"vertexai": True, "project": PROJECT, "location": LOCATION},
    {"http_options": types.HttpOptions(api_version="v1")},
)


@pytest.mark.parametrize("options", CONSTRUCTORS, ids=lambda options: ",".join(options) or "bare")
def test_every_way_to_make_a_client_works(pointed, options):
    with genai.Client(**options) as client:
        assert client.models.generate_content(model=FLASH, contents="hi").text


def test_a_client_knows_its_project_and_location(pointed):
    with genai.Client(enterprise=True, project="another", location="global") as client:
        assert (client._api_client.project, client._api_client.location) == ("another", "global")
    with genai.Client() as client:
        assert (client._api_client.project, client._api_client.location) == (PROJECT, LOCATION)


def test_an_api_key_does_not_reach_anybody(pointed):
    with genai.Client(enterprise=False, api_key="made-up") as client, pytest.raises(NotLoopback):
        client.models.generate_content(model=FLASH, contents="hi")


def test_restoring_is_exact():
    before, names = vars(Client)["_get_api_client"], dict(os.environ)
    patches = Patches()
    point_gemini(patches, "http://127.0.0.1:1", PROJECT, LOCATION)
    assert vars(Client)["_get_api_client"] is not before
    patches.restore()
    assert vars(Client)["_get_api_client"] is before
    assert dict(os.environ) == names


def test_pointing_does_not_import_the_client():
    program = (
        "import sys; from mlops_helpers.cloud.adapters_gemini import point_gemini;"
        "from mlops_helpers.cloud.patches import Patches;"
        "point_gemini(Patches(), 'http://127.0.0.1:1', 'p', 'r'); print('google.genai' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_too_many_requests_are_not_retried_unless_asked_for(client, pointed):
    pointed.faults.inject("rate_limit", operation="gemini.*", times=1)
    with pytest.raises(errors.ClientError) as refused:
        client.models.generate_content(model=FLASH, contents="hi")
    assert (refused.value.code, refused.value.status) == (429, "RESOURCE_EXHAUSTED")


def test_retry_options_get_through(pointed):
    pointed.faults.inject("rate_limit", operation="gemini.*", times=2)
    retries = types.HttpRetryOptions(attempts=4, initial_delay=0.01, max_delay=0.02, jitter=0)
    with genai.Client(http_options=types.HttpOptions(retry_options=retries)) as client:
        assert client.models.generate_content(model=FLASH, contents="hi").text


def test_projects_do_not_see_each_others_caches(pointed):
    text = "Returns are free within thirty days of delivery. " * 300
    with genai.Client() as mine, genai.Client(enterprise=True, project="another", location="global") as other:
        mine.caches.create(model=FLASH, config={"contents": text})
        assert (len(list(mine.caches.list())), len(list(other.caches.list()))) == (1, 0)


@pytest.mark.parametrize(
    ("method", "path", "expected"),
    [
        ("POST", f"{PLACE}/publishers/google/models/{FLASH}:generateContent", True),
        ("POST", f"{PLACE}/endpoints/123:generateContent", True),
        ("POST", f"{PLACE}/endpoints/123:predict", False),
        ("GET", f"{PLACE}/models/77001234567890123", True),
        ("GET", f"{PLACE}/models/1234567890123456789", False),
        ("GET", f"{PLACE}/batchPredictionJobs/1234567890123456789", False),
        ("GET", f"{PLACE}/batchPredictionJobs", False),
        ("GET", "/v1beta1/publishers/google/models", True),
        ("GET", "/v1-bucket/object", False),
    ],
)
def test_which_requests_are_geminis(method, path, expected):
    assert is_gemini(Request(method, path)) is expected


def test_a_fault_in_the_middle_of_a_batch_of_calls_leaves_the_rest(client, pointed):
    pointed.faults.inject("unavailable", operation="gemini.publishers.models.generateContent", times=1)
    with pytest.raises(errors.ServerError):
        client.models.generate_content(model=FLASH, contents="hi")
    assert client.models.generate_content(model=FLASH, contents="hi").text


def test_the_contract_is_what_the_published_document_says():
    assert json.loads(TARGET.read_text()) == boil_down()


def test_many_calls_a_second(client):
    """Loose here, where others use the machine too; `make bench` measures."""
    asked = "Is this positive or negative?\n\nText: I like it very much"
    client.models.generate_content(model=FLASH, contents=asked)
    start = time.perf_counter()
    for _ in range(60):
        client.models.generate_content(model=FLASH, contents=asked)
    assert 60 / (time.perf_counter() - start) > 50
