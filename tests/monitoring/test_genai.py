"""Watching Gemini: what a call leaves in Cloud Monitoring and Cloud Logging, and what it does not."""

import datetime as dt
import itertools
import json

import pytest
from google import genai
from google.api_core import exceptions
from google.cloud import logging, monitoring_v3
from google.genai import errors, types

from mlops_helpers.cloud.models import choose
from mlops_helpers.monitoring import (
    BadValue,
    CallNotFinished,
    GenAIMonitor,
    InvalidSetting,
    MissingColumn,
    NaiveTimestamp,
    genai_figure,
)
from mlops_helpers.monitoring.genai_reading import read_metrics

MODEL = choose().id
START = dt.datetime(2026, 3, 2, 8, tzinfo=dt.UTC)
CARD, EMAIL = "4111 1111 1111 1111", "ada.lovelace@example.org"
DANGER = types.SafetySetting(category="HARM_CATEGORY_DANGEROUS_CONTENT", threshold="BLOCK_MEDIUM_AND_ABOVE")


class Clock:
    """A time that moves when told; durations are read from a list."""

    def __init__(self):
        self.now, self.seconds = START, itertools.count(0, 0.5)

    def __call__(self):
        return self.now

    def timer(self):
        return next(self.seconds)

    def ahead(self, seconds):
        self.now += dt.timedelta(seconds=seconds)


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def monitor(session, clock):
    monitor = GenAIMonitor(session.project, clock=clock, timer=clock.timer, flush_every=1e9)
    yield monitor
    session.faults.clear()
    monitor.delete()


@pytest.fixture
def gemini(session):
    options = types.HttpOptions(retry_options=types.HttpRetryOptions(attempts=1))
    with genai.Client(enterprise=True, project=session.project, location="global", http_options=options) as client:
        yield client


def held(monitor, session):
    """Everything that Logging and Monitoring hold of this project, as one text."""
    project = f"projects/{session.project}"
    interval = {"start_time": START - dt.timedelta(days=1), "end_time": START + dt.timedelta(days=2)}
    entries = logging.Client().list_entries(filter_='timestamp>="2026-03-01T00:00:00Z"')
    with monitoring_v3.MetricServiceClient() as client:
        described, series = list(client.list_metric_descriptors(name=project)), []
        for metric in described:
            request = {"name": project, "filter": f'metric.type = "{metric.type}"', "interval": interval}
            series += client.list_time_series(request={**request, "view": "FULL"})
    assert len(series) > 5
    return "\n".join([*(json.dumps(entry.to_api_repr()) for entry in entries), *map(str, series), *map(str, described)])


def test_a_call_is_one_line_of_numbers_in_both_services(monitor, gemini, clock):
    answer = monitor.generate(
        gemini, model=MODEL, contents="Is this positive or negative? I love it", prompt_version="v1", quality=len_score
    )
    clock.ahead(30)
    assert monitor.flush() == 1
    [call] = monitor.read_calls().to_dict("records")
    usage = answer.usage_metadata
    assert (call["time"], call["model"], call["prompt_version"], call["outcome"]) == (START, MODEL, "v1", "ok")
    assert call["input_tokens"] == usage.prompt_token_count
    assert call["output_tokens"] == usage.candidates_token_count + (usage.thoughts_token_count or 0)
    assert (call["latency"], call["quality"], call["answer"]) == (0.5, 1.0, answer.text)
    [row] = monitor.read().to_dict("records")
    assert (row["calls"], row["blocked"], row["errors"], row["quality_p50"]) == (1, 0, 0, 1.0)
    assert row["tokens_prompt"] == usage.prompt_token_count
    assert row["latency_p50"] == pytest.approx(0.5, rel=0.2)


def len_score(response):
    return min(1.0, len(response.text))


def test_nothing_personal_leaves_in_any_field(monitor, session, gemini, clock):
    text = f"Refund {CARD} and write to {EMAIL}. " * 4
    monitor.generate(gemini, model=MODEL, contents=["Repeat:", types.Part.from_text(text=text)])
    with pytest.raises(RuntimeError), monitor.call(model=MODEL, prompt_version="v1", contents=text):
        raise RuntimeError(f"could not answer {EMAIL} about {CARD}")
    clock.ahead(30)
    monitor.flush()
    everything = held(monitor, session)
    assert "[EMAIL]" in everything
    assert "Refund" in everything
    assert "lovelace" not in everything
    assert "4111" not in everything.replace(" ", "")


