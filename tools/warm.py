"""Imports once, in the course's environment, all that lessons, helpers and tests import, so that bytecode is there.

Without it the first lesson would compile every module it touches (and so would each lesson, where bytecode is not
kept): 20 s instead of 4 s. The list is read from the code itself. matplotlib's font cache is made on the way, which a
lesson would otherwise report on stderr.
"""

from __future__ import annotations

import ast
import contextlib
import importlib
import sys
import warnings
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
FOLDERS = ("mlops_helpers", "notebooks", "tests")
OURS = frozenset(FOLDERS) | {"tools", "benchmarks", "data", "__future__"}
# Imported by name at run time, where no import statement shows them.
HIDDEN = ("ipykernel.kernelapp", "matplotlib_inline.backend_inline", "matplotlib.font_manager", "nbval.plugin", "xdist")


def imported_modules(files: Iterable[Path]) -> list[str]:
    """The foreign modules that these files import anywhere, inside functions too; each once, sorted."""
    found: set[str] = set()
    for file in files:
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                found.update(alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                # `from google.cloud import storage` imports a module, `from pathlib import Path` does not: try both.
                found.update({node.module, *(f"{node.module}.{alias.name}" for alias in node.names)})
    return sorted(name for name in found if name.partition(".")[0] not in sys.stdlib_module_names | OURS)


def main() -> int:
    """Import everything; a module that this platform lacks is passed over. 0."""
    warnings.simplefilter("ignore")
    files = [path for folder in FOLDERS for path in sorted((ROOT / folder).rglob("*.py"))]
    for name in (*HIDDEN, *imported_modules(files)):
        with contextlib.suppress(Exception):
            importlib.import_module(name)
    return 0


if __name__ == "__main__":
    sys.exit(main())
