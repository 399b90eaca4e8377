"""Where a batch prediction job's answers go: JSON Lines or CSV in a new folder, or a new BigQuery table.

A record that failed is not lost: it goes to a file (or table) of errors, with the reason.
"""

from __future__ import annotations

import csv
import io
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..errors import unsupported
from .batch_inputs import Record
from .datasets import write_text
from .warehouse import Warehouse

if TYPE_CHECKING:
    from .service import Vertex

RESULTS, ERRORS = "prediction.results-00000-of-00001", "prediction.errors_stats-00000-of-00001"
TYPES = {bool: "BOOLEAN", int: "INTEGER", float: "FLOAT", str: "STRING"}


@dataclass(frozen=True)
class Outcome:
    """What became of one record: a prediction (and an explanation), or an error."""

    record: Record
    prediction: Any = None
    explanation: Any = None
    error: str = ""

    def line(self) -> dict[str, Any]:
        """The outcome as one JSON line of the published form."""
        shown = {"instance": self.record.shown}
        if self.error:
            return {**shown, "error": {"code": 3, "message": self.error}}
        explained = {"explanation": self.explanation} if self.explanation else {}
        return {**shown, "prediction": self.prediction, **explained}


def write_outcomes(vertex: Vertex, job: dict[str, Any], outcomes: list[Outcome], stamp: str) -> dict[str, str]:
    """Write every outcome; gives the job's `outputInfo`. Raises ApiError for a destination that cannot be used."""
    config = job["outputConfig"]
    kind = config.get("predictionsFormat", "")
    if kind == "bigquery":
        return _to_table(vertex, job, outcomes, stamp)
    if kind not in ("jsonl", "csv"):
        raise unsupported(f"Vertex AI: batch predictions in the format {kind!r}")
    prefix = config["gcsDestination"]["outputUriPrefix"].rstrip("/")
    folder = f"prediction-{job['modelDisplayName']}-{stamp}"
    good = [outcome.line() for outcome in outcomes if not outcome.error]
    bad = [outcome.line() for outcome in outcomes if outcome.error]
    ending = ".csv" if kind == "csv" else ""
    write_text(vertex, prefix, f"{folder}/{RESULTS}{ending}", as_csv(good) if kind == "csv" else as_lines(good))
    write_text(vertex, prefix, f"{folder}/{ERRORS}", as_lines(bad))
    return {"gcsOutputDirectory": f"{prefix}/{folder}"}


def as_lines(lines: list[dict[str, Any]]) -> str:
    """JSON Lines."""
    return "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)


def as_csv(lines: list[dict[str, Any]]) -> str:
    """CSV: the instance's columns, then `prediction`; what is no single value is written as JSON."""
    rows = [{**_columns(line["instance"]), "prediction": line["prediction"]} for line in lines]
    names = list(dict.fromkeys(name for row in rows for name in row)) or ["prediction"]
    file = io.StringIO(newline="")
    writer = csv.DictWriter(file, names, lineterminator="\n")
    writer.writeheader()
    writer.writerows([{name: _cell(value) for name, value in row.items()} for row in rows])
    return file.getvalue()


def _to_table(vertex: Vertex, job: dict[str, Any], outcomes: list[Outcome], stamp: str) -> dict[str, str]:
    uri = job["outputConfig"]["bigqueryDestination"]["outputUri"].removeprefix("bq://")
    suffix = stamp.replace("-", "_").replace(".", "_")
    project, _, dataset = uri.partition(".")
    dataset = dataset.partition(".")[0] or f"prediction_{job['modelDisplayName']}_{suffix}".replace("-", "_")
    warehouse = Warehouse(vertex.cloud, project)
    warehouse.create_dataset(project, dataset, job["name"].split("/")[3])
    good = [outcome for outcome in outcomes if not outcome.error]
    rows = [{**_columns(outcome.record.shown), "prediction": _text(outcome.prediction)} for outcome in good]
    warehouse.create_table(f"{project}.{dataset}.predictions_{suffix}", _fields(job, warehouse, rows), rows)
    bad = [outcome for outcome in outcomes if outcome.error]
    errors = [{"instance": json.dumps(outcome.record.shown), "error": outcome.error} for outcome in bad]
    columns = [{"name": name, "type": "STRING"} for name in ("instance", "error")]
    warehouse.create_table(f"{project}.{dataset}.errors_{suffix}", columns, errors)
    return {"bigqueryOutputDataset": f"bq://{project}.{dataset}", "bigqueryOutputTable": f"predictions_{suffix}"}


def _fields(job: dict[str, Any], warehouse: Warehouse, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The columns of the answer: the source table's own if there is one, else by the values; then `prediction`."""
    source = job["inputConfig"].get("bigquerySource", {}).get("inputUri")
    names = list(dict.fromkeys(name for row in rows for name in row if name != "prediction"))
    known = {field["name"]: field for field in warehouse.schema(source)} if source else {}
    fields = [known.get(name) or {"name": name, "type": _type(rows, name)} for name in names]
    return [*fields, {"name": "prediction", "type": "STRING"}]


def _type(rows: list[dict[str, Any]], name: str) -> str:
    kinds = {type(row[name]) for row in rows if row.get(name) is not None}
    return TYPES.get(kinds.pop(), "STRING") if len(kinds) == 1 else "FLOAT" if kinds == {int, float} else "STRING"


def _columns(shown: Any) -> dict[str, Any]:
    return shown if isinstance(shown, dict) else {"instance": _text(shown)}


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _cell(value: Any) -> Any:
    return json.dumps(value) if isinstance(value, (dict, list)) else value
