"""The response cache around the real Gemini client."""

import logging
import threading
from datetime import date
from decimal import Decimal

import pytest
from google import genai
from google.genai import errors
from google.genai.types import FinishReason

from mlops_helpers import cost

MODEL, SECRET = "gemini-3.8-flash", b"a secret that is long enough"
ASKED = {"model": MODEL, "config": {"temperature": 0, "seed": 1}, "prompt_version": "1"}
DAY = date(2026, 11, 21)


class Counting:
    """A client that counts its calls, and may wait or answer with something else."""

    def __init__(self, client):
        self.client, self.models, self.calls = client, self, 0
        self.gate, self.change = threading.Event(), lambda answer: answer
        self.gate.set()

    def generate_content(self, **asked):
        self.calls += 1
        self.gate.wait(10)
        return self.change(self.client.models.generate_content(**asked))


@pytest.fixture(scope="module")
def gemini(session):
    with genai.Client(enterprise=True, project=session.project, location="global") as client:
        yield client


@pytest.fixture
def client(gemini):
    return Counting(gemini)


@pytest.fixture(params=["redis", "sqlite"])
def store(request, session, tmp_path, name):
    if request.param == "redis":
        yield cost.RedisStore.at(*session.redis_address, seconds=5, prefix=f"{name}:")
        return
    file = cost.SQLiteStore(tmp_path / "answers.sqlite")
    yield file
    file.close()


@pytest.fixture
def cache(client, store):
    return cost.ResponseCache(client, store, ttl=60, secret=SECRET)


@pytest.fixture
def file(tmp_path):
    found = cost.SQLiteStore(tmp_path / "answers.sqlite", capacity=5_000)
    yield found
    found.close()


def in_threads(act, number):
    threads = [threading.Thread(target=act) for _ in range(number)]
    for thread in threads:
        thread.start()
    return threads


def test_the_second_answer_is_the_first_and_costs_nothing(client, cache):
    first = cache.generate_content(contents="Where is my order 7?", **ASKED)
    again = cache.generate_content(contents="Where is my order 7?", **ASKED)
    exclude = {"sdk_http_response", "automatic_function_calling_history"}
    assert again.model_dump(exclude=exclude) == first.model_dump(exclude=exclude)
    assert (client.calls, cache.stats().hits, cache.stats().hit_rate) == (1, 1, 0.5)


def test_who_changes_an_answer_changes_nobody_elses(cache):
    texts = []
    for _ in range(4):
        answer = cache.generate_content(contents="Where is my order 7?", **ASKED)
        texts.append(answer.text)
        answer.candidates[0].content.parts[0].text = "changed"
        answer.candidates.append(answer.candidates[0])
    assert len(set(texts)) == 1


def test_what_is_saved_is_what_the_call_lists_at(cache):
    answer = cache.generate_content(contents="Where is my order 7?", **ASKED)
    cache.generate_content(contents="Where is my order 7?", **ASKED)
    usage = answer.usage_metadata
    output = usage.candidates_token_count + (usage.thoughts_token_count or 0)
    by_hand = (Decimal("0.75") * usage.prompt_token_count + Decimal("3.75") * output) / 1_000_000
    assert cache.stats().saved(DAY).amount == by_hand > 0


def test_another_version_of_the_prompt_is_another_question(client, cache):
    for version in ("1", "2"):
        cache.generate_content(**{**ASKED, "prompt_version": version}, contents="Hello")
    assert client.calls == 2


def test_a_key_that_forgets_the_version_serves_old_answers_and_says_what_it_forgot(client, file):
    settings = cost.CacheSettings(unsafely_forget=("prompt_version",))
    cache = cost.ResponseCache(client, file, ttl=60, secret=SECRET, settings=settings)
    for version in ("1", "2"):
        cache.generate_content(**{**ASKED, "prompt_version": version}, contents="Hello")
    assert (client.calls, "prompt_version" in cache.key_fields) == (1, False)
    with pytest.raises(cost.InvalidSetting, match="colour"):
        cost.CacheSettings(unsafely_forget=("colour",))


