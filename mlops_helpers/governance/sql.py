"""Check a BigQuery table where it lies: the suite runs as one SQL statement and answers with the usual report."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlops_helpers.governance.errors import EmptyData, InvalidSetting, MissingColumn, MissingTable
from mlops_helpers.governance.expectations import AgreesWith, ColumnsExactly, Expectation, Informative, RowCount
from mlops_helpers.governance.report import Finding, QualityReport
from mlops_helpers.governance.sql_statement import Tables, statement
from mlops_helpers.governance.sql_values import Source, quote_table
from mlops_helpers.governance.suites import Suite
from mlops_helpers.governance.verdicts import Context, informs

if TYPE_CHECKING:
    from google.cloud import bigquery


def check_table(table: str, suite: Suite, *, client: bigquery.Client, context: Context) -> QualityReport:
    """Check the table `project.dataset.table` in BigQuery; `quality.check_quality` documents the arguments.

    Raises MissingTable, MissingColumn, EmptyData, NaiveTimestamp, UnsafeName or InvalidSetting.
    """
    from google.cloud import bigquery

    tables = _describe(table, suite, client=client, context=context)
    sql, parameters = statement(suite, tables, context)
    config = bigquery.QueryJobConfig(query_parameters=parameters.for_query())
    counts, rows = _answer(client.query_and_wait(sql, job_config=config))
    if not counts["total"]:
        raise EmptyData(f"no rows in {table}", "at least one row: an empty table passes every test and teaches nothing")
    names = tuple(tables.source.types)
    findings = (_finding(n, item, counts, (rows, names)) for n, item in enumerate(suite.expectations))
    return QualityReport(suite.name, counts["total"], tuple(findings), suite.key, suite.row_limit)


def suite_sql(table: str, suite: Suite, *, client: bigquery.Client, context: Context) -> str:
    """Return the statement that `check_table` would run, to read it or to run it elsewhere."""
    return statement(suite, _describe(table, suite, client=client, context=context), context)[0]


def _describe(table: str, suite: Suite, *, client: bigquery.Client, context: Context) -> Tables:
    """Ask BigQuery for the column types of the table and of the trusted tables, and refuse absent columns."""
    if client is None or suite.key is None:
        raise InvalidSetting(
            f"no {'client' if client is None else 'key'} to check the BigQuery table {table}",
            "a client to ask, and a suite whose key names the rows",
            "pass client=bigquery.Client() and a Suite(…, key='the column that names a row')",
        )
    source = _source(table, "checked", client, suite.columns, key=suite.key)
    references = {}
    for number, item in enumerate(suite.expectations):
        if isinstance(item, AgreesWith):
            references[item.reference] = _source(context.reference(item), f"source_{number}", client, item.columns)
    return Tables(table, source, suite.key, references)


def _source(
    table: str, alias: str, client: bigquery.Client, needed: tuple[str, ...], *, key: str | None = None
) -> Source:
    from google.api_core.exceptions import NotFound

    quote_table(table)
    try:
        types = {field.name: field.field_type for field in client.get_table(table).schema}
    except NotFound as error:
        raise MissingTable(f"no table {table} in BigQuery") from error
    absent = [name for name in dict.fromkeys(needed) if name not in types]
    if absent:
        told = f" (the key of the suite, {key!r}, names the rows)" if key in absent else ""
        found = f"no column {', '.join(map(repr, absent))} in {table}{told}"
        raise MissingColumn(found, f"one of: {', '.join(types)}")
    return Source(alias, types)


def _answer(result: object) -> tuple[dict, dict[int, list]]:
    """Split the answer into the line of counts and the failing rows of each expectation."""
    counts: dict = {}
    rows: dict[int, list] = {}
    for line in result:
        number = line.get("number")
        if number is None:
            counts = dict(line.items())
        else:
            rows.setdefault(number, []).append(line["row_key"])
    return counts, rows


def _finding(number: int, expectation: Expectation, counts: dict, answer: tuple[dict, tuple[str, ...]]) -> Finding:
    rows, names = answer
    match expectation:
        case RowCount():
            return Finding(expectation, 1, int(not expectation.holds_for(counts["total"])))
        case ColumnsExactly():
            return Finding(expectation, 1, int(not expectation.holds_for(names)))
        case Informative():
            levels, top, known = (counts[f"{name}_{number}"] for name in ("levels", "top", "known"))
            return Finding(expectation, 1, int(not informs(expectation, levels=levels, top=top, rows=known)))
    labels = tuple(sorted(rows.get(number, ())))
    return Finding(expectation, counts[f"checked_{number}"], counts[f"failed_{number}"], labels)
