"""Metrics of text: entities found, translations, summaries, and how surprised a language model was.

All compare words or spans, none compares meaning: a perfect paraphrase scores low.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from mlops_helpers.debugging.errors import InvalidSetting
from mlops_helpers.debugging.tables import extra, require_between, require_rows, require_same_length

if TYPE_CHECKING:
    import pandas as pd

WORD = re.compile(r"\w+")


class Span(NamedTuple):
    """An entity: tokens or characters start … end - 1, and what kind of thing they name."""

    start: int
    end: int
    kind: str


class Overlap(NamedTuple):
    """Share of the candidate that the reference has, share of the reference that the candidate has, and their F1."""

    precision: float
    recall: float
    f1: float


def spans_from_tags(tags: Sequence[str]) -> list[Span]:
    """Return the entities that tags such as B-PER, I-PER, O mark, by the rules of the CoNLL 2003 evaluation.

    An entity also begins at an I- tag that follows O or an entity of another kind. Raises InvalidSetting for a tag of
    another form.
    """
    spans: list[Span] = []
    open_since, kind = 0, ""
    for place, tag in enumerate([*tags, "O"]):
        head, _, named = tag.partition("-")
        if tag != "O" and (head not in ("B", "I") or not named):
            raise InvalidSetting(f"tag {tag!r} at place {place}", "O, or B- or I- and a kind", "Convert the tags.")
        if kind and (head != "I" or named != kind):
            spans.append(Span(open_since, place, kind))
            kind = ""
        if named and not kind:
            open_since, kind = place, named
    return spans


def entity_scores(truth: Sequence[Iterable[Span]], predicted: Sequence[Iterable[Span]]) -> pd.DataFrame:
    """Return precision, recall, F1 and number of true entities (`support`) of each kind, and of "all" together.

    truth, predicted   per text, its entities as (start, end, kind); only exact matches of all three count
    Raises EmptyData and UnequalLengths.
    """
    import pandas as pd

    require_rows(truth, "the truth")
    require_same_length(truth, predicted, "texts with true and with predicted entities")
    true, said = _numbered(truth), _numbered(predicted)
    kinds = sorted({span.kind for _, span in true | said})
    lines = []
    for name, chosen in [*((kind, {kind}) for kind in kinds), ("all", set(kinds))]:
        actual, found = ({item for item in items if item[1].kind in chosen} for items in (true, said))
        lines.append((name, *_overlap(len(actual & found), len(found), len(actual)), len(actual)))
    return pd.DataFrame(lines, columns=["kind", "precision", "recall", "f1", "support"])


def _numbered(texts: Sequence[Iterable[Span]]) -> set[tuple[int, Span]]:
    return {(number, Span(*span)) for number, spans in enumerate(texts) for span in spans}


def _overlap(shared: int, candidate: int, reference: int) -> Overlap:
    """Return the three shares; what cannot be divided is 0."""
    precision, recall = shared / candidate if candidate else 0.0, shared / reference if reference else 0.0
    return Overlap(precision, recall, 2 * precision * recall / (precision + recall) if shared else 0.0)


def bleu(candidates: Sequence[str], references: Sequence[Sequence[str]]) -> float:
    """Return BLEU of a whole set of translations, 0 to 100 (Papineni et al., 2002), by sacrebleu with its defaults.

    references   for each candidate one or more good translations, as many for each
    Raises EmptyData, UnequalLengths, InvalidSetting, and MissingExtra if sacrebleu is not installed.
    """
    require_rows(candidates, "the candidates")
    require_same_length(candidates, references, "candidates and references")
    counts = {len(good) for good in references}
    if any(isinstance(good, str) for good in references) or len(counts) != 1 or 0 in counts:
        found = "references that are single texts, or not equally many for each candidate"
        raise InvalidSetting(found, "a list of references per candidate", "Write [[reference], [reference], …].")
    columns = [list(column) for column in zip(*references, strict=True)]
    return float(extra("sacrebleu", "sacrebleu").corpus_bleu(list(candidates), columns).score)


def rouge_n(candidate: str, reference: str, n: int = 1) -> Overlap:
    """Return the overlap of sequences of `n` words (ROUGE-N; Lin, 2004, whose value is the recall).

    A sequence counts as often as it occurs in both. Words are letters and digits, in lower case, not stemmed.
    """
    require_between(n, 1, 20, name="n")
    said, wanted = (_sequences(_words(text), n) for text in (candidate, reference))
    return _overlap((said & wanted).total(), said.total(), wanted.total())


def rouge_l(candidate: str, reference: str) -> Overlap:
    """Return the overlap by the longest common subsequence of words, gaps allowed (ROUGE-L of one sentence)."""
    said, wanted = _words(candidate), _words(reference)
    return _overlap(_longest_common(said, wanted), len(said), len(wanted))


def rouge(candidate: str, reference: str) -> dict[str, Overlap]:
    """Return ROUGE-1, ROUGE-2 and ROUGE-L by name."""
    return {
        "ROUGE-1": rouge_n(candidate, reference, 1),
        "ROUGE-2": rouge_n(candidate, reference, 2),
        "ROUGE-L": rouge_l(candidate, reference),
    }


def _words(text: str) -> list[str]:
    return WORD.findall(text.lower())


def _sequences(words: Sequence[str], n: int) -> Counter[tuple[str, ...]]:
    return Counter(tuple(words[start : start + n]) for start in range(len(words) - n + 1))


def _longest_common(first: Sequence[str], second: Sequence[str]) -> int:
    """Return the length of the longest sequence of words that both hold in this order, by a table kept row by row."""
    before = [0] * (len(second) + 1)
    for word in first:
        row = [0]
        for place, other in enumerate(second):
            row.append(before[place] + 1 if word == other else max(row[-1], before[place + 1]))
        before = row
    return before[-1]


def perplexity(log_probabilities: Sequence[float], *, base: float = math.e) -> float:
    """Return how many equally likely words the model was, on average, choosing between: 1 for a sure one.

    log_probabilities   of each token given those before it, logarithms to `base`; Gemini's `logprobs` are natural ones
    Raises EmptyData, and InvalidSetting for a value above 0, which is no probability's logarithm, or NaN.
    """
    require_rows(log_probabilities, "the tokens")
    for place, value in enumerate(log_probabilities):
        if not value <= 0:
            found = f"log-probability {value} of token {place}"
            raise InvalidSetting(
                found, "a logarithm of a probability, 0 or less", "Pass logarithms, not probabilities."
            )
    mean = math.fsum(log_probabilities) / len(log_probabilities)
    try:
        return base**-mean
    except OverflowError:
        return math.inf
