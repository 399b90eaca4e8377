"""Exercises that are decisions: a dictionary with one word for each case."""

from __future__ import annotations

from collections.abc import Mapping, Sequence


def judge_decisions(
    answer: Mapping[str, str], right: Mapping[str, str], *, words: Sequence[str], why: Mapping[str, str]
) -> bool | str:
    """True when each case has its word, whatever its letter case; otherwise a sentence about the first that has not.

    `right` is case -> word, `words` are all words one may use, `why` is case -> the reason, told for a wrong word.
    """
    if not isinstance(answer, Mapping):
        return f"Give a dictionary with a word for each of {', '.join(right)}."
    if undecided := [case for case in right if answer.get(case, ...) is ...]:
        return f"Decide about {', '.join(undecided)}: {' or '.join(map(repr, words))}."
    for case, word in right.items():
        if str(answer[case]).strip().lower() not in words:
            return f"{case}: {answer[case]!r} is none of {', '.join(map(repr, words))}."
        if str(answer[case]).strip().lower() != word:
            return f"{case}: think again about {answer[case]!r}; {why[case]}."
    return True
