"""Request-response logging: a sample of an endpoint's predictions, written to the BigQuery table that it names.

The table's columns are those of Vertex AI; payloads are JSON texts, one per instance and one per prediction.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ..errors import ApiError
from .store import Resource
from .traffic import percentile
from .warehouse import Warehouse, split_table

if TYPE_CHECKING:
    from .service import Vertex

COLUMNS = (
    {"name": "endpoint", "type": "STRING"},
    {"name": "deployed_model_id", "type": "STRING"},
    {"name": "logging_time", "type": "TIMESTAMP"},
    {"name": "request_id", "type": "NUMERIC"},
    {"name": "request_payload", "type": "STRING", "mode": "REPEATED"},
    {"name": "response_payload", "type": "STRING", "mode": "REPEATED"},
)


class Logged:
    """How many requests each endpoint has answered while its logging was on: request ids, and what sampling goes by."""

    def __init__(self, vertex: Vertex) -> None:
        self.requests: Counter[str] = Counter()


def log_prediction(vertex: Vertex, endpoint: Resource, instances: Sequence[Any], answer: dict[str, Any]) -> None:
    """Write one row if the endpoint logs and the sample takes this request."""
    config = endpoint.get("predictRequestResponseLoggingConfig", {})
    if not config.get("enabled"):
        return
    counts = vertex.part(Logged).requests
    counts[endpoint["name"]] += 1
    if percentile(f"{endpoint['name']}/log", counts[endpoint["name"]]) >= 100 * config.get("samplingRate", 0):
        return
    row = {
        "endpoint": endpoint["name"],
        "deployed_model_id": answer["deployedModelId"],
        "logging_time": vertex.store.stamp(),
        "request_id": counts[endpoint["name"]],
        "request_payload": [json.dumps(instance) for instance in instances],
        "response_payload": [json.dumps(prediction) for prediction in answer["predictions"]],
    }
    _write(vertex, destination(endpoint, config), row)


def destination(endpoint: Resource, config: dict[str, Any]) -> str:
    """The table that an endpoint logs to; without one it gets a dataset of its own."""
    _, project, _, _, _, number = endpoint["name"].split("/")
    given = config.get("bigqueryDestination", {}).get("outputUri", "").removeprefix("bq://")
    if given.count(".") == 2:
        return given
    return f"{given or f'{project}.logging_endpoint_{number}'}.request_response_logging"


def _write(vertex: Vertex, table: str, row: dict[str, Any]) -> None:
    project, dataset, _ = split_table(table)
    warehouse = Warehouse(vertex.cloud, project)
    try:
        warehouse.insert(table, [row])
    except ApiError as problem:
        if problem.code != 404:
            raise
        warehouse.create_dataset(project, dataset, row["endpoint"].split("/")[3])
        warehouse.create_table(table, COLUMNS, [row])
