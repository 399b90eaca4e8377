"""Row-level lineage on a small pipeline worked by hand, round trips through OpenLineage, and the picture."""

import datetime as dt
import itertools
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlops_helpers.governance.artifacts import Artifact, Business, Evidence, Run
from mlops_helpers.governance.errors import ArtifactChanged, LineageCycle, UnknownArtifact
from mlops_helpers.governance.lineage import LineageGraph
from mlops_helpers.governance.lineage_plot import label_of, mermaid, places
from mlops_helpers.governance.recording import record_artifact
from mlops_helpers.governance.rowmap import RowMap

NOON = dt.datetime(2026, 3, 1, 12, tzinfo=dt.UTC)
ABOUT = Business("d", "Ana Ruiz", "Bo Lind", "p")


def artifact(name: str, *inputs: str) -> Artifact:
    return Artifact(name, "1", ABOUT, Run("r", "j", NOON), 0, inputs=inputs)


@pytest.fixture
def pipeline() -> LineageGraph:
    """Two raw files; 12 and 17 of crm are duplicates; calls are counted per customer; a model is made from all."""
    artifacts = [
        artifact("crm"),
        artifact("calls"),
        artifact("clean", "crm@1"),
        artifact("train", "clean@1", "calls@1"),
        artifact("model", "train@1"),
    ]
    maps = {
        ("crm@1", "clean@1"): RowMap.kept([11, 12, 13, 17], [11, 12], merged={17: 12}),
        ("clean@1", "train@1"): RowMap.of([("C1", 11), ("C2", 12)]),
        ("calls@1", "train@1"): RowMap.of([("C1", 0), ("C1", 1), ("C2", 2)]),
    }
    return LineageGraph.of(artifacts, maps)


def test_what_was_it_made_from_and_what_did_it_feed(pipeline):
    assert pipeline.upstream("train@1") == ["calls@1", "crm@1", "clean@1"]
    assert pipeline.downstream("crm@1") == ["clean@1", "train@1", "model@1"]
    assert pipeline.path("crm@1", "model@1") == ["crm@1", "clean@1", "train@1", "model@1"]


def test_a_training_row_is_traced_to_every_raw_row(pipeline):
    table = pipeline.trace_rows("train@1", ["C2"])

    assert table.values.tolist() == [
        ["C2", "calls@1", 2, True],
        ["C2", "crm@1", 12, True],
        ["C2", "crm@1", 17, True],
    ]


def test_rows_are_answered_in_the_order_asked(pipeline):
    assert pipeline.trace_rows("train@1", ["C2", "C1"])["row"].unique().tolist() == ["C2", "C1"]


def test_a_raw_row_is_its_own_source(pipeline):
    assert pipeline.trace_rows("crm@1", [13]).values.tolist() == [[13, "crm@1", 13, True]]


def test_a_step_without_row_map_makes_the_answer_uncertain(pipeline):
    table = pipeline.trace_rows("model@1", ["anything"])

    assert table[["artifact", "source_row", "certain"]].values.tolist() == [
        ["calls@1", None, False],
        ["crm@1", None, False],
    ]


def test_unknown_row_is_refused(pipeline):
    with pytest.raises(UnknownArtifact, match="no row 'C9' in train@1"):
        pipeline.trace_rows("train@1", ["C1", "C9"])
    with pytest.raises(UnknownArtifact, match="no row 11 in train@1"):
        pipeline.trace_rows("train@1", [11])


def test_a_customer_is_found_wherever_she_still_is(pipeline):
    table = pipeline.where_is("crm@1", [17])

    assert table[["artifact", "rows", "certain"]].values.tolist() == [
        ["crm@1", [17], True],
        ["clean@1", [12], True],
        ["train@1", ["C2"], True],
        ["model@1", [], False],
    ]
    assert table["owner"].tolist() == ["Ana Ruiz"] * 4


def test_table_lists_sources_before_products(pipeline):
    pipeline.add_edge("model@1", "report")

    table = pipeline.table().set_index("artifact")

    assert table.index.tolist() == pipeline.nodes
    assert table.loc["train@1", ["owner", "made_from", "made_by"]].tolist() == ["Ana Ruiz", "calls@1, clean@1", "j"]
    assert table.loc["report", "made_from"] == "model@1"
    assert table["rows"].isna().all()


def test_a_row_dropped_on_the_way_is_only_where_it_was(pipeline):
    assert pipeline.where_is("crm@1", [13])["artifact"].tolist() == ["crm@1"]


PAIRS = st.sets(st.tuples(st.integers(0, 4), st.integers(0, 4)), max_size=8)


@given(PAIRS, PAIRS, PAIRS, st.integers(0, 4))
@settings(max_examples=60)
def test_tracing_back_and_looking_forward_agree(ab, ac, bc, row):
    """Rows of a reach c directly and through b; both directions must give the same pairs."""
    graph = LineageGraph.of(
        [artifact("a"), artifact("b", "a@1"), artifact("c", "a@1", "b@1")],
        {("a@1", "b@1"): RowMap.of(ab), ("a@1", "c@1"): RowMap.of(ac), ("b@1", "c@1"): RowMap.of(bc)},
    )
    pairs = ac | {(last, first) for last, middle in bc for between, first in ab if middle == between}
    forward = graph.where_is("a@1", [row]).set_index("artifact")["rows"].to_dict()

    assert forward.get("c@1", []) == sorted({last for last, first in pairs if first == row})
    sources = [first for last, first in sorted(pairs) if last == row]
    if sources:
        assert graph.trace_rows("c@1", [row])["source_row"].tolist() == sources


