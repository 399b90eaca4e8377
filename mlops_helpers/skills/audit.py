"""What was done, and by whom: an audit log of Google Cloud as evidence.

    log = read_audit_log(course_data("audit_log.parquet"))
    log[log["done"] & ~log["program"]].groupby("service")["who"].nunique()

A level says what somebody can do; a log says what they did. Neither replaces the other: who starts a job every day need
not be able to repair the service, and who could repair it a year ago may have lost the permission since.
The columns read are those of `cloudaudit_googleapis_com_activity`, the table that a log sink writes to BigQuery.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from .catalogue import Catalogue, load_catalogue
from .errors import BadAuditLog
from .services import services_in_use

if TYPE_CHECKING:
    import pandas as pd

PAYLOAD = "protopayload_auditlog"
READ = {  # path in an entry -> column
    "timestamp": "timestamp",
    f"{PAYLOAD}.serviceName": "api",
    f"{PAYLOAD}.methodName": "method",
    f"{PAYLOAD}.authenticationInfo.principalEmail": "account",
    f"{PAYLOAD}.status.code": "code",
}
PROGRAMS = ".gserviceaccount.com"
COLUMNS = ("timestamp", "who", "program", "done", "code", "service", "interface", "operation")


def read_audit_log(source: str | Path | pd.DataFrame, *, catalogue: Catalogue | None = None) -> pd.DataFrame:
    """Read an exported audit log, from a Parquet file or a nested DataFrame, into one flat row per change.

    Columns: timestamp, who (the account without its domain), program (a service account, nobody's own), done (not
    refused), code (0 for done, 7 for permission denied: google.rpc.Code), service (its name in the catalogue, or the
    operation's family if it has none), interface (the part of the service's interface: "ModelService"), operation
    ("vertex.ModelService.UploadModel").
    Raises BadAuditLog for a table without these fields, and for a file that is not there or no Parquet.
    """
    import pandas as pd

    table = source if isinstance(source, pd.DataFrame) else _read(source)
    flat = pd.json_normalize(table.to_dict("records"))
    if missing := [path for path in READ if path not in flat.columns]:
        raise BadAuditLog(f"no field {', '.join(missing)}", f"the fields {', '.join(READ)}", "Export the whole entry.")
    log = flat[list(READ)].rename(columns=READ)
    calls = log[["api", "method"]].drop_duplicates()
    known = catalogue or load_catalogue()
    operations = {pair: operation_of(*pair) for pair in calls.itertuples(index=False, name=None)}
    services = {operation: _service_name(operation, known) for operation in operations.values()}
    log["operation"] = [operations[pair] for pair in zip(log["api"], log["method"], strict=True)]
    log["service"] = log["operation"].map(services)
    log["interface"] = log["operation"].str.split(".").str[-2]
    log["who"] = log["account"].str.partition("@")[0]
    log["program"] = log["account"].str.endswith(PROGRAMS)
    log["code"] = log["code"].fillna(0).astype(int)
    log["done"] = log["code"] == 0
    return log[list(COLUMNS)]


def _read(source: str | Path) -> pd.DataFrame:
    import pandas as pd

    try:
        return pd.read_parquet(source)
    except FileNotFoundError:
        raise BadAuditLog(f"no file {source}", "an exported audit log", "Mend the path.") from None
    except ValueError:  # what pyarrow raises for bytes that are no Parquet is one
        raise BadAuditLog(
            f"{source}, which is no Parquet file", "a log exported as Parquet", "Read it yourself; pass the DataFrame."
        ) from None


def operation_of(service_name: str, method_name: str) -> str:
    """An entry's call as an operation: ("aiplatform.googleapis.com", "….v1.ModelService.UploadModel") and so on.

    Gives "vertex.ModelService.UploadModel", "bigquery.JobService.InsertJob", "storage.buckets.update": what
    `Team.coverage` reads.
    """
    family = service_name.removesuffix(".googleapis.com")
    call = ".".join(method_name.split(".")[-2:])
    return f"{'vertex' if family == 'aiplatform' else family}.{call}"


def _service_name(operation: str, catalogue: Catalogue) -> str:
    known, unknown = services_in_use([operation], (), catalogue)
    return known[0].name if known else unknown[0]
