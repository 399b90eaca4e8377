"""Model cards and impact assessments: complete or refused, never markup, the same when read back."""

import re
from datetime import date
from html.parser import HTMLParser

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlops_helpers.ethics.document_rendering import markdown_text, to_html, to_markdown
from mlops_helpers.ethics.documents import Decision, Document, from_json, require_decision
from mlops_helpers.ethics.errors import (
    DocumentChanged,
    EmptyData,
    EmptySection,
    InvalidSetting,
    NotSigned,
    UnacceptableRisk,
    UnknownSection,
)
from mlops_helpers.ethics.impact import (
    IMPACT_ASSESSMENT,
    Harm,
    harm_table,
    impact_assessment,
    level_of,
    require_bearable,
)
from mlops_helpers.ethics.model_cards import MODEL_CARD, analysis_table, model_card

DAY = date(2026, 3, 2)
YES = Decision(
    "released", role="risk officer", by="grace", reason="no group is worse off, as the table below shows", on=DAY
)
FULL = dict.fromkeys(MODEL_CARD.sections, "Something true.")
PEOPLE = {name: "Something true." for name in IMPACT_ASSESSMENT.sections if name not in ("harms", "residual_risk")}
MILD = Harm("applicants over 60", "wait longer", 2, 3, "a clerk looks first", residual_likelihood=1)
GRAVE = Harm("applicants over 60", "are refused", 5, 4, "none", residual_likelihood=4)


class Tags(HTMLParser):
    """The tags and the text of a page."""

    def __init__(self):
        super().__init__()
        self.tags, self.attributes, self.text = set(), [], ""

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.attributes += attrs

    def handle_data(self, data):
        self.text += data


def test_a_card_has_the_nine_sections_of_mitchell():
    assert [heading for heading, _ in MODEL_CARD.sections.values()] == [
        "Model details",
        "Intended use",
        "Factors",
        "Metrics",
        "Evaluation data",
        "Training data",
        "Quantitative analyses",
        "Ethical considerations",
        "Caveats and recommendations",
    ]


@pytest.mark.parametrize(
    "nothing",
    ["", "  ", "TBD", "n/a", "…", "To be done.", {}, {"a": ""}, [], ["-"], pd.DataFrame({"x": []}), {"a": "todo"}],
)
def test_an_empty_section_fails_by_name(nothing):
    card = model_card("lending", "3", FULL | {"factors": nothing, "metrics": ""})
    assert card.empty == ("factors", "metrics")
    with pytest.raises(EmptySection, match="nothing in factors, metrics; expected factors: groups"):
        card.signed(YES)


def test_all_that_is_missing_is_named_at_once():
    with pytest.raises(EmptySection, match="details, intended_use, factors, .*, caveats"):
        model_card("lending", "3", {}).require_complete()
    with pytest.raises(UnknownSection, match="the sections motto"):
        model_card("lending", "3", {"motto": "x"})
    with pytest.raises(InvalidSetting, match="a section of type float"):
        model_card("lending", "3", {"details": 1.5})
    with pytest.raises(InvalidSetting):
        model_card("lending", " ", FULL)


@pytest.mark.parametrize(
    "wrong",
    [{"verdict": "maybe"}, {"role": ""}, {"by": "n/a"}, {"reason": " "}, {"reason": "ok"}, {"on": "2026-03-02"}],
)
def test_a_decision_says_who_why_and_when(wrong):
    with pytest.raises(InvalidSetting):
        Decision(**{**vars(YES), **wrong})


def test_a_decision_is_required_and_has_to_be_the_right_one():
    card = model_card("lending", "3", FULL)
    with pytest.raises(NotSigned, match="not signed"):
        require_decision(card, "released")
    with pytest.raises(NotSigned, match="released on 2026-03-02 by grace"):
        require_decision(card.signed(YES), "refused")


def test_what_is_undefined_says_so_and_numbers_stay_numbers():
    table = pd.DataFrame({"group": ["a", "b"], "n": [3, 4], "tpr": [0.123456, np.nan]})
    card = model_card("lending", "3", FULL | {"quantitative_analyses": analysis_table(table)})
    rows = card.sections["quantitative_analyses"][0]["table"]["rows"]
    assert rows == [["a", 3, 0.123], ["b", 4, "undefined"]]
    grouped = analysis_table(table.set_index("group"))
    assert list(grouped.columns) == ["group", "n", "tpr"]
    with pytest.raises(EmptyData):
        analysis_table(table.iloc[:0])


