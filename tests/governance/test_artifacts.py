"""Recording files: what is measured, what is refused, and that a changed byte is noticed."""

import datetime as dt
import hashlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlops_helpers.governance.artifacts import Artifact, Business, Evidence, Run
from mlops_helpers.governance.errors import (
    AlreadyRecorded,
    ArtifactChanged,
    BadTable,
    EmptyData,
    InvalidSetting,
    LineageError,
    NaiveTimestamp,
    UnknownArtifact,
    UnsafeName,
    WrongEncoding,
)
from mlops_helpers.governance.files import check_name, write_whole
from mlops_helpers.governance.openlineage import dataset_name, from_event, to_event
from mlops_helpers.governance.recording import read_artifact, read_artifacts, read_row_map, record_artifact, verify
from mlops_helpers.governance.rowmap import RowMap

NOON = dt.datetime(2026, 3, 1, 12, tzinfo=dt.UTC)
ABOUT = Business("Customers of the phone company", "Ana Ruiz", "Bo Lind", "churn model", "personal")
RUN = Run("run-1", "prepare", NOON, "daily")
CSV = b'customer_id,notes\nC1,"two\nlines"\nC2,\n'


@pytest.fixture
def raw(tmp_path):
    (tmp_path / "raw.csv").write_bytes(CSV)
    return record_artifact("raw.csv", ABOUT, RUN, root=tmp_path)


def test_file_is_measured(raw):
    digest = hashlib.sha256(CSV).hexdigest()

    assert (raw.sha256, raw.bytes, raw.rows) == (digest, len(CSV), 2)
    assert raw.schema == {"customer_id": "string", "notes": "string"}
    assert raw.id == f"raw.csv@{digest[:12]}"


def test_record_is_read_back_equal_and_verifies(raw, tmp_path):
    again = read_artifact("raw.csv", root=tmp_path)

    assert again == raw
    assert verify(again, root=tmp_path) is again
    assert read_artifacts(tmp_path) == [raw]


def test_one_changed_byte_is_noticed(raw, tmp_path):
    (tmp_path / "raw.csv").write_bytes(CSV.replace(b"C2", b"C3"))

    with pytest.raises(ArtifactChanged, match=f"{raw.sha256[:12]}… and {len(CSV)} bytes, as recorded by 'run-1'"):
        verify(raw, root=tmp_path)


def test_lost_file_is_noticed(raw, tmp_path):
    (tmp_path / "raw.csv").unlink()

    with pytest.raises(ArtifactChanged, match="any more"):
        verify(raw, root=tmp_path)


@pytest.mark.parametrize(
    "name", ["../x", "a/../x", "/x", "C:x", "C:\\x", "a\\b", "a\x00b", "a\nb", "", ".", "a//b", "a/", "`a`", "x" * 1025]
)
def test_unsafe_names_are_refused_and_nothing_is_written(name, tmp_path):
    folder = tmp_path / "data"
    folder.mkdir()

    with pytest.raises(UnsafeName, match="relative name"):
        record_artifact(name, ABOUT, RUN, root=folder)

    assert [path.name for path in tmp_path.rglob("*")] == ["data"]


@given(st.text(max_size=20))
def test_a_name_that_passes_stays_in_its_folder(name):
    try:
        check_name(name)
    except UnsafeName:
        return
    assert not name.startswith("/")
    assert ".." not in name.split("/")
    assert name.isprintable()


def test_a_symbolic_link_out_of_the_folder_is_refused(tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "link").symlink_to(tmp_path)
    (tmp_path / "secret.csv").write_bytes(CSV)

    with pytest.raises(UnsafeName, match="symbolic link"):
        record_artifact("link/secret.csv", ABOUT, RUN, root=tmp_path / "data")


def test_time_without_zone_is_refused():
    with pytest.raises(NaiveTimestamp, match="recorded_at"):
        Run("run-1", "prepare", dt.datetime(2026, 3, 1))


def test_unknown_sensitivity_is_refused():
    with pytest.raises(InvalidSetting, match=r"'secret'.*personal"):
        Business("x", "a", "b", "c", "secret")


@pytest.mark.parametrize(
    ("name", "content", "error"),
    [
        ("empty.csv", b"", EmptyData),
        ("latin.csv", "name\nJürgen\n".encode("latin-1"), WrongEncoding),
        ("broken.parquet", b"PAR1", BadTable),
    ],
)
def test_file_that_is_not_what_it_says_is_refused_before_writing(name, content, error, tmp_path):
    (tmp_path / name).write_bytes(content)

    with pytest.raises(error, match=name):
        record_artifact(name, ABOUT, RUN, root=tmp_path)

    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_absent_file_and_absent_record_are_named(tmp_path):
    with pytest.raises(UnknownArtifact, match=r"no file 'x\.csv'"):
        record_artifact("x.csv", ABOUT, RUN, root=tmp_path)
    with pytest.raises(UnknownArtifact, match=r"no metadata for 'x\.csv'"):
        read_artifact("x.csv", root=tmp_path)


def test_within_one_run_a_name_stands_for_one_content(raw, tmp_path):
    assert record_artifact("raw.csv", ABOUT, RUN, root=tmp_path) == raw
    (tmp_path / "raw.csv").write_bytes(CSV + b"C3,\n")

    with pytest.raises(AlreadyRecorded, match="run-1"):
        record_artifact("raw.csv", ABOUT, RUN, root=tmp_path)
    assert record_artifact("raw.csv", ABOUT, Run("run-2", "prepare", NOON), root=tmp_path).rows == 3


