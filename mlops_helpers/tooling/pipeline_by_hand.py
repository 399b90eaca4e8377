"""The churn pipeline's work without a pipeline: train a candidate, judge it, release the very first one.

    champion, challenger = train_candidate(summer, settings), train_candidate(rows, settings)
    judge_candidate(challenger, champion)            the pipeline's own gate, on customers that neither has seen
    release_first(champion, run, by=…, why=…)        what a team does once, before there is a pipeline

These are the pipeline's own functions, so that a notebook and a run on Vertex AI cannot disagree.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mlops_helpers.tooling.errors import InvalidSetting
from mlops_helpers.tooling.given import need_columns, need_kind
from mlops_helpers.tooling.pipeline_data import split
from mlops_helpers.tooling.pipeline_evaluation import Evaluation, evaluate
from mlops_helpers.tooling.pipeline_registering import register
from mlops_helpers.tooling.pipeline_release import Release, release
from mlops_helpers.tooling.pipeline_settings import PipelineRun, PipelineSettings
from mlops_helpers.tooling.pipeline_training import fit, instances, to_bytes
from mlops_helpers.tooling.registry import CHAMPION, ModelRegistry

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Candidate:
    """A trained model, the rows it was trained on, and those that it has not seen."""

    model: Any
    training: pd.DataFrame
    held_out: pd.DataFrame
    settings: PipelineSettings

    def scores(self, rows: pd.DataFrame) -> pd.Series:
        """The probability of leaving for each row, with the index of `rows`."""
        import pandas as pd

        found = self.model.predict_proba(instances(rows, self.settings))[:, 1]
        return pd.Series(found, index=rows.index, name="score")


def train_candidate(rows: pd.DataFrame, settings: PipelineSettings) -> Candidate:
    """Divide the rows by customer and train on one part.

    Raises NothingToLearn for one class only, InvalidSetting for missing columns and for settings that are none.
    """
    _need_settings(settings)
    need_columns(rows, [settings.key, settings.label, *settings.features], "rows to train on")
    training, held_out = split(rows, settings)
    model, _ = fit(training, settings)
    return Candidate(model, training, held_out, settings)


def judge_candidate(
    challenger: Candidate, champion: Candidate | None = None, *, settings: PipelineSettings | None = None
) -> Evaluation:
    """Evaluate on the challenger's held-out customers, by the rules of `settings` (the challenger's own).

    A customer is held out by a hash of the key, so the champion has not seen these either. Raises InvalidSetting if the
    two take other features, or if there is no column of that name to divide the customers by.
    """
    for one in (challenger, champion):
        if one is not None:
            need_kind(one, Candidate, "a Candidate", "Make it with train_candidate().")
    told = challenger.settings if settings is None else settings
    _need_settings(told)
    for one in (challenger, champion):
        if one is not None and one.settings.features != told.features:
            found = f"a model that takes {', '.join(one.settings.features)}"
            raise InvalidSetting(found, f"one that takes {', '.join(told.features)}", "Compare models of one table.")
    need_columns(challenger.held_out, [told.segment, told.label], "held-out rows")
    return evaluate(challenger.model, champion and champion.model, challenger.held_out, told)


def release_first(candidate: Candidate, run: PipelineRun, *, by: str, why: str) -> Release:
    """Register a model, approve it because `by` says so, and deploy it as champion with all traffic.

    No gate is asked. Raises InvalidSetting if there is a champion already: then the pipeline and a rollout are the way.
    """
    from google.cloud import storage

    from mlops_helpers.tooling.pipeline_champion import now

    registry = ModelRegistry(run.settings.model, storage.Client().bucket(run.bucket), clock=now)
    if (known := registry.alias(CHAMPION)) is not None:
        found = f"version {known} of {run.settings.model} as champion"
        raise InvalidSetting(found, "a model without champion", "Let the pipeline compare with it.")
    evaluation = judge_candidate(candidate, settings=run.settings)
    registered = register(to_bytes(candidate.model), candidate.training, evaluation, run, reason=why)
    registry.approve(registered.version, by=by, why=why)
    return release(registered, run)


def _need_settings(settings: PipelineSettings) -> None:
    need_kind(settings, PipelineSettings, "PipelineSettings", "Make them with PipelineSettings.from_dict({...}).")
