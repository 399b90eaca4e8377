"""What each check accepts and rejects, on answers made by hand."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlops_helpers.debugging.check_reading import LONGEST_PATTERN, read_check
from mlops_helpers.debugging.errors import BadCase
from mlops_helpers.debugging.prompt_checks import LONGEST_ANSWER, judge_answer
from mlops_helpers.debugging.prompt_language import guess_language
from mlops_helpers.debugging.prompt_models import Answer, Grader

SCHEMA = {"type": "object", "required": ["label"], "properties": {"label": {"enum": ["good", "bad"]}}}
FREE = Answer("")
GRADER = Grader(
    similarity=lambda a, b: (len(set(a.split()) & set(b.split())) / 3, FREE),
    judge=lambda criterion, text: (criterion in text, "looked", FREE),
)


def verdict(kind, value, text, **answer):
    return judge_answer(read_check(kind, value, "case 'a'"), Answer(text, **answer), GRADER)


@pytest.mark.parametrize(
    ("kind", "value", "good", "bad", "why"),
    [
        ("all", ["refund", "5 days"], "Your REFUND takes 5 days.", "Your refund comes.", "missing: 5 days"),
        ("any", ["yes", "sure"], "Sure!", "Surely not", "none of yes, sure"),
        ("none", ["sorry", "as an AI"], "Here it is.", "As an AI, I am SORRY.", "unwanted: sorry, as an AI"),
        ("all", ["C++"], "We use C++.", "We use C.", "missing: C++"),
        ("equals", "positive", " positive\n", "Positive", "answered 'Positive'"),
        ("regex", "^(yes|no)$", "no", "maybe no", "not in 'maybe no'"),
        ("json_schema", SCHEMA, '{"label": "good"}', '{"label": "fine"}', "$.label: 'fine' is not one of"),
        ("json_schema", SCHEMA, '{"label": "bad"}', '```json\n{"label": "bad"}\n```', "no JSON"),
        ("json_schema", SCHEMA, '{"label": "bad"}', "[" * 100_00, "no JSON"),
        ("length", {"at_most": 3}, "abc", "abcd", "4 characters"),
        ("length", {"at_least": 2, "unit": "words"}, "two words", "one", "1 words"),
        ("language", "de", "Das ist nicht die Antwort.", "This is not the answer.", "looks like en"),
        ("similar", {"to": "a b c", "at_least": 0.6}, "b c d", "c d e", "similarity 0.33"),
        ("judge", "polite", "a polite answer", "a rude one", "looked"),
    ],
)
def test_a_check_passes_the_good_and_says_what_is_wrong_with_the_bad(kind, value, good, bad, why):
    assert verdict(kind, value, good).passed
    found = verdict(kind, value, bad)
    assert not found.passed
    assert why in found.why


def test_what_the_filter_does_is_checked_too():
    assert verdict("safety", "blocked", "", blocked=True).passed
    assert not verdict("safety", "allowed", "", blocked=True).passed
    assert verdict("safety", "allowed", "fine").passed


@pytest.mark.parametrize(("kind", "value"), [("none", ["x"]), ("length", {"at_most": 5})])
def test_a_blocked_answer_passes_nothing_by_being_empty(kind, value):
    found = verdict(kind, value, "", blocked=True)
    assert (found.passed, found.why) == (False, "the answer was blocked")


def test_an_endless_answer_is_not_read():
    found = verdict("any", ["a"], "a" * (LONGEST_ANSWER + 1))
    assert "20,001 characters" in found.why


@given(st.text(max_size=200), st.lists(st.text(min_size=1).filter(str.strip), min_size=1, max_size=3))
def test_all_any_and_none_agree_with_each_other(text, words):
    every, some, none = (verdict(kind, words, text).passed for kind in ("all", "any", "none"))
    assert some is not none
    assert some or not every


@given(st.from_regex(rf"[ab()+*?{{}}1,\\|\[\]^$]{{1,{LONGEST_PATTERN}}}", fullmatch=True))
def test_any_pattern_is_read_or_refused_by_name(pattern):
    try:
        check = read_check("regex", pattern, "case 'a'")
    except BadCase:
        return
    assert check.regex == pattern


def test_a_pattern_that_is_let_through_ends_on_a_long_answer():
    started = time.perf_counter()
    assert not verdict("regex", r"^(\w+ )?refund: [0-9]+ EUR$", "word " * 4000).passed
    assert time.perf_counter() - started < 2


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("en", "Your refund is on its way and will arrive with you in five days."),
        ("de", "Ihre Erstattung ist auf dem Weg und wird in fünf Tagen bei Ihnen sein."),
        ("fr", "Votre remboursement est en route et arrivera chez vous dans cinq jours."),
        ("es", "Su reembolso está en camino y llegará en cinco días a la dirección que usted indicó."),
        ("it", "Il suo rimborso è in arrivo e sarà da lei con la posta di questo mese."),
        ("pt", "O seu reembolso está a caminho e não demora mais de cinco dias."),
        ("nl", "Uw terugbetaling is onderweg en komt met vijf dagen bij u aan, maar niet op zondag."),
        ("ru", "Ваш возврат уже в пути."),
        ("ja", "返金は五日以内に届きます。"),
        ("zh", "您的退款将在五天内到账。"),
        ("ko", "환불은 5일 이내에 도착합니다."),
        ("ar", "سيصل المبلغ خلال خمسة أيام."),
        ("el", "Η επιστροφή είναι καθ' οδόν."),
        ("he", "ההחזר בדרך אליך."),
        ("hi", "आपका रिफंड पांच दिनों में आएगा।"),
        ("th", "เงินคืนจะถึงในห้าวัน"),
        (None, "OK 12345"),
        (None, ""),
        (None, "Zwrot pieniędzy dotrze wkrótce."),
    ],
)
def test_languages_are_guessed_from_script_and_small_words(code, text):
    assert guess_language(text) == code
