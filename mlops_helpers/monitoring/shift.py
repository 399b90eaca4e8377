"""What changed: the inputs P(x), the mix of the classes P(y), or what the inputs mean, P(y | x)?

Three questions are put to scorecards (`scorecard`), always about rows that they have not seen (three folds):

    inputs     Can one tell from x alone which window a row is from? (ROC AUC of this "domain classifier")
    meaning    Does a model that may learn from production predict production's labels better than one that knows the
               reference only? (gain in log loss, relative; only among rows such as the reference also holds)
    classes    Has the share of positives moved, and can one still tell the windows apart among the positives alone and
               among the negatives alone? If not, only the classes were mixed anew: label shift.

The limits are sizes, not p-values, and each must also exceed its noise: with enough rows everything is significant.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mlops_helpers.monitoring.evidence import Evidence
from mlops_helpers.monitoring.ranking import rank
from mlops_helpers.monitoring.scorecard import Encoded, held_out, taught_elsewhere

if TYPE_CHECKING:
    import numpy as np

INPUTS, MEANING, CLASSES, WITHIN, ERROR = "inputs", "meaning", "classes", "inputs within a class", "error"
APART = 0.58  # the AUC between two normal columns whose PSI is 0.1
WITHIN_APART = 0.55  # nearer to 0.5: one column that turned its meaning is enough
GAIN = 0.02  # of the log loss: less is not worth a training
SURE = 3.3  # standard errors: one false alarm in a thousand
SURE_OF_AUC = 5.0  # the same for the AUC of held-out rows, whose errors are 1.5 times DeLong's: folds share their rows
STRANGE = 5.0  # rows that are so many times as likely in production are unlike anything in the reference
ENOUGH_LABELS = 200


@dataclass(frozen=True, eq=False)
class Shift:
    """The answers: which of the three changed, with the evidence, and each reference row's weight (odds)."""

    inputs: bool
    meaning: bool
    classes: bool
    evidence: list[Evidence]
    weight: np.ndarray


def find_shift(reference: Encoded, production: Encoded, *, seed: int = 0) -> Shift:
    """Return what changed between two encoded windows. Labels are NaN where there is none yet."""
    import numpy as np

    odds = _window_odds(reference, production, seed)
    inputs = _inputs(odds)
    before, after = reference.labelled(), production.labelled()
    weight = odds[0] * len(reference) / len(production)
    if min(len(before), len(after)) < ENOUGH_LABELS or min(_rarer(before), _rarer(after)) < 20:
        return Shift(inputs.found, False, False, [inputs, _too_few(before, after)], weight)
    usual = (odds[1] * len(reference) / len(production) <= STRANGE)[~np.isnan(production.label)]
    meaning = _meaning(before, after, usual, seed)
    classes, within = _classes(before, after), _within(before, after, seed)
    mixed_anew = classes.found and not within.found and _beyond_noise(odds)
    return Shift(inputs.found, meaning.found, mixed_anew, [inputs, meaning, classes, within], weight)


def _rarer(window: Encoded) -> int:
    return int(min(window.label.sum(), (1 - window.label).sum()))


def _too_few(before: Encoded, after: Encoded) -> Evidence:
    fewest = min(len(before), len(after))
    what = f"insufficient data: {fewest} labels, needs {ENOUGH_LABELS} in each window and 20 of each class"
    return Evidence(MEANING, "", False, float(fewest), ENOUGH_LABELS, what)


