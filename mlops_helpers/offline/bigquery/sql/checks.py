"""What BigQuery refuses and DuckDB would let pass: types that do not meet, names that are not in reach.

DuckDB compares `1` with `'1'`, mixes numbers and texts in a CASE and lets WHERE see the aliases of SELECT. A query that
passes here must pass there, so these are looked for before anything is translated. Where a type or a source is not
known nothing is refused.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..types import Field
from .catalog_rows import type_text
from .dialect import invalid_query
from .kinds import NUMBERS, is_kind, item
from .nodes import bare
from .times import UNITS, WEEK_STARTS

if TYPE_CHECKING:
    from sqlglot import exp

    from .resolve import Resolver

COMPARISONS = {"EQ": "=", "NEQ": "!=", "GT": ">", "GTE": ">=", "LT": "<", "LTE": "<="}
ARITHMETIC = {"Add": "+", "Sub": "-", "Mul": "*", "Div": "/"}
TIMES = ("DATE", "DATETIME", "TIMESTAMP", "TIME")
NO_ARITHMETIC = ("STRING", "BYTES", "BOOLEAN", "JSON")
ONE_TYPE = frozenset(("COALESCE", "IFNULL", "NULLIF", "GREATEST", "LEAST"))
TEXT_NAMES = (
    "UPPER LOWER LENGTH CHAR_LENGTH CHARACTER_LENGTH BYTE_LENGTH TRIM LTRIM RTRIM REPLACE REVERSE REPEAT LEFT RIGHT "
    "LPAD RPAD SUBSTR SUBSTRING SPLIT STARTS_WITH ENDS_WITH STRPOS INSTR INITCAP REGEXP_CONTAINS REGEXP_EXTRACT "
    "REGEXP_EXTRACT_ALL REGEXP_REPLACE TRANSLATE TO_HEX TO_BASE64 FARM_FINGERPRINT"
)
OF_TEXT = frozenset(TEXT_NAMES.split())
NUMBER_NAMES = "AVG SUM ABS ROUND TRUNC CEIL FLOOR SQRT LN LOG EXP POW MOD DIV SAFE_DIVIDE STDDEV"
OF_NUMBERS = frozenset(NUMBER_NAMES.split())
PARTS = frozenset(
    (*UNITS, *WEEK_STARTS, "ISOYEAR", "DAYOFWEEK", "DAYOFYEAR", "DATE", "TIME", "NFC", "NFKC", "NFD", "NFKD")
)
DAYS = frozenset(("SUNDAY", "MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY"))
HIDDEN_FROM = ("where", "expressions", "joins")  # the parts of a SELECT that do not see its aliases
Side = tuple["exp.Expression", "Field | None"]


def check(tree: exp.Expression, resolver: Resolver) -> None:
    """Look through a whole statement. Raises ApiError 400 in BigQuery's words."""
    for node in tree.walk():
        rule = RULES.get(type(node).__name__)
        if rule is not None:
            rule(node, resolver)


def meets(left: Side, right: Side) -> bool:
    """Whether two values have a common type; string literals become dates and times, unknown types anything."""
    (one, first), (two, second) = left, right
    if not (first and second and first["type"] and second["type"]):
        return True
    if first["mode"] == "REPEATED" or second["mode"] == "REPEATED":
        return (first["mode"] == "REPEATED") == (second["mode"] == "REPEATED")
    kinds = {first["type"], second["type"]}
    if len(kinds) == 1 or kinds <= set(NUMBERS) or kinds == {"DATE", "DATETIME"}:
        return True
    text = one if first["type"] == "STRING" else two
    return "STRING" in kinds and bool(kinds & set(TIMES)) and is_text_literal(text)


def is_text_literal(node: exp.Expression) -> bool:
    """Whether a value is a string literal or a parameter (which is put in as a CAST of one)."""
    from sqlglot import exp

    inner = node.this if isinstance(node, exp.Cast) else node
    return isinstance(inner, exp.RawString) or (isinstance(inner, exp.Literal) and inner.is_string)


def _names(sides: list[Side]) -> str:
    return ", ".join(type_text({**field, "name": ""}) if field and field["type"] else "?" for _, field in sides)


