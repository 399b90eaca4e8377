"""SQL functions: `CREATE FUNCTION d.f(x INT64) AS (x + 1)` and table functions. A call is replaced by the body."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .dialect import dialect, invalid_query, parse

if TYPE_CHECKING:
    from sqlglot import exp

    from .scene import Scene

DEEPEST = 16


@dataclass(frozen=True)
class Routine:
    """A SQL routine: its parameters (name, type or None for ANY TYPE), its body as text, whether it returns a table."""

    name: str
    parameters: tuple[tuple[str, str | None], ...]
    body: str
    returns: str | None = None
    is_table: bool = False


def of_statement(node: exp.Create, name: str) -> Routine:
    """The routine that a CREATE FUNCTION statement defines."""
    from sqlglot import exp

    parameters = []
    for part in node.this.expressions:
        kind = part.args.get("kind") if isinstance(part, exp.ColumnDef) else None
        is_any = kind is None or kind.this in (exp.DataType.Type.VARIANT, exp.DataType.Type.UNKNOWN)
        parameters.append((part.name.lower(), None if is_any else kind.sql("bigquery")))
    if node.expression is None:
        raise invalid_query(f"Function {name} has no body: write AS (expression)")
    returns = next((part.this for part in node.find_all(exp.ReturnsProperty)), None)
    is_table = isinstance(node.expression, exp.Query) and not isinstance(node.expression, exp.Subquery)
    body = node.expression.sql(dialect())
    type_text = returns.sql("bigquery") if isinstance(returns, exp.DataType) and not is_table else None
    return Routine(name, tuple(parameters), body, type_text, is_table)


def expand(tree: exp.Expression, scene: Scene, *, depth: int = 0) -> exp.Expression:
    """Replace calls of routines by their bodies and names of variables by their values; returns the root."""
    from sqlglot import exp

    if depth > DEEPEST:
        raise invalid_query(f"Function calls are nested more than {DEEPEST} levels deep: a function calls itself")
    holder = exp.Select(expressions=[tree]) if not isinstance(tree, exp.Query) and tree.parent is None else tree
    if scene.variables:
        _put_in_variables(holder, scene)
    for node in list(holder.find_all(exp.Anonymous)):
        whole = _whole_call(node)
        routine = scene.routines.get(_key(whole, node, scene))
        if routine is None:
            continue
        if isinstance(node.parent, exp.Table) and node.parent.this is node:
            _expand_table(node.parent, node, routine, scene, depth)
        elif not routine.is_table:
            whole.replace(_body(node, routine, scene, depth))
    return holder.expressions[0] if holder is not tree else tree


def _put_in_variables(tree: exp.Expression, scene: Scene) -> None:
    from sqlglot import exp

    for column in list(tree.find_all(exp.Column)):
        value = scene.variables.get(column.name.lower()) if len(column.parts) == 1 else None
        if value is not None:
            column.replace(value.copy())


def _whole_call(node: exp.Anonymous) -> exp.Expression:
    """`project.dataset.f(x)` as a whole."""
    from sqlglot import exp

    return node.parent if isinstance(node.parent, exp.Dot) and node.parent.expression is node else node


def _key(whole: exp.Expression, node: exp.Anonymous, scene: Scene) -> tuple[str, ...]:
    from sqlglot import exp

    if isinstance(node.parent, exp.Table) and node.parent.this is node:
        parts = [part.name for part in (node.parent.args.get("catalog"), node.parent.args.get("db")) if part] + [
            node.name
        ]
    elif whole is node:
        parts = [node.name]
    else:
        parts = [*whole.this.sql("bigquery").replace("`", "").split("."), node.name]
    parts = ".".join(parts).split(".")
    if len(parts) == 1:
        temporary = (parts[0].lower(),)
        return temporary if temporary in scene.routines else (*(scene.context.default_dataset or ("", "")), parts[0])
    return (scene.context.project, *parts) if len(parts) == 2 else (".".join(parts[:-2]), *parts[-2:])


def _arguments(node: exp.Anonymous, routine: Routine) -> dict[str, exp.Expression]:
    from sqlglot import exp

    if len(node.expressions) != len(routine.parameters):
        found, expected = len(node.expressions), len(routine.parameters)
        raise invalid_query(f"Function {routine.name} takes {expected} arguments, found {found}", at=node)
    values = {}
    for (name, kind), value in zip(routine.parameters, node.expressions, strict=True):
        typed = exp.Cast(this=value.copy(), to=exp.DataType.build(kind, dialect="bigquery")) if kind else value.copy()
        values[name] = exp.Paren(this=typed)
    return values


def _filled(routine: Routine, values: dict[str, exp.Expression], scene: Scene, depth: int) -> exp.Expression:
    from sqlglot import exp

    text = routine.body if routine.is_table else f"SELECT {routine.body}"
    query = parse(text)[0]
    for column in list(query.find_all(exp.Column)):
        first = column.parts[0].name.lower()
        if first in values and len(column.parts) == 1:
            column.replace(values[first].copy())
        elif first in values:
            fields = [exp.to_identifier(part.name, quoted=True) for part in column.parts[1:]]
            column.replace(exp.Dot.build([values[first].copy(), *fields]))
    expand(query, scene, depth=depth + 1)
    return query


def _body(node: exp.Anonymous, routine: Routine, scene: Scene, depth: int) -> exp.Expression:
    from sqlglot import exp

    value = _filled(routine, _arguments(node, routine), scene, depth).expressions[0]
    if routine.returns:
        value = exp.Cast(this=value, to=exp.DataType.build(routine.returns, dialect="bigquery"))
    return exp.Paren(this=value)


def _expand_table(table: exp.Table, node: exp.Anonymous, routine: Routine, scene: Scene, depth: int) -> None:
    from sqlglot import exp

    query = _filled(routine, _arguments(node, routine), scene, depth)
    alias = table.args.get("alias") or exp.TableAlias(this=exp.to_identifier(node.name, quoted=True))
    subquery = exp.Subquery(this=query, alias=alias)
    if table.args.get("joins"):
        subquery.set("joins", table.args["joins"])
    table.replace(subquery)
