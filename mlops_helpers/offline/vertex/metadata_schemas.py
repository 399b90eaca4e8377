"""Metadata schemas: what kinds of artifacts, executions and contexts a metadata store knows.

The predefined ones are in every store. A title that no store knows is refused: schema and version are registered first,
then used. The schemas are kept as text; metadata are not validated against them.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from . import generic, listing
from .behaviours import Call, behaviour
from .errors import bad_field, exists, missing
from .store import parent_of

if TYPE_CHECKING:
    from .service import Vertex

PREDEFINED = {
    "ARTIFACT_TYPE": (
        *(f"system.{name}" for name in ("Artifact", "Dataset", "Model", "Metrics", "ClassificationMetrics")),
        *(f"system.{name}" for name in ("SlicedClassificationMetrics", "HTML", "Markdown")),
        *(f"google.{name}" for name in ("VertexDataset", "VertexModel", "VertexEndpoint", "VertexTensorboardRun")),
        *(f"google.{name}" for name in ("ClassificationMetrics", "RegressionMetrics", "ForecastingMetrics")),
        *(f"google.{name}" for name in ("UnmanagedContainerModel", "ExperimentModel", "VertexBatchPredictionJob")),
        *(f"google.{name}" for name in ("BQTable", "BQMLModel")),
    ),
    "EXECUTION_TYPE": (
        *(
            f"system.{name}"
            for name in ("ContainerExecution", "DagExecution", "ImporterExecution", "ResolverExecution")
        ),
        *(f"system.{name}" for name in ("CustomJobExecution", "Run")),
    ),
    "CONTEXT_TYPE": ("system.Pipeline", "system.PipelineRun", "system.Experiment", "system.ExperimentRun"),
}
VERSION = "0.0.1"
SCHEMA_VERSION = re.compile(r"\d+\.\d+\.\d+")
TITLE = re.compile(r"^title:\s*(\S+)", re.MULTILINE)


@behaviour("MetadataService.CreateMetadataSchema")
def create_metadata_schema(vertex: Vertex, call: Call) -> dict[str, Any]:
    """Register a schema, OpenAPI in YAML with a title of its own."""
    vertex.store.get(call.request.parent)
    sent = call.request.metadata_schema
    if not SCHEMA_VERSION.fullmatch(sent.schema_version):
        raise bad_field("metadata_schema.schema_version", sent.schema_version, "three numbers, such as 0.0.1")
    found = title_of(sent.schema)
    if found is None:
        raise bad_field("metadata_schema.schema", sent.schema[:60], "YAML with a line 'title: namespace.Name'")
    if any(
        (title_of(held["schema"]), held["schemaVersion"]) == (found, sent.schema_version)
        for held in schemas(vertex, call.request.parent)
    ):
        raise exists(f"{call.request.parent}/metadataSchemas: {found} {sent.schema_version}")
    return generic.create(vertex, call)


@behaviour("MetadataService.GetMetadataSchema")
def get_metadata_schema(vertex: Vertex, call: Call) -> dict[str, Any]:
    """One schema."""
    held = schemas(vertex, parent_of(call.request.name))
    found = next((schema for schema in held if schema["name"] == call.request.name), None)
    if found is None:
        raise missing(call.request.name)
    return found


@behaviour("MetadataService.ListMetadataSchemas")
def list_metadata_schemas(vertex: Vertex, call: Call) -> dict[str, Any]:
    """The predefined schemas, then the registered ones."""
    vertex.store.get(call.request.parent)
    return listing.answer(call.request, call.rpc.response_type, schemas(vertex, call.request.parent))


def schemas(vertex: Vertex, store: str) -> list[dict[str, Any]]:
    """Every schema of a metadata store as JSON."""
    created = vertex.store.get(store).get("createTime")
    predefined = [
        {
            "name": f"{store}/metadataSchemas/{title.replace('.', '-').lower()}-{VERSION.replace('.', '-')}",
            "schemaVersion": VERSION,
            "schema": f"title: {title}\ntype: object\n",
            "schemaType": kind,
            "createTime": created,
        }
        for kind, titles in PREDEFINED.items()
        for title in titles
    ]
    return predefined + vertex.store.list(store, "metadataSchemas")


def title_of(schema: str) -> str | None:
    """The title that a schema gives itself.

    >>> title_of("title: demo.Corpus\\ntype: object\\n")
    'demo.Corpus'
    """
    found = TITLE.search(schema)
    return found[1].strip("'\"") if found else None


def check_schema(vertex: Vertex, store: str, sent: Any) -> None:
    """Raises ApiError 400 for a schema title (or version of it) that is not registered in this metadata store."""
    if not sent.schema_title:
        return
    kind = f"{sent.DESCRIPTOR.name.upper()}_TYPE"
    known = [schema for schema in schemas(vertex, store) if schema.get("schemaType", kind) == kind]
    titles = {title_of(schema["schema"]) for schema in known}
    if sent.schema_title not in titles:
        wanted = f"a registered schema of this kind ({', '.join(sorted(titles))}), or create_metadata_schema first"
        raise bad_field("schema_title", sent.schema_title, wanted)
    versions = sorted(schema["schemaVersion"] for schema in known if title_of(schema["schema"]) == sent.schema_title)
    if sent.schema_version and sent.schema_version not in versions:
        raise bad_field("schema_version", sent.schema_version, f"one of {', '.join(versions)}")