def _signature(what: str, sides: list[Side], at: exp.Expression) -> Exception:
    return invalid_query(f"No matching signature for {what} for argument types: {_names(sides)}", at=at)


def comparison(node: exp.Expression, resolver: Resolver) -> None:
    """`a = b`: one type, and one that has an order."""
    from sqlglot import exp

    if isinstance(node.parent, exp.Update):
        return  # an assignment
    sides = [(part, resolver.of(part)) for part in (node.this, node.expression)]
    sign = COMPARISONS[type(node).__name__]
    if all(is_kind(field, "JSON") for _, field in sides):
        raise invalid_query(f"{sign} is not defined for arguments of type JSON: compare JSON_VALUE(...)", at=node)
    if not meets(*sides):
        raise _signature(f"operator {sign}", sides, node)


def between(node: exp.Between, resolver: Resolver) -> None:
    """`a BETWEEN b AND c`."""
    sides = [(part, resolver.of(part)) for part in (node.this, node.args["low"], node.args["high"])]
    if not all(meets(sides[0], side) for side in sides[1:]):
        raise _signature("operator BETWEEN", sides, node)


def membership(node: exp.In, resolver: Resolver) -> None:
    """`a IN (b, c)`, `a IN (SELECT ...)`, `a IN UNNEST(...)`."""
    sides = [(node.this, resolver.of(node.this))]
    sides += [(part, resolver.of(part)) for part in node.expressions]
    if (query := node.args.get("query")) is not None:
        outputs = resolver.outputs(query.this)
        sides += [(query, outputs[0])] if len(outputs) == 1 else []
    if (unnested := node.args.get("unnest")) is not None:
        sides.append((node, item(resolver.of(unnested.expressions[0]))))
    if not all(meets(sides[0], side) for side in sides[1:]):
        raise _signature("operator IN", sides, node)


def arithmetic(node: exp.Expression, resolver: Resolver) -> None:
    """`a + b`: texts are no numbers."""
    sides = [(part, resolver.of(part)) for part in (node.this, node.expression)]
    known = [field for _, field in sides if field]
    wrong = [part for part, field in sides if is_kind(field, *NO_ARITHMETIC) and not _is_date_text(part, known)]
    if wrong and len(known) == 2:
        raise _signature(f"operator {ARITHMETIC[type(node).__name__]}", sides, node)


def _is_date_text(part: exp.Expression, known: list[Field]) -> bool:
    return is_text_literal(part) and any(is_kind(field, *TIMES, "INTERVAL") for field in known)


def call(node: exp.Anonymous, resolver: Resolver) -> None:
    """Functions of texts, of numbers, and those whose arguments have one type."""
    name = node.name.upper()
    if not node.expressions or name not in ONE_TYPE | OF_TEXT | OF_NUMBERS:
        return
    sides = [(bare(part), resolver.of(bare(part))) for part in node.expressions]
    if name in ONE_TYPE and not _has_one_type(sides):
        raise _signature(f"function {name}", sides, node)
    first = sides[0][1]
    known = first is not None and first["mode"] != "REPEATED" and bool(first["type"])
    if known and name in OF_TEXT and first["type"] not in ("STRING", "BYTES"):
        raise _signature(f"function {name}", sides, node)
    if known and name in OF_NUMBERS and first["type"] not in (*NUMBERS, "INTERVAL"):
        raise _signature(f"function {name}", sides, node)


def _has_one_type(sides: list[Side]) -> bool:
    known = [side for side in sides if side[1] and side[1]["type"]]
    return all(meets(one, two) for place, one in enumerate(known) for two in known[place + 1 :])


def branches(node: exp.Expression, resolver: Resolver) -> None:
    """CASE and IF: all results have one type."""
    from sqlglot import exp

    ends = [node.args.get("true"), node.args.get("false")]
    if isinstance(node, exp.Case):
        ends = [*(part.args.get("true") for part in node.args.get("ifs") or ()), node.args.get("default")]
        if node.this is not None:
            tests = [part.this for part in node.args.get("ifs") or ()]
            sides = [(part, resolver.of(part)) for part in (node.this, *tests)]
            if not all(meets(sides[0], side) for side in sides[1:]):
                raise _signature("operator CASE", sides, node)
    elif isinstance(node.parent, exp.Case):
        return
    sides = [(end, resolver.of(end)) for end in ends if end is not None]
    if not _has_one_type(sides):
        word = "CASE; all THEN/ELSE" if isinstance(node, exp.Case) else "IF; all result"
        raise invalid_query(
            f"No matching signature for operator {word} arguments must be coercible to a common type "
            f"but found: {_names(sides)}",
            at=node,
        )


