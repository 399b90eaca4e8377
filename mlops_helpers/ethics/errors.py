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
