"""Schemas of tables: types as a contract, and a sketch of the values by which a renamed column is recognised.

The sketch holds no personal data: deciles of numbers, the levels of a column with few of them, and for other text only
the *shapes* of its values ("C0000123" has the shape A9999999), with their shares.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mlops_helpers.governance.errors import DuplicateColumn, InvalidSetting, require_one_of

if TYPE_CHECKING:
    import pandas as pd
    from google.cloud import bigquery

BIGQUERY_TYPES = (
    ("integer", "INT64"),
    ("number", "FLOAT64"),
    ("boolean", "BOOL"),
    ("text", "STRING"),
    ("date", "DATE"),
    ("instant", "TIMESTAMP"),
    ("naive", "DATETIME"),
)
TYPES = tuple(name for name, _ in BIGQUERY_TYPES)
FEW_LEVELS = 20
SHAPES = 10
SAMPLE = 10_000  # rows whose shapes are looked at


@dataclass(frozen=True)
class Field:
    """A column: its name, its type (one of TYPES), whether values may be missing, and a sketch of its values."""

    name: str
    type: str = "text"
    nullable: bool = True
    sketch: dict = field(default_factory=dict, compare=False)

    def __post_init__(self) -> None:
        """Refuse types outside the list."""
        require_one_of(self.type, TYPES, f"type of column {self.name!r}:")


@dataclass(frozen=True)
class Schema:
    """The columns of a table, in order."""

    fields: tuple[Field, ...]

    def __post_init__(self) -> None:
        """Refuse two columns of one name."""
        object.__setattr__(self, "fields", tuple(self.fields))
        if len(set(self.names)) < len(self.names):
            raise DuplicateColumn(f"{sorted({n for n in self.names if self.names.count(n) > 1})} more than once")

    @classmethod
    def of_types(cls, **types: str) -> Schema:
        """Return a schema from names and types, such as `Schema.of_types(customer_id="text", age="integer")`."""
        return cls(tuple(Field(name, kind) for name, kind in types.items()))

    @property
    def names(self) -> tuple[str, ...]:
        """Return the column names, in order."""
        return tuple(item.name for item in self.fields)

    def __getitem__(self, name: str) -> Field:
        """Return one column. Raises InvalidSetting, with the names there are, for an unknown one."""
        require_one_of(name, self.names, "column")
        return self.fields[self.names.index(name)]

    def to_dict(self) -> dict:
        """Return the schema as JSON-able values."""
        return {"fields": [dict(vars(item)) for item in self.fields]}

    @classmethod
    def from_dict(cls, data: dict) -> Schema:
        """Rebuild a schema. Raises InvalidSetting for a dictionary of another form."""
        try:
            return cls(tuple(Field(**item) for item in data["fields"]))
        except (KeyError, TypeError) as error:
            raise InvalidSetting(f"{data!r:.80} as a schema", "{'fields': [{'name': …, 'type': …}, …]}") from error


def schema_of(frame: pd.DataFrame) -> Schema:
    """Return the schema of a table as it is: types, where values are missing, and a sketch of each column."""
    from mlops_helpers.governance.values import family_of

    if not frame.columns.is_unique:
        raise DuplicateColumn(f"{list(frame.columns[frame.columns.duplicated()])} more than once")
    types = {name: family_of(frame[name]) for name in frame.columns}
    return Schema(
        tuple(
            Field(str(name), kind, bool(frame[name].isna().any()), sketch_of(frame[name], kind))
            for name, kind in types.items()
        )
    )


def sketch_of(column: pd.Series, kind: str) -> dict:
    """Return what values look like: {"levels": […]}, {"deciles": […]} or {"shapes": {shape: share}}; {} for none."""
    present = column.dropna()
    if not len(present):
        return {}
    if kind in ("integer", "number"):
        deciles = present.astype("float64").quantile([step / 10 for step in range(1, 10)])
        return {"deciles": [float(f"{value:.6g}") for value in deciles]}
    if kind not in ("text", "boolean"):
        return {}
    levels = present.iloc[:SAMPLE].unique()
    if len(levels) <= FEW_LEVELS:
        return {"levels": sorted(str(level) for level in levels)}
    shapes = present.iloc[:SAMPLE].astype(str).map(_shape).value_counts(normalize=True)
    return {"shapes": {shape: round(float(share), 4) for shape, share in shapes.sort_index().nlargest(SHAPES).items()}}


def to_bigquery_schema(schema: Schema, *, required: tuple[str, ...] = ()) -> list[bigquery.SchemaField]:
    """Return the schema for `bigquery.LoadJobConfig(schema=…)`; the `required` columns refuse missing values."""
    from google.cloud import bigquery

    for name in required:
        require_one_of(name, schema.names, "required column")
    types = dict(BIGQUERY_TYPES)
    return [
        bigquery.SchemaField(item.name, types[item.type], mode="REQUIRED" if item.name in required else "NULLABLE")
        for item in schema.fields
    ]


def _shape(text: str) -> str:
    """Return the shape of a text: letters become A or a, digits 9, runs of letters are shortened to one."""
    letters = re.sub(r"[a-z]+", "a", re.sub(r"[A-Z]+", "A", text))
    return re.sub(r"[0-9]", "9", letters)[:40]
