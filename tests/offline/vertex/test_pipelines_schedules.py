"""Schedules start pipelines and monitoring jobs when the offline clock passes their hours."""

from datetime import UTC, datetime, timedelta

import pytest
from google.api_core import exceptions
from google.cloud import aiplatform
from hypothesis import given
from hypothesis import strategies as st
from kfp import compiler, dsl

from mlops_helpers.offline.errors import ApiError
from mlops_helpers.offline.vertex.pipelines.cron import parse
from tests.offline.vertex.samples import BUCKET, store
from tests.offline.vertex.test_monitoring import TARGET, csv, monitor_of, points


@dsl.component(base_image="python:3.11", install_kfp_package=False)
def hello(name: str) -> str:
    return f"hello {name}"


@dsl.pipeline(name="greeting")
def greeting(name: str = "world"):
    hello(name=name)


def schedule_of(tmp_path, cron="0 12 * * *", **options):
    path = str(tmp_path / "pipeline.yaml")
    compiler.Compiler().compile(greeting, path)
    store("readme.txt", b"x")
    job = aiplatform.PipelineJob(display_name="test", template_path=path, pipeline_root=f"gs://{BUCKET}/root")
    return job.create_schedule(cron=cron, display_name="daily", **options)


def test_a_schedule_runs_its_pipeline_when_the_clock_passes_its_hour(vertex, tmp_path):
    schedule = schedule_of(tmp_path)
    assert str(schedule.gca_resource.next_run_time) == "2026-01-05 12:00:00+00:00"
    assert schedule.list_jobs(enable_simple_view=False) == []
    vertex.clock.advance(timedelta(hours=50))
    schedule = aiplatform.PipelineJobSchedule.get(schedule.resource_name)
    assert schedule.gca_resource.started_run_count == 1
    (job,) = aiplatform.PipelineJob.list()
    job.wait()
    assert job.state.name == "PIPELINE_STATE_SUCCEEDED"
    assert str(schedule.gca_resource.last_scheduled_run_response.scheduled_run_time) == "2026-01-06 12:00:00+00:00"
    assert str(schedule.gca_resource.next_run_time) == "2026-01-07 12:00:00+00:00"
    assert [found.name for found in schedule.list_jobs(enable_simple_view=False)] == [job.name]


def test_a_paused_schedule_starts_nothing(vertex, tmp_path):
    schedule = schedule_of(tmp_path)
    schedule.pause()
    vertex.clock.advance(timedelta(days=3))
    assert aiplatform.PipelineJobSchedule.get(schedule.resource_name).state.name == "PAUSED"
    assert aiplatform.PipelineJob.list() == []
    schedule.resume(catch_up=False)
    schedule = aiplatform.PipelineJobSchedule.get(schedule.resource_name)
    assert str(schedule.gca_resource.next_run_time) == "2026-01-08 12:00:00+00:00"


def test_a_schedule_is_updated_completed_and_deleted(vertex, tmp_path):
    schedule = schedule_of(tmp_path, max_run_count=1)
    schedule.update(cron="TZ=Europe/Berlin 0 15 * * *")
    assert schedule.cron == "TZ=Europe/Berlin 0 15 * * *"
    vertex.clock.advance(timedelta(days=1))
    (found,) = aiplatform.PipelineJobSchedule.list(filter='display_name="daily"')
    assert found.state.name == "COMPLETED"
    with pytest.raises(exceptions.BadRequest, match="expected ACTIVE"):
        found.pause()
    found.delete()
    assert aiplatform.PipelineJobSchedule.list() == []


def test_a_cron_that_cannot_be_read_is_refused(vertex, tmp_path):
    with pytest.raises(exceptions.BadRequest, match="five fields"):
        schedule_of(tmp_path, cron="daily")


def test_a_monitor_runs_on_a_schedule(vertex):
    monitor = monitor_of()
    made = monitor.create_schedule(cron="0 0 * * *", target_dataset=csv("target", TARGET), display_name="nightly")
    vertex.clock.advance(timedelta(days=1))
    found = monitor.get_schedule(made.name)
    assert found.started_run_count == 1
    (point,) = points(monitor, schedule_name=made.name)["plan"]
    assert point.schedule == made.name
    with pytest.raises(exceptions.BadRequest, match="still has schedules"):
        monitor.delete()
    monitor.delete(force=True)
    assert aiplatform.PipelineJobSchedule.list() == []


@pytest.mark.parametrize(
    ("cron", "expected"),
    [
        ("*/15 * * * *", "2026-01-05T10:15:00+00:00"),
        ("0 0 29 FEB *", "2028-02-29T00:00:00+00:00"),
        ("0 9 13 * FRI", "2026-01-09T09:00:00+00:00"),
        ("30 8-10/2 * * 1-5", "2026-01-05T10:30:00+00:00"),
        ("CRON_TZ=America/New_York 0 6 * * *", "2026-01-05T11:00:00+00:00"),
        ("0 0 * * 7", "2026-01-11T00:00:00+00:00"),
    ],
)
def test_the_next_time_of_a_cron_expression(cron, expected):
    assert parse(cron).after(datetime(2026, 1, 5, 10, tzinfo=UTC)).isoformat() == expected


@pytest.mark.parametrize("cron", ["* * * *", "60 * * * *", "*/0 * * * *", "0 0 * * XYZ", "TZ=Nowhere/None 0 0 * * *"])
def test_wrong_expressions_are_refused(cron):
    with pytest.raises(ApiError, match=r"schedule\.cron"):
        parse(cron)


@given(st.integers(0, 59), st.integers(0, 23), st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1)))
def test_the_next_time_is_later_fits_and_comes_within_a_day(minute, hour, moment):
    moment = moment.replace(tzinfo=UTC)
    found = parse(f"{minute} {hour} * * *").after(moment)
    assert moment < found <= moment + timedelta(days=1)
    assert (found.minute, found.hour) == (minute, hour)
