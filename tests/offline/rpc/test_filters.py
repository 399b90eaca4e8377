"""The filter language: what it reads, what it refuses, and that no text breaks it."""

import contextlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlops_helpers.offline.errors import ApiError
from mlops_helpers.offline.logging.matching import compile_filter
from mlops_helpers.offline.rpc.filters import Call, Comparison, Group, Not, Text, parse


def is_(path, value, operator="="):
    return Comparison(tuple(path.split(".")), operator, Text(value))


A, B, C, D = (is_(name, "1") for name in "abcd")

READ = [
    ("", None),
    ("-- only a comment", None),
    ("a=1", A),
    ("a.b.c >= 2", is_("a.b.c", "2", ">=")),
    ('a="x y"', Comparison(("a",), "=", Text("x y", quoted=True))),
    ('a."b.c"=1', Comparison(("a", "b.c"), "=", Text("1"))),
    (r'a="say \"hi\""', Comparison(("a",), "=", Text('say "hi"', quoted=True))),
    ("a=-1.5", is_("a", "-1.5")),
    ("a=1 AND b=1", Group("AND", (A, B))),
    ("a=1 b=1\nc=1", Group("AND", (A, B, C))),
    ("a=1 OR b=1 c=1 OR d=1", Group("AND", (Group("OR", (A, B)), Group("OR", (C, D))))),
    ("(a=1 b=1) OR c=1", Group("OR", (Group("AND", (A, B)), C))),
    ("NOT a=1", Not(A)),
    ("-a=1", Not(A)),
    ("NOT (a=1 OR b=1)", Not(Group("OR", (A, B)))),
    ("a=(1 OR 2)", Group("OR", (A, is_("a", "2")))),
    ("a:(x AND NOT y)", Group("AND", (is_("a", "x", ":"), Not(is_("a", "y", ":"))))),
    ('a=f("x", y)', Comparison(("a",), "=", Call("f", (Text("x", quoted=True), Text("y"))))),
    ("f(x)", Call("f", (Text("x"),))),
    ("free", Text("free")),
    ("a=~x", is_("a", "x", "=~")),
]


@pytest.mark.parametrize(("text", "tree"), READ)
def test_a_filter_is_read_as_a_tree(text, tree):
    assert parse(text) == tree


@pytest.mark.parametrize(
    "text",
    ["a=", "=1", "a=1 AND", "OR a=1", "(a=1", "a=1)", "NOT", 'a="open', "f(x", "a==1", "a=(b=1)", "a=1 !", "(" * 60],
)
def test_what_is_no_filter_is_refused(text):
    with pytest.raises(ApiError) as refused:
        parse(text)
    assert refused.value.code == 400


WORDS = st.from_regex(r"[a-z][a-z0-9_]{0,6}", fullmatch=True)
VALUES = st.one_of(WORDS.map(Text), st.text(max_size=8).map(lambda text: Text(text, quoted=True)))
COMPARISONS = st.builds(
    Comparison, st.lists(WORDS, min_size=1, max_size=3).map(tuple), st.sampled_from(["=", "!=", "<", ">=", ":"]), VALUES
)
TREES = st.recursive(
    COMPARISONS,
    lambda inner: st.one_of(
        inner.map(Not),
        st.builds(Group, st.sampled_from(["AND", "OR"]), st.lists(inner, min_size=2, max_size=3).map(tuple)),
    ),
    max_leaves=8,
)


def written(node):
    """A tree as text, with every parenthesis."""
    if isinstance(node, Group):
        return f" {node.word} ".join(f"({written(part)})" for part in node.parts)
    if isinstance(node, Not):
        return f"NOT ({written(node.part)})"
    value = node.value.value.replace("\\", "\\\\").replace('"', '\\"')
    return f"{'.'.join(node.path)}{node.operator}" + (f'"{value}"' if node.value.quoted else value)


@given(TREES)
def test_a_tree_survives_being_written(tree):
    assert parse(written(tree)) == tree


@given(st.text(alphabet='ab.=<>!~:()" -NOTANDOR1\\', max_size=30))
def test_any_text_is_read_or_refused(text):
    with contextlib.suppress(ApiError):
        parse(text)


@given(st.floats(allow_nan=False, allow_infinity=False), st.floats(allow_nan=False, allow_infinity=False))
def test_numbers_compare_as_numbers(found, wanted):
    entry = {"jsonPayload": {"x": found}}
    assert compile_filter(f"jsonPayload.x<{wanted!r}")(entry) == (found < wanted)


@given(st.text(min_size=1, max_size=10))
def test_any_text_is_equal_to_itself(text):
    assert compile_filter(f"jsonPayload.x={json.dumps(text, ensure_ascii=False)}")({"jsonPayload": {"x": text}}) or (
        set(text) & set(map(chr, range(32)))  # control characters are written differently in JSON
    )
