"""From BigQuery's tree to DuckDB's: one rule per kind of node, applied from the leaves to the root.

Types are looked up for the whole statement first (`annotate`), while every name still means what it meant in BigQuery.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ...errors import ApiError
from ..types import Field
from . import pivoting, structure
from .build import binary, cast, fn, text
from .dialect import invalid_query, position
from .functions import RULES as FUNCTION_RULES
from .functions import SAME
from .kinds import is_kind
from .nodes import bare
from .refusals import refused_function
from .resolve import Resolver
from .times import UNITS, extracted, interval, now

if TYPE_CHECKING:
    from sqlglot import exp

    from .scene import Scene


@dataclass
class Call:
    """One function call on its way to DuckDB: its (already rewritten) arguments and what they were before."""

    node: exp.Expression
    name: str
    kinds: list[Field | None]
    scene: Scene

    @property
    def arguments(self) -> list[exp.Expression]:
        """The arguments."""
        return self.node.expressions

    @property
    def over(self) -> bool:
        """Whether an OVER clause follows."""
        from sqlglot import exp

        return isinstance(self.node.parent, exp.Window) and self.node.parent.this is self.node

    def is_numeric(self) -> bool:
        """Whether the arguments are NUMERIC (or INT64 beside one)."""
        names = [kind["type"] for kind in self.kinds if kind]
        return "NUMERIC" in names and "FLOAT" not in names and len(names) == len(self.kinds)

    def wrap(self, whole: exp.Expression, around: Callable) -> exp.Expression:
        """Put something around an aggregate: around its whole OVER clause if it has one."""
        if self.over:
            self.node.parent.meta["around"] = around
            return whole
        return around(whole)

    def finish(self, whole: exp.Expression, kind: str) -> exp.Expression:
        """An aggregate converted to a DuckDB type."""
        return self.wrap(whole, lambda node: cast(node, kind))

    def wrong_count(self) -> ApiError:
        """400: a function was given too few or too many arguments."""
        found = len(self.node.expressions)
        place = position(self.node)
        return invalid_query(f"No matching signature for function {self.name} with {found} arguments{place}")


def annotate(tree: exp.Expression) -> Resolver:
    """Look up the types that the rules need and keep them beside the nodes."""
    from sqlglot import exp

    resolver = Resolver()
    two_sided = (exp.Div, exp.Add, exp.Sub, exp.Mul, exp.EQ, exp.NEQ)
    for node in tree.walk():
        if isinstance(node, exp.Anonymous):
            node.meta["kinds"] = [resolver.of(bare(argument)) for argument in node.expressions]
        elif isinstance(node, two_sided):
            node.meta["kinds"] = [resolver.of(node.this), resolver.of(node.expression)]
        elif isinstance(node, exp.Column) and isinstance(node.parent, exp.Select) and node.arg_key == "expressions":
            field = resolver.of(node)
            if field and field.get("name", node.name) != node.name:  # the result has the name as it was written
                node.meta["written"] = node.name
        elif isinstance(node, (exp.Unnest, exp.Bracket, exp.Cast)):
            inner = node.expressions[0] if isinstance(node, exp.Unnest) else node.this
            node.meta["kinds"] = [resolver.of(inner)]
    return resolver


def rewrite(tree: exp.Expression, scene: Scene) -> exp.Expression:
    """Rewrite an annotated tree in place; returns the root, which may be a new node."""
    root = tree
    for node in reversed(list(tree.walk(bfs=True))):
        rule = next((NODE_RULES[cls.__name__] for cls in type(node).__mro__ if cls.__name__ in NODE_RULES), None)
        if rule is None:
            continue
        new = rule(node, scene)
        if new is not None and new is not node:
            if node is root:
                root = new
            elif node.parent is not None:
                node.replace(new)
    return root


def call(node: exp.Expression, scene: Scene) -> exp.Expression:
    """A function call by name: through the allow-list."""
    from sqlglot import exp

    name = node.name.upper()
    if isinstance(node.parent, exp.NetFunc):
        return structure.net_function(node.parent, scene)
    if isinstance(node.parent, exp.Dot) and node.parent.expression is node:
        return node  # `family.function(...)`: the whole is looked at next
    known = FUNCTION_RULES.get(name) or SAME.get(name)
    if known is None:
        if name in scene.date_parts(node):
            return node
        raise refused_function(name) or invalid_query(f"Function not found: {node.name}", at=node)
    this = Call(node, name, node.meta.get("kinds") or [None] * len(node.expressions), scene)
    target, fewest, most = known
    if not fewest <= len(node.expressions) <= most:
        raise this.wrong_count()
    return fn(target, *node.expressions) if isinstance(target, str) else target(this)


def literal(node: exp.Literal, scene: Scene) -> exp.Expression | None:
    """Numbers: INT64 and FLOAT64 (DuckDB would take them for INT32 and DECIMAL)."""
    if node.is_string or structure.is_position(node):
        return None
    if node.name.isdigit():
        if int(node.name) > 2**63:
            raise invalid_query(f"Invalid integer literal: {node.name}")
        if int(node.name) == 2**63:  # only -9223372036854775808 is an INT64
            return None
        return cast(node.copy(), "BIGINT")
    return cast(node.copy(), "DOUBLE")


def division(node: exp.Div, scene: Scene) -> exp.Expression | None:
    """`/` is FLOAT64, or NUMERIC if a side is NUMERIC; a zero divisor is an error."""
    kinds = node.meta.get("kinds") or []
    names = [kind["type"] for kind in kinds if kind]
    if "NUMERIC" in names and "FLOAT" not in names and len(names) == len(kinds):
        return fn("bq_numeric_divide", node.this, node.expression)
    node.set("typed", False)
    node.set("safe", False)
    return None


def arithmetic(node: exp.Expression, scene: Scene) -> exp.Expression | None:
    """DATE plus days, DATE minus DATE, NUMERIC times NUMERIC; everything else as it is."""
    left, right = node.meta.get("kinds") or (None, None)
    name = type(node).__name__
    if name == "Add" and is_kind(right, "DATE") and is_kind(left, "INTEGER"):
        return binary("Add", node.expression, cast(node.this, "INTEGER"))
    if is_kind(left, "DATE") and is_kind(right, "INTEGER"):
        return binary(name, node.this, cast(node.expression, "INTEGER"))
    if name == "Sub" and is_kind(left, "DATE") and is_kind(right, "DATE"):
        return fn("to_days", cast(binary("Sub", node.this, node.expression), "INTEGER"))
    exact = all(is_kind(kind, "NUMERIC", "INTEGER") for kind in (left, right))
    if name == "Mul" and exact and (is_kind(left, "NUMERIC") or is_kind(right, "NUMERIC")):
        return cast(binary("Mul", node.this, node.expression), "DECIMAL(38, 9)")
    return None


def interval_value(node: exp.Interval, scene: Scene) -> exp.Expression:
    """`INTERVAL 3 DAY`, `INTERVAL '1-2' YEAR TO MONTH`."""
    from sqlglot import exp

    unit = node.args.get("unit")
    if isinstance(unit, exp.IntervalSpan):
        return pivoting.interval_span(node.this.name, unit)
    if unit is None:
        raise invalid_query("INTERVAL needs a date part: INTERVAL 3 DAY", at=node)
    name = unit.name.upper().removesuffix("S") if unit.name.upper() not in UNITS else unit.name.upper()
    if name not in UNITS or name != unit.name.upper():
        raise invalid_query(f"A valid date part name is required but found {unit.name}", at=node)
    return interval(node.this, name)


def extract(node: exp.Extract, scene: Scene) -> exp.Expression:
    """EXTRACT(part FROM value [AT TIME ZONE zone])."""
    from sqlglot import exp

    value, zone = node.expression, None
    if isinstance(value, exp.AtTimeZone):
        value, zone = value.this, value.args["zone"]
    return extracted(node.this, value, zone)


def current(node: exp.Expression, scene: Scene) -> exp.Expression:
    """CURRENT_DATE and its kin, written without parentheses."""
    names = {"CurrentDate": "DATE", "CurrentTime": "TIME", "CurrentDatetime": "DATETIME"}
    name = "CURRENT_" + names.get(type(node).__name__, "TIMESTAMP")
    holder = fn(name, *([node.this] if node.this else []))
    return now(Call(holder, name, [], scene))


def safe(node: exp.Expression, scene: Scene) -> exp.Expression:
    """`SAFE.function(...)`: NULL instead of an error."""
    return fn("TRY", node.this)


def window(node: exp.Window, scene: Scene) -> exp.Expression | None:
    """An aggregate that wants a conversion has it around the OVER clause."""
    around = node.meta.pop("around", None)
    return around(node.copy()) if around else None


def like(node: exp.Expression, scene: Scene) -> exp.Expression | None:
    r"""LIKE: a backslash escapes, without saying so."""
    from sqlglot import exp

    pattern = node.expression
    if isinstance(pattern, (exp.Any, exp.All, exp.Tuple)) or isinstance(node.parent, exp.Escape):
        return None
    return exp.Escape(this=node.copy(), expression=text("\\"))


def dotted(node: exp.Dot, scene: Scene) -> exp.Expression | None:
    """`family.function(...)` is refused unless it is a routine (those were replaced before)."""
    from sqlglot import exp

    if not isinstance(node.expression, exp.Func):
        return None
    name = f"{node.this.sql('bigquery')}.{node.expression.name}"
    raise refused_function(name.upper()) or invalid_query(f"Function not found: {name}", at=node)


NODE_RULES: dict[str, Callable[[exp.Expression, Scene], exp.Expression | None]] = {
    "Anonymous": call,
    "Literal": literal,
    "Div": division,
    "Add": arithmetic,
    "Sub": arithmetic,
    "Mul": arithmetic,
    "EQ": structure.equality,
    "NEQ": structure.equality,
    "Interval": interval_value,
    "Extract": extract,
    "CurrentDate": current,
    "CurrentTime": current,
    "CurrentDatetime": current,
    "CurrentTimestamp": current,
    "SafeFunc": safe,
    "Window": window,
    "Like": like,
    "Dot": dotted,
    "Bracket": structure.bracket,
    "Cast": structure.conversion,
    "Unnest": structure.unnest,
    "In": structure.membership,
    "Select": structure.select,
    "Tuple": structure.tuple_value,
    "Array": structure.array,
    "Table": structure.table,
    "Column": structure.column,
    "ByteString": structure.byte_string,
    "RawString": structure.raw_string,
    "Pivot": pivoting.pivot,
    "TableSample": pivoting.sample,
    "NetFunc": structure.net_function,
}
