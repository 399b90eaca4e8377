"""Challenge 1: data governance. Which data do we train on, may we, is it good, where did it come from?

Reading and checking
    reading       a CSV file, strictly: a damaged file is refused with the line or byte that is wrong
    expectations  what good data looks like, as data: seven dimensions, three severities; `suites` holds lists of them
    rules         small comparisons between columns, understood by pandas and by SQL
    quality       check a DataFrame or a BigQuery table; `report` names the failing rows and stops the pipeline
    profiling     one row of facts for each column, fast
    cleaning      repairs that record what they did to which rows
    loading       a DataFrame becomes a BigQuery table with a stated schema
    schema        types as a contract; `schema_changes` finds added, removed, retyped and perhaps renamed columns

    labelling     labels by a model, held against people: agreement beyond chance, and a person for the uncertain ones

Knowing where data came from
    artifacts     what is known about a version of a file, object or table (recording: files; cloud_artifacts: the rest)
    lineage       what was made from what, down to single rows (rowmap), as OpenLineage events, with a picture
    versions      generations in Cloud Storage, with restore; snapshots: the same for BigQuery tables (table_ids)

Who may see it, and for how long
    pii           find personal data in text and tables
    masking       protect a table by policy (masks: one value; pseudonyms: keyed)
    anonymity     k-anonymity, l-diversity, and the mildest generalisation that reaches k
    retention     how long data is kept, as lifecycle rules and expirations
    roles         owner, steward, custodian, consumer, auditor, as IAM bindings

Names listed in `PUBLIC` can be imported from here; their module is loaded only when one of them is used.
"""

from types import MappingProxyType

from mlops_helpers.lazy import lazy_names

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
        "check_quality": "quality",
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
        "load_table": "loading",
        "agreement": "labelling",
        "by_confidence": "labelling",
        "import_lines": "labelling",
        "label_items": "labelling",
        "LabelPrompt": "labelling",
        "as_png": "labelling",
        "publish_dataset": "labelling",
        "compare_schemas": "schema_changes",
        "require_compatible": "schema_changes",
        "SchemaChange": "schema_changes",
        "SchemaComparison": "schema_changes",
        "read_table": "reading",
        "Artifact": "artifacts",
        "Business": "artifacts",
        "Evidence": "artifacts",
        "Run": "artifacts",
        "read_artifact": "recording",
        "read_artifacts": "recording",
        "record_artifact": "recording",
        "verify": "recording",
        "RowMap": "rowmap",
        "LineageGraph": "lineage",
        "read_object_record": "cloud_artifacts",
        "record_object": "cloud_artifacts",
        "record_table": "cloud_artifacts",
        "verify_object": "cloud_artifacts",
        "verify_table": "cloud_artifacts",
        "list_versions": "versions",
        "put_version": "versions",
        "restore_version": "versions",
        "list_snapshots": "snapshots",
        "restore_table": "snapshots",
        "rows_as_of": "snapshots",
        "snapshot_table": "snapshots",
        "find_pii": "pii",
        "redact_text": "pii",
        "scan_pii": "pii",
        "summarise_pii": "pii",
        "age_band": "masks",
        "mask": "masks",
        "redact": "masks",
        "collision_bound": "pseudonyms",
        "pseudonymise": "pseudonyms",
        "protect": "masking",
        "generalisations": "anonymity",
        "k_anonymity": "anonymity",
        "l_diversity": "anonymity",
        "RetentionPolicy": "retention",
        "Rule": "retention",
        "apply_retention": "retention",
        "expire_table": "retention",
        "explain_retention": "retention",
        "what_is_due": "retention",
        "Grant": "roles",
        "Stewardship": "roles",
        "grant_on_bucket": "roles",
        "grant_on_dataset": "roles",
        "role_table": "roles",
    }
)

__all__ = sorted(PUBLIC)
__getattr__, __dir__ = lazy_names(__name__, PUBLIC)
