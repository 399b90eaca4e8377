"""Projects: those in which this cloud has been used."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

from ..wire import Request
from .paging import page

if TYPE_CHECKING:
    from .service import BigQuery


def number_of(project: str) -> str:
    """A project's number: made up, but always the same for the same id."""
    return str(zlib.crc32(project.encode()))


def list_projects(service: BigQuery, request: Request) -> dict:
    """The projects that have datasets or jobs here."""
    names = {project for project, _ in service.warehouse.datasets} | service.jobs.projects()
    shown, token = page(sorted(names), request)
    answer = {"kind": "bigquery#projectList", "totalItems": len(names), **token}
    return {**answer, "projects": [_resource(name) for name in shown]}


def _resource(name: str) -> dict:
    number = number_of(name)
    identity = {"id": name, "numericId": number, "friendlyName": name, "projectReference": {"projectId": name}}
    return {"kind": "bigquery#project", **identity}


def account(service: BigQuery, request: Request) -> dict:
    """The service account that would use encryption keys."""
    number = number_of(request.params["project"])
    email = f"bq-{number}@bigquery-encryption.iam.gserviceaccount.com"
    return {"kind": "bigquery#getServiceAccountResponse", "email": email}
