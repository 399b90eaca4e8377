"""Hold every resource of a project to the label policy, plan the repair, and carry it out.

audit = audit_labels(session.project, session.location, policy)
plan = audit.plan(owners={"gs://phone-company-recordings": {"team": "support"}})
plan.apply()                    # says what it would do
plan.apply(dry_run=False)       # does it; refuses if labels changed since they were listed
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .errors import BadLabelPolicy, FixRefused
from .label_policy import LEGAL_VALUE, LabelPolicy, Problem
from .labelled import Resource, read_labels, relabel, resources

if TYPE_CHECKING:
    import pandas as pd

COMMANDS = {
    "bucket": "gcloud storage buckets update {name} --update-labels={pairs}",
    "dataset": "bq update {flags} {colon}",
    "table": "bq update {flags} {colon}",
    "endpoint": "gcloud ai endpoints update {name} --update-labels={pairs}",
    "model": "gcloud ai models update {name} --update-labels={pairs}",
}


@dataclass(frozen=True)
class Fix:
    """Labels to write on one resource. `seen` is what it carried when it was listed."""

    kind: str
    name: str
    labels: Mapping[str, str]
    seen: Mapping[str, str]

    @property
    def command(self) -> str:
        """The same as a command of Google's tools; empty where they have none."""
        pairs = ",".join(f"{key}={value}" for key, value in self.labels.items())
        flags = " ".join(f"--set_label {key}:{value}" for key, value in self.labels.items())
        words = {"name": self.name, "pairs": pairs, "flags": flags, "colon": self.name.replace(".", ":", 1)}
        return COMMANDS.get(self.kind, "").format(**words)


@dataclass(frozen=True)
class FixPlan:
    """What can be repaired (`fixes`) and what nobody said how to (`open`: resource name, problem)."""

    fixes: tuple[Fix, ...]
    open: tuple[tuple[str, Problem], ...]

    @property
    def table(self) -> pd.DataFrame:
        """Columns: kind, name, labels, command."""
        import pandas as pd

        rows = [(fix.kind, fix.name, dict(fix.labels), fix.command) for fix in self.fixes]
        return pd.DataFrame(rows, columns=["kind", "name", "labels", "command"])

    def apply(self, *, dry_run: bool = True) -> pd.DataFrame:
        """Write the labels through the clients; columns: kind, name, labels, outcome ("would be set" or "set").

        All resources are looked at before the first is changed. Raises FixRefused if one carries other labels than
        when it was listed, PreconditionFailed if somebody writes at the same moment, NotFound if one is gone.
        """
        if not dry_run:
            for fix in self.fixes:
                _unchanged(read_labels(fix.kind, fix.name), fix)
            for fix in self.fixes:
                relabel(fix.kind, fix.name, lambda labels, fix=fix: _unchanged(labels, fix) | dict(fix.labels))
        outcome = "would be set" if dry_run else "set"
        return self.table.drop(columns="command").assign(outcome=outcome)


def _unchanged(labels: dict[str, str], fix: Fix) -> dict[str, str]:
    if labels != dict(fix.seen):
        remedy = "Audit again and make a new plan; nothing was written on it."
        raise FixRefused(f"labels {labels} on {fix.name}", f"{dict(fix.seen)} as listed", remedy)
    return labels


@dataclass(frozen=True)
class Audit:
    """Every resource with what is wrong with its labels (an empty list: nothing)."""

    policy: LabelPolicy
    found: tuple[tuple[Resource, tuple[Problem, ...]], ...]

    @property
    def share(self) -> float:
        """Share of the resources whose labels keep the policy; 1 where there is nothing."""
        return sum(not problems for _, problems in self.found) / len(self.found) if self.found else 1.0

    @property
    def table(self) -> pd.DataFrame:
        """One row per problem: kind, name, label, found (empty: missing), expected."""
        import pandas as pd

        rows = [
            (resource.kind, resource.name, problem.key, problem.found or "", problem.expected)
            for resource, problems in self.found
            for problem in problems
        ]
        return pd.DataFrame(rows, columns=["kind", "name", "label", "found", "expected"])

    def plan(self, owners: Mapping[str, Mapping[str, str]] | None = None) -> FixPlan:
        """Plan a repair: what `owners` (resource name -> labels) says, else the dataset's label, else the default.

        A table takes after its dataset, as repaired. Raises BadLabelPolicy for an owner's value that the policy
        forbids, or an owner of a resource that was not found.
        """
        given = owners or {}
        if unknown := sorted(set(given) - {resource.name for resource, _ in self.found}):
            raise BadLabelPolicy(f"owners of {', '.join(unknown)}", "names that the audit lists", "Correct the names.")
        fixes: list[Fix] = []
        left: list[tuple[str, Problem]] = []
        after: dict[str, dict[str, str]] = {}
        for resource, problems in self.found:
            above = after.get(resource.parent or "", {})
            wanted = {p.key: self._value(p.key, given.get(resource.name, {}), above) for p in problems}
            known = {key: value for key, value in wanted.items() if value is not None}
            left += [(resource.name, problem) for problem in problems if wanted[problem.key] is None]
            after[resource.name] = dict(resource.labels) | known
            if known:
                fixes.append(Fix(resource.kind, resource.name, known, dict(resource.labels)))
        return FixPlan(tuple(fixes), tuple(left))

    def _value(self, key: str, given: Mapping[str, str], above: Mapping[str, str]) -> str | None:
        rule = self.policy.rules[key]
        if key in given:
            if not (rule.allows(given[key]) and LEGAL_VALUE.fullmatch(given[key])):
                raise BadLabelPolicy(f"owner {key}={given[key]!r}", str(rule), "Give a value that the policy allows.")
            return given[key]
        inherited = above.get(key)
        return inherited if inherited is not None and rule.allows(inherited) else rule.default


def audit_labels(project: str, location: str, policy: LabelPolicy) -> Audit:
    """Audit every resource that `labelled.resources` lists. Raises google.api_core's errors."""
    return audit_resources(resources(project, location), policy)


def audit_resources(found: Iterable[Resource], policy: LabelPolicy) -> Audit:
    """Audit resources that are already listed."""
    return Audit(policy, tuple((resource, tuple(policy.problems(resource.labels))) for resource in found))
