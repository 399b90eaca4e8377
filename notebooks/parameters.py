"""A lesson's parameters: what its first code cell declares, and whether a value from outside fits that.

papermill accepts anything: a name that no cell declares it only mentions in its log, and its command line turns 007
into 7. Here a value has the type that the cell declares, or it is refused before anything runs.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping
from typing import Any

from nbformat import NotebookNode

from notebooks.reading import code_cells, parsed, tagged

TRUTH = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


class ParameterRefused(ValueError):
    """A lesson has no such parameter, or the value is not of its type."""


def declared(notebook: NotebookNode) -> dict[str, Any]:
    """Name -> value of what the cell tagged `parameters` assigns; nothing where there is no such cell."""
    numbers = tagged(notebook, "parameters")
    statements = [node for number, cell in code_cells(notebook) if number in numbers for node in parsed(cell).body]
    found = {}
    for statement in statements:
        if isinstance(statement, ast.Assign | ast.AnnAssign) and statement.value is not None:
            targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
            found |= {ast.unparse(target): ast.literal_eval(statement.value) for target in targets}
    return found


def require_fit(known: Mapping[str, Any], given: Mapping[str, Any]) -> None:
    """Raises `ParameterRefused` for a name that is not declared, or a value of another type than the declared one.

    A whole number fits where a fraction is declared; anything fits where None is.
    """
    for name, value in given.items():
        kind = type(_default(known, name))
        if kind is float and type(value) is int:
            continue
        if kind is not type(None) and type(value) is not kind:
            raise ParameterRefused(f"{name} is declared as {kind.__name__}; {value!r} is {type(value).__name__}.")


def from_texts(known: Mapping[str, Any], given: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """The values that a person typed, each as the declared type: 007 stays text where text is declared.

    Raises `ParameterRefused` for a name that is not declared, or a text that cannot be read as its type.

    >>> from_texts({"id": "001", "limit": 0.5, "BREAK_IT": True}, [("id", "007"), ("limit", "2"), ("BREAK_IT", "no")])
    {'id': '007', 'limit': 2.0, 'BREAK_IT': False}
    """
    found = {}
    for name, text in given:
        kind = type(_default(known, name))
        try:
            found[name] = _read(text, kind)
        except (KeyError, ValueError, SyntaxError):
            raise ParameterRefused(f"{name} is declared as {kind.__name__}; {text!r} is none.") from None
    require_fit(known, found)
    return found


def _default(known: Mapping[str, Any], name: str) -> Any:
    if name not in known:
        raise ParameterRefused(f"No cell declares {name!r}. The lesson has {', '.join(known) or 'no parameters'}.")
    return known[name]


def _read(text: str, kind: type) -> Any:
    """One text as a value. Raises `KeyError`, `ValueError` or `SyntaxError` where that cannot be."""
    if kind is str:
        return text
    if kind is bool:
        return TRUTH[text.lower()]
    return kind(text) if kind in (int, float) else ast.literal_eval(text)
