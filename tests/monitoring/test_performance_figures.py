"""Estimated and realised performance in one picture."""

import pandas as pd

from mlops_helpers.monitoring import performance_figure

ESTIMATED = pd.DataFrame({"chunk": [1, 2, 3], "value": [0.7, 0.7, 0.71], "limit_low": 0.65})
REALISED = pd.DataFrame(
    {
        "chunk": [1, 2, 3],
        "value": [0.69, 0.6, 0.9],
        "low": [0.66, 0.56, 0.1],
        "high": [0.72, 0.64, 0.99],
        "verdict": ["measured", "measured", "insufficient data"],
    }
)


def test_what_was_not_measured_is_not_drawn():
    [axes] = performance_figure(ESTIMATED, REALISED, ylabel="area under the ROC curve").axes
    [container] = axes.containers
    assert list(container.lines[0].get_ydata()) == [0.69, 0.6]
    assert list(axes.get_lines()[0].get_ydata()) == [0.7, 0.7, 0.71]
    assert axes.get_ylabel() == "area under the ROC curve"


def test_a_limit_that_moves_is_not_drawn_as_one_line():
    moving = ESTIMATED.assign(limit_low=[0.6, 0.65, 0.6])
    drawn = [
        {
            text.get_text()
            for text in performance_figure(table, REALISED, ylabel="area").axes[0].get_legend().get_texts()
        }
        for table in (ESTIMATED, moving)
    ]
    assert drawn[0] - drawn[1] == {"limit"}
