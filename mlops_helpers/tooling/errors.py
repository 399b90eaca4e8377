"""Everything that can go wrong in tooling, in one tree: read it to know which `except` to write.

    ToolingError
        InvalidSetting        an option outside the values it may take
        MissingExtra          a library is needed that is not installed; the message says how
        RegistryError         the model registry or its approvals
            UnknownVersion        a version or alias that the model does not have
            ApprovalRefused       a step that the approval workflow does not allow now
                SelfApproval          the author of a model approves it
            ApprovalChanged       somebody else decided in between
            NotApproved           an unapproved version is to be deployed or made champion
        RolloutError          traffic on an endpoint
            LastModel             the endpoint has one model left
            MetricMissing         a metric that a guardrail reads does not arrive
            NothingToRollBack     there is no earlier state to go back to
            RolloutChanged        the endpoint or the rollout is no longer as it was read
        BatchFailed           a batch prediction job failed, or its answers do not fit the questions
        BadSplit              traffic that does not add up to 100, or fewer than two arms
        BadUnits              ids that are missing, empty, or neither text nor whole numbers
        BadCounts             counts of an experiment that cannot be: negative, of other arms, of days twice
        BadMatrix             a decision matrix that cannot be computed: a score is missing, a weight is negative
        PipelineError         a pipeline that cannot go on
            NothingToLearn        training rows of one class only
            ModelChanged          a model file that is not the one its version was registered with
            StepFailed            a step that ended with an error, in the step's own words
            StalePipeline         a compiled pipeline that is not what the code compiles to
            BadExamples           rows of a tuning file that cannot be used, with their lines
            TuningFailed          a tuning job that did not succeed
            PointerMoved          somebody else deployed in between

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


class BadSplit(ToolingError):
    """Traffic that does not add up to 100, or fewer than two arms."""


class BadUnits(ToolingError):
    """Ids that are missing, empty, or neither text nor whole numbers."""


class BadCounts(ToolingError):
    """Counts of an experiment that cannot be: negative, of other arms, of days twice."""


class RegistryError(ToolingError):
    """The model registry or its approvals."""


class UnknownVersion(RegistryError):
    """A version or alias that the model does not have."""


class ApprovalRefused(RegistryError):
    """A step that the approval workflow does not allow now."""


class SelfApproval(ApprovalRefused):
    """The author of a model approves it."""


class ApprovalChanged(RegistryError):
    """Somebody else decided in between."""


class NotApproved(RegistryError):
    """An unapproved version is to be deployed or made champion."""


class RolloutError(ToolingError):
    """Traffic on an endpoint."""


class LastModel(RolloutError):
    """The endpoint has one model left."""


class MetricMissing(RolloutError):
    """A metric that a guardrail reads does not arrive."""


class NothingToRollBack(RolloutError):
    """There is no earlier state to go back to."""


class RolloutChanged(RolloutError):
    """The endpoint or the rollout is no longer as it was read."""


class BatchFailed(ToolingError):
    """A batch prediction job failed, or its answers do not fit the questions."""


class BadMatrix(ToolingError):
    """A decision matrix that cannot be computed: a score is missing, a weight is negative."""


class PipelineError(ToolingError):
    """A pipeline that cannot go on."""


class NothingToLearn(PipelineError):
    """Training rows of one class only."""


class ModelChanged(PipelineError):
    """A model file that is not the one its version was registered with."""


class StepFailed(PipelineError):
    """A step that ended with an error, in the step's own words."""


class StalePipeline(PipelineError):
    """A compiled pipeline that is not what the code compiles to."""


class BadExamples(PipelineError):
    """Rows of a tuning file that cannot be used, with their lines."""


class TuningFailed(PipelineError):
    """A tuning job that did not succeed."""


class PointerMoved(PipelineError):
    """Somebody else deployed in between."""
