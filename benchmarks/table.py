"""The table of results: one row per question, its goal, what was found, and whether the goal is met."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.measure import Pairs, Sample, middle

HEAD = ("what", "against", "goal", "found", "besides", "n", "")


@dataclass(frozen=True)
class Goal:
    """A bound: `Goal("≤", 0.5, "s")`. Unit "×" means a ratio to the reference."""

    sign: str
    value: float
    unit: str

    def __post_init__(self) -> None:
        """Refuse a sign that is neither bound."""
        if self.sign not in ("≤", "≥"):
            raise ValueError(f"found sign {self.sign!r}, expected ≤ or ≥")

    def met_by(self, found: float) -> bool:
        """Return whether the figure keeps the bound; the bound itself does."""
        return found <= self.value if self.sign == "≤" else found >= self.value

    def __str__(self) -> str:
        return f"{self.sign} {figure(self.value)} {self.unit}"


@dataclass(frozen=True)
class Row:
    """One question and its answer. `found` is None where it could not be measured; `besides` then says why."""

    what: str
    against: str
    goal: Goal
    found: float | None
    besides: str = ""
    n: int = 0

    @property
    def verdict(self) -> str:
        """Return met, missed or not measured."""
        if self.found is None:
            return "not measured"
        return "met" if self.goal.met_by(self.found) else "**missed**"

    def cells(self) -> tuple[str, ...]:
        """Return the row's texts in the order of the table's head."""
        found = "–" if self.found is None else f"{figure(self.found)} {self.goal.unit}"
        return self.what, self.against, str(self.goal), found, self.besides, str(self.n or "–"), self.verdict


def compared(what: str, against: str, goal: Goal, pairs: Pairs, *, clock: str = "cpu") -> Row:
    """Return the row of a ratio: a goal of at least so much is read as speed, one of at most so much as time."""
    ratio = pairs.speed if goal.sign == "≥" else pairs.ratio
    other = "wall" if clock == "cpu" else "cpu"
    times = " against ".join(seconds(middle(samples, clock)) for samples in (pairs.case, pairs.reference))
    besides = f"{clock}: {times}; {other}: {figure(ratio(other))} ×"
    return Row(what, against, goal, ratio(clock), besides, pairs.n)


def absolute(what: str, goal: Goal, samples: Sequence[Sample], *, field: str = "wall") -> Row:
    """Return the row of a median that has no reference; a goal in ms is compared in ms."""
    found = middle(samples, field)
    if found is None:
        return Row(what, "", goal, None, "this system does not tell a process's peak memory")
    scale = 1000 if goal.unit == "ms" else 1
    besides = f"cpu: {seconds(middle(samples, 'cpu'))}" if field == "wall" else ""
    return Row(what, "", goal, found * scale, besides, len(samples))


def unmeasured(what: str, against: str, goal: Goal, why: str) -> Row:
    """Return the row of a question that stays open, with the reason."""
    return Row(what, against, goal, None, why)


def render(rows: Sequence[Row]) -> str:
    """Return the rows as a Markdown table whose columns line up when read as plain text."""
    lines = [HEAD, *(row.cells() for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(HEAD))]
    texts = [" | ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) for line in lines]
    rule = "|".join("-" * (width + 2) for width in widths)
    return "\n".join([f"| {texts[0]} |", f"|{rule}|", *(f"| {text} |" for text in texts[1:])])


def figure(value: float) -> str:
    """Return a number with three significant digits (more from 1,000 on); no exponent from a thousandth upwards."""
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.3g}"


def seconds(value: float) -> str:
    """Return seconds, or milliseconds below one."""
    return f"{figure(value)} s" if value >= 1 else f"{figure(value * 1000)} ms"
