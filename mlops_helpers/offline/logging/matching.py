"""What a Logging filter means for an entry.

    severity>=WARNING                    severities have an order
    timestamp>="2026-01-05T09:00:00Z"    so have times
    jsonPayload.user.name:"ada"          `:` is "contains", without regard to case; `field:*` is "is there"
    labels.model="churn"                 `=` is equality without regard to case, for numbers as numbers
    textPayload=~"^error \\d+"            a regular expression, with regard to case
    log_id("training")  "out of memory"  a function; a text that any field may contain

A comparison with a field that is not there is false, `!=` included; only NOT turns it around.
Source: https://cloud.google.com/logging/docs/view/logging-query-language
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any
from urllib.parse import quote

from ..errors import invalid, unsupported
from ..rpc.filters import Call, Comparison, Group, Node, Not, Text, parse

Entry = dict[str, Any]
Predicate = Callable[[Entry], bool]
SEVERITIES = {
    "DEFAULT": 0,
    "DEBUG": 100,
    "INFO": 200,
    "NOTICE": 300,
    "WARNING": 400,
    "ERROR": 500,
    "CRITICAL": 600,
    "ALERT": 700,
    "EMERGENCY": 800,
}
TIMES = ("timestamp", "receiveTimestamp")
ORDERS: dict[str, Callable[[Any, Any], bool]] = {
    "=": lambda found, wanted: found == wanted,
    ">": lambda found, wanted: found > wanted,
    ">=": lambda found, wanted: found >= wanted,
    "<": lambda found, wanted: found < wanted,
    "<=": lambda found, wanted: found <= wanted,
}
LONGEST_PATTERN = 1000


def compile_filter(text: str) -> Predicate:
    """A predicate over entries as JSON (`logName`, `severity`, `jsonPayload`, ...). Raises ApiError 400 or 501."""
    tree = parse(text)
    return _compile(tree) if tree is not None else lambda entry: True


def _compile(node: Node) -> Predicate:
    if isinstance(node, Group):
        parts, combine = [_compile(part) for part in node.parts], all if node.word == "AND" else any
        return lambda entry: combine(part(entry) for part in parts)
    if isinstance(node, Not):
        part = _compile(node.part)
        return lambda entry: not part(entry)
    if isinstance(node, Text):
        wanted = node.value.lower()
        return lambda entry: any(wanted in text.lower() for text in _texts(entry))
    if isinstance(node, Call):
        return _function(node)
    return _comparison(node)


def _function(call: Call) -> Predicate:
    if call.name != "log_id" or len(call.arguments) != 1:
        raise unsupported(f"Logging filter function {call.name}()")
    ending = "/logs/" + quote(call.arguments[0].value, safe="")
    return lambda entry: entry["logName"].endswith(ending)


def _comparison(node: Comparison) -> Predicate:
    if isinstance(node.value, Call):
        raise unsupported(f"Logging filter function {node.value.name}()")
    path, operator, wanted = node.path, node.operator, node.value.value
    test = _test(path, operator, wanted, quoted=node.value.quoted)
    return lambda entry: any(test(value) for value in values_at(entry, path))


def _test(path: tuple[str, ...], operator: str, wanted: str, *, quoted: bool) -> Callable[[Any], bool]:
    """What one value of the field has to be."""
    if operator in ("=~", "!~"):
        pattern = _pattern(wanted)
        return lambda value: bool(pattern.search(_text(value))) == (operator == "=~")
    if operator == ":" and wanted == "*" and not quoted:
        return lambda value: True
    if operator == "!=":
        equal = _test(path, "=", wanted, quoted=quoted)
        return lambda value: not equal(value)
    if path == ("severity",):
        return _severity_test(operator, wanted)
    if len(path) == 1 and camel(path[0]) in TIMES:
        return _time_test(operator, wanted)
    if operator == ":":
        return lambda value: _contains(value, wanted)
    return lambda value: _ordered(ORDERS[operator], value, wanted)


def _severity_test(operator: str, wanted: str) -> Callable[[Any], bool]:
    rank = SEVERITIES.get(wanted.upper(), int(wanted) if wanted.isdigit() else None)
    if rank is None:
        raise invalid(f"Invalid severity {wanted!r}: expected one of {', '.join(SEVERITIES)}")
    test = ORDERS["=" if operator == ":" else operator]
    return lambda value: test(SEVERITIES.get(value, value), rank)


def _time_test(operator: str, wanted: str) -> Callable[[Any], bool]:
    moment, test = _moment(wanted), ORDERS["=" if operator == ":" else operator]
    return lambda value: test(_moment(value), moment)


def _moment(text: str) -> datetime:
    try:
        found = datetime.fromisoformat(re.sub(r"(\.\d{6})\d+", r"\1", text))
    except ValueError:
        raise invalid(f"Invalid time {text!r} in the filter: expected RFC 3339, e.g. 2026-01-05T09:00:00Z") from None
    return found if found.tzinfo else datetime.fromisoformat(f"{found.isoformat()}+00:00")


def _pattern(text: str) -> re.Pattern[str]:
    if len(text) > LONGEST_PATTERN:
        raise invalid(f"Regular expression is too long: found {len(text)} characters, expected {LONGEST_PATTERN}")
    try:
        return re.compile(text)
    except re.error as problem:
        raise invalid(f"Invalid regular expression {text!r}: {problem}") from None


def _contains(value: Any, wanted: str) -> bool:
    """The has-operator: part of a text, a key of a map, or an equal number."""
    if isinstance(value, dict):
        return wanted in value
    if isinstance(value, str):
        return wanted.lower() in value.lower()
    return _ordered(ORDERS["="], value, wanted)


def _ordered(test: Callable[[Any, Any], bool], value: Any, wanted: str) -> bool:
    """Compare a field with the text of the filter: as truth values, as numbers, else as texts without case."""
    if isinstance(value, bool):
        return test(value, wanted.lower() == "true") if wanted.lower() in ("true", "false") else False
    if isinstance(value, (dict, list)):
        return False
    found, number = _number(value), _number(wanted)
    if found is not None and number is not None:
        return test(found, number)
    if isinstance(value, (int, float)):
        return False
    return test(_text(value).lower(), wanted.lower())


def _number(value: Any) -> float | None:
    try:
        return float(value)
    except (TypeError, ValueError):
        return None


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:g}" if isinstance(value, float) and value.is_integer() else str(value)


def camel(name: str) -> str:
    """`json_payload` as JSON writes it: `jsonPayload`."""
    head, *tail = name.split("_")
    return head + "".join(part.capitalize() for part in tail)


def values_at(value: Any, path: tuple[str, ...]) -> Iterator[Any]:
    """The values a path leads to: none if it leads nowhere, several through a list."""
    if isinstance(value, list):
        for item in value:
            yield from values_at(item, path)
    elif not path:
        yield value
    elif isinstance(value, dict):
        if (key := path[0] if path[0] in value else camel(path[0])) in value:
            yield from values_at(value[key], path[1:])
        elif ".".join(path) in value:  # a label such as compute.googleapis.com/zone, written without quotes
            yield value[".".join(path)]


def _texts(value: Any) -> Iterator[str]:
    """Every text and number of an entry, for a search without a field."""
    if isinstance(value, dict):
        for inner in value.values():
            yield from _texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner)
    else:
        yield _text(value)
