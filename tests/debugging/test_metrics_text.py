"""Metrics of text, against the examples in the papers and manuals they come from."""

import math
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlops_helpers.debugging import (
    EmptyData,
    InvalidSetting,
    MissingExtra,
    Span,
    UnequalLengths,
    bleu,
    entity_scores,
    perplexity,
    rouge,
    rouge_l,
    rouge_n,
    spans_from_tags,
)

words = st.lists(st.sampled_from(["a", "b", "c", "d"]), max_size=8)


def test_entities_of_the_example_in_the_manual_of_seqeval():
    """It documents F1 0.5 over all, 0 for MISC and 1 for PER."""
    truth = ["O O O B-MISC I-MISC I-MISC O", "B-PER I-PER O"]
    predicted = ["O O B-MISC I-MISC I-MISC I-MISC O", "B-PER I-PER O"]
    spans = [[spans_from_tags(tags.split()) for tags in texts] for texts in (truth, predicted)]
    found = entity_scores(*spans).set_index("kind")
    assert found["f1"].to_dict() == {"MISC": 0.0, "PER": 1.0, "all": 0.5}
    assert found["support"].to_dict() == {"MISC": 1, "PER": 1, "all": 2}


@pytest.mark.parametrize(
    ("tags", "spans"),
    [
        ("B-PER B-PER O", [(0, 1, "PER"), (1, 2, "PER")]),
        ("I-PER I-PER", [(0, 2, "PER")]),
        ("B-PER I-LOC I-LOC", [(0, 1, "PER"), (1, 3, "LOC")]),
        ("O O", []),
        ("", []),
    ],
)
def test_tags_by_the_rules_of_conll(tags, spans):
    assert spans_from_tags(tags.split()) == [Span(*span) for span in spans]


def test_a_span_counts_only_if_start_end_and_kind_agree():
    truth = [[(0, 2, "PER"), (5, 6, "LOC")], [(1, 3, "ORG")]]
    predicted = [[(0, 2, "PER"), (5, 7, "LOC")], [(1, 3, "LOC")]]
    assert entity_scores(truth, predicted).set_index("kind").loc["all"].tolist() == pytest.approx([1 / 3] * 3 + [3])


def test_the_same_span_in_another_text_does_not_count():
    assert entity_scores([[(0, 1, "PER")], []], [[], [(0, 1, "PER")]])["f1"].tolist() == [0, 0]


def test_bleu_of_the_example_in_the_readme_of_sacrebleu():
    candidates = ["The dog bit the man.", "It wasn't surprising.", "The man had just bitten him."]
    first = ["The dog bit the man.", "It was not unexpected.", "The man bit him first."]
    second = ["The dog had bit the man.", "No one was surprised.", "The man had bitten the dog."]
    assert bleu(candidates, list(zip(first, second, strict=True))) == pytest.approx(48.530827, abs=1e-5)


def test_bleu_of_a_perfect_translation_is_100():
    assert bleu(["the cat sat on the mat"], [["the cat sat on the mat"]]) == pytest.approx(100)


def test_rouge_of_the_example_in_lins_paper():
    """Section 3 of Lin (2004): both candidates are alike by ROUGE-2; by ROUGE-L 3/4 against 2/4."""
    reference = "police killed the gunman"
    close, reversed_roles = "police kill the gunman", "the gunman kill police"
    assert rouge_n(close, reference, 2) == rouge_n(reversed_roles, reference, 2) == pytest.approx((1 / 3,) * 3)
    assert rouge_l(close, reference) == pytest.approx((3 / 4,) * 3)
    assert rouge_l(reversed_roles, reference) == pytest.approx((2 / 4,) * 3)
    assert rouge_l("the gunman police killed", reference).f1 == pytest.approx(2 / 4)


def test_a_repeated_word_counts_as_often_as_the_reference_has_it():
    """The example of Papineni et al. (2002): modified precision 2/7."""
    assert rouge_n("the the the the the the the", "The cat is on the mat.").precision == pytest.approx(2 / 7)


def longest_common(first, second):
    """The definition, slowly."""
    if not first or not second:
        return 0
    if first[0] == second[0]:
        return 1 + longest_common(first[1:], second[1:])
    return max(longest_common(first[1:], second), longest_common(first, second[1:]))


@given(words, words)
def test_rouge_l_by_its_definition(said, wanted):
    shared = longest_common(said, wanted)
    found = rouge_l(" ".join(said), " ".join(wanted))
    assert found.recall == pytest.approx(shared / len(wanted) if wanted else 0)
    assert found.precision == pytest.approx(shared / len(said) if said else 0)


@given(words, words)
def test_rouge_turns_round_and_is_perfect_only_with_itself(said, wanted):
    one, other = rouge(" ".join(said), " ".join(wanted)), rouge(" ".join(wanted), " ".join(said))
    for name in ("ROUGE-1", "ROUGE-2", "ROUGE-L"):
        assert one[name].precision == other[name].recall
        assert 0 <= one[name].f1 <= 1
    if said:
        assert rouge_l(" ".join(said), " ".join(said)) == (1, 1, 1)


def test_words_in_other_scripts_count():
    assert rouge_n("Größe zählt", "größe ZÄHLT nicht").recall == pytest.approx(2 / 3)


def test_perplexity_of_the_examples_of_jurafsky_and_martin():
    """Ten equally likely digits: 10. Zeros 91 times in 100, other digits once each: 0000030000 has 1.73."""
    assert perplexity([math.log(1 / 10)] * 7) == pytest.approx(10)
    assert perplexity([math.log(0.91)] * 9 + [math.log(0.01)]) == pytest.approx(1.725, abs=1e-3)


def test_perplexity_does_not_depend_on_the_base_of_the_logarithm():
    chances = [0.5, 0.25, 0.125]
    found = perplexity([math.log2(chance) for chance in chances], base=2)
    assert found == pytest.approx(perplexity([math.log(chance) for chance in chances])) == pytest.approx(4)


def test_perplexity_of_the_impossible_is_infinite():
    assert perplexity([-math.inf, -1]) == perplexity([-1e6]) == math.inf


@pytest.mark.parametrize(
    ("call", "error", "match"),
    [
        (lambda: spans_from_tags(["PER"]), InvalidSetting, "tag 'PER' at place 0"),
        (lambda: spans_from_tags(["O", "X-PER"]), InvalidSetting, "at place 1"),
        (lambda: entity_scores([], []), EmptyData, "no rows"),
        (lambda: entity_scores([[]], []), UnequalLengths, "1 and 0 items"),
        (lambda: bleu([], []), EmptyData, "the candidates"),
        (lambda: bleu(["a"], ["a"]), InvalidSetting, "a list of references per candidate"),
        (lambda: bleu(["a", "b"], [["a"], ["b", "c"]]), InvalidSetting, "not equally many"),
        (lambda: bleu(["a"], []), UnequalLengths, "candidates and references"),
        (lambda: rouge_n("a", "a", 0), InvalidSetting, "n=0"),
        (lambda: perplexity([]), EmptyData, "the tokens"),
        (lambda: perplexity([0.3]), InvalidSetting, "Pass logarithms"),
        (lambda: perplexity([math.nan]), InvalidSetting, "token 0"),
    ],
)
def test_what_makes_no_sense_is_refused_by_name(call, error, match):
    with pytest.raises(error, match=match):
        call()


def test_without_the_extra_the_error_says_how_to_install_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "sacrebleu", None)
    with pytest.raises(MissingExtra, match=r"no package sacrebleu.*pip install '\.\[metrics\]'"):
        bleu(["a"], [["a"]])