@pytest.mark.parametrize("length", range(20, 60))
def test_no_cut_uncovers_what_masking_covered(session, clock, length):
    monitor = GenAIMonitor(session.project, clock=clock, timer=clock.timer, flush_every=1e9, excerpt_length=length)
    with monitor.call(model=MODEL, prompt_version="v1", contents=f"My card is {CARD}, mail {EMAIL}") as call:
        call.response = types.GenerateContentResponse()
    [(_, record)] = monitor._waiting
    assert len(record.prompt) <= length
    assert "41" not in record.prompt
    assert "ada" not in record.prompt


def test_blocked_prompts_and_their_categories_are_counted(monitor, gemini, clock):
    threat = "How to build a bomb with explosives"
    monitor.generate(gemini, model=MODEL, contents=threat, config={"safety_settings": [DANGER]}, prompt_version="v1")
    clock.ahead(30)
    monitor.flush()
    [call] = monitor.read_calls().to_dict("records")
    assert (call["outcome"], call["safety"]) == ("blocked", "dangerous_content")
    [row] = monitor.read().to_dict("records")
    assert (row["blocked_share"], row["safety_triggers"]) == (1.0, 1)
    [entry] = logging.Client().list_entries(filter_=f'timestamp>="{START.isoformat()}" severity=WARNING')
    assert entry.payload["gen_ai.request.model"] == MODEL


def test_an_error_is_recorded_and_raised_again(monitor, session, gemini, clock):
    session.faults.inject("rate_limit", operation="*generateContent*")
    with pytest.raises(errors.ClientError, match="429"):
        monitor.generate(gemini, model=MODEL, contents="Hello", prompt_version="v1")
    session.faults.clear()
    monitor.generate(gemini, model=MODEL, contents="Hello", prompt_version="v1")
    clock.ahead(30)
    monitor.flush()
    calls = monitor.read_calls()
    assert list(calls["outcome"]) == ["error", "ok"]
    assert calls["error_type"][0] == "429"
    [row] = monitor.read().to_dict("records")
    assert (row["calls"], row["errors"], row["error_share"]) == (2, 1, 0.5)


def answered(prompt=10, candidates=5):
    usage = types.GenerateContentResponseUsageMetadata(
        prompt_token_count=prompt, candidates_token_count=candidates, thoughts_token_count=2
    )
    return types.GenerateContentResponse(usage_metadata=usage)


def make_calls(monitor, count, version="v1", quality=None):
    for _ in range(count):
        with monitor.call(model=MODEL, prompt_version=version) as call:
            call.response = answered()
            call.quality = quality


def test_minutes_and_versions_are_told_apart(monitor, clock):
    for minute in range(3):
        clock.ahead(30)
        make_calls(monitor, minute + 1)
        make_calls(monitor, 2, version="v2", quality=0.5)
        clock.ahead(30)
        monitor.flush()
    table = monitor.read()
    assert list(table.loc[table["prompt_version"] == "v1", "calls"]) == [1, 2, 3]
    assert list(table.loc[table["prompt_version"] == "v2", "tokens_prompt"]) == [20, 20, 20]
    assert list(table["tokens_thoughts"]) == list(2 * table["calls"])
    assert table["time"].iloc[-1] == clock.now
    assert table["quality_p50"].notna().sum() == 3
    [total] = monitor.read(every=180).query("prompt_version == 'v1'").to_dict("records")
    assert total["calls"] == 6


def test_monitoring_and_logging_agree(session, clock):
    durations = [0.11, 0.2, 0.35, 0.4, 0.42, 0.5, 0.9, 1.3, 2.2, 4.0]
    ticks = itertools.chain.from_iterable((0.0, seconds) for seconds in durations)
    with GenAIMonitor(session.project, clock=clock, timer=lambda: next(ticks), flush_every=1e9) as monitor:
        make_calls(monitor, len(durations))
        clock.ahead(60)
    calls, [row] = monitor.read_calls(), monitor.read().to_dict("records")
    assert list(calls["latency"]) == durations
    assert row["latency_p50"] == pytest.approx(calls["latency"].quantile(0.5, interpolation="lower"), rel=0.2)
    assert row["latency_p95"] == pytest.approx(calls["latency"].max(), rel=0.2)
    assert (row["calls"], row["tokens_candidates"]) == (10, 50)
    monitor.delete()


def test_two_processes_are_added_up(session, monitor, clock):
    other = GenAIMonitor(session.project, clock=clock, timer=clock.timer, task="task-1", flush_every=1e9)
    make_calls(monitor, 2)
    make_calls(other, 3)
    clock.ahead(60)
    assert (monitor.flush(), other.flush()) == (2, 3)
    assert list(monitor.read()["calls"]) == [5]
    assert len(monitor.read_calls()) == 5


def test_more_than_two_hundred_series_go_in_several_requests(monitor, clock):
    for version in range(70):
        make_calls(monitor, 1, version=f"v{version}")
    clock.ahead(60)
    monitor.flush()
    assert monitor.read()["calls"].sum() == 70


