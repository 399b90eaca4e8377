"""Everything that can go wrong in debugging, in one tree: read it to know which `except` to write.

    DebuggingError
        MissingColumn         a column that is needed is absent; the message names the nearest
        EmptyData             nothing to look at
        InvalidSetting        an option outside the values it may take
        OneClass              all rows are alike: all wrong, none wrong, one label only
        UnequalLengths        two lists that belong together differ in length
        DuplicateMetric       two metrics of one name
        MissingExtra          a library that only some metrics need is not installed
        NaiveTimestamp        a time without a zone
        UnknownTrace          no log entries of this trace; the message names the nearest and the latest
        RunError
            RunsNotComparable       two runs of different functions, or with different results
            RecordChanged           a record of a run that is not what was written
            RunExists               the name of a run is taken
            UnknownRun              no run of this name; the message names the nearest
            UnknownMetric           no run has a metric of this name; the message names the nearest
        PromptError
            TemplateRefused         a template with an element that is not allowed, too large, or not readable
            MissingVariables        variables that the template needs and nobody gave; all of them at once
            UnknownVariables        variables that the template does not use
            OutputTooLong           a prompt that grew beyond its limit while it was written
            UnknownPrompt           no prompt, version or alias of this name; the message names the nearest
            UnsafePromptName        a name that cannot be part of an object name
            ChecksumMismatch        a stored version is not what was saved
            AliasMoved              somebody else moved the alias in between
            BadCase                 a prompt test file with a typo, a repeated id or a check nobody can run
            PromptTestsFailed       prompt tests below the rate that was asked for
            ReportsNotComparable    two reports of different cases or samples

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


class NaiveTimestamp(DebuggingError):
    """A time without a zone, where an instant is needed."""


class UnknownTrace(DebuggingError):
    """No log entries of this trace; the message names the nearest and the latest."""


class RunError(DebuggingError):
    """Base of everything about runs: records, comparisons, experiments."""


class RunsNotComparable(RunError):
    """Two runs of different functions, or with different results: a comparison would say nothing."""


class RecordChanged(RunError):
    """A record of a run that is not what was written: edited by hand, cut off, or no record at all."""


class RunExists(RunError):
    """The name of a run is taken; runs are never overwritten."""


class UnknownRun(RunError):
    """No run of this name; the message names the nearest."""


class UnknownMetric(RunError):
    """No run has a metric of this name; the message names the nearest."""


class PromptError(DebuggingError):
    """Base of everything about prompts: templates, the registry, prompt tests."""


class TemplateRefused(PromptError):
    """A template with an element that is not allowed, too large, or not readable."""


class MissingVariables(PromptError):
    """Variables that the template needs and nobody gave; all of them at once."""


class UnknownVariables(PromptError):
    """Variables that the template does not use."""


class OutputTooLong(PromptError):
    """A prompt that grew beyond its limit while it was written."""


class UnknownPrompt(PromptError):
    """No prompt, version or alias of this name; the message names the nearest."""


class UnsafePromptName(PromptError):
    """A name that cannot be part of an object name."""


class ChecksumMismatch(PromptError):
    """A stored version is not what was saved."""


class AliasMoved(PromptError):
    """Somebody else moved the alias in between."""


class BadCase(PromptError):
    """A prompt test file with a typo, a repeated id or a check nobody can run."""


class PromptTestsFailed(PromptError):
    """Prompt tests below the rate that was asked for."""


class ReportsNotComparable(PromptError):
    """Two reports of different cases or samples."""


class OneClass(DebuggingError):
    """All rows are alike: all wrong, none wrong, or one label only."""


class UnequalLengths(DebuggingError):
    """Two lists that belong together, such as labels and predictions, differ in length."""


class DuplicateMetric(DebuggingError):
    """Two metrics of one name, so that a table of results could not tell them apart."""


class MissingExtra(DebuggingError):
    """A library that only some metrics need is not installed; the message says how to install it."""
