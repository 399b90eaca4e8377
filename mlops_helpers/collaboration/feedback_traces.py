"""Feedback and traces: what a trace knows about a request, and what the steps of badly rated requests have in common.

    with tracer.step("answer", request_id="req-17") as step:
        step.note_generation(response, model=model, prompt_version="v2")

That is enough for a rating of `req-17` to find its model, its prompt version and its trace.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlops_helpers.collaboration.errors import MissingColumns
from mlops_helpers.collaboration.feedback_checks import Served
from mlops_helpers.debugging import tracing
from mlops_helpers.debugging.errors import UnknownTrace
from mlops_helpers.debugging.trace_reading import EVER, path_of
from mlops_helpers.monitoring import genai_names as names

if TYPE_CHECKING:
    import pandas as pd
    from google.cloud import logging

FACT = "request_id"
STEPS = {"steps": "Int64", "seconds": "float64", "slowest": "str", "failed": "str"}
NO_TRACE: dict[str, Any] = {"steps": None, "seconds": None, "slowest": "", "failed": ""}


def served_in_traces(client: logging.Client, request: str) -> Served | None:
    """Return what the traces know of a request: the step that called a model and has the fact `request_id`, or None.

    `request` is an id that `feedback_checks` let through (no quotation marks). One request. If several steps fit, the
    latest counts: that is the answer the user saw.
    """
    filter_ = f'jsonPayload."{tracing.FACTS}".{FACT}="{request}" AND {EVER}'
    found = [entry for entry in client.list_entries(filter_=filter_) if _is_generation(entry.payload)]
    if not found:
        return None
    latest = max(found, key=lambda entry: entry.timestamp)
    about, trace = latest.payload, (latest.trace or "").rpartition("/")[2]
    version = about.get(names.PROMPT_VERSION, "") or "unknown"
    return Served(request, about[names.REQUEST_MODEL], version, trace, about.get(names.PROMPT, ""))


def with_traces(ratings: pd.DataFrame, client: logging.Client) -> pd.DataFrame:
    """Return the ratings, worst first, with what their traces show: steps, seconds, slowest, failed (names of steps).

    One request for each trace, so pass the rows that you want to look at, not all of them. Missing where a rating has
    no trace, or its log is gone. `seconds` are those of the outermost steps; `slowest` is the longest of the steps that
    have no others inside. Raises `MissingColumns`.
    """
    import pandas as pd

    if missing := {"rating", "trace_id"} - set(ratings.columns):
        found = f"a table without {', '.join(sorted(missing))}"
        raise MissingColumns(found, "ratings as FeedbackStore.table() gives them", "Keep these columns.")
    shown = {trace: _shown(client, trace) for trace in dict.fromkeys(ratings["trace_id"])}
    rows = [shown[trace] for trace in ratings["trace_id"]]
    joined = ratings.join(pd.DataFrame(rows, columns=list(STEPS), index=ratings.index).astype(STEPS))
    return joined.sort_values(["rating", "seconds"], ascending=[True, False], kind="stable", ignore_index=True)


def _shown(client: logging.Client, trace: str) -> dict[str, Any]:
    if not trace:
        return NO_TRACE
    try:
        path = path_of(client, trace).table
    except UnknownTrace:
        return NO_TRACE
    innermost = path[~path["step"].isin(path["parent"]) & path["seconds"].notna()]
    return {
        "steps": len(path),
        "seconds": float(path.loc[path["depth"] == 0, "seconds"].sum()),
        "slowest": innermost.loc[innermost["seconds"].idxmax(), "step"] if len(innermost) else "",
        "failed": ", ".join(path.loc[path["outcome"] == names.FAILED, "step"]),
    }


def _is_generation(payload: Any) -> bool:
    return isinstance(payload, dict) and bool(payload.get(names.REQUEST_MODEL))
