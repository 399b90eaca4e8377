"""Jobs: one record for every query, load, extract and copy; insert, get, list, cancel, delete.

Each kind of job has a module with `plan(service, job)`: it refuses what cannot work (the request fails, no job is
recorded) and returns a function that does the work and gives the job's statistics. What fails in there is the job's
error: the job is DONE, with `errorResult`, as in Google's service. Jobs are done when the request returns.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from importlib import import_module
from typing import TYPE_CHECKING, BinaryIO

from ..clock import millis
from ..errors import ApiError, conflict, invalid, not_found
from ..wire import Request, Response
from .canonical import canonical
from .names import LOCATION, TableKey
from .paging import page, whole_number
from .resources import OWNER, check_labels, etag_of

if TYPE_CHECKING:
    from .service import BigQuery

WORKERS = {"query": "queries", "load": "load", "extract": "extract", "copy": "copying"}
JOB_ID = re.compile(r"[\w-]{1,1024}", re.ASCII)
MOST_JOBS = 10_000
MOST_REQUESTS = 1_000
MEGABYTE = 2**20


@dataclass
class Job:
    """A job: its REST resource, and what is needed to read its results.

    `failures` are the errors of single rows or of the whole; the first is the job's `errorResult`. `rows_key` is the
    table that holds a query's result, None for a statement without one.
    """

    resource: dict
    upload: BinaryIO | None = None
    rows_key: TableKey | None = None
    failure: ApiError | None = None
    notes: list[dict] = field(default_factory=list)  # errors that did not stop the job (bad records)

    @property
    def project(self) -> str:
        """The project that pays for the job."""
        return self.resource["jobReference"]["projectId"]

    @property
    def reference(self) -> dict:
        """The REST `JobReference`."""
        return self.resource["jobReference"]

    @property
    def configuration(self) -> dict:
        """What was asked for."""
        return self.resource["configuration"]

    @property
    def statistics(self) -> dict:
        """What happened."""
        return self.resource["statistics"]


class JobStore:
    """The jobs of all projects, oldest first; the oldest are forgotten beyond `MOST_JOBS`."""

    def __init__(self) -> None:
        self._jobs: OrderedDict[tuple[str, str], Job] = OrderedDict()
        self._by_request: OrderedDict[tuple[str, str], Job] = OrderedDict()

    def __contains__(self, name: tuple[str, str]) -> bool:
        return name in self._jobs

    def add(self, job: Job) -> None:
        """Record a job."""
        self._jobs[job.project, job.reference["jobId"]] = job
        while len(self._jobs) > MOST_JOBS:
            self._jobs.popitem(last=False)

    def asked_before(self, project: str, request: str | None) -> Job | None:
        """The job of an earlier request with the same id."""
        return self._by_request.get((project, request or ""))

    def remember_request(self, project: str, request: str | None, job: Job) -> None:
        """A request with this id was answered with this job (a dry run is asked anew)."""
        if request and not job.configuration.get("dryRun"):
            self._by_request[project, request] = job
        while len(self._by_request) > MOST_REQUESTS:
            self._by_request.popitem(last=False)

    def find(self, project: str, name: str) -> Job:
        """A job by its id. Raises ApiError 404."""
        if (project, name) not in self._jobs:
            raise not_found(f"Not found: Job {project}:{LOCATION}.{name}")
        return self._jobs[project, name]

    def drop(self, project: str, name: str) -> None:
        """Forget a job. Raises ApiError 404."""
        self.find(project, name)
        del self._jobs[project, name]

    def newest_first(self, project: str) -> list[Job]:
        """The jobs of a project."""
        return [job for (owner, _), job in reversed(self._jobs.items()) if owner == project]

    def latest(self) -> Job | None:
        """The job that was recorded last, in any project."""
        return next(reversed(self._jobs.values()), None)

    def projects(self) -> set[str]:
        """The projects that have jobs."""
        return {project for project, _ in self._jobs}


# --- running ---------------------------------------------------------------------------------------------------------


def run_job(service: BigQuery, project: str, body: dict, *, upload: BinaryIO | None = None) -> Job:
    """Run a job resource to its end and record it.

    Raises ApiError 400, 404 or 409 when the job cannot be started; a failure while it runs is kept in `job.failure`.
    """
    body = canonical("Job", body)
    kind, configuration = _kind_of(body)
    check_labels(configuration.get("labels"))
    job = _new_job(service, project, body, kind=kind)
    job.upload = upload
    work = import_module(f".{WORKERS[kind]}", __package__).plan(service, job)
    _finish(service, job, work)
    if not configuration.get("dryRun"):
        service.jobs.add(job)
    return job


def _kind_of(body: dict) -> tuple[str, dict]:
    configuration = body.get("configuration") or {}
    kinds = [kind for kind in WORKERS if configuration.get(kind) is not None]
    if len(kinds) != 1:
        raise invalid(f"Job configuration: found {kinds or 'none'}, expected exactly one of {', '.join(WORKERS)}")
    return kinds[0], configuration


def _new_job(service: BigQuery, project: str, body: dict, *, kind: str) -> Job:
    reference = body.get("jobReference") or {}
    name = reference.get("jobId") or f"job_{service.cloud.next_id('job')}"
    if not JOB_ID.fullmatch(name):
        raise invalid(f"Invalid job ID {name!r}: expected letters, digits, underscores and dashes, at most 1024")
    location = reference.get("location") or LOCATION
    if (project, name) in service.jobs:
        raise conflict(f"Already Exists: Job {project}:{location}.{name}", reason="duplicate")
    at = millis(service.cloud.clock.tick())
    configuration = {**body["configuration"], "jobType": kind.upper()}
    resource = {
        "kind": "bigquery#job",
        "id": f"{project}:{location}.{name}",
        "etag": etag_of(project, name),
        "jobReference": {"projectId": project, "jobId": name, "location": location},
        "configuration": configuration,
        "user_email": OWNER,
        "statistics": {"creationTime": at, "startTime": at},
        "status": {"state": "DONE"},
    }
    return Job(resource)


def _finish(service: BigQuery, job: Job, work: Callable[[], dict]) -> None:
    try:
        job.statistics.update(work())
    except ApiError as problem:
        job.failure = problem
        job.resource["status"]["errorResult"] = problem.detail()
    errors = ([job.failure.detail()] if job.failure else []) + job.notes
    if errors:
        job.resource["status"]["errors"] = errors
    done = int(job.statistics.get("totalBytesProcessed", 0))
    job.statistics["totalSlotMs"] = str(1 + done // MEGABYTE)  # a stand-in: grows with the bytes read, never varies
    job.statistics["endTime"] = millis(service.cloud.clock.now())


def shown(job: Job, request: Request) -> dict:
    """A job's resource with its link."""
    path = f"/bigquery/v2/projects/{job.project}/jobs/{job.reference['jobId']}"
    return {**job.resource, "selfLink": request.base + path}


