"""What the offline cloud checks at run time, and what it says it answers, follow from Google's own documents."""

import json
import re
import threading

import pytest
import requests

from mlops_helpers.offline.__main__ import main
from mlops_helpers.offline.router import Route
from mlops_helpers.offline.wire import Request, Response
from tests.offline.discovery import faults, published
from tools.coverage_page import PAGE, page
from tools.wire_contract import CONTRACTS, boil_down


@pytest.mark.parametrize("service", ["storage", "bigquery"])
def test_contracts_are_those_of_the_discovery_documents(service):
    assert json.loads((CONTRACTS / f"{service}.json").read_text()) == boil_down(service)


def test_the_coverage_page_is_true():
    assert PAGE.read_text(encoding="utf-8") == page(), "run `python -m tools.coverage_page`"


@pytest.mark.parametrize("service", ["storage", "bigquery"])
def test_routes_have_the_method_and_path_that_google_publishes(cloud, service):
    for route in cloud.service(service).routes:
        method = published(service).get(route.operation)
        if method is not None:
            paths = [method["path"], method.get("flatPath", ""), *upload_paths(method)]
            assert method["httpMethod"] in (route.method, {"PUT": "POST"}.get(route.method)), route
            assert any(segments(path) == segments(route.template)[-len(segments(path)) :] for path in paths if path), (
                route
            )


def upload_paths(method):
    return [protocol["path"] for protocol in method.get("mediaUpload", {}).get("protocols", {}).values()]


def segments(path):
    """A path's shape: constants as they are, every parameter as `{}`."""
    return ["{}" if "{" in part else part for part in path.replace("{+", "{").strip("/").split("/")]


def test_the_judge_finds_faults():
    route = Route("storage.buckets.get", "GET", "/storage/v1/b/{bucket}", lambda service, request: {})
    request = Request("GET", "/storage/v1/b/x?nonsense=1")
    found = faults(route, request, Response({"name": 5, "invented": True, "metageneration": "one"}))
    assert len(found) == 4


def test_a_standalone_server_says_what_it_is(capsys):
    stop, options = threading.Event(), ["--port", "0", "--wall-clock", "--no-token"]
    serving = threading.Thread(target=main, args=(options,), kwargs={"stop": stop})
    serving.start()
    shown = ""
    while not re.search("MLOPS_OFFLINE_URL=.+\n", shown):
        assert serving.is_alive()
        shown += capsys.readouterr().out
    url = shown.rpartition("MLOPS_OFFLINE_URL=")[2].strip()
    assert requests.get(f"{url}/_offline/health", timeout=5).json()["offline"] is True
    assert "a simulator" in shown
    stop.set()
    serving.join()
