"""Check data against a suite of expectations: a DataFrame with pandera, a BigQuery table with SQL, one report.

pandera runs the checks, all of them even if the first one fails, and hands back which rows failed. Three settings make
it fast on a million rows: checks return whole boolean arrays, only a few failing rows are copied into pandera's own
error message (the report reads the arrays instead), and the table is validated in place, since nothing is converted.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from mlops_helpers.governance.errors import DuplicateColumn, EmptyData
from mlops_helpers.governance.expectations import Expectation
from mlops_helpers.governance.report import Finding, QualityReport, gate
from mlops_helpers.governance.suites import Suite
from mlops_helpers.governance.verdicts import Context, Verdict, require_columns, verdict

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    import pandera.pandas as pandera
    from google.cloud import bigquery

__all__ = ["QualityReport", "check_quality", "gate", "pandera_schema"]

CASES_IN_MESSAGE = 3


def check_quality(
    data: pd.DataFrame | str,
    suite: Suite,
    *,
    as_of: datetime.datetime | None = None,
    references: Mapping[str, pd.DataFrame | str] | None = None,
    client: bigquery.Client | None = None,
) -> QualityReport:
    """Check a DataFrame, or the BigQuery table `project.dataset.table`, and report what fails.

    `as_of` is the aware moment of the check (needed by Fresh), `references` are the trusted tables by name (needed by
    AgreesWith; DataFrames or table ids, like `data`), `client` is needed for BigQuery, and so is a suite with a key.

    Raises MissingColumn, DuplicateColumn, EmptyData, NaiveTimestamp or InvalidSetting before anything is judged.
    """
    context = Context(as_of, references or {})
    if isinstance(data, str):
        from mlops_helpers.governance.sql import check_table

        return check_table(data, suite, client=client, context=context)
    _require_table(data, suite)
    verdicts = _run_pandera(data, suite, context)
    findings = tuple(_finding(item, verdicts[item.id], data, suite) for item in suite.expectations)
    return QualityReport(suite.name, len(data), findings, suite.key, suite.row_limit)


def pandera_schema(suite: Suite, judge: Callable[[Expectation, pd.DataFrame], object]) -> pandera.DataFrameSchema:
    """Return the suite as a pandera schema: a check per expectation, named after its id, on its column or on the table.

    `judge(expectation, frame)` returns a boolean Series, True where a row passes, or one boolean for the whole table.
    """
    import pandera.pandas as pandera

    def as_check(expectation: Expectation) -> pandera.Check:
        return pandera.Check(
            lambda data: judge(expectation, data if data.ndim == 2 else data.to_frame()),
            name=expectation.id,
            error=expectation.id,
            ignore_na=False,
            n_failure_cases=CASES_IN_MESSAGE,
        )

    def checks_on(names: tuple[str, ...]) -> list[pandera.Check]:
        return [as_check(item) for item in suite.expectations if item.columns == names]

    columns = {name: pandera.Column(nullable=True, checks=checks_on((name,))) for name in suite.columns}
    on_table = [as_check(item) for item in suite.expectations if len(item.columns) != 1]
    return pandera.DataFrameSchema(columns, checks=on_table, name=suite.name)


def _run_pandera(frame: pd.DataFrame, suite: Suite, context: Context) -> dict[str, Verdict]:
    """Validate lazily and return every verdict by expectation id; an error inside a check is raised as it is.

    The configuration is stated here because pandera's environment variables could otherwise switch the checks off.
    """
    import pandas as pd
    from pandera.config import ValidationDepth, config_context
    from pandera.errors import SchemaErrors

    checked: dict[str, int] = {}
    broken: list[Exception] = []

    def judge(expectation: Expectation, table: pd.DataFrame) -> pd.Series | bool:
        try:
            found = verdict(expectation, table, context)
        except Exception as error:
            broken.append(error)  # pandera would turn it into one more failed check
            raise
        checked[expectation.id] = found.checked
        return not found.failed if isinstance(found.failed, bool) else pd.Series(~found.failed, index=table.index)

    failures: dict[str, np.ndarray | bool] = {}
    try:
        with config_context(validation_enabled=True, validation_depth=ValidationDepth.SCHEMA_AND_DATA):
            pandera_schema(suite, judge).validate(frame.copy(deep=False), lazy=True, inplace=True)
    except SchemaErrors as errors:
        if broken:
            raise broken[0] from None
        failures = {error.check.name: _failed(error.check_output) for error in errors.schema_errors}
    return {name: Verdict(failures.get(name, False), count) for name, count in checked.items()}


def _failed(check_output: pd.Series | bool) -> np.ndarray | bool:
    """Turn pandera's "which passed" into "which failed"."""
    return not check_output if isinstance(check_output, bool) else ~check_output.to_numpy()


def _finding(expectation: Expectation, found: Verdict, frame: pd.DataFrame, suite: Suite) -> Finding:
    """Count the failures and name their rows: by key in rising order, or by index label in the order of the table."""
    if isinstance(found.failed, bool):
        return Finding(expectation, found.checked, int(found.failed))
    failed = int(found.failed.sum())
    if suite.key is None:
        labels = frame.index[found.failed][: suite.row_limit].tolist()
    else:
        labels = sorted(set(frame.loc[found.failed, suite.key].dropna()))[: suite.row_limit]
    return Finding(expectation, found.checked, failed, tuple(labels))


def _require_table(frame: pd.DataFrame, suite: Suite) -> None:
    """Refuse what cannot be checked, before anything is."""
    twice = sorted(set(frame.columns[frame.columns.duplicated()]))
    if twice:
        raise DuplicateColumn(f"{', '.join(map(repr, twice))} more than once among the columns of the data")
    if not len(frame):
        raise EmptyData(
            "a table without rows", "at least one row: an empty table passes every test and teaches nothing"
        )
    key = "" if suite.key is None or suite.key in frame else f" (the key of the suite, {suite.key!r}, names the rows)"
    require_columns(frame, suite.columns, f"the data checked by suite {suite.name!r}{key}")
