"""Each word of the course is said once, found in every form, and lessons use none that is not there."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlops_helpers.learning.errors import MalformedGlossary, UnknownTerm
from mlops_helpers.learning.exercises import LESSONS
from mlops_helpers.learning.glossary import WORDS, glossary_from, load_glossary, term
from tools.glossary_page import PAGE

GLOSSARY = load_glossary()
ENTRIES = json.loads(WORDS.read_text(encoding="utf-8"))


def entry(name, **changed):
    return {"term": name, "lesson": "cost", "meaning": "What it is.", "also": [], "see": []} | changed


@pytest.mark.parametrize(
    ("word", "name"),
    [
        ("drift", "data drift"),
        ("  Concept   change ", "concept drift"),
        ("psi", "PSI"),
        ("kappa", "Cohen's kappa"),
        ("k-anonymous", "k-anonymity"),
    ],
)
def test_a_word_is_found_in_any_form(word, name):
    assert term(word).name == name
    assert term(word).meaning in str(term(word))


def test_an_unknown_word_names_similar_ones():
    with pytest.raises(UnknownTerm, match=r"'drfit'.*Did you mean drift"):
        term("drfit")
    with pytest.raises(UnknownTerm, match=r"GLOSSARY\.md"):
        term("zzzzzz")


def test_every_lesson_has_words_of_its_own():
    assert {one.lesson for one in GLOSSARY.terms} == set(LESSONS)
    assert all(one.meaning.endswith((".", ")")) for one in GLOSSARY.terms)


def test_a_text_is_searched_for_whole_words_the_longest_first():
    found = GLOSSARY.terms_in(
        "The ROC AUC drifted after a concept\nchange; relabels and the pre-gate do not count. Drift!"
    )
    assert [one.name for one in found] == ["AUC", "data drift", "concept drift"]


@given(st.lists(st.sampled_from(GLOSSARY.terms), max_size=6, unique=True))
def test_every_term_written_down_is_found_again(terms):
    text = " ; ".join(one.name.upper() for one in terms)
    assert list(GLOSSARY.terms_in(text)) == terms


@pytest.mark.parametrize(
    ("entries", "found"),
    [
        ([entry("a", also=["B"]), entry("b")], "the form 'b', which 'a' has too"),
        ([entry("a", see=["c"])], "a reference to 'c'"),
        ([entry("a", see=["a"])], "a reference to 'a'"),
        ([entry("b"), entry("a")], "alphabetical"),
        ([entry("a!"), entry("a?")], "one anchor"),
        ([entry("a", lesson="astronomy")], "astronomy"),
        ([entry("a", meaning=" ")], "meaning"),
        ([{"term": "a"}], "the fields term"),
    ],
)
def test_a_glossary_that_contradicts_itself_is_refused(entries, found):
    with pytest.raises(MalformedGlossary, match=found):
        glossary_from(entries)


def test_anchors_are_those_of_github():
    assert term("label (cost)").anchor == "label-cost"
    assert term("A/B test").anchor == "ab-test"
    assert term("Cohen's kappa").anchor == "cohens-kappa"


def test_the_page_is_what_the_words_say():
    assert PAGE.read_text(encoding="utf-8") == GLOSSARY.page(), "run `python -m tools.glossary_page`"
    assert GLOSSARY.page().count("\n## ") == len(ENTRIES)
    assert "<strong>PSI</strong> (lesson 2)" in term("PSI")._repr_html_()
