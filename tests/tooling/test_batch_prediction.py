"""Batch against online through the real clients: the same answers, and what both cost."""

import pytest
from google.api_core import exceptions
from hypothesis import given
from hypothesis import strategies as st

from mlops_helpers.tooling.batch_prediction import (
    Answers,
    _key,
    batch_predict,
    break_even_runs,
    compare_answers,
    cost_table,
    online_predict,
)
from mlops_helpers.tooling.errors import BatchFailed, InvalidSetting
from tests.tooling.serving import uploaded

ROWS = [[number % 7, number / 3] for number in range(250)]


@pytest.fixture
def model(bucket, name):
    return uploaded(bucket, name)


@pytest.fixture
def endpoint(model):
    return model.deploy(machine_type="n1-standard-2")


def answers(way="batch", predictions=(1.0,), versions=("7@1",), seconds=36.0, rows=None):
    rows = rows if rows is not None else [[number] for number in range(len(predictions))]
    return Answers(way, tuple(rows), tuple(predictions), frozenset(versions), seconds)


def test_both_ways_give_the_same_answers(model, endpoint, bucket):
    batch = batch_predict(model, ROWS, bucket, name="nightly")
    online = online_predict(endpoint, ROWS)
    assert batch.predictions == pytest.approx([2 * a + 3 * b + 1 for a, b in ROWS])
    found = compare_answers(batch, online)
    assert (found.same, str(found)) == (True, "250 of 250 answers are the same")
    assert batch.versions == online.versions == {f"{model.name}@1"}
    assert batch.seconds > 0


def test_another_version_is_not_compared(model, endpoint, bucket, name):
    other = uploaded(bucket, f"{name}-other", factor=5.0)
    other.deploy(endpoint, machine_type="n1-standard-2", traffic_percentage=50)
    mixed = online_predict(endpoint, ROWS, chunk=10)
    with pytest.raises(BatchFailed, match="expected one version for both"):
        compare_answers(batch_predict(model, ROWS, bucket, name="nightly"), mixed)


def test_rows_that_fail_say_why_and_the_others_are_answered(model, bucket):
    batch = batch_predict(model, [[1, 1], [1, 2, 3], [0, 2]], bucket, name="nightly")
    assert batch.predictions == (pytest.approx(6), None, pytest.approx(7))
    assert list(batch.errors) == [1]
    assert "1 of them failed" in str(batch)


def test_a_job_without_any_answer_is_named(model, bucket):
    with pytest.raises(BatchFailed, match="the job 'nightly' failed"):
        batch_predict(model, [[1, 2, 3]], bucket, name="nightly")


def test_online_one_bad_row_spoils_its_request(endpoint):
    with pytest.raises(exceptions.BadRequest):
        online_predict(endpoint, [[1, 1], [1, 2, 3]])


def test_a_name_is_used_once(model, bucket):
    batch_predict(model, ROWS[:2], bucket, name="nightly")
    with pytest.raises(InvalidSetting, match="the name 'nightly', which was used"):
        batch_predict(model, ROWS, bucket, name="nightly")
    assert len(bucket.blob("batch/nightly/questions.jsonl").download_as_text().splitlines()) == 2


def test_nothing_to_ask_is_refused(model, endpoint, bucket):
    for ask in (lambda: batch_predict(model, [], bucket, name="none"), lambda: online_predict(endpoint, [])):
        with pytest.raises(InvalidSetting, match="no instances"):
            ask()
    with pytest.raises(InvalidSetting, match="a chunk of 0"):
        online_predict(endpoint, ROWS, chunk=0)
    assert not bucket.blob("batch/none/questions.jsonl").exists()


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (1.0, 1.0 + 1e-9, True),
        (1.0, 1.01, False),
        ("yes", "no", False),
        ([0.1, 0.9], [0.1, 0.9 + 1e-9], True),
        ([0.1], [0.1, 0.2], False),
        ({"p": 0.5}, {"p": 0.6}, False),
        (None, 1.0, False),
    ],
)
def test_what_counts_as_the_same(one, other, same):
    found = compare_answers(answers(predictions=[one]), answers("online", [other]))
    assert found.same is same
    assert same or found.differing.to_dict("records") == [{"row": 0, "batch": one, "online": other}]
    assert "answers are the same" in found._repr_html_()


def test_other_questions_are_not_compared():
    with pytest.raises(BatchFailed, match="the same instances in the same order"):
        compare_answers(answers(predictions=[1, 2]), answers("online", [1]))


def test_two_versions_on_both_sides_are_not_one():
    mixed = answers(versions=("7@1", "7@2"))
    with pytest.raises(BatchFailed, match="one version for both"):
        compare_answers(mixed, answers("online", versions=("7@1", "7@2")))


def test_the_bill_by_hand():
    """A run of 36 s each day: 0.3 hours a month, against 730."""
    table = cost_table(answers(predictions=[0.0] * 1000), usd_per_hour=0.2, runs_per_month=30).set_index("way")
    assert table["hours"].tolist() == pytest.approx([0.3, 730])
    assert table["usd"].tolist() == pytest.approx([0.06, 146])
    assert table.loc["batch", "usd_per_1000_rows"] == pytest.approx(0.002)
    assert break_even_runs(answers()) == pytest.approx(73_000)


@pytest.mark.parametrize(
    "wrong", [{"usd_per_hour": 0}, {"runs_per_month": -1}, {"replicas": 0}, {"usd_per_hour": float("nan")}]
)
def test_a_senseless_bill_is_refused(wrong):
    with pytest.raises(InvalidSetting, match="numbers above 0"):
        cost_table(answers(), **({"usd_per_hour": 0.2, "runs_per_month": 30} | wrong))


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**6), 10**6)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(JSON)
def test_an_instance_is_found_again_however_its_numbers_are_written(value):
    def as_floats(item):
        if isinstance(item, dict):
            return {key: as_floats(inner) for key, inner in reversed(item.items())}
        if isinstance(item, list):
            return [as_floats(inner) for inner in item]
        return float(item) if type(item) is int else item

    assert _key(as_floats(value)) == _key(value)
    assert _key([value, 1]) != _key([value, True])
