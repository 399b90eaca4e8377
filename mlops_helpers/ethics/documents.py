"""Documents that people sign: sections that a template demands, a decision, a digest; model cards are one kind.

    document = fill(MODEL_CARD, "churn version 3", {"details": ..., "intended_use": ...})
    document.require_complete()                      names every section that is empty
    signed = document.signed(Decision("released", role="risk officer", by="grace", reason="...", on=today))

What a section holds: a text, a list, facts by name (a mapping), a table (a DataFrame), or a list of such things. It is
turned into plain JSON at once, so that what is signed is what is stored. A value that is not a number is "undefined".
"""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from types import MappingProxyType
from typing import Any

from mlops_helpers.ethics.errors import DocumentChanged, EmptySection, InvalidSetting, NotSigned, UnknownSection

RELEASED, REFUSED = "released", "refused"
UNDEFINED = "undefined"
LEAST_WORDS = 8  # of a reason: fewer are a feeling, and nobody can contest them
PLACEHOLDERS = frozenset(
    ("tbd", "todo", "na", "none", "unknown", "later", "xxx", "to be done", "to follow", "see above")
)
Block = Mapping[str, Any]  # {"text": str}, {"list": [...]}, {"facts": {...}} or {"table": {"columns", "rows"}}


@dataclass(frozen=True)
class Template:
    """A kind of document: its title, and for each section a heading and what belongs there."""

    kind: str
    title: str
    sections: Mapping[str, tuple[str, str]]

    def __post_init__(self) -> None:
        object.__setattr__(self, "sections", MappingProxyType(dict(self.sections)))


@dataclass(frozen=True)
class Decision:
    """Who released or refused, in which role, why, and on which day.

    Raises `InvalidSetting` if any is missing, or if the reason has fewer than eight words. Whether the day is over is
    for `release` to judge, which has a clock.
    """

    verdict: str
    role: str
    by: str
    reason: str
    on: date

    def __post_init__(self) -> None:
        if self.verdict not in (RELEASED, REFUSED):
            raise InvalidSetting(f"the verdict {self.verdict!r}", f"{RELEASED} or {REFUSED}", "There is no third.")
        for what in ("role", "by", "reason"):
            if _is_empty_text(getattr(self, what)):
                raise InvalidSetting(f"a decision without {what}", "role, by and reason", "Say who decides, and why.")
        if (words := len(self.reason.split())) < LEAST_WORDS:
            found = f"a reason of {words} words, {self.reason!r}"
            raise InvalidSetting(found, f"at least {LEAST_WORDS}", "Name a figure, and whom it concerns.")
        if type(self.on) is not date:
            raise InvalidSetting(f"the day {self.on!r}", "a datetime.date", "Pass the day of the decision.")

    def __str__(self) -> str:
        return f"{self.verdict} on {self.on} by {self.by} ({self.role}): {self.reason}"


@dataclass(frozen=True)
class Document:
    """A filled template about one subject; `sections` are blocks of plain JSON, in the order of the template."""

    template: Template
    subject: str
    sections: Mapping[str, tuple[Block, ...]]
    decision: Decision | None = None

    @property
    def empty(self) -> tuple[str, ...]:
        """The sections without content, or with a placeholder only."""
        return tuple(name for name in self.template.sections if not any(map(_has_content, self.sections[name])))

    def require_complete(self) -> Document:
        """Return self. Raises `EmptySection`, which names every empty section and what belongs there."""
        if self.empty:
            wanted = "; ".join(f"{name}: {self.template.sections[name][1]}" for name in self.empty)
            found = f"a {self.template.title.lower()} of {self.subject} with nothing in {', '.join(self.empty)}"
            raise EmptySection(found, wanted, "Write it, or say in a sentence why there is nothing to say.")
        return self

    def signed(self, decision: Decision) -> Document:
        """Return the document with a decision; a second one replaces the first. Raises `EmptySection`."""
        return replace(self.require_complete(), decision=decision)

    @property
    def digest(self) -> str:
        """SHA-256 of the document with its decision, 64 hexadecimal digits."""
        return hashlib.sha256(self.to_json().encode()).hexdigest()

    def to_json(self) -> str:
        """Return the document as JSON, always the same for the same document."""
        decided = None if self.decision is None else {**vars(self.decision), "on": self.decision.on.isoformat()}
        content = {"kind": self.template.kind, "subject": self.subject, "decision": decided}
        content["sections"] = {name: list(blocks) for name, blocks in self.sections.items()}
        return json.dumps(content, ensure_ascii=False, sort_keys=True, indent=1)

    def _repr_html_(self) -> str:
        from mlops_helpers.ethics.document_rendering import to_html

        return to_html(self)


