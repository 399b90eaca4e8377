"""The doctor against a tiny server in the place of Google's: all well, and each thing that can be wrong."""

import json
import shutil
import threading
from collections import namedtuple
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import pytest
from google.auth.credentials import AnonymousCredentials

from mlops_helpers.cloud import connect, doctor
from mlops_helpers.cloud.doctor import APIS, BASES, PACKAGES, PERMISSIONS, examine
from mlops_helpers.cloud.models import choose

TODAY = date(2026, 11, 22)
PROJECT = "v3/projects/my-project"
BILLING = "v1/projects/my-project/billingInfo"
SERVICES = "v1/projects/my-project/services:batchGet"
GRANTED = f"{PROJECT}:testIamPermissions"
REGION = "v1/projects/my-project/locations/us-central1"
MODEL = f"v1/publishers/google/models/{choose().id}"


HERE = ["place", "Python", "versions", "kernel"]


def services(*disabled):
    states = {api: "DISABLED" if api in disabled else "ENABLED" for api in APIS}
    return {"services": [{"name": f"projects/1/services/{api}.googleapis.com", "state": states[api]} for api in APIS]}


def refusal(code, message):
    return code, {"error": {"code": code, "message": message}}


HEALTHY = {
    PROJECT: (200, {"name": "projects/1", "state": "ACTIVE"}),
    BILLING: (200, {"billingEnabled": True}),
    SERVICES: (200, services()),
    GRANTED: (200, {"permissions": list(PERMISSIONS)}),
    REGION: (200, {"locationId": "us-central1"}),
    MODEL: (200, {"name": f"publishers/google/models/{choose().id}"}),
}


class Google(BaseHTTPRequestHandler):
    """Answers from `server.answers`, and keeps what was asked in `server.asked`."""

    def do_GET(self):
        address = urlsplit(self.path)
        size = int(self.headers.get("Content-Length") or 0)
        body = json.loads(self.rfile.read(size)) if size else None
        self.server.asked[address.path.strip("/")] = (self.command, parse_qs(address.query), body)
        code, fields = self.server.answers.get(address.path.strip("/"), refusal(404, "no such path"))
        data = fields if isinstance(fields, bytes) else json.dumps(fields).encode()
        self.send_response(code)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def do_POST(self):
        self.do_GET()

    def log_message(self, *_):
        """Quietly."""


@pytest.fixture
def google():
    with ThreadingHTTPServer(("127.0.0.1", 0), Google) as server:
        server.answers, server.asked = dict(HEALTHY), {}
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def at_google(google, google_credentials, monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    session = connect("google", project="my-project")
    url = f"http://127.0.0.1:{google.server_port}"
    options = {"bases": dict.fromkeys(BASES, url), "credentials": AnonymousCredentials(), "today": TODAY}
    return lambda **changed: examine(session, **(options | changed))


def ill(diagnosis):
    return {finding.check: finding for finding in diagnosis.findings if not finding.ok}


def test_a_healthy_project(at_google):
    diagnosis = at_google()
    assert diagnosis.healthy, str(diagnosis)
    checks = [*HERE, "credentials", "project", "billing", "APIs", "permissions", "region", "model"]
    assert diagnosis.table["check"].tolist() == checks
    assert set(diagnosis.table["fix"]) == {""}
    assert f"{choose().id}, {(choose().retires - TODAY).days} days left" in str(diagnosis)


def test_what_is_asked_is_what_google_documents(at_google, google):
    at_google()
    assert google.asked[SERVICES][1]["names"] == [f"projects/my-project/services/{api}.googleapis.com" for api in APIS]
    assert google.asked[GRANTED][::2] == ("POST", {"permissions": list(PERMISSIONS)})
    assert google.asked[PROJECT][0] == "GET"


@pytest.mark.parametrize(
    ("path", "answer", "check", "found", "fix"),
    [
        (PROJECT, (200, {"state": "DELETE_REQUESTED"}), "project", "is DELETE_REQUESTED", "describe my-project"),
        (PROJECT, refusal(403, "not yours"), "project", "403 from cloudresourcemanager: not yours", "describe"),
        (BILLING, (200, {}), "billing", "no billing account", "project=my-project"),
        (SERVICES, (200, services("logging")), "APIs", "not enabled: logging", "--project my-project"),
        (SERVICES, (200, {}), "APIs", f"not enabled: {', '.join(APIS)}", "gcloud services enable storage"),
        (GRANTED, (200, {"permissions": list(PERMISSIONS[1:])}), "permissions", PERMISSIONS[0], "owner of my-project"),
        (REGION, refusal(404, "no mars-north1"), "region", "no mars-north1", "us-central1 must be one of"),
        (MODEL, refusal(404, "was not found"), "model", "404 from aiplatform", "models.json"),
        (BILLING, (200, b"<html>"), "billing", "200 from cloudbilling", "Link an account"),
        (SERVICES, (200, {"services": [1]}), "APIs", "AttributeError", "gcloud services enable"),
        (GRANTED, (200, {"permissions": None}), "permissions", "TypeError", "owner of my-project"),
        (BILLING, (500, [1]), "billing", "500 from cloudbilling", "Link an account"),
    ],
)
def test_what_is_wrong_is_told_with_what_to_do(at_google, google, path, answer, check, found, fix):
    google.answers[path] = answer
    wrong = ill(at_google())
    assert list(wrong) == [check]
    assert found in wrong[check].found
    assert fix in wrong[check].fix


def test_a_retired_model_is_ill_even_if_google_still_answers(at_google):
    found = ill(at_google(today=choose().retires))
    assert found["model"].found == f"{choose().id}, retired on {choose().retires}"


def test_no_network_is_a_finding_for_each_question_and_no_error(at_google):
    diagnosis = at_google(bases=dict.fromkeys(BASES, "http://127.0.0.1:9"))
    assert len(ill(diagnosis)) == 6
    assert not diagnosis.healthy


def test_without_credentials_there_is_one_finding(at_google, monkeypatch, tmp_path):
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(tmp_path / "nowhere.json"))
    *_, finding = at_google(credentials=None).findings
    assert len(ill(at_google(credentials=None))) == 1
    assert (finding.check, finding.ok) == ("credentials", False)
    assert "gcloud auth" in finding.fix


def test_offline_all_is_well_and_says_that_it_is_simulated():
    with connect("offline") as session:
        diagnosis = session.doctor()
    assert [finding.check for finding in diagnosis.findings if not finding.ok and finding.check != "model"] == []
    assert diagnosis.table["check"].tolist() == [*HERE, "simulated", "packages", "disk", "loopback", "model"]
    assert "no language model" in diagnosis.findings[len(HERE)].found
    assert "<td>packages</td>" in diagnosis._repr_html_()


def test_offline_each_check_can_fail(monkeypatch):
    usage = namedtuple("usage", "total used free")
    session = connect("offline")
    session.close()
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage(10, 10, 0))
    monkeypatch.setattr(doctor, "PACKAGES", (*PACKAGES, "no-such-package"))
    wrong = ill(examine(session, today=date(2999, 1, 1)))
    assert list(wrong) == ["packages", "disk", "loopback", "model"]
    assert wrong["packages"].found == "missing: no-such-package"
    assert wrong["disk"].found.startswith("0.0 GB free")
