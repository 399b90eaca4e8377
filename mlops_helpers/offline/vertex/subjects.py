"""The subjects that the offline Vertex AI knows: one module each, every one read for behaviours and `GENERIC`.

The order does not matter: no two modules may claim the same RPC.
"""

SUBJECTS: tuple[str, ...] = (
    "models",
    "evaluations",
    "endpoints",
    "predictions",
    "datasets",
    "batch",
    "custom_jobs",
    "training_pipelines",
    "tuning",
    "pipelines.jobs",
    "pipelines.schedules",
    "feature_store",
    "monitoring.monitors",
    "monitoring.deployments",
    "metadata",
    "metadata_schemas",
    "lineage",
    "tensorboard",
    "tensorboard_data",
    "evals",
)
