"""ML metadata: stores, artifacts, executions, contexts, schemas, lineage."""

from types import SimpleNamespace

import pytest
from google.api_core import exceptions
from google.auth.credentials import AnonymousCredentials
from google.cloud import aiplatform, aiplatform_v1
from hypothesis import given
from hypothesis import strategies as st

from mlops_helpers.offline.vertex.effects import Effects
from mlops_helpers.offline.vertex.lineage import Lineage, walk
from tests.offline.vertex.conftest import LOCATION, PROJECT

PARENT = f"projects/{PROJECT}/locations/{LOCATION}"
STORE = f"{PARENT}/metadataStores/default"


@pytest.fixture
def client(vertex, server):
    options = {"api_endpoint": server.url}
    found = aiplatform_v1.MetadataServiceClient(
        credentials=AnonymousCredentials(), transport="rest", client_options=options
    )
    found.create_metadata_store(parent=PARENT, metadata_store={}, metadata_store_id="default").result()
    return found


def artifact(client, name, kind="system.Dataset", **fields):
    return client.create_artifact(
        parent=STORE, artifact_id=name, artifact={"schema_title": kind, "display_name": name, **fields}
    ).name


def execution(client, name, inputs=(), outputs=()):
    kind = "system.ContainerExecution"
    made = client.create_execution(parent=STORE, execution_id=name, execution={"schema_title": kind}).name
    events = [{"artifact": one, "type_": "INPUT"} for one in inputs]
    events += [{"artifact": one, "type_": "OUTPUT"} for one in outputs]
    client.add_execution_events(execution=made, events=events)
    return made


def context(client, name, kind="system.Experiment"):
    return client.create_context(parent=STORE, context_id=name, context={"schema_title": kind}).name


def names(resources):
    return [one.name.rpartition("/")[2] for one in resources]


@pytest.fixture
def chain(client):
    """raw -> clean -> table -> fit -> model, and table -> plot -> chart."""
    raw, table, chart = (artifact(client, name) for name in ("raw", "table", "chart"))
    model = artifact(client, "model", "system.Model")
    execution(client, "clean", [raw], [table])
    execution(client, "fit", [table], [model])
    execution(client, "plot", [table], [chart])
    return client


def test_a_store_is_there_once_it_is_made(client):
    assert names(client.list_metadata_stores(parent=PARENT)) == ["default"]
    with pytest.raises(exceptions.NotFound, match="metadataStores/other"):
        client.list_artifacts(parent=f"{PARENT}/metadataStores/other")


def test_an_artifact_is_written_changed_and_read(vertex):
    made = aiplatform.Artifact.create("system.Dataset", uri="gs://b/t.csv", metadata={"rows": 10, "clean": True})
    made.update(metadata={"rows": 12}, description="cleaned")
    found = aiplatform.Artifact.get_with_uri("gs://b/t.csv")
    assert found.metadata == {"rows": 12, "clean": True}
    assert (found.resource_name, found.gca_resource.description) == (made.resource_name, "cleaned")
    found.delete()
    assert aiplatform.Artifact.list() == []


def test_a_kind_must_be_registered_before_it_is_used(client):
    with pytest.raises(exceptions.BadRequest, match=r"'demo.Corpus'.*create_metadata_schema"):
        artifact(client, "corpus", "demo.Corpus")
    schema = {"schema": "title: demo.Corpus\ntype: object\n", "schema_version": "0.1.0", "schema_type": "ARTIFACT_TYPE"}
    made = client.create_metadata_schema(parent=STORE, metadata_schema=schema)
    assert client.get_metadata_schema(name=made.name).schema_version == "0.1.0"
    assert client.get_artifact(name=artifact(client, "corpus", "demo.Corpus")).schema_title == "demo.Corpus"
    with pytest.raises(exceptions.BadRequest, match="one of 0.1.0"):
        artifact(client, "other", "demo.Corpus", schema_version="9.9.9")
    with pytest.raises(exceptions.Conflict, match="demo.Corpus 0.1.0"):
        client.create_metadata_schema(parent=STORE, metadata_schema=schema)


