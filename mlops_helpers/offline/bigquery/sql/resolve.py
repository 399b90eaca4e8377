"""Who is meant by a name: for each query its sources and columns, for each expression its type.

`Resolver` walks outwards as SQL does: a column belongs to a source of the SELECT it stands in, or of one around it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..types import Field
from .kinds import ARRAY_RETURNS, RETURN_OF, field_of_type, is_kind, item, kind, quotient, widest
from .nodes import bare, source_alias
from .sources import Source

if TYPE_CHECKING:
    from sqlglot import exp


class Resolver:
    """Names and types of one statement; tables carry their `Source` in `meta["source"]`."""

    def __init__(self) -> None:
        from sqlglot import exp

        self._exp = exp
        self._outputs: dict[int, list[Field]] = {}
        self._unnesting: set[int] = set()

    # --- sources -------------------------------------------------------------------------------------------------

    def sources(self, query: exp.Expression) -> Iterator[tuple[str, exp.Expression]]:
        """The (alias, node) of everything a SELECT or DML statement reads directly."""
        exp = self._exp
        nodes = [query.args.get("this")] if isinstance(query, (exp.Update, exp.Delete, exp.Merge)) else []
        nodes += [query.args.get("using")] if isinstance(query, exp.Merge) else []
        start = query.args.get("from_") or query.args.get("from")
        nodes += [start.this] if start is not None else []
        nodes += [join.this for join in query.args.get("joins") or ()]
        for node in nodes:
            if isinstance(node, exp.Expression):
                yield from self._with_joins(node)

    def _with_joins(self, node: exp.Expression) -> Iterator[tuple[str, exp.Expression]]:
        exp = self._exp
        if isinstance(node, exp.Paren) or (isinstance(node, exp.Subquery) and isinstance(node.this, exp.Table)):
            yield from self._with_joins(node.this)
            return
        yield source_alias(node), node
        for join in node.args.get("joins") or ():
            yield from self._with_joins(join.this)

    def fields(self, node: exp.Expression) -> list[Field]:
        """The columns of one source; empty when they are not known."""
        exp = self._exp
        source = node.meta.get("source")
        if isinstance(source, Source):
            return source.fields
        if (query := self.query_of(node)) is not None:
            return self.outputs(query)
        if isinstance(node, exp.Unnest):
            return self._unnest_fields(node)
        return []

    def query_of(self, node: exp.Expression) -> exp.Expression | None:
        """The query behind a source: a subquery's, or that of the WITH clause it names; None for a table."""
        if isinstance(node, self._exp.Subquery):
            return node.this
        return self._cte(node) if isinstance(node, self._exp.Table) and "source" not in node.meta else None

    def _cte(self, table: exp.Table) -> exp.Expression | None:
        name, around = table.name.lower(), table.parent
        while around is not None:
            clause = around.args.get("with_") or around.args.get("with")
            for cte in clause.expressions if clause is not None else ():
                if cte.alias.lower() == name:
                    return cte.this
            around = around.parent
        return None

    def _unnest_fields(self, node: exp.Unnest) -> list[Field]:
        if id(node) in self._unnesting:  # its array is looked up in the sources beside it, never in itself
            return []
        self._unnesting.add(id(node))
        found = item(self.of(node.expressions[0]))
        self._unnesting.discard(id(node))
        alias = source_alias(node)
        offset = node.args.get("offset")
        fields = [{**found, "name": alias}] if found and alias else []
        if is_kind(found, "RECORD"):
            fields += found["fields"]
        if isinstance(offset, self._exp.Identifier):
            fields.append({"name": offset.name, **kind("INTEGER")})
        return fields

    # --- what a query returns ------------------------------------------------------------------------------------

    def outputs(self, query: exp.Expression) -> list[Field]:
        """The columns a query returns, as far as they are known."""
        if id(query) not in self._outputs:
            self._outputs[id(query)] = []  # a recursive query meets itself here
            self._outputs[id(query)] = self._output_fields(query)
        return self._outputs[id(query)]

    def _output_fields(self, query: exp.Expression) -> list[Field]:
        exp = self._exp
        if isinstance(query, (exp.SetOperation, exp.Subquery)):
            return self.outputs(query.this)
        if not isinstance(query, exp.Select):
            return []
        fields: list[Field] = []
        for projection in query.expressions:
            if projection.is_star:
                fields += self._star(query, projection)
            else:
                found = self.of(projection) or {"type": "", "mode": "NULLABLE"}
                fields.append({**found, "name": projection.alias_or_name})
        return fields

    def _star(self, query: exp.Select, star: exp.Expression) -> list[Field]:
        owner = star.table.lower() if isinstance(star, self._exp.Column) else None
        inner = star.this if isinstance(star, self._exp.Column) else star
        dropped = {column.name.lower() for column in inner.args.get("except_") or inner.args.get("except") or ()}
        fields = [
            field
            for alias, node in self.sources(query)
            if owner in (None, alias.lower())
            for field in self.fields(node)
            if field["name"].lower() not in dropped
        ]
        replaced = {found.alias.lower(): self.of(found) for found in inner.args.get("replace") or ()}
        return [
            {**(replaced.get(field["name"].lower()) or field), "name": field["name"]} if replaced else field
            for field in fields
        ]

    # --- columns -------------------------------------------------------------------------------------------------

    def owner(self, column: exp.Column) -> tuple[exp.Expression, Field | None] | None:
        """The source a column belongs to and its field (None: it is the source as a whole); None when not found."""
        parts = [part.name.lower() for part in column.parts]
        for query in self._around(column):
            sources = list(self.sources(query))
            for position in (0, 1, 2):
                for alias, node in sources:
                    if len(parts) > position and alias.lower() == parts[position] and self._names_path(parts, position):
                        return node, self._field(node, parts[position + 1 :])
            for _, node in sources:
                if field := self._field(node, parts):
                    return node, field
        return None

    def _names_path(self, parts: list[str], position: int) -> bool:
        return position == 0 or len(parts) > position + 1

    def _around(self, node: exp.Expression) -> Iterator[exp.Expression]:
        exp = self._exp
        scopes = (exp.Select, exp.Update, exp.Delete, exp.Merge)
        around = node.parent
        while around is not None:
            if isinstance(around, scopes):
                yield around
            around = around.parent

    def _field(self, node: exp.Expression, path: list[str]) -> Field | None:
        fields, found = self.fields(node), None
        for name in path:
            found = next((field for field in fields if field["name"].lower() == name), None)
            if found is None:
                return None
            if is_kind(found, "JSON"):
                return found
            fields = found.get("fields", [])
        return found

    # --- expressions ---------------------------------------------------------------------------------------------

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
            fields = [{**(self.of(part) or kind("STRING")), "name": part.alias_or_name} for part in node.expressions]
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
        return outputs[0] if outputs and outputs[0]["type"] else None

    def member(self, node: exp.Expression) -> Field | None:
        """The type of `expression.name`."""
        if isinstance(node.expression, self._exp.Anonymous):
            return None
        whole = self.of(node.this)
        if is_kind(whole, "JSON"):
            return whole
        fields = whole.get("fields", []) if is_kind(whole, "RECORD") else []
        return next((field for field in fields if field["name"].lower() == node.expression.name.lower()), None)

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