def test_adding_an_artifact_that_closes_a_circle_changes_nothing(pipeline):
    before = pipeline.to_json()

    with pytest.raises(LineageCycle, match="crm@1 → clean@1 → train@1 → model@1 → crm@1"):
        pipeline.add(artifact("crm", "other@1", "model@1"))

    assert pipeline.to_json() == before


IDS = st.sampled_from(["raw.csv@1", "gs://b/o#7", "bq://p.d.t@v", "model", "a@b@c", "é"])


@given(st.lists(st.tuples(IDS, IDS), max_size=10), st.lists(IDS, unique=True, max_size=3))
def test_graph_survives_the_way_through_json(edges, recorded):
    graph = LineageGraph()
    for name in recorded:
        graph.add(artifact(name))
    for edge in edges:
        if edge[0] not in graph.downstream(edge[1]) if edge[1] in graph.nodes else edge[0] != edge[1]:
            graph.add_node(edge[1])
            if edge[0] != edge[1]:
                graph.add_edge(*edge)

    assert LineageGraph.from_json(graph.to_json()) == graph


def test_events_of_another_producer_are_understood():
    event = {
        "inputs": [{"namespace": "s3://lake", "name": "raw"}],
        "outputs": [{"namespace": "dw", "name": "t", "facets": {"version": {"datasetVersion": "3"}}}],
    }

    assert LineageGraph.from_json(json.dumps([event])).edges == [("s3://lake/raw", "dw/t@3")]


def test_a_folder_of_records_is_read_with_its_row_maps(tmp_path):
    (tmp_path / "raw.csv").write_text("id\n1\n1\n")
    (tmp_path / "clean.csv").write_text("id\n1\n")
    raw = record_artifact("raw.csv", ABOUT, Run("r", "load", NOON), root=tmp_path)
    evidence = Evidence(inputs=(raw,), row_maps={raw.id: RowMap.kept([0, 1], [0], merged={1: 0})})
    clean = record_artifact("clean.csv", ABOUT, Run("r", "clean", NOON), evidence=evidence, root=tmp_path)

    graph = LineageGraph.read(tmp_path)

    assert graph.trace_rows(clean.id, [0])["source_row"].tolist() == [0, 1]
    again = LineageGraph.from_json(graph.to_json(), root=tmp_path)
    assert again.where_is(raw.id, [1])["artifact"].tolist() == [raw.id, clean.id]
    (tmp_path / clean.row_maps[raw.id]["file"]).unlink()
    with pytest.raises(ArtifactChanged, match="row map"):
        LineageGraph.read(tmp_path)


def test_edges_of_the_picture_lead_right_and_no_two_nodes_share_a_place(pipeline):
    spots = places(pipeline)

    assert all(spots[source][0] < spots[product][0] for source, product in pipeline.edges)
    assert len(set(spots.values())) == len(spots) == 5


def test_picture_shows_every_label_and_repeats_itself(pipeline):
    figure = pipeline.plot(highlight=["crm@1", "clean@1"])

    texts = {text.get_text() for text in figure.axes[0].texts if text.get_text()}
    assert texts == {label_of(node) for node in pipeline.nodes}
    figure.draw_without_rendering()


@pytest.mark.parametrize(
    ("node", "label"),
    [
        ("gs://bucket/deliveries/customers.csv#1772366400123456", "customers.csv\nCloud Storage\n1772366400123456"),
        ("bq://p.d.cleaned@20260301T120000.250000Z", "cleaned\nBigQuery\n2026-03-01 12:00:00"),
        ("data/training.parquet@" + "3f2a" * 16, "training.parquet\nfile\n3f2a3f2a3f2a…"),
        ("a_name_of_24_letters.csv@Two", "a_name_of_24_letters.csv\nfile\nTwo"),
        ("calls_per_customer_in_2026.csv", "calls_per_custo…2026.csv\nfile"),
    ],
)
def test_a_label_says_name_kind_and_version(node, label):
    assert label_of(node) == label


def test_labels_can_be_read_and_fit_their_layer(pipeline):
    figure = pipeline.plot()
    figure.draw_without_rendering()

    boxes = [text.get_bbox_patch().get_window_extent() for text in figure.axes[0].texts]
    assert all(text.get_fontsize() >= 9 for text in figure.axes[0].texts)
    assert not any(one.overlaps(two) for one, two in itertools.combinations(boxes, 2))
    assert all(figure.bbox.x0 <= box.x0 and box.x1 <= figure.bbox.x1 for box in boxes)


def test_the_picture_grows_with_its_layers(pipeline):
    short = LineageGraph.of([artifact("crm"), artifact("clean", "crm@1")])

    assert pipeline.plot().get_figwidth() == pytest.approx(2 * short.plot().get_figwidth())


def test_empty_graph_can_be_drawn():
    assert LineageGraph().plot().axes
    assert LineageGraph().mermaid() == "flowchart LR\n"


def test_mermaid_text():
    graph = LineageGraph()
    graph.add_edge('gs://b/"raw".csv#17', "clean.csv@ab12")

    assert mermaid(graph) == (
        'flowchart LR\n    n0["#quot;raw#quot;.csv<br/>Cloud Storage<br/>17"]\n'
        '    n1["clean.csv<br/>file<br/>ab12"]\n    n0 --> n1\n'
    )