def fill(template: Template, subject: str, contents: Mapping[str, Any]) -> Document:
    """Return a document; sections that are not given stay empty, which `require_complete` then tells.

    Raises `UnknownSection` for one that the template does not have, `InvalidSetting` without a subject.
    """
    if unknown := sorted(set(contents) - set(template.sections)):
        found = f"the sections {', '.join(unknown)} in a {template.title.lower()}"
        raise UnknownSection(found, f"some of {', '.join(template.sections)}", "Correct the name.")
    if _is_empty_text(subject):
        raise InvalidSetting("no subject", "what the document is about", "Name model and version.")
    blocks = {name: tuple(to_blocks(contents.get(name, ""))) for name in template.sections}
    return Document(template, subject, MappingProxyType(blocks))


def to_blocks(content: Any) -> Iterable[Block]:
    """Yield content as blocks of plain JSON. Raises `InvalidSetting` for what is none of the kinds."""
    if isinstance(content, str):
        yield {"text": content.strip()}
    elif hasattr(content, "itertuples"):
        rows = [[plain(value) for value in row] for row in content.itertuples(index=False, name=None)]
        yield {"table": {"columns": [str(name) for name in content.columns], "rows": rows}}
    elif isinstance(content, Mapping):
        yield {"facts": {str(name): plain(value) for name, value in content.items()}}
    elif isinstance(content, list | tuple):
        if all(isinstance(item, str) for item in content):
            yield {"list": list(content)}
        else:
            for item in content:
                yield from to_blocks(item)
    else:
        kinds = "a text, a list, a mapping or a DataFrame"
        raise InvalidSetting(f"a section of type {type(content).__name__}", kinds, "Convert it first.")


def plain(value: Any) -> str | int | float | bool:
    """Return a value as JSON can hold it; what is missing or not finite is "undefined", never 0."""
    if hasattr(value, "item") and getattr(value, "shape", None) == ():
        value = value.item()
    if isinstance(value, bool | int):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else UNDEFINED
    missing = value is None or type(value).__name__ in ("NAType", "NaTType")
    return UNDEFINED if missing else str(value)


def from_json(text: str, templates: Iterable[Template]) -> Document:
    """Return a document that `to_json` wrote. Raises `DocumentChanged` for anything else."""
    known = {template.kind: template for template in templates}
    try:
        found = json.loads(text)
        template, decided = known[found["kind"]], found["decision"]
        decision = decided and Decision(**{**decided, "on": date.fromisoformat(decided["on"])})
        sections = {name: tuple(found["sections"][name]) for name in template.sections}
        document = Document(template, found["subject"], MappingProxyType(sections), decision)
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        known_kinds = f"one of the kinds {', '.join(known)}"
        raise DocumentChanged(f"no document ({error!r:.100})", known_kinds, "Attach it again.") from error
    return document


def require_decision(document: Document, verdict: str) -> Document:
    """Return the document if it is complete and bears this verdict. Raises `EmptySection`, `NotSigned`."""
    document.require_complete()
    if document.decision is None or document.decision.verdict != verdict:
        found = f"a {document.template.title.lower()} of {document.subject}: {document.decision or 'not signed'}"
        raise NotSigned(found, f"one that is {verdict}", _what_to_do(document.decision))
    return document


def _what_to_do(decision: Decision | None) -> str:
    """Return the way on after a missing or another decision."""
    if decision is None:
        return "Sign it with a Decision, or do not release."
    return f"It was {decision.verdict} by {decision.by} on {decision.on}; a new version needs new papers."


def _has_content(block: Block) -> bool:
    """Return whether a block says anything: a table without rows does not, nor does a list of placeholders."""
    if "table" in block:
        return bool(block["table"]["rows"])
    values = block.get("facts", {}).values() or block.get("list") or [block.get("text", "")]
    return any(not isinstance(value, str) or not _is_empty_text(value) for value in values)


def _is_empty_text(text: object) -> bool:
    plain_words = re.sub(r"[\W_]+", " ", str(text)).strip().casefold()
    return not isinstance(text, str) or plain_words.replace(" ", "") in ("", "na") or plain_words in PLACEHOLDERS
