"""Where monitoring finds its rows: a BigQuery table or query, files in Cloud Storage, or a tabular dataset of both.

A time window needs a timestamp field. It ends `offset` before the time of the job and is `window` long, or it is
given by its two ends.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from ...errors import unsupported
from ..errors import bad_field, precondition
from ..warehouse import Warehouse, split_table

if TYPE_CHECKING:
    from ..service import Vertex

Json = dict[str, Any]
Window = tuple[datetime | None, datetime | None]
SPAN = re.compile(r"(\d+)([hdw])")
UNITS = {"h": "hours", "d": "days", "w": "weeks"}


def read_rows(vertex: Vertex, name: str, source: Json, now: datetime) -> list[Json]:
    """The rows of a monitoring input. `name` is the job's, `now` the time that windows end at.

    Raises ApiError 400 or 404 for an input that cannot be read, 501 for one that is not available here.
    """
    for kind, title in (
        ("batchPredictionOutput", "the output of a batch prediction job"),
        ("vertexEndpointLogs", "the logs of an endpoint"),
    ):
        if kind in source:
            raise unsupported(f"Vertex AI: model monitoring of {title} (name its BigQuery table)")
    dataset = source.get("columnizedDataset", {})
    if "vertexDataset" in dataset:
        dataset = {**dataset, **_of_dataset(vertex, dataset["vertexDataset"])}
    between, field = window(source, now), dataset.get("timestampField", "")
    if between != (None, None) and not field:
        raise bad_field("columnized_dataset.timestamp_field", "", "the column that the time window refers to")
    if "bigquerySource" in dataset:
        return _from_bigquery(vertex, name, dataset["bigquerySource"], field, between)
    if "gcsSource" in dataset:
        return [row for row in _from_files(vertex, dataset["gcsSource"]) if _within(row, field, between)]
    raise bad_field("columnized_dataset", sorted(dataset), "a BigQuery source, a Cloud Storage source or a dataset")


def window(source: Json, now: datetime) -> Window:
    """Start and end of an input's time window; None where it is open."""
    if "timeOffset" in source:
        end = now - _span(source["timeOffset"].get("offset", ""))
        length = source["timeOffset"].get("window", "")
        return (end - _span(length) if length else None), end
    ends = source.get("timeInterval", {})
    start, end = (_moment(ends[key]) if key in ends else None for key in ("startTime", "endTime"))
    return start, end


def _of_dataset(vertex: Vertex, dataset: str) -> Json:
    config = vertex.store.get(dataset).get("metadata", {}).get("inputConfig", {})
    if "bigquerySource" in config:
        return {"bigquerySource": {"tableUri": config["bigquerySource"]["uri"]}}
    uris = config.get("gcsSource", {}).get("uri", [])
    if not uris:
        raise precondition(f"{dataset} is no tabular dataset with a BigQuery or Cloud Storage source.")
    return {"gcsSource": {"gcsUri": uris[0], "format": "CSV"}}


def _from_bigquery(vertex: Vertex, name: str, source: Json, field: str, between: Window) -> list[Json]:
    inner = source.get("query") or f"SELECT * FROM `{'.'.join(split_table(source.get('tableUri', '')))}`"
    ends = [
        f"`{field}` {sign} TIMESTAMP '{end:%Y-%m-%d %H:%M:%S.%f}+00'"
        for sign, end in zip((">=", "<"), between, strict=True)
        if end
    ]
    where = f" WHERE {' AND '.join(ends)}" if ends else ""
    names, rows = Warehouse(vertex.cloud, name.split("/")[1]).query(f"SELECT * FROM ({inner}){where}")
    return [dict(zip(names, row, strict=True)) for row in rows]


def _from_files(vertex: Vertex, source: Json) -> Iterable[Json]:
    kind = source.get("format", "")
    if kind not in ("CSV", "JSONL"):
        raise unsupported(f"Vertex AI: model monitoring of files in the format {kind or '(none)'}")
    for version in vertex.cloud.service("storage").match_uri(source["gcsUri"]):
        text = version.content.bytes().decode("utf-8-sig")
        if kind == "CSV":
            yield from ({key: value or None for key, value in row.items()} for row in csv.DictReader(io.StringIO(text)))
        else:
            yield from (json.loads(line) for line in text.splitlines() if line.strip())


def _within(row: Json, field: str, between: Window) -> bool:
    start, end = between
    if start is None and end is None:
        return True
    moment = _moment(str(row.get(field, "")))
    return (start is None or start <= moment) and (end is None or moment < end)


def _span(text: str) -> timedelta:
    found = SPAN.fullmatch(text or "0h")
    if found is None:
        raise bad_field("time_offset", text, "a number of hours, days or weeks such as 24h")
    return timedelta(**{UNITS[found[2]]: int(found[1])})


def _moment(text: str) -> datetime:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise bad_field("timestamp_field", text, "times in ISO 8601") from None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
