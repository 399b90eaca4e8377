"""Google's discovery documents as a judge: is this exchange one that the published contract allows?"""

from functools import cache

from jsonschema import Draft202012Validator

from mlops_helpers.offline.contract import UNLISTED
from tools.wire_contract import discovery, methods

SERVICES = ("storage", "bigquery")
LONG = 40  # of a longer list only the first items are judged


@cache
def published(service: str) -> dict[str, dict]:
    """Every published operation of a service by its id."""
    return {method["id"]: method for method in methods(discovery(service))}


@cache
def validator(service: str, type_name: str) -> Draft202012Validator:
    """A strict JSON-Schema validator of one type: unknown fields are errors."""
    types = {name: strict(schema) for name, schema in discovery(service)["schemas"].items()}
    return Draft202012Validator({"$ref": f"#/$defs/{type_name}", "$defs": types})


def strict(schema: dict) -> dict:
    """A discovery schema as JSON Schema."""
    if "$ref" in schema:
        return {"$ref": f"#/$defs/{schema['$ref']}"}
    kind = schema.get("type", "any")
    if kind == "array":
        return {"type": "array", "items": strict(schema["items"])}
    if kind == "object":
        extra = schema.get("additionalProperties")
        fields = {name: strict(value) for name, value in schema.get("properties", {}).items()}
        return {"type": "object", "properties": fields, "additionalProperties": strict(extra) if extra else not fields}
    if kind == "any":
        return {}
    return {"type": kind} | ({"pattern": r"^-?\d+$"} if schema.get("format") in ("int64", "uint64") else {})


def shortened(value):
    """The same JSON without nulls in objects, and with long lists cut."""
    if isinstance(value, dict):
        return {key: shortened(item) for key, item in value.items() if item is not None}
    return [shortened(item) for item in value[:LONG]] if isinstance(value, list) else value


def faults(route, request, response) -> list[str]:
    """What the published contract says against an exchange; empty if nothing."""
    service = route.operation.partition(".")[0]
    method = published(service).get(route.operation) if service in SERVICES else None
    if method is None:
        return []
    known = {*discovery(service)["parameters"], *method.get("parameters", {}), *UNLISTED}
    found = [f"{route.operation}: query parameter {name!r}" for name in request.queries if name not in known]
    if response.json is not None and response.status < 300 and "response" in method:
        judge = validator(service, method["response"]["$ref"])
        errors = judge.iter_errors(shortened(response.json))
        found += [f"{route.operation} answers {error.json_path}: {error.message[:300]}" for error in errors]
    return found
