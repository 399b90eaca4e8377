"""The file of prompt tests: what can be said in it, which mistakes are named, and how an incident gets into it."""

import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlops_helpers.debugging.case_reading import prompt_cases, read_cases
from mlops_helpers.debugging.errors import BadCase
from mlops_helpers.debugging.incident_cases import add_case_from_incident
from mlops_helpers.debugging.prompt_checks import Equals, JsonSchema, Length

GOOD = """
[[case]]
id = "refund"
variables = {review = "Still waiting for my refund."}
check = {equals = "negative", length = {at_most = 3, unit = "words"}}

[[case]]
id = "as-json"
source = "INC-7"
prompt = "Answer as JSON."
[case.check]
json_schema = {type = "object", required = ["label"]}
all = ["label"]
regex = '^\\{'
language = "de"
similar = {to = "a refund", at_least = 0.8}
judge = "It names the label."
safety = "allowed"
"""
TEXTS = st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=30)
VALUES = st.recursive(
    TEXTS | st.booleans() | st.integers(-(2**60), 2**60) | st.floats(allow_nan=False),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=6,
)


def one(lines, check='{equals = "x"}'):
    return f"[[case]]\n{lines}\ncheck = {check}\n".encode()


def test_a_file_becomes_cases(tmp_path):
    path = tmp_path / "cases.toml"
    path.write_text(GOOD)
    first, second = prompt_cases(path)
    assert (str(first), first.variables) == ("refund", {"review": "Still waiting for my refund."})
    assert first.checks == (Equals("negative"), Length(0, 3, "words"))
    assert (second.prompt, second.source, len(second.checks)) == ("Answer as JSON.", "INC-7", 7)
    assert second.checks[0] == JsonSchema({"type": "object", "required": ["label"]})


@pytest.mark.parametrize("case", read_cases(GOOD.encode()), ids=str)
def test_cases_parametrize_a_test_of_pytest(case, request):
    assert request.node.name.endswith(f"[{case.id}]")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b'[[caes]]\nid = "a"', "Found 'caes' in cases; expected 'case', perhaps"),
        (one('id = "a"\nvariabels = {}'), "Found 'variabels' in cases, case 'a'; expected 'variables', perhaps"),
        (one('id = "a"\nprompt = "p"', '{equal = "x"}'), "the check 'equal' in cases, case 'a'; expected 'equals'"),
        (one('id = "a"\nprompt = "p"', "{length = {atmost = 3}}"), "'atmost' in length of cases, case 'a'; expected"),
        (one('id = "a"\nprompt = "p"') * 2, "two cases called 'a' in cases"),
        (one('prompt = "p"'), "the id None of cases, case 1"),
        (one('id = "a b"\nprompt = "p"'), "the id 'a b'"),
        (one('id = "a"'), "neither prompt nor variables in cases, case 'a'"),
        (one('id = "a"\nprompt = "p"\nvariables = {}'), "both prompt and variables"),
        (one('id = "a"\nprompt = 3'), "prompt = 3"),
        (b'[[case]]\nid = "a"\nprompt = "p"', "no check in cases, case 'a'"),
        (b"case = 3", "no case in cases"),
        (b"", "no case in cases"),
        (b"[[case]\n", "no TOML in cases"),
        (b"\xff", "no TOML in cases"),
    ],
)  # fmt: skip
def test_a_mistake_is_named_with_file_and_case(text, message):
    with pytest.raises(BadCase) as caught:
        read_cases(text)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("check", "message"),
    [
        ('{all = "refund"}', "a list of texts"),
        ('{none = [""]}', "a list of texts"),
        ("{equals = 3}", "a text"),
        ("{regex = '('}", "a regular expression (missing )"),
        ("{regex = '(a+)+$'}", "a repetition in a repeated group"),
        ("{regex = '(\\w*\\s?)*$'}", "a repetition in a repeated group"),
        (f"{{regex = '{'a' * 201}'}}", "at most 200 characters"),
        ('{json_schema = {type = "objekt"}}', "a JSON Schema ($.type"),
        ('{json_schema = {"$ref" = "http://example.com/s.json"}}', "nothing is fetched"),
        ("{length = {at_least = 5, at_most = 3}}", "at_least <= at_most"),
        ('{length = {unit = "tokens"}}', "characters, words"),
        ("{length = {at_most = 1.5}}", "whole numbers"),
        ('{language = "deutsch"}', "one of en, de"),
        ('{similar = {to = "x"}}', "a cosine from -1 to 1"),
        ('{similar = {to = "x", at_least = 80}}', "a cosine from -1 to 1"),
        ('{safety = "block"}', "one of allowed, blocked"),
        ('{judge = " "}', "a text"),
    ],
)
def test_a_check_that_nobody_can_run_is_refused(check, message):
    with pytest.raises(BadCase) as caught:
        read_cases(one('id = "a"\nprompt = "p"', check))
    assert message in str(caught.value)


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(BadCase, match=r"no such file: cases\.toml"):
        prompt_cases(tmp_path / "cases.toml")


@given(st.text(max_size=80))
def test_any_text_is_read_or_refused_by_name(text):
    try:
        cases = read_cases(text.encode(errors="replace"))
    except BadCase:
        return
    assert cases


def test_an_incident_becomes_a_case(tmp_path):
    path = tmp_path / "cases.toml"
    path.write_text("# what reviews are like\n" + GOOD)
    added = add_case_from_incident(
        path, "inc-42", variables={"review": 'He said "no".\n'}, check={"equals": "neutral"}, source="INC-42: no label"
    )
    assert prompt_cases(path)[-1] == added
    assert (added.variables["review"], added.source) == ('He said "no".\n', "INC-42: no label")
    assert path.read_text().startswith("# what reviews are like\n")


def test_the_first_incident_makes_the_file(tmp_path):
    path = tmp_path / "cases.toml"
    add_case_from_incident(path, "inc-1", prompt="p", check={"safety": "blocked"}, source="INC-1")
    assert [str(case) for case in prompt_cases(path)] == ["inc-1"]


@pytest.mark.parametrize(
    ("case_id", "given_", "check"),
    [
        ("refund", {"prompt": "p"}, {"equals": "x"}),
        ("new", {"promt": "p"}, {"equals": "x"}),
        ("new", {"variables": {"a": None}}, {"equals": "x"}),
        ("new", {"prompt": "\ud800"}, {"equals": "x"}),
        ("new", {"prompt": "p"}, {"equal": "x"}),
    ],
)
def test_an_incident_that_makes_no_case_changes_nothing(tmp_path, case_id, given_, check):
    path = tmp_path / "cases.toml"
    path.write_text(GOOD)
    with pytest.raises(BadCase):
        add_case_from_incident(path, case_id, check=check, source="INC-42", **given_)
    assert path.read_text() == GOOD
    assert [item.name for item in tmp_path.iterdir()] == ["cases.toml"]


@given(st.dictionaries(TEXTS, VALUES, max_size=4))
def test_any_variables_survive_the_file(tmp_path_factory, variables):
    path = tmp_path_factory.mktemp("cases") / "cases.toml"
    added = add_case_from_incident(path, "inc", variables=variables, check={"equals": "x"}, source="s")
    assert added.variables == variables
    assert tomllib.loads(path.read_text(encoding="utf-8"))["case"][0]["variables"] == variables
