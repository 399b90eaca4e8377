"""The registry through the real client: immutable versions, aliases to move back, writers at the same time."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from google.cloud import storage
from hypothesis import given
from hypothesis import strategies as st

from mlops_helpers.debugging import errors
from mlops_helpers.debugging.prompt_aliases import Alias, Move
from mlops_helpers.debugging.prompt_registry import PromptRegistry

TEXT = "Label this review: {{ review }}"
START = datetime(2026, 3, 1, 9, tzinfo=UTC)


def ticking():
    """A clock that goes on by a minute each time it is read."""
    moments = (START + timedelta(minutes=number) for number in range(10_000))
    return lambda: next(moments)


@pytest.fixture
def registry(bucket):
    return PromptRegistry(bucket, clock=ticking())


@pytest.fixture
def requests(bucket, monkeypatch):
    """What the real client asks about objects, as (method, address); after a 404 it looks for the bucket by itself."""
    sent, send = [], bucket.client._http.request

    def counted(method, url, *args, **kwargs):
        if "/o?" in url or "/o/" in url:
            sent.append((method, url))
        return send(method, url, *args, **kwargs)

    monkeypatch.setattr(bucket.client._http, "request", counted)
    return sent


def test_a_prompt_comes_back_as_it_was_saved(registry):
    saved = registry.save("labels/sentiment", TEXT, author="ada", description="first", parameters={"temperature": 0})
    found = registry.load("labels/sentiment", 1)
    assert found == saved
    assert (found.version, found.author, found.created) == (1, "ada", "2026-03-01T09:00:00+00:00")
    assert found.render(review="great") == "Label this review: great"
    assert found.id.startswith("labels/sentiment-v1-")
    assert str(found) == f"labels/sentiment v1 by ada, {found.created}"


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"], exclude_characters="{\r")))
def test_any_text_survives(session, text):
    bucket = storage.Client().bucket("any-text")
    if not bucket.exists():
        bucket.create()
    registry = PromptRegistry(bucket)
    saved = registry.save("any", text, author="ada")
    assert registry.load("any", saved.version).template == text


def test_the_same_text_again_says_so(registry):
    first = registry.save("sentiment", TEXT, author="ada")
    registry.save("sentiment", TEXT + "!", author="ada")
    again = registry.save("sentiment", TEXT, author="bob", description="another word for the same")
    assert (again.reused, again.version, again.author) == (True, 1, "ada")
    assert "nothing was saved" in str(again)
    assert not first.reused
    assert list(registry.versions("sentiment")["version"]) == [1, 2]


def test_another_model_or_parameter_is_another_version(registry):
    registry.save("sentiment", TEXT, author="ada")
    registry.save("sentiment", TEXT, author="ada", model="gemini-3.8-flash")
    last = registry.save("sentiment", TEXT, author="ada", model="gemini-3.8-flash", parameters={"temperature": 0})
    assert last.version == 3


def test_a_save_is_one_round_trip_more_than_the_upload(registry, requests):
    registry.save("sentiment", TEXT, author="ada")
    assert [(method, "/upload/" in url) for method, url in requests] == [("GET", False), ("POST", True)]


def test_reads_and_moves_take_the_requests_they_say(registry, requests):
    version = registry.save("sentiment", TEXT, author="ada").version
    registry.save("sentiment", TEXT + "!", author="ada")
    for call, expected in [
        (lambda: registry.set_alias("sentiment", "production", version, by="ada"), 3),
        (lambda: registry.set_alias("sentiment", "production", 2, by="ada"), 3),
        (lambda: registry.rollback("sentiment", "production", by="ada"), 2),
        (lambda: registry.load("sentiment", 1), 1),
        (lambda: registry.load("sentiment", "production"), 2),
    ]:
        requests.clear()
        call()
        assert len(requests) == expected, "\n".join(url for _, url in requests)


def test_twenty_writers_at_once_get_twenty_versions(registry):
    with ThreadPoolExecutor(20) as pool:
        texts = [f"{number}: {{{{ review }}}}" for number in range(20)]
        saved = list(pool.map(lambda text: registry.save("sentiment", text, author="ada"), texts))
    assert sorted(prompt.version for prompt in saved) == list(range(1, 21))
    assert {registry.load("sentiment", prompt.version).template for prompt in saved} == set(texts)
    assert [registry.load("sentiment", prompt.version) for prompt in saved] == saved


def test_twenty_writers_of_one_text_make_one_version(registry):
    with ThreadPoolExecutor(20) as pool:
        saved = list(pool.map(lambda _: registry.save("sentiment", TEXT, author="ada"), range(20)))
    assert {prompt.version for prompt in saved} == {1}
    assert sum(not prompt.reused for prompt in saved) == 1


def test_twenty_movers_lose_no_move(registry):
    for number in range(20):
        registry.save("sentiment", f"{number}: {{{{ review }}}}", author="ada")

    def move(number):
        try:
            registry.set_alias("sentiment", "production", number, by=f"writer {number}")
        except errors.AliasMoved:
            return None
        return number

    with ThreadPoolExecutor(20) as pool:
        moved = {number for number in pool.map(move, range(1, 21)) if number}
    log = registry.log("sentiment")
    assert moved
    assert set(log.loc[log["what"] == "set production", "version"]) == moved


def test_an_alias_that_moved_in_between_names_who_moved_it(registry, bucket):
    for text in (TEXT, TEXT + "!"):
        registry.save("sentiment", text, author="ada")
    known = registry._aliases.read("sentiment", "production")
    registry.set_alias("sentiment", "production", 2, by="bob")
    with pytest.raises(errors.AliasMoved, match="moved to version 2 by bob; expected it not to be set yet"):
        registry._aliases.add("sentiment", "production", known, Move(1, "set", "ada", "now"))
    assert registry.load("sentiment", "production").version == 2


def test_a_rollback_goes_back_and_keeps_the_history(registry):
    for number in range(3):
        registry.save("sentiment", f"{number}: {{{{ review }}}}", author="ada")
        registry.set_alias("sentiment", "production", number + 1, by="ada")
    assert registry.rollback("sentiment", "production", by="bob", why="the parser broke").version == 2
    assert registry.rollback("sentiment", "production", by="bob").version == 1
    with pytest.raises(errors.UnknownPrompt, match="at version 1, the first it had"):
        registry.rollback("sentiment", "production", by="bob")
    log = registry.log("sentiment")
    assert list(log["what"])[-2:] == ["rollback production"] * 2
    assert log["why"].tolist()[-2] == "the parser broke"
    assert len(log) == 8


def test_a_rollback_to_another_version_than_expected_moves_nothing(registry):
    for number in range(3):
        registry.save("sentiment", f"{number}: {{{{ review }}}}", author="ada")
        registry.set_alias("sentiment", "production", number + 1, by="ada")
    with pytest.raises(errors.UnknownPrompt, match=r"Found version 2 before .* expected version 1"):
        registry.rollback("sentiment", "production", by="bob", to=1)
    assert registry.load("sentiment", "production").version == 3
    assert registry.rollback("sentiment", "production", by="bob", to=2).version == 2


@given(st.lists(st.none() | st.integers(1, 5), max_size=12))
def test_rollbacks_are_an_undo(steps):
    """`None` is a rollback; the oracle is a list of what stands."""
    moves, standing = (), []
    for step in steps:
        if step is None and len(standing) > 1:
            moves += (Move(Alias(moves).before, "rollback", "ada", "now"),)
            standing.pop()
        elif step is not None:
            moves += (Move(step, "set", "ada", "now"),)
            standing.append(step)
    assert not moves or Alias(moves).version == standing[-1]
    assert Alias(moves).before == (standing[-2] if len(standing) > 1 else None)


def test_the_diff_shows_text_model_and_parameters(registry):
    registry.save("sentiment", "Label this.\n{{ review }}", author="ada")
    registry.save("sentiment", "Label this as JSON.\n{{ review }}", author="bob", parameters={"temperature": 0})
    registry.set_alias("sentiment", "candidate", 2, by="bob")
    lines = registry.diff("sentiment", 1, "candidate").splitlines()
    assert lines[:2] == ["--- sentiment v1 (ada)", "+++ sentiment v2 (bob)"]
    assert {"-Label this.", "+Label this as JSON.", "-parameters: {}", '+parameters: {"temperature": 0}'} <= set(lines)
    assert registry.diff("sentiment", 1, 1) == ""


def test_the_table_of_versions_names_the_aliases(registry):
    registry.save("sentiment", TEXT, author="ada", description="the first, née Ämter")
    registry.save("sentiment", TEXT + "!", author="bob")
    registry.set_alias("sentiment", "production", 2, by="bob")
    registry.set_alias("sentiment", "candidate", 2, by="bob")
    table = registry.versions("sentiment")
    assert table["aliases"].tolist() == ["", "candidate, production"]
    assert table["description"][0] == "the first, née Ämter"
    assert registry.names() == ["sentiment"]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda r: r.load("sentimnt", 1), "no prompt 'sentimnt'; expected perhaps sentiment"),
        (lambda r: r.load("sentiment", 7), "no version 7 of 'sentiment'; expected one of 1"),
        (lambda r: r.load("sentiment", "prodution"), "called 'prodution'; expected perhaps production"),
        (lambda r: r.versions("nothing-like-it"), "no prompt 'nothing-like-it'; expected one of sentiment"),
        (lambda r: r.set_alias("sentiment", "candidate", 9, by="ada"), "no version 9"),
        (lambda r: r.rollback("sentiment", "candidat", by="ada"), "called 'candidat'"),
    ],
)
def test_what_is_unknown_is_named_with_the_nearest(registry, call, message):
    version = registry.save("sentiment", TEXT, author="ada").version
    registry.set_alias("sentiment", "production", version, by="ada")
    with pytest.raises(errors.UnknownPrompt) as caught:
        call(registry)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    "name", ["", "Sentiment", "../up", "a//b", "/a", "a/versions", "aliases/x", "a b", "x" * 201, 7]
)
def test_a_name_that_could_lead_elsewhere_is_refused(registry, bucket, name):
    with pytest.raises(errors.UnsafePromptName):
        registry.save(name, TEXT, author="ada")
    assert list(bucket.list_blobs()) == []


@pytest.mark.parametrize(
    ("template", "options", "error"),
    [
        ("{{ a.b }}", {"author": "ada"}, errors.TemplateRefused),
        ("x" * 10_000_000, {"author": "ada"}, errors.TemplateRefused),
        (TEXT, {"author": ""}, errors.InvalidSetting),
        (TEXT, {"author": "ada", "description": "x" * 501}, errors.InvalidSetting),
        (TEXT, {"author": "ada", "parameters": {"stop": object()}}, errors.InvalidSetting),
    ],
)
def test_what_could_not_be_used_is_not_stored(registry, bucket, template, options, error):
    with pytest.raises(error):
        registry.save("sentiment", template, **options)
    assert list(bucket.list_blobs()) == []


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda content: content | {"template": "Ignore the review."}, "as it was saved"),
        (lambda content: content | {"author": "mallory"}, "as it was saved"),
        (lambda content: content | {"extra": 1}, "content that is no prompt"),
    ],
)
def test_a_version_that_was_changed_behind_the_registry_is_noticed(registry, bucket, change, message):
    registry.save("sentiment", TEXT, author="ada")
    blob = bucket.blob("prompts/sentiment/versions/000001.json")
    blob.upload_from_string(json.dumps(change(json.loads(blob.download_as_bytes()))))
    with pytest.raises(errors.ChecksumMismatch, match=message):
        registry.load("sentiment", 1)


def test_an_answer_that_was_lost_makes_no_second_version(registry, bucket, monkeypatch):
    """The upload arrived, its answer did not: the client sends it again and is refused by the precondition."""
    send = bucket.client._http.request
    lost = iter([True])

    def lose_the_first_answer(method, url, *args, **kwargs):
        answer = send(method, url, *args, **kwargs)
        if "/upload/" in url and next(lost, False):
            raise ConnectionError("the answer was lost")
        return answer

    monkeypatch.setattr(bucket.client._http, "request", lose_the_first_answer)
    saved = registry.save("sentiment", TEXT, author="ada")
    assert (saved.version, saved.reused) == (1, True)
    assert len(registry.versions("sentiment")) == 1
