"""Which source row became which row: the link that lets an auditor follow row 4711 back to the raw file.

A `RowMap` belongs to one step from one table to the next and holds pairs (row, source), both row labels.
A row with several sources was merged (duplicates, aggregates); a source with several rows was multiplied (a join);
a source without a row was dropped. Maps compose: raw → clean and clean → train give raw → train.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mlops_helpers.governance.errors import InvalidSetting

if TYPE_CHECKING:
    import pandas as pd

Label = int | str


@dataclass(frozen=True, eq=False)
class RowMap:
    """Pairs of row labels, sorted and each once: `pairs` has the columns row (new label) and source (old label)."""

    pairs: pd.DataFrame

    @classmethod
    def of(cls, pairs: Iterable[tuple[Label, Label]]) -> RowMap:
        """Build a map from (row, source) pairs."""
        listed = list(pairs)
        return _tidy([row for row, _ in listed], [source for _, source in listed])

    @classmethod
    def kept(
        cls, before: Iterable[Label], after: Iterable[Label], *, merged: Mapping[Label, Label] | None = None
    ) -> RowMap:
        """Build the map of a step that drops rows but renames none, as all cleaning steps do.

        `merged` names, for each dropped duplicate, the row that now stands for it, so that both stay traceable.
        Raises `InvalidSetting` if a row comes from nowhere or a label occurs twice.
        """
        import pandas as pd

        old, new, merged = pd.Index(before), pd.Index(after), dict(merged or {})
        _refuse_twice(old, "before")
        _refuse_twice(new, "after")
        strange = [*new[~new.isin(old)], *(label for label in merged if label not in old)]
        strange += [label for label in merged.values() if label not in new]
        if strange:
            raise InvalidSetting(
                f"rows from nowhere: {', '.join(map(repr, strange[:5]))}",
                "labels of the table before the step",
                "keep the index while cleaning (no reset_index), or build the map with RowMap.of",
            )
        return _tidy([*new, *merged.values()], [*new, *merged])

    @classmethod
    def grouped(cls, groups: pd.Series) -> RowMap:
        """Build the map of an aggregation: `groups` is indexed by source row and holds the label of its new row."""
        known = groups.dropna()
        return _tidy(known, known.index)

    @classmethod
    def from_bytes(cls, content: bytes) -> RowMap:
        """Read a map from the bytes of a Parquet file."""
        import pyarrow.parquet as pq

        return cls(pq.read_table(io.BytesIO(content)).to_pandas())

    def to_bytes(self) -> bytes:
        """Return the map as a Parquet file; whole-number labels are stored as differences, about a byte per pair."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        table, sink = pa.Table.from_pandas(self.pairs, preserve_index=False), io.BytesIO()
        whole = [field.name for field in table.schema if pa.types.is_integer(field.type)]
        encoding = dict.fromkeys(whole, "DELTA_BINARY_PACKED")
        text = [name for name in table.column_names if name not in whole]
        pq.write_table(table, sink, compression="zstd", use_dictionary=text, column_encoding=encoding or None)
        return sink.getvalue()

    def sources_of(self, rows: Iterable[Label]) -> list[Label]:
        """Return the source labels of these rows, sorted, each once."""
        return _pick(self.pairs, "row", rows, "source")

    def rows_from(self, sources: Iterable[Label]) -> list[Label]:
        """Return the labels of all rows that these sources went into, sorted, each once."""
        return _pick(self.pairs, "source", sources, "row")

    def renumbered(self, order: Iterable[Label]) -> RowMap:
        """Replace each row label by its place in `order`, from 0: for a table that is stored without its index."""
        places = {label: place for place, label in enumerate(order)}
        if unknown := [row for row in self.pairs["row"].unique().tolist() if row not in places]:
            raise InvalidSetting(
                f"no place for row {unknown[0]!r}", "the labels of all rows, in their order", "pass them"
            )
        return _tidy(self.pairs["row"].map(places), self.pairs["source"])

    def after(self, earlier: RowMap) -> RowMap:
        """Compose: if `earlier` leads from A to B and this map from B to C, return the map from A to C."""
        if self.pairs["source"].dtype != earlier.pairs["row"].dtype:  # numbers never meet text
            return _tidy([], [])
        joined = self.pairs.merge(earlier.pairs, left_on="source", right_on="row", suffixes=("", "_between"))
        return _tidy(joined["row"], joined["source_between"])

    def union(self, other: RowMap) -> RowMap:
        """Return a map with the pairs of both, for tables that are reached on two ways."""
        import pandas as pd

        both = pd.concat([self.pairs, other.pairs])
        return _tidy(both["row"], both["source"])

    def listed(self) -> list[tuple[Label, Label]]:
        """Return the pairs as a list of plain tuples, sorted."""
        return list(zip(self.pairs["row"].tolist(), self.pairs["source"].tolist(), strict=True))

    def __len__(self) -> int:
        """Return the number of pairs."""
        return len(self.pairs)

    def __eq__(self, other: object) -> bool:
        """Two maps are equal if they hold the same pairs."""
        return isinstance(other, RowMap) and self.listed() == other.listed()

    __hash__ = None


def _tidy(rows: Iterable[Label], sources: Iterable[Label]) -> RowMap:
    """Return a map with the pairs sorted and each once; labels must be whole numbers or text, not both."""
    import pandas as pd

    pairs = pd.DataFrame({"row": _labels(rows), "source": _labels(sources)})
    return RowMap(pairs.drop_duplicates().sort_values(["row", "source"], ignore_index=True))


def _labels(labels: Iterable[Label]) -> pd.Series:
    import pandas as pd
    from pandas.api import types

    column = pd.Series(pd.Index(labels).to_numpy())
    if column.empty or types.is_integer_dtype(column):
        return column.astype("int64")
    if column.map(type).eq(str).all():
        return column.astype("str")
    raise InvalidSetting(
        f"row labels such as {column.iloc[0]!r} of type {column.dtype}",
        "whole numbers, or text, and not a mixture",
        "give the table an index of one type before it is recorded",
    )


def _refuse_twice(labels: pd.Index, where: str) -> None:
    if not labels.is_unique:
        twice = labels[labels.duplicated()][:5]
        raise InvalidSetting(
            f"labels that occur twice {where} the step: {', '.join(map(repr, twice))}",
            "one label per row",
            "number the rows of the raw file once, with reset_index, and keep that index",
        )


def _pick(pairs: pd.DataFrame, column: str, labels: Iterable[Label], wanted: str) -> list[Any]:
    chosen = pairs.loc[pairs[column].isin(list(labels)), wanted]
    return sorted(chosen.unique().tolist())
