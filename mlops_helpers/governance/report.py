"""The report of a check: one finding per expectation, the rows that failed by name, and the gate that reads it."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

from mlops_helpers.governance.errors import InvalidSetting, QualityGateFailed, require_one_of
from mlops_helpers.governance.expectations import DIMENSIONS, SEVERITIES, Expectation

if TYPE_CHECKING:
    import pandas as pd

EXAMPLES = 5  # row labels shown in the table


@dataclass(frozen=True)
class Finding:
    """What one expectation found: exact counts, and the labels of failed rows (up to the check's `row_limit`).

    Expectations about the table as a whole count one check and no rows.
    """

    expectation: Expectation
    checked: int
    failed: int
    rows: tuple = ()

    @property
    def share(self) -> float:
        """Return the failed share of what could be judged, 0 where nothing could."""
        return self.failed / self.checked if self.checked else 0.0


@dataclass(frozen=True)
class QualityReport:
    """All findings of one suite on one data set.

    `key` names the column whose values label the rows; without it the labels are those of the DataFrame's index.
    """

    suite: str
    rows: int
    findings: tuple[Finding, ...]
    key: str | None = None
    row_limit: int = 10_000

    @property
    def passed(self) -> bool:
        """Return whether no expectation failed, whatever its severity."""
        return not any(finding.failed for finding in self.findings)

    @property
    def table(self) -> pd.DataFrame:
        """Return one row per expectation, in the order of the suite."""
        import pandas as pd

        columns = ["expectation", "dimension", "column", "severity", "checked", "failed", "share", "examples"]
        return pd.DataFrame([_line(finding) for finding in self.findings], columns=columns)

    @property
    def by_dimension(self) -> pd.DataFrame:
        """Return expectations, failed expectations and failed rows of the seven dimensions, also those not covered."""
        import pandas as pd

        lines = []
        for dimension in DIMENSIONS:
            found = [finding for finding in self.findings if finding.expectation.dimension == dimension]
            failing = [finding for finding in found if finding.failed]
            lines.append((dimension, len(found), len(failing), sum(finding.failed for finding in failing)))
        return pd.DataFrame(lines, columns=["dimension", "expectations", "failing", "failed_rows"])

    def finding(self, expectation_id: str) -> Finding:
        """Return one finding. Raises InvalidSetting, with the ids there are, for an unknown id."""
        ids = {finding.expectation.id: finding for finding in self.findings}
        require_one_of(expectation_id, tuple(ids), "expectation")
        return ids[expectation_id]

    def failures(self, expectation_id: str) -> tuple:
        """Return the labels of the rows that failed one expectation, up to `row_limit` of them."""
        return self.finding(expectation_id).rows

    def failed_rows(self, frame: pd.DataFrame, expectation_id: str | None = None) -> pd.DataFrame:
        """Return the rows of the checked table that failed one expectation, or any of them.

        Raises InvalidSetting if more rows failed than the report was allowed to list.
        """
        found = self.findings if expectation_id is None else (self.finding(expectation_id),)
        for finding in found:
            if len(finding.rows) >= self.row_limit:
                raise InvalidSetting(
                    f"{len(finding.rows)} of {finding.failed} failed rows listed for {finding.expectation.id}",
                    "a report that lists every failed row",
                    "check again with a larger row_limit",
                )
        labels = {label for finding in found for label in finding.rows}
        return frame[(frame.index if self.key is None else frame[self.key]).isin(labels)]

    def to_dict(self) -> dict:
        """Return the report as JSON-able values; equal reports give equal dictionaries."""
        return {
            "suite": self.suite,
            "rows": self.rows,
            "key": self.key,
            "passed": self.passed,
            "findings": [_plain(finding) for finding in self.findings],
        }

    def _repr_html_(self) -> str:
        verdict = "passed" if self.passed else "failed"
        return f"<p><b>{escape(self.suite)}</b>: {verdict}, {self.rows:,} rows</p>{_html(self.table)}"


def gate(report: QualityReport, *, stop_at: str = "stop") -> QualityReport:
    """Return the report if nothing of severity `stop_at` or above failed; otherwise stop the pipeline.

    Raises QualityGateFailed with the ids, the counts and the first rows of all such failures.
    """
    require_one_of(stop_at, SEVERITIES, "stop_at")
    stopping = SEVERITIES[SEVERITIES.index(stop_at) :]
    failures = [item for item in report.findings if item.failed and item.expectation.severity in stopping]
    if not failures:
        return report
    raise QualityGateFailed(
        "; ".join(_sentence(finding) for finding in failures),
        f"no failure of severity {' or '.join(reversed(stopping))} in suite {report.suite!r}",
        failures={finding.expectation.id: finding.failed for finding in failures},
    )


def _line(finding: Finding) -> tuple:
    item = finding.expectation
    examples = ", ".join(str(label) for label in finding.rows[:EXAMPLES])
    more = ", …" if len(finding.rows) > EXAMPLES else ""
    counts = finding.checked, finding.failed, finding.share
    return item.id, item.dimension, ", ".join(item.columns), item.severity, *counts, examples + more


def _sentence(finding: Finding) -> str:
    rows = ", ".join(repr(label) for label in finding.rows[:EXAMPLES])
    first = f" (first: {rows})" if rows else ""
    return f"{finding.expectation.id} failed {finding.failed} of {finding.checked}{first}"


def _plain(finding: Finding) -> dict:
    item = finding.expectation
    return {
        "expectation": item.id,
        "dimension": item.dimension,
        "columns": list(item.columns),
        "severity": item.severity,
        "checked": finding.checked,
        "failed": finding.failed,
        "share": round(finding.share, 6),
        "examples": [row if isinstance(row, int | float | str) else str(row) for row in finding.rows[:EXAMPLES]],
    }


def _html(table: pd.DataFrame) -> str:
    """Return the table with failing lines in bold: weight, unlike colour, also survives a grey printer."""
    names, failed = table["expectation"].map(escape), table["failed"]
    bold = [f"<b>{name}</b>" if count else name for name, count in zip(names, failed, strict=True)]
    shown = table.assign(expectation=bold, column=table["column"].map(escape), examples=table["examples"].map(escape))
    return shown.to_html(index=False, escape=False, border=0, formatters={"share": "{:.2%}".format})
