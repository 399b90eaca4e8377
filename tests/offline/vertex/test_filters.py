"""AIP-160 filters, against hand-written tables and against the same questions asked in Python."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlops_helpers.offline.errors import ApiError
from mlops_helpers.offline.vertex.filters import compile_filter

RUN = {
    "displayName": "churn-1",
    "schemaTitle": "system.Run",
    "createTime": "2026-01-05T09:00:01.000Z",
    "labels": {"env": "prod"},
    "parentContexts": ["projects/p/contexts/a"],
    "metadata": {"auc": 0.9, "note": 'say "hi"'},
    "deployedModels": [{"id": "1", "model": "m1"}, {"id": "2", "model": "m2"}],
    "enabled": True,
}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", True),
        ('display_name="churn-1"', True),
        ("displayName = churn-1", True),
        ("display_name=churn-*", True),
        ('display_name!="churn-1"', False),
        ("labels.env=prod AND NOT display_name=x", True),
        ("labels.env=prod -display_name=churn-1", False),
        ("labels:env", True),
        ("labels:team", False),
        ("labels.team:*", False),
        ('(schema_title="a" OR schema_title="system.Run") AND parent_contexts:"projects/p/contexts/a"', True),
        ("schema_title=a OR schema_title=b OR labels.env=prod", True),
        ("metadata.auc > 0.85", True),
        ("metadata.auc.number_value >= 0.95", False),
        ('metadata.note="say \\"hi\\""', True),
        ('create_time > "2026-01-05T09:00:00Z"', True),
        ('create_time < "2026-01-05T09:00:01Z"', False),
        ("deployed_models.model=m2", True),
        ("enabled=true", True),
        ("missing=x", False),
        ("missing>1", False),
        ('in_context("a")', True),
        ('in_context("b") OR in_context("a")', True),
    ],
)
def test_filters_say_what_they_mean(text, expected):
    functions = {"in_context": lambda resource, context: context == "a"}
    assert compile_filter(text, functions)(RUN) is expected


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("display_name=", "found 'the end', expected a value"),
        ("(a=b", "expected a closing parenthesis"),
        ("a=b)", "expected the end, AND or OR"),
        ("a", "expected an operator"),
        ("=b", "expected a field"),
        ("f(x)", "expected one of: none here"),
        ('a="b', "cannot read it from"),
    ],
)
def test_what_is_no_filter_is_refused(text, message):
    with pytest.raises(ApiError, match=message):
        compile_filter(text)


terms = st.tuples(st.sampled_from("ab"), st.sampled_from(["=", "!="]), st.sampled_from("xy"))
trees = st.recursive(
    terms,
    lambda inner: st.one_of(
        st.tuples(st.just("NOT"), inner),
        st.tuples(st.sampled_from(["AND", "OR"]), inner, inner),
    ),
)


def write(tree):
    if tree[0] == "NOT":
        return f"NOT ({write(tree[1])})"
    if tree[0] in ("AND", "OR"):
        return f"({write(tree[1])}) {tree[0]} ({write(tree[2])})"
    return "".join(tree)


def judge(tree, resource):
    if tree[0] == "NOT":
        return not judge(tree[1], resource)
    if tree[0] in ("AND", "OR"):
        left, right = judge(tree[1], resource), judge(tree[2], resource)
        return left and right if tree[0] == "AND" else left or right
    return (resource[tree[0]] == tree[2]) == (tree[1] == "=")


@given(trees, st.fixed_dictionaries({"a": st.sampled_from("xyz"), "b": st.sampled_from("xyz")}))
def test_a_filter_agrees_with_the_same_question_in_python(tree, resource):
    assert compile_filter(write(tree))(resource) is judge(tree, resource)


@given(st.text(alphabet='ab=!<>:()" ANDORT.*-,\\', max_size=30))
def test_any_text_is_a_filter_or_a_refusal(text):
    codes = []
    try:
        codes.append(compile_filter(text)({"a": "b"}) in (True, False))
    except ApiError as refusal:
        codes.append(refusal.code == 400)
    assert codes == [True]
