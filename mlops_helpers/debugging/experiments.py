"""Runs in Vertex AI Experiments and curves in TensorBoard, through Google's client; and what tells two runs apart.

    log_run("churn", "monday", record=record)                     parameters, metrics, and what the run depended on
    log_curves("churn", "monday", {"loss": losses}, board)        a value for each step, from 1
    runs_table("churn")                                           one row for each run, oldest first
    compare_experiments("churn", "recall")                        what the best run has that the worst has not

Nothing needs `aiplatform.init(experiment=…)`: the experiment is named in each call, so no cell depends on which one was
the last. Project and location are those of `aiplatform.init` or of the session.
"""

from __future__ import annotations

import datetime as dt
import json
import logging
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any

from mlops_helpers.debugging.content import content_digest
from mlops_helpers.debugging.errors import (
    InvalidSetting,
    NaiveTimestamp,
    RunExists,
    RunsNotComparable,
    UnknownMetric,
    UnknownRun,
)
from mlops_helpers.debugging.run_record import RunRecord, plain_parameters
from mlops_helpers.debugging.tables import nearest_names

if TYPE_CHECKING:
    import pandas as pd
    from google.cloud import aiplatform

RUN_SCHEMA = "system.ExperimentRun"
NAME = re.compile(r"[a-z0-9][a-z0-9-]*")
LONGEST = 128  # experiment, a hyphen and the run together
PARAMETER, METRIC, RECORD = "param.", "metric.", "record."
# Which differences come first: as in `replaying`, what others follow from.
ORDER = ("record.code.", "record.data.", "", "record.seed", "record.packages", "record.hardware")
REMEDY = "Choose a short name, such as 'depth-3'."


@dataclass(frozen=True)
class BestAndWorst:
    """Two runs and what differs between them: columns part (parameter or metric), name, best, worst."""

    metric: str
    best: str
    worst: str
    table: pd.DataFrame

    def __str__(self) -> str:
        """Name the first thing that differs, apart from the metrics."""
        told = f"{self.metric}: {self.best} is best, {self.worst} worst"
        known = self.table[self.table["part"] == "parameter"]
        if known.empty:
            return f"{told}; nothing that was logged explains it."
        first = known.iloc[0]
        return f"{told}; the first thing that differs is {first['name']}: {first['best']} and {first['worst']}."

    def _repr_html_(self) -> str:
        return f"<p>{escape(str(self))}</p>{self.table.to_html(index=False, border=0)}"


def log_run(
    experiment: str,
    run: str,
    *,
    parameters: Mapping[str, Any] | None = None,
    metrics: Mapping[str, float] | None = None,
    record: RunRecord | None = None,
) -> None:
    """Log a finished run; the experiment is made if there is none.

    A record brings its own parameters and metrics, and what the run depended on, as parameters that begin with
    `record.`. Raises `RunExists` for a name that is taken, `InvalidSetting` for names or values Vertex AI does not
    take, before anything is written; if the service fails in between, the run is deleted again.
    """
    from google.api_core.exceptions import AlreadyExists, Conflict
    from google.cloud import aiplatform

    _check_names(experiment, run)
    known = record or _NO_RECORD
    described = _parameters({**known.parameters, **(parameters or {}), **_of_record(record)})
    measured = _metrics({**known.metrics, **(metrics or {})})
    owner = aiplatform.Experiment.get_or_create(experiment)
    try:
        with _without_messages():
            made = aiplatform.ExperimentRun.create(run, experiment=owner)
    except (AlreadyExists, Conflict, RuntimeError) as error:
        found = f"a run {run!r} in the experiment {experiment!r} already"
        raise RunExists(found, "a name that was not used before", "Give this run a name of its own.") from error
    try:
        made.log_params(described)
        made.log_metrics(measured)
        made.end_run()
    except BaseException:
        made.delete()
        raise


