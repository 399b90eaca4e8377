"""BLEU and ROUGE against hand-made figures, a published implementation's, and their definitions."""

from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlops_helpers.offline.vertex.evals_text import bleu, common_places, exact_match, rouge, tokens_13a

WORDS = st.lists(st.sampled_from("abcd"), max_size=7)


def longest(left, right):
    """The length of the longest common subsequence, straight from its definition."""

    @cache
    def length(i, j):
        if not i or not j:
            return 0
        if left[i - 1] == right[j - 1]:
            return length(i - 1, j - 1) + 1
        return max(length(i - 1, j), length(i, j - 1))

    return length(len(left), len(right))


def test_bleu_by_hand():
    # precisions 5/6, 3/5, 2/4, 1/3, no brevity penalty
    assert bleu("the cat sat on the mat", "the cat sat on a mat") == pytest.approx((5 / 6 * 3 / 5 * 2 / 4 / 3) ** 0.25)


def test_bleu_smooths_what_is_missing_and_punishes_brevity():
    # precisions 4/4, 2/3, then 1/2 of 1/2 and 1/4 of 1; four tokens against eight
    expected = (1 * (2 / 3) * (1 / 4) * (1 / 4)) ** 0.25 * 2.718281828459045 ** (1 - 8 / 4)
    assert bleu("a b d e", "a b c d e f g h") == pytest.approx(expected)


def test_short_texts_need_the_effective_order():
    assert bleu("a b", "a b") == 0.0
    assert bleu("a b", "a b", effective_order=True) == pytest.approx(1.0)


def test_nothing_in_common_is_nothing():
    assert [bleu("a b c d", "e f g h"), bleu("", "a"), rouge("", "", "rouge1"), rouge("a", "b", "rougeL")] == [0.0] * 4


def test_rouge_by_hand():
    assert rouge("the cat sat", "the cat ran away", "rouge2") == pytest.approx(2 * 1 / (2 + 3))
    assert rouge("police kill the gunman", "Police killed the gunman.", "rougeL") == pytest.approx(3 / 4)
    assert rouge("w1 w2 w6 w7 w8\nw1 w3 w8 w9 w5", "w1 w2 w3 w4 w5", "rougeLsum") == pytest.approx(2 * 4 / (10 + 5))
    with pytest.raises(ValueError, match="rougeLsum"):
        rouge("a", "a", "rouge0")


@given(st.text(max_size=40))
def test_a_text_matches_itself(text):
    assert exact_match(text, text) == 1.0
    assert bleu(text, text, effective_order=True) == pytest.approx(1.0 if tokens_13a(text) else 0.0)


@given(WORDS, WORDS)
def test_common_places_are_a_longest_common_subsequence(left, right):
    places = common_places(left, right)
    assert places == sorted(set(places))
    assert len(places) == longest(tuple(left), tuple(right))
    rest = iter(right)
    assert all(left[place] in rest for place in places)


@given(WORDS, WORDS)
def test_scores_stay_between_0_and_1_and_rouge_is_symmetric(left, right):
    said, wanted = " ".join(left), " ".join(right)
    assert 0 <= bleu(said, wanted) <= 1
    for kind in ("rouge1", "rouge2", "rougeL"):
        assert rouge(said, wanted, kind) == pytest.approx(rouge(wanted, said, kind))
        assert 0 <= rouge(said, wanted, kind) <= 1
    assert rouge(said, wanted, "rougeLsum") == pytest.approx(rouge(said, wanted, "rougeL"))
