"""Where a batch prediction job's instances come from: JSON Lines, CSV or a BigQuery table.

Each record becomes one instance. JSON Lines are instances as they stand. A CSV line or a table's row becomes a list of
its values in the order of the columns (`instanceType` "array", the default) or an object ("object"); `includedFields`,
`excludedFields` and `keyField` choose among its columns.

Source: the description of `BatchPredictionJob.InstanceConfig` in the client.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..errors import unsupported
from .errors import bad_field, precondition
from .warehouse import Warehouse, split_table

if TYPE_CHECKING:
    from .service import Vertex


@dataclass(frozen=True)
class Record:
    """One line of the input: what goes into the answer, and what the model gets."""

    shown: Any
    instance: Any


def read_records(vertex: Vertex, job: dict[str, Any], project: str) -> list[Record]:
    """Every record of a job's input. Raises ApiError 400 for one that cannot be read, 501 for another format."""
    source, config = job["inputConfig"], job.get("instanceConfig", {})
    kind = source.get("instancesFormat", "")
    if kind == "bigquery":
        table = source["bigquerySource"]["inputUri"]
        return [_shaped(row, config) for row in _table_rows(vertex, table, project)]
    if kind not in ("jsonl", "csv"):
        raise unsupported(f"Vertex AI: batch prediction of instances in the format {kind!r}")
    found: list[Record] = []
    for uri, text in _texts(vertex, source["gcsSource"]["uris"]):
        lines = _json_lines(uri, text) if kind == "jsonl" else _csv_rows(text)
        found += [_shaped(line, config) if kind == "csv" else _json_record(line, config) for line in lines]
    return found


def _texts(vertex: Vertex, uris: list[str]) -> Iterator[tuple[str, str]]:
    for uri in uris:
        for version in vertex.cloud.service("storage").match_uri(uri):
            yield f"gs://{version.meta['bucket']}/{version.name}", version.content.bytes().decode("utf-8-sig")


def _json_lines(uri: str, text: str) -> list[Any]:
    found = []
    for number, line in enumerate(text.splitlines(), start=1):
        try:
            found += [json.loads(line)] if line.strip() else []
        except ValueError as problem:
            raise precondition(f"{uri}, line {number} is no JSON: {problem}") from None
    return found


def _csv_rows(text: str) -> Iterator[dict[str, Any]]:
    for row in csv.DictReader(io.StringIO(text)):
        yield {name: _number(value) for name, value in row.items()}


def _table_rows(vertex: Vertex, table: str, project: str) -> Iterator[dict[str, Any]]:
    names, rows = Warehouse(vertex.cloud, project).query(f"SELECT * FROM `{'.'.join(split_table(table))}`")
    for row in rows:
        yield dict(zip(names, row, strict=True))


def _json_record(line: Any, config: dict[str, Any]) -> Record:
    if not config or not isinstance(line, dict):
        return Record(line, line)
    return _shaped(line, {"instanceType": "object", **config})


def _shaped(row: dict[str, Any], config: dict[str, Any]) -> Record:
    chosen = _chosen(row, config)
    kind = config.get("instanceType", "array")
    if kind not in ("array", "object"):
        raise bad_field("instance_config.instance_type", kind, "array or object")
    key = config.get("keyField")
    return Record(row.get(key) if key else row, list(chosen.values()) if kind == "array" else chosen)


def _chosen(row: dict[str, Any], config: dict[str, Any]) -> dict[str, Any]:
    included, excluded = config.get("includedFields", []), config.get("excludedFields", [])
    asked = [*included, *excluded, *filter(None, [config.get("keyField")])]
    if lost := [name for name in asked if name not in row]:
        raise bad_field("instance_config", ", ".join(lost), f"fields of the input: {', '.join(row)}")
    names = included or [name for name in row if name not in excluded and name != config.get("keyField")]
    return {name: row[name] for name in names}


def _number(text: str) -> Any:
    for kind in (int, float):
        try:
            return kind(text)
        except (TypeError, ValueError):
            continue
    return text
