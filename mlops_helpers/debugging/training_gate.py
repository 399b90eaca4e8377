"""Fail fast: the quality gate of challenge 1 in front of training, and the training schema in front of predicting.

    trained = train_behind_gate(customers, suite, fit)        nothing is trained if the gate stops
    trained.model, trained.report, trained.schema
    require_inputs(trained.schema, requests, without=["churned"])     what is served looks like what was trained on

A model trained on broken rows costs more than one that was not trained: it looks like a model.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mlops_helpers.debugging.errors import InvalidSetting, MissingColumn
from mlops_helpers.governance.errors import QualityGateFailed
from mlops_helpers.governance.quality import check_quality
from mlops_helpers.governance.report import QualityReport, gate
from mlops_helpers.governance.schema import Schema, schema_of
from mlops_helpers.governance.schema_changes import SchemaComparison, require_compatible
from mlops_helpers.governance.suites import Suite

if TYPE_CHECKING:
    import datetime as dt

    import pandas as pd

LOGGER = logging.getLogger(__name__)


@dataclass(frozen=True)
class Trained:
    """What `train` returned, the report that let it through, and the schema of the rows it was trained on."""

    model: Any
    report: QualityReport
    schema: Schema


def train_behind_gate(
    table: pd.DataFrame,
    quality: Suite | QualityReport,
    train: Callable[[pd.DataFrame], Any],
    *,
    agreed: Schema | None = None,
    as_of: dt.datetime | None = None,
    stop_at: str = "stop",
) -> Trained:
    """Check a table and train on it only if nothing of severity `stop_at` or above is wrong.

    `quality` is a suite, or the report of a check of this very table; `agreed` a schema it has to match; `as_of` the
    moment of the check, for suites that look at times. Raises, before `train` is called: `QualityGateFailed` with the
    failed rows by name, `SchemaChanged`, and what `check_quality` raises; `InvalidSetting` for another table's report.
    """
    schema = schema_of(table)
    if agreed is not None:
        require_compatible(agreed, schema, stop_at=stop_at)
    report = quality if isinstance(quality, QualityReport) else check_quality(table, quality, as_of=as_of)
    if report.rows != len(table):
        found = f"a report on {report.rows:,} rows and a table of {len(table):,}"
        raise InvalidSetting(found, "the report of this table", "Check the table that you train on, or pass the suite.")
    try:
        gate(report, stop_at=stop_at)
    except QualityGateFailed as stopped:
        LOGGER.info("Nothing was trained: %s", stopped.found)
        raise
    return Trained(train(table), report, schema)


def require_inputs(
    trained_on: Schema, inputs: pd.DataFrame, *, without: Iterable[str] = (), stop_at: str = "stop"
) -> SchemaComparison:
    """Return how inputs differ from what the model was trained on, or raise `SchemaChanged` if they must not be used.

    `without` names columns that only training has, such as the label. New columns, new missing values and whole numbers
    that became numbers are let through; columns that are gone, retyped or seem renamed are not.
    """
    absent = set(without)
    if unknown := sorted(absent - set(trained_on.names)):
        raise MissingColumn(f"no column {unknown} in the schema", f"some of {list(trained_on.names)}", "Correct it.")
    wanted = Schema(tuple(item for item in trained_on.fields if item.name not in absent))
    return require_compatible(wanted, schema_of(inputs), stop_at=stop_at)
