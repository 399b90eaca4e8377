"""Query jobs and their results: `jobs.query`, `jobs.getQueryResults`, and the work behind a query job."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from ..errors import ApiError, invalid, unsupported
from ..wire import Request, Response
from .canonical import canonical
from .destinations import Destination
from .encoding import Timestamps
from .jobs import Job, run_job
from .names import LOCATION, TableKey
from .paging import whole_number
from .tabledata import MOST_ROWS, Slice, send_rows, timestamp_format

if TYPE_CHECKING:
    from .service import BigQuery
    from .sql import QueryContext, QueryOutcome

SMALLEST_BILL = 10 * 2**20  # Google bills at least 10 MB for a query that reads a table
QUERY_FIELDS = (
    "query",
    "defaultDataset",
    "queryParameters",
    "parameterMode",
    "maximumBytesBilled",
    "useLegacySql",
    "useQueryCache",
    "preserveNulls",
    "connectionProperties",
    "createSession",
)
REFUSED = {
    "tableDefinitions": "External tables in a query (tableDefinitions)",
    "userDefinedFunctionResources": "Function resources of legacy SQL (userDefinedFunctionResources)",
    "continuous": "Continuous queries",
    "createSession": "Sessions (createSession)",
    "queryResultsFormat": "Query results as Arrow in JSON (queryResultsFormat)",
}


# --- the work --------------------------------------------------------------------------------------------------------


def plan(service: BigQuery, job: Job) -> Callable[[], dict]:
    """Check a query job's configuration; the function returned runs it. Raises ApiError 400, 404 or 501."""
    query = job.configuration["query"]
    if not (query.get("query") or "").strip():
        raise invalid("Required parameter is missing: query", reason="required", location="query")
    for name, what in REFUSED.items():
        if query.get(name):
            raise unsupported(what)
    if query.get("useLegacySql"):
        raise unsupported("Legacy SQL (useLegacySql): write GoogleSQL")
    destination = Destination.of(service, job, query) if query.get("destinationTable") else None
    return lambda: _run(service, job, destination)


def _run(service: BigQuery, job: Job, destination: Destination | None) -> dict:
    from .sql import run_script

    outcome = run_script(service.warehouse, job.configuration["query"]["query"], _context(service, job))
    if outcome.rows is not None and not job.configuration.get("dryRun"):
        _keep_rows(service, job, outcome, destination)
    statistics = _statistics(job, outcome)
    if not job.configuration.get("dryRun"):
        service.warehouse.cloud.count("bigquery.bytes_billed", int(statistics["query"]["totalBytesBilled"]))
    return statistics


def _context(service: BigQuery, job: Job) -> QueryContext:
    from .sql import QueryContext

    query = job.configuration["query"]
    home = query.get("defaultDataset") or {}
    limit = query.get("maximumBytesBilled")
    return QueryContext(
        project=job.project,
        default_dataset=(home.get("projectId") or job.project, home["datasetId"]) if home.get("datasetId") else None,
        parameters=query.get("queryParameters") or [],
        dry_run=bool(job.configuration.get("dryRun")),
        maximum_bytes_billed=int(limit) if limit else None,
        now=service.warehouse.now(),
    )


def _keep_rows(service: BigQuery, job: Job, outcome: QueryOutcome, destination: Destination | None) -> None:
    if destination is not None:
        destination.receive_arrow(outcome.rows, outcome.fields)
        job.rows_key = destination.key
    else:
        job.rows_key = service.anonymous_key(job.project)
        at = job.statistics["creationTime"]
        service.warehouse.results.add(job.rows_key, outcome.rows, outcome.fields, at=at)
    job.configuration["query"]["destinationTable"] = job.rows_key.reference()


def _statistics(job: Job, outcome: QueryOutcome) -> dict:
    done = outcome.bytes_processed
    billed = max(done, SMALLEST_BILL) if done and not job.configuration.get("dryRun") else done
    query = {
        "statementType": outcome.statement_type,
        "cacheHit": False,
        "billingTier": 1,
        "totalBytesProcessed": str(done),
        "totalBytesBilled": str(billed),
        **outcome.ddl,
    }
    if outcome.referenced_tables:
        query["referencedTables"] = [TableKey(*key).reference() for key in outcome.referenced_tables]
    if outcome.fields and job.configuration.get("dryRun"):
        query["schema"] = {"fields": outcome.fields}
    if outcome.affected_rows is not None:
        query["numDmlAffectedRows"] = str(outcome.affected_rows)
        query["dmlStats"] = {name: str(count) for name, count in outcome.dml.items()}
    return {"totalBytesProcessed": str(done), "query": query}


