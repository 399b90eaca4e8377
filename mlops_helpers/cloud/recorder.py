"""Watches what the real clients create over REST, and writes it into the ledger (gRPC: `recorder_rpc`).

Google's Python clients send REST calls through `AuthorizedSession.request`. The recorder wraps that one method: it
puts a label on each bucket, dataset and table that is created, and notes what the answer says was made.

`google.genai`, and the `vertexai` and `agentplatform` clients on top of it, send theirs with httpx: `send` of its two
clients is wrapped as well. (With the package aiohttp installed, asyncio calls of `google.genai` take another way and
are not seen.)
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import partial
from types import ModuleType
from typing import Any
from urllib.parse import urlsplit

from google.auth.transport import requests

from .after_import import AfterImport
from .ledger import Entry, Ledger
from .patches import Patches

LABEL = "mlops-course"
LABELLED = re.compile(
    r"/storage/v1/b|/bigquery/v2/projects/[^/]+/datasets|/bigquery/v2/projects/[^/]+/datasets/[^/]+/tables"
)
CREATES = ("POST", "PUT")
# A collection of Vertex AI that something is created in: the path's last word is its name, not a verb after a colon.
VERTEX = re.compile(r"/v1(?:beta1)?/(projects/[^/]+/locations/[^/:]+(?:/[^/:]+/[^/:]+)*)/([A-Za-z]+)(?::upload)?")
VERTEX_DOES = ("dataItems", "annotations", "operations", "deploymentResourcePools", "contextLineage")


def record(patches: Patches, ledger: Ledger, session_id: str) -> None:
    """Record every creation until `patches.restore()`."""
    original = requests.AuthorizedSession.request

    def request(self: Any, method: str, url: str, data: Any = None, **options: Any) -> Any:
        if method == "POST" and LABELLED.fullmatch(urlsplit(url).path):
            data = with_label(data, session_id)
        response = original(self, method, url, data=data, **options)
        if method in CREATES and response.ok:
            _note(ledger, method, url, response)
        return response

    patches.replace(requests.AuthorizedSession, "request", request)
    watcher = AfterImport({"httpx": partial(_record_httpx, patches, ledger)})
    watcher.install()
    patches.on_restore(watcher.remove)


def _record_httpx(patches: Patches, ledger: Ledger, httpx: ModuleType) -> None:
    """Look at what httpx's plain and asyncio clients sent; an answer that is streamed creates nothing."""
    plain, coroutine = httpx.Client.send, httpx.AsyncClient.send

    def send(self: Any, request: Any, **options: Any) -> Any:
        response = plain(self, request, **options)
        if request.method == "POST" and response.is_success and not options.get("stream"):
            _note(ledger, request.method, str(request.url), response)
        return response

    async def send_async(self: Any, request: Any, **options: Any) -> Any:
        response = await coroutine(self, request, **options)
        if request.method == "POST" and response.is_success and not options.get("stream"):
            _note(ledger, request.method, str(request.url), response)
        return response

    patches.replace(httpx.Client, "send", send)
    patches.replace(httpx.AsyncClient, "send", send_async)


def _note(ledger: Ledger, method: str, url: str, response: Any) -> None:
    for entry in created(method, url, _json(response)):
        ledger.add(entry)


def with_label(data: Any, session_id: str) -> Any:
    """The JSON body of a creation with the course's label added; anything else unchanged."""
    if not isinstance(data, (str, bytes)):
        return data
    body = json.loads(data)
    body["labels"] = {**(body.get("labels") or {}), LABEL: session_id}
    return json.dumps(body)


def created(method: str, url: str, answer: dict) -> Iterator[Entry]:
    """What an answer says was created, as ledger entries."""
    kind, path = answer.get("kind", ""), urlsplit(url).path
    if kind == "storage#rewriteResponse" and "resource" in answer:
        yield from created(method, url, answer["resource"])
    elif kind == "storage#bucket" and path.endswith("/storage/v1/b"):
        yield Entry("bucket", f"gs://{answer['name']}", answer["timeCreated"])
    elif kind == "storage#object" and answer.get("metageneration") == "1":
        yield Entry("object", f"gs://{answer['bucket']}/{answer['name']}", answer["generation"])
    elif kind == "bigquery#dataset" and method == "POST":
        yield Entry("dataset", bq_name(answer["datasetReference"], "datasetId"), answer["creationTime"])
    elif kind == "bigquery#table" and method == "POST":
        yield Entry("table", bq_name(answer["tableReference"], "datasetId", "tableId"), answer["creationTime"])
    elif kind == "bigquery#job" and _may_create(answer["configuration"]):
        yield Entry("job", bq_name(answer["jobReference"], "jobId"), answer["jobReference"].get("location", "US"))
    elif method == "POST" and (name := vertex_name(path, answer)):
        kind = "tuning job" if path.endswith("/tuningJobs") else "vertex"
        yield Entry(kind, f"vertex://{name}", name)  # Vertex AI never gives an id twice: the name is the proof


def vertex_name(path: str, answer: dict) -> str | None:
    """The name of what was created in a collection of Vertex AI: the answer's, or that of its long-running operation.

    >>> vertex_name("/v1/projects/p/locations/l/datasets", {"name": "projects/1/locations/l/datasets/7/operations/8"})
    'projects/1/locations/l/datasets/7'
    """
    found = VERTEX.fullmatch(path)
    if found is None or found[2] in VERTEX_DOES:
        return None
    name = answer.get("name", "").partition("/operations/")[0]
    inside = f"/{found[2]}/" in f"/{name}"
    return name.partition("@")[0] if name.startswith("projects/") and inside else None


def bq_name(reference: dict, *parts: str) -> str:
    """The ledger's name of a dataset, a table or a job, from its reference."""
    return "bq://" + "/".join([reference["projectId"], *(reference[part] for part in parts)])


def _may_create(configuration: dict) -> bool:
    """Whether a job can leave something behind: loads, copies, extracts, queries that CREATE or name a table."""
    query = configuration.get("query")
    if query is None:
        return not configuration.get("dryRun")
    target = query.get("destinationTable", {}).get("datasetId", "_")
    return "create" in query.get("query", "").lower() or not target.startswith("_")


def _json(response: Any) -> dict:
    try:
        found = response.json()
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
