"""One trace id through all steps: written by the real logging client, read back as path, tree and picture."""

import datetime as dt
import itertools
import threading
import zlib

import numpy as np
import pytest
from google.cloud import logging
from hypothesis import given
from hypothesis import strategies as st

from mlops_helpers.debugging import (
    InvalidSetting,
    NaiveTimestamp,
    Tracer,
    UnknownTrace,
    latest_traces,
    path_of,
    read_traceparent,
    repeatable_ids,
)
from mlops_helpers.debugging.trace_ids import TraceParent, random_ids
from mlops_helpers.debugging.trace_memory import MemoryMeter
from mlops_helpers.monitoring import genai_names as names

START = dt.datetime(2026, 3, 1, 12, tzinfo=dt.UTC)


@pytest.fixture
def client(session):
    return logging.Client()


@pytest.fixture
def log(client, request):
    log = client.logger(request.node.name[:100])
    yield log
    if list(log.list_entries(max_results=1)):
        log.delete()


def ticking(step=1.0):
    """A clock that moves on whenever it is read."""
    ticks = itertools.count()
    return lambda: START + dt.timedelta(seconds=step * next(ticks))


@pytest.fixture
def tracer(log, request):
    return Tracer(log, clock=ticking(), ids=repeatable_ids(zlib.crc32(request.node.name.encode())))


def steps(tracer):
    with tracer.step("pipeline"):
        with tracer.step("ingestion", source="crm") as step:
            step.note(rows_out=100)
        with tracer.step("features", rows_in=100) as step:
            step.note(rows_out=98)
        with tracer.step("training", rows_in=98):
            raise ValueError("no columns left")


def pipeline(tracer):
    """Run a pipeline whose last step fails."""
    with pytest.raises(ValueError, match="no columns"):
        steps(tracer)


def test_the_path_is_read_back_as_a_tidy_table(client, tracer):
    pipeline(tracer)
    table = path_of(client, tracer.trace_id).table
    assert table["step"].tolist() == ["pipeline", "ingestion", "features", "training"]
    assert table["parent"].tolist() == ["", "pipeline", "pipeline", "pipeline"]
    assert table["seconds"].tolist() == [7.0, 1.0, 1.0, 1.0]
    assert table["rows_in"].fillna(0).tolist() == [0, 0, 100, 98]
    assert table["rows_out"].fillna(0).tolist() == [0, 100, 98, 0]
    assert table["outcome"].tolist() == ["error", "ok", "ok", "error"]
    assert table.loc[3, "error"] == "ValueError: no columns left"
    assert table.loc[1, "facts"] == "source=crm"
    assert table.loc[2, "start"] == START + dt.timedelta(seconds=3)


def test_the_tree_can_be_read(client, tracer):
    pipeline(tracer)
    assert str(path_of(client, tracer.trace_id)).splitlines() == [
        f"trace {tracer.trace_id}",
        "└─ pipeline  7 s  FAILED ValueError: no columns left",
        "   └─ ingestion  1 s  ? → 100 rows",
        "   └─ features  1 s  100 → 98 rows",
        "   └─ training  1 s  98 → ? rows  FAILED ValueError: no columns left",
    ]


def test_the_timeline_is_readable_in_grey(client, tracer):
    pipeline(tracer)
    figure = path_of(client, tracer.trace_id).figure()
    (axes,), (legend,) = figure.axes, figure.legends
    bars = [(bar.get_x(), bar.get_width(), bar.get_hatch()) for bar in axes.patches]
    assert bars == [(0, 7, "///"), (1, 1, ""), (3, 1, ""), (5, 1, "///")]
    assert axes.get_yticklabels()[0].get_text() == "pipeline"
    assert [text.get_text() for text in legend.get_texts()] == ["ok", "error"]


