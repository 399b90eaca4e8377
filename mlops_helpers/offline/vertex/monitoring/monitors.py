"""Model monitors and their jobs. A job reads both datasets, compares them and ends before its creation is answered."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from ...errors import ApiError, unsupported
from .. import generic, listing
from ..behaviours import Call, behaviour
from ..errors import bad_field, precondition
from ..store import parent_of
from .findings import Finding, Findings, compare
from .inputs import read_rows
from .reports import log_alerts, write_reports

if TYPE_CHECKING:
    from ..service import Vertex

Json = dict[str, Any]
SERVICE = "ModelMonitoringService"
GENERIC = (
    *(f"{SERVICE}.{verb}" for verb in ("CreateModelMonitor", "GetModelMonitor", "ListModelMonitors")),
    *(f"{SERVICE}.{verb}" for verb in ("UpdateModelMonitor", "GetModelMonitoringJob", "ListModelMonitoringJobs")),
)


@behaviour("ModelMonitoringService.CreateModelMonitoringJob")
def create_job(vertex: Vertex, call: Call) -> Json:
    """Run a monitoring job; one that fails says why in its execution details. Raises ApiError 400, 404 or 501."""
    sent = call.json["modelMonitoringJob"]
    spec = job_spec(vertex.store.get(call.request.parent), sent)
    return run_job(vertex, generic.create(vertex, call, {"state": "JOB_STATE_RUNNING"}), spec)


@behaviour("ModelMonitoringService.DeleteModelMonitoringJob")
def delete_job(vertex: Vertex, call: Call) -> Json:
    """Delete a job with what it found."""
    answer = generic.delete(vertex, call)
    vertex.part(Findings).forget(call.request.name)
    return answer


@behaviour("ModelMonitoringService.DeleteModelMonitor")
def delete_monitor(vertex: Vertex, call: Call) -> Json:
    """Delete a monitor with its jobs and findings; with `force` its schedules too."""
    name = call.request.name
    vertex.store.get(name)
    schedules = [
        schedule["name"]
        for schedule in vertex.store.list(parent_of(name), "schedules")
        if schedule.get("createModelMonitoringJobRequest", {}).get("parent") == name
    ]
    if schedules and not call.request.force:
        raise precondition(f"{name} still has schedules. Delete them first, or delete with force=True.")
    for schedule in schedules:
        vertex.store.remove(schedule)
    vertex.part(Findings).forget(name)
    return generic.delete(vertex, call)


@behaviour("ModelMonitoringService.SearchModelMonitoringStats")
def search_stats(vertex: Vertex, call: Call) -> Json:
    """Per column and objective its data points, newest first."""
    vertex.store.get(call.request.model_monitor)
    wanted = call.json.get("statsFilter", {}).get("tabularStatsFilter", {})
    series: dict[tuple[str, str], list[Json]] = {}
    for finding in reversed(vertex.part(Findings).of(call.request.model_monitor)):
        if _matches(finding, wanted) and _inside(finding, call.json.get("timeInterval", {})):
            series.setdefault((finding.name, finding.objective), []).append(finding.point)
    found = [
        {"tabularStats": {"statsName": name, "objectiveType": objective, "dataPoints": points}}
        for (name, objective), points in sorted(series.items())
    ]
    shown, token = listing.page(found, call.request)
    return {"monitoringStats": shown, **({"nextPageToken": token} if token else {})}


@behaviour("ModelMonitoringService.SearchModelMonitoringAlerts")
def search_alerts(vertex: Vertex, call: Call) -> Json:
    """The alerts of a monitor, newest first."""
    vertex.store.get(call.request.model_monitor)
    found = [
        finding.alert()
        for finding in reversed(vertex.part(Findings).of(call.request.model_monitor))
        if finding.point["hasAnomaly"]
        and _matches(finding, call.json)
        and _inside(finding, call.json.get("alertTimeInterval", {}))
    ]
    shown, token = listing.page(found, call.request)
    total = {"totalNumberAlerts": str(len(found))}
    return {"modelMonitoringAlerts": shown, **total, **({"nextPageToken": token} if token else {})}


def job_spec(monitor: Json, job: Json) -> Json:
    """The specification of a job, completed from its monitor's defaults.

    Raises ApiError 400 when something is missing in both, 501 for feature attribution.
    """
    sent = job.get("modelMonitoringSpec", {})
    own = sent.get("objectiveSpec", {})
    spec = {
        "objective": own.get("tabularObjective") or monitor.get("tabularObjective"),
        "baseline": own.get("baselineDataset") or monitor.get("trainingDataset"),
        "target": own.get("targetDataset"),
        "schema": monitor.get("modelMonitoringSchema"),
        "outputSpec": sent.get("outputSpec") or monitor.get("outputSpec") or {},
        "notificationSpec": sent.get("notificationSpec") or monitor.get("notificationSpec") or {},
    }
    if missing := [name for name in ("objective", "baseline", "target", "schema") if not spec[name]]:
        raise bad_field("model_monitoring_spec", f"no {', '.join(missing)}", "it in the job or in its monitor")
    if "featureAttributionSpec" in spec["objective"]:
        raise unsupported("Vertex AI: monitoring of feature attributions (feature and prediction drift are computed)")
    return spec


def run_job(vertex: Vertex, job: Json, spec: Json) -> Json:
    """Do the work of a job that is stored; gives the job as it is then."""
    now = vertex.cloud.clock.now()
    try:
        findings = _find(vertex, job, spec, now)
        write_reports(vertex, spec, job, findings)
    except ApiError as problem:
        error = {"code": 3, "message": problem.message}
        return vertex.store.change(job["name"], {"state": "JOB_STATE_FAILED", "jobExecutionDetail": {"error": error}})
    vertex.part(Findings).add(parent_of(job["name"]), findings)
    log_alerts(vertex, spec, job, findings)
    status = {finding.objective: {} for finding in findings}
    return vertex.store.change(
        job["name"], {"state": "JOB_STATE_SUCCEEDED", "jobExecutionDetail": {"objectiveStatus": status}}
    )


def _find(vertex: Vertex, job: Json, spec: Json, now: datetime) -> list[Finding]:
    baseline, target = (read_rows(vertex, job["name"], spec[part], now) for part in ("baseline", "target"))
    for label, rows in (("baseline", baseline), ("target", target)):
        if not rows:
            raise precondition(f"The {label} dataset has no rows (in its time window).")
    about = {"modelMonitoringJob": job["name"], "createTime": vertex.store.stamp()}
    if "schedule" in job:
        about["schedule"] = job["schedule"]
    return compare(spec["schema"], spec["objective"], (baseline, target), about)


def _matches(finding: Finding, wanted: Json) -> bool:
    shown = {
        "statsName": finding.name,
        "objectiveType": finding.objective,
        "modelMonitoringJob": finding.point["modelMonitoringJob"],
        "modelMonitoringSchedule": finding.point.get("schedule", ""),
        "algorithm": finding.point["algorithm"],
    }
    return all(wanted.get(key) in (None, "", value) for key, value in shown.items())


def _inside(finding: Finding, interval: Json) -> bool:
    moment = datetime.fromisoformat(finding.point["createTime"])
    start, end = interval.get("startTime"), interval.get("endTime")
    late_enough = start is None or datetime.fromisoformat(start) <= moment
    return late_enough and (end is None or moment < datetime.fromisoformat(end))
