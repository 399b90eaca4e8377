"""Everything that can go wrong in ethics, in one tree: read it to know which `except` to write.

    EthicsError
        MissingColumn         a column that is needed is absent; the message names the nearest
        EmptyData             nothing to look at
        InvalidSetting        an option outside the values it may take
        UnequalLengths        labels, predictions and groups that differ in length
        MissingExtra          a library that only some functions need is not installed
        BadLabels             labels or predictions other than 0 and 1, or scores outside 0..1
        BadGroups             a sensitive attribute that is missing for some, or has too many values
        OneGroup              one group only: there is nobody to compare with
        UndefinedRate         a group without positives, or negatives, where a method needs both
        DocumentError         a model card or an impact assessment
            EmptySection          a section without content; the message names all of them
            UnknownSection        a section that the template does not have
            DocumentChanged       what is attached to a version is not what was signed
            NotSigned             a release without a decision, or with a refusal
            UnacceptableRisk      a release signed over a harm that stays too likely and too severe
        ReviewError           the queue of people who decide
            UnknownReview         no case of this id
            ReviewDecided         somebody decided otherwise before
        RedTeamError          attacks on a target
            BadAttackFile         rows of an attack file that cannot be used; the message says which
                UnknownTechnique      a technique that the file of attacks may not name
            NotComparable         two reports of different attacks
        PrivacyError          differential privacy
            InvalidEpsilon        an epsilon that is 0, negative or no number
            BudgetSpent           a query that the privacy budget does not cover

Each error is built from three sentences of data: what was found, what was expected, what to do.
"""


class EthicsError(Exception):
    """Base of the tree; `found`, `expected` and `remedy` are the three parts of its message."""

    def __init__(self, found: str, expected: str, remedy: str) -> None:
        super().__init__(f"Found {found}; expected {expected}. {remedy}")
        self.found, self.expected, self.remedy = found, expected, remedy


class MissingColumn(EthicsError):
    """A column that is needed is absent; the message names the nearest."""


class EmptyData(EthicsError):
    """Nothing to look at."""


class InvalidSetting(EthicsError):
    """An option outside the values it may take."""


class UnequalLengths(EthicsError):
    """Labels, predictions and groups that belong together differ in length."""


class MissingExtra(EthicsError):
    """A library that only some functions need is not installed; the message says how to install it."""


class BadLabels(EthicsError):
    """Labels or predictions other than 0 and 1, or scores outside 0..1."""


class BadGroups(EthicsError):
    """A sensitive attribute that is missing for some, or has too many values to be a group."""


class OneGroup(EthicsError):
    """One group only: there is nobody to compare with."""


class UndefinedRate(EthicsError):
    """A group without positives, or without negatives, where a method needs both."""


class DocumentError(EthicsError):
    """A model card or an impact assessment."""


class EmptySection(DocumentError):
    """A section without content; the message names all of them."""


class UnknownSection(DocumentError):
    """A section that the template does not have."""


class DocumentChanged(DocumentError):
    """What is attached to a version is not what was signed."""


class NotSigned(DocumentError):
    """A release without a decision, or with a refusal."""


class UnacceptableRisk(DocumentError):
    """A release signed over a harm that stays too likely and too severe."""


class ReviewError(EthicsError):
    """The queue of people who decide."""


class UnknownReview(ReviewError):
    """No case of this id."""


class ReviewDecided(ReviewError):
    """Somebody decided otherwise before."""


class RedTeamError(EthicsError):
    """Attacks on a target."""


class BadAttackFile(RedTeamError):
    """Rows of an attack file that cannot be used; the message says which."""


class UnknownTechnique(BadAttackFile):
    """A technique that the file of attacks may not name."""


class NotComparable(RedTeamError):
    """Two reports of different attacks."""


class PrivacyError(EthicsError):
    """Differential privacy."""


class InvalidEpsilon(PrivacyError):
    """An epsilon that is 0, negative or no number."""


class BudgetSpent(PrivacyError):
    """A query that the privacy budget does not cover."""
