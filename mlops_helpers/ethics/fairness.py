"""How does the model treat each group? Metrics by group with interval and support, and the criteria of fairness.

    report = group_metrics(decisions, label="repaid", prediction="granted", groups=["sex", "age_band"])
    report.table                    one row per group and metric: value, interval, support, verdict
    report.by("sex").gaps()         one attribute alone, from the same counts

The rows are counted once, so the same report comes from a BigQuery table, which counts them itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypedDict, Unpack

from mlops_helpers.ethics.checks import names_of, require_between, require_choice, require_columns, require_rows
from mlops_helpers.ethics.criteria import gaps
from mlops_helpers.ethics.errors import InvalidSetting, OneGroup
from mlops_helpers.ethics.groups import REFUSE, groups_of
from mlops_helpers.ethics.outcomes import RATES, Outcomes, count_outcomes, hits_among, rate_of

if TYPE_CHECKING:
    import pandas as pd
    from google.cloud import bigquery

COLUMNS = ("group", "metric", "value", "low", "high", "support", "verdict")
MEASURED = "measured"


class Judgement(TypedDict, total=False):
    """Options of everything that measures groups.

    few          a rate that stands on fewer rows is shown and flagged (30)
    confidence   of the intervals (0.95)
    missing      rows without a sensitive attribute: "refuse" them, or make them a "group" of their own
    """

    few: int
    confidence: float
    missing: str


@dataclass(frozen=True)
class FairnessReport:
    """What `group_metrics` found; everything in it follows from the counts in `outcomes`."""

    outcomes: Outcomes
    few: int = 30
    confidence: float = 0.95

    @property
    def table(self) -> pd.DataFrame:
        """One row per group and metric; small groups are flagged, not hidden.

        value            the rate; NaN where it is undefined
        low, high        its interval (Wilson, 1927); NaN where it is undefined
        support          rows it stands on: all, the positives, the selected …
        verdict          "measured", "few: 7 positives", or "undefined: no positives"
        """
        import pandas as pd

        return pd.concat([self._metric(name) for name in RATES], ignore_index=True)

    @property
    def by_group(self) -> pd.DataFrame:
        """One row per group: its attributes as index, `n`, and each rate; NaN where it is undefined."""
        import pandas as pd

        attributes, names = self.outcomes.attributes, self.outcomes.names
        if len(attributes) == 1:
            index = pd.Index([level for (level,) in names], name=attributes[0])
        else:
            index = pd.MultiIndex.from_tuples(names, names=attributes)
        rates = {name: rate_of(self.outcomes.counts, name) for name in RATES}
        return pd.DataFrame({"n": self.outcomes.n, **rates}, index=index)

    @property
    def small(self) -> list[str]:
        """The groups with fewer than `few` rows, positives or negatives: read their figures with care."""
        counts = self.outcomes.counts.sum(axis=2).min(axis=1)
        return [label for label, rows in zip(self.outcomes.labels, counts, strict=True) if rows < self.few]

    def by(self, attributes: str | Sequence[str]) -> FairnessReport:
        """Return the report by some of the attributes, from the same counts. Raises MissingColumn."""
        return FairnessReport(self.outcomes.by(attributes), self.few, self.confidence)

    def gaps(self, *, draws: int = 2000, seed: int = 0) -> pd.DataFrame:
        """Return how far the groups are apart by each criterion; the columns are those of `criteria.gaps`."""
        return gaps(self.outcomes, few=self.few, draws=draws, seed=seed)

    def _metric(self, name: str) -> pd.DataFrame:
        """Return one metric of all groups."""
        import numpy as np
        import pandas as pd

        from mlops_helpers.debugging.significance import wilson

        hits, among = hits_among(self.outcomes.counts, name)
        low, high = np.full((2, len(among)), np.nan)
        known = among > 0
        low[known], high[known] = wilson(hits[known], among[known], confidence=self.confidence)
        verdicts = [self._verdict(int(rows), RATES[name].empty) for rows in among]
        columns = (self.outcomes.labels, name, rate_of(self.outcomes.counts, name), low, high, among, verdicts)
        return pd.DataFrame(dict(zip(COLUMNS, columns, strict=True)))

    def _verdict(self, rows: int, what: str) -> str:
        if rows == 0:
            return f"undefined: no {what}"
        return MEASURED if rows >= self.few else f"few: {rows} {what}"

    def _repr_html_(self) -> str:
        """Show the rates and the criteria in a notebook."""
        rates = self.by_group.to_html(float_format="{:.3f}".format, na_rep="undefined")
        return rates + self.gaps().to_html(index=False, float_format="{:.3f}".format, na_rep="undefined")


def group_metrics(
    data: pd.DataFrame | str,
    *,
    label: str,
    prediction: str,
    groups: str | Sequence[str],
    client: bigquery.Client | None = None,
    **judgement: Unpack[Judgement],
) -> FairnessReport:
    """Measure how a model treats each group.

    data     a DataFrame, or the id of a BigQuery table ("project.dataset.table"), for which `client` is needed
    label, prediction   columns of 0 and 1: what was true, what was decided
    groups   one or several columns; of several, all combinations (intersections) are groups

    For further options see `Judgement`. Raises MissingColumn, EmptyData, BadLabels for values other than 0 and 1,
    BadGroups for a missing attribute, OneGroup, InvalidSetting.
    """
    names = names_of(groups, "groups")
    options = checked_judgement(judgement)
    if isinstance(data, str):
        from mlops_helpers.ethics.bigquery_fairness import count_in_bigquery

        outcomes = count_in_bigquery(data, (label, prediction), names, client=client, missing=options["missing"])
    else:
        require_columns(data.columns, [label, prediction, *names])
        require_rows(data)
        grouped = groups_of(data, names, missing=options["missing"])
        outcomes = count_outcomes(data[label], data[prediction], grouped)
    if len(outcomes.names) < 2:
        found = f"one group only, {outcomes.labels[0]!r}, by {', '.join(names)}"
        raise OneGroup(found, "two or more groups to compare", "Take rows of the others too, or another attribute.")
    return FairnessReport(outcomes, options["few"], options["confidence"])


def checked_judgement(judgement: Judgement) -> Judgement:
    """Return the options, completed with their defaults. Raises InvalidSetting."""
    options: Judgement = {"few": 30, "confidence": 0.95, "missing": REFUSE, **judgement}
    unknown = set(options) - set(Judgement.__annotations__)
    if unknown:
        raise InvalidSetting(
            f"options {sorted(unknown)}", f"some of {sorted(Judgement.__annotations__)}", "Correct it."
        )
    require_between(options["few"], 1, 1_000_000, name="few")
    require_between(options["confidence"], 0.5, 0.9999, name="confidence")
    require_choice(options["missing"], (REFUSE, "group"), name="missing")
    return options
