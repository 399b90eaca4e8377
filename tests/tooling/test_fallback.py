"""Fallback through the real Gemini client: each rung is reached when those above it are down, and not before."""

import logging

import pytest
from google import genai
from google.cloud import logging as cloud_logging
from google.genai import errors

from mlops_helpers.cloud import models
from mlops_helpers.tooling.errors import InvalidSetting
from mlops_helpers.tooling.fallback import SORRY, AnswerCache, Fallback, cloud_log

GENERATE = "gemini.publishers.models.generateContent"
QUESTION = "Classify the text as positive or negative.\n\ntext: a lovely, wonderful day\nlabel:"
REGIONS = ("us-central1", "europe-west4")
MODELS = (models.choose().id, models.choose("cheap").id)


class Seconds:
    """A clock that moves by a fixed step each time it is read."""

    def __init__(self, step=0.0):
        self.now, self.step = 0.0, step

    def __call__(self):
        self.now += self.step
        return self.now


@pytest.fixture
def clients(session):
    kept = {region: genai.Client(enterprise=True, project=session.project, location=region) for region in REGIONS}
    yield kept
    for client in kept.values():
        client.close()


@pytest.fixture
def fallback(clients, session):
    yield Fallback(MODELS, REGIONS, clients.__getitem__)
    session.faults.clear()


def steps(answer):
    return [(attempt.step, attempt.model, attempt.region) for attempt in answer.attempts]


FULL = [
    ("first choice", MODELS[0], REGIONS[0]),
    ("next region", MODELS[0], REGIONS[1]),
    ("next model", MODELS[1], REGIONS[0]),
    ("next region", MODELS[1], REGIONS[1]),
]


def test_the_first_choice_answers_when_all_is_well(fallback):
    answer = fallback(QUESTION)
    assert (answer.source, steps(answer)) == ("first choice", FULL[:1])
    assert "positive" in answer.text.lower()


@pytest.mark.parametrize("kind", ["rate_limit", "unavailable", "internal", "retired_model"])
@pytest.mark.parametrize("down", [1, 2, 3])
def test_each_rung_is_taken_in_order(fallback, session, kind, down):
    session.faults.inject(kind, operation=GENERATE, times=down)
    answer = fallback(QUESTION)
    assert steps(answer) == FULL[: down + 1]
    assert (answer.source, answer.refused) == (FULL[down][0], False)
    code = {"rate_limit": "429", "unavailable": "503", "internal": "500", "retired_model": "404"}[kind]
    assert all(attempt.outcome.startswith(code) for attempt in answer.attempts[:-1])


def test_a_kept_answer_comes_before_a_refusal(fallback, session):
    fresh = fallback(QUESTION)
    session.faults.inject("unavailable", operation=GENERATE, times=8)
    kept, refused = fallback(QUESTION), fallback("Another question?")
    assert (kept.source, kept.text) == ("cached answer", fresh.text)
    assert [step for step, _, _ in steps(kept)] == [step for step, _, _ in FULL] + ["cached answer"]
    assert (refused.source, refused.text, refused.refused) == ("refusal", SORRY, True)
    assert refused.table["step"].tolist()[-2:] == ["cached answer", "refusal"]
    assert "refusal" in refused._repr_html_()


def test_an_old_answer_is_not_given(clients, session):
    clock = Seconds()
    fallback = Fallback(MODELS[:1], REGIONS[:1], clients.__getitem__, cache=AnswerCache(longest=60, clock=clock))
    fallback(QUESTION)
    with session.faults.inject("unavailable", operation=GENERATE, times=2):
        clock.now = 60
        assert (fallback(QUESTION).source, fallback.cache.get(QUESTION)[1]) == ("cached answer", 60)
        clock.now = 61
        assert fallback(QUESTION).refused


def test_what_the_caller_did_wrong_is_not_hidden(fallback, session):
    with session.faults.inject("permission_denied", operation=GENERATE), pytest.raises(errors.ClientError, match="403"):
        fallback(QUESTION)
    with pytest.raises(errors.ClientError, match="400"):
        Fallback(MODELS, REGIONS, fallback.client, config={"temperature": 9})(QUESTION)


