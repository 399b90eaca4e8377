"""Documents as Markdown and HTML. Whatever stands in a value is shown as it is: it never becomes markup.

There is no template language here and nothing to escape from: the structure is written by this module, each value goes
through one of two escapes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from html import escape
from typing import TYPE_CHECKING, Any

from mlops_helpers.ethics.untrusted import visible

if TYPE_CHECKING:
    from mlops_helpers.ethics.documents import Block, Document

SPECIAL = re.compile(r"([\\`*_{}\[\]()#+\-.!|~$:=^])")


def to_markdown(document: Document) -> str:
    """Return the document as Markdown (CommonMark, tables as GitHub writes them)."""
    title = markdown_text(f"{document.template.title}: {document.subject}")
    lines = [f"# {title}", "", f"**Decision:** {markdown_text(_decision(document))}"]
    for name, (heading, _) in document.template.sections.items():
        lines += ["", f"## {heading}"]
        for block in document.sections[name]:
            lines += ["", *_markdown_block(block)]
    return "\n".join(lines) + "\n"


def to_html(document: Document) -> str:
    """Return the document as one HTML element, without scripts, styles or links."""
    title = html_text(f"{document.template.title}: {document.subject}")
    parts = [f"<h1>{title}</h1>", f"<p><strong>Decision:</strong> {html_text(_decision(document))}</p>"]
    for name, (heading, _) in document.template.sections.items():
        parts.append(f"<h2>{html_text(heading)}</h2>")
        parts += [_html_block(block) for block in document.sections[name]]
    return f"<article>{''.join(parts)}</article>"


def markdown_text(value: Any) -> str:
    """Return a value for Markdown: one line, every character that could mean something escaped.

    >>> markdown_text("[x](javascript:1) <b>")
    '\\\\[x\\\\]\\\\(javascript\\\\:1\\\\) &lt;b&gt;'
    """
    line = re.sub(r"\s+", " ", visible(_shown(value))).strip()
    return SPECIAL.sub(r"\\\1", escape(line, quote=False))


def html_text(value: Any) -> str:
    """Return a value for HTML, in text or in an attribute."""
    return escape(visible(_shown(value)), quote=True)


def _shown(value: Any) -> str:
    """Return a value as a reader wants it: numbers to four digits, truth as yes or no."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _decision(document: Document) -> str:
    return str(document.decision) if document.decision else "none yet"


def _markdown_block(block: Block) -> Iterator[str]:
    if "table" in block:
        columns, rows = block["table"]["columns"], block["table"]["rows"]
        yield from (_markdown_row(columns), "|" + "---|" * len(columns), *map(_markdown_row, rows))
    elif "facts" in block:
        yield from (f"- **{markdown_text(name)}:** {markdown_text(value)}" for name, value in block["facts"].items())
    elif "list" in block:
        yield from (f"- {markdown_text(item)}" for item in block["list"])
    else:
        yield markdown_text(block.get("text", ""))


def _markdown_row(cells: list[Any]) -> str:
    return f"| {' | '.join(map(markdown_text, cells))} |"


def _html_block(block: Block) -> str:
    if "table" in block:
        head = _html_row(block["table"]["columns"], "th")
        rows = "".join(_html_row(row, "td") for row in block["table"]["rows"])
        return f"<table><thead>{head}</thead><tbody>{rows}</tbody></table>"
    if "facts" in block:
        facts = (f"<dt>{html_text(name)}</dt><dd>{html_text(value)}</dd>" for name, value in block["facts"].items())
        return f"<dl>{''.join(facts)}</dl>"
    if "list" in block:
        return f"<ul>{_joined('<li>{}</li>'.format, block['list'])}</ul>"
    return f"<p>{html_text(block.get('text', ''))}</p>"


def _html_row(cells: list[Any], tag: str) -> str:
    return f"<tr>{_joined(f'<{tag}>{{}}</{tag}>'.format, cells)}</tr>"


def _joined(wrap: Callable[[str], str], values: list[Any]) -> str:
    return "".join(wrap(html_text(value)) for value in values)