def test_predefined_kinds_are_listed_by_what_they_are_for(client):
    found = list(client.list_metadata_schemas(request={"parent": STORE, "filter": "schema_type=CONTEXT_TYPE"}))
    assert [schema.schema.split()[1] for schema in found][:2] == ["system.Pipeline", "system.PipelineRun"]
    with pytest.raises(exceptions.BadRequest, match="system.Pipeline"):
        artifact(client, "pipeline", "system.Pipeline")


@pytest.mark.parametrize("schema", [{"schema_version": "1"}, {"schema_version": "0.0.1", "schema": "type: object"}])
def test_a_schema_needs_title_and_version(client, schema):
    with pytest.raises(exceptions.BadRequest, match="metadata_schema"):
        client.create_metadata_schema(parent=STORE, metadata_schema=schema)


def test_lineage_without_a_limit_is_everything_connected(chain):
    graph = chain.query_artifact_lineage_subgraph(artifact=f"{STORE}/artifacts/model")
    assert set(names(graph.artifacts)) == {"raw", "table", "chart", "model"}
    assert set(names(graph.executions)) == {"clean", "fit", "plot"}
    assert len(graph.events) == 6


@pytest.mark.parametrize(
    ("hops", "found"),
    [(1, {"model", "fit"}), (2, {"model", "fit", "table"}), (3, {"model", "fit", "table", "clean", "plot"})],
)
def test_hops_are_events(chain, hops, found):
    graph = chain.query_artifact_lineage_subgraph(request={"artifact": f"{STORE}/artifacts/model", "max_hops": hops})
    assert {*names(graph.artifacts), *names(graph.executions)} == found


def test_lineage_shows_what_the_filter_lets_through(chain):
    graph = chain.query_artifact_lineage_subgraph(
        request={"artifact": f"{STORE}/artifacts/model", "filter": 'schema_title="system.Model"'}
    )
    assert names(graph.artifacts) == ["model"]
    assert [event.artifact.rpartition("/")[2] for event in graph.events] == ["model"]


def test_inputs_and_outputs_of_an_execution(chain):
    graph = chain.query_execution_inputs_and_outputs(execution=f"{STORE}/executions/fit")
    assert names(graph.artifacts) == ["table", "model"]
    assert [event.type_.name for event in graph.events] == ["INPUT", "OUTPUT"]


def test_an_event_counts_once(chain):
    event = {"artifact": f"{STORE}/artifacts/model", "type_": "INPUT"}
    chain.add_execution_events(execution=f"{STORE}/executions/fit", events=[event])
    graph = chain.query_execution_inputs_and_outputs(execution=f"{STORE}/executions/fit")
    assert [event.type_.name for event in graph.events] == ["INPUT", "OUTPUT"]


def test_an_event_needs_a_direction_and_an_artifact(chain):
    event = {"artifact": f"{STORE}/artifacts/model"}
    with pytest.raises(exceptions.BadRequest, match="INPUT or OUTPUT"):
        chain.add_execution_events(execution=f"{STORE}/executions/plot", events=[event])
    events = [{"artifact": f"{STORE}/artifacts/{name}", "type_": "INPUT"} for name in ("model", "lost")]
    with pytest.raises(exceptions.NotFound, match="artifacts/lost"):
        chain.add_execution_events(execution=f"{STORE}/executions/plot", events=events)
    assert len(chain.query_execution_inputs_and_outputs(execution=f"{STORE}/executions/plot").events) == 2


def test_only_what_is_in_the_same_store_can_be_linked(chain):
    run, model = context(chain, "run"), f"{STORE}/artifacts/model"
    with pytest.raises(exceptions.BadRequest, match="begins with"):
        chain.add_context_artifacts_and_executions(context=run, executions=[model])
    with pytest.raises(exceptions.BadRequest, match="begins with"):
        chain.add_context_children(context=run, child_contexts=[model])
    other = f"{PARENT}/metadataStores/other/artifacts/model"
    with pytest.raises(exceptions.BadRequest, match="begins with"):
        chain.add_execution_events(execution=f"{STORE}/executions/fit", events=[{"artifact": other, "type_": "INPUT"}])


