"""Read back what was recorded of a language model: by the minute from Cloud Monitoring, by the call from Cloud Logging.

Monitoring has aggregated: a percentile is a straight line within a bucket of the distribution, so it is within 20% of
the true one; its answers stay small however many calls there were. Logging has every call, exactly. The two are
compared in a test.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from mlops_helpers.monitoring import genai_names as names
from mlops_helpers.monitoring.errors import InvalidSetting, MissingColumn, NaiveTimestamp

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

KEYS = ("time", "model", "prompt_version")
TOKEN_TYPES = ("prompt", "cached", "thoughts", "candidates")
SHORTEST_PERIOD = 60
_MARKERS = "os^Dv*Pp"
# Column of a call: name in its log entry.
CALL_FIELDS = {
    "model": names.REQUEST_MODEL,
    "prompt_version": names.PROMPT_VERSION,
    "outcome": names.OUTCOME,
    "error_type": names.ERROR_TYPE,
    "latency": names.DURATION,
    "input_tokens": names.INPUT_TOKENS,
    "cached_tokens": names.CACHED_TOKENS,
    "thought_tokens": names.THOUGHT_TOKENS,
    "output_tokens": names.OUTPUT_TOKENS,
    "quality": names.QUALITY,
    "safety": names.SAFETY,
    "prompt": names.PROMPT,
    "answer": names.ANSWER,
    "error": names.ERROR,
}


def read_metrics(client: Any, project: str, since: dt.datetime, until: dt.datetime, *, every: int = 60) -> pd.DataFrame:
    """One row for each period of `every` seconds with calls, model and prompt version.

    Columns: time (the period's end), model, prompt_version, calls, errors, blocked (numbers of calls), error_share,
    blocked_share, latency_p50 and latency_p95 (seconds, of calls that were answered), quality_p50, safety_triggers,
    tokens_prompt (with cached), tokens_cached, tokens_thoughts, tokens_candidates. With several processes, latency is
    that of the slowest and quality that of the worst. Missing where nothing was measured.

    Raises InvalidSetting for a period that Cloud Monitoring refuses or an empty span, NaiveTimestamp.
    """
    import pandas as pd

    span = _interval(since, until, every)
    parts = {
        name: _series(client, project, (metric, aligner, reducer, extra), span, every)
        for name, (metric, aligner, reducer, extra) in _QUESTIONS.items()
    }
    calls = _wide(parts["calls"], "outcome", (names.OK, names.BLOCKED, names.FAILED))
    table = pd.DataFrame({"calls": calls.sum(axis=1), "errors": calls[names.FAILED], "blocked": calls[names.BLOCKED]})
    for share, count in (("error_share", "errors"), ("blocked_share", "blocked")):
        table[share] = table[count] / table["calls"]
    for name in ("latency_p50", "latency_p95", "quality_p50"):
        table[name] = parts[name].set_index(list(KEYS))["value"]
    table["safety_triggers"] = parts["safety"].groupby(list(KEYS))["value"].sum()
    tokens = _wide(parts["tokens"], "token_type", TOKEN_TYPES).add_prefix("tokens_")
    table = table.join(tokens).fillna({"safety_triggers": 0, **dict.fromkeys(tokens.columns, 0)})
    counts = ["calls", "errors", "blocked", "safety_triggers", *tokens.columns]
    return table.astype(dict.fromkeys(counts, "int64")).reset_index().sort_values(list(KEYS), ignore_index=True)


def read_calls(client: Any, log_name: str, since: dt.datetime, until: dt.datetime) -> pd.DataFrame:
    """One row for each call, oldest first: time, and the columns of `CALL_FIELDS`; missing where there is nothing.

    Texts are masked excerpts. `safety` is a text of categories. Raises NaiveTimestamp.
    """
    import pandas as pd

    for moment in (since, until):
        _require_zone(moment)
    filter_ = f'timestamp>="{since.isoformat()}" AND timestamp<="{until.isoformat()}"'
    entries = client.logger(log_name).list_entries(filter_=filter_, page_size=1000)
    rows = [
        {"time": entry.timestamp} | {column: entry.payload.get(name) for column, name in CALL_FIELDS.items()}
        for entry in entries
    ]
    table = pd.DataFrame(rows, columns=["time", *CALL_FIELDS])
    numbers = ["latency", "input_tokens", "cached_tokens", "thought_tokens", "output_tokens", "quality"]
    table[numbers] = table[numbers].astype(float)
    table["safety"] = [", ".join(value or []) for value in table["safety"]]
    return table.sort_values("time", kind="stable", ignore_index=True)


def genai_figure(table: pd.DataFrame) -> Figure:
    """Three panels over time from `read_metrics`: latency (p50, p95) by prompt version, tokens, blocked and errors.

    Raises MissingColumn for another table.
    """
    from matplotlib.figure import Figure

    if absent := {*KEYS, "calls", "latency_p50", "latency_p95", "tokens_prompt"} - set(table.columns):
        raise MissingColumn(f"no column {', '.join(sorted(absent))}", "the table of `read`", "Pass `monitor.read()`.")
    figure = Figure(figsize=(8, 7), layout="constrained")
    latency, tokens, shares = figure.subplots(3, 1, sharex=True)
    for number, (version, rows) in enumerate(table.groupby("prompt_version")):
        slowest = rows.groupby("time")[["latency_p50", "latency_p95"]].max()
        style = {"color": f"C{number}", "marker": _MARKERS[number % len(_MARKERS)]}
        for share, (column, line) in {"50%": ("latency_p50", "-"), "95%": ("latency_p95", ":")}.items():
            latency.plot(slowest.index, slowest[column], linestyle=line, label=f"{share} of {version}", **style)
    latency.set_ylabel("seconds or less")
    _plot_totals(table, tokens, shares)
    for axes in (latency, tokens, shares):
        axes.legend(fontsize="small", loc="center left", bbox_to_anchor=(1, 0.5))
    shares.set_xlabel("time")
    figure.autofmt_xdate()
    return figure


def _plot_totals(table: pd.DataFrame, tokens: Any, shares: Any) -> None:
    """The two lower panels: of all prompt versions together."""
    total = table.groupby("time").sum(numeric_only=True)
    for kind, marker in (("prompt", "o"), ("thoughts", "s"), ("candidates", "^")):
        tokens.plot(total.index, total[f"tokens_{kind}"], marker=marker, label=kind)
    tokens.set_ylabel("tokens")
    for kind, marker in (("blocked", "o"), ("errors", "s")):
        shares.plot(total.index, total[kind] / total["calls"], marker=marker, label=kind)
    shares.set_ylabel("share of calls")
    shares.set_ylim(-0.05, 1.05)


# column: metric, how each series is brought to periods, how series are put together, label that stays besides who
_QUESTIONS: dict[str, tuple[names.Metric, str, str, tuple[str, ...]]] = {
    "calls": (names.CALLS, "ALIGN_DELTA", "REDUCE_SUM", ("outcome",)),
    "tokens": (names.TOKENS, "ALIGN_DELTA", "REDUCE_SUM", ("token_type",)),
    "safety": (names.SAFETY_TRIGGERS, "ALIGN_DELTA", "REDUCE_SUM", ("category",)),
    "latency_p50": (names.LATENCY, "ALIGN_PERCENTILE_50", "REDUCE_MAX", ()),
    "latency_p95": (names.LATENCY, "ALIGN_PERCENTILE_95", "REDUCE_MAX", ()),
    "quality_p50": (names.QUALITY_SCORE, "ALIGN_PERCENTILE_50", "REDUCE_MIN", ()),
}


def _series(client: Any, project: str, question: tuple, span: dict[str, Any], every: int) -> pd.DataFrame:
    """One row for each point: time, model, prompt_version, the extra label, value."""
    import pandas as pd

    metric, aligner, reducer, extra = question
    labels = ("model", "prompt_version", *extra)
    aggregation = {
        "alignment_period": {"seconds": every},
        "per_series_aligner": aligner,
        "cross_series_reducer": reducer,
        "group_by_fields": [f"metric.labels.{label}" for label in labels],
    }
    request = {
        "name": f"projects/{project}",
        "filter": f'metric.type = "{metric.type}"',
        "interval": span,
        "aggregation": aggregation,
        "view": "FULL",
    }
    rows = [
        (point.interval.end_time, *(series.metric.labels.get(label, "") for label in labels), _number(point.value))
        for series in client.list_time_series(request=request)
        for point in series.points
    ]
    table = pd.DataFrame(rows, columns=["time", *labels, "value"])
    return table.assign(time=pd.to_datetime(table["time"], utc=True))


def _wide(points: pd.DataFrame, label: str, values: tuple[str, ...]) -> pd.DataFrame:
    """A column for each value of a label, 0 where there is none."""
    counts = points.pivot_table(index=list(KEYS), columns=label, values="value", aggfunc="sum", fill_value=0)
    return counts.reindex(columns=list(values), fill_value=0)


def _number(value: Any) -> float:
    """A point's value; whole numbers are counts."""
    return float(value.int64_value or value.double_value)


def _interval(since: dt.datetime, until: dt.datetime, every: int) -> dict[str, Any]:
    """The span, begun so much earlier that it holds whole periods."""
    for moment in (since, until):
        _require_zone(moment)
    if every < SHORTEST_PERIOD or until <= since:
        found = f"every={every} from {since} to {until}"
        raise InvalidSetting(found, f"at least {SHORTEST_PERIOD} seconds and a later end", "Widen the span.")
    periods = -(-(until - since) // dt.timedelta(seconds=every))
    return {"start_time": until - periods * dt.timedelta(seconds=every), "end_time": until}


def _require_zone(moment: dt.datetime) -> None:
    if moment.tzinfo is None:
        raise NaiveTimestamp(f"the time {moment} without a zone", "a time with a zone", "Add `tzinfo=datetime.UTC`.")
