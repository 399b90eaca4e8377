"""A pipeline run, started and watched: how each step ended, and what was made from what.

    job = start_run(run, reason="new customers", name="churn-monday")
    step_states(first=job, second=again)     one row per step, one column per run
    run_lineage(job).plot()                  the artifacts of a run, from the table to the registered version

Both read what Vertex AI knows about the run, nothing that the steps would have to tell.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from mlops_helpers.governance.lineage import LineageGraph
from mlops_helpers.tooling.errors import InvalidSetting
from mlops_helpers.tooling.given import describe, need_kind
from mlops_helpers.tooling.pipeline_compiling import compile_pipeline, compiled_pipeline
from mlops_helpers.tooling.pipeline_settings import PipelineRun

if TYPE_CHECKING:
    import pandas as pd
    from google.cloud import aiplatform

RUN_NAME = re.compile(r"[a-z][a-z0-9-]{0,62}")  # it becomes a job's id and a label
NAME, RUN_LABEL = "churn_training", "started_as"
HIDDEN = ("exit-handler", "condition", "churn-training")  # groups of steps: they do nothing themselves
METRICS = "system.Metrics"  # numbers about an artifact, not something made from it
WORDS = {"SKIPPED": "from the cache", "NOT_TRIGGERED": "not needed"}


def start_run(run: PipelineRun, *, reason: str, name: str, image: str = "") -> aiplatform.PipelineJob:
    """Run the churn pipeline on Vertex AI and wait for its end; a run that failed is returned like any other.

    `reason` is noted with the version it registers. The first run of a name is NAME-1, the next NAME-2. `image` is the
    container of the steps, needed on Google Cloud: one in which this package is installed. Raises InvalidSetting for a
    run without a reason or with a name that Vertex AI does not take, and what Google's client raises for a run that
    cannot begin.
    """
    from google.cloud import aiplatform

    _check_run(run, reason, name)
    before = aiplatform.PipelineJob.list(filter=f'labels.{RUN_LABEL}="{name}"')
    place = {"bucket": run.bucket, "table": run.table, "train_until": run.train_until}
    with TemporaryDirectory(prefix="pipeline-") as folder:
        path = compiled_pipeline(NAME)
        if image:
            path = compile_pipeline(NAME, Path(folder) / f"{NAME}.yaml", image=image)
        job = aiplatform.PipelineJob(
            display_name=run.settings.model,
            job_id=f"{name}-{len(before) + 1}",
            labels={RUN_LABEL: name},
            template_path=str(path),
            pipeline_root=f"gs://{run.bucket}/runs",
            parameter_values={**place, "reason": reason, "settings": run.settings.to_dict()},
        )
    job.submit()
    with contextlib.suppress(RuntimeError):  # what the client raises for a run that failed: its state says so as well
        job.wait()
    return job


def _check_run(run: PipelineRun, reason: str, name: str) -> None:
    need_kind(run, PipelineRun, "a PipelineRun", "Make one of bucket, table, moment and settings.")
    if not isinstance(reason, str) or not reason.strip():
        raise InvalidSetting("a run without a reason", "a few words", "Say why it is started: reason='new customers'.")
    if not isinstance(name, str) or not RUN_NAME.fullmatch(name):
        expected = "a small letter, then small letters, digits and '-', at most 63"
        raise InvalidSetting(f"the run's name: {describe(name)}", expected, "Try 'churn-monday'.")


def step_states(**runs: aiplatform.PipelineJob) -> pd.DataFrame:
    """One row per step in the order they began, one column per run: succeeded, failed, from the cache; else empty.

    Runs are named by keyword. A step that was taken over from an earlier run is "from the cache".
    """
    import pandas as pd

    columns = {name: {task.task_name: _word(task.state.name) for task in _tasks(run)} for name, run in runs.items()}
    steps = dict.fromkeys(step for found in columns.values() for step in found)
    last = [step for step in steps if step.startswith("clean-up")]  # the exit handler ends every run
    order = [*(step for step in steps if step not in last), *last]
    return pd.DataFrame(columns, index=pd.Index(order, name="step")).fillna("")


def run_lineage(run: aiplatform.PipelineJob, *, table: str = "", leave_out: tuple[str, ...] = ()) -> LineageGraph:
    """Return what was made from what in a run: artifacts, by their addresses, from left to right.

    `table` is the BigQuery table that the first artifacts came from, as project.dataset.table: a parameter is text to
    Vertex AI, and not known to be a source. Metrics are left out, and artifacts named in `leave_out`.
    Addresses are cut to the artifact's own name.
    """
    graph = LineageGraph()
    source = f"bq://{table}" if table else ""
    for task in _tasks(run):
        inputs, outputs = _names(task.inputs), _names(task.outputs)
        if outputs and not inputs and source:
            inputs = [source]
        for product in outputs:
            if product.removeprefix("gs://") in leave_out:
                continue
            graph.add_node(product)
            for one in inputs:
                graph.add_edge(one, product)
    return graph


def _tasks(run: aiplatform.PipelineJob) -> list[Any]:
    """The steps of a run that do something, in the order they were created."""
    found = [task for task in run.task_details if not task.task_name.startswith(HIDDEN)]
    return sorted(found, key=lambda task: task.task_id)


def _names(groups: Mapping[str, Any]) -> list[str]:
    """The addresses of artifacts, without the run's folder: gs://rows."""
    artifacts: Iterable[Any] = (one for group in groups.values() for one in group.artifacts)
    return [f"gs://{one.uri.rpartition('/')[2]}" for one in artifacts if one.schema_title != METRICS]


def _word(state: str) -> str:
    return WORDS.get(state, state.lower())
