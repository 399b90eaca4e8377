"""List filters: the part of AIP-160 that Vertex AI documents.

    display_name="churn" AND labels.env=prod AND NOT state=JOB_STATE_FAILED
    (schema_title="system.Run" OR schema_title="system.Experiment") AND in_context("projects/...")
    create_time > "2026-01-05T09:00:00Z"      labels:env      display_name="chu*"      metadata.auc.number_value > 0.9

`compile_filter` turns the text into a predicate over resources as JSON. The grammar, loosest first:

    expression = sequence { OR sequence }
    sequence   = factor { [AND] factor }
    factor     = [NOT | -] ( "(" expression ")" | function "(" arguments ")" | field operator value )

Source: https://google.aip.dev/160.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ..errors import ApiError, invalid
from .rpcs import camel

Predicate = Callable[[Mapping[str, Any]], bool]
Functions = Mapping[str, Callable[..., bool]]
TOKEN = re.compile(
    r"""\s*(?:(?P<paren>[(),]) | (?P<operator><=|>=|!=|[=<>:])
    | (?P<text>"(?:\\.|[^"\\])*" | '(?:\\.|[^'\\])*') | (?P<word>[^\s()=<>!:",']+))""",
    re.VERBOSE,
)

VALUE_TYPE = re.compile(r"\.(number|string|bool)_value$")


@dataclass(frozen=True)
class Token:
    """A piece of a filter: its kind (paren, operator, text, word, end) and what it says."""

    kind: str
    value: str


def compile_filter(text: str, functions: Functions | None = None) -> Predicate:
    """A predicate for the filter; an empty filter holds for everything.

    `functions` are callable by name in the filter and get the resource and their arguments. Raises ApiError 400 that
    quotes the place where the text stops being a filter.
    """
    if not text.strip():
        return lambda resource: True
    parser = Parser(text, functions or {})
    found = parser.expression()
    if parser.next.kind != "end":
        raise parser.refusal("the end, AND or OR")
    return found


class Parser:
    """A recursive-descent parser; each method reads one rule of the grammar."""

    def __init__(self, text: str, functions: Functions) -> None:
        self._text, self._functions = text, functions
        self._tokens = tokens(text)
        self._at = 0

    @property
    def next(self) -> Token:
        """The token that has not been read yet."""
        return self._tokens[self._at]

    def take(self) -> Token:
        """Read one token."""
        token = self.next
        self._at += token.kind != "end"
        return token

    def accept(self, kind: str, *values: str) -> bool:
        """Read the token if it is one of these."""
        fits = self.next.kind == kind and self.next.value in values
        if fits:
            self.take()
        return fits

    def refusal(self, expected: str) -> ApiError:
        """400: what was found instead."""
        found = self.next.value or "the end"
        return invalid(f"Invalid filter {self._text!r}: found {found!r}, expected {expected}.", location="filter")

    def expression(self) -> Predicate:
        """`sequence { OR sequence }`."""
        choices = [self.sequence()]
        while self.accept("word", "OR"):
            choices.append(self.sequence())
        return lambda resource: any(choice(resource) for choice in choices)

    def sequence(self) -> Predicate:
        """`factor { [AND] factor }`."""
        parts = [self.factor()]
        while self.accept("word", "AND") or self._more():
            parts.append(self.factor())
        return lambda resource: all(part(resource) for part in parts)

    def factor(self) -> Predicate:
        """`[NOT | -] ( "(" expression ")" | function | restriction )`."""
        if self.accept("word", "NOT", "-"):
            inner = self.factor()
            return lambda resource: not inner(resource)
        if self.accept("paren", "("):
            inner = self.expression()
            self._close()
            return inner
        return self._restriction()

    def _restriction(self) -> Predicate:
        if self.next.kind not in ("word", "text"):
            raise self.refusal("a field")
        name = self.take().value
        if self.accept("paren", "("):
            return self._call(name)
        if self.next.kind != "operator":
            raise self.refusal(f"an operator after {name!r}")
        operator = self.take().value
        if self.next.kind not in ("word", "text"):
            raise self.refusal(f"a value after {name!r} {operator}")
        value = self.take().value
        return lambda resource: holds(lookup(resource, name), operator, value)

    def _call(self, name: str) -> Predicate:
        if name not in self._functions:
            known = ", ".join(sorted(self._functions)) or "none here"
            raise invalid(f"Invalid filter {self._text!r}: found function {name!r}, expected one of: {known}.")
        arguments = []
        while self.next.kind in ("word", "text"):
            arguments.append(self.take().value)
            self.accept("paren", ",")
        self._close()
        function = self._functions[name]
        return lambda resource: function(resource, *arguments)

    def _close(self) -> None:
        if not self.accept("paren", ")"):
            raise self.refusal("a closing parenthesis")

    def _more(self) -> bool:
        return (self.next.kind in ("word", "text") and self.next.value != "OR") or self.next == Token("paren", "(")


