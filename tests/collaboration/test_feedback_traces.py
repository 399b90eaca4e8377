"""Feedback meets traces and golden sets: nothing was registered by hand, and a bad answer becomes a test."""

from types import SimpleNamespace

import pandas as pd
import pytest
from google.cloud import firestore, storage
from google.cloud import logging as cloud_logging

from mlops_helpers.collaboration import (
    AcceptedAnswer,
    AnswerDiffers,
    FeedbackStore,
    InvalidSetting,
    MissingColumns,
    NotRated,
    Served,
    add_accepted,
    case_from_feedback,
    example_of,
    with_traces,
)
from mlops_helpers.debugging import Example, GoldenSets, Tracer, prompt_cases, repeatable_ids

RESPONSE = SimpleNamespace(candidates=[], usage_metadata=None, model_version="model-a-001", prompt_feedback=None)


@pytest.fixture
def store(session, request):
    name = "".join(filter(str.isalnum, request.node.name))
    return FeedbackStore(firestore.Client(), cloud_logging.Client().logger(name), prefix=name)


@pytest.fixture
def golden(session, store):
    return GoldenSets(storage.Client().create_bucket(f"golden-{store.prefix.lower()}"[:60]), clock=session.now)


def trace(store, session, request, *, seed):
    tracer = Tracer(store.log, clock=session.now, ids=repeatable_ids(seed))
    with tracer.step("reply"):
        with tracer.step("retrieve"):
            session.now()
        with tracer.step("answer", request_id=request) as step:
            step.note_generation(RESPONSE, model="model-a", prompt_version="v2", contents="How much?")
    return tracer.trace_id


def test_the_traces_know_a_request_that_nobody_registered(store, session):
    identity = trace(store, session, "req-traced", seed=1)
    kept = store.rate("req-traced", 2)
    assert (kept.model_id, kept.prompt_version, kept.trace_id) == ("model-a", "v2", identity)
    assert store.served("req-traced").prompt == "How much?"


def test_bad_ratings_are_joined_with_their_steps_the_worst_first(store, session):
    identity = trace(store, session, "req-joined", seed=2)
    store.rate("req-joined", 4)
    for request, stars in (("plain", 1), ("gone", 5)):
        store.register(Served(request, "model-a", "v1", trace_id="f" * 32 if request == "gone" else ""))
        store.rate(request, stars)
    joined = with_traces(store.table(), store.log.client)
    assert joined["request"].tolist() == ["plain", "req-joined", "gone"]
    assert joined["steps"].tolist()[1] == 3
    assert joined["steps"].isna().tolist() == [True, False, True]
    assert joined.loc[1, "trace_id"] == identity
    assert joined.loc[1, "slowest"] in ("retrieve", "answer")


def test_a_failed_step_is_named(store, session):
    tracer = Tracer(store.log, clock=session.now, ids=repeatable_ids(3))
    with pytest.raises(ValueError), tracer.step("parse"):
        raise ValueError("no JSON")
    row = pd.DataFrame({"rating": [1], "trace_id": [tracer.trace_id]})
    assert with_traces(row, store.log.client)["failed"].tolist() == ["parse"]


def test_a_table_without_ratings_is_refused(store):
    with pytest.raises(MissingColumns, match="without trace_id"):
        with_traces(pd.DataFrame({"rating": [1]}), store.log.client)


def rated(store, request="r1", **more):
    store.register(Served(request, "model-a", "v2", **({"variables": {"question": "Price? ada@example.com"}} | more)))
    store.rate(request, 2, "wrong price")


def test_an_accepted_answer_goes_into_the_next_version_of_a_golden_set(store, golden):
    rated(store)
    golden.save("support", [Example("old", {"question": "Hours?"}, "9 to 5")], author="owner")
    saved = add_accepted(golden, "support", AcceptedAnswer("r1", "39 dollars", by="support lead"), feedback=store)
    assert (saved.version, [example.id for example in saved.examples]) == (2, ["old", "r1"])
    example = golden.load("support", 2).examples[1]
    assert example.expected == "39 dollars"
    assert "[EMAIL]" in example.variables["question"]
    assert example.source == "feedback: model-a, prompt v2, rated 2; by support lead"


def test_the_same_answer_again_makes_no_version_another_is_refused(store, golden):
    rated(store)
    answer = AcceptedAnswer("r1", "39 dollars", by="support lead")
    assert add_accepted(golden, "support", answer, feedback=store).version == 1
    assert add_accepted(golden, "support", answer, feedback=store).reused
    with pytest.raises(AnswerDiffers, match="than '39 dollars'.*support lead"):
        add_accepted(golden, "support", AcceptedAnswer("r1", "49 dollars", by="owner"), feedback=store)


def test_somebody_who_adds_at_the_same_moment_is_not_lost(store, golden):
    rated(store)

    class Crowded(GoldenSets):
        def save(self, name, examples, **about):
            if golden.versions(name)["version"].max() == 1:
                golden.save(name, [Example("other", {"question": "Hours?"}, "9 to 5")], author="somebody else")
            return super().save(name, examples, **about)

    golden.save("support", [Example("old", {"question": "?"}, "yes")], author="owner")
    crowded = Crowded(golden._texts.bucket)
    saved = add_accepted(crowded, "support", AcceptedAnswer("r1", "39", by="lead"), feedback=store)
    assert {example.id for example in saved.examples} == {"old", "other", "r1"}


def test_a_badly_rated_answer_becomes_a_prompt_test(store, tmp_path):
    rated(store)
    case_from_feedback(tmp_path / "cases.toml", AcceptedAnswer("r1", "39 dollars", by="lead"), feedback=store)
    (case,) = prompt_cases(tmp_path / "cases.toml")
    assert (case.id, case.checks[0].kind) == ("r1", "equals")


@pytest.mark.parametrize(("answer", "by"), [("", "lead"), ("39", " "), (None, "lead")])
def test_only_people_accept_answers(answer, by):
    with pytest.raises(InvalidSetting, match="Only people"):
        AcceptedAnswer("r1", answer, by)


def test_what_was_not_rated_or_cannot_be_asked_again_is_refused(store):
    store.register(Served("quiet", "model-a", "v2", variables={"question": "?"}))
    with pytest.raises(NotRated, match="no rating of quiet"):
        example_of(AcceptedAnswer("quiet", "yes", by="lead"), feedback=store)
    rated(store, "bare", variables={})
    with pytest.raises(InvalidSetting, match="bare without variables"):
        example_of(AcceptedAnswer("bare", "yes", by="lead"), feedback=store)
