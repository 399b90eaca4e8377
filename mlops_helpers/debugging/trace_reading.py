"""Show me this request's path: the steps of one trace, read back from Cloud Logging.

path = path_of(logging.Client(), trace_id)
print(path)              a tree of steps with seconds, rows and outcome
path.table               one row for each step
path.figure()            a timeline
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any

from mlops_helpers.debugging import tracing
from mlops_helpers.debugging.errors import UnknownTrace
from mlops_helpers.debugging.tables import nearest_names
from mlops_helpers.monitoring import genai_names as names

if TYPE_CHECKING:
    import pandas as pd
    from google.cloud import logging
    from matplotlib.figure import Figure

TRACE_ID = re.compile(r"[0-9a-f]{32}")
EVER = 'timestamp>="2000-01-01T00:00:00Z"'  # without a time the client looks at the last day only
UNFINISHED = "not finished"
LATEST = 200  # entries that are looked at for the traces to name in an error
NAMED = 5
COLUMNS = {
    "step": "str",
    "parent": "str",
    "depth": "int64",
    "start": "datetime64[us, UTC]",
    "seconds": "float64",
    "rows_in": "Int64",
    "rows_out": "Int64",
    "peak_megabytes": "float64",
    "outcome": "str",
    "error": "str",
    "facts": "str",
    "span_id": "str",
}


@dataclass(frozen=True)
class TracePath:
    """The steps of a trace, in the order of a walk through the tree.

    Columns of `table`: step, parent (its name), depth, start, seconds (missing while it is not finished), rows_in,
    rows_out, peak_megabytes, outcome (ok, error, not finished), error, facts (all others as text), span_id.
    """

    trace_id: str
    table: pd.DataFrame

    def __str__(self) -> str:
        """Draw the steps as a tree."""
        lines = (f"{'   ' * row.depth}└─ {_line(row)}" for row in self.table.itertuples())
        return "\n".join([f"trace {self.trace_id}", *lines])

    def figure(self) -> Figure:
        """Return a timeline: a bar for each step, hatched where it failed, dotted where it did not finish."""
        from mlops_helpers.debugging.trace_figure import timeline

        return timeline(self.table)

    def _repr_html_(self) -> str:
        return f"<pre>{escape(str(self))}</pre>"


def path_of(client: logging.Client, trace_id: str) -> TracePath:
    """Read all steps of a trace from the project of `client`, whichever log they were written to.

    `trace_id` are 32 hexadecimal digits, or the name `projects/…/traces/…`. Raises `UnknownTrace`, with the nearest ids
    and the latest, if there are none.
    """
    wanted = str(trace_id).strip().rpartition("/")[2].lower()
    found: dict[str, dict[str, Any]] = {}
    if TRACE_ID.fullmatch(wanted):
        name = f"projects/{client.project}/traces/{wanted}"
        filter_ = f'trace="{name}" AND {EVER}'
        for entry in client.list_entries(filter_=filter_, page_size=1000):
            if isinstance(entry.payload, dict) and tracing.STEP in entry.payload:
                _merge(found.setdefault(entry.span_id, {}), entry.payload)
    if not found:
        raise _unknown(client, wanted)
    return TracePath(wanted, _table(found))


def latest_traces(client: logging.Client, *, most: int = 20) -> pd.DataFrame:
    """Return the latest traces of a project, newest first: trace_id, last (time), step (the last one), outcome."""
    import pandas as pd

    filter_ = f'jsonPayload."{tracing.STEP}":* AND {EVER}'
    newest = client.list_entries(filter_=filter_, order_by="timestamp desc", max_results=most * 10, page_size=most * 10)
    rows: dict[str, tuple[Any, ...]] = {}
    for entry in newest:
        identity = (entry.trace or "").rpartition("/")[2]
        if identity and identity not in rows:
            rows[identity] = (
                identity,
                entry.timestamp,
                entry.payload[tracing.STEP],
                entry.payload.get(names.OUTCOME, UNFINISHED),
            )
    return pd.DataFrame(list(rows.values())[:most], columns=["trace_id", "last", "step", "outcome"])


def _merge(step: dict[str, Any], payload: dict[str, Any]) -> None:
    """Take an entry into what is known of its step; the end says more than the start, whichever is read first."""
    if payload.get(tracing.EVENT) == tracing.ENDED or not step:
        step.update(payload)


def _table(found: dict[str, dict[str, Any]]) -> pd.DataFrame:
    import pandas as pd

    rows = [_row(identity, found, depth) for identity, depth in _walk(found)]
    return pd.DataFrame(rows, columns=list(COLUMNS)).astype(COLUMNS)


def _walk(found: dict[str, dict[str, Any]]) -> Iterator[tuple[str, int]]:
    """Yield step ids with their depth, parents before children, siblings by start; a lost parent makes a root."""
    below: dict[str, list[str]] = {}
    for identity in sorted(found, key=lambda item: dt.datetime.fromisoformat(found[item][tracing.START])):
        parent = found[identity].get(tracing.PARENT, "")
        below.setdefault(parent if parent in found else "", []).append(identity)
    waiting = [(identity, 0) for identity in reversed(below.get("", []))]
    while waiting:
        identity, depth = waiting.pop()
        yield identity, depth
        waiting += [(child, depth + 1) for child in reversed(below.get(identity, []))]


def _row(identity: str, found: dict[str, dict[str, Any]], depth: int) -> dict[str, Any]:
    step = found[identity]
    facts = dict(step.get(tracing.FACTS) or {})
    counts = {name: _count(facts, name) for name in ("rows_in", "rows_out")}
    facts |= {name: value for name, value in step.items() if name.startswith("gen_ai.")}
    kind, message = step.get(names.ERROR_TYPE, ""), step.get(names.ERROR, "")
    return counts | {
        "step": step[tracing.STEP],
        "parent": found.get(step.get(tracing.PARENT, ""), {}).get(tracing.STEP, ""),
        "depth": depth,
        "start": dt.datetime.fromisoformat(step[tracing.START]),
        "seconds": step.get(tracing.SECONDS),
        "peak_megabytes": step.get(tracing.MEMORY),
        "outcome": step.get(names.OUTCOME, UNFINISHED),
        "error": f"{kind}: {message}" if message else kind,
        "facts": ", ".join(f"{name}={_short(value)}" for name, value in sorted(facts.items())),
        "span_id": identity,
    }


def _count(facts: dict[str, Any], name: str) -> int | None:
    """Take a number of rows out of the facts; what is no whole number stays there."""
    value = facts.get(name)
    return int(facts.pop(name)) if isinstance(value, float) and value.is_integer() else None


def _short(value: Any) -> str:
    """Return a value as text; Cloud Logging gives all numbers back as floats."""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _line(row: Any) -> str:
    """Return a step as a line: name, seconds, rows, outcome."""
    import pandas as pd

    parts = [row.step, UNFINISHED if pd.isna(row.seconds) else f"{row.seconds:,.3g} s"]
    rows = ["?" if pd.isna(count) else f"{count:,}" for count in (row.rows_in, row.rows_out)]
    if rows != ["?", "?"]:
        parts.append(f"{rows[0]} → {rows[1]} rows")
    if not pd.isna(row.peak_megabytes):
        parts.append(f"{row.peak_megabytes:,.1f} MB")
    if row.outcome == names.FAILED:
        parts.append(f"FAILED {row.error}")
    return "  ".join(parts)


def _unknown(client: logging.Client, wanted: str) -> UnknownTrace:
    known = latest_traces(client, most=LATEST // 10)["trace_id"].tolist()
    near, latest = nearest_names(wanted, known), known[:NAMED]
    found = f"no steps of trace {wanted[:80]!r} in project {client.project}"
    if not known:
        remedy = "Nothing was traced in this project yet, or its log was deleted: check the project."
        return UnknownTrace(found, "a trace that was written by a Tracer", remedy)
    expected = f"one of the latest: {', '.join(latest)}" + (f"; nearest: {', '.join(near)}" if near else "")
    return UnknownTrace(found, expected, "Copy the 32 digits from the log; see latest_traces(client) for more.")