@pytest.mark.parametrize("flush_every", [None, float("inf")])
def test_without_an_interval_everything_waits_for_a_hand(monitor, clock, flush_every):
    monitor.flush_every = flush_every
    make_calls(monitor, 1)
    clock.ahead(1e6)
    make_calls(monitor, 1)
    assert len(monitor.read_calls()) == 0
    assert monitor.flush() == 2
    assert GenAIMonitor(monitor.project, flush_every=flush_every).flush_every is flush_every


def test_a_failed_write_breaks_nothing_and_loses_nothing(session, monitor, clock, caplog):
    monitor.flush_every = 60
    make_calls(monitor, 1)
    clock.ahead(60)
    session.faults.inject("permission_denied", operation="monitoring.CreateTimeSeries")
    make_calls(monitor, 1)
    assert "could not be written" in caplog.text
    session.faults.clear()
    clock.ahead(60)
    make_calls(monitor, 1)
    assert monitor.read()["calls"].sum() == 3
    assert len(monitor.read_calls()) == 3


def test_entries_that_could_not_be_sent_are_sent_once(session, monitor, clock):
    make_calls(monitor, 2)
    clock.ahead(60)
    session.faults.inject("permission_denied", operation="logging.WriteLogEntries")
    with pytest.raises(exceptions.GoogleAPIError):
        monitor.flush()
    session.faults.clear()
    assert (monitor.flush(), monitor.flush()) == (2, 0)
    assert len(monitor.read_calls()) == 2


def test_a_judge_that_fails_does_not_make_the_model_fail(monitor, clock):
    with pytest.raises(BadValue, match="from 0 to 1"):
        make_calls(monitor, 1, quality=7)
    clock.ahead(30)
    monitor.flush()
    [found] = monitor.read_calls().to_dict("records")
    assert (found["outcome"], found["latency"]) == ("ok", 0.5)


def test_the_chart_shows_latency_tokens_and_shares(monitor, clock):
    make_calls(monitor, 3)
    clock.ahead(60)
    monitor.flush()
    latency, tokens, shares = genai_figure(monitor.read()).axes
    assert [text.get_text() for text in latency.get_legend().get_texts()] == ["50% of v1", "95% of v1"]
    assert list(tokens.lines[0].get_ydata()) == [30]
    assert [axes.get_ylabel() for axes in (tokens, shares)] == ["tokens", "share of calls"]
    with pytest.raises(MissingColumn, match="calls"):
        genai_figure(monitor.read_calls())


def test_a_clock_that_stands_still_loses_no_point(monitor):
    for expected in (1, 2):
        make_calls(monitor, 1)
        monitor.flush()
        assert monitor.read()["calls"].sum() == expected


def test_the_offline_clock_can_be_used(session, gemini):
    with GenAIMonitor(session.project, clock=session.now) as monitor:
        for version in ("v1", "v2"):
            monitor.generate(gemini, model=MODEL, contents="Summarise: hello", prompt_version=version)
    assert list(monitor.read().groupby("prompt_version")["calls"].sum()) == [1, 1]
    assert list(monitor.read_calls()["prompt_version"]) == ["v1", "v2"]
    monitor.delete()


def test_without_calls_the_tables_are_empty_but_have_their_columns(monitor, clock):
    clock.ahead(60)
    monitor.flush()
    assert monitor.read().empty
    assert {"latency_p95", "tokens_cached", "blocked_share"} <= set(monitor.read().columns)
    assert monitor.read_calls().empty


@pytest.mark.parametrize("label", ["", "x" * 65, "two\nlines", EMAIL, 7])
def test_labels_that_metrics_should_not_have_are_refused(monitor, label):
    with pytest.raises(InvalidSetting), monitor.call(model=MODEL, prompt_version=label):
        pytest.fail("the block must not run")


def test_bad_input_is_refused(monitor, session, clock):
    with pytest.raises(CallNotFinished, match=r"Set `call\.response`"), monitor.call(model=MODEL, prompt_version="v1"):
        pass
    with pytest.raises(NaiveTimestamp, match="the clock"):
        GenAIMonitor(session.project, clock=lambda: dt.datetime(2026, 3, 2))
    with pytest.raises(InvalidSetting, match="excerpt_length=5"):
        GenAIMonitor(session.project, excerpt_length=5)
    with pytest.raises(InvalidSetting, match="a later end"):
        monitor.read(until=START)
    with pytest.raises(InvalidSetting, match="every=10"):
        monitor.read(until=START + dt.timedelta(hours=1), every=10)
    with pytest.raises(NaiveTimestamp):
        read_metrics(None, session.project, dt.datetime(2026, 3, 2), START)
