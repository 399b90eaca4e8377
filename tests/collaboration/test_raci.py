"""The matrix of responsibilities: read, checked, changed, shown."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlops_helpers.collaboration import (
    AuthorApproves,
    BadRaci,
    NoAccountable,
    OrphanActivity,
    Overloaded,
    Raci,
    TwoAccountables,
    UnknownRole,
    raci_from,
    read_raci,
    retraining_raci,
)
from mlops_helpers.collaboration.protocol_steps import STEPS

ROLES = {"owner": "Owner", "engineer": "Engineer", "scientist": "Scientist"}
CELLS = st.text("RACID", min_size=1, max_size=3).filter(lambda text: len(set(text)) == len(text))


def raci(**activities):
    return Raci("A test", ROLES, activities)


def test_the_standard_matrix_is_sound_and_covers_the_protocol():
    standard = retraining_raci()
    assert standard.problems() == ()
    assert {step.activity for step in STEPS} == set(standard.activities)
    assert standard.table.shape == (7, 6)
    assert all(standard.deputy(activity) for activity in standard.activities)


@pytest.mark.parametrize(
    ("cells", "error", "told"),
    [
        ({"owner": "A", "scientist": "AR"}, TwoAccountables, "each waits for the other"),
        ({"owner": "C", "scientist": "R"}, NoAccountable, "nobody may say that it counts"),
        ({"owner": "A", "scientist": "C"}, OrphanActivity, "nobody does it"),
        ({"owner": "A", "stranger": "R"}, UnknownRole, "stranger"),
        ({"owner": "AD", "scientist": "R"}, BadRaci, "stand in for oneself"),
        ({"owner": "A", "scientist": "RI"}, BadRaci, "knows already"),
        ({"owner": "A", "scientist": "RD", "engineer": "D"}, BadRaci, "two deputies"),
    ],
)
def test_what_cannot_work_is_refused_by_name(cells, error, told):
    with pytest.raises(error, match=told):
        raci(approve=cells).check()


def test_nobody_has_the_last_word_too_often():
    rows = {f"activity {number}": {"owner": "A", "engineer": "R"} for number in range(4)}
    with pytest.raises(Overloaded, match="4 of 4 activities, 3 are bearable"):
        raci(**rows).check()
    assert raci(**rows).check(most=4).accountable("activity 0") == "owner"


@pytest.mark.parametrize(
    ("letters", "told"),
    [
        ({"data_scientist": "A", "business_owner": "C"}, "Give the A of 'approve the model' to another role"),
        ({"data_scientist": "AR", "business_owner": "C"}, "Give the A"),
        ({"data_scientist": "DC", "data_engineer": ""}, "Give the D"),
    ],
)
def test_who_trains_neither_approves_nor_stands_in(letters, told):
    own = retraining_raci().changed("approve the model", **letters)
    assert [one.kind for one in own.problems()] == ["author approves"]
    with pytest.raises(AuthorApproves, match=told):
        own.check()


def test_all_conflicts_are_told_at_once():
    broken = raci(decide={"owner": "A", "scientist": "A"}, train={"engineer": "R"})
    assert [one.kind for one in broken.problems()] == ["two accountables", "orphan activity", "no accountable"]
    with pytest.raises(TwoAccountables, match="no accountable in 'train'"):
        broken.check()
    with pytest.raises(NoAccountable, match="train"):
        broken.accountable("train")


def test_a_change_mends_one_row_and_leaves_the_old_matrix():
    broken = raci(decide={"owner": "A", "scientist": "AR"})
    mended = broken.changed("decide", scientist="R", engineer="D")
    assert (mended.accountable("decide"), mended.deputy("decide")) == ("owner", "engineer")
    assert broken.who("decide", "A") == ("owner", "scientist")
    assert mended.digest != broken.digest
    assert mended.changed("decide", engineer="").deputy("decide") is None
    with pytest.raises(UnknownRole, match="boss"):
        broken.changed("decide", boss="A")
    with pytest.raises(BadRaci, match="no activity 'decied'"):
        broken.changed("decied", owner="A")
    with pytest.raises(BadRaci, match="no cells to change in 'decide'"):
        broken.changed("decide")


def test_json_and_toml_say_the_same(tmp_path):
    given = raci(decide={"owner": "A", "scientist": "R"})
    (tmp_path / "raci.json").write_text(json.dumps(given.to_dict()))
    toml = 'title = "A test"\n[roles]\nowner = "Owner"\nengineer = "Engineer"\nscientist = "Scientist"\n'
    (tmp_path / "raci.toml").write_text(toml + '[activities.decide]\nowner = "A"\nscientist = "R"\n')
    assert read_raci(tmp_path / "raci.json") == read_raci(tmp_path / "raci.toml") == given


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("raci.json", "{", "valid JSON"),
        ("raci.toml", "a =", "valid TOML"),
        ("raci.json", "[]", "a list"),
        ("raci.csv", "", "ends in .json or .toml"),
        ("raci.json", '{"roles": {}}', "roles and activities"),
        ("raci.json", '{"roles": {"a": "A"}, "activities": {"b": "A"}}', "no cells for 'b'"),
        ("raci.json", '{"roles": {}, "activities": {}}', "0 roles"),
        ("raci.json", '{"roles": {"a": "A"}, "activities": {"b": {"a": "X"}}}', "'X' for a in 'b'"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_with_the_place(tmp_path, name, text, told):
    (tmp_path / name).write_text(text)
    with pytest.raises(BadRaci, match=told):
        read_raci(tmp_path / name)


def test_a_file_that_is_not_there_is_refused_with_its_path(tmp_path):
    with pytest.raises(BadRaci, match="raci.toml: No such file"):
        read_raci(tmp_path / "raci.toml")


def test_it_is_shown_as_markdown_and_html_with_its_conflicts():
    shown = raci(**{"a|b <x>": {"owner": "A", "scientist": "AR"}})
    assert shown.to_markdown().splitlines()[2] == "| a\\|b <x> | A |  | AR |"
    html = shown._repr_html_()
    assert "a|b &lt;x&gt; ⚠" in html
    assert "two accountables" in html
    assert "<b>A</b>R" in html
    assert "⚠" not in retraining_raci()._repr_html_()


@settings(max_examples=50)
@given(st.dictionaries(st.sampled_from("abc"), st.dictionaries(st.sampled_from(list(ROLES)), CELLS), min_size=1))
def test_a_matrix_without_problems_has_one_accountable_and_work_done_everywhere(activities):
    found = raci(**activities)
    assert raci_from(json.loads(json.dumps(found.to_dict()))) == found
    if not found.problems():
        assert all(len(found.who(name, "A")) == 1 and found.who(name, "R") for name in activities)
    else:
        kinds = {one.kind for one in found.problems()}
        assert kinds <= {"two accountables", "no accountable", "orphan activity", "overloaded", "contradiction"}
