"""How many bytes a query reads: what Google bills.

Only the columns that are named count, of the tables that are read; of a partitioned table only the partitions that the
WHERE clause leaves. (Clustering makes real queries cheaper still; Google does not promise by how much, and a dry run
does not show it. A single field of a STRUCT counts as the whole column here.)
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ..names import TableKey
from .dialect import duckdb_sql, invalid_query
from .resolve import Resolver
from .sources import SUFFIX, Source

if TYPE_CHECKING:
    from sqlglot import exp

    from ..catalog import Warehouse
    from .scene import Scene


@dataclass
class Read:
    """One table that a query reads: which columns (None: all), and the DuckDB condition on its partitions."""

    key: TableKey
    columns: set[str] | None
    where: str = ""


@dataclass
class Use:
    """What a query wants of one source."""

    node: exp.Table
    source: Source
    columns: set[str] = field(default_factory=set)
    conditions: list[exp.Expression] = field(default_factory=list)


def uses(tree: exp.Expression, resolver: Resolver) -> list[Use]:
    """Every use of a table in a statement, with the columns it needs."""
    from sqlglot import exp

    found = {
        id(node): Use(node, node.meta["source"])
        for node in tree.find_all(exp.Table)
        if isinstance(node.meta.get("source"), Source) and node.meta["source"].keys
    }
    needed = Needed(tree, resolver)
    for column in tree.find_all(exp.Column):
        if isinstance(column.parent, exp.Star) or not needed.wants(column):
            continue
        owner = resolver.owner(column)
        if owner and id(owner[0]) in found:
            found[id(owner[0])].columns |= _top_names(column, owner, resolver)
    for query in tree.find_all(exp.Select):
        _note_stars(query, found, resolver, needed.names(query))
    for use in found.values():
        use.conditions = list(_conditions(use, resolver))
    return list(found.values())


def _top_names(column: exp.Column, owner: tuple, resolver: Resolver) -> set[str]:
    fields = {name["name"].lower() for name in resolver.fields(owner[0])}
    if owner[1] is None:
        return fields
    return {next((part.name.lower() for part in column.parts if part.name.lower() in fields), "")}


class Needed:
    """Which columns of subqueries the queries around them ask for: the others are not read.

    Only plain subqueries and WITH queries are looked into; of unions, DISTINCT and whatever is uncertain everything
    counts as needed.
    """

    def __init__(self, tree: exp.Expression, resolver: Resolver) -> None:
        from sqlglot import exp

        self._exp, self._resolver = exp, resolver
        self._names: dict[int, set[str] | None] = {}
        inner: dict[int, exp.Expression] = {}
        for node in tree.find_all(exp.Subquery, exp.Table):
            query = resolver.query_of(node)
            if isinstance(query, exp.Select) and isinstance(node.parent, (exp.From, exp.Join)):
                inner[id(query)] = query
                self._names.setdefault(id(query), set())
            elif query is not None:
                self._names[id(query)] = None
        for node in tree.find_all(exp.SetOperation):
            self._names |= {id(part): None for part in node.find_all(exp.Select)}
        for query in inner.values():
            if query.args.get("distinct"):
                self._names[id(query)] = None
        self._collect(tree)

    def names(self, query: exp.Expression) -> set[str] | None:
        """The output columns that are needed, in lower case; None for all."""
        return self._names.get(id(query))

    def wants(self, column: exp.Column) -> bool:
        """Whether a column is read: it is not, inside an output column that nobody asks for."""
        part = column
        while part.parent is not None and not isinstance(part.parent, self._exp.Select):
            part = part.parent
        wanted = self.names(part.parent) if part.parent is not None else None
        return wanted is None or part.arg_key != "expressions" or part.alias_or_name.lower() in wanted

    def _collect(self, tree: exp.Expression) -> None:
        """From the outside in: what a query needs of its sources (a source is inside of, or before, its user)."""
        for _ in range(8):  # WITH queries may use each other in a chain
            before = {name: None if found is None else set(found) for name, found in self._names.items()}
            for column in tree.find_all(self._exp.Column):
                if isinstance(column.parent, self._exp.Star) or not self.wants(column):
                    continue
                owner = self._resolver.owner(column)
                query = self._resolver.query_of(owner[0]) if owner else None
                if query is not None and self._names.get(id(query)) is not None:
                    names = _top_names(column, owner, self._resolver)
                    self._names[id(query)] |= names
            for query in tree.find_all(self._exp.Select):
                self._pass_stars_on(query)
            if before == self._names:
                return
        self._names.clear()

    def _pass_stars_on(self, query: exp.Select) -> None:
        stars = [part for part in query.expressions if part.is_star]
        for _, node in self._resolver.sources(query):
            inner = self._resolver.query_of(node)
            wanted = self._names.get(id(inner)) if inner is not None else None
            if wanted is None:
                continue
            if stars and self.names(query) is None:
                self._names[id(inner)] = None
            elif stars:
                wanted |= self.names(query)
            wanted |= {
                name.name.lower() for join in query.args.get("joins") or () for name in join.args.get("using") or ()
            }


def _note_stars(query: exp.Select, found: dict[int, Use], resolver: Resolver, wanted: set[str] | None) -> None:
    from sqlglot import exp

    sources = list(resolver.sources(query))
    shared = {name.name.lower() for join in query.args.get("joins") or () for name in join.args.get("using") or ()}
    for _, node in sources:
        if id(node) in found:
            found[id(node)].columns |= shared
    for star in [part for part in query.expressions if part.is_star]:
        owner = star.table.lower() if isinstance(star, exp.Column) else None
        inner = star.this if owner else star
        dropped = {part.name.lower() for part in inner.args.get("except_") or inner.args.get("except") or ()}
        for alias, node in sources:
            if id(node) in found and owner in (None, alias.lower()):
                names = {name["name"].lower() for name in resolver.fields(node)}
                found[id(node)].columns |= (names - dropped) if wanted is None else (names - dropped) & wanted


def _conditions(use: Use, resolver: Resolver) -> Iterator[exp.Expression]:
    """The parts of WHERE that speak of this table's partitions (or table suffix) only."""
    from sqlglot import exp

    query = use.node.find_ancestor(exp.Select, exp.Update, exp.Delete, exp.Merge)
    wanted = partition_columns(use)
    if query is None or not wanted:
        return
    where = query.args.get("where")
    whole = query.args.get("on") if isinstance(query, exp.Merge) else where.this if where is not None else None
    if whole is None:
        return
    whole = whole.unnest()
    parts = list(whole.flatten()) if isinstance(whole, exp.And) else [whole]
    for part in parts:
        columns = list(part.find_all(exp.Column))
        owners = [resolver.owner(column) for column in columns]
        mine = [
            owner[0] is use.node and column.name.lower() in wanted
            for column, owner in zip(columns, owners, strict=True)
            if owner
        ]
        if mine and all(mine) and part.find(exp.Query) is None:
            yield part.copy()


