"""What is kept of one call: texts of every form, masked before they are cut; outcomes; the batches that are written."""

import datetime as dt
import threading

import numpy as np
import pytest
from google.cloud import monitoring_v3
from google.genai import types
from hypothesis import given
from hypothesis import strategies as st

from mlops_helpers.monitoring import BadValue, GenAIMonitor
from mlops_helpers.monitoring import genai_names as names
from mlops_helpers.monitoring.genai_calls import about_error, about_response, check_quality, excerpt, texts
from mlops_helpers.monitoring.genai_writing import BOUNDS, MOST_SERIES, distribution

START = dt.datetime(2026, 3, 2, 8, tzinfo=dt.UTC)
SECRETS = ("ada.lovelace@example.org", "4111 1111 1111 1111", "DE89 3704 0044 0532 0130 00")
PICTURE = types.Part.from_bytes(data=b"1", mime_type="image/png")


@pytest.mark.parametrize(
    ("contents", "found"),
    [
        ("hello", ["hello"]),
        (["a", "b"], ["a", "b"]),
        (types.Part.from_text(text="a"), ["a"]),
        (types.Content(role="user", parts=[types.Part.from_text(text="a"), PICTURE]), ["a", "[Part]"]),
        ({"role": "user", "parts": [{"text": "a"}, {"inline_data": b"1"}]}, ["a", "[inline_data]"]),
        (types.Content(role="user"), []),
        (None, []),
    ],
)
def test_texts_are_found_in_every_form_of_contents(contents, found):
    assert list(texts(contents)) == found


@given(st.text(max_size=80), st.sampled_from(SECRETS), st.text(max_size=80), st.integers(20, 150))
def test_an_excerpt_is_short_and_is_the_start_of_the_masked_text(before, secret, after, length):
    text = excerpt(f"{before} {secret} {after}", length)
    assert len(text) <= length
    assert secret not in text
    assert excerpt(text, length) == text


def answer(*reasons, blocked=None):
    feedback = {"block_reason": blocked} if blocked else None
    return types.GenerateContentResponse(
        candidates=[types.Candidate(finish_reason=reason) for reason in reasons], prompt_feedback=feedback
    )


@pytest.mark.parametrize(
    ("response", "outcome", "finished"),
    [
        (answer("STOP"), "ok", ("STOP",)),
        (answer("MAX_TOKENS"), "ok", ("MAX_TOKENS",)),
        (answer("SAFETY"), "blocked", ("SAFETY",)),
        (answer("SAFETY", "STOP"), "ok", ("SAFETY", "STOP")),
        (answer(blocked="PROHIBITED_CONTENT"), "blocked", ("PROHIBITED_CONTENT",)),
        (answer(blocked="BLOCKED_REASON_UNSPECIFIED"), "ok", ()),
        (answer(), "ok", ()),
        (object(), "ok", ()),
    ],
)
def test_a_call_is_blocked_if_no_answer_came_through(response, outcome, finished):
    about = about_response(response, 50)
    assert (about["outcome"], about["finish_reasons"]) == (outcome, finished)


def test_errors_are_told_by_status_or_class_and_masked():
    assert about_error(TimeoutError(f"no answer for {SECRETS[0]}"), 60) == {
        "outcome": "error", "error_type": "TimeoutError", "error": "no answer for [EMAIL]"
    }  # fmt: skip


@pytest.mark.parametrize("quality", [-0.1, 1.1, float("nan")])
def test_a_quality_is_a_share(quality):
    with pytest.raises(BadValue):
        check_quality(quality)


@given(st.lists(st.floats(0.0001, 1000), min_size=1, max_size=50))
def test_distributions_count_what_numpy_counts(values):
    bounds = BOUNDS["latency"]
    found = distribution(values, bounds)
    assert list(found.bucket_counts) == list(np.histogram(values, [-np.inf, *bounds, np.inf])[0])
    assert (found.count, found.mean) == (len(values), pytest.approx(np.mean(values)))
    assert found.sum_of_squared_deviation == pytest.approx(np.var(values) * len(values), rel=1e-9, abs=1e-6)


class Counting(monitoring_v3.MetricServiceClient):
    """The real client; it notes how many series each request has, and their times."""

    def __init__(self):
        super().__init__()
        self.sizes, self.times = [], []

    def create_time_series(self, **request):
        self.sizes.append(len(request["time_series"]))
        self.times.append({series.points[0].interval.end_time for series in request["time_series"]})
        return super().create_time_series(**request)


def test_requests_keep_to_the_limit_and_times_always_grow(session):
    with Counting() as client:
        monitor = GenAIMonitor(session.project, metrics=client, clock=lambda: START, flush_every=1e9)
        for _ in range(2):
            for version in range(150):
                with monitor.call(model="m", prompt_version=f"v{version}") as call:
                    call.response = answer("STOP")
            monitor.flush()
        assert client.sizes == [MOST_SERIES, 100] * 2
        first, second = client.times[0], client.times[2]
        assert START < min(first) == max(first) < min(second)
        monitor.delete()


def test_threads_lose_no_call(session):
    monitor = GenAIMonitor(session.project, clock=lambda: START, flush_every=1e9)

    def work():
        for _ in range(20):
            with monitor.call(model="m", prompt_version="v1") as call:
                call.response = answer("STOP")

    threads = [threading.Thread(target=work) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert monitor.flush() == 100
    assert monitor.read()["calls"].sum() == 100
    assert len(monitor.read_calls()) == 100
    monitor.delete()


def test_every_metric_has_a_name_of_its_own_and_bounds_if_it_is_a_distribution():
    assert len({metric.type for metric in names.METRICS}) == len(names.METRICS)
    assert {metric.name for metric in names.METRICS if not metric.counts} == set(BOUNDS)
