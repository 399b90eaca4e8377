"""Which Google services are in use: read off the operations that were called, or off a project's enabled interfaces."""

from __future__ import annotations

from collections.abc import Iterable

from .catalogue import Catalogue, Need


def services_in_use(
    operations: Iterable[str], apis: Iterable[str], catalogue: Catalogue
) -> tuple[list[Need], list[str]]:
    """The services of the catalogue that are in use, in its order, and what it does not know, sorted.

    An operation is "storage.objects.insert" or "vertex.ModelService.UploadModel": the service is what stands before the
    first dot, and for Vertex AI before the second. An interface is "bigquery.googleapis.com", or "bigquery" for short.
    """
    families = {_family(operation) for operation in operations}
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
