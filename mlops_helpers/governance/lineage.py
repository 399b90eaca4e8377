"""What was this made from, and what did it feed? Lineage both ways, for whole artifacts and for single rows.

    graph = LineageGraph.read(folder)
    graph.upstream("train.csv@…")                 everything it was made from
    graph.trace_rows("train.csv@…", [4711])       the raw rows behind row 4711        (the auditor's question)
    graph.where_is("raw.csv@…", [12, 13])         every artifact that still holds them (the right to be forgotten)

Nodes are artifact ids; an edge leads from an input to what was made from it. The graph never holds a circle.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlops_helpers.governance.artifacts import Artifact
from mlops_helpers.governance.errors import UnknownArtifact
from mlops_helpers.governance.graphs import AcyclicGraph
from mlops_helpers.governance.openlineage import artifact_of, bare_event, edges_of, to_event
from mlops_helpers.governance.recording import read_artifacts, read_row_map
from mlops_helpers.governance.rowmap import Label, RowMap

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

RowMaps = Mapping[tuple[str, str], RowMap]


class LineageGraph(AcyclicGraph):
    """Artifacts and what was made from what. A node may also be a bare id, recorded elsewhere or not at all."""

    def __init__(self) -> None:
        """Start with an empty graph."""
        super().__init__()
        self.artifacts: dict[str, Artifact] = {}
        self.row_maps: dict[tuple[str, str], RowMap] = {}

    @classmethod
    def of(cls, artifacts: Iterable[Artifact], row_maps: RowMaps | None = None) -> LineageGraph:
        """Build the graph of these artifacts; `row_maps` is keyed by (input id, product id)."""
        graph = cls()
        for artifact in artifacts:
            graph.add(artifact)
        graph.row_maps.update(row_maps or {})
        return graph

    @classmethod
    def read(cls, root: Path | str) -> LineageGraph:
        """Build the graph of everything recorded below a folder, with its row maps, each checked against its hash."""
        artifacts = read_artifacts(root)
        return cls.of(artifacts, _stored_maps(artifacts, root))

    def add(self, artifact: Artifact) -> None:
        """Add an artifact and the edges from its inputs; raises `LineageCycle`, and then changes nothing."""
        for source in artifact.inputs:
            self.refuse_cycle(source, artifact.id)
        self.add_node(artifact.id)
        self.artifacts[artifact.id] = artifact
        for source in artifact.inputs:
            self.add_edge(source, artifact.id)

    def trace_rows(self, node: str, rows: Iterable[Label]) -> pd.DataFrame:
        """Return the raw rows behind `rows`, one line per pair, with the columns row, artifact, source_row, certain.

        Raw is what was made from nothing. Where a step recorded no row map and is no plain copy, `certain` is False
        and `source_row` empty: some row of that artifact went in, the record does not say which.
        Raises `UnknownArtifact` for an unknown artifact, or for a row that its row maps do not know.
        """
        place = {row: number for number, row in enumerate(dict.fromkeys(rows))}
        found = {self._known(node): RowMap.of((row, row) for row in place)}
        unsure: dict[str, set[Label]] = {}
        order = [*self.upstream(node), node]
        for product in reversed(order):
            for source in self.sources(product):
                self._step_back(source, product, found, unsure)
        roots = [other for other in order if not self.sources(other)]
        lines = [(row, root, raw, True) for root in roots if root in found for row, raw in found[root].listed()]
        lines += [(row, root, None, False) for root in roots for row in unsure.get(root, ())]
        if lost := sorted(set(place) - {line[0] for line in lines}, key=place.__getitem__):
            raise UnknownArtifact(f"no row {', '.join(map(repr, lost[:5]))} in {node}", "labels of rows it holds")
        lines.sort(key=lambda line: place[line[0]])
        return _table(lines, ["row", "artifact", "source_row", "certain"])

    def _step_back(self, source: str, product: str, found: dict[str, RowMap], unsure: dict[str, set[Label]]) -> None:
        """Follow the rows of one product into one of its sources."""
        rows, copied = self.row_maps.get((source, product)), self._is_copy(source, product)
        doubtful = set(unsure.get(product, ()))
        if product in found and rows is None and not copied:
            doubtful |= {row for row, _ in found[product].listed()}
        elif product in found:
            reached = found[product] if rows is None else found[product].after(rows)
            found[source] = reached if source not in found else found[source].union(reached)
        if doubtful:
            unsure.setdefault(source, set()).update(doubtful)

    def where_is(self, node: str, rows: Iterable[Label]) -> pd.DataFrame:
        """Return every artifact that holds `rows` of `node`, itself first: artifact, owner, rows, count, certain.

        `rows` lists the labels under which they live on. Where a step recorded no row map and is no plain copy,
        the rows *may* have gone in: `certain` is False, and whoever answers a request for deletion has to look.
        """
        held: dict[str, set[Label]] = {self._known(node): set(rows)}
        unsure: set[str] = set()
        order = [node, *self.downstream(node)]
        for product in order[1:]:
            for source in self.sources(product):
                self._step_forward(source, product, held, unsure)
        lines = [self._holding(other, held, unsure) for other in order if held.get(other) or other in unsure]
        return _table(lines, ["artifact", "owner", "rows", "count", "certain"])

    def _step_forward(self, source: str, product: str, held: dict[str, set[Label]], unsure: set[str]) -> None:
        """Follow the rows of one source into one of its products."""
        rows, there = self.row_maps.get((source, product)), held.get(source, set())
        moved: set[Label] = set()
        if rows is not None:
            moved = set(rows.rows_from(there))
        elif self._is_copy(source, product):
            moved = there
        elif there:
            unsure.add(product)
        if source in unsure:
            unsure.add(product)
        held.setdefault(product, set()).update(moved)

    def _is_copy(self, source: str, product: str) -> bool:
        """Return whether both hold the same bytes, such as a file and its upload: then rows keep their labels."""
        pair = [self.artifacts.get(node) for node in (source, product)]
        return all(item is not None and item.sha256 is not None for item in pair) and pair[0].sha256 == pair[1].sha256

    def _holding(self, node: str, held: Mapping[str, set[Label]], unsure: set[str]) -> tuple[object, ...]:
        artifact, labels = self.artifacts.get(node), sorted(held.get(node, ()))
        return node, artifact.business.owner if artifact else None, labels, len(labels), node not in unsure

    def table(self) -> pd.DataFrame:
        """Return one row per node, sources first: artifact, rows, owner, sensitivity, made_from, made_by (the job)."""
        import pandas as pd

        rows = []
        for node in self.nodes:
            known = self.artifacts.get(node)
            facts = (known.rows, known.business.owner, known.business.sensitivity) if known else (None, None, None)
            rows.append((node, *facts, ", ".join(self.sources(node)) or "–", known.run.job if known else None))
        columns = ["artifact", "rows", "owner", "sensitivity", "made_from", "made_by"]
        return pd.DataFrame(rows, columns=columns).astype({"rows": "Int64"})

    def to_events(self) -> list[dict[str, Any]]:
        """Return the graph as OpenLineage run events, sources first; row maps stay in their files."""
        recorded = {(source, node) for node, artifact in self.artifacts.items() for source in artifact.inputs}
        events = []
        for node in self.nodes:
            extra = [source for source in self.sources(node) if (source, node) not in recorded]
            if node in self.artifacts:
                events.append(to_event(self.artifacts[node]))
            if extra or node not in self.artifacts:
                events.append(bare_event(node, extra))
        return events

    def to_json(self) -> str:
        """Return the events as JSON text."""
        return json.dumps(self.to_events(), indent=2, ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str, *, root: Path | str | None = None) -> LineageGraph:
        """Rebuild a graph from `to_json`, or from a JSON list of run events of any producer.

        With `root`, the row maps that the artifacts refer to are read from there. Raises `LineageError` for an
        artifact that cannot be rebuilt, `LineageCycle` for events that contradict each other.
        """
        graph = cls()
        for event in json.loads(text):
            if artifact := artifact_of(event):
                graph.add(artifact)
            for source, product in edges_of(event):
                graph.add_node(product)
                if source is not None:
                    graph.add_edge(source, product)
        if root is not None:
            graph.row_maps.update(_stored_maps(graph.artifacts.values(), root))
        return graph

    def __eq__(self, other: object) -> bool:
        """Two graphs are equal if they hold the same nodes, edges and artifacts."""
        if not isinstance(other, LineageGraph):
            return NotImplemented
        mine, theirs = (self.nodes, self.edges, self.artifacts), (other.nodes, other.edges, other.artifacts)
        return mine == theirs

    __hash__ = None

    def plot(self, *, highlight: Iterable[str] = ()) -> Figure:
        """Draw the graph from left (raw) to right; see `lineage_plot.plot`."""
        from mlops_helpers.governance.lineage_plot import plot

        return plot(self, highlight=highlight)

    def mermaid(self) -> str:
        """Return the graph as Mermaid text, which GitHub and JupyterLab draw; see `lineage_plot.mermaid`."""
        from mlops_helpers.governance.lineage_plot import mermaid

        return mermaid(self)


def _stored_maps(artifacts: Iterable[Artifact], root: Path | str) -> dict[tuple[str, str], RowMap]:
    return {(source, item.id): read_row_map(item, source, root=root) for item in artifacts for source in item.row_maps}


def _table(lines: list[tuple[object, ...]], columns: list[str]) -> pd.DataFrame:
    import pandas as pd

    return pd.DataFrame(lines, columns=columns, dtype="object").astype({"certain": "bool"})