def test_entries_carry_what_cloud_logging_groups_by(client, tracer, session):
    with tracer.step("features") as step:
        pass
    first, last = client.list_entries(filter_=f'trace="{tracer.trace}" AND timestamp>="2000-01-01T00:00:00Z"')
    assert first.trace == f"projects/{session.project}/traces/{tracer.trace_id}"
    assert first.span_id == last.span_id == step.id
    assert (last.labels, last.severity, last.trace_sampled) == ({"step": "features"}, "INFO", True)
    assert [entry.payload["message"] for entry in (first, last)] == ["features: started", "features: ended, ok"]


def test_a_trace_goes_on_elsewhere(client, log, tracer):
    with tracer.step("training") as step:
        pass
    elsewhere = Tracer(log, traceparent=step.traceparent, clock=ticking(), ids=repeatable_ids(99))
    with elsewhere.step("serving"):
        pass
    table = path_of(client, f"projects/p/traces/{tracer.trace_id.upper()}").table
    assert table[["step", "parent"]].to_numpy().tolist() == [["training", ""], ["serving", "training"]]


def test_threads_go_on_below_a_step_with_tracers_of_their_own(client, log, tracer):
    def work(number, above):
        with Tracer(log, traceparent=above, clock=ticking()).step(f"part {number}"):
            pass

    with tracer.step("all") as step:
        threads = [threading.Thread(target=work, args=(number, step.traceparent)) for number in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    table = path_of(client, tracer.trace_id).table
    assert set(table["parent"]) == {"", "all"}
    assert sorted(table["step"]) == ["all", *(f"part {number}" for number in range(4))]


def test_a_step_that_never_ended_is_told(client, tracer):
    unfinished = tracer.step("training", rows_in=5)
    unfinished.__enter__()
    path = path_of(client, tracer.trace_id)
    assert path.table["outcome"].tolist() == ["not finished"]
    assert path.table["seconds"].isna().all()
    assert "training  not finished  5 → ? rows" in str(path)
    assert path.figure().axes[0].patches[0].get_hatch() == "..."
    unfinished.__exit__(None, None, None)


def test_personal_data_are_masked_before_they_leave(client, log, tracer):
    facts = {"cards": [4111111111111111], "nested": {"bob@example.com": "call +44 20 7946 0958"}}
    with pytest.raises(KeyError), tracer.step("serving of ada@example.com", user="ada@example.com", **facts):
        raise KeyError("no customer ada@example.com")
    sent = " ".join(str(entry.payload) + str(entry.labels) for entry in log.list_entries())
    assert "example.com" not in sent
    assert "4111" not in sent
    assert "7946" not in sent
    assert "[EMAIL]" in sent


def test_facts_survive_and_long_texts_are_cut(client, tracer):
    with tracer.step("features", share=np.float64(0.5), rows_out=np.int64(7), text="x" * 1000, rows_in=1.5) as step:
        step.note(loss=float("nan"), fine=True, none=None)
    row = path_of(client, tracer.trace_id).table.iloc[0]
    assert row["rows_out"] == 7
    assert row["facts"].startswith("fine=True, loss=nan, none=None, rows_in=1.5, share=0.5, text=xxx")
    assert len(row["facts"]) < 400


def test_a_call_of_gemini_is_noted_under_opentelemetrys_names(client, log, tracer, session):
    from google import genai

    from mlops_helpers.cloud import models

    gemini, model = genai.Client(enterprise=True, project=session.project, location="global"), models.choose().id
    with tracer.step("answer") as step:
        prompt = "Summarise what ada@example.com wrote: the phone is great"
        response = gemini.models.generate_content(model=model, contents=prompt)
        step.note_generation(response, model=model, prompt_version="summary-v1", contents=prompt)
    (payload,) = (e.payload for e in log.list_entries() if e.payload["mlops.event"] == "ended")
    assert payload[names.REQUEST_MODEL] == model
    assert payload[names.INPUT_TOKENS] == response.usage_metadata.prompt_token_count
    assert "[EMAIL]" in payload[names.PROMPT]
    assert f"{names.REQUEST_MODEL}={model}" in path_of(client, tracer.trace_id).table.loc[0, "facts"]


def test_peak_memory_is_measured_on_request(client, log):
    tracer = Tracer(log, clock=ticking(), memory=True)
    with tracer.step("outer"), tracer.step("inner"):
        np.ones(4_000_000, dtype="uint8")
    assert path_of(client, tracer.trace_id).table["peak_megabytes"].between(3.9, 6).all()


def test_an_outer_peak_is_not_lost_in_an_inner_step():
    meter = MemoryMeter()
    meter.begin()
    np.ones(3_000_000, dtype="uint8")
    meter.begin()
    assert meter.end() < 1
    assert 2.9 < meter.end() < 4


def test_an_unknown_trace_is_named_with_the_nearest_and_the_latest(client, tracer):
    pipeline(tracer)
    almost = f"{tracer.trace_id[:-1]}{'0' if tracer.trace_id[-1] != '0' else '1'}"
    with pytest.raises(UnknownTrace, match=f"one of the latest: {tracer.trace_id}.*nearest: {tracer.trace_id}"):
        path_of(client, almost)
    with pytest.raises(UnknownTrace, match="Copy the 32 digits"):
        path_of(client, 'x" OR "')
    latest = latest_traces(client)
    assert latest.loc[0, ["trace_id", "step", "outcome"]].tolist() == [tracer.trace_id, "pipeline", "error"]


def test_without_any_trace_the_project_is_suspected(client):
    with pytest.raises(UnknownTrace, match="Nothing was traced in this project yet"):
        path_of(client, "0" * 31 + "1")


def test_a_log_that_cannot_be_reached_does_not_stop_the_work(caplog, session, tracer):
    down = session.faults.inject("permission_denied", operation="logging.WriteLogEntries", times=2)
    with down, tracer.step("features") as step:
        step.note(rows_out=1)
    written = [message for message in caplog.messages if message.startswith("The step features could not be written")]
    assert len(written) == 2


@pytest.mark.parametrize("name", ["", "x" * 101, "a\nb", None])
def test_a_step_needs_a_name(tracer, name):
    with pytest.raises(InvalidSetting, match="the step's name"), tracer.step(name):
        pass


def test_a_time_without_a_zone_is_refused(log):
    with (
        pytest.raises(NaiveTimestamp, match="without a zone"),
        Tracer(log, clock=lambda: dt.datetime(2026, 1, 1)).step("a"),
    ):
        pass


def test_the_default_clock_moves_forward(log, client):
    tracer = Tracer(log)
    with tracer.step("quick"):
        pass
    assert 0 <= path_of(client, tracer.trace_id).table.loc[0, "seconds"] < 60


def test_repeatable_ids_repeat_and_differ():
    one, two, other = repeatable_ids(1), repeatable_ids(1), repeatable_ids(2)
    row = [one(16), one(8)]
    assert row == [two(16), two(8)]
    assert row[0] != other(16)
    assert [len(text) for text in row] == [32, 16]
    assert len(random_ids(8)) == 16


@given(st.integers(1, 2**128 - 1), st.integers(1, 2**64 - 1))
def test_what_is_written_as_a_header_is_read_again(trace, step):
    parent = TraceParent(f"{trace:032x}", f"{step:016x}")
    assert read_traceparent(str(parent)) == parent


GOOD = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


@pytest.mark.parametrize(
    "header",
    ["", "x", GOOD[:-1], f"{GOOD}-more", f"ff{GOOD[2:]}", GOOD.upper(), f"00-{'0' * 32}-{'1' * 16}-01", None],
)
def test_a_header_that_the_standard_forbids_is_refused(header):
    with pytest.raises(InvalidSetting, match="32 hexadecimal digits"):
        read_traceparent(header)


def test_a_later_version_of_the_header_is_read():
    assert read_traceparent(f"01{GOOD[2:]}-more").trace_id == GOOD[3:35]
