"""Find and delete Vertex AI resources by name, over REST: no client library of seconds' import is needed for that."""

from __future__ import annotations

from typing import Any

import google.auth
from google.api_core import exceptions
from google.auth.transport.requests import AuthorizedSession

SCOPES = ("https://www.googleapis.com/auth/cloud-platform",)
# What may still be inside a resource of these kinds goes with it.
FORCED = ("featureGroups", "featureOnlineStores", "tensorboards", "metadataStores", "contexts", "featurestores")


class VertexResources:
    """The Vertex AI resources of one project, by full name (`projects/…/locations/…/datasets/…`)."""

    def __init__(self) -> None:
        credentials, _ = google.auth.default(scopes=SCOPES)
        self._session = AuthorizedSession(credentials)

    def find(self, name: str) -> dict | None:
        """The resource as Vertex AI describes it, None if it is gone."""
        try:
            return self._ask("GET", name) | {"name": name}
        except exceptions.NotFound:
            return None

    def delete(self, resource: dict) -> None:
        """Delete a resource; an endpoint's models are undeployed first. Deleting is done when this returns offline."""
        name = resource["name"]
        for deployed in resource.get("deployedModels", ()):
            self._ask("POST", f"{name}:undeployModel", {"deployedModelId": deployed["id"], "trafficSplit": {}})
        forced = name.split("/")[-2] in FORCED
        self._ask("DELETE", name + ("?force=true" if forced else ""))

    def _ask(self, method: str, path: str, body: dict | None = None) -> dict[str, Any]:
        location = path.split("/")[3]
        url = f"https://{location}-aiplatform.googleapis.com/v1/{path}"
        answer = self._session.request(method, url, json=body)
        if not answer.ok:
            raise exceptions.from_http_response(answer)
        return answer.json() if answer.content else {}