def test_a_context_shows_what_is_in_it(chain):
    run = context(chain, "run", "system.ExperimentRun")
    members = {"artifacts": [f"{STORE}/artifacts/table"], "executions": [f"{STORE}/executions/fit"]}
    chain.add_context_artifacts_and_executions(context=run, **members)
    graph = chain.query_context_lineage_subgraph(context=run)
    assert (names(graph.artifacts), names(graph.executions), len(graph.events)) == (["table"], ["fit"], 1)
    assert names(chain.list_artifacts(request={"parent": STORE, "filter": f'in_context("{run}")'})) == ["table"]


def test_a_deleted_artifact_leaves_the_graph(chain):
    chain.delete_artifact(name=f"{STORE}/artifacts/table").result()
    graph = chain.query_artifact_lineage_subgraph(artifact=f"{STORE}/artifacts/model")
    assert (names(graph.artifacts), names(graph.executions)) == (["model"], ["fit"])


def test_contexts_have_children_but_no_circles(client):
    top, middle = context(client, "top"), context(client, "middle")
    low = context(client, "low", "system.ExperimentRun")
    client.add_context_children(context=top, child_contexts=[middle])
    client.add_context_children(context=middle, child_contexts=[low])
    under = {"parent": STORE, "filter": f'parent_contexts:"{middle}"'}
    assert names(client.list_contexts(request=under)) == ["low"]
    with pytest.raises(exceptions.BadRequest, match="circle"):
        client.add_context_children(context=low, child_contexts=[top])
    client.remove_context_children(context=middle, child_contexts=[low, top])
    assert names(client.list_contexts(request=under)) == []


def test_a_context_has_at_most_ten_parents(client):
    child = context(client, "child")
    for number in range(10):
        client.add_context_children(context=context(client, f"parent{number}"), child_contexts=[child])
    with pytest.raises(exceptions.BadRequest, match="10 parents"):
        client.add_context_children(context=context(client, "eleventh"), child_contexts=[child])
    client.delete_context(name=f"{STORE}/contexts/parent0").result()
    assert len(client.get_context(name=child).parent_contexts) == 9


def test_a_purge_counts_before_it_deletes(chain):
    request = {"parent": STORE, "filter": 'schema_title="system.Dataset"'}
    counted = chain.purge_artifacts(request=request).result()
    assert (counted.purge_count, names_of(counted.purge_sample)) == (3, ["raw", "table", "chart"])
    assert chain.purge_artifacts(request={**request, "force": True}).result().purge_count == 3
    assert names(chain.list_artifacts(parent=STORE)) == ["model"]
    with pytest.raises(exceptions.BadRequest, match="filter"):
        chain.purge_artifacts(parent=STORE)


def names_of(paths):
    return [path.rpartition("/")[2] for path in paths]


def test_an_update_of_a_stale_state_is_refused(client):
    held = client.get_artifact(name=artifact(client, "raw"))
    held.display_name = "renamed"
    client.update_artifact(artifact=held, update_mask={"paths": ["display_name"]})
    with pytest.raises(exceptions.BadRequest, match="etag"):
        client.update_artifact(artifact=held, update_mask={"paths": ["display_name"]})


def test_a_store_goes_with_all_it_holds(chain):
    chain.delete_metadata_store(name=STORE).result()
    chain.create_metadata_store(parent=PARENT, metadata_store={}, metadata_store_id="default").result()
    assert names(chain.list_executions(parent=STORE)) == []
    artifact(chain, "model", "system.Model")
    assert chain.query_artifact_lineage_subgraph(artifact=f"{STORE}/artifacts/model").events == []


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), max_size=12), st.integers(0, 6))
def test_a_walk_finds_what_is_near_enough(pairs, limit):
    """Distances by plain relaxation, against the walk by breadth."""
    lineage = Lineage(SimpleNamespace(effects=Effects(None)))
    for step, thing in pairs:
        lineage.join({"execution": f"e{step}", "artifact": f"a{thing}"})
    distance = {"a0": 0}
    for _ in range(12):
        for step, thing in pairs:
            for one, other in ((f"e{step}", f"a{thing}"), (f"a{thing}", f"e{step}")):
                if one in distance:
                    distance[other] = min(distance.get(other, 99), distance[one] + 1)
    names, _ = walk(lineage, "a0", limit)
    assert set(names) == {name for name, far in distance.items() if far <= limit}
