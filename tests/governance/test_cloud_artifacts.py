"""Records of objects and tables: facts come from the service, and a change there is noticed."""

import datetime as dt

import pytest

from mlops_helpers.governance.artifacts import Business, Evidence, Run
from mlops_helpers.governance.cloud_artifacts import (
    read_object_record,
    record_object,
    record_table,
    verify_object,
    verify_table,
)
from mlops_helpers.governance.errors import AlreadyRecorded, ArtifactChanged, InvalidSetting, UnknownArtifact
from mlops_helpers.governance.lineage import LineageGraph
from mlops_helpers.governance.recording import record_artifact
from mlops_helpers.governance.rowmap import RowMap
from mlops_helpers.governance.versions import put_version

ABOUT = Business("Customers", "Ana Ruiz", "Bo Lind", "churn model", "personal")
RUN = Run("run-1", "upload", dt.datetime(2026, 3, 1, 12, tzinfo=dt.UTC))


@pytest.fixture
def local(tmp_path):
    (tmp_path / "raw.csv").write_text("id\n1\n2\n")
    return record_artifact("raw.csv", ABOUT, RUN, root=tmp_path)


@pytest.fixture
def blob(bucket, local, tmp_path):
    return put_version(bucket, tmp_path / "raw.csv", "raw/churn.csv")


def test_object_takes_over_what_is_known_of_the_file(blob, local, bucket, tmp_path):
    artifact = record_object(blob, ABOUT, RUN, evidence=Evidence(inputs=(local,)), root=tmp_path)

    assert artifact.id == f"gs://{bucket.name}/raw/churn.csv#{blob.generation}"
    assert (artifact.sha256, artifact.rows, artifact.schema) == (local.sha256, 2, {"id": "string"})
    assert artifact.facts["crc32c"] == blob.crc32c
    assert LineageGraph.read(tmp_path).edges == [(local.id, artifact.id)]


def test_every_generation_that_still_holds_a_row_is_found(blob, local, bucket, tmp_path):
    """Uploads are copies, so rows keep their labels; a generation that was recorded is a node of its own."""
    copy = Evidence(inputs=(local,))
    record_object(blob, ABOUT, RUN, evidence=copy, root=tmp_path)
    record_object(put_version(bucket, tmp_path / "raw.csv", "raw/churn.csv"), ABOUT, RUN, evidence=copy, root=tmp_path)
    graph = LineageGraph.read(tmp_path)

    table = graph.where_is(local.id, [1])

    assert table["count"].tolist() == [1, 1, 1]
    assert table["certain"].all()
    assert graph.trace_rows(table["artifact"][2], [1]).values.tolist() == [[1, local.id, 1, True]]


def test_record_beside_the_object_is_written_once(blob):
    artifact = record_object(blob, ABOUT, RUN)

    assert read_object_record(blob) == artifact
    with pytest.raises(AlreadyRecorded, match=str(blob.generation)):
        record_object(blob, ABOUT, RUN)


def test_generation_that_was_not_recorded_is_unknown(blob, local):
    with pytest.raises(UnknownArtifact, match="no record of generation"):
        read_object_record(blob)
    with pytest.raises(InvalidSetting, match="pass root"):
        record_object(blob, ABOUT, RUN, evidence=Evidence(row_maps={local.id: RowMap.of([(0, 0)])}))


def test_object_verifies_until_its_generation_is_gone(blob, bucket, tmp_path):
    artifact = record_object(blob, ABOUT, RUN, root=tmp_path)
    put_version(bucket, tmp_path / "raw.csv", "raw/churn.csv")

    assert verify_object(artifact, bucket.client) is artifact
    bucket.delete_blob("raw/churn.csv", generation=blob.generation)
    with pytest.raises(ArtifactChanged, match="any more"):
        verify_object(artifact, bucket.client)


def test_forged_record_does_not_verify(blob, bucket):
    artifact = record_object(blob, ABOUT, RUN)
    artifact.facts["crc32c"] = "AAAAAA=="

    with pytest.raises(ArtifactChanged, match="AAAAAA=="):
        verify_object(artifact, bucket.client)


def test_table_is_recorded_and_a_change_is_noticed(bigquery_client, dataset, tmp_path):
    name = f"{dataset.project}.{dataset.dataset_id}.churn"
    bigquery_client.query_and_wait(f"CREATE TABLE `{name}` AS SELECT 'C1' AS customer_id, 41 AS age")

    artifact = record_table(bigquery_client.get_table(name), ABOUT, RUN, root=tmp_path)

    assert artifact.id.startswith(f"bq://{name}@20")
    assert (artifact.rows, artifact.schema) == (1, {"customer_id": "STRING", "age": "INTEGER"})
    assert LineageGraph.read(tmp_path).artifacts == {artifact.id: artifact}
    assert verify_table(artifact, bigquery_client) is artifact
    bigquery_client.query_and_wait(f"INSERT INTO `{name}` VALUES ('C2', 37)")
    with pytest.raises(ArtifactChanged, match="with 2 rows"):
        verify_table(artifact, bigquery_client)
    bigquery_client.delete_table(name)
    with pytest.raises(ArtifactChanged, match="any more"):
        verify_table(artifact, bigquery_client)
