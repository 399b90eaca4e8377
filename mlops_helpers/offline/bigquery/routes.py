"""Every operation of the offline BigQuery, in the order of Google's reference."""

from __future__ import annotations

from collections.abc import Callable

from ..errors import unsupported
from ..router import Route
from ..wire import Request
from . import datasets, jobs, policies, projects, queries, streaming, tabledata, tables, uploads

PROJECTS = "/bigquery/v2/projects"
DATASETS = f"{PROJECTS}/{{project}}/datasets"
DATASET = f"{DATASETS}/{{dataset}}"
TABLES = f"{DATASET}/tables"
TABLE = f"{TABLES}/{{table}}"
JOBS = f"{PROJECTS}/{{project}}/jobs"
UPLOADS = "/upload/bigquery/v2/projects/{project}/jobs"


def _refused(operation: str, method: str, template: str, what: str) -> Route:
    """An operation that Google has and the offline BigQuery refuses by name."""

    def refuse(service: object, request: Request) -> dict:
        raise unsupported(what)

    return Route(operation, method, template, refuse, answered=False)


def _refused_resource(resource: str, template: str, what: str) -> tuple[Route, ...]:
    operations = (("list", "GET", ""), ("insert", "POST", ""), ("get", "GET", "/{id}"), ("delete", "DELETE", "/{id}"))
    named = [_refused(f"bigquery.{resource}.{verb}", method, template + end, what) for verb, method, end in operations]
    return (
        *named,
        *(_refused(f"bigquery.{resource}.{verb}", method, f"{template}/{{id}}", what) for verb, method in EDITS),
    )


EDITS = (("update", "PUT"), ("patch", "PATCH"))
Handler = Callable[..., object]

ROUTES = (
    Route("bigquery.projects.list", "GET", PROJECTS, projects.list_projects),
    Route("bigquery.projects.getServiceAccount", "GET", f"{PROJECTS}/{{project}}/serviceAccount", projects.account),
    Route("bigquery.datasets.list", "GET", DATASETS, datasets.list_datasets),
    Route("bigquery.datasets.insert", "POST", DATASETS, datasets.insert),
    Route("bigquery.datasets.get", "GET", DATASET, datasets.get),
    Route("bigquery.datasets.patch", "PATCH", DATASET, datasets.patch),
    Route("bigquery.datasets.update", "PUT", DATASET, datasets.update),
    Route("bigquery.datasets.delete", "DELETE", DATASET, datasets.delete),
    _refused("bigquery.datasets.undelete", "POST", f"{DATASET}:undelete", "Undeleting a dataset"),
    Route("bigquery.tables.list", "GET", TABLES, tables.list_tables),
    Route("bigquery.tables.insert", "POST", TABLES, tables.insert),
    Route("bigquery.tables.getIamPolicy", "POST", f"{TABLE}:getIamPolicy", policies.get),
    Route("bigquery.tables.setIamPolicy", "POST", f"{TABLE}:setIamPolicy", policies.replace),
    Route("bigquery.tables.testIamPermissions", "POST", f"{TABLE}:testIamPermissions", policies.test),
    Route("bigquery.tables.get", "GET", TABLE, tables.get),
    Route("bigquery.tables.patch", "PATCH", TABLE, tables.patch),
    Route("bigquery.tables.update", "PUT", TABLE, tables.update),
    Route("bigquery.tables.delete", "DELETE", TABLE, tables.delete),
    Route("bigquery.tabledata.list", "GET", f"{TABLE}/data", tabledata.list_rows),
    Route("bigquery.tabledata.insertAll", "POST", f"{TABLE}/insertAll", streaming.insert_all),
    Route("bigquery.jobs.insert", "POST", JOBS, jobs.insert),
    Route("bigquery.jobs.insert", "POST", UPLOADS, uploads.start),
    Route("bigquery.jobs.insert", "PUT", UPLOADS, uploads.proceed),
    Route("bigquery.jobs.list", "GET", JOBS, jobs.list_jobs),
    Route("bigquery.jobs.get", "GET", f"{JOBS}/{{job}}", jobs.get),
    Route("bigquery.jobs.cancel", "POST", f"{JOBS}/{{job}}/cancel", jobs.cancel),
    Route("bigquery.jobs.delete", "DELETE", f"{JOBS}/{{job}}/delete", jobs.delete),
    Route("bigquery.jobs.query", "POST", f"{PROJECTS}/{{project}}/queries", queries.query),
    Route("bigquery.jobs.getQueryResults", "GET", f"{PROJECTS}/{{project}}/queries/{{job}}", queries.results),
    *_refused_resource("models", f"{DATASET}/models", "BigQuery ML models"),
    *_refused_resource("routines", f"{DATASET}/routines", "Routines over REST (SQL functions: CREATE FUNCTION)"),
    *_refused_resource("rowAccessPolicies", f"{TABLE}/rowAccessPolicies", "Row access policies"),
)
