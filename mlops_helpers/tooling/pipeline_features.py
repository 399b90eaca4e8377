"""Features in the feature store: a BigQuery table, and a feature group that says what its columns are.

Offline and on Vertex AI the same: the store's offline half *is* the table. Running twice changes nothing: the table
is replaced, the group and its features are made once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlops_helpers.governance.loading import load_table
from mlops_helpers.tooling.pipeline_settings import PipelineRun

if TYPE_CHECKING:
    import pandas as pd
    from google.cloud import bigquery

TIME = "feature_timestamp"  # the column that the feature store looks for


def feature_rows(rows: pd.DataFrame, run: PipelineRun) -> pd.DataFrame:
    """Key, moment and features, in this order: what the feature store holds of each customer. No label."""
    import pandas as pd

    settings = run.settings
    found = rows[[settings.key, *settings.features]].copy()
    found.insert(1, TIME, pd.Timestamp(run.moment).tz_convert("UTC"))
    return found


def write_features(rows: pd.DataFrame, run: PipelineRun, client: bigquery.Client) -> int:
    """Write the feature table and register its columns; gives the number of features that are new."""
    load_table(client, feature_rows(rows, run), run.feature_table, replace=True)
    group = _group(run)
    known = {feature.name for feature in group.list_features()}
    missing = [name for name in run.settings.features if name not in known]
    for name in missing:
        group.create_feature(name)
    return len(missing)


def _group(run: PipelineRun) -> Any:
    """The feature group over the feature table, made if it is not there."""
    from google.api_core.exceptions import NotFound
    from vertexai.resources.preview import feature_store
    from vertexai.resources.preview.feature_store import utils

    try:
        return feature_store.FeatureGroup(run.feature_group)
    except NotFound:
        source = utils.FeatureGroupBigQuerySource(uri=f"bq://{run.feature_table}", entity_id_columns=[run.settings.key])
        return feature_store.FeatureGroup.create(name=run.feature_group, source=source)
