"""What is going on: logs, spend, faults on purpose, the clock. The last two can be changed here."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from ..clock import rfc3339
from ..errors import invalid
from ..faults import KINDS
from ..wire import Request
from .html import choice, field, form, join, table, tag
from .pages import Page

if TYPE_CHECKING:
    from .app import Console

MOST_ENTRIES = 100
LONGEST_JUMP_DAYS = 3650


def logs(console: Console, request: Request) -> Page:
    """The latest log entries, newest first."""
    rows = []
    if console.cloud.is_open("logging"):
        with console.cloud.lock("logging"):
            stored = list(console.cloud.service("logging").entries.values())
        latest = sorted(stored, key=lambda entry: entry.moment, reverse=True)[:MOST_ENTRIES]
        rows = [_entry_row(entry.json) for entry in latest]
    return "Logs", table(f"The latest {MOST_ENTRIES} entries", ("time", "severity", "log", "message"), rows)


def _entry_row(entry: Mapping[str, Any]) -> tuple:
    payload = entry.get("jsonPayload") or entry.get("protoPayload")
    text = entry.get("textPayload") or (json.dumps(payload) if payload else "")
    return entry.get("timestamp", ""), entry.get("severity", "DEFAULT"), entry.get("logName", ""), text


def spend(console: Console, request: Request) -> Page:
    """What the calls so far list at on Google Cloud, and how many there were."""
    usage = console.cloud.marks()["usage"]
    receipt = console.receipt(usage)
    lines = [
        (n.price.label, n.quantity, f"{n.price.usd} USD per {n.price.unit}", f"{n.usd:.6f}") for n in receipt.lines
    ]
    priced = table("At list price", ("item", "quantity", "list price", "USD"), lines, numbers=("quantity", "USD"))
    total = tag("p", f"Paid: $0. On Google Cloud these calls list at ${receipt.total:.6f} (prices of {receipt.on}).")
    calls = sorted(usage.items(), key=lambda item: (-item[1], item[0]))
    return "Spend", join([total, priced, table("Calls", ("operation", "count"), calls, numbers=("count",))])


def faults(console: Console, request: Request) -> Page:
    """The faults that wait, and forms to add one and to forget all."""
    found = console.cloud.faults.listed()
    head = ("kind", "operation", "left", "struck", "seconds", "detail")
    listed = table("Faults", head, [tuple(each[name] for name in head) for each in found], numbers=("left", "struck"))
    add = form(
        "/console/faults",
        console.form_key,
        choice("kind", "Kind", KINDS),
        field("operation", "Operation (pattern)", value="storage.objects.*", required=True),
        field("times", "How often", type="number", min="1", max="1000", value="1"),
        field("seconds", "Seconds (latency)", type="number", min="0", max="10", step="0.1", value="0"),
        button="Switch on",
    )
    clear = form("/console/faults/clear", console.form_key, button="Switch all off") if found else None
    return "Faults on purpose", join([listed, tag("h2", "Switch a fault on"), add, clear])


def inject_fault(console: Console, values: Mapping[str, str]) -> None:
    """Switch a fault on. Raises ApiError 400."""
    times, seconds = number(values, "times"), number(values, "seconds")
    console.cloud.faults.inject(
        values.get("kind", ""), operation=values.get("operation", ""), times=int(times), seconds=seconds
    )


def clear_faults(console: Console, values: Mapping[str, str]) -> None:
    """Switch all faults off."""
    console.cloud.faults.clear()


def clock(console: Console, request: Request) -> Page:
    """The offline cloud's time, and a form to jump ahead."""
    now = tag("p", "It is ", tag("strong", rfc3339(console.cloud.clock.now())), " in the offline cloud.")
    why = tag("p", "Jump ahead to see lifecycle rules and expiries act. The clock never goes back.", cls="soft")
    days = field("days", "Days", type="number", min="0.01", max=str(LONGEST_JUMP_DAYS), step="0.01", value="1")
    return "Clock", join([now, why, form("/console/clock", console.form_key, days, button="Jump ahead")])


def advance_clock(console: Console, values: Mapping[str, str]) -> None:
    """Jump ahead by some days, through the front door, so that it is kept. Raises ApiError 400."""
    days = number(values, "days")
    if not 0 < days <= LONGEST_JUMP_DAYS:
        raise invalid(f"found {days:g} days, expected more than 0 and at most {LONGEST_JUMP_DAYS}")
    console.ask("POST", "/_offline/clock:advance", {"seconds": timedelta(days=days).total_seconds()})


def number(values: Mapping[str, str], name: str) -> float:
    """A number of a form. Raises ApiError 400."""
    try:
        found = float(values.get(name, ""))
    except ValueError:
        found = math.nan
    if not math.isfinite(found):
        raise invalid(f"found {name}={values.get(name)!r}, expected a number")
    return found
