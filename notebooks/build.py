"""Builds the notebooks from their sources, or runs them without touching what is stored.

    python -m notebooks.build [NUMBER ...]           executes lessons, stores both editions, refreshes README.md
    python -m notebooks.build --run [NUMBER ...]     executes lessons, writes the report to build/report/index.html
                              -p BREAK_IT false      with another value for one of their parameters
    python -m notebooks.build --text [NUMBER ...]    stores changed text around unchanged code; runs nothing
    python -m notebooks.build --check                says which stored editions differ from their source; runs nothing

Without numbers all lessons take part. Run from the repository's root, in the course's environment.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import nbformat

from notebooks import kit, operations
from notebooks.editions import LEARNER, REMOVED_TAGS, SOLUTIONS, edition, sources, stored_path, text_of, without_outputs
from notebooks.execute import Execution, Job, execute_all
from notebooks.operations import with_lesson
from notebooks.parameters import ParameterRefused, declared, from_texts
from notebooks.report import write_report
from notebooks.rewording import CodeChanged, reword

REPORT = Path("build") / "report"


def build(lessons: Sequence[Path]) -> int:
    """Execute both editions of each lesson and store those that ran to their end; the number that failed."""
    failures = 0
    for executions in _by_lesson(lessons):
        failures += any(execution.error for execution in executions)
        if not any(execution.error for execution in executions):
            for execution in executions:
                _store(stored_path(execution.job.source, execution.job.which), text_of(execution.notebook))
                if execution.job.which == SOLUTIONS:
                    lesson = execution.job.source.stem
                    path = operations.beside(execution.job.source)
                    _store(path, with_lesson(operations.stored(path), lesson, execution.operations))
    return failures


def run(lessons: Sequence[Path], *, parameters: Sequence[tuple[str, str]] = (), report: Path = REPORT) -> int:
    """Execute both editions of each lesson and write the report; the number of lessons that failed.

    `parameters` are names and values as a person types them. Raises `ParameterRefused`, before anything runs, for one
    that a lesson does not declare or whose value is not of the declared type.
    """
    values = {source: from_texts(declared(edition(source, LEARNER)), parameters) for source in lessons}
    groups = list(_by_lesson(lessons, values))
    index = write_report([execution for executions in groups for execution in executions], report)
    print(f"report: {index}", flush=True)
    return sum(any(execution.error for execution in executions) for executions in groups)


def drift(lessons: Sequence[Path]) -> list[str]:
    """One sentence for each stored edition that is not what its source generates (outputs aside)."""
    found = []
    for source in lessons:
        for which in REMOVED_TAGS:
            path = stored_path(source, which)
            if not path.exists():
                found.append(f"{path.name} ({which}): not stored. Run `make notebooks`.")
            elif text_of(without_outputs(nbformat.read(path, as_version=4))) != text_of(edition(source, which)):
                found.append(f"{path.name} ({which}): differs from its source. Edit the source, run `make notebooks`.")
    return found


def _by_lesson(
    lessons: Sequence[Path], values: Mapping[Path, dict[str, Any]] | None = None
) -> Iterator[list[Execution]]:
    """Execute all editions; both of a lesson are yielded together, with one line on the console."""
    done: dict[Path, list[Execution]] = {source: [] for source in lessons}
    jobs = [Job(source, which, (values or {}).get(source, {})) for source in lessons for which in REMOVED_TAGS]
    for execution in execute_all(jobs):
        group = done[execution.job.source]
        group.append(execution)
        if len(group) == len(REMOVED_TAGS):
            print(_line(group), flush=True)
            yield group


def _line(executions: list[Execution]) -> str:
    """How a lesson went, in one line."""
    name = executions[0].job.source.stem
    errors = [f"{execution.job.which} edition: {execution.error}" for execution in executions if execution.error]
    if errors:
        return f"{name:<18} FAILED  {'; '.join(errors)}"
    times = ", ".join(f"{execution.job.which} {execution.seconds:.1f} s" for execution in executions)
    return f"{name:<18} ok      {times}, {executions[0].figures} figures"


def _store(path: Path, text: str) -> None:
    """Write a notebook under a temporary name, then rename; a file that already says the same is left alone."""
    if path.exists() and path.read_text(encoding="utf-8") == text:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.unfinished")
    unfinished.write_text(text, encoding="utf-8", newline="\n")
    unfinished.replace(path)


def main(arguments: Sequence[str]) -> int:
    """The command line; 0 when everything ran and nothing differs."""
    parser = argparse.ArgumentParser(prog="python -m notebooks.build", description="Build or run the lessons.")
    mode = parser.add_mutually_exclusive_group()
    mode.add_argument("--run", action="store_true", help="execute and report; store nothing")
    mode.add_argument("--text", action="store_true", help="store changed text around unchanged code; run nothing")
    mode.add_argument("--check", action="store_true", help="compare stored editions with their sources; run nothing")
    parser.add_argument("numbers", nargs="*", type=int, metavar="NUMBER", help="lessons, such as 1 3; all without")
    parser.add_argument("-p", nargs=2, action="append", default=[], metavar=("NAME", "VALUE"), help="with --run only")
    chosen = parser.parse_args(arguments)
    if chosen.p and not chosen.run:
        parser.error("-p is for --run: what is stored was executed with the parameters that its source declares.")
    try:
        return _do(chosen, sources(tuple(chosen.numbers)))
    except (FileNotFoundError, ParameterRefused, CodeChanged) as error:
        parser.error(str(error))


def _do(chosen: argparse.Namespace, lessons: Sequence[Path]) -> int:
    """What the command line asks for; 0 when everything ran and nothing differs."""
    if chosen.check:
        differences = drift(lessons)
        print("\n".join(differences) or "Every stored edition is what its source generates.")
        return bool(differences)
    if chosen.run:
        return bool(run(lessons, parameters=chosen.p))
    failures = 0
    if chosen.text:
        for path, text in reword(lessons):
            _store(path, text)
    else:
        failures = build(lessons)
    kit.refresh()
    return bool(failures)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
