"""The table of times adds up what the tests report."""

import pytest

from tools.run_times import LONGEST, table


def test_the_slowest_files_come_first_and_lessons_are_summed_over_files():
    seconds = {f"tests/test_{number}.py::test_a": float(number) for number in range(20)}
    seconds |= {
        "tests/notebooks/test_lessons.py::test_b[01_governance]": 30.0,
        "tests/notebooks/test_lessons.py::test_c[01_governance-learner]": 2.0,
        "notebooks/01_governance.ipynb::Cell 0": 9.0,
        "notebooks/solutions/01_governance.ipynb::Cell 0": 9.5,
        "notebooks/02_monitoring.ipynb::Cell 0": 4.0,
    }
    lines = table(seconds)
    assert lines[0] == "   32.0 s  tests/notebooks/test_lessons.py"
    assert lines[LONGEST].startswith("lessons:")
    assert lines[LONGEST + 1 : LONGEST + 3] == ["   50.5 s  01_governance", "    4.0 s  02_monitoring"]
    assert lines[-1] == f"{sum(seconds.values()):7.1f} s  all 24 files, one after another"


def test_a_run_of_a_few_files_prints_no_table():
    assert table({"tests/test_a.py::test_a": 1.0, "tests/test_b.py::test_a": 1.0}) == []


@pytest.mark.parametrize("test", ["tests/test_a.py::test[02_fails]", "build/planted/02_fails.ipynb::Cell 0"])
def test_only_the_courses_lessons_count_as_lessons(test):
    seconds = {f"tests/test_{number}.py::test_a": 1.0 for number in range(9)} | {test: 1.0}
    assert not any(line.endswith("02_fails") for line in table(seconds))
