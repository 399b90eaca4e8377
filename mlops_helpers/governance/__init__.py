"""Challenge 1: data governance. Which data do we train on, may we, is it good, where did it come from?

Reading and checking
    reading       a CSV file, strictly: a damaged file is refused with the line or byte that is wrong
    expectations  what good data looks like, as data: seven dimensions, three severities
    rules         small comparisons between columns, understood by pandas and by SQL
    quality       check a DataFrame or a BigQuery table, report rows, stop the pipeline
    profiling     one row of facts for each column, fast
    cleaning      repairs that record what they did to which rows
    schema        what changed since last time: added, removed, retyped, perhaps renamed columns

Knowing where data came from, and who may see it
    artifacts, lineage, versions, pii, masking, anonymity, retention, roles

Names listed in `PUBLIC` can be imported from here; their module is loaded only when one of them is used.
"""

from importlib import import_module
from types import MappingProxyType

PUBLIC = MappingProxyType(
    {
        "AlreadyRecorded": "errors",
        "ArtifactChanged": "errors",
        "BadRule": "errors",
        "BadTable": "errors",
        "DuplicateColumn": "errors",
        "DuplicateId": "errors",
        "EmptyData": "errors",
        "GovernanceError": "errors",
        "InvalidSetting": "errors",
        "LineageCycle": "errors",
        "LineageError": "errors",
        "MissingColumn": "errors",
        "MissingTable": "errors",
        "NaiveTimestamp": "errors",
        "NotAnonymous": "errors",
        "PrivacyError": "errors",
        "QualityGateFailed": "errors",
        "RaggedRows": "errors",
        "RetentionConflict": "errors",
        "RoleConflict": "errors",
        "SchemaChanged": "errors",
        "UnknownArtifact": "errors",
        "UnknownExpectation": "errors",
        "UnknownStep": "errors",
        "UnreadableValue": "errors",
        "UnsafeName": "errors",
        "VersionConflict": "errors",
        "VersionNotFound": "errors",
        "WeakKey": "errors",
        "WrongEncoding": "errors",
        "AgreesWith": "expectations",
        "ColumnsExactly": "expectations",
        "DIMENSIONS": "expectations",
        "Expectation": "expectations",
        "Fresh": "expectations",
        "Informative": "expectations",
        "InRange": "expectations",
        "InSet": "expectations",
        "Matches": "expectations",
        "NotNull": "expectations",
        "RowCount": "expectations",
        "RowRule": "expectations",
        "SEVERITIES": "expectations",
        "TypeIs": "expectations",
        "Unique": "expectations",
        "Condition": "rules",
        "date": "rules",
        "instant": "rules",
        "Missing": "rules",
        "number": "rules",
        "text": "rules",
        "expectation_from_dict": "suites",
        "expectation_to_dict": "suites",
        "Suite": "suites",
        "suite_from_dict": "suites",
        "suite_to_dict": "suites",
        "check": "quality",
        "Finding": "report",
        "gate": "report",
        "QualityReport": "report",
        "suite_sql": "sql",
        "profile": "profiling",
        "CleaningLog": "cleaning",
        "Recipe": "cleaning",
        "Clip": "cleaning_steps",
        "DropColumn": "cleaning_steps",
        "DropDuplicates": "cleaning_steps",
        "DropWhere": "cleaning_steps",
        "FillMissing": "cleaning_steps",
        "Parse": "cleaning_steps",
        "Rename": "cleaning_steps",
        "Rescale": "cleaning_steps",
        "SetMissing": "cleaning_steps",
        "Field": "schema",
        "Schema": "schema",
        "schema_of": "schema",
        "to_bigquery_schema": "schema",
        "compare_schemas": "schema_changes",
        "require_compatible": "schema_changes",
        "SchemaChange": "schema_changes",
        "SchemaComparison": "schema_changes",
        "read_table": "reading",
    }
)

__all__ = sorted(PUBLIC)


def __getattr__(name: str) -> object:
    """Load the module that holds `name` when it is first asked for (PEP 562)."""
    if name not in PUBLIC:
        raise AttributeError(f"mlops_helpers.governance has no {name!r}; it offers: {', '.join(__all__)}")
    return getattr(import_module(f"{__name__}.{PUBLIC[name]}"), name)


def __dir__() -> list[str]:
    """List the public names, loaded or not, for tab completion."""
    return list(__all__)
