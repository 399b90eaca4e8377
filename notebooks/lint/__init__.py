"""What every stored lesson keeps to. Each rule takes a notebook and yields problems that name the cell and the remedy.

The rules are the course's style, measured: a reader meets the subject early, reads short cells, sees every claim
asserted, and finds at the end what the opening promised. What a lesson stores is safe to publish and to compare.

    structure   the order of cells, their lengths, parameters that reach what they name, exercises that can be solved
    honesty     nothing that would let a lesson look as if it had passed: early ends, swallowed errors, lost work
    safety      no secret, no machine, no model that will be retired: neither in view nor in metadata and pictures
    prose       what is said: words, asserts, figures, and the recap that answers the opening
"""

from __future__ import annotations

from nbformat import NotebookNode

from notebooks.lint import honesty, prose, safety, structure
from notebooks.lint.problems import Problem

__all__ = ["Problem", "lint"]

RULES = (*structure.RULES, *honesty.RULES, *safety.RULES, *prose.RULES)


def lint(notebook: NotebookNode, which: str) -> list[Problem]:
    """All problems of a stored edition, "learner" or "solutions", in the order of the rules."""
    found = [problem for rule in RULES for problem in rule(notebook)]
    return found + list(structure.exercises(notebook, which))
