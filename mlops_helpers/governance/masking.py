"""Protect a table before it is shared: one action for each column, written down as data.

    policy = {"email": "pseudonymise", "phone": "mask", "age": {"action": "age_band", "width": 10}, "churned": "keep"}
    protected = protect(customers, policy, key=key)
    protected.data      the table to share
    protected.report    what was done to each column, for the auditor

    keep           leave as it is
    drop           remove the column
    redact         [REDACTED] for every value
    redact_text    replace what `pii` finds inside free text
    mask           stars, except the last characters     last=4
    pseudonymise   keyed pseudonym (needs `key`)         length=16, domain=""
    age_band       30-39                                 width=10
    month, year    2026-03, 2026

The policy is checked against the table before a single value is touched, and the table passed in is never changed.
A column nobody thought of is refused, not shared: `others` says otherwise for all of them at once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from mlops_helpers.governance.errors import InvalidSetting, MissingColumn, WeakKey
from mlops_helpers.governance.masks import age_band, is_missing, mask, redact, to_month, to_year
from mlops_helpers.governance.pii import redact_text
from mlops_helpers.governance.pseudonyms import pseudonymise, require_strong

if TYPE_CHECKING:
    import pandas as pd

Action = str | Mapping[str, Any]


def _redact_text(value: object) -> object:
    return value if is_missing(value) else redact_text(str(value))


# Name of the action -> (function of one value, options it takes)
_PER_VALUE: Mapping[str, tuple[Callable[..., object], frozenset[str]]] = MappingProxyType(
    {
        "redact": (redact, frozenset()),
        "redact_text": (_redact_text, frozenset()),
        "mask": (mask, frozenset({"last"})),
        "age_band": (age_band, frozenset({"width"})),
        "month": (to_month, frozenset()),
        "year": (to_year, frozenset()),
    }
)
_OPTIONS: Mapping[str, frozenset[str]] = MappingProxyType(
    {name: options for name, (_, options) in _PER_VALUE.items()}
    | {"keep": frozenset(), "drop": frozenset(), "pseudonymise": frozenset({"length", "domain"})}
)
ACTIONS: tuple[str, ...] = tuple(_OPTIONS)


@dataclass(frozen=True)
class Protected:
    """A protected table and the report of what was done: one row per column of the original."""

    data: pd.DataFrame
    report: pd.DataFrame

    def _repr_html_(self) -> str:
        """Show the report; the data stays out of sight until asked for."""
        return self.report.to_html(index=False)


def protect(
    data: pd.DataFrame, policy: Mapping[str, Action], *, key: bytes | None = None, others: str = "refuse"
) -> Protected:
    """Apply one action to each column named in `policy`; `others` is the action for the rest ("keep", "drop", …).

    The report has the columns column, action, changed (cells), missing, distinct_before, distinct_after.
    Raises `MissingColumn` for a column the table lacks, `InvalidSetting` for an unknown action or option, and for
    columns that the policy leaves out unless `others` is given, `WeakKey` if a pseudonym is asked for without a strong
    key; all before any value is read.
    """
    actions = _plan(tuple(data.columns), policy, others)
    if any(action == "pseudonymise" for action, _ in actions.values()):
        _require_key(key)
    result, report = data.copy(), []
    for name, (action, options) in actions.items():
        after = apply_action(data[name], {"action": action, **options}, key=key)
        report.append(_report_row(data[name], action, after))
        if after is None:
            result = result.drop(columns=name)
        else:
            result[name] = after
    return Protected(result, _as_table(report))


def _plan(
    columns: tuple[object, ...], policy: Mapping[str, Action], others: str
) -> dict[object, tuple[str, dict[str, Any]]]:
    """Return the action and options of each column, in the order of the table."""
    if absent := [name for name in policy if name not in columns]:
        raise MissingColumn(f"a policy for {', '.join(map(repr, absent))}", f"some of {', '.join(map(str, columns))}")
    actions = {name: parse_action(action) for name, action in policy.items()}
    unnamed = [name for name in columns if name not in policy]
    if unnamed and others == "refuse":
        raise InvalidSetting(
            f"no action for {', '.join(map(repr, unnamed))}",
            "a policy that names every column",
            'add them to the policy, or pass others="keep" or others="drop"',
        )
    return {name: actions[name] if name in actions else parse_action(others) for name in columns}


def parse_action(action: Action) -> tuple[str, dict[str, Any]]:
    """Split an action into its name and options; raise `InvalidSetting` if either is unknown."""
    options = {"action": action} if isinstance(action, str) else dict(action)
    name = options.pop("action", None)
    if name not in _OPTIONS:
        raise InvalidSetting(f"the action {name!r}", f"one of {', '.join(ACTIONS)}", "correct the policy")
    if unknown := sorted(set(options) - _OPTIONS[name]):
        accepted = ", ".join(sorted(_OPTIONS[name])) or "no options"
        raise InvalidSetting(f"the options {', '.join(unknown)} for {name}", accepted, "correct the policy")
    return name, options


def apply_action(column: pd.Series, action: Action, *, key: bytes | None = None) -> pd.Series | None:
    """Return the column after one action, `None` if the action drops it.

    Each distinct value is treated once, so a long column of few values costs little.
    """
    name, options = parse_action(action)
    if name == "drop":
        return None
    if name == "keep":
        return column.copy()
    if name == "pseudonymise":
        _require_key(key)
        return pseudonymise(column, key, **options)
    import pandas as pd

    function = _PER_VALUE[name][0]
    made = {value: function(value, **options) for value in column.dropna().unique()}
    values = [None if is_missing(value) else made[value] for value in column]
    return pd.Series(values, index=column.index, name=column.name, dtype="str")


def _require_key(key: bytes | None) -> None:
    if key is None:
        raise WeakKey("the action pseudonymise without a key")
    require_strong(key)


def _report_row(before: pd.Series, action: str, after: pd.Series | None) -> tuple[object, ...]:
    """Return column, action, changed, missing, distinct_before, distinct_after."""
    missing = int(before.isna().sum())
    if after is None:
        return before.name, action, len(before) - missing, missing, before.nunique(), 0
    same = (before.astype("str") == after.astype("str")) | before.isna()
    return before.name, action, int((~same).sum()), missing, before.nunique(), after.nunique()


def _as_table(rows: list[tuple[object, ...]]) -> pd.DataFrame:
    import pandas as pd

    names = ["column", "action", "changed", "missing", "distinct_before", "distinct_after"]
    return pd.DataFrame(rows, columns=names)
