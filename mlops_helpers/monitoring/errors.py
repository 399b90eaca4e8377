"""Everything that can go wrong in monitoring, in one tree: read it to know which `except` to write.

    MonitoringError
        EmptyWindow           a window without rows, or a column without a single value
        MissingColumn         a column that is needed is absent; the message names the nearest
        MismatchedColumns     reference and production disagree about a column's type
        BadValue              a value that cannot be judged, such as an infinite one
        InvalidSetting        an option outside the values it may take
        NaiveTimestamp        a time without a zone, or naive next to aware
        BadLabels             labels that arrive twice, before their prediction, or for no prediction
        TooFewRows            fewer rows than a method needs to learn from; the message says how many
        TooFewDraws           a false-alarm rate that so few values cannot support
        UnorderedTime         days or times that do not grow from row to row
        NothingToHandOver     a decision not to retrain, handed to a pipeline
        CallNotFinished       a monitored call of a model without a response
        ManagedRunFailed      a job of Vertex AI Model Monitoring that failed

Each error is built from three sentences of data: what was found, what was expected, what to do.
"""


class MonitoringError(Exception):
    """Base of the tree; `found`, `expected` and `remedy` are the three parts of its message."""

    def __init__(self, found: str, expected: str, remedy: str) -> None:
        super().__init__(f"Found {found}; expected {expected}. {remedy}")
        self.found, self.expected, self.remedy = found, expected, remedy


class EmptyWindow(MonitoringError):
    """A window without rows, or a column without a single value."""


class MissingColumn(MonitoringError):
    """A column that is needed is absent; the message names the nearest."""


class MismatchedColumns(MonitoringError):
    """Reference and production disagree about a column's type."""


class BadValue(MonitoringError):
    """A value that cannot be judged, such as an infinite one."""


class InvalidSetting(MonitoringError):
    """An option outside the values it may take."""


class NaiveTimestamp(MonitoringError):
    """A time without a zone, or naive next to aware."""


class BadLabels(MonitoringError):
    """Labels that arrive twice, before their prediction, or for no prediction."""


class TooFewDraws(MonitoringError):
    """A false-alarm rate that so few values cannot support."""


class UnorderedTime(MonitoringError):
    """Days or times that do not grow from row to row."""


class NothingToHandOver(MonitoringError):
    """A decision not to retrain, handed to a pipeline."""


class CallNotFinished(MonitoringError):
    """A monitored call of a model without a response."""


class TooFewRows(MonitoringError):
    """Fewer rows than a method needs to learn from; the message says how many."""


class ManagedRunFailed(MonitoringError):
    """A job of Vertex AI Model Monitoring that failed."""
