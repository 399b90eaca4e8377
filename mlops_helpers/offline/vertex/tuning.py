"""Hyperparameter tuning jobs: the training code runs once for each trial, with the trial's parameters as arguments.

A trial reports its metrics as on Vertex AI, through `hypertune.HyperTune().report_hyperparameter_tuning_metric(...)`.
Trials run one after another, so that a job gives the same result every time.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ..errors import ApiError
from . import generic
from .behaviours import Call, behaviour
from .custom_jobs import begin, end, place_of
from .errors import bad_field
from .packages import Program, read_program
from .running import Finished, Place, Runs
from .search_space import Value, suggestions

if TYPE_CHECKING:
    from .service import Vertex

GENERIC = ("JobService.GetHyperparameterTuningJob", "JobService.ListHyperparameterTuningJobs")
MOST_TRIALS = 1000


@behaviour("JobService.CreateHyperparameterTuningJob")
def create_hyperparameter_tuning_job(vertex: Vertex, call: Call) -> dict[str, Any]:
    """Store the job and start its trials."""
    sent = call.json["hyperparameterTuningJob"]
    count = sent.get("maxTrialCount", 0)
    if not 1 <= count <= MOST_TRIALS:
        raise bad_field("max_trial_count", count, f"a number from 1 to {MOST_TRIALS}")
    if not sent.get("studySpec", {}).get("metrics"):
        raise bad_field("study_spec.metrics", [], "at least one metric with a goal")
    program, plan = read_program(sent.get("trialJobSpec", {})), suggestions(sent["studySpec"], count)
    job = generic.create(vertex, call, {"state": "JOB_STATE_PENDING"})
    place = place_of(job["name"], call, job["trialJobSpec"])
    vertex.part(Runs).start(lambda: _run_all(vertex, job, place, program, plan))
    return job


def _run_all(vertex: Vertex, job: dict[str, Any], place: Place, program: Program, plan: list[dict[str, Value]]) -> None:
    begin(vertex, job["name"], "JOB_STATE")
    trials: list[dict[str, Any]] = []
    for number, parameters in enumerate(plan, start=1):
        if vertex.part(Runs).cancelled(job["name"]):
            break
        trials.append(_run_trial(vertex, job, place, program, (number, parameters)))
        with vertex.effects.writing():
            vertex.store.change(job["name"], {"trials": list(trials)})
        if _too_many_failed(job, trials):
            break
    end(vertex, job["name"], "JOB_STATE", _outcome(vertex, job, trials))


def _run_trial(
    vertex: Vertex, job: dict[str, Any], place: Place, program: Program, trial: tuple[int, dict[str, Value]]
) -> dict[str, Any]:
    """One trial, as JSON, with its measurements."""
    number, parameters = trial
    described = [{"parameterId": name, "value": value} for name, value in parameters.items()]
    started = {"id": str(number), "parameters": described, "startTime": vertex.store.stamp()}
    own = replace(place, outputs=f"{place.outputs.rstrip('/')}/{number}" if place.outputs else "")
    arguments = [f"--{name}={value}" for name, value in parameters.items()]
    try:
        finished = vertex.part(Runs).run(own, program.with_arguments(*arguments), {"CLOUD_ML_TRIAL_ID": str(number)})
    except ApiError as problem:
        finished = Finished(1, problem.message)
    return {**started, "endTime": vertex.store.stamp(), **_judged(job["studySpec"], finished)}


def _judged(study: Mapping[str, Any], finished: Finished) -> dict[str, Any]:
    """A trial's state and measurements from what its process reported."""
    if finished.status is None:
        return {"state": "STOPPING"}
    if finished.status != 0:
        return {"state": "INFEASIBLE", "infeasibleReason": finished.error()}
    found = measurements(study, finished.metrics)
    if not found:
        wanted = ", ".join(metric["metricId"] for metric in study["metrics"])
        return {"state": "INFEASIBLE", "infeasibleReason": f"The trial reported no value of {wanted}."}
    return {"state": "SUCCEEDED", "finalMeasurement": final(study, found), "measurements": found}


def measurements(study: Mapping[str, Any], lines: str) -> list[dict[str, Any]]:
    """The reported values of the study's metrics, in the order they were reported, one measurement per step."""
    wanted, steps = [metric["metricId"] for metric in study["metrics"]], {}
    for report in [json.loads(line) for line in lines.splitlines() if line.strip()]:
        step = str(report.get("global_step", "0"))
        steps.setdefault(step, {}).update({name: float(report[name]) for name in wanted if name in report})
    return [
        {"stepCount": step, "metrics": [{"metricId": name, "value": value} for name, value in values.items()]}
        for step, values in steps.items()
        if values
    ]


def final(study: Mapping[str, Any], found: list[dict[str, Any]]) -> dict[str, Any]:
    """The measurement that counts: the last one, or with BEST_MEASUREMENT the best one of the first metric."""
    if study.get("measurementSelectionType") != "BEST_MEASUREMENT":
        return found[-1]
    sign = 1 if study["metrics"][0].get("goal") == "MAXIMIZE" else -1
    return max(found, key=lambda measurement: sign * measurement["metrics"][0]["value"])


def _too_many_failed(job: Mapping[str, Any], trials: list[dict[str, Any]]) -> bool:
    allowed = job.get("maxFailedTrialCount", 0)
    return bool(allowed) and sum(trial["state"] == "INFEASIBLE" for trial in trials) > allowed


def _outcome(vertex: Vertex, job: dict[str, Any], trials: list[dict[str, Any]]) -> Finished:
    """How the job ended: it fails when too many trials did, or all of them."""
    if vertex.part(Runs).cancelled(job["name"]):
        return Finished(None, "")
    failed = [trial for trial in trials if trial["state"] == "INFEASIBLE"]
    if len(failed) == len(trials) or _too_many_failed(job, trials):
        return Finished(1, f"{len(failed)} of {len(trials)} trials failed. {failed[-1]['infeasibleReason']}")
    return Finished(0, "")
