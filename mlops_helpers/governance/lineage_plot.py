"""A picture of lineage: raw data on the left, what was made from it further and further right."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.text import Text

    from mlops_helpers.governance.lineage import LineageGraph

# Kinds differ in lightness and in the line of their frame, so the picture also reads in grey; hues after Okabe and Ito.
_STYLES = {
    "file": ("#f7f7f7", "solid"),
    "gs": ("#cfe8f7", "dashed"),
    "bq": ("#f5d9a8", "dotted"),
}
_LEGEND = {"file": "file", "gs": "Cloud Storage", "bq": "BigQuery"}
_HIGHLIGHT = "#d55e00"
_LABEL_WIDTH = 24
_VERSION_WIDTH = 16


def kind_of(node: str) -> str:
    """Return file, gs or bq by the start of an id."""
    return next((kind for kind in ("gs", "bq") if node.startswith(f"{kind}://")), "file")


def places(graph: LineageGraph) -> dict[str, tuple[int, float]]:
    """Return (column, height) of each node.

    The column is the length of the longest way from raw data, so edges always lead right. Within a column, nodes are
    ordered by the mean height of their sources (barycentre rule of Sugiyama, 1981), which keeps edges from crossing.
    """
    columns: dict[str, int] = {}
    for node in graph.nodes:
        columns[node] = 1 + max((columns[source] for source in graph.sources(node)), default=-1)
    found: dict[str, tuple[int, float]] = {}
    for column in sorted(set(columns.values())):
        members = [node for node in graph.nodes if columns[node] == column]
        heights = {node: [found[source][1] for source in graph.sources(node)] for node in members}
        members.sort(key=lambda node: (sum(heights[node]) / len(heights[node]) if heights[node] else 0.0, node))
        found |= {node: (column, place - (len(members) - 1) / 2) for place, node in enumerate(members)}
    return found


def label_of(node: str) -> str:
    """Return an id as a short label: the end of the name, and below it the version."""
    separator = "#" if kind_of(node) == "gs" else "@"
    name, _, version = node.rpartition(separator) if separator in node else (node, "", "")
    short = name if len(name) <= _LABEL_WIDTH else "…" + name[1 - _LABEL_WIDTH :]
    return f"{short}\n{version if len(version) <= _VERSION_WIDTH else version[:12] + '…'}" if version else short


def plot(graph: LineageGraph, *, highlight: Iterable[str] = ()) -> Figure:
    """Return a figure of the graph; `highlight` names nodes to be framed in bold orange, such as one path.

    The figure belongs to no window (it is not known to pyplot), so it need not be closed and no display is needed.
    """
    from matplotlib.figure import Figure

    spots, bold = places(graph), set(highlight)
    columns = 1 + max((column for column, _ in spots.values()), default=0)
    rows = max((sum(spot[0] == column for spot in spots.values()) for column in range(columns)), default=1)
    figure = Figure(figsize=(2.0 * columns + 0.4, 0.8 * max(rows, 1) + 0.6), layout="constrained")
    axes = figure.add_subplot()
    boxes = {node: _draw_node(axes, node, spot, bold=node in bold) for node, spot in spots.items()}
    for source, product in graph.edges:
        _draw_edge(axes, boxes[source], boxes[product], bold={source, product} <= bold)
    _finish(axes, spots, columns, rows)
    return figure


def _draw_edge(axes: Axes, source: Text, product: Text, *, bold: bool) -> None:
    """Draw an arrow from frame to frame; it is drawn after the labels, whose size is known only then."""
    from matplotlib.patches import FancyArrowPatch

    arrow = FancyArrowPatch(
        source.get_position(),
        product.get_position(),
        arrowstyle="-|>",
        mutation_scale=12,
        color=_HIGHLIGHT if bold else "#555555",
        linewidth=2.0 if bold else 1.0,
        patchA=source.get_bbox_patch(),
        patchB=product.get_bbox_patch(),
        shrinkA=0,
        shrinkB=2,
        zorder=4,
    )
    axes.add_patch(arrow)


def _draw_node(axes: Axes, node: str, spot: tuple[float, float], *, bold: bool) -> Text:
    """Write the label in a frame that tells the kind, and return it."""
    colour, line = _STYLES[kind_of(node)]
    frame = {
        "boxstyle": "round,pad=0.4",
        "facecolor": colour,
        "edgecolor": _HIGHLIGHT if bold else "#333333",
        "linestyle": line,
        "linewidth": 2.2 if bold else 1.2,
    }
    return axes.text(*spot, label_of(node), ha="center", va="center", fontsize=8, bbox=frame)


def _finish(axes: Axes, spots: dict[str, tuple[int, float]], columns: int, rows: int) -> None:
    """Set the limits, take away the axes, and explain the frames."""
    from matplotlib.patches import Patch

    axes.set_xlim(-0.6, columns - 0.4)
    axes.set_ylim(max(rows, 1) / 2 + 0.3, -max(rows, 1) / 2 - 0.3)
    axes.set_axis_off()
    kinds = [kind for kind in _STYLES if kind in {kind_of(node) for node in spots}]
    patches = [
        Patch(facecolor=_STYLES[kind][0], linestyle=_STYLES[kind][1], edgecolor="#333333", label=_LEGEND[kind])
        for kind in kinds
    ]
    if len(kinds) > 1:
        axes.figure.legend(handles=patches, loc="outside lower center", ncols=len(kinds), frameon=False, fontsize=8)


def mermaid(graph: LineageGraph) -> str:
    """Return the graph as a Mermaid flowchart; nodes are numbered in the order of `graph.nodes`."""
    numbers = {node: f"n{number}" for number, node in enumerate(graph.nodes)}
    lines = ["flowchart LR"]
    for node, number in numbers.items():
        text = label_of(node).replace('"', "#quot;").replace("\n", "<br/>")
        lines.append(f'    {number}["{text}"]')
    lines += [f"    {numbers[source]} --> {numbers[product]}" for source, product in graph.edges]
    return "\n".join(lines) + "\n"