def test_a_document_is_the_same_when_read_back_and_its_digest_tells_changes():
    contents = FULL | {"details": [{"made by": "ada", "score": 0.5}, ["one", "two"], pd.DataFrame({"n": [1]})]}
    card = model_card("lending", "3", contents).signed(YES)
    again = from_json(card.to_json(), [MODEL_CARD, IMPACT_ASSESSMENT])
    assert again == card
    assert again.digest == card.digest
    assert model_card("lending", "3", contents).digest != card.digest
    assert len(card.digest) == 64


@pytest.mark.parametrize(
    "text", ["", "{}", "[1]", '{"kind": "novel"}', '{"kind": "model_card", "decision": 5}', "[" * 9_999]
)
def test_what_is_no_document_is_refused(text):
    with pytest.raises(DocumentChanged):
        from_json(text, [MODEL_CARD])


HOSTILE = st.text(
    st.sampled_from("<>&\"'`*_[]()#|\\!:/ \nabj{}=-") | st.characters(exclude_categories=["Cs"]), max_size=40
)

TAGS = set(re.findall(r"\w+", "article h1 h2 p strong ul li dl dt dd table thead tbody tr th td"))


@settings(max_examples=40)
@given(HOSTILE, HOSTILE)
def test_values_never_become_markup(first, second):
    contents = FULL | {"factors": [first, {second: first}, pd.DataFrame({second: [first]})]}
    page = Tags()
    page.feed(to_html(model_card("lending", "3", contents)))
    page.close()
    assert page.tags <= TAGS
    assert page.attributes == []


@settings(max_examples=40)
@given(HOSTILE)
def test_markdown_has_no_live_character_of_a_value(text):
    shown = markdown_text(text)
    assert "\n" not in shown
    assert not re.search(r"(?<!\\)(?:\\\\)*[`*_\[\]#|<>]", shown)


def test_a_card_is_shown_with_its_decision_and_all_headings():
    card = model_card("lending", "3", FULL | {"factors": "<script>alert(1)</script> **bold**"}).signed(YES)
    markdown, page = to_markdown(card), to_html(card)
    for heading, _ in MODEL_CARD.sections.values():
        assert f"## {heading}\n" in markdown
        assert f"<h2>{heading}</h2>" in page
    assert "released on 2026\\-03\\-02 by grace \\(risk officer\\)" in markdown
    assert "<script" not in markdown + page
    assert card._repr_html_() == page


def test_risks_are_marks_multiplied_before_and_after():
    assert (GRAVE.risk, GRAVE.residual, MILD.risk, MILD.residual) == (20, 16, 6, 3)
    assert [level_of(risk) for risk in (1, 4, 5, 9, 10, 14, 15, 25)] == [
        *("low", "low", "medium", "medium", "high", "high", "critical", "critical")
    ]
    table = harm_table([MILD, GRAVE])
    assert table["residual"].tolist() == [16, 3]
    assert table["residual_level"].tolist() == ["critical", "low"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"who": " "},
        {"mitigation": ""},
        {"likelihood": 0},
        {"severity": 6},
        {"likelihood": True},
        {"residual_likelihood": 5},
    ],
)
def test_a_harm_without_marks_or_words_is_none(wrong):
    with pytest.raises(InvalidSetting):
        Harm(**{**vars(MILD), **wrong})


def test_a_critical_residual_risk_cannot_be_released():
    mild = impact_assessment("lending", "3", [MILD], PEOPLE)
    assert require_bearable(mild) is mild
    with pytest.raises(UnacceptableRisk, match=r"16 of 25 \(critical\)"):
        require_bearable(impact_assessment("lending", "3", [MILD, GRAVE], PEOPLE))


def test_an_assessment_needs_harms_and_people_do_not_write_the_computed():
    with pytest.raises(EmptySection, match="nothing in harms, residual_risk, appeal"):
        impact_assessment("lending", "3", [], PEOPLE | {"appeal": "TBD"}).require_complete()
    with pytest.raises(UnknownSection, match="residual_risk"):
        impact_assessment("lending", "3", [MILD], PEOPLE | {"residual_risk": "none at all"})
    assert isinstance(impact_assessment("lending", "3", [MILD], PEOPLE).signed(YES), Document)