def partition_columns(use: Use) -> set[str]:
    """The columns by which a table is divided, in lower case."""
    return {SUFFIX.lower()} if use.source.suffixes else use.source.partitioned_by


def reads(found: list[Use], scene: Scene) -> list[Read]:
    """What has to be weighed; each condition is translated on its own. Must be called before the tree is rewritten."""
    from .rewrite import annotate, rewrite

    result = []
    for use in found:
        if use.source.is_past:
            continue
        texts = []
        for condition in use.conditions:
            holder = condition
            for column in list(holder.find_all(_column_type())):
                column.set("table", None)
                column.set("db", None)
            annotate(holder)
            texts.append(f"({duckdb_sql(rewrite(holder, scene))})")
        where = " AND ".join(texts)
        for key in use.source.keys:
            if use.source.suffixes and where and not _suffix_matches(use.source.suffixes[key], where, scene):
                continue
            result.append(Read(key, use.columns - {SUFFIX.lower()}, "" if use.source.suffixes else where))
    return result


def _column_type() -> type:
    from sqlglot import exp

    return exp.Column


def _suffix_matches(suffix: str, where: str, scene: Scene) -> bool:
    from ..types import literal, quoted

    text = f"SELECT count(*) FROM (SELECT {literal(suffix)} AS {quoted(SUFFIX)}) WHERE {where}"
    return bool(scene.warehouse.con.execute(text).fetchall()[0][0])


def check_partition_filters(found: list[Use], scene: Scene) -> None:
    """Raises ApiError 400 for a table that must not be read without a condition on its partitions."""
    for use in found:
        for key in use.source.keys:
            meta = scene.warehouse.table(key)
            layout = meta.get("timePartitioning") or meta.get("rangePartitioning") or {}
            needed = meta.get("requirePartitionFilter") or layout.get("requirePartitionFilter")
            if needed and not use.conditions:
                name = f"{key.project}.{key.dataset}.{key.table}"
                raise invalid_query(
                    f"Cannot query over table '{name}' without a filter over column(s) '{layout.get('field')}' "
                    "that can be used for partition elimination"
                )


def weigh(found: list[Read], warehouse: Warehouse) -> int:
    """The bytes that all reads take; a table that is read twice counts once, with all columns."""
    total = 0
    grouped: dict[tuple[TableKey, str], set[str]] = {}
    for read in found:
        grouped.setdefault((read.key, read.where), set()).update(read.columns or ())
    for (key, where), columns in grouped.items():
        total += warehouse.size(key, columns, where)
    return total
