"""HTML, escaped by construction: text is escaped wherever it goes in, and only these functions make markup.

>>> str(tag("p", "1 < 2", cls="note"))
'<p class="note">1 &lt; 2</p>'
"""

from __future__ import annotations

import html
from collections.abc import Iterable, Sequence
from typing import Any
from urllib.parse import quote

VOID = ("input", "link", "meta", "br")


class Html(str):
    """Text that is markup already. Made by this module only."""

    __slots__ = ()


Child = Any  # Html, None, or anything whose text is to be shown


def join(children: Iterable[Child]) -> Html:
    """Children one after the other: markup as it is, everything else escaped, None left out."""
    return Html(
        "".join(child if isinstance(child, Html) else _escaped(child) for child in children if child is not None)
    )


def tag(name: str, /, *children: Child, **attributes: str | bool | None) -> Html:
    """An element. `cls` and `for_` stand for class and for; True makes a bare attribute, None or False none."""
    parts = [name]
    for key, value in attributes.items():
        if value is None or value is False:
            continue
        written = {"cls": "class", "for_": "for"}.get(key, key.replace("_", "-"))
        parts.append(written if value is True else f'{written}="{_escaped(value)}"')
    start = f"<{' '.join(parts)}>"
    return Html(start) if name in VOID else Html(f"{start}{join(children)}</{name}>")


def link(text: Child, *path: str) -> Html:
    """A link to a page of the console; each part of the path is quoted."""
    return tag("a", text, href="/" + "/".join(["console", *(quote(part, safe="") for part in path)]))


def table(caption: str, head: Sequence[str], rows: Iterable[Sequence[Child]], *, numbers: Sequence[str] = ()) -> Html:
    """A table with a caption; the first cell of a row names the row. `numbers` are the columns set to the right."""
    sides = ["number" if name in numbers else None for name in head]
    body = [_row(row, sides) for row in rows]
    if not body:
        return join([tag("h2", caption), tag("p", "None.", cls="none")])
    heads = [tag("th", name, scope="col", cls=side) for name, side in zip(head, sides, strict=True)]
    found = tag("table", tag("caption", caption), tag("thead", tag("tr", *heads)), tag("tbody", *body))
    return tag("div", found, cls="wide", tabindex="0", role="region", aria_label=caption)


def _row(row: Sequence[Child], sides: Sequence[str | None]) -> Html:
    cells = zip(row, sides, strict=True)
    return tag(
        "tr",
        *(
            tag("th", cell, scope="row", cls=side) if not at else tag("td", cell, cls=side)
            for at, (cell, side) in enumerate(cells)
        ),
    )


def form(action: str, form_key: str, *children: Child, button: str) -> Html:
    """A form that is sent by POST, with the key that no other web page knows."""
    hidden = tag("input", type="hidden", name="form_key", value=form_key)
    return tag("form", hidden, *children, tag("button", button, type="submit"), method="post", action=action)


def field(name: str, label: str, **attributes: str) -> Html:
    """A labelled input."""
    box = tag("input", id=name, name=name, **attributes)
    return tag("p", tag("label", label, for_=name), box)


def choice(name: str, label: str, values: Iterable[str]) -> Html:
    """A labelled list to choose from."""
    options = [tag("option", value, value=value) for value in values]
    return tag("p", tag("label", label, for_=name), tag("select", *options, id=name, name=name))


def _escaped(value: Any) -> str:
    return html.escape(str(value), quote=True)
