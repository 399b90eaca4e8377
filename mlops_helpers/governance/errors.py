"""Everything that can go wrong in governance, in one tree: read it to know which `except` to write.

    GovernanceError
    ├── BadTable                the data cannot be read as a table
    │   ├── MissingTable            there is no file or table of this name
    │   ├── EmptyData               no header, or no rows where rows are needed
    │   ├── MissingColumn           a column that is needed is absent
    │   ├── DuplicateColumn         two columns share one name
    │   ├── RaggedRows              lines with more or fewer fields than the header
    │   ├── WrongEncoding           bytes that are not text in the encoding named
    │   └── UnreadableValue         a field that does not spell a value of its column's type
    ├── BadRule                 what was asked of the data makes no sense
    │   ├── UnknownExpectation      an expectation kind nobody has written
    │   ├── UnknownStep             a cleaning step nobody has written
    │   ├── InvalidSetting          an option outside the values it may take
    │   └── DuplicateId             two rules of one suite share an id
    ├── NaiveTimestamp          a time without a zone where an instant is needed
    ├── UnsafeName              a name that would leave its folder or break a query, such as `../x`
    ├── QualityGateFailed       the data fails expectations that stop the pipeline
    ├── SchemaChanged           columns were removed, retyped or renamed
    ├── LineageError            the record of what was made from what
    │   ├── LineageCycle            something would be made from itself
    │   ├── UnknownArtifact         nothing was recorded under this name
    │   ├── AlreadyRecorded         the name is taken by other content
    │   └── ArtifactChanged         the bytes no longer match the recorded hash
    ├── VersionNotFound         no such generation, snapshot or point in time
    ├── VersionConflict         somebody else wrote first
    ├── PrivacyError            personal data would be exposed
    │   ├── WeakKey                 a pseudonym key that can be guessed
    │   └── NotAnonymous            groups smaller than the k that was promised
    ├── RetentionConflict       rules that contradict each other, such as delete before archive
    └── RoleConflict            a data set without an owner, with two, or a grant to oneself

Each error is built from three sentences of data: what was found, what was expected, what to do.
"""


class GovernanceError(Exception):
    """Base of the tree; its message always states what was found, what was expected and what to do.

    `expected` and `remedy` may be left out where the class has a sentence of its own.
    All three stay readable as attributes, and the error survives pickling (it crosses process borders in pipelines).
    """

    default_expected = "data that the rules of governance accept"
    default_remedy = "read the first part of this message and correct the call or the data"

    def __init__(self, found: str, expected: str | None = None, remedy: str | None = None) -> None:
        """Keep the three sentences; `None` takes the sentence of the class."""
        self.found = found
        self.expected = expected or self.default_expected
        self.remedy = remedy or self.default_remedy
        super().__init__(self.found, self.expected, self.remedy)

    def __str__(self) -> str:
        """Return the three sentences as one line of text."""
        return f"Found: {self.found}. Expected: {self.expected}. What to do: {self.remedy}."


class BadTable(GovernanceError):
    """The data cannot be read as a table."""

    default_expected = "a table with a header and rows of equal length"
    default_remedy = "ask the sender for a complete export; nothing was loaded"


class MissingTable(BadTable):
    """There is no file or table of this name."""

    default_expected = "a table that was loaded before"
    default_remedy = "correct the name, or load the table first"


class EmptyData(BadTable):
    """There is no header, or there are no rows where rows are needed."""

    default_expected = "a header line and at least one row"


class MissingColumn(BadTable):
    """A column that is needed is absent."""

    default_expected = "every column the rules name"
    default_remedy = "compare the names with the table's header, or rename the column before this call"


class DuplicateColumn(BadTable):
    """Two columns share one name, so that neither can be addressed."""

    default_expected = "column names that occur once"
    default_remedy = "rename one of the columns at the source; which of the two is meant cannot be guessed"


class RaggedRows(BadTable):
    """Some lines hold more or fewer fields than the header."""

    default_expected = "as many fields in each line as in the header"
    default_remedy = "look at the lines named: an unquoted separator or a cut-off upload is the usual cause"


class WrongEncoding(BadTable):
    """The bytes are not text in the encoding that was named."""

    default_expected = "text in the encoding named"
    default_remedy = "ask the sender for the encoding and pass it, for example encoding='cp1252'"


class UnreadableValue(BadTable):
    """A field does not spell a value of its column's type."""

    default_remedy = "read the column as text, check it, and parse it in a cleaning step that records what it did"


class BadRule(GovernanceError):
    """What was asked of the data makes no sense."""

    default_expected = "a rule from the documented list"
    default_remedy = "correct the rule; the data was not looked at"


