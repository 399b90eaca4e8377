"""The instructor's kit follows the lessons: minutes, wrong answers, and nothing that a person wrote is lost."""

import json
import re

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from mlops_helpers.collaboration import retraining_raci
from mlops_helpers.learning import Course
from notebooks import kit
from notebooks.editions import sources
from notebooks.kit_answers import wrong_answers
from notebooks.kit_measure import keep, measured, section_seconds
from notebooks.kit_minutes import OPENING, SECONDS, Part, in_order, part_minutes

LESSON = [
    new_markdown_cell("# 1 · Tea: is it warm?\n\nTwo words here."),
    new_code_cell("KETTLE = 1"),
    new_markdown_cell("## Does it boil?\n\n" + "word " * 97 + "\n\n```\nnot prose\n```"),
    new_code_cell('show(figure, alt="steam")\n\ncheck("tea.1", answer)'),
    new_markdown_cell("## What did it cost?"),
    new_code_cell('check("tea.quiz", letters)'),
]


@pytest.fixture
def lesson():
    return new_notebook(cells=[nbformat.from_dict(cell) for cell in LESSON])


def test_the_kit_is_what_the_lessons_say():
    text = kit.PAGE.read_text(encoding="utf-8")
    assert kit.refreshed(text, kit.stored(), measured()) == text, "Run `python -m notebooks.kit`."


def test_every_stored_lesson_has_its_place():
    text = kit.PAGE.read_text(encoding="utf-8")
    assert [stem for stem in kit.stored() if f"<!-- minutes {stem} -->" not in text] == []


def test_there_is_a_card_for_each_role_of_the_protocol_with_what_it_signs():
    text, raci = kit.PAGE.read_text(encoding="utf-8"), retraining_raci()
    cards = dict(card.split(".**", 1) for card in text.split("> **")[1:])
    assert set(cards) == set(raci.roles.values())
    for activity, cells in raci.activities.items():
        (accountable,) = [raci.roles[role] for role, letters in cells.items() if "A" in letters]
        assert f'"{activity}"' in cards[accountable]


def test_what_a_section_holds_is_counted(lesson):
    opening, boil, cost = part_minutes(lesson)
    assert (opening.title, opening.lines, opening.exercises) == (OPENING, 1, 0)
    assert boil == Part("Does it boil?", words=100, lines=2, cells=1, pictures=1, exercises=1)
    assert (cost.exercises, cost.questions) == (0, 3)


def test_minutes_are_what_the_prices_make_of_it(lesson):
    boil = part_minutes(lesson)[1]
    seconds = 100 * SECONDS["words"] + 2 * SECONDS["lines"] + SECONDS["cells"] + SECONDS["pictures"] + 300
    assert boil.minutes == round(seconds / 60)
    assert Part("empty").minutes == 1
    assert [over for _, over in in_order([Part("a"), Part("b", exercises=1)])] == [1, 6]


def test_wrong_answers_are_read_off_the_tests():
    found = wrong_answers("01_governance")
    first = next(one for one in found if one.answer == "{'country': 'repair'}")
    assert (first.exercise, first.told) == ("governance.1", "a constant column does no harm today")
    assert [one.exercise for one in found] == sorted(one.exercise for one in found)
    assert {one.exercise for one in found} == {f"governance.{number}" for number in (1, 2, 3, 4)}


def test_a_judging_function_stands_for_its_exercise_and_other_tables_are_left_out(tmp_path):
    (tmp_path / "test_lesson_02.py").write_text(
        "import pytest\n"
        '@pytest.mark.parametrize(("policy", "told"), [(0.06, "a | b"), (x, WHY)])\n'
        "def test_a(policy, told):\n    lesson_02._policy(policy)\n"
        '@pytest.mark.parametrize("day", [1, 2])\n'
        "def test_b(day):\n    lesson_02._policy(day)\n"
        '@pytest.mark.parametrize(("a", "told"), [(1, "unclear")])\n'
        "def test_c(a, told):\n    pass\n"
    )
    (only,) = wrong_answers("02_monitoring", tests=tmp_path, course=Course())
    assert (only.exercise, only.answer, only.told) == ("monitoring.1", "0.06", "a | b")


def test_a_lesson_without_tests_has_no_wrong_answers(tmp_path):
    assert wrong_answers("01_governance", tests=tmp_path) == []


def test_parts_are_replaced_and_what_people_wrote_stays(lesson):
    text = "before\n<!-- minutes 09_tea -->\nold\n<!-- end -->\nby hand\n<!-- room -->\n<!-- end -->\n"
    made = kit.refreshed(text, {"09_tea": lesson}, {"seconds": {"09_tea": {"Does it boil?": 2.5}}, "room": {}})
    assert "old" not in made
    assert "| Does it boil? | 6 | 7 | 1 | 2.5 |" in made
    assert made.startswith("before\n")
    assert "\nby hand\n" in made
    assert "Not measured yet" in made
    assert kit.refreshed(made, {"09_tea": lesson}, {"seconds": {"09_tea": {"Does it boil?": 2.5}}}) == made


def test_a_new_lesson_gets_a_place(lesson):
    made = kit.refreshed(f"## Lesson 1\n\n{kit.NEXT}\n## Cards\n", {"09_tea": lesson}, {})
    assert made.index("## Lesson 9: tea") < made.index("| Does it boil? |") < made.index(kit.NEXT)


def test_a_part_about_no_lesson_says_so():
    made = kit.refreshed("<!-- minutes 09_tea -->\n<!-- end -->", {}, {})
    assert made == f"<!-- minutes 09_tea -->\n\n{kit.NOT_BUILT}\n\n<!-- end -->"


def test_every_part_is_about_a_lesson_that_has_a_source():
    text = kit.PAGE.read_text(encoding="utf-8")
    named = set(re.findall(r"<!-- (?:minutes|answers) (\w+) -->", text))
    assert named - {source.stem for source in sources()} == set()


def test_seconds_belong_to_the_section_of_their_cell(lesson):
    for place, seconds in ((1, 0.25), (3, 2.0), (5, 0.5)):
        lesson.cells[place].metadata["papermill"] = {"duration": seconds}
    assert section_seconds(lesson) == {OPENING: 0.2, "Does it boil?": 2.0, "What did it cost?": 0.5}


def test_what_was_measured_is_kept_and_read_back(tmp_path):
    path = tmp_path / "measured.json"
    assert measured(path) == {"seconds": {}, "room": {}}
    keep({"seconds": {"09_tea": {"Boil": 1.5}}, "room": {}}, path)
    assert measured(path)["seconds"] == {"09_tea": {"Boil": 1.5}}
    assert json.loads(path.read_text())["room"] == {}
    assert [item.name for item in tmp_path.iterdir()] == ["measured.json"]
