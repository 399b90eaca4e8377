"""Find, list and delete Vertex AI resources by name, over REST: no client library of seconds' import is needed.

What `google.genai` makes (caches, batch jobs, tuned models and their endpoints) is among them.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import google.auth
from google.api_core import exceptions
from google.auth.transport.requests import AuthorizedSession

SCOPES = ("https://www.googleapis.com/auth/cloud-platform",)
VERSIONS = ("v1", "v1beta1")  # some kinds are known to the second only
# What may still be inside a resource of these kinds goes with it.
FORCED = ("featureGroups", "featureOnlineStores", "metadataStores", "contexts", "featurestores", "modelMonitors")
RUNNING = ("STATE_PENDING", "STATE_RUNNING", "STATE_QUEUED", "STATE_CANCELLING")  # how the names of these states end
POLLS, SECONDS = 120, 1.0


class VertexResources:
    """The Vertex AI resources of one project, by full name (`projects/…/locations/…/datasets/…`)."""

    def __init__(self) -> None:
        credentials, _ = google.auth.default(scopes=SCOPES)
        self._session = AuthorizedSession(credentials)

    def find(self, name: str) -> dict | None:
        """The resource as Vertex AI describes it, None if it is gone; `apiVersion` is the version that knows it."""
        unanswered = 0
        for version in VERSIONS:
            try:
                return self._ask("GET", name, version=version) | {"name": name, "apiVersion": version}
            except exceptions.NotFound:
                continue
            except exceptions.MethodNotImplemented:
                unanswered += 1
                if unanswered == len(VERSIONS):  # nobody knows whether it is gone
                    raise
        return None

    def delete(self, resource: dict) -> None:
        """Delete a resource and wait until that is done.

        An endpoint's models are undeployed first, a job that still runs is cancelled.
        """
        name, version = resource["name"], resource["apiVersion"]
        ids = [deployed["id"] for deployed in resource.get("deployedModels", ())] if "/endpoints/" in name else []
        for number, deployed in enumerate(ids, start=1):  # while others are left, the last of them takes the traffic
            body = {"deployedModelId": deployed, "trafficSplit": {ids[-1]: 100} if number < len(ids) else {}}
            self._finish(self._ask("POST", f"{name}:undeployModel", body, version=version), version)
        self._stop(resource)
        forced = name.split("/")[-2] in FORCED
        self._finish(self._ask("DELETE", name + ("?force=true" if forced else ""), version=version), version)

    def tuned_by(self, job: str) -> Iterator[str]:
        """What a tuning job made: its endpoint, then its model. A job that still runs is cancelled."""
        found = self.find(job)
        if found is None:
            return
        self._stop(found)
        tuned = found.get("tunedModel", {})
        for name in (tuned.get("endpoint", ""), tuned.get("model", "").partition("@")[0]):
            if name:
                yield name

    def inside(self, resource: dict, collection: str) -> Iterator[dict]:
        """What a resource holds of a collection (`features` of a feature group), page by page."""
        name, version, token = resource["name"], resource["apiVersion"], ""
        while True:
            page = self._ask("GET", f"{name}/{collection}?pageToken={token}", version=version)
            yield from page.get(collection, ())
            token = quote(page.get("nextPageToken", ""))
            if not token:
                return

    def _stop(self, resource: dict) -> None:
        """Cancel a job that is not over, and wait until it is."""
        name, version = resource["name"], resource["apiVersion"]
        if not resource.get("state", "").endswith(RUNNING):
            return
        self._ask("POST", f"{name}:cancel", {}, version=version)
        for _ in range(POLLS):
            if not self._ask("GET", name, version=version).get("state", "").endswith(RUNNING):
                return
            time.sleep(SECONDS)

    def _finish(self, operation: dict, version: str) -> None:
        """Wait for a long-running operation; offline it is done from the start."""
        for _ in range(POLLS):
            if operation.get("done", True) or "/operations/" not in operation.get("name", ""):
                return
            time.sleep(SECONDS)
            operation = {"done": False} | self._ask("GET", operation["name"], version=version)

    def _ask(self, method: str, path: str, body: dict | None = None, *, version: str = "v1") -> dict[str, Any]:
        location = path.split("/")[3]
        host = "aiplatform" if location == "global" else f"{location}-aiplatform"
        answer = self._session.request(method, f"https://{host}.googleapis.com/{version}/{path}", json=body)
        if not answer.ok:
            raise exceptions.from_http_response(answer)
        return answer.json() if answer.content else {}
