"""Impact assessment: who is affected, what could happen to them, how bad and how likely, and what remains.

    harms = [Harm("applicants over 60", "refused although they would repay", likelihood=4, severity=4,
                  mitigation="a clerk reads every refusal", residual_likelihood=2)]
    assessment = impact_assessment("lending", "3", harms, {"purpose": "...", "affected": "...", ...})

Likelihood and severity are marks from 1 to 5 given by people; their product is a risk from 1 to 25, as risk matrices
have it (ISO 31010, annex B.10.3): up to 4 low, up to 9 medium, up to 14 high, above that critical. The numbers order a
conversation; they measure nothing. A residual risk that is critical cannot be released (`releasing`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mlops_helpers.ethics.documents import Document, Template, fill
from mlops_helpers.ethics.errors import InvalidSetting, UnacceptableRisk, UnknownSection
from mlops_helpers.ethics.model_cards import subject_of

if TYPE_CHECKING:
    import pandas as pd

IMPACT_ASSESSMENT = Template(
    "impact_assessment",
    "Impact assessment",
    {
        "purpose": ("Purpose", "which decision the model takes part in, and what would be done without it"),
        "affected": ("Who is affected", "people and groups, also those who never use the system"),
        "benefits": ("Benefits", "who gains what"),
        "harms": ("Harms", "who, what, likelihood and severity before and after mitigation"),
        "residual_risk": ("Residual risk", "what remains, and who accepts it"),
        "oversight": ("Human oversight", "who may overrule the model, when, and with which information"),
        "appeal": ("Appeal path", "how somebody affected learns of the decision, contests it, and gets an answer"),
        "review": ("Review", "when this assessment is looked at again, and what would make it earlier"),
    },
)
COMPUTED = ("harms", "residual_risk")
WORST, LEVEL = "worst residual risk", "level"
LEVELS = ((4, "low"), (9, "medium"), (14, "high"), (25, "critical"))
CRITICAL = 15


@dataclass(frozen=True)
class Harm:
    """One harm to one group of people; marks from 1 to 5. Without its own mark a residual is as the mark before.

    Raises `InvalidSetting` for marks that are none, a text that is missing, or a residual above what it was.
    """

    who: str
    harm: str
    likelihood: int
    severity: int
    mitigation: str
    residual_likelihood: int | None = None
    residual_severity: int | None = None

    def __post_init__(self) -> None:
        for what in ("who", "harm", "mitigation"):
            if not getattr(self, what).strip():
                remedy = "Write 'none' as a mitigation if there is none."
                raise InvalidSetting(f"a harm without {what}", "who, harm and mitigation", remedy)
        for what in ("likelihood", "severity"):
            before, after = getattr(self, what), getattr(self, f"residual_{what}")
            if not _is_mark(before) or (after is not None and not (_is_mark(after) and after <= before)):
                found = f"{what} {before!r}, after mitigation {after!r}, for {self.who}"
                raise InvalidSetting(found, "whole numbers from 1 to 5, not rising", "Correct the marks.")

    @property
    def risk(self) -> int:
        """Likelihood times severity, 1 to 25, before mitigation."""
        return self.likelihood * self.severity

    @property
    def residual(self) -> int:
        """The same after mitigation."""
        return (self.residual_likelihood or self.likelihood) * (self.residual_severity or self.severity)


def level_of(risk: int) -> str:
    """Return low, medium, high or critical for a risk from 1 to 25. Raises `InvalidSetting` for another number."""
    if isinstance(risk, bool) or not isinstance(risk, int) or not 1 <= risk <= 25:
        raise InvalidSetting(f"a risk of {risk!r}", "a whole number from 1 to 25", "Multiply two marks.")
    return next(name for limit, name in LEVELS if risk <= limit)


def harm_table(harms: Iterable[Harm]) -> pd.DataFrame:
    """Return one row per harm, worst residual first: who, harm, risk, level, mitigation, residual, residual_level."""
    import pandas as pd

    rows = [
        (one.who, one.harm, one.risk, level_of(one.risk), one.mitigation, one.residual, level_of(one.residual))
        for one in sorted(harms, key=lambda one: (-one.residual, -one.risk))
    ]
    names = ["who", "harm", "risk", "level", "mitigation", "residual", "residual_level"]
    return pd.DataFrame(rows, columns=names)


def impact_assessment(model: str, version: str, harms: Iterable[Harm], contents: Mapping[str, Any]) -> Document:
    """Return an assessment of a model's version; the sections harms and residual_risk are computed from `harms`.

    Raises `UnknownSection` for sections that it does not have or that are computed.
    """
    if given := sorted(set(contents) & set(COMPUTED)):
        others = ", ".join(name for name in IMPACT_ASSESSMENT.sections if name not in COMPUTED)
        raise UnknownSection(f"the computed sections {', '.join(given)}", f"some of {others}", "Change the harms.")
    listed = list(harms)
    computed = {"harms": harm_table(listed), "residual_risk": ""}
    if listed:
        worst = max(one.residual for one in listed)
        computed["residual_risk"] = {WORST: worst, LEVEL: level_of(worst)}
    return fill(IMPACT_ASSESSMENT, subject_of(model, version), {**contents, **computed})


def require_bearable(document: Document) -> Document:
    """Return an assessment whose worst residual risk is not critical. Raises `UnacceptableRisk`, `EmptySection`."""
    worst = document.require_complete().sections["residual_risk"][0]["facts"][WORST]
    if worst >= CRITICAL:
        found = f"a residual risk of {worst} of 25 ({level_of(worst)}) for {document.subject}"
        raise UnacceptableRisk(found, f"below {CRITICAL}", "Mitigate it further, or refuse the release.")
    return document


def _is_mark(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= 5
