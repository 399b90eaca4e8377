"""The Gemini client, pointed at the offline cloud: what it publishes first, then one adapter for the gap.

`google.genai` reads `GOOGLE_VERTEX_BASE_URL`, `GOOGLE_GENAI_USE_ENTERPRISE`, `GOOGLE_CLOUD_PROJECT` and
`GOOGLE_CLOUD_LOCATION`. But a client that has a base URL forgets a project and a location that were not passed to it,
and one that is told to use Google Cloud by the environment alone never reads that base URL. The adapter passes all four
on, so that `genai.Client()` works bare. A client with an API key (the Gemini Developer API) or a base URL of its own is
left alone; the guard on connections stops it.

Nothing is imported here: the adapter acts when `google.genai.client` is imported, and is undone with the session.
"""

from __future__ import annotations

import os
from functools import partial
from types import ModuleType
from typing import Any

from .after_import import AfterImport
from .environment import Environment
from .patches import Patches


def gemini_variables(url: str, project: str, location: str) -> dict[str, str]:
    """What the client itself publishes to be pointed elsewhere."""
    return {
        "GOOGLE_VERTEX_BASE_URL": url,
        "GOOGLE_GENAI_USE_ENTERPRISE": "true",
        "GOOGLE_CLOUD_PROJECT": project,
        "GOOGLE_CLOUD_LOCATION": location,
    }


def point_gemini(patches: Patches, url: str, project: str, location: str) -> None:
    """Point `genai.Client` at `url` until `patches.restore()`."""
    environment = Environment(gemini_variables(url, project, location))
    environment.apply()
    patches.on_restore(environment.restore)
    watcher = AfterImport({"google.genai.client": partial(_point_client, patches, url, project, location)})
    watcher.install()
    patches.on_restore(watcher.remove)


def _point_client(patches: Patches, url: str, project: str, location: str, module: ModuleType) -> None:
    before = vars(module.Client)["_get_api_client"]  # a staticmethod: `getattr` would lose that
    original = before.__func__

    def get_api_client(vertexai: bool | None = None, **options: Any) -> Any:
        http_options = options.get("http_options")
        elsewhere = getattr(http_options, "base_url", None) not in (None, url)
        if vertexai is False or options.get("api_key") or elsewhere or not _uses_google_cloud(vertexai):
            return original(vertexai=vertexai, **options)
        options["project"] = options.get("project") or os.environ.get("GOOGLE_CLOUD_PROJECT") or project
        options["location"] = options.get("location") or os.environ.get("GOOGLE_CLOUD_LOCATION") or location
        given = http_options or module.HttpOptions()
        options["http_options"] = given.model_copy(update={"base_url": url})
        return original(vertexai=True, **options)

    module.Client._get_api_client = staticmethod(get_api_client)
    patches.on_restore(lambda: setattr(module.Client, "_get_api_client", before))


def _uses_google_cloud(vertexai: bool | None) -> bool:
    names = ("GOOGLE_GENAI_USE_ENTERPRISE", "GOOGLE_GENAI_USE_VERTEXAI")
    said = next((os.environ[name] for name in names if name in os.environ), "")
    return bool(vertexai) or (vertexai is None and said.lower() in ("true", "1"))