def cut_off(answer):
    answer.candidates[0].finish_reason = FinishReason.MAX_TOKENS
    return answer


def stopped(answer):
    answer.candidates[0].finish_reason = FinishReason.SAFETY
    return answer


def refused(answer):
    from google.genai.types import GenerateContentResponse

    return GenerateContentResponse(prompt_feedback={"block_reason": "SAFETY"})


def empty(answer):
    answer.candidates[0].content.parts = []
    return answer


@pytest.mark.parametrize(
    ("change", "why"), [(cut_off, "MAX_TOKENS"), (stopped, "SAFETY"), (refused, "blocked"), (empty, "empty")]
)
def test_an_answer_that_is_not_whole_is_never_kept(client, file, change, why):
    cache = cost.ResponseCache(client, file, ttl=60, secret=SECRET)
    client.change = change
    for _ in range(2):
        cache.generate_content(contents="Hello", **ASKED)
    assert (client.calls, cache.stats().not_kept, len(file)) == (2, {why: 2}, 0)


def test_an_error_is_raised_and_not_kept(session, client, cache):
    session.faults.inject("permission_denied", operation="*generateContent")
    with pytest.raises(errors.ClientError, match="403"):
        cache.generate_content(contents="Hello", **ASKED)
    assert cache.generate_content(contents="Hello", **ASKED).text
    assert client.calls == 2


def test_many_who_ask_the_same_at_once_are_one_call(client, cache):
    client.gate.clear()
    texts = []
    threads = in_threads(lambda: texts.append(cache.generate_content(contents="Hi", **ASKED).text), 8)
    while len(cache._flights) < 1 or client.calls < 1:
        threads[0].join(0.001)
    client.gate.set()
    for thread in threads:
        thread.join(10)
    assert (client.calls, len(texts), len(set(texts))) == (1, 8, 1)
    assert cache.stats().misses == 1
    assert cache.stats().hits + cache.stats().shared == 7


def test_all_who_wait_get_the_error_and_the_next_one_asks_again(session, client, file):
    cache = cost.ResponseCache(client, file, ttl=60, secret=SECRET)
    client.gate.clear()
    client.change = lambda answer: 1 / 0
    caught = []

    def ask():
        try:
            cache.generate_content(contents="Hi", **ASKED)
        except ZeroDivisionError as error:
            caught.append(error)

    threads = in_threads(ask, 3)
    client.gate.set()
    for thread in threads:
        thread.join(10)
    client.change = lambda answer: answer
    assert len(caught) == 3
    assert cache.generate_content(contents="Hi", **ASKED).text


def test_a_process_waits_for_another_that_asks_the_same(client, store):
    """Two caches that share nothing but the store stand for two processes."""
    one, other = (cost.ResponseCache(client, store, ttl=60, secret=SECRET) for _ in range(2))
    client.gate.clear()
    first = in_threads(lambda: one.generate_content(contents="Hi", **ASKED), 1)[0]
    while not client.calls:
        first.join(0.001)
    second = in_threads(lambda: other.generate_content(contents="Hi", **ASKED), 1)[0]
    second.join(0.02)
    client.gate.set()
    first.join(10)
    second.join(10)
    assert (client.calls, other.stats().hits) == (1, 1)


def test_who_waits_too_long_asks_alone(client, file):
    moments = iter(range(1000))
    settings = cost.CacheSettings(patience=3, clock=lambda: next(moments), sleep=lambda seconds: None)
    cache = cost.ResponseCache(client, file, ttl=60, secret=SECRET, settings=settings)
    request = cost.Request(MODEL, "Hi", ASKED["config"], prompt_version="1")
    file.claim(cost.key_of(request, secret=SECRET), seconds=60)
    assert cache.generate_content(contents="Hi", **ASKED).text
    assert client.calls == 1


def test_without_redis_calls_go_through_with_one_warning(client, caplog):
    cache = cost.ResponseCache(client, cost.RedisStore.at("127.0.0.1", 1), ttl=60, secret=SECRET)
    with caplog.at_level(logging.WARNING, "mlops_helpers.cost"):
        for number in range(3):
            assert cache.generate_content(contents=f"Hi {number}", **ASKED).text
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert "goes on without its store" in caplog.text


