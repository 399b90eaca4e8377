"""What can go wrong in the exercises' own machinery. A learner's answer never raises any of these.

LearningError
├── MalformedExercise   an exercise or question was written in a way that cannot work
├── UnknownExercise     no exercise or lesson of that name
├── MissingAltText      a figure without a description for those who cannot see it
├── MalformedGlossary   an entry of the glossary was written in a way that cannot work
└── UnknownTerm         a word that the glossary does not have
"""


class LearningError(Exception):
    """Base of all errors of `mlops_helpers.learning`; the message says what was found, expected, and what to do."""


class MalformedExercise(LearningError):
    """An `Exercise` or `Question` was declared wrongly; raised when its module is imported, so tests see it first."""

    def __init__(self, where: str, found: str, expected: str) -> None:
        super().__init__(f"{where}: found {found}, expected {expected}. Correct the declaration in its lesson module.")


class UnknownExercise(LearningError):
    """An exercise or lesson was asked for that does not exist."""

    def __init__(self, asked: object, known: tuple[str, ...]) -> None:
        listed = ", ".join(known) or "none yet"
        super().__init__(f"There is no {asked!r}. Expected one of: {listed}. Copy the id from the exercise's heading.")


class MissingAltText(LearningError):
    """A figure was shown without a usable text alternative."""

    def __init__(self, found: object) -> None:
        super().__init__(
            f"The figure's alt text is {found!r}; expected a sentence of at least 15 characters. "
            "Write what a colleague on the telephone would need to hear about this picture."
        )


class MalformedGlossary(LearningError):
    """An entry of the glossary was written wrongly; raised when it is read, so tests see it first."""

    def __init__(self, term: str, found: str) -> None:
        super().__init__(
            f"Glossary, {term!r}: found {found}. Expected one entry per term in alphabetical order, with term, lesson, "
            "meaning, also and see, each form once, and references to terms that exist. Correct glossary.json."
        )


class UnknownTerm(LearningError):
    """A word was looked up that the glossary does not have."""

    def __init__(self, word: object, similar: tuple[str, ...]) -> None:
        hint = f"Did you mean {', '.join(similar)}?" if similar else "See notebooks/GLOSSARY.md for all that are there."
        super().__init__(f"Found {word!r}; expected a term of the glossary. {hint}")
