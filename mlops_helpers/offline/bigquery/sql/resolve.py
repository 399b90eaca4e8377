"""The type of each expression of a statement, as far as the rewriting and the checks need it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..types import Field
from .kinds import ARRAY_RETURNS, RETURN_OF, field_of_type, is_kind, item, kind, quotient, widest
from .nodes import bare
from .scopes import Scopes

if TYPE_CHECKING:
    from sqlglot import exp


class Resolver(Scopes):
    """Names and types of one statement."""

    def of(self, node: exp.Expression | None) -> Field | None:
        """The type of an expression, or None."""
        if node is None:
            return None
        for name in [cls.__name__ for cls in type(node).__mro__]:
            if rule := RULES.get(name):
                return rule(self, node)
        return None

    def column(self, node: exp.Column) -> Field | None:
        """The type of a column or of a field inside it."""
        found = self.owner(node)
        return found[1] if found and found[1] and found[1]["type"] else None

    def call(self, node: exp.Expression) -> Field | None:
        """The type of a function call."""
        name = node.name.upper()
        arguments = [bare(argument) for argument in node.expressions]
        if name in ARRAY_RETURNS:
            return kind(ARRAY_RETURNS[name], mode="REPEATED")
        rule = RETURN_OF.get(name)
        first = self.of(arguments[0]) if arguments else None
        if name == "STRUCT":
            fields = [{**(self.of(part) or kind("")), "name": part.alias_or_name} for part in node.expressions]
            return {"type": "RECORD", "mode": "NULLABLE", "fields": fields}
        if name == "GENERATE_ARRAY":
            return {**(widest([self.of(part) for part in arguments]) or kind("INTEGER")), "mode": "REPEATED"}
        if rule == "first":
            return first if not is_kind(first, "STRING") or not name.startswith("DATE_") else kind("DATE")
        if rule == "widest":
            return widest([self.of(part) for part in arguments])
        if rule == "quotient":
            return quotient([self.of(part) for part in arguments])
        if rule == "items":
            return {**first, "mode": "REPEATED"} if first and first["mode"] != "REPEATED" else None
        return kind(rule) if rule else None

    def arithmetic(self, node: exp.Expression) -> Field | None:
        """The type of a sum, difference or product."""
        left, right = self.of(node.this), self.of(node.expression)
        if is_kind(left, "DATE", "DATETIME", "TIMESTAMP", "TIME"):
            if is_kind(right, left["type"]):
                return kind("INTERVAL")
            return kind("DATETIME") if is_kind(left, "DATE") and is_kind(right, "INTERVAL") else left
        if is_kind(right, "DATE", "DATETIME", "TIMESTAMP"):  # `1 + DATE`, `INTERVAL 1 DAY + TIMESTAMP`
            return kind("DATETIME") if is_kind(right, "DATE") and is_kind(left, "INTERVAL") else right
        return widest([left, right])

    def array(self, node: exp.Expression) -> Field | None:
        """The type of `[a, b]` or `ARRAY(SELECT ...)`."""
        first = node.expressions[0] if node.expressions else None
        if isinstance(first, self._exp.Query):
            outputs = self.outputs(first)
            if (first.args.get("kind") or "").upper() == "STRUCT":
                return {"type": "RECORD", "mode": "REPEATED", "fields": outputs}
            return {**outputs[0], "mode": "REPEATED"} if outputs and outputs[0]["type"] else None
        found = widest([self.of(part) for part in node.expressions]) if first is not None else kind("INTEGER")
        return {**found, "mode": "REPEATED"} if found else None

    def subquery(self, node: exp.Expression) -> Field | None:
        """The type of a scalar subquery."""
        outputs = self.outputs(node.this)
        if (node.this.args.get("kind") or "").upper() == "STRUCT":
            return {**kind("RECORD"), "fields": outputs}
        return outputs[0] if outputs and outputs[0]["type"] else None

    def member(self, node: exp.Expression) -> Field | None:
        """The type of `expression.name`."""
        if isinstance(node.expression, self._exp.Anonymous):
            return None
        whole = self.of(node.this)
        if is_kind(whole, "JSON"):
            return whole
        fields = whole.get("fields", []) if is_kind(whole, "RECORD") else []
        name = node.expression.name.lower()
        return next((field for field in fields if field["name"].lower() == name and field["type"]), None)

    def branches(self, node: exp.Expression) -> Field | None:
        """The type of IF and CASE."""
        if isinstance(node, self._exp.If):
            return widest([self.of(node.args.get("true")), self.of(node.args.get("false"))])
        ends = [part.args.get("true") for part in node.args.get("ifs") or ()]
        return widest([self.of(end) for end in [*ends, node.args.get("default")]])


def literal_kind(resolver: Resolver, node: exp.Expression) -> Field:
    """The type of a literal."""
    if node.is_string:
        return kind("STRING")
    return kind("INTEGER" if node.name.isdigit() else "FLOAT")


RULES = {
    "Alias": lambda resolver, node: resolver.of(node.this),
    "Paren": lambda resolver, node: resolver.of(node.this),
    "Neg": lambda resolver, node: resolver.of(node.this),
    "Distinct": lambda resolver, node: resolver.of(node.expressions[0]),
    "Window": lambda resolver, node: resolver.of(node.this),
    "Column": Resolver.column,
    "Dot": Resolver.member,
    "Literal": literal_kind,
    "RawString": lambda resolver, node: kind("STRING"),
    "ByteString": lambda resolver, node: kind("BYTES"),
    "Boolean": lambda resolver, node: kind("BOOLEAN"),
    "Predicate": lambda resolver, node: kind("BOOLEAN"),
    "Not": lambda resolver, node: kind("BOOLEAN"),
    "Connector": lambda resolver, node: kind("BOOLEAN"),
    "Interval": lambda resolver, node: kind("INTERVAL"),
    "CurrentDate": lambda resolver, node: kind("DATE"),
    "CurrentTime": lambda resolver, node: kind("TIME"),
    "CurrentDatetime": lambda resolver, node: kind("DATETIME"),
    "CurrentTimestamp": lambda resolver, node: kind("TIMESTAMP"),
    "Extract": lambda resolver, node: kind({"DATE": "DATE", "TIME": "TIME"}.get(node.name.upper(), "INTEGER")),
    "Cast": lambda resolver, node: field_of_type(node.args["to"]),
    "ParseJSON": lambda resolver, node: kind("JSON"),
    "Div": lambda resolver, node: quotient([resolver.of(node.this), resolver.of(node.expression)]),
    "Add": Resolver.arithmetic,
    "Sub": Resolver.arithmetic,
    "Mul": Resolver.arithmetic,
    "DPipe": lambda resolver, node: resolver.of(node.this),
    "Array": Resolver.array,
    "Subquery": Resolver.subquery,
    "Bracket": lambda resolver, node: item(resolver.of(node.this)) or resolver.of(node.this),
    "If": Resolver.branches,
    "Case": Resolver.branches,
    "SafeFunc": lambda resolver, node: resolver.of(node.this),
    "Anonymous": Resolver.call,
}
