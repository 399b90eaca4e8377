"""The filter language of Google's list methods, as a tree that each service reads in its own way.

    severity>=ERROR AND jsonPayload.latency_ms>200 AND NOT labels."model-id"="churn"
    resource.type=("global" OR "gce_instance")  "free text"  metric.type = starts_with("custom.googleapis.com/")

The grammar, loosest first; OR binds tighter than AND, as Google defines it:

    expression  = factor { [AND] factor }
    factor      = term { OR term }
    term        = [NOT | -] ( "(" expression ")" | restriction )
    restriction = path operator value | function "(" values ")" | text
    value       = text | function "(" values ")" | "(" alternatives joined by AND, OR, NOT ")"

Sources: https://google.aip.dev/160, https://cloud.google.com/logging/docs/view/logging-query-language
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from ..errors import ApiError, invalid

PART = r'"(?:\\.|[^"\\])*"|[^\s()=<>!:~".,]+'
TOKEN = re.compile(
    rf"(?P<space>\s+|--[^\n]*)|(?P<mark>[(),])|(?P<operator><=|>=|!=|=~|!~|[=<>:])|(?P<word>(?:{PART})(?:\.(?:{PART}))*)"
)
LIMIT = 20_000
DEEPEST = 50


@dataclass(frozen=True)
class Text:
    """A bare word or a quoted string. `quoted` tells `"10"` from `10`."""

    value: str
    quoted: bool = False


@dataclass(frozen=True)
class Call:
    """A function with its arguments: `starts_with("a")`."""

    name: str
    arguments: tuple[Text, ...]


@dataclass(frozen=True)
class Comparison:
    """A field, an operator and what it is held against."""

    path: tuple[str, ...]
    operator: str
    value: Text | Call


@dataclass(frozen=True)
class Group:
    """All (`AND`) or any (`OR`) of the parts."""

    word: str
    parts: tuple[Node, ...]


@dataclass(frozen=True)
class Not:
    """The opposite of its part."""

    part: Node


Node = Text | Call | Comparison | Group | Not


def parse(text: str) -> Node | None:
    """The tree of a filter, or None for an empty one.

    Raises ApiError 400 that quotes the place where the text stops being a filter.
    """
    if len(text) > LIMIT:
        raise invalid(f"Filter is too long: found {len(text)} characters, expected at most {LIMIT}")
    parser = Parser(text)
    if parser.at_end:
        return None
    tree = parser.expression()
    if not parser.at_end:
        raise parser.refusal("the end of the filter")
    return tree


def unquoted(word: str) -> str:
    """A word without its quotes and escapes.

    >>> unquoted('"say \\\\"hi\\\\""')
    'say "hi"'
    """
    return re.sub(r"\\(.)", r"\1", word[1:-1]) if word.startswith('"') else word


class Parser:
    """Reads one filter from left to right."""

    def __init__(self, text: str) -> None:
        self.text, self._tokens, self._at, self._depth = text, [], 0, 0
        at = 0
        while at < len(text):
            found = TOKEN.match(text, at)
            if found is None:
                raise invalid(f"Unparseable filter: unexpected {text[at : at + 20]!r} at position {at} of {text!r}")
            if found.lastgroup != "space":
                self._tokens.append((found.lastgroup, found.group(), at))
            at = found.end()

    @property
    def at_end(self) -> bool:
        """Whether everything was read."""
        return self._at == len(self._tokens)

    def _is(self, *texts: str) -> bool:
        return not self.at_end and self._tokens[self._at][1] in texts

    def _kind(self) -> str:
        return "end" if self.at_end else self._tokens[self._at][0]

    def _take(self) -> str:
        self._at += 1
        return self._tokens[self._at - 1][1]

    def _skip(self, text: str) -> bool:
        found = self._is(text)
        self._at += found
        return found

    def refusal(self, expected: str) -> ApiError:
        """An error that quotes what stands here."""
        found = "the end" if self.at_end else f"{self._tokens[self._at][1]!r} at {self._tokens[self._at][2]}"
        return invalid(f"Unparseable filter: found {found}, expected {expected}, in {self.text!r}")

    def expression(self) -> Node:
        """Factors joined by AND, or just standing next to each other."""
        parts = [self._factor()]
        while not self.at_end and not self._is(")"):
            self._skip("AND")
            parts.append(self._factor())
        return parts[0] if len(parts) == 1 else Group("AND", tuple(parts))

    def _factor(self) -> Node:
        parts = [self._term()]
        while self._skip("OR"):
            parts.append(self._term())
        return parts[0] if len(parts) == 1 else Group("OR", tuple(parts))

    def _term(self) -> Node:
        if self._skip("NOT"):
            return Not(self._term())
        if self._skip("("):
            return self._closed()
        if self._kind() != "word" or self._is("AND", "OR"):
            raise self.refusal("a field, a text, NOT or '('")
        if self._is_negation():
            return Not(self._restriction())
        return self._restriction()

    def _is_negation(self) -> bool:
        """A minus sign in front of a field is NOT: drop it from the word and say so."""
        kind, word, at = self._tokens[self._at]
        if not word.startswith("-") or len(word) == 1:
            return False
        self._tokens[self._at] = (kind, word[1:], at + 1)
        return True

    def _closed(self) -> Node:
        self._depth += 1
        if self._depth > DEEPEST:
            raise invalid(f"Filter is nested too deeply: expected at most {DEEPEST} parentheses within each other")
        inside = self.expression()
        if not self._skip(")"):
            raise self.refusal("')'")
        self._depth -= 1
        return inside

    def _restriction(self) -> Node:
        word = self._take()
        if self._is("(") and not word.startswith('"') and self._touches(word):
            return self._call(word)
        if self._kind() != "operator":
            return Text(unquoted(word), word.startswith('"'))
        path = tuple(unquoted(part) for part in re.findall(PART, word))
        operator = self._take()
        if self._skip("("):
            return _alternatives(self._closed(), path, operator)
        return Comparison(path, operator, self._value())

    def _touches(self, word: str) -> bool:
        """Whether the parenthesis follows the word at once: `f(` calls, `a (b)` are two restrictions."""
        start = self._tokens[self._at - 1][2]
        return self._tokens[self._at][2] == start + len(word)

    def _value(self) -> Text | Call:
        if self._kind() != "word":
            raise self.refusal("a value")
        word = self._take()
        if self._is("(") and not word.startswith('"') and self._touches(word):
            return self._call(word)
        return Text(unquoted(word), word.startswith('"'))

    def _call(self, name: str) -> Call:
        self._skip("(")
        arguments = []
        while not self._skip(")"):
            if self._kind() != "word":
                raise self.refusal("an argument or ')'")
            word = self._take()
            arguments.append(Text(unquoted(word), word.startswith('"')))
            if not self._skip(",") and not self._is(")"):
                raise self.refusal("',' or ')'")
        return Call(name, tuple(arguments))


def _alternatives(node: Node, path: tuple[str, ...], operator: str) -> Node:
    """`field=(a OR b)` means `field=a OR field=b`."""
    if isinstance(node, Group):
        return Group(node.word, tuple(_alternatives(part, path, operator) for part in node.parts))
    if isinstance(node, Not):
        return Not(_alternatives(node.part, path, operator))
    if isinstance(node, Comparison):
        raise invalid(f"Unparseable filter: found a comparison among the alternatives of {'.'.join(path)}")
    return Comparison(path, operator, node)
