"""What changed between two schemas: columns added, removed, retyped, and pairs that look like one column renamed.

A rename is suspected where a column vanished, another appeared with the same type, and their values look alike (the
schemas' sketches) or their names do. It is a suspicion with a score between 0 and 1, for a person to confirm.
"""

from __future__ import annotations

from dataclasses import dataclass
from difflib import SequenceMatcher
from html import escape
from typing import TYPE_CHECKING

from mlops_helpers.governance.errors import SchemaChanged, require_one_of
from mlops_helpers.governance.expectations import SEVERITIES
from mlops_helpers.governance.schema import Field, Schema

if TYPE_CHECKING:
    import pandas as pd

SUSPICIOUS = 0.6  # score from which a pair is suspected
VALUES_WEIGH = 0.7  # weight of the values in the score, the rest is the name's
WIDENED = (("integer", "number"),)  # changes of type that lose nothing


@dataclass(frozen=True)
class SchemaChange:
    """One difference: its kind, the column before and after (None where absent), its severity, a score for renames."""

    kind: str
    before: Field | None
    after: Field | None
    severity: str
    score: float | None = None

    @property
    def text(self) -> str:
        """Return the change as a sentence without a full stop."""
        old, new = self.before, self.after
        if self.kind == "added":
            return f"{new.name} ({new.type}) was added"
        if self.kind == "removed":
            return f"{old.name} ({old.type}) was removed"
        if self.kind == "retyped":
            return f"{old.name} was {old.type} and is {new.type}"
        if self.kind == "nullable":
            return f"{old.name} had no missing values and now has some"
        return f"{old.name} may have been renamed to {new.name} (score {self.score:.2f})"


@dataclass(frozen=True)
class SchemaComparison:
    """All differences, gravest first."""

    changes: tuple[SchemaChange, ...]

    @property
    def table(self) -> pd.DataFrame:
        """Return one row per change."""
        import pandas as pd

        columns = ["change", "before", "after", "severity", "score", "what"]
        return pd.DataFrame([_line(change) for change in self.changes], columns=columns)

    def names(self, kind: str) -> tuple[str, ...]:
        """Return the columns that were added, removed, retyped or renamed (under their old names, if they had one)."""
        return tuple((item.before or item.after).name for item in self.changes if item.kind == kind)

    def _repr_html_(self) -> str:
        if not self.changes:
            return "<p>The schema has not changed.</p>"
        lines = "".join(f"<li><b>{item.severity}</b>: {escape(item.text)}</li>" for item in self.changes)
        return f"<ul>{lines}</ul>"


def compare_schemas(old: Schema, new: Schema) -> SchemaComparison:
    """Compare two schemas.

    Added columns and new missing values are recorded; a widened type (integer to number) can be repaired; removed,
    retyped and perhaps renamed columns stop the pipeline. A pair suspected as a rename is reported as that alone.
    """
    removed = [item for item in old.fields if item.name not in new.names]
    added = [item for item in new.fields if item.name not in old.names]
    renamed = _suspects(removed, added)
    paired = {name for change in renamed for name in (change.before.name, change.after.name)}
    changes = [
        *renamed,
        *(SchemaChange("removed", item, None, "stop") for item in removed if item.name not in paired),
        *(change for item in old.fields if item.name in new.names for change in _within(item, new[item.name])),
        *(SchemaChange("added", None, item, "record") for item in added if item.name not in paired),
    ]
    return SchemaComparison(tuple(sorted(changes, key=lambda change: -SEVERITIES.index(change.severity))))


def require_compatible(old: Schema, new: Schema, *, stop_at: str = "stop") -> SchemaComparison:
    """Return the comparison, or raise SchemaChanged if it holds a change of severity `stop_at` or above."""
    require_one_of(stop_at, SEVERITIES, "stop_at")
    comparison = compare_schemas(old, new)
    grave = [item for item in comparison.changes if SEVERITIES.index(item.severity) >= SEVERITIES.index(stop_at)]
    if grave:
        raise SchemaChanged("; ".join(item.text for item in grave), f"the agreed columns: {', '.join(old.names)}")
    return comparison


def similarity(old: Field, new: Field) -> float:
    """Return how much two columns look like one, between 0 (or of different type) and 1."""
    if old.type != new.type:
        return 0.0
    names = SequenceMatcher(None, _plain(old.name), _plain(new.name), autojunk=False).ratio()
    values = _alike(old.sketch, new.sketch)
    return names if values is None else VALUES_WEIGH * values + (1 - VALUES_WEIGH) * names


def _suspects(removed: list[Field], added: list[Field]) -> list[SchemaChange]:
    """Pair the most similar columns first; each column belongs to one pair at most."""
    scored = [(similarity(old, new), place, old, new) for place, old in enumerate(removed) for new in added]
    found: list[SchemaChange] = []
    for score, _, old, new in sorted(scored, key=lambda item: (-item[0], item[1], item[3].name)):
        if score >= SUSPICIOUS and not any(old == item.before or new == item.after for item in found):
            found.append(SchemaChange("renamed?", old, new, "stop", round(score, 2)))
    return found


def _within(old: Field, new: Field) -> list[SchemaChange]:
    if old.type != new.type:
        return [SchemaChange("retyped", old, new, "repair" if (old.type, new.type) in WIDENED else "stop")]
    return [SchemaChange("nullable", old, new, "record")] if new.nullable and not old.nullable else []


def _alike(old: dict, new: dict) -> float | None:
    """Compare two sketches: shared levels (Jaccard), shared shapes, distance of deciles; None if they say nothing."""
    if "levels" in old and "levels" in new:
        one, two = set(old["levels"]), set(new["levels"])
        return len(one & two) / len(one | two)
    if "shapes" in old and "shapes" in new:
        return sum(min(share, new["shapes"].get(shape, 0.0)) for shape, share in old["shapes"].items())
    if "deciles" in old and "deciles" in new:
        pairs = list(zip(old["deciles"], new["deciles"], strict=True))
        spread = max(map(max, pairs)) - min(map(min, pairs))
        return 1 - sum(abs(one - two) for one, two in pairs) / (len(pairs) * spread) if spread else 1.0
    return None if not old or not new else 0.0


def _plain(name: str) -> str:
    return "".join(letter for letter in name.lower() if letter.isalnum())


def _line(change: SchemaChange) -> tuple:
    names = (change.before.name if change.before else None, change.after.name if change.after else None)
    return (change.kind, *names, change.severity, change.score, change.text)
