"""Endpoints that nobody asks, and versions of models that nothing points to.

An endpoint is idle if Cloud Monitoring has not counted one prediction on it in the whole span (the metric
`aiplatform.googleapis.com/prediction/online/prediction_count`). A version is idle if it has no alias and runs on no
endpoint of this location; its artifact is what costs, in Cloud Storage.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from .errors import PriceError, UnknownSku
from .idle_items import Idle, Window
from .money import Money
from .prices import price

if TYPE_CHECKING:
    from google.cloud import aiplatform

COUNT = "aiplatform.googleapis.com/prediction/online/prediction_count"
HOURS = 730  # of a month
GIB = 2**30
PREFIX = "vertex://"


def idle_endpoints(project: str, location: str, window: Window, unpriced: list[str]) -> Iterator[Idle]:
    """Yield endpoints without a prediction since `window.since`; names whose machine has no price go to `unpriced`."""
    from google.cloud import aiplatform

    asked = predictions(project, window)
    for endpoint in aiplatform.Endpoint.list(project=project, location=location):
        if not window.holds(endpoint.create_time) or asked.get(endpoint.name, 0):
            continue
        deployed = endpoint.list_models()
        name = PREFIX + endpoint.resource_name
        try:
            money = sum((_hours(model, window) for model in deployed), start=Money(0))
        except PriceError:
            unpriced.append(name)
            money = Money(0)
        why = f"{len(deployed)} models, no prediction since {window.since:%Y-%m-%d}" if deployed else "no model on it"
        yield Idle("endpoint", name, why, money, endpoint.create_time.isoformat())


def predictions(project: str, window: Window) -> dict[str, int]:
    """Return how many predictions Cloud Monitoring counted in the window, by endpoint id; none: not in it."""
    from google.cloud import monitoring_v3

    request = {
        "name": f"projects/{project}",
        "filter": f'metric.type = "{COUNT}"',
        "interval": {"start_time": window.since, "end_time": window.now},
        "view": "FULL",
    }
    found: dict[str, int] = {}
    with monitoring_v3.MetricServiceClient() as client:
        for series in client.list_time_series(request=request):
            number = series.resource.labels["endpoint_id"]
            found[number] = found.get(number, 0) + sum(point.value.int64_value for point in series.points)
    return found


def _hours(model: Any, window: Window) -> Money:
    """What a deployed model lists at in a month, at its smallest number of replicas. Raises UnknownSku."""
    resources = model.dedicated_resources
    machine = resources.machine_spec.machine_type
    if not machine:  # automatic resources: Google chooses the machine
        raise UnknownSku("automatic resources", "a machine type", "Look at the bill: the machine is Google's choice.")
    replicas = max(resources.min_replica_count, 1)
    return price(f"endpoint.{machine}", at=window.now.date()).of(HOURS * replicas)


def idle_versions(project: str, location: str, window: Window) -> Iterator[Idle]:
    """Yield versions without alias that run nowhere; "default" counts as an alias."""
    from google.cloud import aiplatform

    place = {"project": project, "location": location}
    running = {
        f"{model.model}@{model.model_version_id}"
        for endpoint in aiplatform.Endpoint.list(**place)
        for model in endpoint.list_models()
    }
    for model in aiplatform.Model.list(**place):
        for version in model.versioning_registry.list_versions():
            name = f"{model.resource_name}@{version.version_id}"
            if version.version_aliases or name in running or not window.holds(version.version_create_time):
                continue
            known = aiplatform.Model(name)
            money = _stored(known, window)
            made = version.version_create_time.isoformat()
            yield Idle("model version", PREFIX + name, "no alias, on no endpoint", money, made)


def _stored(model: aiplatform.Model, window: Window) -> Money:
    """What a version's artifact costs to keep as STANDARD; nothing if it has none or it is gone."""
    from google.api_core.exceptions import NotFound
    from google.cloud import storage

    bucket, _, folder = (model.uri or "").removeprefix("gs://").partition("/")
    if not bucket:
        return Money(0)
    try:
        size = sum(blob.size for blob in storage.Client().list_blobs(bucket, prefix=folder.rstrip("/") + "/"))
    except NotFound:
        return Money(0)
    return price("storage.standard.gib_month", at=window.now.date()).each * size / GIB


def remove_endpoint(item: Idle, window: Window) -> None:
    """Undeploy and delete."""
    from google.cloud import aiplatform

    aiplatform.Endpoint(item.name.removeprefix(PREFIX)).delete(force=True)


def remove_version(item: Idle, window: Window) -> None:
    """Delete one version; its artifact in Cloud Storage stays, others may use it."""
    from google.cloud import aiplatform

    name, _, version = item.name.removeprefix(PREFIX).rpartition("@")
    aiplatform.Model(name).versioning_registry.delete_version(version)


REMOVERS = {"endpoint": remove_endpoint, "model version": remove_version}
