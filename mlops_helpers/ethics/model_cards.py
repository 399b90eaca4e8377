"""Model cards: what a model is for, how well it works for whom, and what it must not be used for.

The nine sections are those of Mitchell et al., "Model Cards for Model Reporting" (2019). Facts come from where they are
kept (registry, lineage, reports), judgement comes from people; a card with an empty section cannot be signed.

    card = model_card("lending", "3", {**card_facts(registry, "3", lineage=lineage), "intended_use": "...", ...})
    card.signed(Decision("refused", role="risk officer", by="grace", reason="women wait longer", on=today))
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from mlops_helpers.ethics.documents import Document, Template, fill, plain
from mlops_helpers.ethics.errors import EmptyData, InvalidSetting

if TYPE_CHECKING:
    import pandas as pd

    from mlops_helpers.governance.lineage import LineageGraph
    from mlops_helpers.tooling.registry import ModelRegistry

MODEL_CARD = Template(
    "model_card",
    "Model card",
    {
        "details": ("Model details", "who made it, when, which version and type, licence, where to ask"),
        "intended_use": ("Intended use", "for what and for whom it was made, and what it must not be used for"),
        "factors": ("Factors", "groups, instruments and surroundings in which it may behave differently"),
        "metrics": ("Metrics", "what was measured, why this, which thresholds, how the uncertainty was estimated"),
        "evaluation_data": ("Evaluation data", "which data, why these, how they were prepared"),
        "training_data": ("Training data", "the same of the training data, as far as it may be told"),
        "quantitative_analyses": ("Quantitative analyses", "results by factor and by intersection, with intervals"),
        "ethical_considerations": ("Ethical considerations", "who may be hurt, and how; what was done about it"),
        "caveats": ("Caveats and recommendations", "what was not tested, and what users should do about that"),
    },
)


def model_card(model: str, version: str, contents: Mapping[str, Any]) -> Document:
    """Return a card of a model's version; sections that are missing stay empty until it is to be signed.

    Raises `UnknownSection` for a section that cards do not have.
    """
    return fill(MODEL_CARD, subject_of(model, version), contents)


def subject_of(model: str, version: str) -> str:
    """Return how documents name a model's version."""
    if not str(model).strip() or not str(version).strip():
        raise InvalidSetting(f"the model {model!r} version {version!r}", "both", "Name them as the registry does.")
    return f"{model} version {version}"


def card_facts(registry: ModelRegistry, version: str, *, lineage: LineageGraph | None = None) -> dict[str, Any]:
    """Return the sections that are known already: `details` from the registry, `training_data` from the lineage.

    Two requests. Raises tooling's `UnknownVersion`.
    """
    model, approval = registry.get(version), registry.approval(version)
    details = {
        "model": registry.model,
        "version": model.version_id,
        "made by": approval.author,
        "registered": f"{model.version_create_time:%Y-%m-%d}",
        "description": model.version_description or "",
        "artifact": model.uri or "",
        "container": model.container_spec.image_uri if model.container_spec else "",
        "approval": approval.state,
    }
    facts: dict[str, Any] = {"details": {name: value for name, value in details.items() if value}}
    return facts if lineage is None else facts | {"training_data": data_from_lineage(lineage)}


def data_from_lineage(lineage: LineageGraph) -> pd.DataFrame:
    """Return the data a model was made of: artifact, rows, owner, sensitivity, made_from. Raises `EmptyData`."""
    table = lineage.table()
    if table.empty:
        raise EmptyData("a lineage without artifacts", "at least one", "Record the data first (governance.recording).")
    return table[["artifact", "rows", "owner", "sensitivity", "made_from"]]


def analysis_table(report: pd.DataFrame, *, digits: int = 3) -> pd.DataFrame:
    """Return a table of results for `quantitative_analyses`: numbers rounded, what is undefined says so.

    An index with a name (groups, mostly) becomes columns. Raises `EmptyData` for a table without rows.
    """
    if report.empty:
        raise EmptyData("a report without rows", "one row for each group", "Pass the table of a fairness report.")
    table = report.reset_index() if any(name is not None for name in report.index.names) else report
    return table.apply(lambda column: column.astype(object).map(lambda value: _rounded(plain(value), digits)))


def _rounded(value: Any, digits: int) -> Any:
    return round(value, digits) if isinstance(value, float) else value