def _window_odds(reference: Encoded, production: Encoded, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return for each row of both windows how much more likely it is from production than from the reference."""
    import numpy as np

    is_production = np.repeat([0.0, 1.0], [len(reference), len(production)])
    p = held_out(np.vstack((reference.x, production.x)), is_production, seed=seed)
    odds = p / (1 - p)
    return odds[: len(reference)], odds[len(reference) :]


def _auc(odds: tuple[np.ndarray, np.ndarray]) -> tuple[float, float]:
    """Return the ROC AUC between the windows and its standard error."""
    import numpy as np

    ranking = rank(np.concatenate(odds), np.repeat([0, 1], [len(side) for side in odds]))
    return ranking.auc(), ranking.auc_error()


def _beyond_noise(odds: tuple[np.ndarray, np.ndarray]) -> bool:
    auc, error = _auc(odds)
    return auc - 3 * error > 0.5  # no alarm of its own: it tells new classes from a new meaning


def _inputs(odds: tuple[np.ndarray, np.ndarray]) -> Evidence:
    auc, error = _auc(odds)
    limit = max(APART, 0.5 + SURE_OF_AUC * error)
    what = f"rows of the two windows are told apart with ROC AUC {auc:.3f} (0.5 is a coin)"
    return Evidence(INPUTS, "", auc > limit, auc, limit, what)


def _meaning(before: Encoded, after: Encoded, usual: np.ndarray, seed: int) -> Evidence:
    """Compare on production a model of the reference with one that also learns from production, row by row."""
    import numpy as np

    known = taught_elsewhere(before, after)
    learnt = held_out(after.with_column(np.log(known / (1 - known))).x, after.label, seed=seed)
    old, new = _log_loss(known[usual], after.label[usual]), _log_loss(learnt[usual], after.label[usual])
    if len(old) < ENOUGH_LABELS:
        what = f"insufficient data: {len(old)} labelled rows such as the reference holds, needs {ENOUGH_LABELS}"
        return Evidence(MEANING, "", False, float(len(old)), ENOUGH_LABELS, what)
    gain, scale = old - new, float(old.mean())
    noise = SURE * float(gain.std()) / math.sqrt(len(gain)) / scale
    limit, value = max(GAIN, noise), float(gain.mean()) / scale
    what = f"a model that learns from production predicts its labels {max(0.0, value):.1%} better (log loss)"
    return Evidence(MEANING, "", value > limit, value, limit, what)


def _log_loss(p: np.ndarray, label: np.ndarray) -> np.ndarray:
    import numpy as np

    return -np.log(np.where(label == 1, p, 1 - p))


def _classes(before: Encoded, after: Encoded) -> Evidence:
    """Compare the shares of positives."""
    old, new = float(before.label.mean()), float(after.label.mean())
    both = (before.label.sum() + after.label.sum()) / (len(before) + len(after))
    limit = SURE * math.sqrt(both * (1 - both) * (1 / len(before) + 1 / len(after)))
    what = f"{new:.1%} of the labels are positive instead of {old:.1%}"
    return Evidence(CLASSES, "", abs(new - old) > limit, abs(new - old), limit, what)


def _within(before: Encoded, after: Encoded, seed: int) -> Evidence:
    """Tell the windows apart within each class; report the class where that works best, measured by its limit."""
    found = []
    for value, name in ((1, "positives"), (0, "negatives")):
        sides = [window.take(window.label == value) for window in (before, after)]
        auc, error = _auc(_window_odds(*sides, seed))
        limit = max(WITHIN_APART, 0.5 + SURE_OF_AUC * error)
        what = f"among the {name} alone, the windows are told apart with ROC AUC {auc:.3f}"
        found.append(Evidence(WITHIN, "", auc > limit, auc, limit, what))
    return max(found, key=lambda line: line.value - line.limit)


def explained_error(weight: np.ndarray, before: np.ndarray, after: np.ndarray) -> list[Evidence]:
    """Split the change of the mean error into the part that other inputs explain, and the rest.

    Reference rows are weighted to look like production (`weight`, cut at 20 times their mean); what the reference's
    own errors would then be is the part of the inputs. Errors are of shape (n,) and (m,), NaN without a label.
    """
    import numpy as np

    weight = np.minimum(weight, 20 * weight.mean())
    known, expected = ~np.isnan(before), np.nan
    if known.any() and not np.isnan(after).all():
        expected = float(np.average(before[known], weights=weight[known]))
    old, new = (float(np.nanmean(side)) if not np.isnan(side).all() else math.nan for side in (before, after))
    what = f"the squared error went from {old:.4f} to {new:.4f}: {expected - old:+.4f} through other inputs, "
    what += f"{new - expected:+.4f} through what they mean"
    spread = np.nanvar(after) / max(1, np.count_nonzero(~np.isnan(after))) if not math.isnan(new) else math.nan
    limit = SURE * math.sqrt(spread + np.nanvar(before) / max(1, np.count_nonzero(known))) if known.any() else math.nan
    return [Evidence(ERROR, "", bool(new - old > limit), new - old, limit, what)] if not math.isnan(expected) else []