def log_curves(
    experiment: str,
    run: str,
    curves: Mapping[str, Sequence[float]],
    tensorboard: aiplatform.Tensorboard | str,
    *,
    at: dt.datetime | None = None,
) -> None:
    """Log a value for each step, beginning with 1, to the TensorBoard that backs the run. One request for each step.

    `at` is the time that all values bear (default: when each is written). Raises `UnknownRun`, with the nearest,
    `InvalidSetting` if there are no values, `NaiveTimestamp`.
    """
    from google.protobuf.timestamp_pb2 import Timestamp

    if not curves or not all(len(values) for values in curves.values()):
        raise InvalidSetting(f"curves {sorted(curves)} without values", "a name and values for each", "Pass values.")
    if at is not None and at.tzinfo is None:
        raise NaiveTimestamp(f"the time {at} without a zone", "a time with a zone", "Use datetime.UTC.")
    moment = None if at is None else Timestamp(seconds=int(at.timestamp()))
    found = _run(experiment, run)
    if found.get_time_series_data_frame().empty:
        found.assign_backing_tensorboard(tensorboard)
    for step in range(max(map(len, curves.values()))):
        values = {name: float(series[step]) for name, series in curves.items() if step < len(series)}
        found.log_time_series_metrics(values, step=step + 1, wall_time=moment)


def read_curves(experiment: str, run: str) -> pd.DataFrame:
    """Return a run's curves, tidy: metric, step, value; steps at which a value was no number are left out.

    Raises `UnknownRun`.
    """
    table = _run(experiment, run).get_time_series_data_frame()
    names = sorted(set(table.columns) - {"step", "wall_time"})
    if not names:
        import pandas as pd

        return pd.DataFrame(columns=["metric", "step", "value"])
    tidy = table.melt(id_vars="step", value_vars=names, var_name="metric").dropna(subset=["value"])
    return tidy.sort_values(["metric", "step"], ignore_index=True)[["metric", "step", "value"]]


def runs_table(experiment: str) -> pd.DataFrame:
    """Return one row for each run, oldest first: run, logged (time), state, `param.*`, `metric.*`. One request a page.

    Raises `UnknownRun`, with the nearest names, if there is no such experiment.
    """
    import pandas as pd
    from google.cloud.aiplatform.metadata.context import Context

    owner = _experiment(experiment)
    filter_ = f'schema_title="{RUN_SCHEMA}" AND parent_contexts:"{owner.resource_name}"'
    rows = [
        {"run": found.display_name, "logged": found.create_time, "state": found.metadata.get("_state", "")}
        | {f"{PARAMETER}{name}": value for name, value in (found.metadata.get("_params") or {}).items()}
        | {f"{METRIC}{name}": value for name, value in (found.metadata.get("_metrics") or {}).items()}
        for found in Context.list(filter=filter_)
    ]
    table = pd.DataFrame(rows, columns=None if rows else ["run", "logged", "state"])
    return table.sort_values(["logged", "run"], ignore_index=True)


def compare_experiments(
    runs: str | pd.DataFrame, metric: str, *, larger_is_better: bool = True, tolerance: float = 0.0
) -> BestAndWorst:
    """Return what differs between the best and the worst run of an experiment, or of a table like `runs_table`.

    Differences come in the order of cause and effect: code, data, parameters, seed, packages, hardware, metrics.
    Raises `UnknownMetric`, with the nearest, and `RunsNotComparable` for fewer than two runs, or equal ones.
    """
    import pandas as pd

    table = runs_table(runs) if isinstance(runs, str) else runs
    scores = pd.to_numeric(table[metric_column(table, metric)], errors="coerce").dropna()
    best, worst = (scores.idxmax(), scores.idxmin()) if len(scores) else (None, None)
    if best is None or scores[best] - scores[worst] <= tolerance:
        found = f"{len(scores)} runs with {metric!r} that do not differ by more than {tolerance}"
        raise RunsNotComparable(found, "a best and a worst run", "Log another run, or look at another metric.")
    if not larger_is_better:
        best, worst = worst, best
    rows = list(_differences(table.loc[best], table.loc[worst]))
    found = pd.DataFrame(rows, columns=["part", "name", "best", "worst"])
    return BestAndWorst(metric, str(table.at[best, "run"]), str(table.at[worst, "run"]), found)


def metric_column(table: pd.DataFrame, metric: str) -> str:
    """Return the column that holds a metric, `metric.NAME` or NAME. Raises `UnknownMetric`, with the nearest."""
    for name in (f"{METRIC}{metric}", metric):
        if name in table.columns:
            return name
    known = [str(name).removeprefix(METRIC) for name in table.columns if str(name).startswith(METRIC)]
    known = known or [str(name) for name in table.select_dtypes("number").columns]
    shown = ", ".join(nearest_names(metric, known) or known) or "a metric that was logged"
    raise UnknownMetric(f"no metric {metric!r} in {len(table)} runs", shown, "Check the spelling, or log it.")