def test_making_is_recorded_with_row_map_and_column_sources(raw, tmp_path):
    (tmp_path / "clean.csv").write_bytes(b"customer_id,length\nC1,9\n")
    rows = RowMap.kept([0, 1], [0])
    evidence = Evidence(
        inputs=(raw,),
        steps=({"step": "drop_where", "rows_after": 1},),
        quality={"findings": [{"expectation": "id-unique", "columns": ["customer_id"], "failed": 0}]},
        columns={"length": [(raw.id, "notes")]},
        row_maps={raw.id: rows},
        schema={"customer_id": "str", "length": "int64"},
    )

    clean = record_artifact("clean.csv", ABOUT, RUN, evidence=evidence, root=tmp_path)

    assert clean == read_artifact("clean.csv", root=tmp_path)
    assert clean.inputs == (raw.id,)
    assert clean.columns == {"customer_id": [[raw.id, "customer_id"]], "length": [[raw.id, "notes"]]}
    assert read_row_map(clean, raw.id, root=tmp_path) == rows


def test_altered_or_absent_row_map_is_refused(raw, tmp_path):
    (tmp_path / "clean.csv").write_bytes(CSV)
    evidence = Evidence(inputs=(raw,), row_maps={raw.id: RowMap.of([(0, 0)])})
    clean = record_artifact("clean.csv", ABOUT, RUN, evidence=evidence, root=tmp_path)
    (tmp_path / clean.row_maps[raw.id]["file"]).write_bytes(RowMap.of([(0, 1)]).to_bytes())

    with pytest.raises(ArtifactChanged, match="row map"):
        read_row_map(clean, raw.id, root=tmp_path)
    with pytest.raises(UnknownArtifact, match="no row map from other"):
        read_row_map(clean, "other", root=tmp_path)


def test_a_write_that_fails_leaves_the_old_content_and_no_litter(tmp_path):
    target = tmp_path / "a.json"
    write_whole(target, b"old")

    with pytest.raises(TypeError):
        write_whole(target, "text is not bytes")

    assert (target.read_bytes(), len(list(tmp_path.iterdir()))) == (b"old", 1)


def facets_of(event: dict) -> list[dict]:
    output = event["outputs"][0]
    inputs = [facet for item in event["inputs"] for facet in item["facets"].values()]
    return [*output["facets"].values(), *output["outputFacets"].values(), *inputs]


def test_event_has_what_openlineage_requires(raw, tmp_path):
    (tmp_path / "clean.parquet.csv").write_bytes(CSV)
    quality = {"findings": [{"expectation": "id", "columns": ["customer_id"], "failed": 3}]}
    evidence = Evidence(inputs=(raw,), quality=quality)
    clean = record_artifact("clean.parquet.csv", ABOUT, RUN, evidence=evidence, root=tmp_path)

    event = json.loads((tmp_path / "clean.parquet.csv.metadata.json").read_text(encoding="utf-8"))

    assert {"eventTime", "producer", "schemaURL", "run", "job"} <= event.keys()
    assert (event["eventType"], event["inputs"][0]["name"]) == ("COMPLETE", "raw.csv")
    assert all({"_producer", "_schemaURL"} <= facet.keys() for facet in facets_of(event))
    facets = event["outputs"][0]["facets"]
    assert facets["dataQualityAssertions"]["assertions"] == [
        {"assertion": "id", "success": False, "column": "customer_id"}
    ]
    source = {"namespace": "file", "name": "raw.csv", "field": "notes"}
    assert facets["columnLineage"]["fields"]["notes"] == {"inputFields": [source]}
    assert from_event(event) == clean


def test_no_path_of_this_machine_gets_into_the_record(raw, tmp_path):
    assert str(tmp_path) not in (tmp_path / "raw.csv.metadata.json").read_text(encoding="utf-8")


def test_foreign_event_is_refused():
    with pytest.raises(LineageError, match="mlops_artifact"):
        from_event({"outputs": [{"facets": {}}]})
    with pytest.raises(LineageError, match="IndexError"):
        from_event({"outputs": []})


@pytest.mark.parametrize(
    ("artifact_id", "name"),
    [
        ("raw.csv@ab12", ("file", "raw.csv")),
        ("gs://lake/raw/churn@home.csv#17", ("gs://lake", "raw/churn@home.csv")),
        ("bq://shop.crm.churn@2026", ("bigquery", "shop.crm.churn")),
    ],
)
def test_names_follow_the_naming_rules_of_openlineage(artifact_id, name):
    assert dataset_name(artifact_id) == name


JSON = st.recursive(st.none() | st.booleans() | st.integers() | st.text(), lambda inner: st.lists(inner, max_size=3))


@given(st.text(min_size=1), st.dictionaries(st.text(), JSON), st.lists(st.text(), max_size=3))
def test_any_artifact_survives_the_way_through_an_event(name, facts, inputs):
    artifact = Artifact(name, "v1", ABOUT, RUN, 7, facts=facts, inputs=tuple(inputs), steps=(facts,))

    assert from_event(json.loads(json.dumps(to_event(artifact)))) == artifact
