"""Find personal data: e-mail, phone, card, IBAN, IP address and national identity numbers, in text and in tables.

A column called `notes` is where the card numbers are. Names of columns are therefore only a hint; what counts is
what the cells contain, proved by check digits where the number has them (`check_digits`).
No finding ever carries the raw value, so a report of findings can be shared.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mlops_helpers.governance.errors import InvalidSetting, MissingColumn
from mlops_helpers.governance.masks import mask
from mlops_helpers.governance.pii_kinds import KIND_NAMES, KINDS, Kind, compact

if TYPE_CHECKING:
    import pandas as pd

FINDING_COLUMNS = ("column", "row", "kind", "start", "end", "confidence", "sample")
_HINT_BONUS = 0.3
_SMALLEST_NUMBER = 10**6  # whole numbers below seven digits identify nobody


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """One place in a text: `text[start:end]` is personal data of this kind; `sample` is that place, masked."""

    start: int
    end: int
    kind: str
    confidence: float
    sample: str


def find_pii(text: str, *, kinds: Iterable[str] = KIND_NAMES, column: str = "") -> list[Finding]:
    """Return all findings in a text, from left to right, none overlapping another.

    `column` is the name of the column the text stands in, if any; a telling name raises the confidence, and only
    in a column for phone numbers a bare row of digits counts as one. Runs in time linear in the length of the text.
    Raises `InvalidSetting` for an unknown kind.
    """
    return _search(text, _chosen(kinds), column)


def _search(text: str, kinds: Iterable[Kind], column: str) -> list[Finding]:
    """Collect proposals from the surest kind down and keep those that touch no surer one."""
    digits = sum(map(str.isdigit, text))
    taken = bytearray(len(text))  # 1 where a surer kind was found already
    found: list[Finding] = []
    for kind in kinds:
        if not kind.may_occur(text, digits):
            continue
        hinted = bool(column) and kind.hint.search(column) is not None
        if kind.only_with_hint and not hinted:
            continue
        confidence = round(min(0.99, kind.confidence + _HINT_BONUS * hinted), 2)
        for start, end in _places(kind, text):
            if not any(taken[start:end]):
                taken[start:end] = b"\x01" * (end - start)
                found.append(Finding(start, end, kind.name, confidence, str(mask(text[start:end]))))
    return sorted(found)


def _places(kind: Kind, text: str) -> Iterator[tuple[int, int]]:
    """Yield the (start, end) of every proposal that the kind can prove."""
    for match in kind.pattern.finditer(text):
        start, end = match.span()
        if kind.lengths is not None:
            end = _proved_end(kind, text, start, end)
        elif not kind.proof(match.group()):
            end = start
        if end > start:
            yield start, end


def _proved_end(kind: Kind, text: str, start: int, end: int) -> int:
    """Return where the number ends: after one of the lengths the kind allows, at a word's end; `start` if nowhere."""
    ends = [place + 1 for place in range(start, end) if text[place].isalnum()]
    for length in kind.lengths(compact(text[start:end])):
        stop = ends[length - 1] if length <= len(ends) else start
        if not text[stop : stop + 1].isalnum() and kind.proof(text[start:stop]):
            return stop
    return start


def _chosen(kinds: Iterable[str]) -> tuple[Kind, ...]:
    """Return the kinds with these names, in order of sureness."""
    names = set(kinds)
    if unknown := sorted(names - set(KIND_NAMES)):
        raise InvalidSetting(
            f"the kinds {', '.join(unknown)}", f"some of {', '.join(KIND_NAMES)}", "correct the spelling"
        )
    return tuple(kind for kind in KINDS if kind.name in names)


def scan_pii(
    data: pd.DataFrame,
    *,
    columns: Iterable[str] | None = None,
    kinds: Iterable[str] = KIND_NAMES,
    min_confidence: float = 0.6,
) -> pd.DataFrame:
    """Return one row per finding in a table: column, row label, kind, start, end, confidence, masked sample.

    Looks at text and at whole numbers of seven digits and more (a card number loaded as an integer is still a card
    number). Each distinct value is searched once. Raises `MissingColumn` if a named column is absent.
    """
    import pandas as pd

    names = list(data.columns) if columns is None else list(columns)
    if absent := [name for name in names if name not in data.columns]:
        raise MissingColumn(f"no column {', '.join(map(repr, absent))}", f"some of {', '.join(map(str, data.columns))}")
    chosen = _chosen(kinds)
    rows = [row for name in names for row in _scan_column(data[name], chosen)]
    table = pd.DataFrame(rows, columns=list(FINDING_COLUMNS))
    return table[table["confidence"] >= min_confidence].reset_index(drop=True)


def _scan_column(column: pd.Series, kinds: tuple[Kind, ...]) -> list[tuple[object, ...]]:
    """Return the findings of one column, in the order of its rows."""
    import numpy as np
    import pandas as pd

    if not _may_identify(column):
        return []
    codes, values = pd.factorize(column)
    found = {code: hits for code, value in enumerate(values) if (hits := _search(str(value), kinds, str(column.name)))}
    places = np.flatnonzero(np.isin(codes, np.fromiter(found, dtype=np.int64, count=len(found))))
    return [
        (column.name, column.index[place], hit.kind, hit.start, hit.end, hit.confidence, hit.sample)
        for place in places
        for hit in found[codes[place]]
    ]


def _may_identify(column: pd.Series) -> bool:
    """Return whether the column's type can hold personal data that these kinds describe."""
    from pandas.api import types

    if types.is_bool_dtype(column) or types.is_float_dtype(column) or types.is_datetime64_any_dtype(column):
        return False
    if types.is_integer_dtype(column):
        return bool(column.max() >= _SMALLEST_NUMBER) if column.notna().any() else False
    return True


def summarise_pii(findings: pd.DataFrame, data: pd.DataFrame) -> pd.DataFrame:
    """Return one row per column and kind: cells concerned, their share of all rows, mean confidence, one sample."""
    groups = findings.groupby(["column", "kind"], sort=True, observed=True)
    table = groups.agg(
        cells=("row", "nunique"), confidence=("confidence", "mean"), sample=("sample", "first")
    ).reset_index()
    table.insert(3, "share", table["cells"] / max(len(data), 1))
    return table.sort_values(["share", "column", "kind"], ascending=[False, True, True], ignore_index=True)


def redact_text(text: str, *, kinds: Iterable[str] = KIND_NAMES, min_confidence: float = 0.6) -> str:
    """Return the text with each finding replaced by its kind in capitals, such as `[EMAIL]`.

    What the finder does not know (names, postal addresses) stays: this lowers the risk, no more.
    """
    parts, done = [], 0
    for finding in find_pii(text, kinds=kinds):
        if finding.confidence >= min_confidence:
            parts += [text[done : finding.start], f"[{finding.kind.upper()}]"]
            done = finding.end
    return "".join([*parts, text[done:]])
