"""Is every sentence of an answer supported by the sources it was given? A simple method, and how often it errs.

A sentence counts as supported if, within one window of two neighbouring sentences of a source,

- at least 60 % of its content words (small words dropped, endings cut) occur,
- every number in it occurs, and
- it is negated just as the best-fitting sentence of that window is.

That is word overlap, no understanding (the idea of ROUGE precision; Lin, 2004). It passes two names that changed
places, and flags a good paraphrase. `groundedness_error` measures both on judged pairs: on the 36 of the course
(`groundedness_pairs.json`) it flags 4 of 18 supported sentences and passes 4 of 18 unsupported ones, in both cases
between 9 % and 45 % (Wilson, 95 %). So it asks for a person's look; it proves nothing.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING

from mlops_helpers.ethics.errors import EmptyData, InvalidSetting

if TYPE_CHECKING:
    import pandas as pd

THRESHOLD = 0.6
WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?")
NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
SENTENCE = re.compile(r"(?<=[.!?])\s+|\n+")
ENDINGS = ("ations", "ation", "ings", "ing", "ies", "ied", "ed", "es", "s", "ly", "e", "y")
NEGATIONS = frozenset(WORD.findall("not no never none without cannot nothing nobody neither nor"))
SMALL = frozenset(
    WORD.findall(
        "a an the and or but if so of in on at to for from by with as is are was were be been being has have"
        " had do does did it its this that these those he she they them his her their you your we our i my"
        " will would can could may might shall should must there here which who whom what when where also than"
        " then too very all any each more most some such only own same about after before into over under"
        " again once"
    )
)


@dataclass(frozen=True)
class SentenceSupport:
    """One sentence of an answer: the share of its words found, whether that is enough, and if not, why."""

    sentence: str
    share: float
    supported: bool
    why: str = ""


def check_groundedness(
    answer: str, sources: Iterable[str], *, threshold: float = THRESHOLD
) -> tuple[SentenceSupport, ...]:
    """Return one verdict per sentence of the answer; sentences without content words ("So there it is.") are skipped.

    Without a source nothing is supported. Raises `InvalidSetting` for a threshold outside 0..1.
    """
    if not 0 < threshold <= 1:
        raise InvalidSetting(f"a threshold of {threshold}", "above 0, at most 1", f"{THRESHOLD} is the default.")
    windows = [window for source in sources for window in _windows(source)]
    claims = [claim for sentence in split_sentences(answer) if (claim := _read(sentence)).words or claim.numbers]
    return tuple(_support(claim, windows, threshold) for claim in claims)


@dataclass(frozen=True)
class _Sentence:
    """A sentence and what is compared of it."""

    text: str
    words: frozenset[str]
    numbers: frozenset[str]
    negated: bool


def _read(text: str) -> _Sentence:
    return _Sentence(text, frozenset(content_words(text)), frozenset(numbers(text)), negated(text))


def _windows(source: str) -> list[tuple[_Sentence, ...]]:
    parts = [_read(sentence) for sentence in split_sentences(source)]
    return [tuple(parts[place : place + 2]) for place in range(max(len(parts) - 1, 1))] if parts else []


def _support(claim: _Sentence, windows: list[tuple[_Sentence, ...]], threshold: float) -> SentenceSupport:
    verdicts = [_in_window(claim, window, threshold) for window in windows]
    best = max(verdicts, key=lambda verdict: (not verdict[1], verdict[0]), default=(0.0, "no source"))
    return SentenceSupport(claim.text, round(best[0], 3), not best[1], best[1])


def _in_window(claim: _Sentence, window: tuple[_Sentence, ...], threshold: float) -> tuple[float, str]:
    """Return the share of words found in a window, and what speaks against it ("" if nothing does)."""
    known = frozenset().union(*(part.words for part in window))
    share = len(claim.words & known) / len(claim.words) if claim.words else 1.0
    if missing := sorted(claim.numbers - frozenset().union(*(part.numbers for part in window))):
        return share, f"number {', '.join(missing)} is not in the source"
    if share < threshold:
        return share, f"{share:.0%} of its words are in the source"
    nearest = max(window, key=lambda part: len(claim.words & part.words))
    return share, "" if claim.negated == nearest.negated else "it says the opposite"


def split_sentences(text: str) -> list[str]:
    """Return sentences and lines, in order, none empty."""
    return [part.strip() for part in SENTENCE.split(text) if part.strip()]


def content_words(text: str) -> set[str]:
    """Return the words that carry content, endings cut.

    >>> sorted(content_words("The fees are charged monthly."))
    ['charg', 'fee', 'month']
    """
    words = (word.replace("’", "'") for word in WORD.findall(text.casefold()))
    return {stem(word) for word in words if word not in SMALL and word not in NEGATIONS and "n't" not in word}


def stem(word: str) -> str:
    """Return a word without its commonest English ending, at least three letters long."""
    for ending in ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= 3 and not word.endswith(("ss", "ee")):
            return word[: -len(ending)]
    return word


def numbers(text: str) -> set[str]:
    """Return the numbers in a text, written alike: "1,000.50" is "1000.5"."""
    return {_plain_number(found) for found in NUMBER.findall(text)}


def _plain_number(found: str) -> str:
    plain = re.sub(r",(?=\d{3}(?:\D|$))", "", found).replace(",", ".")
    return plain.rstrip("0").rstrip(".") if plain.count(".") == 1 else plain


def negated(text: str) -> bool:
    """Return whether a sentence is negated: an odd number of negations."""
    words = [word.replace("’", "'") for word in WORD.findall(text.casefold())]
    return sum(word in NEGATIONS or word.endswith("n't") for word in words) % 2 == 1


@cache
def judged_pairs() -> tuple[Mapping[str, object], ...]:
    """Return the course's pairs: source, sentence, supported (as a person judged it)."""
    return tuple(json.loads((resources.files(__package__) / "groundedness_pairs.json").read_text(encoding="utf-8")))


def groundedness_error(
    pairs: Iterable[Mapping[str, object]] | None = None, *, threshold: float = THRESHOLD
) -> pd.DataFrame:
    """Return how often the method errs on judged pairs: one row per error.

    Columns: error ("supported, but flagged" or "unsupported, but passed"), n, wrong, share, low, high (Wilson, 95 %).
    Raises `EmptyData` unless there are pairs of both kinds.
    """
    import pandas as pd

    from mlops_helpers.debugging.significance import wilson

    judged = [
        (bool(pair["supported"]), _passes(pair, threshold)) for pair in (judged_pairs() if pairs is None else pairs)
    ]
    rows = []
    for truth, name in ((True, "supported, but flagged"), (False, "unsupported, but passed")):
        found = [passed for supported, passed in judged if supported == truth]
        if not found:
            raise EmptyData(f"no pair whose sentence is {name.partition(',')[0]}", "pairs of both kinds", "Add some.")
        wrong = sum(passed != truth for passed in found)
        low, high = wilson(wrong, len(found))
        rows.append((name, len(found), wrong, wrong / len(found), float(low), float(high)))
    return pd.DataFrame(rows, columns=["error", "n", "wrong", "share", "low", "high"])


def _passes(pair: Mapping[str, object], threshold: float) -> bool:
    found = check_groundedness(str(pair["sentence"]), [str(pair["source"])], threshold=threshold)
    return all(one.supported for one in found)
