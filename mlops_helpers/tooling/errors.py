"""Everything that can go wrong in tooling, in one tree: read it to know which `except` to write.

    ToolingError
        InvalidSetting        an option outside the values it may take
        MissingExtra          a library is needed that is not installed; the message says how

Each error is built from three sentences of data: what was found, what was expected, what to do.
"""


class ToolingError(Exception):
    """Base of the tree; `found`, `expected` and `remedy` are the three parts of its message."""

    def __init__(self, found: str, expected: str, remedy: str) -> None:
        super().__init__(f"Found {found}; expected {expected}. {remedy}")
        self.found, self.expected, self.remedy = found, expected, remedy


class InvalidSetting(ToolingError):
    """An option outside the values it may take."""


class MissingExtra(ToolingError):
    """A library is needed that is not installed; the message says how."""