def test_a_clock_that_went_back_does_not_stop_the_calls(client, tmp_path, caplog):
    now = [2e9]
    store = cost.SQLiteStore(tmp_path / "a.sqlite", clock=lambda: now[0])
    cache = cost.ResponseCache(client, store, ttl=60, secret=SECRET)
    cache.generate_content(contents="Hi", **ASKED)
    now[0] -= 3600
    assert cache.generate_content(contents="Hi", **ASKED).text
    assert client.calls == 2
    assert caplog.text.count("behind the newest answer") == 1
    store.close()


def test_an_answer_larger_than_the_cache_is_returned_but_not_kept(client, tmp_path, caplog):
    store = cost.SQLiteStore(tmp_path / "a.sqlite", capacity=10)
    cache = cost.ResponseCache(client, store, ttl=60, secret=SECRET)
    for _ in range(2):
        assert cache.generate_content(contents="Hi", **ASKED).text
    assert cache.stats().not_kept == {"too large": 2}
    assert caplog.text.count("at most 10 bytes") == 1
    store.close()


@pytest.mark.parametrize(
    "value", [b"", b"foreign", b"mlops-answer 1\n{", b'mlops-answer 1\n{"candidates": []}', b"\xff"]
)
def test_a_value_that_is_none_of_ours_is_a_miss(client, store, cache, value):
    request = cost.Request(MODEL, "Hi", ASKED["config"], prompt_version="1")
    store.put(cost.key_of(request, secret=SECRET), value or b" ", ttl=60)
    assert cache.generate_content(contents="Hi", **ASKED).text
    assert cache.generate_content(contents="Hi", **ASKED).text
    assert client.calls == 1


def test_a_function_as_a_tool_is_refused_before_anything_is_asked(client, cache):
    with pytest.raises(cost.UnknownRequest):
        cache.generate_content(model=MODEL, contents="Hi", config={"tools": [print]}, prompt_version="1")
    assert client.calls == 0


@pytest.mark.parametrize(("ttl", "secret", "error"), [(0, SECRET, cost.BadTtl), (60, b"short", cost.InvalidSetting)])
def test_a_cache_without_time_or_secret_is_refused(file, ttl, secret, error):
    with pytest.raises(error):
        cost.ResponseCache(None, file, ttl=ttl, secret=secret)


PAIRS = [
    ("Where is my order?", "Where is my order now?", True),
    ("How do I reset my password?", "How can I reset my password?", True),
    ("How do I turn roaming on?", "How do I turn roaming off?", False),
    ("What does the large plan cost?", "What does the small plan cost?", False),
]


def test_near_hits_are_off_and_when_on_their_errors_are_counted(client, session, file):
    embedding = "gemini-embedding-001"
    table = cost.measure_near_hits(client.client, embedding, PAIRS, thresholds=[0.1, 0.999999])
    assert list(table["hits"]) == [4, 0]
    assert list(table["wrong"]) == [2, 0]
    assert table["error_rate"][0] == 0.5
    assert table["error_low"][0] == pytest.approx(0.1500, abs=1e-4)
    assert table["error_rate"].isna()[1]
    assert list(table["missed"]) == [0, 1]
    near = cost.NearHits(client.client, embedding, threshold=0.3)
    cache = cost.ResponseCache(client, file, ttl=60, secret=SECRET, near=near)
    for text in PAIRS[0][:2]:
        cache.generate_content(contents=text, **ASKED)
    cache.generate_content(**{**ASKED, "prompt_version": "2"}, contents=PAIRS[0][0])
    assert (client.calls, cache.stats().near) == (2, 1)


def test_near_hits_need_a_threshold_and_pairs_of_both_kinds(client):
    with pytest.raises(cost.InvalidSetting, match="threshold=0"):
        cost.NearHits(client.client, "gemini-embedding-001", threshold=0)
    with pytest.raises(cost.BadSeries, match="2 pairs, 2 with the same"):
        cost.measure_near_hits(client.client, "gemini-embedding-001", PAIRS[:2])
