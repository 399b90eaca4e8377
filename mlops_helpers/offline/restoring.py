"""How a standalone server gets back what it kept: it does everything again, in the same order (see `keeping`).

Jobs that run code are the exception: what they changed is put back as data, and one that was running when the server
was killed comes back as failed, as after the failure of a real zone. Its creation was acknowledged, so it is there.
"""

from __future__ import annotations

import io
import json
from datetime import datetime
from typing import TYPE_CHECKING, BinaryIO

from .errors import ApiError
from .journal import CannotRepeat, Journal, Record
from .keeping import Keeper
from .wire import Request

if TYPE_CHECKING:
    from .state import OfflineCloud


def restore(cloud: OfflineCloud, journal: Journal) -> int:
    """Do again all that was kept, and keep what comes; returns how many records there were.

    Raises OtherFormat, DamagedFolder, and CannotRepeat where something is answered differently today.
    """
    repeated, keeper = 0, Keeper(cloud, journal)
    cloud.repeating = True
    for record in journal.records():
        body = journal.load(record["body"])
        with io.BytesIO(body) if isinstance(body, bytes) else body as file:
            _repeat(cloud, record, file)
        keeper.follow(record.get("marks", {}))
        repeated += 1
    if repeated:
        cloud.restarts += 1
        keeper.note({"restarted": cloud.restarts}, b"")
    cloud.repeating, cloud.keeper = False, keeper
    if cloud.is_open("vertex"):
        cloud.service("vertex").end_interrupted()
    return repeated


def _repeat(cloud: OfflineCloud, record: Record, body: BinaryIO) -> None:
    """Do one record again, at the time and with the ids that it had."""
    if "restarted" in record:
        cloud.restarts = record["restarted"]
        return
    if "redis" in record:
        cloud.service("redis").put_back(json.load(body))
        return
    cloud.set_marks(record["marks"])
    cloud.clock.hold(datetime.fromisoformat(record["at"]), map(datetime.fromisoformat, record.get("ticks", ())))
    if "effects" in record:
        cloud.service(record["effects"]).put_back(json.load(body))
    elif "call" in record:
        _compare(record, record["call"], _call(cloud, record["call"], body.read()))
    else:
        request = Request(record["method"], record["target"], record["headers"], body, record["host"])
        _compare(record, f"{record['method']} {record['target']}", cloud.answer(request).status)
    cloud.clock.release()


def _call(cloud: OfflineCloud, operation: str, message: bytes) -> int:
    """Make a call over gRPC again; gives its status as HTTP would."""
    try:
        cloud.service("rpc").repeat(operation, message)
    except ApiError as problem:
        return problem.code
    return 200


def _compare(record: Record, what: str, status: int) -> None:
    if record["status"] and status != record["status"]:
        raise CannotRepeat(
            f"{what} was answered {record['status']}, now {status}: "
            "start with the version of the course that wrote the folder, or name a new one"
        )
