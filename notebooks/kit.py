"""The generated parts of the instructor's kit, `notebooks/README.md`: `python -m notebooks.kit`.

    <!-- glance -->               all lessons in one table
    <!-- minutes 01_governance -->    minutes by section
    <!-- answers 01_governance -->    wrong answers to expect
    <!-- room -->                 what thirty learners cost one server

Each such line begins a part that ends with `<!-- end -->`; what stands between is replaced, everything else is written
by people. A lesson that the kit does not mention yet gets a place at the end of the lessons. A build of the lessons
refreshes the kit, and a test compares it with a fresh one.

    python -m notebooks.kit --measure 1 3     runs these lessons once, and keeps the seconds of their sections
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode

from notebooks.editions import LEARNER, ROOT, sources, stored_path
from notebooks.kit_answers import wrong_answers
from notebooks.kit_measure import keep, measured, run_lesson
from notebooks.kit_minutes import Part, in_order, part_minutes
from notebooks.reading import headings

PAGE = ROOT / "README.md"
END = "<!-- end -->"
NEXT = "<!-- more lessons -->"
NOT_BUILT = "This lesson is not built yet."
CLASS = 50  # minutes of a lesson in a timetable
_PART = re.compile(r"<!-- (glance|room|minutes|answers) ?(\w*) -->\n.*?<!-- end -->", re.DOTALL)
PLACE = """## Lesson {number}: {word}

<!-- minutes {stem} -->
<!-- end -->

<!-- answers {stem} -->
<!-- end -->

"""


def refreshed(text: str, lessons: Mapping[str, NotebookNode], found: Mapping[str, Any]) -> str:
    """Return the kit with its generated parts made anew, for learners' notebooks by name ("01_governance").

    A part about a lesson that is not among them says so.
    """
    parts = {stem: part_minutes(notebook) for stem, notebook in lessons.items()}
    titles = {stem: _question(notebook) for stem, notebook in lessons.items()}
    for stem in parts:
        if f"<!-- minutes {stem} -->" not in text:
            place = PLACE.format(number=int(stem[:2]), word=stem[3:], stem=stem)
            text = text.replace(NEXT, place + NEXT)
    seconds = found.get("seconds", {})
    makers: Mapping[str, Callable[[str], list[str]]] = {
        "glance": lambda _: _glance(parts, titles, seconds),
        "minutes": lambda stem: _minutes(parts[stem], seconds.get(stem, {})) if stem in parts else [NOT_BUILT],
        "answers": lambda stem: _answers(stem) if stem in parts else [NOT_BUILT],
        "room": lambda _: _room(found.get("room", {})),
    }

    def part(match: re.Match[str]) -> str:
        kind, stem = match.groups()
        return "\n".join([match.group().splitlines()[0], "", *makers[kind](stem), "", END])

    return _PART.sub(part, text)


def stored() -> dict[str, NotebookNode]:
    """Return the learners' edition of each lesson that is stored."""
    paths = {source.stem: stored_path(source, LEARNER) for source in sources()}
    return {stem: nbformat.read(path, as_version=4) for stem, path in paths.items() if path.exists()}


def refresh(page: Path = PAGE) -> bool:
    """Write the kit anew if it changed, under a temporary name and then renamed; return whether it did."""
    before = page.read_text(encoding="utf-8")
    after = refreshed(before, stored(), measured())
    if after == before:
        return False
    unfinished = page.with_name(f".{page.name}.unfinished")
    unfinished.write_text(after, encoding="utf-8", newline="\n")
    unfinished.replace(page)
    return True


def _glance(parts: Mapping[str, list[Part]], titles: Mapping[str, str], seconds: Mapping[str, Any]) -> list[str]:
    columns = ("lesson", "minutes", f"minute {CLASS} is after", "exercises", "words", "lines of code", "runs (s)")
    rows = [f"| {' | '.join(columns)} |", "|---|---|---|---|---|---|---|"]
    for stem, found in parts.items():
        within = [part.title for part, over in in_order(found) if over <= CLASS]
        minutes, exercises, words, lines = (
            sum(getattr(part, name) for part in found) for name in ("minutes", "exercises", "words", "lines")
        )
        figures = [minutes, exercises, f"{round(words, -2):,}", round(lines, -1)]
        spent = f"{sum(seconds[stem].values()):.0f}" if stem in seconds else "not measured"
        last = within[-1] if within else found[0].title
        cells = [f"[{titles[stem]}]({stem}.ipynb)", figures[0], last, *figures[1:], spent]
        rows.append(f"| {' | '.join(map(str, cells))} |")
    return rows


def _minutes(parts: list[Part], seconds: Mapping[str, float]) -> list[str]:
    rows = ["| section | minutes | over | exercises | runs (s) |", "|---|---|---|---|---|"]
    for part, over in in_order(parts):
        asked = f"{part.exercises or ''}{'quiz' if part.questions else ''}"
        rows.append(f"| {part.title} | {part.minutes} | {over} | {asked} | {seconds.get(part.title, '')} |")
    return rows


def _answers(stem: str) -> list[str]:
    found = wrong_answers(stem)
    if not found:
        return ["No wrong answers are listed for this lesson yet."]
    rows = ["| exercise | a learner writes | `check` says, among other words |", "|---|---|---|"]
    return rows + [f"| {one.exercise} | {_code(one.answer)} | {_plain(one.told)} |" for one in found]


def _room(found: Mapping[str, Any]) -> list[str]:
    if not found:
        return ["Not measured yet: `python -m tools.room_load`."]
    rows = ["| what | measured |", "|---|---|"]
    return rows + [f"| {name} | {value} |" for name, value in found.items()]


def _question(notebook: NotebookNode) -> str:
    """The lesson's heading, such as "1 · Governance: can we trust this file?"."""
    return next(text for _, level, text in headings(notebook) if level == 1)


def _code(text: str) -> str:
    """Code in a cell of a table; with a longer fence where it holds one itself."""
    fenced = f"`` {text} ``" if "`" in text else f"`{text}`"
    return fenced.replace("|", "\\|")


def _plain(text: str) -> str:
    return re.sub(r"([|<>*_`\[\]])", r"\\\1", text)


def main(arguments: Sequence[str]) -> int:
    """Refresh the kit, after measuring lessons if asked to."""
    parser = argparse.ArgumentParser(prog="python -m notebooks.kit", description="Refresh the instructor's kit.")
    parser.add_argument("--measure", nargs="+", type=int, default=[], metavar="NUMBER", help="run these lessons first")
    numbers = tuple(parser.parse_args(arguments).measure)
    for source in sources(numbers) if numbers else ():
        found = measured()
        found["seconds"][source.stem] = run_lesson(source)
        keep(found)
    refresh()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
