"""Google's URL templates (`/v1/{name=projects/*/locations/*/models/*}:copy`), and a tree that finds the one that fits.

A template is a sequence of segments, each a constant or `*`, with an optional custom verb after the last colon. The
installed clients have about 1,400 of them; the tree looks at one segment at a time instead of trying every template.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

PARTS = re.compile(r"\{([\w.]+)(?:=([^}]*))?\}|([^{}]+)")


@dataclass(frozen=True)
class Template:
    """A parsed URL template. `variables` gives for each variable the span of segments that it covers."""

    segments: tuple[str, ...]
    verb: str
    variables: dict[str, tuple[int, int]]

    @classmethod
    def parse(cls, uri: str) -> Template:
        """Read a template as the clients write it.

        >>> Template.parse("/v1/{parent=projects/*}/models:upload")
        Template(segments=('v1', 'projects', '*', 'models'), verb='upload', variables={'parent': (1, 3)})
        """
        body, _, verb = uri.rpartition(":") if ":" in uri.rpartition("}")[2] else (uri, "", "")
        segments, variables = [], {}
        for name, pattern, constant in PARTS.findall(body):
            found = (pattern or "*").split("/") if name else [part for part in constant.split("/") if part]
            if name:
                variables[name] = (len(segments), len(segments) + len(found))
            segments += found
        return cls(tuple(segments), verb, variables)

    def read(self, segments: list[str]) -> dict[str, str]:
        """The variables' values in a path that fits."""
        return {name: "/".join(segments[start:stop]) for name, (start, stop) in self.variables.items()}


def split_path(path: str) -> tuple[list[str], str]:
    """A path's decoded segments and its custom verb.

    Some clients put a slash before the verb (`/locations/us-central1/:evaluateInstances`); it counts for nothing.

    >>> split_path("/v1/projects/p/models/7%401:copy")
    (['v1', 'projects', 'p', 'models', '7@1'], 'copy')
    """
    head, _, last = path.replace("/:", ":").rpartition("/")
    name, _, verb = last.rpartition(":") if ":" in last else (last, "", "")
    return [unquote(part) for part in f"{head}/{name}".split("/") if part], verb


@dataclass
class Tree:
    """Templates by method and segment; a constant wins over `*`."""

    branches: dict[str, Tree] = field(default_factory=dict)
    leaves: dict[tuple[str, str], tuple[Template, Any]] = field(default_factory=dict)

    def add(self, method: str, template: Template, value: Any) -> None:
        """Put a value under a template. The first one added under equal templates stays."""
        node = self
        for segment in template.segments:
            node = node.branches.setdefault(segment, Tree())
        node.leaves.setdefault((method, template.verb), (template, value))

    def find(self, method: str, path: str) -> tuple[Any, dict[str, str]] | None:
        """The value whose template fits, with the variables' values; None if there is none."""
        segments, verb = split_path(path)
        found = self._find(segments, 0, (method, verb))
        return (found[1], found[0].read(segments)) if found else None

    def _find(self, segments: list[str], at: int, leaf: tuple[str, str]) -> tuple[Template, Any] | None:
        if at == len(segments):
            return self.leaves.get(leaf)
        for key in (segments[at], "*"):
            branch = self.branches.get(key)
            found = branch._find(segments, at + 1, leaf) if branch else None
            if found:
                return found
        return None
