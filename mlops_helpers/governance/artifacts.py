"""What we know about a piece of data: its content, its business meaning, how and from what it was made.

An `Artifact` is one version of one file, object or table. `recording` measures files and writes the record beside
them, `cloud_artifacts` does the same for Cloud Storage and BigQuery, `openlineage` gives the record its standard form.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any

from mlops_helpers.governance.errors import InvalidSetting
from mlops_helpers.governance.moments import require_aware
from mlops_helpers.governance.rowmap import RowMap

if TYPE_CHECKING:
    from mlops_helpers.governance.cleaning import CleaningLog
    from mlops_helpers.governance.report import QualityReport
    from mlops_helpers.governance.schema import Schema

SENSITIVITIES = ("public", "internal", "confidential", "personal")


@dataclass(frozen=True)
class Business:
    """Why the data exists and who answers for it. `sensitivity` is public, internal, confidential or personal."""

    description: str
    owner: str
    steward: str
    purpose: str
    sensitivity: str = "internal"

    def __post_init__(self) -> None:
        """Raise `InvalidSetting` for a sensitivity nobody has defined."""
        if self.sensitivity not in SENSITIVITIES:
            raise InvalidSetting(
                f"sensitivity {self.sensitivity!r}", f"one of {', '.join(SENSITIVITIES)}", "choose one"
            )


@dataclass(frozen=True)
class Run:
    """The run that made the data: which job, when (an aware datetime), and how often it is refreshed."""

    run_id: str
    job: str
    recorded_at: dt.datetime
    refresh: str = "once"

    def __post_init__(self) -> None:
        """Raise `NaiveTimestamp` for a time without a zone."""
        require_aware(self.recorded_at, "recorded_at")


@dataclass(frozen=True)
class Evidence:
    """How the data came about, as far as the caller knows; all of it is optional.

    inputs    what it was made from: artifacts, or ids of artifacts
    steps     the transformation log: JSON-able dictionaries in the order of application
    quality   `QualityReport.to_dict()`
    columns   for a column that is not a copy: {column: [(input id, input column), …]}
    row_maps  {input id: RowMap} for row-level lineage
    schema, rows   column types and row count, where the file itself does not tell (a CSV file knows no types)
    """

    inputs: Sequence[Artifact | str] = ()
    steps: Sequence[Mapping[str, Any]] = ()
    quality: Mapping[str, Any] = field(default_factory=dict)
    columns: Mapping[str, Sequence[tuple[str, str]]] = field(default_factory=dict)
    row_maps: Mapping[str, RowMap] = field(default_factory=dict)
    schema: Mapping[str, str] | None = None
    rows: int | None = None

    @classmethod
    def of_cleaning(
        cls, source: Artifact, log: CleaningLog, *, report: QualityReport | None = None, schema: Schema | None = None
    ) -> Evidence:
        """Return what a cleaning run, its quality report and its schema tell; the row map is keyed by row labels.

        If the cleaned table is stored without its index, pass on `log.row_map().renumbered(log.after)` instead.
        """
        return cls(
            inputs=(source,),
            steps=log.to_dict()["steps"],
            quality={} if report is None else report.to_dict(),
            row_maps={source.id: log.row_map()},
            schema=None if schema is None else {item.name: item.type for item in schema.fields},
        )

    def input_ids(self) -> list[str]:
        """Return the ids of the inputs, in order."""
        return [item if isinstance(item, str) else item.id for item in self.inputs]

    def column_sources(self, schema: Mapping[str, str]) -> dict[str, list[list[str]]]:
        """Return for each column its (input id, column) pairs; a column of the same name in an input is its source."""
        known = [item for item in self.inputs if isinstance(item, Artifact)]
        copies = {name: [[item.id, name] for item in known if name in item.schema] for name in schema}
        made = {name: [list(pair) for pair in pairs] for name, pairs in self.columns.items()}
        return {name: pairs for name, pairs in (copies | made).items() if pairs}


@dataclass(frozen=True)
class Artifact:
    """One version of one piece of data, and all that is known about it. Every field is plain JSON, bar the time.

    `name` is a relative file name, `gs://bucket/object` or `bq://project.dataset.table`; `version` is the start of
    the SHA-256, the generation, or the time of the snapshot. `facts` holds what only some kinds have (crc32c, …).
    """

    name: str
    version: str
    business: Business
    run: Run
    bytes: int
    rows: int | None = None
    sha256: str | None = None
    schema: dict[str, str] = field(default_factory=dict)
    facts: dict[str, Any] = field(default_factory=dict)
    inputs: tuple[str, ...] = ()
    steps: tuple[dict[str, Any], ...] = ()
    quality: dict[str, Any] = field(default_factory=dict)
    columns: dict[str, list[list[str]]] = field(default_factory=dict)
    row_maps: dict[str, dict[str, str]] = field(default_factory=dict)

    @property
    def id(self) -> str:
        """Name and version, `clean.csv@3f2a…`; Cloud Storage writes a generation as `gs://bucket/object#17…`."""
        return f"{self.name}{'#' if self.name.startswith('gs://') else '@'}{self.version}"

    def to_dict(self) -> dict[str, Any]:
        """Return the artifact as JSON-able data."""
        data = asdict(self)
        data["run"]["recorded_at"] = self.run.recorded_at.isoformat()
        return json.loads(json.dumps(data))

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Artifact:
        """Rebuild an artifact from `to_dict`; unknown fields are refused with a `TypeError`."""
        run = dict(data["run"], recorded_at=dt.datetime.fromisoformat(data["run"]["recorded_at"]))
        lists = {"inputs": tuple(data["inputs"]), "steps": tuple(data["steps"])}
        return cls(**{**data, **lists, "business": Business(**data["business"]), "run": Run(**run)})

    def described(self, evidence: Evidence) -> Artifact:
        """Return a copy completed by what the caller knows about its making."""
        schema = self.schema if evidence.schema is None else dict(evidence.schema)
        return replace(
            self,
            schema=schema,
            rows=self.rows if evidence.rows is None else evidence.rows,
            inputs=tuple(evidence.input_ids()),
            steps=tuple(dict(step) for step in evidence.steps),
            quality=dict(evidence.quality),
            columns=evidence.column_sources(schema),
        )
