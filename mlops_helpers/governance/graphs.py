"""A directed graph that refuses circles: the arithmetic of lineage, without any data."""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Callable

from mlops_helpers.governance.errors import LineageCycle, UnknownArtifact


class AcyclicGraph:
    """Nodes are ids; an edge leads from a source to a product. All answers are in an order that never varies."""

    def __init__(self) -> None:
        """Start without nodes."""
        self._sources: dict[str, set[str]] = {}
        self._products: dict[str, set[str]] = {}

    def add_node(self, node: str) -> None:
        """Add a node, if it is not there yet."""
        self._sources.setdefault(node, set())
        self._products.setdefault(node, set())

    def add_edge(self, source: str, product: str) -> None:
        """Record that `product` was made from `source`; both are added if they are new.

        Raises `LineageCycle`, naming the way round, if the edge would close a circle; nothing is changed then.
        """
        self.refuse_cycle(source, product)
        self.add_node(source)
        self.add_node(product)
        self._sources[product].add(source)
        self._products[source].add(product)

    def refuse_cycle(self, source: str, product: str) -> None:
        """Raise `LineageCycle` if an edge from `source` to `product` would close a circle."""
        way = [source] if source == product else self._way(product, source)
        if way:
            circle = " → ".join([*way, way[0]])
            raise LineageCycle(f"an edge from {source} to {product}, which closes the circle {circle}")

    @property
    def nodes(self) -> list[str]:
        """All ids, each after everything it was made from; ties in alphabetical order (Kahn, 1962)."""
        waiting = {node: len(sources) for node, sources in self._sources.items()}
        ready, order = sorted(node for node, count in waiting.items() if count == 0), []
        while ready:
            order.append(node := heapq.heappop(ready))
            for product in self._products[node]:
                waiting[product] -= 1
                if waiting[product] == 0:
                    heapq.heappush(ready, product)
        return order

    @property
    def edges(self) -> list[tuple[str, str]]:
        """All (source, product) pairs, sorted."""
        return sorted((source, product) for product, sources in self._sources.items() for source in sources)

    def sources(self, node: str) -> list[str]:
        """Return what a node was made from directly. Raises `UnknownArtifact` for an unknown id, as all look-ups do."""
        return sorted(self._sources[self._known(node)])

    def products(self, node: str) -> list[str]:
        """Return what was made from a node directly."""
        return sorted(self._products[self._known(node)])

    def upstream(self, node: str) -> list[str]:
        """Return everything a node was made from, sources first, without itself."""
        return self._reached(node, self.sources)

    def downstream(self, node: str) -> list[str]:
        """Return everything a node fed, sources first, without itself."""
        return self._reached(node, self.products)

    def _reached(self, node: str, step: Callable[[str], list[str]]) -> list[str]:
        """Follow one direction to the end and return what was met, in the order of `nodes`."""
        found: set[str] = set()
        waiting = deque(step(node))
        while waiting:
            if (current := waiting.popleft()) not in found:
                found.add(current)
                waiting.extend(step(current))
        return [other for other in self.nodes if other in found]

    def path(self, source: str, product: str) -> list[str]:
        """Return a shortest chain from `source` to `product`, both included; empty if there is none."""
        return self._way(self._known(source), self._known(product))

    def _way(self, start: str, goal: str) -> list[str]:
        """Search in breadth, neighbours in alphabetical order, then walk back from the goal."""
        came_from: dict[str, str | None] = {start: None}
        waiting = deque([start])
        while waiting and goal not in came_from:
            current = waiting.popleft()
            for product in sorted(self._products.get(current, ())):
                if product not in came_from:
                    came_from[product] = current
                    waiting.append(product)
        way: list[str] = []
        step = goal if goal in came_from else None
        while step is not None:
            way.append(step)
            step = came_from[step]
        return way[::-1]

    def _known(self, node: str) -> str:
        if node not in self._sources:
            raise UnknownArtifact(f"no artifact {node!r} in the graph", f"one of: {', '.join(sorted(self._sources))}")
        return node
