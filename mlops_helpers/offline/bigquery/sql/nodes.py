"""Two questions about single nodes: what an aggregate is applied to, and how a source is called."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlglot import exp


def bare(node: exp.Expression) -> exp.Expression:
    """An aggregate's argument without DISTINCT, IGNORE NULLS, ORDER BY, HAVING and LIMIT around it."""
    from sqlglot import exp

    while isinstance(node, (exp.Limit, exp.Order, exp.IgnoreNulls, exp.RespectNulls, exp.HavingMax)):
        node = node.this
    return node.expressions[0] if isinstance(node, exp.Distinct) and node.expressions else node


def source_alias(node: exp.Expression) -> str:
    """The name under which a source is known: its alias, or the last part of the table's name."""
    from sqlglot import exp

    alias = node.args.get("alias")
    if isinstance(node, exp.Unnest):
        columns = alias.args.get("columns") if alias is not None else None
        return columns[0].name if columns else node.alias
    if alias is not None and node.alias:
        return node.alias
    return node.parts[-1].name.split(".")[-1] if isinstance(node, exp.Table) else ""