class UnknownExpectation(BadRule):
    """An expectation kind nobody has written."""


class UnknownStep(BadRule):
    """A cleaning step nobody has written."""


class InvalidSetting(BadRule):
    """An option lies outside the values it may take."""


class DuplicateId(BadRule):
    """Two rules of one suite share an id, so a report could not tell them apart."""

    default_expected = "ids that occur once within a suite"
    default_remedy = "give one of them an id of its own with id='…'"


class NaiveTimestamp(GovernanceError):
    """A time without a zone stands where an instant is needed."""

    default_expected = "a datetime with a time zone, such as 2026-03-01T08:00:00+00:00"
    default_remedy = "attach the zone in which the clock was read: value.replace(tzinfo=datetime.UTC)"


class UnsafeName(GovernanceError):
    """A name would leave its folder or break out of a query, such as `../x` or one with a backtick."""

    default_expected = "a relative name of plain parts, without '..', a drive letter, a backtick or control characters"
    default_remedy = "choose a plain name; nothing was written"


class QualityGateFailed(GovernanceError):
    """The data fails expectations that stop the pipeline.

    `failures` maps each expectation id to its number of failed rows.
    """

    default_expected = "no failure at this severity or above"
    default_remedy = "repair the rows named, or return the file to its sender; nothing downstream has run"
    failures: dict[str, int]

    def __init__(
        self,
        found: str,
        expected: str | None = None,
        remedy: str | None = None,
        failures: dict[str, int] | None = None,
    ) -> None:
        """Keep the sentences and the failed row counts by expectation id."""
        super().__init__(found, expected, remedy)
        self.failures = dict(failures or {})
        self.args = (*self.args, self.failures)


class SchemaChanged(GovernanceError):
    """Columns were removed, retyped or renamed since the last agreed schema."""

    default_expected = "the agreed schema, or additions only"
    default_remedy = "agree on the change with the owner and record a new schema version before loading"


class LineageError(GovernanceError):
    """The record of what was made from what cannot be kept or read."""

    default_expected = "a record of artifacts that can be followed from source to product"


class LineageCycle(LineageError):
    """Something would be made from itself."""

    default_expected = "edges that lead from sources to products, never back"
    default_remedy = "record the new content under a new name or version"


class UnknownArtifact(LineageError):
    """Nothing was recorded under this name."""

    default_remedy = "record the artifact first, or correct its name"


class AlreadyRecorded(LineageError):
    """The name is taken by other content."""

    default_expected = "a name and version that were not used before"
    default_remedy = "give the new content a new version; recorded history is never overwritten"


class ArtifactChanged(LineageError):
    """The bytes no longer match the hash that was recorded."""

    default_expected = "the bytes whose hash was recorded"
    default_remedy = "restore the recorded version, or record the new content as a version of its own"


class VersionNotFound(GovernanceError):
    """There is no such generation, snapshot or point in time."""

    default_expected = "a version that is still kept"
    default_remedy = "list the versions and choose one of them; versions past their retention are gone"


class VersionConflict(GovernanceError):
    """Somebody else wrote between reading and writing."""

    default_expected = "the generation that was read to be still the current one"
    default_remedy = "read the current version, decide again, then write with its generation"


class PrivacyError(GovernanceError):
    """Personal data would be exposed."""

    default_expected = "data from which no person can be singled out"
    default_remedy = "mask, generalise or drop the columns named before sharing"


class WeakKey(PrivacyError):
    """The key of a pseudonym could be guessed."""

    default_expected = "a secret key of at least 32 random bytes"
    default_remedy = "make one with secrets.token_bytes(32) and keep it in Secret Manager, never in a notebook"


class NotAnonymous(PrivacyError):
    """Some groups are smaller than the k that was promised."""

    default_remedy = "generalise the quasi-identifiers further, or leave the small groups out"


class RetentionConflict(GovernanceError):
    """Retention rules contradict each other, such as deletion before archiving."""

    default_expected = "rules whose ages rise: keep, archive, delete"
    default_remedy = "order the ages; no rule was applied"


class RoleConflict(GovernanceError):
    """A data set has no owner or two, or somebody grants rights to themselves."""

    default_expected = "exactly one owner and at least one steward for each data set"
    default_remedy = "correct the roles; no right was granted"


def require_one_of(found: object, accepted: tuple[object, ...], what: str) -> None:
    """Raise InvalidSetting, with the accepted values, unless `found` is one of them."""
    if found not in accepted:
        raise InvalidSetting(f"{what} {found!r}", f"one of: {', '.join(map(str, accepted))}")
