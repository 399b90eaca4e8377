"""What a rule of the lint yields, and what a rule is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from nbformat import NotebookNode


@dataclass(frozen=True)
class Problem:
    """One breach of a rule: the cell's number (counting all cells from 1; 0 is the whole notebook) and what to do."""

    rule: str
    cell: int
    found: str
    remedy: str

    def __str__(self) -> str:
        where = f"cell {self.cell}" if self.cell else "notebook"
        return f"{where}: {self.found} {self.remedy} [{self.rule}]"


Rule = Callable[[NotebookNode], Iterator[Problem]]
