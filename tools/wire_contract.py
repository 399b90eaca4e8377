"""Boil Google's discovery documents down to what the offline cloud checks at run time: names and types, no prose.

    python -m tools.wire_contract            rewrites mlops_helpers/offline/contracts/*.json

The documents come from the test-only package `google-api-python-client` (Apache-2.0). A test runs `boil_down` again
and compares, so an upgraded package shows what Google added.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from importlib import resources
from pathlib import Path

CONTRACTS = Path(__file__).resolve().parent.parent / "mlops_helpers" / "offline" / "contracts"
DOCUMENTS = {"storage": "storage.v1.json", "bigquery": "bigquery.v2.json"}
# Written by the service only; their trees are ten times larger than all the rest together.
OUTPUT_ONLY = {"Job.statistics", "Table.materializedViewStatus", "Model.trainingRuns"}
# Declared as text, but Google's own Python client sends a JSON number for a FLOAT64 parameter, and BigQuery takes it.
LOOSE = {"QueryParameterValue.value"}


def discovery(service: str) -> dict:
    """Google's discovery document of a service, as shipped with google-api-python-client."""
    folder = resources.files("googleapiclient.discovery_cache") / "documents"
    return json.loads((folder / DOCUMENTS[service]).read_text())


def methods(node: dict) -> Iterator[dict]:
    """Every method below a resource of a discovery document."""
    yield from node.get("methods", {}).values()
    for child in node.get("resources", {}).values():
        yield from methods(child)


def boil_down(service: str) -> dict:
    """`{"methods": {id: {"query": {name: type}, "request": type}}, "types": {type: {field: type}}}`, sorted.

    A type is `string`, `integer`, `number`, `boolean`, `int64`, `any`, `@Name`, `[]type` or `{}type`.
    """
    document, found, types = discovery(service), {}, {}
    for method in methods(document):
        parameters = {**document["parameters"], **method.get("parameters", {})}
        query = {name: kind(p) for name, p in parameters.items() if p["location"] == "query"}
        request = method.get("request", {}).get("$ref")
        found[method["id"]] = {"query": query} | ({"request": request} if request else {})
        if request:
            collect(request, document["schemas"][request], document["schemas"], types)
    return {"methods": found, "types": types}


def kind(schema: dict) -> str:
    """The short word for a property's type."""
    if schema.get("format") in ("int64", "uint64"):
        return "int64"
    return schema.get("type", "any")


def collect(name: str, schema: dict, schemas: dict, types: dict) -> None:
    """Add a type, and every type its fields need, to `types`."""
    if name in types:
        return
    types[name] = {}
    for field, value in schema.get("properties", {}).items():
        path = f"{name}.{field}"
        types[name][field] = "any" if path in OUTPUT_ONLY | LOOSE else describe(path, value, schemas, types)


def describe(path: str, schema: dict, schemas: dict, types: dict) -> str:
    """The type of one field; nested objects get the name of the path that leads to them."""
    if "$ref" in schema:
        collect(schema["$ref"], schemas[schema["$ref"]], schemas, types)
        return "@" + schema["$ref"] if types[schema["$ref"]] else "any"
    if schema.get("type") == "array":
        return "[]" + describe(path, schema["items"], schemas, types)
    if schema.get("type") == "object" and "additionalProperties" in schema:
        return "{}" + describe(path, schema["additionalProperties"], schemas, types)
    if schema.get("type") == "object" and "properties" in schema:
        collect(path, schema, schemas, types)
        return "@" + path
    return "any" if schema.get("type") == "object" else kind(schema)


def main() -> None:
    """Rewrite the contract files."""
    for service in DOCUMENTS:
        text = json.dumps(boil_down(service), indent=1, sort_keys=True) + "\n"
        (CONTRACTS / f"{service}.json").write_text(text)


if __name__ == "__main__":
    main()
