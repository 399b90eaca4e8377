"""Suites of expectations, to and from JSON-able dictionaries: a suite is reviewed and versioned like code."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import MISSING, dataclass, field, fields
from types import MappingProxyType

from mlops_helpers.governance import expectations as known
from mlops_helpers.governance.errors import DuplicateId, InvalidSetting, UnknownExpectation
from mlops_helpers.governance.expectations import Expectation, RowRule
from mlops_helpers.governance.rules_json import rule_from_dict, rule_to_dict

KINDS = MappingProxyType(
    {
        cls.kind: cls
        for cls in (
            known.NotNull,
            known.InRange,
            known.InSet,
            known.Matches,
            known.Unique,
            known.RowRule,
            known.Fresh,
            known.TypeIs,
            known.AgreesWith,
            known.Informative,
            known.RowCount,
            known.ColumnsExactly,
        )
    }
)
SETTINGS = frozenset({"name", "key", "row_limit", "expectations"})


@dataclass(frozen=True)
class Suite:
    """A named list of expectations, agreed between those who send the data and those who train on it.

    `key` is the column whose values name the rows in a report (BigQuery tables need one; a DataFrame falls back on its
    index). A report lists at most `row_limit` failed rows per expectation; its counts are always exact.
    """

    name: str
    expectations: tuple[Expectation, ...]
    key: str | None = field(default=None, kw_only=True)
    row_limit: int = field(default=10_000, kw_only=True)

    def __post_init__(self) -> None:
        """Refuse what is no expectation, and two expectations with the same id."""
        object.__setattr__(self, "expectations", _require_expectations(self.expectations, self.name))
        ids = [expectation.id for expectation in self.expectations]
        twice = sorted({name for name in ids if ids.count(name) > 1})
        if twice:
            raise DuplicateId(f"{', '.join(twice)} more than once in suite {self.name!r}")

    @property
    def columns(self) -> tuple[str, ...]:
        """Return every column that the key or some expectation reads, each once."""
        read = [name for expectation in self.expectations for name in expectation.columns]
        return tuple(dict.fromkeys(([self.key] if self.key else []) + read))


def expectation_to_dict(expectation: Expectation) -> dict:
    """Return {"kind": …} and every setting, as JSON-able values."""
    settings = {item.name: getattr(expectation, item.name) for item in fields(expectation)}
    if isinstance(expectation, RowRule):
        settings["rule"] = rule_to_dict(expectation.rule)
    plain = {name: list(value) if isinstance(value, tuple) else value for name, value in settings.items()}
    return {"kind": expectation.kind, **plain}


def expectation_from_dict(data: dict) -> Expectation:
    """Rebuild an expectation.

    Raises UnknownExpectation, with the accepted kinds, for a kind nobody has written, and InvalidSetting, with the
    accepted settings, for a setting that this kind does not have or one that it needs.
    """
    settings = dict(data)
    kind = settings.pop("kind", None)
    if kind not in KINDS:
        raise UnknownExpectation(f"an expectation of kind {kind!r}", f"one of: {', '.join(sorted(KINDS))}")
    _require_settings(KINDS[kind], settings)
    if "rule" in settings:
        settings["rule"] = rule_from_dict(settings["rule"])
    plain = {name: tuple(value) if isinstance(value, list) else value for name, value in settings.items()}
    return KINDS[kind](**plain)


def suite_to_dict(suite: Suite) -> dict:
    """Return the suite as JSON-able values."""
    expectations = [expectation_to_dict(item) for item in suite.expectations]
    return {"name": suite.name, "key": suite.key, "row_limit": suite.row_limit, "expectations": expectations}


def suite_from_dict(data: dict) -> Suite:
    """Rebuild a suite; errors as in `expectation_from_dict`."""
    if not isinstance(data, dict) or not {"name", "expectations"} <= set(data) <= SETTINGS:
        raise InvalidSetting(f"{data!r:.80} as a suite", f"a dictionary with {', '.join(sorted(SETTINGS))}")
    expectations = tuple(expectation_from_dict(item) for item in data["expectations"])
    return Suite(**{**data, "expectations": expectations})


def _require_expectations(given: object, suite: str) -> tuple[Expectation, ...]:
    """Return what a suite was given as a tuple; a single object and a column of booleans are no list of rules."""
    listed = not hasattr(given, "dtype") and not isinstance(given, str) and isinstance(given, Iterable)
    items = tuple(given) if listed else (given,)
    wrong = [item for item in items if not isinstance(item, Expectation)]
    if listed and not wrong:
        return items
    kind = type(wrong[0] if wrong else given).__name__
    raise InvalidSetting(
        f"{'an' if kind[0] in 'aeiouAEIOU' else 'a'} {kind} as the expectations of suite {suite!r}",
        "expectations, in a tuple or a list",
        "wrap a condition: RowRule(condition)" if wrong else f"write [{kind}(…)]",
    )


def _require_settings(cls: type[Expectation], settings: dict) -> None:
    accepted = {item.name: item for item in fields(cls)}
    unknown = sorted(set(settings) - set(accepted))
    needed = {name for name, item in accepted.items() if item.default is MISSING and item.default_factory is MISSING}
    absent = sorted(needed - set(settings))
    if unknown or absent:
        found = [f"unknown: {', '.join(unknown)}"] * bool(unknown) + [f"absent: {', '.join(absent)}"] * bool(absent)
        raise InvalidSetting(f"settings of {cls.kind} ({'; '.join(found)})", f"settings among: {', '.join(accepted)}")
