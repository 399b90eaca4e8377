"""Words that look for somebody instead of something: what a post-mortem does without, and what to write instead.

    find_blame("D. forgot the check, it is his fault", names=["D."])
    require_blameless(text)                  raises BlamingText with all of them

After Allspaw, "Blameless PostMortems" (2012): whoever expects punishment leaves out what the others need to learn. A
list of words knows no meaning. It misses irony and names that it was not told: a text that passes may still be unkind.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from mlops_helpers.collaboration.errors import BlamingText
from mlops_helpers.governance.pii import find_pii

PERSON, JUDGEMENT, HINDSIGHT, GUILT = "a person", "a judgement", "hindsight", "guilt"
INSTEAD: Mapping[str, str] = MappingProxyType(
    {
        PERSON: "name the role, or the system",
        JUDGEMENT: "say what was seen and known at that moment",
        HINDSIGHT: "say what made the other way look right",
        GUILT: "say which condition contributed",
    }
)
PATTERNS: Mapping[str, str] = MappingProxyType(
    {
        PERSON: r"he|she|him|her|his|hers|himself|herself",
        JUDGEMENT: r"careless(?:ly|ness)?|negligen(?:t|tly|ce)|incompeten(?:t|ce)|stupid(?:ly|ity)?|lazy|sloppy|"
        r"irresponsib(?:le|ly)|unprofessional|clumsy",
        HINDSIGHT: r"(?:should|could|ought to) have|shouldn't have|failed to|forgot|neglected|overlooked|"
        r"obvious(?:ly)?|of course",
        GUILT: r"blam(?:e|ed|es|ing)|guilty|culprit|at fault|\w+['’]s fault|(?:his|her|their|your) fault|fault of|"
        r"human error|punish(?:ed|ment)?",
    }
)


@dataclass(frozen=True)
class Blame:
    """One place in a text: the words, what they look for, and what to write instead."""

    words: str
    kind: str
    instead: str

    def __str__(self) -> str:
        """Say it in one line."""
        return f"{self.words!r} ({self.kind}: {self.instead})"


def find_blame(text: str, *, names: Iterable[str] = ()) -> tuple[Blame, ...]:
    """Return the places that name or blame a person, in the order of the text; whole words, whatever their case.

    `names` are people's names to look for; e-mail addresses and telephone numbers are found without (and shown masked).
    """
    found = [*_listed(text), *_named(text, names)]
    found += [(place.start, place.sample, PERSON) for place in find_pii(text)]
    kept = {(start, words): kind for start, words, kind in found}
    return tuple(Blame(words, kind, INSTEAD[kind]) for (_, words), kind in sorted(kept.items()))


def require_blameless(text: str, *, names: Iterable[str] = ()) -> str:
    """Return the text unchanged. Raises `BlamingText` with every place and what to write instead."""
    if found := find_blame(text, names=names):
        listed = "; ".join(map(str, found))
        raise BlamingText(listed, "conditions, systems and roles", "Write it again; nobody is looked for.")
    return text


def _listed(text: str) -> Iterator[tuple[int, str, str]]:
    for kind, pattern in PATTERNS.items():
        for match in re.finditer(rf"\b(?:{pattern})\b", text, re.IGNORECASE):
            yield match.start(), match.group(), kind


def _named(text: str, names: Iterable[str]) -> Iterator[tuple[int, str, str]]:
    for name in filter(str.strip, names):
        for match in re.finditer(rf"(?<!\w){re.escape(name.strip())}(?!\w)", text, re.IGNORECASE):
            yield match.start(), match.group(), PERSON
