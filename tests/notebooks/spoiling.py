"""Spoil a good lesson in one place, and see which rules notice."""

import nbformat

from notebooks.lint import lint


def rules(notebook, which="learner"):
    """The rules that a notebook breaks."""
    return {problem.rule for problem in lint(notebook, which)}


def add(notebook, source="", outputs=()):
    """Put one more executed code cell into the first section; its number."""
    notebook.cells.insert(6, nbformat.v4.new_code_cell(source, outputs=list(outputs)))
    code = (cell for cell in notebook.cells if cell.cell_type == "code")
    for count, cell in enumerate(code, start=1):
        cell.execution_count = count
    return 7
