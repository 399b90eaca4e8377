"""What a Monitoring filter means.

    metric.type = "custom.googleapis.com/drift" AND metric.labels.model = one_of("churn", "fraud")
    metric.type = starts_with("custom.googleapis.com/") AND NOT resource.labels.zone : "europe"

A predicate is put to a flat dictionary: `metric.type`, `metric.labels.KEY`, `resource.type`, `resource.labels.KEY`.
Texts are compared with regard to case. Source: https://cloud.google.com/monitoring/api/v3/filters
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from ..errors import invalid, unsupported
from ..rpc.filters import Call, Comparison, Group, Node, Not, parse

Fields = Mapping[str, str]
Predicate = Callable[[Fields], bool]
FUNCTIONS: dict[str, Callable[[str, tuple[str, ...]], bool]] = {
    "starts_with": lambda found, wanted: found.startswith(wanted),
    "ends_with": lambda found, wanted: found.endswith(wanted),
    "has_substring": lambda found, wanted: any(part in found for part in wanted),
    "one_of": lambda found, wanted: found in wanted,
    "monitoring.regex.full_match": lambda found, wanted: re.fullmatch(wanted[0], found) is not None,
}
ORDERS: dict[str, Callable[[float, float], bool]] = {
    ">": lambda found, wanted: found > wanted,
    ">=": lambda found, wanted: found >= wanted,
    "<": lambda found, wanted: found < wanted,
    "<=": lambda found, wanted: found <= wanted,
}
SELECTORS = ("metric.type", "resource.type", "metric.labels.", "resource.labels.", "project")


def compile_filter(text: str) -> Predicate:
    """A predicate for a filter. Raises ApiError 400 for a malformed one, 501 for what is not offered."""
    tree = parse(text)
    return _compile(tree) if tree is not None else lambda fields: True


def metric_type(text: str) -> str | None:
    """The one metric type that a filter asks for with `=`, or None."""
    return _metric_type(parse(text))


def _metric_type(node: Node | None) -> str | None:
    if isinstance(node, Group) and node.word == "AND":
        return next(filter(None, map(_metric_type, node.parts)), None)
    if isinstance(node, Comparison) and node.path == ("metric", "type") and node.operator == "=":
        return None if isinstance(node.value, Call) else node.value.value
    return None


def selector(path: tuple[str, ...]) -> str:
    """A field as predicates know it. Raises ApiError 501 for one that offline series do not have."""
    name = ".".join(path)
    for part in ("metric", "resource"):
        name = name.replace(f"{part}.label.", f"{part}.labels.", 1)
    if not name.startswith(SELECTORS):
        raise unsupported(f"Monitoring filter on {name}")
    return name


def _compile(node: Node) -> Predicate:
    if isinstance(node, Group):
        parts, combine = [_compile(part) for part in node.parts], all if node.word == "AND" else any
        return lambda fields: combine(part(fields) for part in parts)
    if isinstance(node, Not):
        part = _compile(node.part)
        return lambda fields: not part(fields)
    if not isinstance(node, Comparison):
        raise invalid('Unparseable filter: expected comparisons such as metric.type = "custom.googleapis.com/x"')
    name, test = selector(node.path), _test(node)
    return lambda fields: name in fields and test(fields[name])


def _test(node: Comparison) -> Callable[[str], bool]:
    if isinstance(node.value, Call):
        return _function(node.operator, node.value)
    wanted = node.value.value
    if node.operator == "=":
        return lambda found: found == wanted
    if node.operator == "!=":
        return lambda found: found != wanted
    if node.operator == ":":
        return lambda found: wanted in found
    if node.operator in ORDERS:
        return lambda found: _ordered(node.operator, found, wanted)
    raise invalid(f"Unparseable filter: operator {node.operator} is not one of =, !=, :, <, <=, >, >=")


def _function(operator: str, call: Call) -> Callable[[str], bool]:
    if call.name not in FUNCTIONS:
        raise unsupported(f"Monitoring filter function {call.name}()")
    if operator not in ("=", "!=") or not call.arguments:
        raise invalid(f"Unparseable filter: expected = or != and at least one argument for {call.name}()")
    wanted = tuple(argument.value for argument in call.arguments)
    if call.name == "monitoring.regex.full_match":
        _check_pattern(wanted[0])
    function = FUNCTIONS[call.name]
    return lambda found: function(found, wanted) == (operator == "=")


def _check_pattern(text: str) -> None:
    try:
        re.compile(text)
    except re.error as problem:
        raise invalid(f"Invalid regular expression {text!r}: {problem}") from None


def _ordered(operator: str, found: str, wanted: str) -> bool:
    try:
        return ORDERS[operator](float(found), float(wanted))
    except ValueError:
        return False
