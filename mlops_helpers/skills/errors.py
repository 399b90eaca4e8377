"""Everything that can go wrong in the lesson on skills, in one tree: read it to know which `except` to write.

    SkillsError
        BadCatalogue              the catalogue of skills cannot be used
            CyclicPrerequisite        skills that wait for each other; the message shows the circle
        UnknownName               a skill, role, service, system, person or challenge nobody has defined
        LevelOutOfRange           a level that is not one of 0, 1, 2, 3, 4
        BadTeam                   a table of people that contradicts itself
        BadAuditLog               a log without the fields that say who did what
        PlanError                 a plan that cannot be made
            CyclicSteps               steps that wait for each other
            NoTime                    nobody has an hour to learn in
            BadMoney                  an amount that is negative, a float, or not a number
        QuizError                 the quiz bank, or an answer to it
            BadQuestion               a question without exactly one right answer, with twins, or without reasons

Each error is built from three sentences of data: what was found, what was expected, what to do.
"""


class SkillsError(Exception):
    """Base of the tree; `found`, `expected` and `remedy` are the three parts of its message."""

    def __init__(self, found: str, expected: str, remedy: str) -> None:
        super().__init__(f"Found {found}; expected {expected}. {remedy}")
        self.found, self.expected, self.remedy = found, expected, remedy


class BadCatalogue(SkillsError):
    """The catalogue of skills cannot be used."""


class CyclicPrerequisite(BadCatalogue):
    """Skills that wait for each other; the message shows the circle."""


class UnknownName(SkillsError):
    """A skill, role, service, system, person or challenge nobody has defined."""


class LevelOutOfRange(SkillsError):
    """A level that is not one of 0, 1, 2, 3, 4."""


class BadTeam(SkillsError):
    """A table of people that contradicts itself."""


class BadAuditLog(SkillsError):
    """A log without the fields that say who did what."""


class PlanError(SkillsError):
    """A plan that cannot be made."""


class CyclicSteps(PlanError):
    """Steps that wait for each other."""


class NoTime(PlanError):
    """Nobody has an hour to learn in."""


class BadMoney(PlanError):
    """An amount that is negative, a float, or not a number."""


class QuizError(SkillsError):
    """The quiz bank, or an answer to it."""


class BadQuestion(QuizError):
    """A question without exactly one right answer, with twins, or without reasons."""
