"""Everything that can go wrong at the door, as one tree.

    CloudError
        UnknownCloud      connect("azure"): neither "offline" nor "google"
        PlaceholderLeft   a value such as "[your-project-id]" was not filled in
        NoCredentials     Google Cloud asks who you are, and nothing on this machine answers
        NotLoopback       something tried to leave this machine while the session is offline
        NotOffline        a question that only the offline cloud can answer
        ForeignResource   asked to delete what this session did not create
        LeftBehind        something is still there after the clean-up
        UnknownPrice      no price for this item on this date
        UnknownModel      an id, or a use, that the model registry does not list
        UnknownFault      `session.faults` was asked for a fault that does not exist
        Unanswered        Google answered a question of the doctor's with an error; it becomes a finding

Each message says what was found, what was expected and what to do.
"""

from __future__ import annotations


class CloudError(Exception):
    """Base of every error raised at the door; `found`, `expected` and `remedy` are its three parts."""

    def __init__(self, found: str, expected: str, remedy: str) -> None:
        super().__init__(f"Found {found}; expected {expected}. {remedy}")
        self.found, self.expected, self.remedy = found, expected, remedy


class UnknownCloud(CloudError):
    """`connect` got a word that is neither "offline" nor "google"."""


class PlaceholderLeft(CloudError):
    """A placeholder from the notebook's parameters was left in, or a project is missing."""


class NoCredentials(CloudError):
    """Application-default credentials are missing."""


class NotLoopback(CloudError):
    """A connection beyond this machine was attempted while offline.

    Deliberately no OSError: Google's clients would take that for a passing fault and retry it for minutes.
    """


class NotOffline(CloudError):
    """Only the offline cloud has a clock that can be moved and counts every call."""


class ForeignResource(CloudError):
    """The ledger does not know the resource, or it is not the one that was created."""


class LeftBehind(CloudError):
    """The clean-up could not remove everything."""


class UnknownPrice(CloudError):
    """The price table has no entry: an unknown price is an error, never zero."""


class UnknownFault(CloudError):
    """A fault, a number of times or a delay that makes no sense."""


class UnknownModel(CloudError):
    """The model registry has no such model, or no model for such a use."""


class Unanswered(CloudError):
    """Google answered a check with an error, or with something else than it documents."""
