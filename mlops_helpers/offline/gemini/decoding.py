"""JSON bodies with names in Google's spelling, held against the published contract.

Google's JSON takes a field's name in camelCase and in snake_case, and its own client sends a mixture
(`property_ordering`, `parameters_json_schema`). Names are put into camelCase field by field, along the contract's
types: the keys of maps (property names, arguments, labels) are data and stay as they are.
"""

from __future__ import annotations

import re
from typing import Any

from ..contract import check_body, contract
from ..wire import Request

# In JSON Schema a type may be a list, and schemas there have fields that Google's own Schema does not: left alone.
SERVICE = "gemini"
NUMBERED = "enum-encoding=int"


def body_of(request: Request, type_name: str) -> dict:
    """A request's JSON. Vertex AI's own client writes enums as numbers, and says so: they get their names back."""
    body = request.json()
    if NUMBERED not in (request.query("$alt") or ""):
        return body
    from google.cloud import aiplatform_v1, aiplatform_v1beta1

    from ..vertex import typed

    package = aiplatform_v1beta1 if request.path.startswith("/v1beta1/") else aiplatform_v1
    return typed.to_json(typed.parse(body, getattr(package, type_name).pb()))


def decode(type_name: str, body: dict) -> dict:
    """The body with camelCase names. Raises ApiError 400 for an unknown field or a wrong type."""
    found = _renamed(contract(SERVICE)["types"], "@" + type_name, body)
    check_body(SERVICE, type_name, found)
    return found


def camel(name: str) -> str:
    """A name in camelCase.

    >>> camel("response_mime_type"), camel("topK")
    ('responseMimeType', 'topK')
    """
    return re.sub(r"_([a-z0-9])", lambda found: found[1].upper(), name)


def _renamed(types: dict, kind: str, value: Any) -> Any:
    if kind.startswith("@") and isinstance(value, dict):
        fields = types[kind[1:]]
        names = {name: name if name in fields else camel(name) for name in value}
        return {
            names[name]: _renamed(types, fields.get(names[name], "any"), item)
            for name, item in value.items()
            if item is not None
        }
    if kind.startswith("[]") and isinstance(value, list):
        return [_renamed(types, kind[2:], item) for item in value]
    if kind.startswith("{}") and isinstance(value, dict):
        return {name: _renamed(types, kind[2:], item) for name, item in value.items()}
    return value
