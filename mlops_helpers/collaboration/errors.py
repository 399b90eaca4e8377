"""Everything that can go wrong between people, in one tree: read it to know which `except` to write.

    CollaborationError
        InvalidSetting            an option outside the values it may take
        RaciError                 a matrix of responsibilities that cannot work
            BadRaci                   a file or a cell that cannot be read
            TwoAccountables           two roles have the last word
            NoAccountable             nobody has the last word
            OrphanActivity            nobody does the work
            Overloaded                one role has the last word too often
            UnknownRole               a role that nobody has defined
            NoDeputy                  nobody to escalate to
            AuthorApproves            who trains the model may have the last word on approving it
        ProtocolError             a step that the retraining protocol does not allow; the incident's log shows it
            UnknownStep               a step that is not in the protocol's table
            OutOfOrder                a step that does not begin at the stage where the incident is
            WrongRole                 a sign-off by somebody who is not accountable for it
            SelfApproval              the author of a model approves it
            SignedTwice               the step was signed already
            SignOffMissing            the step was not signed, or before the evidence that it rests on
            NotApproved               a model is to be deployed that this incident did not approve
            TooEarly                  an escalation before the stage's time is over
            EvidenceError             what is shown does not carry the step
                EvidenceMissing           nothing was shown
                ForeignEvidence           it belongs to another incident or another model
                WrongEvidence             it says something else than the step needs
        LogError                  the log of an incident
            UnknownIncident           there is no log of that incident
            LogChanged                somebody else wrote in between, or the incident exists already
            LogTampered               an entry is not what was written
        PostMortemError           a post-mortem that cannot be written
            NotClosed                 the incident goes on
            BlamingText               a text that names or blames a person
        FeedbackError             what a user says about an answer
            BadRating                 a rating off the scale from 1 to 5, or none at all
            UnknownRequest            feedback for a request that was never served
            NotRated                  a request that nobody rated
            AlreadyRated              a second, different rating of one request
            ServedDifferently         a request that was served by another model or prompt
            AnswerDiffers             another answer was accepted for this request
            MissingColumns            a table that does not hold ratings

Each error is built from three sentences of data: what was found, what was expected, what to do.
"""


class CollaborationError(Exception):
    """Base of the tree; `found`, `expected` and `remedy` are the three parts of its message."""

    def __init__(self, found: str, expected: str, remedy: str) -> None:
        super().__init__(f"Found {found}; expected {expected}. {remedy}")
        self.found, self.expected, self.remedy = found, expected, remedy


class InvalidSetting(CollaborationError):
    """An option outside the values it may take."""


class RaciError(CollaborationError):
    """A matrix of responsibilities that cannot work."""


class BadRaci(RaciError):
    """A file or a cell that cannot be read."""


class TwoAccountables(RaciError):
    """Two roles have the last word."""


class NoAccountable(RaciError):
    """Nobody has the last word."""


class OrphanActivity(RaciError):
    """Nobody does the work."""


class Overloaded(RaciError):
    """One role has the last word too often."""


class UnknownRole(RaciError):
    """A role that nobody has defined."""


class NoDeputy(RaciError):
    """Nobody to escalate to."""


class AuthorApproves(RaciError):
    """Who trains the model may have the last word on approving it."""


class ProtocolError(CollaborationError):
    """A step that the retraining protocol does not allow; the incident's log shows it."""


class UnknownStep(ProtocolError):
    """A step that is not in the protocol's table."""


class OutOfOrder(ProtocolError):
    """A step that does not begin at the stage where the incident is."""


class WrongRole(ProtocolError):
    """A sign-off by somebody who is not accountable for it."""


class SelfApproval(ProtocolError):
    """The author of a model approves it."""


class SignedTwice(ProtocolError):
    """The step was signed already."""


class SignOffMissing(ProtocolError):
    """The step was not signed, or before the evidence that it rests on."""


class NotApproved(ProtocolError):
    """A model is to be deployed that this incident did not approve."""


class TooEarly(ProtocolError):
    """An escalation before the stage's time is over."""


class EvidenceError(ProtocolError):
    """What is shown does not carry the step."""


class EvidenceMissing(EvidenceError):
    """Nothing was shown."""


class ForeignEvidence(EvidenceError):
    """It belongs to another incident or another model."""


class WrongEvidence(EvidenceError):
    """It says something else than the step needs."""


class LogError(CollaborationError):
    """The log of an incident."""


class UnknownIncident(LogError):
    """There is no log of that incident."""


class LogChanged(LogError):
    """Somebody else wrote in between, or the incident exists already."""


class LogTampered(LogError):
    """An entry is not what was written."""


class PostMortemError(CollaborationError):
    """A post-mortem that cannot be written."""


class NotClosed(PostMortemError):
    """The incident goes on."""


class BlamingText(PostMortemError):
    """A text that names or blames a person."""


class FeedbackError(CollaborationError):
    """What a user says about an answer."""


class BadRating(FeedbackError):
    """A rating off the scale from 1 to 5, or none at all."""


class UnknownRequest(FeedbackError):
    """Feedback for a request that was never served."""


class NotRated(FeedbackError):
    """A request that nobody rated."""


class AlreadyRated(FeedbackError):
    """A second, different rating of one request."""


class ServedDifferently(FeedbackError):
    """A request that was served by another model or prompt."""


class AnswerDiffers(FeedbackError):
    """Another answer was accepted for this request."""


class MissingColumns(FeedbackError):
    """A table that does not hold ratings."""
