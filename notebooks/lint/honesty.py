"""Nothing that would let a lesson look as if it had passed: early ends, swallowed errors, work that nobody waits for.

A run cannot see all of these (papermill takes `sys.exit(0)` for a good end), so they are looked for in the code.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from nbformat import NotebookNode

from notebooks.lint.problems import Problem, Rule
from notebooks.reading import code_cells, parsed

SHELL = re.compile(r"^\s*(?:[!%?]|get_ipython\(|os\.system\(|[\w.]+\?+\s*$)|=\s*[!%]\w", re.MULTILINE)
ENDS = frozenset(("exit", "quit", "sys.exit", "os._exit", "os.abort", "os.kill", "os.execv", "signal.raise_signal"))
LOST = frozenset(("create_task", "ensure_future", "submit", "run_coroutine_threadsafe"))
BROAD = frozenset(("Exception", "BaseException", "AssertionError"))
MARKERS = re.compile(r"^\s*#\s*(?:NBVAL_\w+|PYTEST_VALIDATE_IGNORE_OUTPUT)", re.MULTILINE)


def no_shell(notebook: NotebookNode) -> Iterator[Problem]:
    """Plain Python only, so that every cell runs on every system, and no command fails unseen."""
    for number, cell in code_cells(notebook):
        if SHELL.search(cell.source):
            yield Problem("shell", number, "A shell command or magic.", "Say it in Python.")


def no_early_end(notebook: NotebookNode) -> Iterator[Problem]:
    """No cell ends the kernel: what stands below would never run."""
    for number, node in _nodes(notebook):
        called = ast.unparse(node.func) if isinstance(node, ast.Call) else ""
        raised = isinstance(node, ast.Raise) and "SystemExit" in ast.unparse(node)
        if called in ENDS or raised:
            found = f"{called or 'SystemExit'} ends the lesson."
            yield Problem("ends", number, found, "Show what follows from the condition, or raise an error.")


def no_swallowed_error(notebook: NotebookNode) -> Iterator[Problem]:
    """An `except` names what it expects; one for everything would also catch a claim that is no longer true."""
    for number, node in _nodes(notebook):
        if isinstance(node, ast.ExceptHandler) and _broad(node.type):
            caught = ast.unparse(node.type) if node.type else "everything"
            yield Problem("swallows", number, f"An except for {caught}.", "Name the error that you expect.")
        elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith("suppress") and any(map(_broad, node.args)):
            yield Problem("swallows", number, "suppress() for every error.", "Name the error that you expect.")
        elif isinstance(node, ast.Call) and _ignores_warnings(node):
            yield Problem("swallows", number, "Warnings are switched off.", "Remove the cause of the warning.")


def no_lost_work(notebook: NotebookNode) -> Iterator[Problem]:
    """Work that was handed over is waited for: else its error goes nowhere."""
    for number, node in _nodes(notebook):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
            called = ast.unparse(node.value.func).rpartition(".")[2]
            if called in LOST:
                remedy = "Keep what it returns, and await it or ask for its result() in the same cell."
                yield Problem("lost", number, f"Nobody waits for {called}(...).", remedy)


def compared(notebook: NotebookNode) -> Iterator[Problem]:
    """No comment that tells the test run not to compare or not to run a cell."""
    for number, cell in code_cells(notebook):
        if match := MARKERS.search(cell.source):
            yield Problem("compared", number, f"The comment {match.group().strip()!r}.", "Make the output repeatable.")


def _nodes(notebook: NotebookNode) -> Iterator[tuple[int, ast.AST]]:
    for number, cell in code_cells(notebook):
        for node in ast.walk(parsed(cell)):
            yield number, node


def _broad(caught: ast.expr | None) -> bool:
    """Whether an except clause takes in errors that nobody foresaw."""
    names = caught.elts if isinstance(caught, ast.Tuple) else [caught]
    return any(name is None or ast.unparse(name).rpartition(".")[2] in BROAD for name in names)


def _ignores_warnings(call: ast.Call) -> bool:
    name = ast.unparse(call.func).rpartition(".")[2]
    said = [node.value for node in ast.walk(call) if isinstance(node, ast.Constant)]
    return name in ("filterwarnings", "simplefilter") and "ignore" in said


RULES: tuple[Rule, ...] = (no_shell, no_early_end, no_swallowed_error, no_lost_work, compared)
