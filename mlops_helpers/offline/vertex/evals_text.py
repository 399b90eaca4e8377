"""How close a text is to a reference: exact match, BLEU and ROUGE, each between 0 and 1.

BLEU is the sentence BLEU of sacrebleu with its defaults: tokenization 13a, n-grams to 4, exponential smoothing
(Papineni et al. 2002; Chen & Cherry 2014, method 3). ROUGE is the F1 of Google's rouge_score without stemming
(Lin 2004). A text of fewer than four tokens has no 4-grams: its BLEU is 0 unless `use_effective_order` is set.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence

ORDERS = 4
SYMBOL = re.compile(r"([{-~\[-` -&(-+:-@/])")
POINT_AFTER = re.compile(r"([^0-9])([.,])")
POINT_BEFORE = re.compile(r"([.,])([^0-9])")
DASH = re.compile(r"([0-9])(-)")
ENTITIES = {"&quot;": '"', "&lt;": "<", "&gt;": ">", "&amp;": "&"}


def exact_match(prediction: str, reference: str) -> float:
    """1 if the two are the same, character for character."""
    return float(prediction == reference)


def bleu(prediction: str, reference: str, *, effective_order: bool = False) -> float:
    """Sentence BLEU: the geometric mean of the n-gram precisions, lowered for a text that is too short.

    >>> round(bleu("the cat sat on the mat", "the cat sat on a mat"), 4)
    0.5373
    """
    said, wanted = tokens_13a(prediction), tokens_13a(reference)
    hits = [sum((ngrams(said, order) & ngrams(wanted, order)).values()) for order in range(1, ORDERS + 1)]
    totals = [max(len(said) - order + 1, 0) for order in range(1, ORDERS + 1)]
    if not any(hits):
        return 0.0
    precisions, missed = [], 0
    for hit, total in zip(hits, totals, strict=True):
        if not total:
            break
        missed += hit == 0
        precisions.append(hit / total if hit else 1 / (2**missed * total))
    if len(precisions) < ORDERS and not effective_order:
        return 0.0
    mean = math.exp(sum(map(math.log, precisions)) / len(precisions))
    return mean * min(1.0, math.exp(1 - len(wanted) / len(said)))


def rouge(prediction: str, reference: str, kind: str) -> float:
    """ROUGE as F1. `kind` is rouge1 … rouge9 (n-grams), rougeL (longest common sequence) or rougeLsum (line by line).

    Raises ValueError for another kind.

    >>> rouge("the cat sat", "the cat ran", "rouge1")
    0.6666666666666666
    """
    if found := re.fullmatch(r"rouge([1-9])", kind):
        order = int(found[1])
        said, wanted = ngrams(words(prediction), order), ngrams(words(reference), order)
        return f1((said & wanted).total(), said.total(), wanted.total())
    if kind == "rougeL":
        said, wanted = words(prediction), words(reference)
        return f1(len(common_places(wanted, said)), len(said), len(wanted))
    if kind == "rougeLsum":
        return rouge_lsum(
            [words(line) for line in prediction.split("\n")], [words(line) for line in reference.split("\n")]
        )
    raise ValueError(f"found {kind!r}, expected rouge1 ... rouge9, rougeL or rougeLsum")


def rouge_lsum(said: Sequence[list[str]], wanted: Sequence[list[str]]) -> float:
    """Summary-level ROUGE-L: for every line of the reference the words that any line of the prediction shares."""
    left_said = Counter(word for line in said for word in line)
    left_wanted = Counter(word for line in wanted for word in line)
    hits = 0
    for line in wanted:
        places = set().union(*(common_places(line, other) for other in said))
        for word in (line[place] for place in sorted(places)):
            if left_said[word] > 0 and left_wanted[word] > 0:
                hits += 1
                left_said[word] -= 1
                left_wanted[word] -= 1
    return f1(hits, sum(map(len, said)), sum(map(len, wanted)))


def common_places(wanted: Sequence[str], said: Sequence[str]) -> list[int]:
    """The places in `wanted` of a longest common subsequence of the two.

    >>> common_places(["a", "b", "c"], ["b", "x", "c"])
    [1, 2]
    """
    lengths = [[0] * (len(said) + 1) for _ in range(len(wanted) + 1)]
    for row, left in enumerate(wanted, 1):
        for column, right in enumerate(said, 1):
            above = max(lengths[row - 1][column], lengths[row][column - 1])
            lengths[row][column] = lengths[row - 1][column - 1] + 1 if left == right else above
    places, row, column = [], len(wanted), len(said)
    while row and column:
        if wanted[row - 1] == said[column - 1]:
            places.append(row - 1)
            row, column = row - 1, column - 1
        elif lengths[row][column - 1] > lengths[row - 1][column]:
            column -= 1
        else:
            row -= 1
    return places[::-1]


def f1(hits: int, said: int, wanted: int) -> float:
    """The harmonic mean of precision and recall."""
    return 2 * hits / (said + wanted) if hits else 0.0


def ngrams(tokens: Sequence[str], order: int) -> Counter[tuple[str, ...]]:
    """How often each run of `order` tokens occurs."""
    return Counter(tuple(tokens[at : at + order]) for at in range(len(tokens) - order + 1))


def words(text: str) -> list[str]:
    """ROUGE's tokens: letters and digits in small letters, everything else separates."""
    return re.findall(r"[a-z0-9]+", text.lower())


def tokens_13a(text: str) -> list[str]:
    """BLEU's tokens: marks stand alone, but a point or comma between digits does not.

    >>> tokens_13a("It costs 1,200.5 dollars, well-spent.")
    ['It', 'costs', '1,200.5', 'dollars', ',', 'well-spent', '.']
    """
    line = text.replace("-\n", "").replace("\n", " ")
    for entity, character in ENTITIES.items():
        line = line.replace(entity, character)
    line = SYMBOL.sub(r" \1 ", f" {line} ")
    line = POINT_AFTER.sub(r"\1 \2 ", line)
    line = POINT_BEFORE.sub(r" \1 \2", line)
    return DASH.sub(r"\1 \2 ", line).split()
