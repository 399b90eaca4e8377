"""Where a batch job reads its requests and writes its answers: JSONL in Cloud Storage, or BigQuery tables."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING, Any

from ..clock import rfc3339
from ..errors import invalid
from ..vertex.warehouse import Warehouse

if TYPE_CHECKING:
    from ..state import OfflineCloud

ADDED = (
    {"name": "response", "type": "JSON"},
    {"name": "status", "type": "STRING"},
    {"name": "processed_time", "type": "STRING"},
)


def read_rows(cloud: OfflineCloud, job: dict[str, Any], place: str) -> list[dict[str, Any]]:
    """The rows of a job's input, each with a `request`. Raises ApiError 400 or 404."""
    config = job["inputConfig"]
    if config["instancesFormat"] == "jsonl":
        rows = [row for uri in config["gcsSource"].get("uris", []) for row in read_jsonl(cloud, uri)]
    else:
        table = config["bigquerySource"]["inputUri"].removeprefix("bq://")
        columns, values = Warehouse(cloud, place.split("/")[1]).query(f"SELECT * FROM `{table}`")
        rows = [dict(zip(columns, line, strict=True)) for line in values]
    if lost := [number for number, row in enumerate(rows, start=1) if "request" not in row]:
        raise invalid(f"found no 'request' in {len(lost)} rows (first: row {lost[0]}), expected one in each row.")
    if not rows:
        raise invalid("found no rows in the input, expected at least one request.")
    return rows


def read_jsonl(cloud: OfflineCloud, uri: str) -> list[dict[str, Any]]:
    """The lines of all files that a URI names (one `*` allowed). Raises ApiError 400 naming a bad line."""
    rows = []
    for version in cloud.service("storage").match_uri(uri):
        with version.content.open() as file:
            lines = file.read().decode("utf-8", "replace").splitlines()
        for number, line in enumerate(lines, start=1):
            if line.strip():
                rows.append(parse(line, f"{version.name}, line {number}"))
    return rows


def parse(line: str, where: str) -> dict[str, Any]:
    """One line as an object. Raises ApiError 400."""
    try:
        found = json.loads(line)
    except ValueError as problem:
        raise invalid(f"{where}: {problem}") from None
    if not isinstance(found, dict):
        raise invalid(f"{where}: found a JSON {type(found).__name__}, expected an object")
    return found


def write_rows(cloud: OfflineCloud, job: dict[str, Any], rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Write the results; the answer is the job's outputInfo. Raises ApiError."""
    config = job["outputConfig"]
    if config["predictionsFormat"] == "jsonl":
        return write_jsonl(cloud, config["gcsDestination"]["outputUriPrefix"], rows)
    return write_table(cloud, job, config["bigqueryDestination"]["outputUri"].removeprefix("bq://"), rows)


def write_jsonl(cloud: OfflineCloud, prefix: str, rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Write `predictions.jsonl` into a new folder below the prefix."""
    folder = f"{prefix.rstrip('/')}/prediction-model-{rfc3339(cloud.clock.tick())}"
    bucket, _, name = folder.removeprefix("gs://").partition("/")
    lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    file = io.BytesIO(lines.encode())
    cloud.service("storage").write_object(bucket, f"{name}/predictions.jsonl", file, "application/jsonl")
    return {"gcsOutputDirectory": folder}


def write_table(cloud: OfflineCloud, job: dict[str, Any], target: str, rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Write a new table: the input's columns, then response and status. A target may stop at the dataset."""
    project = job["name"].split("/")[1]
    warehouse = Warehouse(cloud, project)
    parts = target.split(".")
    if len(parts) < 3:
        parts = [*[*parts, "predictions"][:2], f"predictions_{job['name'].rpartition('/')[2]}"]
    if job["inputConfig"]["instancesFormat"] == "bigquery":
        fields = warehouse.schema(job["inputConfig"]["bigquerySource"]["inputUri"].removeprefix("bq://"))
    else:
        fields = [{"name": "request", "type": "JSON"}]
    names = [field["name"] for field in (*fields, *ADDED)]
    shown = [{name: cell(row.get(name)) for name in names} for row in rows]
    warehouse.create_table(".".join(parts), [*fields, *ADDED], shown)
    return {"bigqueryOutputDataset": f"bq://{parts[0]}.{parts[1]}", "bigqueryOutputTable": parts[2]}


def cell(value: Any) -> Any:
    """A cell as streaming inserts take it: objects as JSON text."""
    return json.dumps(value) if isinstance(value, dict | list) else value