# --- operations ------------------------------------------------------------------------------------------------------


def insert(service: BigQuery, request: Request) -> dict:
    """Run a job whose data is already in the cloud. A query that fails, fails the request too (the job is kept)."""
    job = run_job(service, request.params["project"], request.json())
    if job.failure and "query" in job.configuration:
        raise job.failure
    return shown(job, request)


def get(service: BigQuery, request: Request) -> dict:
    """One job."""
    return shown(service.jobs.find(request.params["project"], request.params["job"]), request)


def list_jobs(service: BigQuery, request: Request) -> dict:
    """The jobs of a project, newest first, by state, creation time or parent."""
    jobs = [job for job in service.jobs.newest_first(request.params["project"]) if _is_wanted(job, request)]
    here, token = page(jobs, request)
    entries = [_entry(job, full=request.query("projection", "").lower() == "full") for job in here]
    return {"kind": "bigquery#jobList", "etag": etag_of(len(jobs)), "jobs": entries, **token}


def _is_wanted(job: Job, request: Request) -> bool:
    created = int(job.statistics["creationTime"])
    states = [state.lower() for state in request.queries.get("stateFilter", ["done"])]
    newest = whole_number(request, "maxCreationTime", created)
    oldest = whole_number(request, "minCreationTime", created)
    return "done" in states and oldest <= created <= newest and not request.query("parentJobId")


def _entry(job: Job, *, full: bool) -> dict:
    names = ["kind", "id", "jobReference", "statistics", "status"]
    entry = {name: job.resource[name] for name in names + ["configuration", "user_email"] * full}
    if job.failure:
        entry["errorResult"] = job.failure.detail()
    return {**entry, "state": "DONE"}


def cancel(service: BigQuery, request: Request) -> dict:
    """Cancel a job: here it is always done already, as Google allows."""
    return {"kind": "bigquery#jobCancelResponse", "job": get(service, request)}


def delete(service: BigQuery, request: Request) -> Response:
    """Forget a job."""
    service.jobs.drop(request.params["project"], request.params["job"])
    return Response(status=204)
