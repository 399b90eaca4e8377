"""Which labels everything must carry, as data: `{"team": {"values": [...]}, "app": {"pattern": "..."}, ...}`.

A rule has `values` (those allowed) or `pattern` (a regular expression for the whole value), and perhaps a `default`:
what a fix may write where nothing better is known.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .errors import BadLabelPolicy

LEGAL_KEY = re.compile(r"[a-z][a-z0-9_-]{0,62}")  # what Google Cloud takes as a key, and as a value
LEGAL_VALUE = re.compile(r"[a-z0-9_-]{1,63}")
PARTS = {"values", "pattern", "default"}


@dataclass(frozen=True)
class Rule:
    """What one label may say: one of `values`, or what fits `pattern` as a whole."""

    values: tuple[str, ...] = ()
    pattern: str = ""
    default: str | None = None

    def allows(self, value: str) -> bool:
        """Whether a value keeps the rule."""
        return value in self.values if self.values else re.fullmatch(self.pattern, value) is not None

    def __str__(self) -> str:
        return f"one of {', '.join(self.values)}" if self.values else f"like {self.pattern}"


@dataclass(frozen=True)
class Problem:
    """One label of one resource that breaks the policy; `found` is None where it is missing."""

    key: str
    found: str | None
    expected: str

    def __str__(self) -> str:
        return f"{self.key} {'is missing' if self.found is None else f'is {self.found!r}'}; expected {self.expected}"


@dataclass(frozen=True)
class LabelPolicy:
    """Rules by key. Make it with `read_policy`, which checks them."""

    rules: Mapping[str, Rule]

    def problems(self, labels: Mapping[str, str]) -> list[Problem]:
        """What is wrong with the labels of one resource, in the order of the rules; labels without a rule are free."""
        return [
            Problem(key, labels.get(key), str(rule))
            for key, rule in self.rules.items()
            if key not in labels or not rule.allows(labels[key])
        ]


def read_policy(rules: Mapping[str, Mapping[str, Any]]) -> LabelPolicy:
    """A policy from plain data (JSON, YAML). Raises BadLabelPolicy for rules that Google or logic cannot satisfy."""
    if not rules:
        raise BadLabelPolicy("no rules", "at least one required label", "Require at least the team.")
    return LabelPolicy({key: _rule(key, given) for key, given in rules.items()})


def _rule(key: str, given: Mapping[str, Any]) -> Rule:
    if not LEGAL_KEY.fullmatch(key):
        raise _bad(key, "this key", "a key that Google takes: a lower-case letter, then up to 62 of a-z 0-9 _ -")
    if set(given) - PARTS or ("values" in given) == ("pattern" in given):
        raise _bad(key, f"the parts {', '.join(sorted(given)) or 'none'}", "`values` or `pattern`, perhaps `default`")
    if isinstance(given.get("values"), str):
        raise _bad(key, f"values {given['values']!r}", "a list of them")
    rule = Rule(tuple(given.get("values", ())), given.get("pattern", ""), given.get("default"))
    illegal = [value for value in rule.values if not LEGAL_VALUE.fullmatch(value)]
    if illegal or not (rule.values or rule.pattern):
        raise _bad(key, f"values {', '.join(illegal) or 'none'}", "values that Google takes: up to 63 of a-z 0-9 _ -")
    _compile(key, rule.pattern)
    if rule.default is not None and not (LEGAL_VALUE.fullmatch(rule.default) and rule.allows(rule.default)):
        raise _bad(key, f"the default {rule.default!r}", str(rule))
    return rule


def _compile(key: str, pattern: str) -> None:
    try:
        re.compile(pattern)
    except re.error as error:
        raise _bad(key, f"the pattern {pattern!r} ({error})", "a regular expression") from None


def _bad(key: str, found: str, expected: str) -> BadLabelPolicy:
    return BadLabelPolicy(f"{found} in the rule of {key!r}", expected, "Correct the rule.")