def tokens(text: str) -> list[Token]:
    """The pieces of a filter, ended by one of kind `end`. Raises ApiError 400 for a character that fits nowhere."""
    found, at = [], 0
    while text[at:].strip():
        match = TOKEN.match(text, at)
        if match is None:
            raise invalid(f"Invalid filter {text!r}: cannot read it from {text[at:].strip()!r} on.", location="filter")
        kind = match.lastgroup
        value = match[kind]
        found.append(Token(kind, re.sub(r"\\(.)", r"\1", value[1:-1]) if kind == "text" else value))
        at = match.end()
    return [*found, Token("end", "")]


def lookup(resource: Any, path: str) -> Any:
    """The value at a dotted path; snake_case and camelCase both work, lists are searched item by item.

    Free-form metadata are addressed with the type of their value (`metadata.auc.number_value`), which JSON leaves out.
    """
    parts = VALUE_TYPE.sub("", path).split(".")
    for at, part in enumerate(parts):
        if isinstance(resource, list):
            rest = ".".join(parts[at:])
            return [found for item in resource if (found := lookup(item, rest)) is not None]
        if not isinstance(resource, Mapping):
            return None
        resource = resource.get(part, resource.get(camel(part)))
    return resource


def holds(found: Any, operator: str, wanted: str) -> bool:
    """Whether a restriction holds. `:` is "has": a map's key, a list's item, a part of a text; `:*` is "is set"."""
    if operator == ":":
        return _has(found, wanted)
    if isinstance(found, list):
        return any(holds(item, operator, wanted) for item in found)
    if operator in ("=", "!="):
        return _equals(found, wanted) == (operator == "=")
    return found is not None and _ordered(found, operator, wanted)


def _has(found: Any, wanted: str) -> bool:
    if found is None or wanted == "*":
        return found is not None
    if isinstance(found, (list, Mapping)):
        return wanted in [str(item) for item in found]
    return wanted.lower() in str(found).lower()


def _equals(found: Any, wanted: str) -> bool:
    if isinstance(found, bool):
        return str(found).lower() == wanted.lower()
    if isinstance(found, str) and wanted.endswith("*"):
        return found.startswith(wanted[:-1])
    left, right = _comparable(found, wanted)
    return left == right


def _ordered(found: Any, operator: str, wanted: str) -> bool:
    left, right = _comparable(found, wanted)
    order = (left > right) - (left < right)
    return {"<": order < 0, "<=": order <= 0, ">": order > 0, ">=": order >= 0}[operator]


def _comparable(found: Any, wanted: str) -> tuple[Any, Any]:
    """Both as numbers if both are; as times if both are; as text otherwise."""
    try:
        return float(found), float(wanted)
    except (TypeError, ValueError):
        left, right = str("" if found is None else found), wanted
    return (_sortable(left), _sortable(right)) if re.match(r"\d{4}-\d\d-\d\d", left) else (left, right)


def _sortable(text: str) -> str:
    """Times with and without fractions of a second in one form; other text unchanged."""
    found = re.fullmatch(r"(\d{4}-\d\d-\d\d)(?:T(\d\d:\d\d:\d\d)(?:\.(\d+))?(?:Z|\+00:00))?", text)
    return f"{found[1]}T{found[2] or '00:00:00'}.{(found[3] or '').ljust(9, '0')}Z" if found else text
