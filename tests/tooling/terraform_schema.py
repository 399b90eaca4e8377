"""Terraform's JSON syntax and the arguments of the google provider that the course uses, as a JSON Schema.

Written by hand from the provider's documentation, not from the code under test: an argument that the provider does not
know, or one that it requires and that is missing, is an error.
"""

TEXT, NUMBER, FLAG = {"type": "string"}, {"type": "integer"}, {"type": "boolean"}
TEXTS, LABELS = {"type": "array", "items": TEXT}, {"type": "object", "additionalProperties": TEXT}
NAME = r"^[a-z][a-z0-9_]*$"
ADDRESS = r"^google_[a-z_]+\.[a-z][a-z0-9_]*$"


def block(required="", **properties):
    """A block: known arguments only, `//` for remarks, `depends_on` everywhere."""
    known = {**properties, "//": {}, "depends_on": {"type": "array", "items": {"pattern": ADDRESS}}}
    return {"type": "object", "properties": known, "required": required.split(), "additionalProperties": False}


def many(item):
    return {"type": "array", "items": item, "minItems": 1}


def named(item):
    return {"type": "object", "propertyNames": {"pattern": NAME}, "additionalProperties": item}


CONDITION = block(
    age=NUMBER,
    created_before=TEXT,
    with_state=TEXT,
    matches_storage_class=TEXTS,
    matches_prefix=TEXTS,
    num_newer_versions=NUMBER,
    send_age_if_zero=FLAG,
)
AGGREGATION = block(alignment_period=TEXT, per_series_aligner=TEXT, cross_series_reducer=TEXT, group_by_fields=TEXTS)
THRESHOLD = block(
    "comparison duration",
    comparison=TEXT,
    duration=TEXT,
    filter=TEXT,
    threshold_value={"type": "number"},
    aggregations=many(AGGREGATION),
)
LABEL = block("key", key=TEXT, value_type=TEXT, description=TEXT)
SOURCE = block("uri entity_id_columns", uri=TEXT, entity_id_columns=TEXTS)
GROUPS = block("feature_group_id feature_ids", feature_group_id=TEXT, feature_ids=TEXTS)

RESOURCES = {
    "google_storage_bucket": block(
        "name location",
        name=TEXT,
        location=TEXT,
        storage_class=TEXT,
        labels=LABELS,
        uniform_bucket_level_access=FLAG,
        public_access_prevention={"enum": ["inherited", "enforced"]},
        versioning=block("enabled", enabled=FLAG),
        soft_delete_policy=block(retention_duration_seconds=NUMBER),
        retention_policy=block("retention_period", retention_period=NUMBER, is_locked=FLAG),
        lifecycle_rule=many(
            block("action condition", action=block("type", type=TEXT, storage_class=TEXT), condition=CONDITION)
        ),
    ),
    "google_bigquery_dataset": block(
        "dataset_id",
        dataset_id=TEXT,
        location=TEXT,
        labels=LABELS,
        description=TEXT,
        friendly_name=TEXT,
        default_table_expiration_ms=NUMBER,
    ),
    "google_bigquery_table": block(
        "dataset_id table_id",
        dataset_id=TEXT,
        table_id=TEXT,
        schema=TEXT,
        labels=LABELS,
        description=TEXT,
        deletion_protection=FLAG,
        clustering=TEXTS,
        time_partitioning=block("type", type=TEXT, field=TEXT, expiration_ms=NUMBER),
        range_partitioning=block(
            "field range", field=TEXT, range=block("start end interval", start=NUMBER, end=NUMBER, interval=NUMBER)
        ),
        view=block("query", query=TEXT, use_legacy_sql=FLAG),
    ),
    "google_vertex_ai_endpoint": block(
        "name display_name location", name=TEXT, display_name=TEXT, location=TEXT, description=TEXT, labels=LABELS
    ),
    "google_vertex_ai_tensorboard": block("display_name", display_name=TEXT, region=TEXT, labels=LABELS),
    "google_vertex_ai_dataset": block(
        "display_name metadata_schema_uri", display_name=TEXT, metadata_schema_uri=TEXT, region=TEXT, labels=LABELS
    ),
    "google_vertex_ai_feature_group": block(
        name=TEXT,
        region=TEXT,
        labels=LABELS,
        description=TEXT,
        big_query=block(
            "big_query_source",
            big_query_source=block("input_uri", input_uri=TEXT),
            entity_id_columns=TEXTS,
        ),
    ),
    "google_vertex_ai_feature_group_feature": block(
        "name region feature_group", name=TEXT, region=TEXT, feature_group=TEXT, labels=LABELS, description=TEXT
    ),
    "google_vertex_ai_feature_online_store": block(
        "name",
        name=TEXT,
        region=TEXT,
        labels=LABELS,
        optimized=block(),
        bigtable=block(
            "auto_scaling",
            auto_scaling=block(
                "min_node_count max_node_count",
                min_node_count=NUMBER,
                max_node_count=NUMBER,
                cpu_utilization_target=NUMBER,
            ),
        ),
    ),
    "google_vertex_ai_feature_online_store_featureview": block(
        "feature_online_store region",
        name=TEXT,
        region=TEXT,
        labels=LABELS,
        feature_online_store=TEXT,
        big_query_source=SOURCE,
        sync_config=block(cron=TEXT),
        feature_registry_source=block("feature_groups", feature_groups=many(GROUPS)),
    ),
    "google_logging_project_sink": block(
        "name destination", name=TEXT, destination=TEXT, filter=TEXT, description=TEXT, unique_writer_identity=FLAG
    ),
    "google_logging_metric": block(
        "name filter",
        name=TEXT,
        filter=TEXT,
        description=TEXT,
        metric_descriptor=block(
            "metric_kind value_type", metric_kind=TEXT, value_type=TEXT, unit=TEXT, labels=many(LABEL)
        ),
    ),
    "google_monitoring_metric_descriptor": block(
        "type metric_kind value_type description display_name",
        type=TEXT,
        metric_kind=TEXT,
        value_type=TEXT,
        description=TEXT,
        display_name=TEXT,
        unit=TEXT,
        labels=many(LABEL),
    ),
    "google_monitoring_notification_channel": block(
        "type", type=TEXT, display_name=TEXT, labels=LABELS, user_labels=LABELS, enabled=FLAG
    ),
    "google_monitoring_alert_policy": block(
        "display_name combiner conditions",
        display_name=TEXT,
        combiner={"enum": ["AND", "OR", "AND_WITH_MATCHING_RESOURCE"]},
        enabled=FLAG,
        notification_channels=TEXTS,
        documentation=block(content=TEXT, mime_type=TEXT),
        conditions=many(block("display_name", display_name=TEXT, condition_threshold=THRESHOLD)),
    ),
}
FILE = block(
    "terraform provider variable",
    terraform=block(
        required_version=TEXT, required_providers=named(block("source version", source=TEXT, version=TEXT))
    ),
    provider={"type": "object", "additionalProperties": block(project=TEXT, region=TEXT)},
    variable=named(block("type", type={"const": "string"}, description=TEXT, default=TEXT)),
    output=named(block("value", value={"type": "object", "additionalProperties": TEXT}, description=TEXT)),
    resource={
        "type": "object",
        "properties": {type: named(arguments) for type, arguments in RESOURCES.items()},
        "additionalProperties": False,
    },
    **{"import": many(block("to id", to={"pattern": ADDRESS}, id=TEXT))},
)
