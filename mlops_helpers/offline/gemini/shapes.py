"""A response schema in one form, whichever of Google's two dialects it came in.

`responseSchema` is Google's own subset of OpenAPI (types in capitals, `nullable`, `propertyOrdering`);
`responseJsonSchema` is JSON Schema (`$ref`, `$defs`, `const`, a list of types). A `Shape` is either of them, resolved.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from ..errors import unsupported
from .requests import wrong

TYPES = ("object", "array", "string", "integer", "number", "boolean", "null")
DEEPEST = 12
REFUSED = ("patternProperties", "oneOf", "allOf", "not", "if", "dependentRequired", "multipleOf", "uniqueItems")


@dataclass(frozen=True)
class Shape:
    """What a value must look like. `limits` holds the schema's own minimum, maxItems, pattern, format and so on."""

    type: str
    description: str = ""
    enum: tuple[Any, ...] = ()
    nullable: bool = False
    properties: dict[str, Shape] = field(default_factory=dict)
    items: Shape | None = None
    limits: dict[str, Any] = field(default_factory=dict)

    def limit(self, name: str) -> float | None:
        """A numeric limit, or None (Google writes 64-bit numbers as text)."""
        return float(self.limits[name]) if name in self.limits else None


LIMITS = ("minimum", "maximum", "minItems", "maxItems", "minLength", "maxLength", "pattern", "format")


def read_shape(schema: dict[str, Any], *, definitions: dict[str, Any] | None = None, depth: int = 0) -> Shape:
    """The shape that a schema describes. Raises ApiError 400 for a malformed schema, 501 for keywords not filled in."""
    if depth > DEEPEST:
        raise unsupported(f"Gemini: response schema nested deeper than {DEEPEST} levels")
    definitions = {**(definitions or {}), **schema.get("$defs", {}), **schema.get("defs", {})}
    if refused := [name for name in REFUSED if name in schema]:
        raise unsupported(f"Gemini: response schema with {', '.join(refused)}")
    reference = schema.get("$ref") or schema.get("ref")
    if reference:
        name = reference.rpartition("/")[2]
        if name not in definitions:
            raise wrong("response_schema", reference, f"one of {', '.join(definitions) or 'no definitions given'}")
        return read_shape(definitions[name], definitions=definitions, depth=depth + 1)
    options = schema.get("anyOf")
    return _any_of(schema, options, definitions, depth) if options else _plain(schema, definitions, depth)


def _any_of(schema: dict[str, Any], options: list[dict], definitions: dict, depth: int) -> Shape:
    real = [option for option in options if str(option.get("type", "")).lower() != "null"]
    nullable = len(real) < len(options) or bool(schema.get("nullable"))
    if not real:
        return Shape("null")
    found = read_shape(real[0], definitions=definitions, depth=depth + 1)
    said = schema.get("description") or found.description
    return replace(found, nullable=nullable or found.nullable, description=said)


def _plain(schema: dict[str, Any], definitions: dict, depth: int) -> Shape:
    kind, nullable = _type(schema)
    deeper = {"definitions": definitions, "depth": depth + 1}
    properties = schema.get("properties", {})
    missing = [name for name in schema.get("required", []) if name not in properties]
    if kind == "object" and missing:
        raise wrong("response_schema.required", ", ".join(missing), f"names among {', '.join(properties)}")
    order = schema.get("propertyOrdering") or schema.get("property_ordering") or []
    ordered = [*[name for name in order if name in properties], *[name for name in properties if name not in order]]
    items = schema.get("items")
    if kind == "array" and not isinstance(items, dict):
        raise wrong("response_schema.items", items, "a schema: every array must say what it holds")
    return Shape(
        type=kind,
        description=schema.get("description") or "",
        enum=tuple(schema.get("enum") or ([schema["const"]] if "const" in schema else ())),
        nullable=nullable,
        properties={name: read_shape(properties[name], **deeper) for name in ordered},
        items=read_shape(items, **deeper) if kind == "array" else None,
        limits={name: schema[name] for name in LIMITS if schema.get(name) is not None},
    )


def _type(schema: dict[str, Any]) -> tuple[str, bool]:
    given = schema.get("type")
    names = [str(name).lower() for name in (given if isinstance(given, list) else [given]) if name]
    nullable = bool(schema.get("nullable")) or "null" in names
    real = [name for name in names if name != "null"] or (["null"] if names else [])
    if not real:
        real = ["object" if "properties" in schema else "string"]
    if real[0] not in TYPES:
        raise wrong("response_schema.type", given, f"one of {', '.join(TYPES)}")
    return real[0], nullable
