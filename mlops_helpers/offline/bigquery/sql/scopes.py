"""Who is meant by a name: for each query its sources and columns, for each column its source.

`Scopes` walks outwards as SQL does: a column belongs to a source of the SELECT it stands in, or of one around it.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..types import Field
from .kinds import is_kind, item, kind
from .nodes import source_alias
from .sources import Source

if TYPE_CHECKING:
    from sqlglot import exp


class Scopes(ABC):
    """Names of one statement; tables carry their `Source` in `meta["source"]`."""

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

    def is_known(self, node: exp.Expression) -> bool:
        """Whether `fields` gives every column of a source."""
        exp = self._exp
        if node.args.get("pivots"):
            return False
        if isinstance(node, exp.Unnest):
            return item(self.of(node.expressions[0])) is not None
        query = self.query_of(node)
        if isinstance(query, exp.Select) and any(part.is_star for part in query.expressions):
            return all(self.is_known(source) for _, source in self.sources(query))
        return bool(self.fields(node))

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
        for query in self.around(column):
            sources = list(self.sources(query))
            for position in (0, 1, 2):
                for alias, node in sources:
                    if len(parts) > position and alias.lower() == parts[position] and self._names_path(parts, position):
                        return node, self._field(node, parts[position + 1 :] or self._item_name(node))
            for _, node in sources:
                if field := self._field(node, parts):
                    return node, field
        return None

    def _item_name(self, node: exp.Expression) -> list[str]:
        """The name of an UNNESTed array is the name of its items; any other source's name is its whole row."""
        return [source_alias(node).lower()] if isinstance(node, self._exp.Unnest) else []

    def _names_path(self, parts: list[str], position: int) -> bool:
        return position == 0 or len(parts) > position + 1

    def around(self, node: exp.Expression) -> Iterator[exp.Expression]:
        """The statements a node stands in, the innermost first."""
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

    @abstractmethod
    def of(self, node: exp.Expression | None) -> Field | None:
        """The type of an expression, or None: see `Resolver`."""
