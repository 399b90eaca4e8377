"""Names of projects, datasets and tables: what is allowed, how they are written, and where DuckDB keeps them."""

from __future__ import annotations

import re
from typing import NamedTuple

from ..errors import ApiError, invalid, not_found
from .types import quoted

DATASET_ID = re.compile(r"\w{1,1024}", re.ASCII)
TABLE_ID = re.compile(r"[\w\- ]{1,1024}")
PROJECT_ID = re.compile(r"[\w\-.:]{1,100}", re.ASCII)
LOCATION = "US"


class TableKey(NamedTuple):
    """The full name of a table; as text the way BigQuery's messages write it: `project:dataset.table`."""

    project: str
    dataset: str
    table: str

    def __str__(self) -> str:
        return f"{self.project}:{self.dataset}.{self.table}"

    def reference(self) -> dict[str, str]:
        """The REST `TableReference`."""
        return {"projectId": self.project, "datasetId": self.dataset, "tableId": self.table}

    @classmethod
    def of(cls, reference: dict, *, project: str = "") -> TableKey:
        """The key of a REST `TableReference`. Raises ApiError 400 when a part is missing or not allowed."""
        parts = (reference.get("projectId") or project, reference.get("datasetId"), reference.get("tableId"))
        if not all(parts):
            raise invalid(
                f"Required parameter is missing: found {reference}, expected projectId, datasetId and tableId"
            )
        check_project_id(parts[0])
        check_dataset_id(parts[1])
        check_table_id(re.split(r"[$@]", parts[2])[0])
        return cls(*parts)

    def plain(self) -> TableKey:
        """Without partition (`$20260101`) and time travel (`@1767603601000`) decorators."""
        return self._replace(table=re.split(r"[$@]", self.table)[0])


def check_project_id(name: str) -> None:
    """Raises ApiError 400 unless this may be the id of a project."""
    if not PROJECT_ID.fullmatch(name):
        raise invalid(
            f"Invalid project ID {name!r}. Project IDs must contain 6-63 lowercase letters, digits, or dashes."
        )


def check_dataset_id(name: str) -> None:
    """Raises ApiError 400 unless this may be the id of a dataset."""
    if not DATASET_ID.fullmatch(name):
        raise invalid(
            f"Invalid dataset ID {name!r}. Dataset IDs must be alphanumeric (plus underscores) "
            "and must be at most 1024 characters long."
        )


def check_table_id(name: str) -> None:
    """Raises ApiError 400 unless this may be the id of a table."""
    if not TABLE_ID.fullmatch(name):
        raise invalid(
            f"Invalid table ID {name!r}. Table IDs must be alphanumeric (plus underscores, dashes and spaces) "
            "and must be at most 1024 characters long."
        )


def physical(name: str) -> str:
    """A name that DuckDB keeps apart although it ignores case: `Sales` becomes `sales~1`, `sales` stays.

    The number after the tilde (never part of a BigQuery name) has one bit for each character that is not lower case.
    """
    mask = sum(1 << position for position, letter in enumerate(name) if letter != letter.lower())
    return name.lower() + (f"~{mask:x}" if mask else "")


def schema_name(project: str, dataset: str) -> str:
    """The quoted DuckDB schema that holds a dataset."""
    return quoted(physical(f"{project}:{dataset}"))


def relation_name(key: TableKey) -> str:
    """The quoted DuckDB name of a table."""
    return f"{schema_name(key.project, key.dataset)}.{quoted(physical(key.table))}"


def missing_table(key: TableKey) -> ApiError:
    """404 in Google's words."""
    return not_found(f"Not found: Table {key} was not found in location {LOCATION}")


def missing_dataset(project: str, dataset: str) -> ApiError:
    """404 in Google's words."""
    return not_found(f"Not found: Dataset {project}:{dataset} was not found in location {LOCATION}")