def set_operation(node: exp.SetOperation, resolver: Resolver) -> None:
    """UNION, INTERSECT, EXCEPT: each column has one type on both sides."""
    left, right = (_columns(side, resolver) for side in (node.this, node.expression))
    if len(left) != len(right):
        return
    for place, sides in enumerate(zip(left, right, strict=True), 1):
        if not meets(*sides):
            word = {"Union": "UNION ALL", "Except": "EXCEPT DISTINCT"}.get(type(node).__name__, "INTERSECT DISTINCT")
            raise invalid_query(f"Column {place} in {word} has incompatible types: {_names(list(sides))}", at=node)


def _columns(query: exp.Expression, resolver: Resolver) -> list[Side]:
    from sqlglot import exp

    while isinstance(query, exp.Subquery):
        query = query.this
    fields = resolver.outputs(query)
    parts = [part.unalias() for part in query.expressions] if isinstance(query, exp.Select) else []
    if len(parts) != len(fields):
        parts = [query] * len(fields)
    return list(zip(parts, fields, strict=True))


def grouping(node: exp.Expression, resolver: Resolver) -> None:
    """GROUP BY and ORDER BY: JSON has no order."""
    from sqlglot import exp

    word = "ORDER BY" if isinstance(node, exp.Ordered) else "GROUP BY"
    for part in [node.this] if isinstance(node, exp.Ordered) else node.expressions:
        if is_kind(resolver.of(part), "JSON"):
            raise invalid_query(f"{word} does not support expressions of type JSON: use JSON_VALUE(...)", at=part)


def column(node: exp.Column, resolver: Resolver) -> None:
    """A name: WHERE and SELECT do not see the aliases of SELECT; a name that two columns share means neither."""
    if node.table or node.name.upper() in DAYS or _is_date_part(node):
        return
    found = resolver.owner(node)
    name = node.name.lower()
    if found is not None and found[1] is not None:
        same = [field for field in resolver.fields(found[0]) if field.get("name", "").lower() == name]
        if len(same) > 1 and resolver.query_of(found[0]) is not None:
            raise invalid_query(f"Column name {node.name} is ambiguous", at=node)
    if found is None and _is_hidden_alias(node, name) and all(map(resolver.is_known, _around(node, resolver))):
        raise invalid_query(f"Unrecognized name: {node.name}", at=node)


def _is_date_part(node: exp.Column) -> bool:
    from sqlglot import exp

    return isinstance(node.parent, (exp.Anonymous, exp.Extract)) and node.name.upper() in PARTS


def _is_hidden_alias(node: exp.Column, name: str) -> bool:
    from sqlglot import exp

    child: exp.Expression = node
    while child.parent is not None and not isinstance(child.parent, (exp.Select, exp.Update, exp.Delete, exp.Merge)):
        child = child.parent
    query = child.parent
    if not isinstance(query, exp.Select) or child.arg_key not in HIDDEN_FROM:
        return False
    return any(isinstance(part, exp.Alias) and part.alias.lower() == name for part in query.expressions)


def _around(node: exp.Column, resolver: Resolver) -> Iterator[exp.Expression]:
    for query in resolver.around(node):
        yield from (source for _, source in resolver.sources(query))


RULES = {
    **dict.fromkeys(COMPARISONS, comparison),
    **dict.fromkeys(ARITHMETIC, arithmetic),
    **dict.fromkeys(("Union", "Intersect", "Except"), set_operation),
    **dict.fromkeys(("Case", "If"), branches),
    **dict.fromkeys(("Group", "Ordered"), grouping),
    "Between": between,
    "In": membership,
    "Anonymous": call,
    "Column": column,
}
