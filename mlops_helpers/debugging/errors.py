"""Everything that can go wrong in debugging, in one tree: read it to know which `except` to write.

    DebuggingError
        MissingColumn         a column that is needed is absent; the message names the nearest
        EmptyData             nothing to look at
        InvalidSetting        an option outside the values it may take

Each error is built from three sentences of data: what was found, what was expected, what to do.
"""


class DebuggingError(Exception):
    """Base of the tree; `found`, `expected` and `remedy` are the three parts of its message."""

    def __init__(self, found: str, expected: str, remedy: str) -> None:
        super().__init__(f"Found {found}; expected {expected}. {remedy}")
        self.found, self.expected, self.remedy = found, expected, remedy


class MissingColumn(DebuggingError):
    """A column that is needed is absent; the message names the nearest."""


class EmptyData(DebuggingError):
    """Nothing to look at."""


class InvalidSetting(DebuggingError):
    """An option outside the values it may take."""
