"""The check that every answered operation has a test notices one that has none."""

import json
import subprocess
import sys

from mlops_helpers.offline.state import OfflineCloud
from tools import coverage_page
from tools.coverage_page import ROOT, answered_by, untested

SERVICES = ("storage", "bigquery", "gemini", "vertex", "bigquerystorage", "logging", "monitoring", "firestore")
TEST = """
import requests
from google.cloud import firestore, storage
from mlops_helpers.cloud import connect

def test_one():
    with connect("offline") as session:
        storage.Client().create_bucket("noted")
        firestore.Client().document("a/b").get()
        requests.get(f"{session.url}/storage/v1/b?project=p", timeout=5)
"""


def everything():
    cloud = OfflineCloud()
    try:
        return {name for service in (*SERVICES, "metadata") for name in answered_by(cloud, service)}
    finally:
        cloud.close()


def test_what_no_test_got_an_answer_from_is_listed(tmp_path):
    names = sorted(everything() - {"storage.buckets.get", "firestore.Commit"})
    (tmp_path / "1.json").write_text(json.dumps(names[:100]))
    (tmp_path / "2.json").write_text(json.dumps(names[100:]))
    assert untested(tmp_path) == ["firestore.Commit", "storage.buckets.get"]
    assert coverage_page.main(["--untested", str(tmp_path)]) == 1


def test_the_plugin_notes_answers_to_real_clients_only(tmp_path):
    (tmp_path / "test_it.py").write_text(TEST)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "tools.tested_operations", "-p", "no:cacheprovider"]
    command += ["--operations", str(tmp_path / "notes"), str(tmp_path / "test_it.py"), "--rootdir", str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout
    (notes,) = (tmp_path / "notes").glob("*.json")
    assert json.loads(notes.read_text()) == ["firestore.BatchGetDocuments", "storage.buckets.insert"]
