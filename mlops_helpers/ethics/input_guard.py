"""What may go to the model: size, language, orders hidden in data, personal data.

    check = check_input(note, InputPolicy(languages=("en", "es")))
    check.action          allow, review (a person decides) or block
    check.text            what may be sent: visible characters only, personal data masked

Pure functions: nothing is sent or written. `guarded` puts them in front of a model.

Measured by `guard_rates` with the default policy, intervals after Wilson (95 %): of the course's 56 hostile messages it
stops 41 (73 %; 60 to 83 %). Whoever wrote the patterns wrote the attacks as well: expect less from strangers. Of 24
honest notes written to trip it, it stops 8 (33 %; 18 to 53 %), of 700 tweets and reviews by other people none (at most
0.5 %). A person sees what is stopped by mistake, if there is a queue.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mlops_helpers.debugging.prompt_language import CODES, guess_language
from mlops_helpers.ethics.errors import InvalidSetting
from mlops_helpers.ethics.injections import Signal, find_injections, score
from mlops_helpers.ethics.untrusted import visible
from mlops_helpers.governance.pii import find_pii, redact_text

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pandas as pd

ALLOW, REVIEW, BLOCK = "allow", "review", "block"
ACTIONS = (ALLOW, REVIEW, BLOCK)  # from mild to strict
FEWEST_WORDS = 12  # shorter texts do not tell their language surely enough
SURE = 0.6  # confidence from which on a finding counts as personal data


@dataclass(frozen=True)
class InputPolicy:
    """What is allowed in.

    longest              characters of one text; more is blocked unread
    languages            two-letter codes that people and tests of this assistant can judge; empty: any. Texts below
                         twelve words, and those whose language cannot be told, pass
    review_at, block_at  injection score (0 to 1) from which on a person decides, or nobody has to

    Raises `InvalidSetting` for limits that are none and unknown languages.
    """

    longest: int = 4_000
    languages: tuple[str, ...] = ("en",)
    review_at: float = 0.4
    block_at: float = 0.85

    def __post_init__(self) -> None:
        if self.longest < 1 or not 0 < self.review_at <= self.block_at:
            found = f"longest {self.longest}, review_at {self.review_at}, block_at {self.block_at}"
            raise InvalidSetting(found, "1 or more, and 0 < review_at <= block_at", "Correct the policy.")
        if unknown := sorted(set(self.languages) - set(CODES)):
            raise InvalidSetting(f"the languages {', '.join(unknown)}", f"some of {', '.join(CODES)}", "Use ISO codes.")


@dataclass(frozen=True)
class InputCheck:
    """The verdict on one text: `action`, the `reasons` in words, and the `text` that may be sent ("" if blocked).

    Reasons quote nothing of the text, so that they can be written down; `signals` do.
    """

    action: str
    reasons: tuple[str, ...]
    text: str
    signals: tuple[Signal, ...] = ()
    score: float = 0.0


DEFAULT_INPUT = InputPolicy()


def check_input(text: str, policy: InputPolicy = DEFAULT_INPUT) -> InputCheck:
    """Judge one text from outside. Never raises for what stands in it; `InvalidSetting` for what is no text."""
    if not isinstance(text, str):
        raise InvalidSetting(f"a {type(text).__name__}", "a text", "Convert it before it is checked.")
    if not text.strip():
        return InputCheck(BLOCK, ("empty",), "")
    if len(text) > policy.longest:
        return InputCheck(BLOCK, (f"too long: {len(text):,} of {policy.longest:,} characters",), "")
    signals = find_injections(text)
    points = score(signals)
    action = action_for(points, policy)
    reasons = [f"{signal.technique} ({signal.reading})" for signal in signals]
    shown = visible(text)
    language = guess_language(shown) if len(shown.split()) >= FEWEST_WORDS else None
    if policy.languages and language is not None and language not in policy.languages:
        action = strictest(action, REVIEW)
        reasons.append(f"language {language}, not {', '.join(policy.languages)}")
    masked, kinds = mask_personal(shown)
    reasons += [f"masked: {', '.join(kinds)}"] if kinds else []
    return InputCheck(action, tuple(reasons), "" if action == BLOCK else masked, tuple(signals), points)


def action_for(points: float, policy: InputPolicy) -> str:
    """Return what a policy does at an injection score: allow, review or block."""
    return BLOCK if points >= policy.block_at else REVIEW if points >= policy.review_at else ALLOW


def mask_personal(text: str) -> tuple[str, tuple[str, ...]]:
    """Return the text with personal data replaced by their kind, and the kinds found (see `governance.pii`)."""
    kinds = sorted({finding.kind for finding in find_pii(text) if finding.confidence >= SURE})
    return redact_text(text, min_confidence=SURE), tuple(kinds)


def strictest(*actions: str) -> str:
    """Return the strictest of several actions."""
    return max(actions, key=ACTIONS.index)


def guard_rates(
    hostile: Iterable[str], harmless: Iterable[str], policy: InputPolicy = DEFAULT_INPUT, *, confidence: float = 0.95
) -> pd.DataFrame:
    """Return how much is stopped (reviewed or blocked): one row for hostile, one for harmless texts.

    Columns: texts, n, stopped, blocked, share, low, high (Wilson's interval of the share; NaN for no texts). The share
    of the hostile is recall on *these* attacks; people who attack adapt. That of the harmless is the false-alarm rate.
    """
    import pandas as pd

    from mlops_helpers.debugging.significance import wilson

    rows = []
    for name, texts in (("hostile", hostile), ("harmless", harmless)):
        actions = [check_input(text, policy).action for text in texts]
        stopped, n = sum(action != ALLOW for action in actions), len(actions)
        low, high = wilson(stopped, n, confidence=confidence) if n else (float("nan"), float("nan"))
        share = stopped / n if n else float("nan")
        rows.append((name, n, stopped, actions.count(BLOCK), share, float(low), float(high)))
    return pd.DataFrame(rows, columns=["texts", "n", "stopped", "blocked", "share", "low", "high"])