def test_a_blocked_answer_is_an_answer(clients):
    settings = [{"category": "HARM_CATEGORY_DANGEROUS_CONTENT", "threshold": "BLOCK_LOW_AND_ABOVE"}]
    careful = Fallback(MODELS, REGIONS, clients.__getitem__, config={"safety_settings": settings})
    answer = careful("Kill, murder, attack with weapons and explosives.")
    assert (answer.source, answer.blocked, answer.text) == ("first choice", True, "")
    assert [attempt.outcome.partition(" ")[0] for attempt in answer.attempts] == ["blocked"]


def test_an_answer_without_text_is_none(clients):
    """A model that thinks until its tokens are used up has said nothing."""
    answer = Fallback(MODELS[:1], REGIONS[:1], clients.__getitem__, config={"max_output_tokens": 1})(QUESTION)
    assert answer.attempts[0].outcome == "no text (MAX_TOKENS)"
    assert answer.refused


def test_a_broken_connection_goes_to_the_next_region(fallback, session):
    session.faults.inject("truncated", operation=GENERATE)
    answer = fallback(QUESTION)
    assert answer.source == "next region"
    assert answer.attempts[0].outcome == "RemoteProtocolError"


@pytest.mark.parametrize(("error", "goes_on"), [(ConnectionResetError, True), (TimeoutError, True), (KeyError, False)])
def test_only_a_lost_connection_goes_on(error, goes_on):
    def client(region):
        class Models:
            def generate_content(self, **request):
                raise error(region)

        return type("Client", (), {"models": Models()})()

    ask = Fallback(MODELS[:1], REGIONS, client)
    if goes_on:
        assert [attempt.outcome for attempt in ask(QUESTION).attempts[:2]] == [error.__name__] * 2
    else:
        with pytest.raises(error):
            ask(QUESTION)


def test_nobody_waits_beyond_the_deadline(clients, session):
    slow = Fallback(MODELS, REGIONS, clients.__getitem__, deadline=5, clock=Seconds(step=2))
    with session.faults.inject("unavailable", operation=GENERATE, times=4):
        answer = slow(QUESTION)
    assert [attempt.outcome for attempt in answer.attempts[:2]] == [
        "503 UNAVAILABLE",
        "not asked: the deadline of 5 s is over",
    ]
    assert answer.refused


def test_the_order_is_seen_in_the_log_of_the_program(fallback, session, caplog):
    session.faults.inject("unavailable", operation=GENERATE, times=4)
    with caplog.at_level(logging.INFO, logger="mlops_helpers.tooling.fallback"):
        fallback(QUESTION)
    ours = [record.getMessage() for record in caplog.records if record.name == "mlops_helpers.tooling.fallback"]
    assert [message.partition(" (")[0].partition(":")[0] for message in ours] == [
        "first choice",
        "next region",
        "next model",
        "next region",
        "cached answer",
        "refusal",
    ]


def test_the_order_is_seen_in_cloud_logging_without_the_question(clients, session):
    client = cloud_logging.Client()
    watch = cloud_log(client.logger("fallback"))
    with session.faults.inject("rate_limit", operation=GENERATE, times=1):
        Fallback(MODELS, REGIONS, clients.__getitem__, watch=watch)(QUESTION)
    entries = list(client.list_entries(filter_='logName:"fallback"', order_by="timestamp asc"))
    assert [(entry.payload["step"], entry.severity) for entry in entries] == [
        ("first choice", "WARNING"),
        ("next region", "INFO"),
    ]
    assert entries[0].payload["region"] == "us-central1"
    assert not any("lovely" in str(entry.payload) for entry in entries)
    client.close()


@pytest.mark.parametrize(
    "wrong",
    [{"models": ()}, {"models": "gemini"}, {"regions": ()}, {"regions": ("us-central1",) * 2}, {"deadline": 0}],
)
def test_a_ladder_without_rungs_is_refused(clients, wrong):
    with pytest.raises(InvalidSetting):
        Fallback(**({"models": MODELS, "regions": REGIONS, "client": clients.get} | wrong))


def test_the_cache_forgets_the_oldest():
    cache = AnswerCache(most=2)
    for question in ("a", "b", "a", "c"):
        cache.put(question, question.upper())
    assert [cache.get(question) is not None for question in "abc"] == [True, False, True]
