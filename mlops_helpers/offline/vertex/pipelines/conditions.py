"""The conditions of `dsl.If`: the part of CEL that the KFP compiler writes, parsed and never run as code.

or     := and ("||" and)*                   value := text | number | true | false | (or)
and    := not ("&&" not)*                           | inputs.parameter_values['name']
not    := "!" not | comparison                      | int(or) | double(or) | string(or) | bool(or)
comparison := value (("==" | "!=" | "<" | "<=" | ">" | ">=") value)?
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from typing import Any

from ..errors import bad_field, precondition

TOKEN = re.compile(
    r"""\s*(?:inputs\.parameter_values\[(?P<q>['"])(?P<input>.*?)(?P=q)\]
    |(?P<symbol>\|\||&&|==|!=|<=|>=|<|>|!|\(|\))
    |(?P<number>-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)
    |'(?P<single>(?:\\.|[^'\\])*)'|"(?P<double>(?:\\.|[^"\\])*)"
    |(?P<word>\w+))""",
    re.VERBOSE,
)
COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
CASTS: dict[str, Callable[[Any], Any]] = {"int": int, "double": float, "string": str, "bool": bool}
WORDS = {"true": True, "false": False}


def holds(condition: str, parameters: Mapping[str, Any]) -> bool:
    """Whether a condition is true for these inputs. Raises ApiError 400 for one that cannot be read or compared.

    >>> holds("int(inputs.parameter_values['n']) > 2 && !(inputs.parameter_values['m'] == 'a')", {"n": 3, "m": "b"})
    True
    """
    parser = _Parser(condition, parameters)
    found = parser.either()
    parser.end()
    return bool(found)


class _Parser:
    """One pass over the condition: it is read and answered together."""

    def __init__(self, condition: str, parameters: Mapping[str, Any]) -> None:
        self._text, self._parameters = condition, parameters
        self._tokens = _tokens(condition)
        self._at = 0

    def either(self) -> Any:
        found = self._both()
        while self._take("||"):
            found = self._both() or found
        return found

    def end(self) -> None:
        if self._at < len(self._tokens):
            raise self._unreadable()

    def _both(self) -> Any:
        found = self._negated()
        while self._take("&&"):
            found = self._negated() and found
        return found

    def _negated(self) -> Any:
        if self._take("!"):
            return not self._negated()
        left = self._value()
        for symbol, compare in COMPARISONS.items():
            if self._take(symbol):
                return self._compare(compare, left, self._value())
        return left

    def _compare(self, compare: Callable[[Any, Any], bool], left: Any, right: Any) -> bool:
        try:
            return compare(left, right)
        except TypeError:
            raise precondition(f"The condition {self._text!r} compares {left!r} with {right!r}.") from None

    def _value(self) -> Any:
        if self._at >= len(self._tokens):
            raise self._unreadable()
        kind, value = self._tokens[self._at]
        self._at += 1
        if kind == "input":
            return self._input(value)
        if kind in ("text", "number"):
            return value
        if value in WORDS:
            return WORDS[value]
        cast = CASTS.get(value)
        if cast is not None and not self._take("("):
            raise self._unreadable()
        if cast is None and value != "(":
            raise self._unreadable()
        return self._inside(cast)

    def _inside(self, cast: Callable[[Any], Any] | None) -> Any:
        found = self.either()
        if not self._take(")"):
            raise self._unreadable()
        try:
            return cast(found) if cast else found
        except (TypeError, ValueError):
            raise precondition(f"The condition {self._text!r} cannot read {found!r} as {cast.__name__}.") from None

    def _input(self, name: str) -> Any:
        if name not in self._parameters:
            raise precondition(f"The condition {self._text!r} needs {name!r}, which has no value.")
        return self._parameters[name]

    def _take(self, symbol: str) -> bool:
        if self._at < len(self._tokens) and self._tokens[self._at] == ("symbol", symbol):
            self._at += 1
            return True
        return False

    def _unreadable(self) -> Exception:
        return bad_field("trigger_policy.condition", self._text, "a condition as the KFP compiler writes it")


def _tokens(condition: str) -> list[tuple[str, Any]]:
    found, at, text = [], 0, condition.rstrip()
    while at < len(text):
        match = TOKEN.match(text, at)
        if match is None:
            raise bad_field("trigger_policy.condition", condition, "a condition as the KFP compiler writes it")
        found.append(_token(match))
        at = match.end()
    return found


def _token(match: re.Match[str]) -> tuple[str, Any]:
    kind = match.lastgroup
    if kind in ("single", "double"):
        return "text", re.sub(r"\\(.)", r"\1", match[kind])
    if kind == "number":
        return "number", float(match["number"]) if re.search("[.eE]", match["number"]) else int(match["number"])
    return kind, match[kind]
