"""Prompts from templates: strict, bounded, and deaf to what stands in the data.

    render("Label this review: {{ review }}", review="great phone")

The language is Jinja's, cut down to what prompts need (`template_check`). Before anything is written the variables are
compared with the template: all that are missing are named at once, and so are those it does not know (a typo, mostly).
Values are plain data. Braces in a value stay braces: data is put in last and never read as a template.

That keeps the *template* from being changed by data. It does not keep a *model* from obeying a sentence in the data:
mark data off (`{{ review|tojson }}`, or tags around it), and test for it with prompt tests.

Limits: a template of 100,000 characters, 1,000,000 characters or items of data, 100,000 turns of loops, and a prompt of
1,000,000 characters. A prompt is cut off while it is written, not afterwards, so that none of them can exhaust memory.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import lru_cache
from typing import Any

import jinja2
import jinja2.sandbox
from jinja2 import meta, nodes

from mlops_helpers.debugging.errors import (
    InvalidSetting,
    MissingVariables,
    OutputTooLong,
    TemplateRefused,
    UnknownVariables,
)
from mlops_helpers.debugging.sandbox import COUNTER, Turns, bound_loops, environment
from mlops_helpers.debugging.template_check import check_tree, optional_variables

LONGEST_TEMPLATE = 100_000
LONGEST_PROMPT = 1_000_000
MOST_DATA = 1_000_000
DEEPEST_DATA = 20


@dataclass(frozen=True)
class PromptTemplate:
    """A checked and compiled template. `required` and `optional` are the variables it knows."""

    text: str
    required: frozenset[str]
    optional: frozenset[str]
    compiled: jinja2.Template = field(repr=False, compare=False)

    def render(self, variables: Mapping[str, Any], *, longest: int = LONGEST_PROMPT) -> str:
        """Return the prompt.

        Raises MissingVariables, UnknownVariables (each names all), InvalidSetting (a value that is no plain data, or
        too much of it), OutputTooLong, and TemplateRefused if template and values do not fit (a loop over a number).
        """
        self._check(variables)
        chunks = self.compiled.generate({**variables, COUNTER: Turns()})
        try:
            return _joined(chunks, longest)
        except (jinja2.UndefinedError, jinja2.sandbox.SecurityError, TypeError, ValueError) as error:
            raise TemplateRefused(
                f"a template that cannot be filled with these values ({error})",
                "values of the kind that the template works with",
                "Compare the loops, keys and comparisons of the template with the values.",
            ) from error

    def _check(self, variables: Mapping[str, Any]) -> None:
        names = variables.keys()
        if missing := self.required - names:
            raise MissingVariables(
                f"no value for {', '.join(sorted(missing))}{_unused(names - self.required - self.optional)}",
                f"values for {', '.join(sorted(self.required))}",
                f"Add {'it' if len(missing) == 1 else 'them'} to the call.",
            )
        if unknown := names - self.required - self.optional:
            known = sorted(self.required | self.optional)
            raise UnknownVariables(
                f"{', '.join(_with_nearest(name, known) for name in sorted(unknown))}, which the template does not use",
                f"only {', '.join(known) or 'a call without variables'}",
                "Correct the name, or use it in the template.",
            )
        _check_data(variables)


def render(template: str, /, **variables: Any) -> str:
    """Return the prompt that a template and its variables make. See `PromptTemplate.render` for what it raises."""
    return read_template(template).render(variables)


@lru_cache(maxsize=256)
def read_template(text: str) -> PromptTemplate:
    """Check and compile a template, once for each text. Raises `TemplateRefused`, before parsing if it is too long."""
    tree = check_template(text)
    known = frozenset(meta.find_undeclared_variables(tree))
    optional = optional_variables(tree) & known
    bound_loops(tree)
    return PromptTemplate(text, known - optional, optional, environment().from_string(tree))


def check_template(text: str) -> nodes.Template:
    """Return the parsed template if all of it is allowed; nothing is compiled. Raises `TemplateRefused`."""
    tree = _parsed(text)
    check_tree(tree)
    return tree


def _parsed(text: str) -> nodes.Template:
    if not isinstance(text, str) or len(text) > LONGEST_TEMPLATE:
        size = f"{len(text):,} characters" if isinstance(text, str) else type(text).__name__
        limit = f"a text of at most {LONGEST_TEMPLATE:,} characters"
        raise TemplateRefused(f"a template of {size}", limit, "Keep data out of templates: pass it as a variable.")
    try:
        text.encode()
        return environment().parse(text)
    except jinja2.TemplateSyntaxError as error:
        found = f"a template that breaks off in line {error.lineno} ({error.message})"
        raise TemplateRefused(found, "complete Jinja", "Close every {{, {%, {# and every if and for.") from error
    except UnicodeEncodeError as error:
        raise TemplateRefused("a template with half a character", "valid Unicode", "Save the file as UTF-8.") from error
    except RecursionError as error:
        raise TemplateRefused("a template nested beyond reading", "a few levels", "Write it flat.") from error


def _joined(chunks: Iterator[str], longest: int) -> str:
    parts, size = [], 0
    for chunk in chunks:
        size += len(chunk)
        if size > longest:
            raise OutputTooLong(
                f"a prompt of more than {longest:,} characters",
                f"at most {longest:,}",
                "Pass less data: choose, summarise or split it first.",
            )
        parts.append(chunk)
    return "".join(parts)


def _check_data(variables: Mapping[str, Any]) -> None:
    """Refuse values that are no plain data (their `__str__` would run) and more of it than the limit."""
    waiting, size = [(name, value, 0) for name, value in variables.items()], 0
    while waiting:
        name, value, depth = waiting.pop()
        kind = type(value)
        if kind is str or kind in (list, tuple, dict):
            size += len(value)
        elif kind not in (int, float, bool, type(None)):
            kinds = "plain data: text, numbers, booleans, None, and lists or dicts of them"
            raise InvalidSetting(f"the variable {name} with a {kind.__name__}", kinds, "Convert it first, as by str().")
        if size > MOST_DATA or depth > DEEPEST_DATA:
            limit = f"at most {MOST_DATA:,} characters and items, {DEEPEST_DATA} levels deep"
            raise InvalidSetting(f"too much data in {name}", limit, "Pass less: choose, summarise or split it first.")
        if kind in (list, tuple, dict):
            inner = [*value.keys(), *value.values()] if kind is dict else value
            waiting += [(name, item, depth + 1) for item in inner]


def _with_nearest(name: str, known: list[str]) -> str:
    near = get_close_matches(name, known, n=1)
    return f"{name} (perhaps {near[0]})" if near else name


def _unused(names: Set[str]) -> str:
    return f", and a value for {', '.join(sorted(names))}, which it does not use" if names else ""