# --- operations ------------------------------------------------------------------------------------------------------


def query(service: BigQuery, request: Request) -> dict | Response:
    """Run a query and answer with its first page. The same `requestId` twice is the same query."""
    body, project = canonical("QueryRequest", request.json()), request.params["project"]
    job = service.jobs.asked_before(project, body.get("requestId"))
    if job is None:
        job = run_job(service, project, _job_body(body))
        if job.failure:
            raise job.failure
        service.jobs.remember_request(project, body.get("requestId"), job)
    limit = body.get("maxResults")
    if limit is not None and int(limit) < 0:
        raise invalid(
            f"Invalid value for maxResults: found {limit}, expected a whole number from 0", location="maxResults"
        )
    size = MOST_ROWS if limit is None else min(int(limit), MOST_ROWS)
    done = job.statistics.get("query", {})
    extra = {name: done[name] for name in ("totalBytesBilled", "statementType", "dmlStats") if name in done}
    times = {name: job.statistics[name] for name in ("creationTime", "startTime", "endTime", "totalSlotMs")}
    answer = {"kind": "bigquery#queryResponse", "location": LOCATION, **extra, **times}
    timestamps = _asked(body.get("formatOptions") or {})
    return _send(service, job, {**answer, **_outcome(job)}, Slice(0, size, timestamps))


def _job_body(body: dict) -> dict:
    if (body.get("queryResultsFormat") or "JSON") not in ("JSON", "QUERY_RESULTS_FORMAT_UNSPECIFIED"):
        raise unsupported(REFUSED["queryResultsFormat"])
    query = {name: body[name] for name in QUERY_FIELDS if body.get(name) is not None}
    configuration = {"query": query, "dryRun": body.get("dryRun"), "labels": body.get("labels")}
    return {"configuration": configuration, "jobReference": {"location": body.get("location")}}


def _asked(options: dict) -> Timestamps:
    named = options.get("timestampOutputFormat")
    if named in ("INT64", "FLOAT64", "ISO8601_STRING"):
        return named
    return "INT64" if options.get("useInt64Timestamp") else "FLOAT64"


def results(service: BigQuery, request: Request) -> dict | Response:
    """A page of a query's results.

    `maxResults=0` is how the clients wait for a job; the rows go with the answer all the same, so that small results
    need no second request and no Storage Read API.
    """
    job = service.jobs.find(request.params["project"], request.params["job"])
    if "query" not in job.configuration:
        raise invalid(f"Job {job.resource['id']} is not a query job: its kind is {job.configuration['jobType']}")
    if job.failure:
        raise job.failure
    start = whole_number(request, "pageToken", whole_number(request, "startIndex", 0))
    asked = whole_number(request, "maxResults", MOST_ROWS)
    timestamps = timestamp_format(request) if asked else "INT64"  # a client that waits names no format, and reads this
    answer = {"kind": "bigquery#getQueryResultsResponse", "etag": job.resource["etag"], **_outcome(job)}
    return _send(service, job, answer, Slice(start, min(asked or MOST_ROWS, MOST_ROWS), timestamps))


def _outcome(job: Job) -> dict:
    done = job.statistics["query"]
    answer = {"jobComplete": True, "cacheHit": False, "totalBytesProcessed": done["totalBytesProcessed"]}
    answer["jobReference"] = job.reference
    if "numDmlAffectedRows" in done:
        answer["numDmlAffectedRows"] = done["numDmlAffectedRows"]
    if job.configuration.get("dryRun"):
        answer.update(schema=done.get("schema", {"fields": []}), totalRows="0")
    return answer


def _send(service: BigQuery, job: Job, answer: dict, part: Slice) -> dict | Response:
    if job.rows_key is None:
        return answer
    try:
        fields = service.warehouse.fields(job.rows_key)
    except ApiError as gone:
        raise invalid(f"{gone.message}: the result is no longer kept, run the query again") from None
    return send_rows(service.warehouse, job.rows_key, {**answer, "schema": {"fields": fields}}, part)
