"""How good is it? Metrics by name, and precision, recall and F1 of each class.

metrics         classes (scikit-learn), and `MetricSet` for any metrics side by side
metrics_text    entities, BLEU (sacrebleu), ROUGE, perplexity
metrics_vision  IoU, average precision, SSIM and PSNR (scikit-image)
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mlops_helpers.debugging.errors import DuplicateMetric, InvalidSetting, OneClass
from mlops_helpers.debugging.tables import nearest_names, require_rows, require_same_length

if TYPE_CHECKING:
    import numpy.typing as npt
    import pandas as pd

HIGHER, LOWER = "higher", "lower"


@dataclass(frozen=True)
class Metric:
    """A number that compares predictions with the truth.

    compute  called with (truth, predicted); returns a number
    better   "higher" or "lower"
    """

    name: str
    compute: Callable[[object, object], float]
    better: str = HIGHER

    def __post_init__(self) -> None:
        """Refuse a direction that is none."""
        if self.better not in (HIGHER, LOWER):
            raise InvalidSetting(f"better={self.better!r}", "'higher' or 'lower'", f"Say which, for {self.name!r}.")


class MetricSet:
    """Metrics that are computed together. Raises `DuplicateMetric` for two of one name."""

    def __init__(self, *metrics: Metric) -> None:
        names = [metric.name for metric in metrics]
        repeated = sorted({name for name in names if names.count(name) > 1})
        if repeated:
            found = f"more than one metric named {', '.join(repeated)}"
            raise DuplicateMetric(found, "names that occur once", "Say what differs: 'F1 (macro)', 'F1 (churned)'.")
        self._metrics = {metric.name: metric for metric in metrics}

    def __iter__(self) -> Iterator[Metric]:
        return iter(self._metrics.values())

    def __getitem__(self, name: str) -> Metric:
        """Return a metric. Raises `InvalidSetting`, with the nearest names, if there is none of this name."""
        if name not in self._metrics:
            near = ", ".join(nearest_names(name, self._metrics)) or "nothing similar"
            raise InvalidSetting(f"no metric {name!r}", f"one of {list(self._metrics)}", f"Nearest: {near}.")
        return self._metrics[name]

    def plus(self, *metrics: Metric) -> MetricSet:
        """Return a set with further metrics; this one stays as it is."""
        return MetricSet(*self, *metrics)

    def score(self, truth: npt.ArrayLike, predictions: Mapping[str, npt.ArrayLike]) -> pd.DataFrame:
        """Return one row per metric: its name, which direction is better, a column per model, and the best model.

        predictions  by model, each as long as `truth`
        Raises EmptyData and UnequalLengths.
        """
        import pandas as pd

        require_rows(truth, "the truth")
        for name, predicted in predictions.items():
            require_same_length(truth, predicted, f"truth and predictions of {name}")
        lines = []
        for metric in self:
            values = {name: float(metric.compute(truth, predicted)) for name, predicted in predictions.items()}
            best = (max if metric.better == HIGHER else min)(values, key=values.get)
            lines.append({"metric": metric.name, "better": metric.better, **values, "best": best})
        return pd.DataFrame(lines)


def classification_scores(truth: npt.ArrayLike, predicted: npt.ArrayLike) -> pd.DataFrame:
    """Return precision, recall, F1 and rows (`support`) of each class, then their mean ("macro") and of all ("micro").

    A class that was never predicted has precision 0, one that never occurs recall 0: such a class has failed, and the
    mean should show it. Raises EmptyData, UnequalLengths, and OneClass if truth and predictions know one class only.
    """
    import numpy as np
    import pandas as pd
    from sklearn.metrics import precision_recall_fscore_support as scores

    require_rows(truth, "the truth")
    require_same_length(truth, predicted, "truth and predictions")
    classes = sorted({*np.asarray(truth).tolist(), *np.asarray(predicted).tolist()})
    if len(classes) < 2:
        found = f"the class {classes[0]!r} in all rows, predicted and true"
        raise OneClass(found, "at least two classes", "Nothing can be confused here: evaluate on rows of both kinds.")
    each = scores(truth, predicted, labels=classes, zero_division=0)
    lines = list(zip(map(str, classes), *(values.tolist() for values in each), strict=True))
    for average in ("macro", "micro"):
        overall = scores(truth, predicted, labels=classes, average=average, zero_division=0)[:3]
        lines.append((average, *map(float, overall), len(truth)))
    return pd.DataFrame(lines, columns=["class", "precision", "recall", "f1", "support"])
