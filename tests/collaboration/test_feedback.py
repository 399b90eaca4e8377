"""Ratings in Firestore: for requests that were served only, once, masked, with the model that earned them."""

import datetime as dt
from concurrent.futures import ThreadPoolExecutor

import pytest
from google.cloud import firestore
from google.cloud import logging as cloud_logging

from mlops_helpers.collaboration import (
    AlreadyRated,
    BadRating,
    FeedbackStore,
    InvalidSetting,
    NotRated,
    Served,
    ServedDifferently,
    UnknownRequest,
)
from mlops_helpers.governance import WeakKey

KEY = bytes(range(32))
SERVED = Served("req-1", "model-a", "v2", prompt="Answer ada@example.com", variables={"question": "How much?"})


@pytest.fixture
def store(session, request):
    """A store of its own for each test, in Firestore and in Cloud Logging."""
    name = "".join(filter(str.isalnum, request.node.name))
    return FeedbackStore(firestore.Client(), cloud_logging.Client().logger(name), KEY, name)


@pytest.fixture
def served(store):
    store.register(SERVED)
    return store


def test_a_rating_carries_the_model_the_prompt_and_the_servers_time(served, session):
    before = session.now()
    kept = served.rate("req-1", 4, "good, but long", user="ada")
    assert (kept.rating, kept.model_id, kept.prompt_version) == (4, "model-a", "v2")
    assert before < kept.rated_at <= session.now()
    assert "ada" not in kept.user
    assert served.rating("req-1") == kept


def test_the_same_rating_again_changes_nothing(served):
    first = served.rate("req-1", 4, "good")
    assert served.rate("req-1", 4, "good") == first
    assert len(served.table()) == 1


def test_another_rating_needs_a_changed_mind(served):
    first = served.rate("req-1", 4)
    with pytest.raises(AlreadyRated, match="a rating of 1 for req-1, which was rated 4"):
        served.rate("req-1", 1)
    assert served.rating("req-1") == first
    second = served.rate("req-1", 1, changed_mind=True)
    assert (second.rating, second.earlier) == (1, (4,))
    assert second.rated_at > first.rated_at
    assert served.table()[["rating", "changes"]].values.tolist() == [[1, 1]]


def test_of_many_at_once_one_is_kept(served):
    def rate(stars):
        try:
            return served.rate("req-1", stars).rating
        except AlreadyRated:
            return None

    with ThreadPoolExecutor(4) as pool:
        kept = set(pool.map(rate, [1, 2, 4, 5])) - {None}
    assert kept == {served.rating("req-1").rating}


def test_personal_data_do_not_arrive(served):
    kept = served.rate("req-1", 2, "call me: ada@example.com, card 4111 1111 1111 1111")
    assert "ada@" not in kept.comment
    assert "4111" not in kept.comment
    stored = [document.to_dict() for document in served.client.collection(f"{served.prefix}-served").stream()]
    assert "[EMAIL]" in stored[0]["prompt"]


@pytest.mark.parametrize("rating", [0, 6, -1, 4.5, 4.0, "5", True, None])
def test_a_rating_off_the_scale_is_refused_and_the_log_shows_it(served, rating):
    with pytest.raises(BadRating, match="from 1 .useless. to 5"):
        served.rate("req-1", rating)
    with pytest.raises(NotRated):
        served.rating("req-1")
    last = served.refusals().iloc[-1]
    assert (last["request"], last["error"]) == ("req-1", "BadRating")


def test_feedback_for_an_unknown_request_is_refused_and_the_log_shows_it(served):
    with pytest.raises(UnknownRequest, match="no request req-2.*Register it"):
        served.rate("req-2", 5, "secret words")
    assert served.table().empty
    log = served.refusals()
    assert log[["request", "error"]].values.tolist() == [["req-2", "UnknownRequest"]]
    assert "secret" not in log["message"][0]


@pytest.mark.parametrize("request_id", ["", "a/b", "..", 'x" OR 1', "ada@example.com", 7, "x" * 101, "-x"])
def test_an_id_that_is_none_is_refused(store, request_id):
    with pytest.raises(InvalidSetting, match="the request"):
        store.rate(request_id, 5)


@pytest.mark.parametrize(
    "change",
    [
        {"model_id": ""},
        {"model_id": "ada@example.com"},
        {"prompt_version": 2},
        {"trace_id": "xyz"},
        {"prompt": None},
        {"variables": ["question"]},
        {"variables": {"two words": "x"}},
        {"variables": {"question": object()}},
        {"prompt": "half \ud800"},
    ],
)
def test_what_was_served_must_be_said_properly(store, change):
    with pytest.raises(InvalidSetting):
        store.register(Served(**(vars(SERVED) | change)))
    assert list(store.client.collection(f"{store.prefix}-served").stream()) == []


def test_a_request_has_one_model(served):
    assert served.register(SERVED).model_id == "model-a"
    with pytest.raises(ServedDifferently, match="another model_id; expected model-a with prompt v2"):
        served.register(Served(**(vars(SERVED) | {"model_id": "model-b"})))
    assert served.served("req-1").model_id == "model-a"


def test_a_window_takes_its_beginning_and_not_its_end(store):
    for number in range(3):
        store.register(Served(f"r{number}", "m", "v1"))
        store.rate(f"r{number}", 3 + number)
    times = store.table()["rated_at"]
    assert store.table(since=times[1])["rating"].tolist() == [4, 5]
    assert store.table(since=times[0], until=times[2])["rating"].tolist() == [3, 4]
    assert store.table(since=times[2] + dt.timedelta(days=1)).empty


def test_a_time_without_a_zone_is_refused(store):
    with pytest.raises(InvalidSetting, match="without a zone"):
        store.table(since=dt.datetime(2026, 1, 5))


def test_a_user_needs_a_key_and_a_key_must_be_strong(served):
    with pytest.raises(InvalidSetting, match="a user without a key"):
        FeedbackStore(served.client, served.log, prefix=served.prefix).rate("req-1", 5, user="ada")
    with pytest.raises(WeakKey):
        FeedbackStore(served.client, served.log, b"short")
