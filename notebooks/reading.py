"""Reading a notebook: its cells by kind, its texts, headings, sections and bullets. Cells are numbered from 1."""

from __future__ import annotations

import ast
import base64
import re
import zlib
from collections.abc import Iterator

from nbformat import NotebookNode

_HEADING = re.compile(r"^(#{1,6})\s+(.*?)\s*$", re.MULTILINE)
_FENCE = re.compile(r"^(```|~~~).*?^\1", re.MULTILINE | re.DOTALL)
_BULLET = re.compile(r"^[-*]\s+(.*(?:\n[ \t]+\S.*)*)", re.MULTILINE)
_BASE64 = re.compile(r"(?:[A-Za-z0-9+/]{4}|\s)*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?\s*")
# Keyword, then either "compressed" flags and two empty names (iTXt) or a method (zTXt); the data follows.
_PNG_TEXT = re.compile(rb"(?:zTXt[^\0]{1,79}\0\0)|(?:iTXt[^\0]{1,79}\x00\x01\x00[^\0]*\0[^\0]*\0)")
_WORD = re.compile(r"\w[\w'’-]*")
_COMMON = frozenset(("that", "this", "what", "with", "from", "have", "will", "your", "into", "their", "them", "then"))

Numbered = tuple[int, NotebookNode]
_OWN_SCOPE = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda | ast.comprehension


def code_cells(notebook: NotebookNode) -> list[Numbered]:
    """The code cells with their numbers."""
    return [(number, cell) for number, cell in enumerate(notebook.cells, start=1) if cell.cell_type == "code"]


def markdown_cells(notebook: NotebookNode) -> list[Numbered]:
    """The markdown cells with their numbers."""
    return [(number, cell) for number, cell in enumerate(notebook.cells, start=1) if cell.cell_type == "markdown"]


def tagged(notebook: NotebookNode, tag: str) -> list[int]:
    """The numbers of the cells that carry a tag."""
    return [number for number, cell in enumerate(notebook.cells, start=1) if tag in cell.metadata.get("tags", ())]


def outputs(notebook: NotebookNode) -> Iterator[Numbered]:
    """Each output with the number of its cell."""
    for number, cell in code_cells(notebook):
        for output in cell.outputs:
            yield number, output


def texts(notebook: NotebookNode) -> Iterator[tuple[int, str]]:
    """Everything a reader could read, with its cell: sources, printed text, text and HTML forms of results."""
    for number, cell in enumerate(notebook.cells, start=1):
        yield number, cell.source
    for number, output in outputs(notebook):
        yield number, output.get("text", "")
        for kind, value in output.get("data", {}).items():
            if not kind.startswith("image/"):
                yield number, str(value)


def hidden_texts(notebook: NotebookNode) -> Iterator[tuple[int, str]]:
    """Every string in the file, with its cell (0: the notebook's own metadata): also metadata, tracebacks, pictures.

    Pictures and attachments stand in the file as base64; what they hold is given as text, byte for byte.
    """
    for number, cell in enumerate(notebook.cells, start=1):
        for text in _strings(cell):
            yield number, text
    for text in _strings(notebook.metadata):
        yield 0, text


def _strings(value: object) -> Iterator[str]:
    """The strings within JSON; a form of a picture, `{"image/png": base64}`, as the bytes it stands for."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for item in value:
            yield from _strings(item)
    elif isinstance(value, dict):
        for key, item in value.items():
            yield key
            encoded = "/" in key and isinstance(item, str) and _BASE64.fullmatch(item)
            yield from _unpacked(item) if encoded else _strings(item)


def _unpacked(encoded: str) -> Iterator[str]:
    """What base64 holds, and the texts that a PNG keeps compressed."""
    content = base64.b64decode(encoded)
    yield content.decode("latin-1")
    for match in _PNG_TEXT.finditer(content):
        try:
            yield zlib.decompressobj().decompress(content[match.end() :], 100_000).decode("latin-1")
        except zlib.error:
            continue  # not compressed: then it was readable above


def headings(notebook: NotebookNode) -> Iterator[tuple[int, int, str]]:
    """Cell number, level and text of each heading; what looks like one inside a code fence is none."""
    for number, cell in markdown_cells(notebook):
        for marks, text in _HEADING.findall(_FENCE.sub("", cell.source)):
            yield number, len(marks), text


def sections(notebook: NotebookNode) -> Iterator[tuple[int, str, list[NotebookNode]]]:
    """Each part below a `##` heading: the heading's cell, its text, and the code cells up to the next `##`."""
    starts = [(number, text) for number, level, text in headings(notebook) if level == 2]
    ends = [number for number, _ in starts[1:]] + [len(notebook.cells) + 1]
    for (start, text), end in zip(starts, ends, strict=True):
        yield start, text, [cell for number, cell in code_cells(notebook) if start < number < end]


def bullets(text: str) -> list[str]:
    """The items of the text's lists, each on one line."""
    return [" ".join(item.split()) for item in _BULLET.findall(text)]


def stems(text: str) -> set[str]:
    """The first four letters of the words that carry meaning: 'counts' and 'counted' agree."""
    words = re.findall(r"[a-z]{4,}", text.lower())
    return {word[:4] for word in words if word not in _COMMON}


def words_per_code_line(notebook: NotebookNode) -> float:
    """Words of prose (what stands in fences is none) for each line of code that is not blank."""
    prose = " ".join(_FENCE.sub("", cell.source) for _, cell in markdown_cells(notebook))
    lines = [line for _, cell in code_cells(notebook) for line in cell.source.splitlines() if line.strip()]
    return len(_WORD.findall(prose)) / max(len(lines), 1)


def parsed(cell: NotebookNode) -> ast.Module:
    """The cell's code as a tree, without magics and shell commands; an empty one where that is no Python."""
    lines = ["pass" if line.lstrip().startswith(("%", "!")) else line for line in cell.source.splitlines()]
    try:
        return compile("\n".join(lines), "cell", "exec", ast.PyCF_ONLY_AST | ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    except SyntaxError:
        return ast.Module([], [])


def calls(tree: ast.AST) -> set[str]:
    """The last words of all that is called: `axes.set(...)` gives "set"."""
    functions = [node.func for node in ast.walk(tree) if isinstance(node, ast.Call)]
    names = {function.id for function in functions if isinstance(function, ast.Name)}
    return names | {function.attr for function in functions if isinstance(function, ast.Attribute)}


def assigned_names(tree: ast.AST) -> Iterator[str]:
    """The global names that code binds, as often as it does; what a function keeps to itself is none of them."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store | ast.Del):
            yield node.id
        elif isinstance(node, ast.alias):
            yield (node.asname or node.name).partition(".")[0]
        elif isinstance(node, ast.ExceptHandler) and node.name:
            yield node.name
        if not isinstance(node, _OWN_SCOPE):
            yield from assigned_names(node)


def is_literal_assignment(statement: ast.stmt) -> bool:
    """Whether a statement only gives a plain value to a name, as papermill needs it."""
    if isinstance(statement, ast.AnnAssign):
        targets, value = [statement.target], statement.value
    elif isinstance(statement, ast.Assign):
        targets, value = statement.targets, statement.value
    else:
        return False
    try:
        ast.literal_eval(value)
    except (ValueError, TypeError):
        return False
    return all(isinstance(target, ast.Name) for target in targets)
