"""The arithmetic of lineage on random graphs: no circle is ever let in, and both directions agree."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlops_helpers.governance.errors import LineageCycle, UnknownArtifact
from mlops_helpers.governance.graphs import AcyclicGraph

NAMES = st.sampled_from("abcdefg")
EDGES = st.lists(st.tuples(NAMES, NAMES), max_size=20)


def grown(edges: list[tuple[str, str]]) -> tuple[AcyclicGraph, list[tuple[str, str]]]:
    """Add all edges that are accepted; return the graph and these edges."""
    graph, accepted = AcyclicGraph(), []
    for edge in edges:
        before = (graph.nodes, graph.edges)
        try:
            graph.add_edge(*edge)
            accepted.append(edge)
        except LineageCycle:
            assert (graph.nodes, graph.edges) == before
    return graph, accepted


def reachable(edges: list[tuple[str, str]]) -> set[tuple[str, str]]:
    """Compute the transitive closure by adding steps until nothing changes."""
    closure = set(edges)
    while more := {(a, d) for a, b in closure for c, d in closure if b == c} - closure:
        closure |= more
    return closure


@given(EDGES)
def test_an_edge_is_refused_exactly_if_it_closes_a_circle(edges):
    _, accepted = grown(edges)

    assert all(source != product for source, product in reachable(accepted))
    for edge in set(edges) - set(accepted):
        assert any(source == product for source, product in reachable([*accepted, edge]))


@given(EDGES)
def test_both_directions_agree_with_the_transitive_closure(edges):
    graph, accepted = grown(edges)
    closure = reachable(accepted)

    for node in graph.nodes:
        assert set(graph.upstream(node)) == {source for source, product in closure if product == node}
        assert set(graph.downstream(node)) == {product for source, product in closure if source == node}


@given(EDGES)
def test_sources_come_before_products(edges):
    graph, accepted = grown(edges)
    order = {node: place for place, node in enumerate(graph.nodes)}

    assert sorted(order) == sorted({node for edge in accepted for node in edge})
    assert all(order[source] < order[product] for source, product in accepted)


@given(EDGES, NAMES, NAMES)
def test_a_path_is_a_chain_of_edges_and_exists_where_the_closure_says_so(edges, start, goal):
    graph, accepted = grown([*edges, (start, "z"), (goal, "z")])

    way = graph.path(start, goal)

    assert bool(way) == (start == goal or (start, goal) in reachable(accepted))
    assert all(edge in accepted for edge in pairwise(way))
    assert not way or (way[0], way[-1]) == (start, goal)


@given(EDGES)
def test_the_order_of_recording_does_not_matter(edges):
    _, accepted = grown(edges)
    forward, backward = grown(accepted)[0], grown(accepted[::-1])[0]

    assert (forward.nodes, forward.edges) == (backward.nodes, backward.edges)


def test_refused_circle_is_named():
    graph = AcyclicGraph()
    graph.add_edge("raw", "clean")
    graph.add_edge("clean", "train")

    with pytest.raises(LineageCycle, match="raw → clean → train → raw"):
        graph.add_edge("train", "raw")
    with pytest.raises(LineageCycle, match="raw → raw"):
        graph.add_edge("raw", "raw")


def test_unknown_node_is_named_with_those_that_exist():
    graph = AcyclicGraph()
    graph.add_edge("raw", "clean")

    with pytest.raises(UnknownArtifact, match="'model'.*clean, raw"):
        graph.upstream("model")
