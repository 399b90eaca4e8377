"""Golden sets in their bucket, and a prompt's managed twin in Vertex AI."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest

from mlops_helpers.debugging import errors
from mlops_helpers.debugging.golden_sets import Example, GoldenSets
from mlops_helpers.debugging.managed_prompts import from_managed, to_managed
from mlops_helpers.debugging.prompt_checks import Equals, Similar
from mlops_helpers.debugging.prompt_models import Answer
from mlops_helpers.debugging.prompt_registry import PromptRegistry
from mlops_helpers.debugging.prompt_tests import run_prompt_tests

EXAMPLES = [
    Example("r1", {"review": "great\u2028phone"}, "positive"),
    Example("r2", {"review": "bad"}, "negative", "INC-7"),
]


@pytest.fixture
def golden(bucket):
    return GoldenSets(bucket, clock=lambda: datetime(2026, 3, 1, tzinfo=UTC))


def test_examples_come_back_in_versions(golden):
    first = golden.save("sentiment", EXAMPLES, author="ada", description="accepted in May")
    second = golden.save("sentiment", EXAMPLES[:1], author="bob")
    assert (first.version, second.version) == (1, 2)
    assert golden.load("sentiment", 1) == first
    assert golden.load("sentiment", 1).examples == tuple(EXAMPLES)
    table = golden.versions("sentiment")
    assert table["examples"].tolist() == [2, 1]
    assert table["author"].tolist() == ["ada", "bob"]


def test_the_same_examples_again_are_the_same_version(golden):
    golden.save("sentiment", EXAMPLES, author="ada")
    again = golden.save("sentiment", EXAMPLES, author="bob")
    assert (again.version, again.reused) == (1, True)


def test_each_version_is_json_lines(golden, bucket):
    golden.save("sentiment", EXAMPLES, author="ada")
    lines = bucket.blob("golden/sentiment/versions/000001.jsonl").download_as_text().split("\n")
    assert lines[1] == '{"id": "r2", "variables": {"review": "bad"}, "expected": "negative", "source": "INC-7"}'


def test_twenty_writers_lose_nothing(golden):
    with ThreadPoolExecutor(20) as pool:
        sets = [[Example("r", {"n": number}, "x")] for number in range(20)]
        saved = list(pool.map(lambda examples: golden.save("many", examples, author="ada"), sets))
    assert sorted(item.version for item in saved) == list(range(1, 21))
    assert all(golden.load("many", item.version) == item for item in saved)


def test_examples_are_prompt_tests(golden):
    saved = golden.save("sentiment", EXAMPLES, author="ada")
    assert saved.cases()[0].checks == (Equals("positive"),)
    assert saved.cases(at_least=0.7)[1].checks == (Similar("negative", 0.7),)
    report = run_prompt_tests(saved.cases(), lambda prompt, seed: Answer("negative"), template="{{ review }}")
    assert report.passes == {"r1": 0, "r2": 1}


@pytest.mark.parametrize(
    ("examples", "error"),
    [
        ([], errors.EmptyData),
        (EXAMPLES[:1] * 2, errors.BadCase),
        ([Example("a b", {}, "x")], errors.BadCase),
        ([Example("a", {}, " ")], errors.BadCase),
        ([Example("a", {"n": object()}, "x")], errors.BadCase),
    ],
)
def test_what_is_no_golden_set_is_not_stored(golden, bucket, examples, error):
    with pytest.raises(error):
        golden.save("sentiment", examples, author="ada")
    assert list(bucket.list_blobs()) == []


def test_an_unknown_set_or_version_and_a_changed_one_are_named(golden, bucket):
    golden.save("sentiment", EXAMPLES, author="ada")
    with pytest.raises(errors.UnknownPrompt, match="no golden set 'sentimnt'; expected perhaps sentiment"):
        golden.load("sentimnt", 1)
    with pytest.raises(errors.UnknownPrompt, match="no version 3"):
        golden.load("sentiment", 3)
    blob = bucket.get_blob("golden/sentiment/versions/000001.jsonl")
    blob.upload_from_string(blob.download_as_bytes().replace(b"bad", b"mad"))
    with pytest.raises(errors.ChecksumMismatch):
        golden.load("sentiment", 1)


@pytest.fixture
def prompts(session):
    from tests.offline.vertex.platforms import agentplatform

    return agentplatform.Client(project=session.project, location="us-central1").prompts


def version_of(managed):
    return managed.dataset_version.name.rpartition("/")[2]


def test_text_version_model_and_parameters_survive_the_managed_twin(bucket, prompts):
    registry = PromptRegistry(bucket)
    registry.save("labels/sentiment", "Label: {{ review }}\n", author="ada")
    saved = registry.save("labels/sentiment", "Label it: {{ review }}", author="ada", parameters={"temperature": 0.5})
    made = to_managed(saved, prompts)
    found = from_managed(made.prompt_id, version_of(made), prompts)
    assert (found.name, found.version, found.template) == ("labels/sentiment", 2, "Label it: {{ review }}")
    assert (found.model, found.parameters) == ("gemini-3.8-flash", {"temperature": 0.5})


def test_a_managed_prompt_keeps_its_versions(bucket, prompts):
    registry = PromptRegistry(bucket)
    first = registry.save("sentiment", "Label: {{ review }}", author="ada")
    second = registry.save("sentiment", "Label it: {{ review }}", author="ada")
    made = to_managed(first, prompts)
    later = to_managed(second, prompts, prompt_id=made.prompt_id)
    found = [from_managed(made.prompt_id, version_of(item), prompts) for item in (made, later)]
    assert [(item.version, item.template) for item in found] == [(1, first.template), (2, second.template)]


def test_a_managed_version_made_by_hand_is_not_taken_for_ours(prompts):
    content = {"role": "user", "parts": [{"text": "Label it."}]}
    by_hand = {"prompt_data": {"contents": [content], "model": "gemini-3.8-flash"}}
    made = prompts.create_version(prompt=by_hand, config={"version_display_name": "v1 000000000000"})
    with pytest.raises(errors.ChecksumMismatch, match="another text"):
        from_managed(made.prompt_id, version_of(made), prompts)
