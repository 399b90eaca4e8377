"""The Vertex AI clients, pointed at the offline cloud: what they publish first, then one named adapter for each gap.

- `aiplatform.init(api_endpoint=..., api_transport="rest")` is what aiplatform publishes; the offline cloud sets the
  same two values, so that a bare `aiplatform.init(project=..., location=...)` keeps them.
- `agentplatform.Client` and `vertexai.Client` take `http_options={"base_url": ...}`, and forget project and location
  that were not passed along with it: the adapter passes all three.
- `Endpoint.raw_predict` writes the host of its URL by hand, and dedicated endpoints have a host each: requests to
  `...aiplatform.googleapis.com` and `...prediction.vertexai.goog` are sent here.
- `Endpoint.predict_async` and `explain_async` know only gRPC here (their REST needs aiohttp): a thread makes the call.
- Project numbers are looked up at Resource Manager, which no lesson needs: the offline Storage's number stands in.
- Polling loops sleep for seconds, although offline the work is done: no sleep in them lasts longer than 50 ms.

Nothing is imported here. Each adapter acts when the module it concerns is imported, and is undone with the session.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from functools import partial, wraps
from types import ModuleType
from typing import Any

from google.auth.transport import requests

from ..offline.projects import project_number
from .after_import import AfterImport
from .patches import Patches
from .sleeps import ShortAsyncSleeps, ShortSleeps

GOOGLE_HOST = re.compile(
    r"https://(?:(?:[\w-]+-)?aiplatform\.(?:[\w-]+\.rep\.)?googleapis\.com|[\w.-]+\.prediction\.vertexai\.goog)(?=/)"
)

AIPLATFORM = "google.cloud.aiplatform"
POLLING = (
    *(f"{AIPLATFORM}.{name}" for name in ("base", "jobs", "training_jobs", "pipeline_jobs", "schedules")),
    *(
        f"{package}._genai.{name}"
        for package in ("agentplatform", "vertexai")
        for name in (
            "prompts",
            "datasets",
            "prompt_optimizer",
            "_evals_utils",
            "_evals_common",
            "_evals_metric_handlers",
        )
    ),
    "agentplatform._genai._operations_utils",
)


def point_vertex(patches: Patches, url: str, project: str, location: str) -> None:
    """Point aiplatform, vertexai and agentplatform at `url` until `patches.restore()`.

    Modules that are imported later are adapted when that happens.
    """
    actions: dict[str, Callable[[ModuleType], None]] = {name: partial(_shorten_sleeps, patches) for name in POLLING}
    actions[f"{AIPLATFORM}.initializer"] = partial(_point_config, patches, url, project, location)
    actions[f"{AIPLATFORM}.utils.resource_manager_utils"] = partial(_fix_project_number, patches)
    actions[f"{AIPLATFORM}.models"] = partial(_call_in_threads, patches)
    for package in ("agentplatform", "vertexai"):
        actions[f"{package}._genai.client"] = partial(_point_client, patches, url, project, location)
        actions[f"{package}._genai.prompts"] = partial(_shorten_all_sleeps, patches)
    watcher = AfterImport(actions)
    watcher.install()
    patches.on_restore(watcher.remove)
    _rewrite_hosts(patches, url)


def prefer_rest(patches: Patches) -> None:
    """Let aiplatform speak REST to the real Google Cloud too: the ledger sees what is created only there."""

    def choose(initializer: ModuleType) -> None:
        patches.replace(initializer.global_config, "_api_transport", "rest")

    watcher = AfterImport({f"{AIPLATFORM}.initializer": choose})
    watcher.install()
    patches.on_restore(watcher.remove)


def _point_config(patches: Patches, url: str, project: str, location: str, initializer: ModuleType) -> None:
    """What `aiplatform.init(api_endpoint=url, api_transport="rest")` sets; the rest of the configuration too.

    Whatever later calls of `init` change goes with the session: `restore` puts the present values back.
    """
    config = initializer.global_config
    values = {"_api_endpoint": url, "_api_transport": "rest", "_project": project, "_location": location}
    for name, before in list(vars(config).items()):
        patches.replace(config, name, values.get(name, before))


def _fix_project_number(patches: Patches, utils: ModuleType) -> None:
    patches.replace(utils, "get_project_number", lambda project_id, *args, **options: project_number(project_id))
    patches.replace(utils, "get_project_id", lambda project_number, *args, **options: project_number)


def _shorten_sleeps(patches: Patches, module: ModuleType) -> None:
    patches.replace(module, "time", ShortSleeps())


def _shorten_all_sleeps(patches: Patches, module: ModuleType) -> None:
    """Those of a module that waits in coroutines as well."""
    _shorten_sleeps(patches, module)
    patches.replace(module, "asyncio", ShortAsyncSleeps())


def _call_in_threads(patches: Patches, models: ModuleType) -> None:
    for name in ("predict", "explain"):
        patches.replace(models.Endpoint, f"{name}_async", _in_thread(name))


def _in_thread(name: str) -> Callable[..., Any]:
    async def call(self: Any, *args: Any, **options: Any) -> Any:
        return await asyncio.to_thread(getattr(self, name), *args, **options)

    return call


def _point_client(patches: Patches, url: str, project: str, location: str, module: ModuleType) -> None:
    original = module.Client.__init__

    @wraps(original)
    def construct(self: Any, **options: Any) -> None:
        http_options = options.get("http_options") or {}
        given = http_options if isinstance(http_options, dict) else http_options.model_dump(exclude_none=True)
        options["http_options"] = {"base_url": url, **given}
        options["project"] = options.get("project") or project
        options["location"] = options.get("location") or location
        original(self, **options)

    patches.replace(module.Client, "__init__", construct)


def _rewrite_hosts(patches: Patches, here: str) -> None:
    original = requests.AuthorizedSession.request

    def request(self: Any, method: str, url: str, *args: Any, **options: Any) -> Any:
        return original(self, method, GOOGLE_HOST.sub(here, url, count=1), *args, **options)

    patches.replace(requests.AuthorizedSession, "request", request)
