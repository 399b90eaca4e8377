"""Which Google services are in use: by operations called, by what a ledger lists, by a project's enabled interfaces.

Counted amounts that are no service of Google's ("offline.…") are left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from types import MappingProxyType

from .catalogue import Catalogue, Need

NO_SERVICE = "offline"
SCHEMES = MappingProxyType({"gs": "storage", "bq": "bigquery"})
COLLECTION = re.compile(r"/locations/[^/]+/(\w+)")
COLLECTIONS = MappingProxyType(  # what stands after the location in a name of Vertex AI, and the service it belongs to
    {
        "datasets": "DatasetService",
        "models": "ModelService",
        "endpoints": "EndpointService",
        "pipelineJobs": "PipelineService",
        "trainingPipelines": "PipelineService",
        "schedules": "ScheduleService",
        "customJobs": "JobService",
        "batchPredictionJobs": "JobService",
        "hyperparameterTuningJobs": "JobService",
        "metadataStores": "MetadataService",
        "tensorboards": "TensorboardService",
        "modelMonitors": "ModelMonitoringService",
        "featureGroups": "FeatureRegistryService",
        "featureOnlineStores": "FeatureOnlineStoreAdminService",
        "tuningJobs": "GenAiTuningService",
        "cachedContents": "GenAiCacheService",
    }
)


def services_in_use(
    operations: Iterable[str], apis: Iterable[str], catalogue: Catalogue
) -> tuple[list[Need], list[str]]:
    """The services of the catalogue that are in use, in its order, and what it does not know, sorted.

    An operation is "storage.objects.insert" or "vertex.ModelService.UploadModel": the service is what stands before the
    first dot, and for Vertex AI before the second. An interface is "bigquery.googleapis.com", or "bigquery" for short.
    """
    families = {_family(operation) for operation in operations} - {NO_SERVICE}
    enabled = {api.removesuffix(".googleapis.com") for api in apis}
    used, explained = [], set()
    for service in catalogue.services.values():
        found = (families & set(service.operations)) | (enabled & set(service.apis))
        if found:
            used.append(service)
            explained |= found
    return used, sorted((families | enabled) - explained)


def _family(operation: str) -> str:
    parts = operation.split(".")
    return ".".join(parts[:2]) if parts[0] == "vertex" else parts[0]


def operations_of(names: Iterable[str]) -> list[str]:
    """What a ledger's names say about the services in use, as operations: for `services_in_use` or `Team.coverage`.

    `names` are those of `session.ledger.entries` ("gs://bucket/object", "vertex://projects/…/models/7"). One that is
    not recognised stands for itself, so that it is shown and not lost.
    """
    found = set()
    for name in names:
        scheme, separator, path = name.partition("://")
        collection = COLLECTION.search(path) if scheme == "vertex" else None
        if collection:
            found.add(f"vertex.{COLLECTIONS.get(collection[1], collection[1])}.created")
        else:
            found.add(f"{SCHEMES.get(scheme, scheme)}.created" if separator else name)
    return sorted(found)