def _differences(best: pd.Series, worst: pd.Series) -> Iterable[tuple[str, str, Any, Any]]:
    """Yield what differs, in the stated order; what a run has not logged counts as absent."""
    import pandas as pd

    def rank(column: str) -> tuple[int, str]:
        name = column.removeprefix(PARAMETER)
        fits = [place for place, start in enumerate(ORDER) if start and name.startswith(start)]
        return (len(ORDER) if column.startswith(METRIC) else (fits or [ORDER.index("")])[0], name)

    logged = [name for name in best.index if name.startswith((PARAMETER, METRIC))]
    for column in sorted(logged, key=rank):
        one, two = ("absent" if pd.isna(run[column]) else run[column] for run in (best, worst))
        if one != two and not column.endswith(f"{RECORD}checksum"):
            part = "metric" if column.startswith(METRIC) else "parameter"
            yield part, column.removeprefix(PARAMETER).removeprefix(METRIC), one, two


def _of_record(record: RunRecord | None) -> dict[str, Any]:
    """Return what a run depended on, short enough for a table; the whole is in the record."""
    if record is None:
        return {}
    facts = {
        f"{RECORD}{part}.{name}": text for part in ("code", "data") for name, text in getattr(record, part).items()
    }
    facts |= {f"{RECORD}{part}": content_digest(getattr(record, part))[:12] for part in ("packages", "hardware")}
    return facts | {
        f"{RECORD}seed": "none" if record.seed is None else record.seed,
        f"{RECORD}checksum": record.checksum,
    }


def _parameters(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Return parameters as Vertex AI takes them: numbers and texts; lists and mappings become JSON, None a text."""
    plain = plain_parameters(parameters)
    kept = (bool, int, float, str)
    return {name: value if isinstance(value, kept) else json.dumps(value) for name, value in plain.items()}


def _metrics(metrics: Mapping[str, Any]) -> dict[str, Any]:
    plain = {name: value.item() if hasattr(value, "item") else value for name, value in metrics.items()}
    if odd := {name: value for name, value in plain.items() if not isinstance(value, int | float | str)}:
        raise InvalidSetting(
            f"metrics that are no numbers: {odd}"[:200], "numbers", "Log tables as files, not metrics."
        )
    return {name: value if value == value else "nan" for name, value in plain.items()}


def _check_names(experiment: str, run: str) -> None:
    for what, name in (("experiment", experiment), ("run", run)):
        if not isinstance(name, str) or not NAME.fullmatch(name):
            raise InvalidSetting(f"the {what} {name!r:.150}", "lower-case letters, digits and '-'", REMEDY)
    if len(experiment) + 1 + len(run) > LONGEST:
        found = f"names of {len(experiment)} and {len(run)} characters"
        raise InvalidSetting(found, f"at most {LONGEST - 1} together", REMEDY)


@contextmanager
def _without_messages() -> Iterator[None]:
    """Keep Google's client from printing a line, with the project's name, for each run."""
    client = logging.getLogger("google.cloud.aiplatform.metadata.experiment_resources")
    level = client.level
    client.setLevel(logging.WARNING)
    try:
        yield
    finally:
        client.setLevel(level)


def _experiment(name: str) -> aiplatform.Experiment:
    from google.api_core.exceptions import NotFound
    from google.cloud import aiplatform

    found = aiplatform.Experiment.get(name) if NAME.fullmatch(str(name)) else None
    if found is None:
        known: list[str] = []
        with suppress(NotFound):  # of a project that never had an experiment
            known = [item.name for item in aiplatform.Experiment.list()]
        shown = ", ".join(nearest_names(name, known) or known[:20]) or "an experiment that was logged to"
        raise UnknownRun(f"no experiment {name!r:.100}", shown, "Check the spelling, or log a run to it.")
    return found


def _run(experiment: str, run: str) -> aiplatform.ExperimentRun:
    from google.api_core.exceptions import NotFound
    from google.cloud import aiplatform

    owner = _experiment(experiment)
    try:
        return aiplatform.ExperimentRun(run, experiment=owner)
    except (NotFound, ValueError) as error:
        known = runs_table(experiment)["run"].tolist()
        shown = ", ".join(nearest_names(run, known) or known[:20]) or "a run that was logged"
        raise UnknownRun(f"no run {run!r:.100} in {experiment!r}", shown, "Check the spelling, or log it.") from error


_NO_RECORD = RunRecord("", "", "", {}, {}, {}, None, {}, {}, {}, {})
