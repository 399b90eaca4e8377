"""An audit log whose every line is a trap, and the judge of a query that counts people in it (lesson 4, exercise 2)."""

from __future__ import annotations

import io
import re
from typing import Any

F, E = "f@phone.example", "e@phone.example"
ROBOT, DEPLOY = "nightly@p.iam.gserviceaccount.com", "deploy@p.iam.gserviceaccount.com"
LATELY, EARLIER = "2026-10-05 10:00", "2026-06-17 10:00"
REFUSED, NOT_FOUND = 7, 5  # google.rpc.Code
A_PROGRAM = "one person and one program changed it: a service account is nobody who can be called"
# interface: its entries (account, moment in UTC, status code), and what to say to who gets it wrong
TRAPS = {
    "Empty": (
        [(F, LATELY, None)],
        "one person changed it in October; the code is empty, and that means done, as 0 does",
    ),
    "Zero": ([(F, LATELY, 0)], "one person changed it in October; the code is 0, and that means done, as empty does"),
    "FirstMoment": (
        [(F, LATELY, None), (E, "2026-09-01 00:00", None)],
        "two people changed it; the first moment of 1 September is still since 1 September",
    ),
    "WithProgram": ([(F, LATELY, None), (ROBOT, LATELY, None)], A_PROGRAM),
    "WithDeployment": ([(F, LATELY, None), (DEPLOY, LATELY, 0)], A_PROGRAM),
    "WithRefusal": (
        [(F, LATELY, None), (E, LATELY, REFUSED)],
        "the second person was refused (status code 7): an attempt is no change",
    ),
    "WithNotFound": (
        [(F, LATELY, None), (E, LATELY, NOT_FOUND)],
        "the second person's call failed (status code 5): every code that is neither empty nor 0 is no change",
    ),
    "WithDrill": ([(F, LATELY, None), (E, EARLIER, None)], "the second person's change is of June, before 1 September"),
    "WithOldDrill": ([(F, LATELY, None), (E, EARLIER, 0)], "the second person's change is of June, before 1 September"),
    "DayBefore": (
        [(F, LATELY, None), (E, "2026-08-31 23:59", None)],
        "the second person's change is of 31 August, a minute before September",
    ),
    "OnlyProgram": ([(ROBOT, LATELY, None)], "only a program changed it, and that is no person"),
    "OnlyRefusal": ([(E, LATELY, REFUSED)], "the only call was refused, so nobody has changed it"),
    "Twice": (
        [(F, LATELY, None), (F, "2026-10-06 10:00", None)],
        "one person changed it twice; count different accounts, not changes",
    ),
    "TwoPeople": ([(F, LATELY, None), (E, LATELY, 0)], "two people changed it"),
}
ALONE = set(TRAPS) - {"FirstMoment", "OnlyProgram", "OnlyRefusal", "TwoPeople"}
ALONE_IN_THE_LOG = {"FeatureOnlineStoreAdminService", "FeatureRegistryService"}


def practice_export() -> io.BytesIO:
    """A Parquet file of the traps, shaped like the exported audit log."""
    import pandas as pd

    rows = [
        {"timestamp": pd.Timestamp(moment, tz="UTC"), "protopayload_auditlog": _payload(interface, account, code)}
        for interface, (entries, _) in TRAPS.items()
        for account, moment, code in entries
    ]
    file = io.BytesIO()
    pd.DataFrame(rows).to_parquet(file, index=False)
    file.seek(0)
    return file


def _payload(interface: str, account: str, code: int | None) -> dict[str, object]:
    return {
        "serviceName": "aiplatform.googleapis.com",
        "methodName": f"google.cloud.aiplatform.v1.{interface}.Update",
        "authenticationInfo": {"principalEmail": account},
        "status": {"code": code},
    }


def one_person_in_sql(answer: Any, *, client: Any, log: str, traps: str) -> bool | str:
    """Run the learner's query on the traps, which explain mistakes, and then on the team's log."""
    if not isinstance(answer, str) or "{table}" not in answer:
        return "Give the query as a plain string, with {table} where the table's name belongs."
    from google.api_core.exceptions import ClientError

    found = []
    for table in (traps, log):
        try:
            rows = client.query_and_wait(answer.replace("{table}", table))
        except ClientError as error:
            return f"BigQuery refuses the query: {_reason(error)}"
        found.append({row[0] for row in rows})
    if strange := sorted(found[0] - set(TRAPS), key=str):
        return f"{strange[0]!r} is no interface; the first column is the last word but one of methodName."
    if wrong := sorted(found[0] ^ ALONE, key=list(TRAPS).index):
        brackets = " AND binds closer than OR: are the brackets right?" if re.search(r"\bOR\b", answer, re.I) else ""
        return f"In the table of traps, {wrong[0]}: {TRAPS[wrong[0]][1]}.{brackets}"
    return found[1] == ALONE_IN_THE_LOG or "Right for the traps, wrong for the log: is something written in by hand?"


def _reason(error: Any) -> str:
    """What the service says about a refused call, without the address that was called."""
    return next((item["message"] for item in error.errors if item.get("message")), error.message)
