"""The metadata server, asked by google-auth as on a machine at Google."""

import os
import subprocess
import sys
from urllib.parse import urlsplit

import pytest
import requests
from google.cloud import storage

from mlops_helpers.cloud.adapters_vertex import project_number

HEADERS = {"Metadata-Flavor": "Google"}
PROGRAM = """
import google.auth, google.auth.transport.requests as transport
credentials, project = google.auth.default()
request = transport.Request()
type(credentials)._is_regional_access_boundary_lookup_required = lambda self: False
credentials.refresh(request)
print(project, credentials.service_account_email, credentials.token, credentials.universe_domain)
"""


def test_google_auth_finds_credentials_and_project(session, tmp_path):
    host = urlsplit(session.url).netloc
    known = {name: os.environ[name] for name in ("PATH", "NO_PROXY") if name in os.environ}
    names = ("GCE_METADATA_HOST", "GCE_METADATA_IP", "GCE_METADATA_ROOT")
    environment = {**known, "HOME": str(tmp_path), **dict.fromkeys(names, host)}
    done = subprocess.run([sys.executable, "-c", PROGRAM], env=environment, capture_output=True, text=True, check=False)
    email = "learner@offline-project.iam.gserviceaccount.com"
    assert done.stdout.split() == ["offline-project", email, "offline", "googleapis.com"], done.stderr


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("project/project-id", 200),
        ("instance/zone", 200),
        ("project/nonsense", 404),
        ("instance/service-accounts/x/token", 404),
    ],
)
def test_facts_are_told_and_others_are_not(session, path, status):
    answer = requests.get(f"{session.url}/computeMetadata/v1/{path}", headers=HEADERS, timeout=5)
    assert answer.status_code == status
    assert status != 200 or answer.headers["Metadata-Flavor"] == "Google"


def test_the_header_is_needed_and_identity_refused(session):
    root = f"{session.url}/computeMetadata/v1"
    assert requests.get(f"{root}/project/project-id", timeout=5).status_code == 403
    identity = requests.get(f"{root}/instance/service-accounts/default/identity", headers=HEADERS, timeout=5)
    assert (identity.status_code, "not available" in identity.text) == (501, True)


def test_a_project_has_one_number_everywhere(session):
    told = requests.get(f"{session.url}/computeMetadata/v1/project/numeric-project-id", headers=HEADERS, timeout=5)
    bucket = storage.Client().create_bucket("numbered")
    assert told.text == str(bucket.project_number) == project_number("offline-project")
