"""What a query is told besides its text, and what it did: the two values that every part of the engine passes on."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from ..names import TableKey
from ..types import Field

if TYPE_CHECKING:
    import pyarrow


@dataclass(frozen=True)
class QueryContext:
    """What the REST request says about a query besides its text. `parameters` are REST `QueryParameter`s."""

    project: str
    now: datetime
    default_dataset: tuple[str, str] | None = None
    parameters: list[dict] = field(default_factory=list)
    dry_run: bool = False
    maximum_bytes_billed: int | None = None


@dataclass
class QueryOutcome:
    """What a query did.

    `rows` is the result of a SELECT (None for anything else and for dry runs), `fields` its BigQuery schema;
    `affected_rows` and `dml` (the REST `dmlStats`) are those of DML, `ddl` what a DDL statement adds to the REST
    statistics.
    """

    statement_type: str
    rows: pyarrow.Table | None = None
    fields: list[Field] = field(default_factory=list)
    bytes_processed: int = 0
    affected_rows: int | None = None
    dml: dict[str, int] = field(default_factory=dict)
    ddl: dict = field(default_factory=dict)
    referenced_tables: list[TableKey] = field(default_factory=list)
