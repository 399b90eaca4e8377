"""A picture of lineage: raw data on the left, what was made from it further and further right."""

from __future__ import annotations

import datetime as dt
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
_KINDS = {"file": "file", "gs": "Cloud Storage", "bq": "BigQuery"}
_HIGHLIGHT = "#d55e00"
_LABEL_WIDTH = 24  # characters; names up to here are written out
_VERSION_WIDTH = 16  # a generation of Cloud Storage has so many digits
_FONT = 10  # points, still readable at 80 dots per inch
_LETTER = 0.6 * _FONT / 72  # inches; a letter is on average this wide, or less
_GAP = 0.8  # inches between the letters of two columns: both frames and an arrow
_ROW = 0.85  # inches for the three lines of a label, its frame and some air


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
    """Return an id as a label of two or three lines: the name without its folders, the kind, a short version."""
    kind = kind_of(node)
    separator = "#" if kind == "gs" else "@"
    name, _, version = node.rpartition(separator) if separator in node else (node, "", "")
    last = name.rstrip("/").rpartition("." if kind == "bq" else "/")[2]
    lines = (_short_name(last), _KINDS[kind], _short_version(version))
    return "\n".join(line for line in lines if line)


def _short_version(version: str) -> str:
    """Return a time to the second, a generation as it is, and the first digits of a hash."""
    try:
        moment = dt.datetime.fromisoformat(version) if "T" in version else None
    except ValueError:
        moment = None
    if moment is not None:
        return f"{moment:%Y-%m-%d %H:%M:%S}"
    return version if len(version) <= _VERSION_WIDTH else f"{version[:12]}…"


def _short_name(name: str) -> str:
    """Take letters out of the middle of a long name: its start and its ending tell most."""
    return name if len(name) <= _LABEL_WIDTH else f"{name[: _LABEL_WIDTH - 9]}…{name[-8:]}"


def plot(graph: LineageGraph, *, highlight: Iterable[str] = ()) -> Figure:
    """Return a figure of the graph; `highlight` names nodes to be framed in bold orange, such as one path.

    The figure belongs to no window (it is not known to pyplot), so it need not be closed and no display is needed.
    """
    from matplotlib.figure import Figure

    spots, bold = places(graph), set(highlight)
    columns = 1 + max((column for column, _ in spots.values()), default=0)
    rows = max([1, *(sum(spot[0] == column for spot in spots.values()) for column in range(columns))])
    longest = max((len(line) for node in spots for line in label_of(node).split("\n")), default=0)
    width = longest * _LETTER + _GAP
    spans = {(source, product): spots[product][0] - spots[source][0] for source, product in graph.edges}
    rows += any(span > 1 for span in spans.values())  # air for the arrows that pass by a column
    figure = Figure(figsize=(columns * width, _ROW * rows + 0.2), layout="constrained")
    axes = figure.add_subplot()
    boxes = {node: _draw_node(axes, node, spot, bold=node in bold) for node, spot in spots.items()}
    for (source, product), span in spans.items():
        outward = 1 if spots[source][1] + spots[product][1] > 0 else -1
        bend = 0.0 if span == 1 else outward * 1.3 * _ROW / (span * width)  # past the frames in between
        _draw_edge(axes, boxes[source], boxes[product], bend=bend, bold={source, product} <= bold)
    axes.set_xlim(-0.5, columns - 0.5)
    axes.set_ylim(rows / 2, -rows / 2)
    axes.set_axis_off()
    return figure


def _draw_edge(axes: Axes, source: Text, product: Text, *, bend: float, bold: bool) -> None:
    """Draw an arrow from frame to frame, beneath all labels; `bend` is its height as a share of half its length."""
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
        connectionstyle=f"arc3,rad={bend}",
        zorder=2,  # texts and their frames have 3
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
    return axes.text(*spot, label_of(node), ha="center", va="center", fontsize=_FONT, bbox=frame)


def mermaid(graph: LineageGraph) -> str:
    """Return the graph as a Mermaid flowchart; nodes are numbered in the order of `graph.nodes`."""
    numbers = {node: f"n{number}" for number, node in enumerate(graph.nodes)}
    lines = ["flowchart LR"]
    for node, number in numbers.items():
        text = label_of(node).replace('"', "#quot;").replace("\n", "<br/>")
        lines.append(f'    {number}["{text}"]')
    lines += [f"    {numbers[source]} --> {numbers[product]}" for source, product in graph.edges]
    return "\n".join(lines) + "\n"
