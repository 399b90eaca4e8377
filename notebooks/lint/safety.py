"""What a stored lesson must not hold: a secret, a trace of the machine that built it, a model that will be retired."""

from __future__ import annotations

import re
from collections.abc import Iterator

from nbformat import NotebookNode

from notebooks.lint.problems import Problem, Rule
from notebooks.lint.secrets import secrets
from notebooks.reading import hidden_texts, texts

PATHS = re.compile(r"(?<![\w.:/])/(?:home|root|Users|tmp|var|opt|mnt|work|content|private)/|\b[A-Z]:\\+Users")
PASSING = re.compile(r"\b(?:127\.0\.0\.1|localhost):\d+|\b0x[0-9a-f]{6,}\b")
MODELS = re.compile(r"\b(?:(?:gemini|imagen|veo|gemma)-(?:embedding-)?\d|text-(?:multilingual-)?embedding-\d)[\w.-]*")


def portable(notebook: NotebookNode) -> Iterator[Problem]:
    """No path, port or memory address of the machine that built the lesson."""
    for number, text in texts(notebook):
        if match := PATHS.search(text) or PASSING.search(text):
            found = f"{match.group()!r} belongs to one machine or one run."
            yield Problem("portable", number, found, "Show what stays the same.")


def no_secrets(notebook: NotebookNode) -> Iterator[Problem]:
    """Nothing that looks like a key or token, wherever in the file it stands; each kind is told once per cell."""
    told: set[tuple[int, str]] = set()
    for number, text in hidden_texts(notebook):
        for kind in secrets(text):
            if (number, kind) not in told:
                told.add((number, kind))
                found = f"Something that looks like {kind}."
                yield Problem("secret", number, found, "Remove it, and revoke it if it was real.")


def models_by_registry(notebook: NotebookNode) -> Iterator[Problem]:
    """Models are asked for by their use: an id that is written down dies in every place it was written to."""
    for number, cell in enumerate(notebook.cells, start=1):
        if match := MODELS.search(cell.source):
            remedy = 'Take it from the registry: mlops_helpers.cloud.models.choose("default").id.'
            yield Problem("model", number, f"The model id {match.group()!r}.", remedy)


RULES: tuple[Rule, ...] = (portable, no_secrets, models_by_registry)
