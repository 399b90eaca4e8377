"""What a prompt template may hold: a list of what is allowed, read off the parsed template before anything runs.

A sandbox that forbids what is known to be dangerous is always one idea behind. Here everything is refused that is not
on the list: text, variables, `if`, `for` over a given list, comparisons, `loop.index` and its kin, an item by a fixed
key (`example["text"]`), and a dozen filters with short constant arguments. So there are no calls (nor `range`), no
attributes, no macros, includes or imports, no assignments, no arithmetic that could blow up a text.
"""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches
from itertools import pairwise

from jinja2 import nodes

from mlops_helpers.debugging.errors import TemplateRefused

ALLOWED = (
    nodes.Output, nodes.TemplateData, nodes.Name, nodes.Const, nodes.If, nodes.For, nodes.CondExpr,
    nodes.Compare, nodes.Operand, nodes.And, nodes.Or, nodes.Not, nodes.Test, nodes.Filter, nodes.Concat,
    nodes.Getitem, nodes.Getattr, nodes.Tuple, nodes.List, nodes.Pair, nodes.Dict, nodes.Keyword,
)  # fmt: skip
FILTERS = (
    "capitalize", "count", "d", "default", "first", "join", "last", "length", "lower", "sort", "title", "tojson",
    "trim", "truncate", "unique", "upper", "wordcount",
)  # fmt: skip
TESTS = ("defined", "undefined", "none", "string", "number", "mapping", "sequence", "in", "eq", "ne", "true", "false")
LOOP = ("index", "index0", "first", "last", "length")
LONGEST_ARGUMENT = 100  # characters of a filter's argument
MOST_FILTERS = 3  # in a row: `tojson` doubles backslashes each time
MOST_ELEMENTS = 5_000
DEEPEST = 40  # elements inside each other
DEEPEST_BLOCKS = 10  # Python itself allows 20 nested loops
RESERVED = ("loop", "self", "super", "caller", "varargs", "kwargs")
REMEDY = "Prepare the value in Python and pass the result as a variable."


def check_tree(tree: nodes.Template) -> None:
    """Refuse a parsed template with anything that is not allowed, naming the line. Raises `TemplateRefused`."""
    for count, (node, above) in enumerate(_walk(tree), start=1):
        if not isinstance(node, ALLOWED):
            raise _refused(node, _word(node), "text, variables, if, for and a few filters")
        if count > MOST_ELEMENTS:
            raise _refused(node, f"more than {MOST_ELEMENTS:,} elements", f"at most {MOST_ELEMENTS:,}")
        _check_depth(node, above)
        if isinstance(node, nodes.Name):
            _check_name(node, above)
        elif isinstance(node, nodes.Getattr):
            _check_attribute(node, above)
        elif isinstance(node, nodes.Getitem):
            _check_item(node)
        elif isinstance(node, nodes.For) and node.recursive:
            raise _refused(node, "a recursive loop", "a loop over a list")
        elif isinstance(node, nodes.Filter):
            _check_filter(node, above)
        elif isinstance(node, nodes.Test) and node.name not in TESTS:
            raise _refused(node, f"the test {node.name!r}", f"one of {', '.join(TESTS)}")


def optional_variables(tree: nodes.Template) -> frozenset[str]:
    """Return the variables that the template can do without: those under `default(…)` or `is defined`."""
    guards = [node for node, _ in _walk(tree) if _is_guard(node)]
    return frozenset(guard.node.name for guard in guards if isinstance(guard.node, nodes.Name))


def _is_guard(node: nodes.Node) -> bool:
    if isinstance(node, nodes.Filter):
        return node.name in ("default", "d")
    return isinstance(node, nodes.Test) and node.name in ("defined", "undefined")


def _walk(tree: nodes.Template) -> Iterator[tuple[nodes.Node, tuple[nodes.Node, ...]]]:
    """Yield every node with those above it, outermost first. A stack of our own: depth must not exhaust Python's."""
    waiting = [(node, ()) for node in tree.iter_child_nodes()]
    while waiting:
        node, above = waiting.pop()
        yield node, above
        waiting += [(child, (*above, node)) for child in node.iter_child_nodes()]


def _check_depth(node: nodes.Node, above: tuple[nodes.Node, ...]) -> None:
    blocks = sum(isinstance(outer, nodes.For | nodes.If) for outer in above)
    if len(above) > DEEPEST or blocks > DEEPEST_BLOCKS:
        raise _refused(node, "too much nesting", f"at most {DEEPEST_BLOCKS} blocks or {DEEPEST} elements in each other")


def _check_name(node: nodes.Name, above: tuple[nodes.Node, ...]) -> None:
    is_loop_fact = node.name == "loop" and bool(above) and isinstance(above[-1], nodes.Getattr)
    if node.name.startswith("_") or (node.name in RESERVED and not is_loop_fact):
        raise _refused(node, f"the name {node.name!r}", "a name that the template engine does not use itself")


def _check_attribute(node: nodes.Getattr, above: tuple[nodes.Node, ...]) -> None:
    is_loop = isinstance(node.node, nodes.Name) and node.node.name == "loop" and node.attr in LOOP
    if not (is_loop and _inside_loop(node, above)):
        what = f"the attribute .{node.attr}"
        raise _refused(
            node, what, f'item access such as x["{node.attr}"], or inside a loop loop.{", loop.".join(LOOP)}'
        )


def _inside_loop(node: nodes.Node, above: tuple[nodes.Node, ...]) -> bool:
    """Return whether a node stands in the body of a loop, not in the list it goes over: `loop` is unknown there."""
    path = (*above, node)
    return any(
        isinstance(outer, nodes.For) and any(inner is part for part in outer.body) for outer, inner in pairwise(path)
    )


def _check_item(node: nodes.Getitem) -> None:
    if not (isinstance(node.arg, nodes.Const) and isinstance(node.arg.value, str | int)):
        raise _refused(node, "an item whose key is computed", "a fixed key or number in the brackets")


def _check_filter(node: nodes.Filter, above: tuple[nodes.Node, ...]) -> None:
    if node.name not in FILTERS or node.node is None:
        near = get_close_matches(node.name, FILTERS, n=1)
        hint = f"{near[0]!r}, perhaps; one of" if near else "one of"
        raise _refused(node, f"the filter {node.name!r}", f"{hint} {', '.join(FILTERS)}")
    if node.dyn_args or node.dyn_kwargs or not all(_is_short(value) for value in _arguments(node)):
        raise _refused(node, f"an argument of {node.name!r}", f"constants of at most {LONGEST_ARGUMENT} characters")
    if sum(isinstance(outer, nodes.Filter) for outer in above) >= MOST_FILTERS:
        raise _refused(node, "a long row of filters", f"at most {MOST_FILTERS} in each other")


def _arguments(node: nodes.Filter) -> list[nodes.Expr]:
    return [*node.args, *(pair.value for pair in node.kwargs)]


def _is_short(argument: nodes.Expr) -> bool:
    return isinstance(argument, nodes.Const) and len(str(argument.value)) <= LONGEST_ARGUMENT


def _word(node: nodes.Node) -> str:
    """Return what a reader would call an element: `a call`, `an import`."""
    words = {nodes.Call: "a call", nodes.CallBlock: "a call block", nodes.Assign: "an assignment (set)"}
    return words.get(type(node), f"the element {type(node).__name__!r}")


def _refused(node: nodes.Node, found: str, expected: str) -> TemplateRefused:
    return TemplateRefused(f"{found} in line {node.lineno} of the template", expected, REMEDY)
