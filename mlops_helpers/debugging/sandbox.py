"""The Jinja environment of prompts: the second fence, behind the list of what a template may hold."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from functools import cache

import jinja2
from jinja2 import nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment

from mlops_helpers.debugging.errors import OutputTooLong
from mlops_helpers.debugging.template_check import FILTERS, TESTS

MOST_TURNS = 100_000
COUNTER = "_turns"  # no template can name it: names that begin with an underscore are refused


class PromptEnvironment(ImmutableSandboxedEnvironment):
    """Nothing global, the listed filters and tests only, no fall-back from items to attributes, no HTML escaping."""

    def __init__(self) -> None:
        plain = jinja2.select_autoescape(enabled_extensions=(), default_for_string=False)  # &lt; is no help to a model
        super().__init__(undefined=jinja2.StrictUndefined, autoescape=plain, keep_trailing_newline=True)
        self.globals.clear()
        self.filters = {name: self.filters[name] for name in FILTERS} | {"tojson": _to_json, COUNTER: _counted}
        self.tests = {name: self.tests[name] for name in TESTS}

    def getitem(self, obj: object, argument: object) -> object:
        """Return an item, never an attribute: Jinja's own falls back to attributes where there is no such key."""
        try:
            return obj[argument]
        except (LookupError, TypeError, AttributeError):
            return self.undefined(obj=obj, name=argument)


class Turns:
    """How many turns the loops of one prompt have made."""

    def __init__(self) -> None:
        self.made = 0

    def count(self, items: Iterable[object]) -> Iterator[object]:
        """Yield the items. Raises `OutputTooLong` at the turn after the last that is allowed."""
        for item in items:
            self.made += 1
            if self.made > MOST_TURNS:
                raise OutputTooLong(
                    f"loops of more than {MOST_TURNS:,} turns", f"at most {MOST_TURNS:,}", "Pass shorter lists."
                )
            yield item


@cache
def environment() -> PromptEnvironment:
    """Return the environment, made once."""
    return PromptEnvironment()


def bound_loops(tree: nodes.Template) -> None:
    """Let every loop go through a counter, whatever it writes: loops that write nothing end as well."""
    for loop in tree.find_all(nodes.For):
        loop.iter = nodes.Filter(loop.iter, COUNTER, [], [], None, None, lineno=loop.lineno)


@jinja2.pass_context
def _counted(context: jinja2.runtime.Context, items: Iterable[object]) -> Iterator[object]:
    return context[COUNTER].count(items)


def _to_json(value: object) -> str:
    """Return JSON as it is written, without the escapes that Jinja adds for HTML."""
    return json.dumps(value, ensure_ascii=False)
