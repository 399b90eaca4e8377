"""Tuning rows: every bad line is named, the division is stable, the version follows from the content."""

import json
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlops_helpers.tooling import BadExamples, InvalidSetting, divide_examples, read_examples
from mlops_helpers.tooling.genai_pipeline_rows import TuningExample, to_jsonl

WORDS = st.text(string.ascii_letters + " \u2028éß\n", min_size=1, max_size=20).filter(str.strip)
ROWS = st.dictionaries(WORDS, WORDS, min_size=1, max_size=30)


def row(question, answer, **more):
    contents = [{"role": "user", "parts": [{"text": question}]}, {"role": "model", "parts": [{"text": answer}]}]
    return json.dumps({"contents": contents, **more}, ensure_ascii=False)


def file_of(pairs):
    return "\n".join(row(question, answer) for question, answer in pairs.items())


def turns(*roles):
    return json.dumps({"contents": [{"role": role, "parts": [{"text": "x"}]} for role in roles]})


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("{", "line 2: no JSON"),
        ("[1]", "line 2: no list `contents`"),
        ('{"contents": []}', "line 2: no list `contents`"),
        ('{"contents": {"role": "user"}}', "line 2: no list `contents`"),
        (row("a", "b", label=1), "line 2: unknown field 'label'"),
        (turns("user"), "line 2: turns that are not user, model"),
        (turns("model", "user"), "line 2: turns that are not user, model"),
        (turns("user", "assistant"), "role is neither user nor model"),
        (row("a", " "), "line 2: a model turn of 1 characters"),
        (row("a" * 100_001, "b"), "line 2: a user turn of 100001 characters"),
        (row("a", "b").replace('"b"', "7"), "line 2: a model turn whose text is no text"),
        (row("a", "b").replace('"text": "b"', '"fileData": "b"'), "line 2: a model turn without parts of text"),
        (row("a", "b").replace('"b"', '"\\ud800"'), "line 2: a model turn with half a character"),
        (row("a", "b", systemInstruction={"parts": []}), "line 2: the system instruction of 0 characters"),
        (row("first", "another"), "line 2: another answer than line 1"),
        ("[" * 100_000, "line 2: no JSON"),
    ],
)
def test_each_bad_line_is_named(line, message):
    with pytest.raises(BadExamples, match=message):
        read_examples(f"{row('first', 'answer')}\n{line}\n")


def test_all_bad_lines_are_counted_and_ten_are_named():
    with pytest.raises(BadExamples, match="line 10: no JSON; and 3 more"):
        read_examples("x\n" * 13)


@pytest.mark.parametrize("text", ["", "\n \n"])
def test_an_empty_file_is_refused(text):
    with pytest.raises(BadExamples, match="no examples"):
        read_examples(text)


@given(ROWS)
def test_what_is_written_is_read_back(pairs):
    found = read_examples(file_of(pairs))
    assert [(example.turns[0][1], example.turns[1][1]) for example in found] == list(pairs.items())
    assert [example.turns for example in read_examples(to_jsonl(found))] == [example.turns for example in found]


def test_copies_count_once():
    assert len(read_examples(f"{row('a', 'b')}\n{row('a', 'b')}")) == 1


def examples_of(number):
    return read_examples(file_of({f"question {index}": "yes" for index in range(number)}))


def test_examples_stay_on_their_side_and_order_does_not_matter():
    small, large = divide_examples(examples_of(100)), divide_examples(reversed(examples_of(200)))
    questions = [{example.question for example in part} for part in (small.validation, large.validation)]
    assert questions[0] <= questions[1]
    assert 20 <= len(large.validation) <= 60
    assert not questions[1] & {example.question for example in large.training}


def test_the_version_is_the_contents():
    first, second = divide_examples(examples_of(50)), divide_examples(reversed(examples_of(50)))
    assert first == second
    others = [divide_examples(examples_of(51)), divide_examples(examples_of(50), seed="1")]
    assert len({found.version for found in (first, *others)}) == 3


@pytest.mark.parametrize("share", [0, 0.6, -1, float("nan")])
def test_shares_that_cannot_be_are_refused(share):
    with pytest.raises(InvalidSetting, match="validation="):
        divide_examples(examples_of(20), validation=share)


def test_a_part_without_examples_is_refused():
    with pytest.raises(InvalidSetting, match="at least one of each"):
        divide_examples([TuningExample(1, (("user", "a"), ("model", "b")))])
