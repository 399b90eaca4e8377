"""A pytest plugin: where a run's time went, as the last thing it prints.

The seconds of a file are those of its tests, set-up and clean-up included, whichever process ran them. A lesson's
seconds are those of its stored notebooks and of the tests that execute it.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping

import pytest

LONGEST, FEWEST = 15, 6  # lines of the table; a run of fewer files needs none
LESSON = re.compile(r"^notebooks/(?:solutions/)?(\w+)\.ipynb::|/test_lessons\.py::\w+\[(\d\d_[a-z]+)")


class RunTimes:
    """Adds up what each test reports, and prints the table."""

    def __init__(self) -> None:
        self.seconds: defaultdict[str, float] = defaultdict(float)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """One phase of one test ended."""
        self.seconds[report.nodeid] += report.duration

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """After everything ran."""
        lines = table(self.seconds)
        if lines:
            terminalreporter.section("where the time went")
            terminalreporter.write("\n".join(lines) + "\n")


def pytest_configure(config: pytest.Config) -> None:
    """Count in the process that talks to the person; with xdist, the others report to it."""
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(RunTimes(), "run-times")


def table(seconds: Mapping[str, float]) -> list[str]:
    """The lines to print for the seconds of each test: the slowest files, the lessons, and all together."""
    files, lessons = defaultdict(float), defaultdict(float)
    for test, spent in seconds.items():
        files[test.partition("::")[0]] += spent
        if match := LESSON.search(test):
            lessons[match.group(1) or match.group(2)] += spent
    if len(files) < FEWEST:
        return []
    slowest = sorted(files.items(), key=lambda item: -item[1])[:LONGEST]
    lines = [f"{spent:7.1f} s  {name}" for name, spent in (*slowest, *sorted(lessons.items()))]
    lines.insert(len(slowest), "lessons: stored notebooks compared, solutions and stubs executed")
    return [*lines, f"{sum(files.values()):7.1f} s  all {len(files)} files, one after another"]
