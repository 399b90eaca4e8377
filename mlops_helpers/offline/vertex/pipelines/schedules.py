"""Schedules start pipelines and monitoring jobs at their hours, by the offline clock.

The clock moves when something is written, or when somebody moves it ahead; whether a schedule is due is looked at when
schedules are read. Of several hours that have passed meanwhile only the latest starts a run: the earlier ones are
skipped, as on Vertex AI when the limit of concurrent runs is reached.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any

from ...errors import ApiError, unsupported
from .. import generic
from ..behaviours import Call, behaviour
from ..errors import bad_field, precondition
from ..monitoring.monitors import job_spec, run_job
from ..store import stamp
from .cron import parse
from .jobs import check_job, start

if TYPE_CHECKING:
    from ..service import Vertex

Json = dict[str, Any]
PIPELINE, MONITORING = "createPipelineJobRequest", "createModelMonitoringJobRequest"
ACTIVE, PAUSED, COMPLETED = "ACTIVE", "PAUSED", "COMPLETED"


@behaviour("ScheduleService.CreateSchedule")
def create_schedule(vertex: Vertex, call: Call) -> Json:
    """A schedule for a pipeline or a monitoring job. Raises ApiError 400 for a time or a job that cannot be."""
    sent = call.json["schedule"]
    _check(vertex, sent)
    made = generic.create(vertex, call, {"state": ACTIVE, "startedRunCount": "0"})
    first = {"startTime": made.get("startTime", made["createTime"])}
    return vertex.store.change(made["name"], {**first, "nextRunTime": _next(made, vertex.cloud.clock.now())})


@behaviour("ScheduleService.GetSchedule")
def get_schedule(vertex: Vertex, call: Call) -> Json:
    """A schedule, after it has started what is due."""
    _run_due(vertex, vertex.store.get(call.request.name))
    return vertex.store.get(call.request.name)


@behaviour("ScheduleService.ListSchedules")
def list_schedules(vertex: Vertex, call: Call) -> Json:
    """A page of schedules, after they have started what is due."""
    for schedule in vertex.store.list(call.request.parent, "schedules"):
        _run_due(vertex, schedule)
    return generic.list_all(vertex, call)


@behaviour("ScheduleService.UpdateSchedule")
def update_schedule(vertex: Vertex, call: Call) -> Json:
    """Change a schedule; its next run is computed anew."""
    before = vertex.store.get(call.request.schedule.name)
    _check(vertex, {**before, **call.json["schedule"]})
    after = generic.update(vertex, call)
    return vertex.store.change(after["name"], {"nextRunTime": _next(after, vertex.cloud.clock.now())})


@behaviour("ScheduleService.DeleteSchedule")
def delete_schedule(vertex: Vertex, call: Call) -> Json:
    """Delete a schedule; the jobs that it started stay."""
    return generic.delete(vertex, call)


@behaviour("ScheduleService.PauseSchedule")
def pause_schedule(vertex: Vertex, call: Call) -> Json:
    """Start no more runs."""
    schedule = vertex.store.get(call.request.name)
    _run_due(vertex, schedule)
    _need(vertex.store.get(call.request.name), ACTIVE)
    changes = {"state": PAUSED, "lastPauseTime": vertex.store.stamp(), "nextRunTime": None}
    vertex.store.change(call.request.name, changes)
    return {}


@behaviour("ScheduleService.ResumeSchedule")
def resume_schedule(vertex: Vertex, call: Call) -> Json:
    """Start runs again from now on; with `catch_up` the latest run missed meanwhile too."""
    schedule = vertex.store.get(call.request.name)
    _need(schedule, PAUSED)
    since = schedule["lastPauseTime"] if call.request.catch_up else stamp(vertex.cloud.clock.now())
    changes = {"state": ACTIVE, "catchUp": call.request.catch_up, "lastResumeTime": vertex.store.stamp()}
    vertex.store.change(schedule["name"], {**changes, "nextRunTime": _next(schedule, datetime.fromisoformat(since))})
    return {}


def _check(vertex: Vertex, schedule: Json) -> None:
    parse(schedule.get("cron", ""))
    if int(schedule.get("maxConcurrentRunCount", "0")) < 1:
        raise bad_field("schedule.max_concurrent_run_count", 0, "1 or more")
    if PIPELINE in schedule:
        check_job(schedule[PIPELINE].get("pipelineJob", {}))
    elif MONITORING in schedule:
        request = schedule[MONITORING]
        job_spec(vertex.store.get(request.get("parent", "")), request.get("modelMonitoringJob", {}))
    else:
        raise unsupported("Vertex AI: schedules of anything but pipeline jobs and model monitoring jobs")


def _need(schedule: Json, state: str) -> None:
    if schedule["state"] != state:
        raise precondition(f"{schedule['name']} is in the state {schedule['state']}, expected {state}.")


def _next(schedule: Json, now: datetime) -> str:
    begin = datetime.fromisoformat(schedule["startTime"]) if "startTime" in schedule else now
    return stamp(parse(schedule["cron"]).after(max(now, begin)))


def _run_due(vertex: Vertex, schedule: Json) -> None:
    """Start the latest run that is due, and say when the next one is; complete a schedule whose time is over."""
    now, name = vertex.cloud.clock.now(), schedule["name"]
    if schedule["state"] != ACTIVE:
        return
    end = datetime.fromisoformat(schedule["endTime"]) if "endTime" in schedule else None
    due = _latest(schedule, min(now, end) if end else now)
    if due is not None:
        count = int(schedule["startedRunCount"]) + 1
        response = {"scheduledRunTime": stamp(due), "runResponse": _run(vertex, schedule, count)}
        changes = {
            "startedRunCount": str(count),
            "lastScheduledRunResponse": response,
            "nextRunTime": _next(schedule, now),
        }
        schedule = vertex.store.change(name, changes)
    limit = int(schedule.get("maxRunCount", "0"))
    if (end and now >= end) or (limit and int(schedule["startedRunCount"]) >= limit):
        vertex.store.change(name, {"state": COMPLETED, "nextRunTime": None})


def _latest(schedule: Json, now: datetime) -> datetime | None:
    """The latest hour of a schedule that has passed without a run."""
    due, cron = datetime.fromisoformat(schedule["nextRunTime"]), parse(schedule["cron"])
    if due > now:
        return None
    while (later := cron.after(due)) <= now:
        due = later
    return due


def _run(vertex: Vertex, schedule: Json, count: int) -> str:
    """Start one run; gives what its creation was answered with."""
    begin: Callable[[Vertex, Json, int], str] = _run_pipeline if PIPELINE in schedule else _run_monitoring
    try:
        return f"OK: {begin(vertex, schedule, count)}"
    except ApiError as problem:
        return f"Error {problem.code}: {problem.message}"


def _run_pipeline(vertex: Vertex, schedule: Json, count: int) -> str:
    request, number = schedule[PIPELINE], schedule["name"].rpartition("/")[2]
    parent = schedule["name"].rsplit("/", 2)[0]
    wanted = request.get("pipelineJobId") or request["pipelineJob"]["pipelineSpec"]["pipelineInfo"]["name"]
    fields = {**request["pipelineJob"], "state": "PIPELINE_STATE_PENDING", "scheduleName": schedule["name"]}
    job = vertex.store.add(f"{parent}/pipelineJobs/{wanted}-{number}-{count}", fields)
    return start(vertex, job, vertex.cloud.url)["name"]


def _run_monitoring(vertex: Vertex, schedule: Json, count: int) -> str:
    request = schedule[MONITORING]
    monitor, sent = vertex.store.get(request["parent"]), request["modelMonitoringJob"]
    fields = {**sent, "state": "JOB_STATE_RUNNING", "schedule": schedule["name"]}
    number = vertex.store.new_id("modelMonitoringJobs")
    job = vertex.store.add(f"{monitor['name']}/modelMonitoringJobs/{number}", fields)
    return run_job(vertex, job, job_spec(monitor, sent))["name"]
