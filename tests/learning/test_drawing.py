"""The shared pictures draw what they are given, labelled, and are told apart without colour."""

import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot

from mlops_helpers.learning import bars, intervals, lines


@pytest.fixture(autouse=True)
def closed():
    yield
    pyplot.close("all")


def test_lines_keep_their_values_and_differ_without_colour():
    table = pd.DataFrame({"review": [0.9, 0.8], "production": [0.7, np.nan]}, index=["first", "second"])
    [axes] = lines(table, xlabel="step", ylabel="area under the curve", ylim=(0.5, 1)).axes
    drawn = axes.get_lines()
    np.testing.assert_array_equal([line.get_ydata() for line in drawn], table.T.to_numpy())
    assert len({(line.get_linestyle(), line.get_marker()) for line in drawn}) == 2
    assert (axes.get_xlabel(), axes.get_ylabel(), axes.get_ylim()) == ("step", "area under the curve", (0.5, 1.0))


def test_bars_carry_their_values():
    [axes] = bars(pd.Series({"south": 0.41, "north": 0.234}), ylabel="share wrong").axes
    assert [patch.get_height() for patch in axes.patches] == [0.41, 0.234]
    assert [text.get_text() for text in axes.texts] == ["0.41", "0.23"]
    assert axes.get_legend() is None


def test_grouped_bars_have_a_legend():
    table = pd.DataFrame({"in review": [0.4, 0.2], "in production": [0.2, 0.2]}, index=["south", "north"])
    [axes] = bars(table, ylabel="share wrong").axes
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["in review", "in production"]
    assert len({patch.get_facecolor() for patch in axes.patches}) == 2


def test_intervals_stand_in_the_order_given_from_top_to_bottom():
    [axes] = intervals({"v1": (0.6, 0.7, 0.8), "v2": (0.0, 0.04, 0.1)}, xlabel="share that pass", xlim=(0, 1)).axes
    assert [label.get_text() for label in axes.get_yticklabels()] == ["v1", "v2"]
    assert axes.yaxis_inverted()
    bars_drawn = [line.get_xdata() for line in axes.get_lines()]
    np.testing.assert_array_equal(bars_drawn[0], [0.6, 0.8])
    assert bars_drawn[1] == [0.7]
