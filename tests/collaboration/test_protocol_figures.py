"""Two pictures: all steps are in the one, all minutes in the other."""

import pytest
from matplotlib import pyplot

from mlops_helpers.collaboration import (
    InvalidSetting,
    protocol_alt,
    protocol_figure,
    rehearsal_alt,
    rehearsal_figure,
)
from mlops_helpers.collaboration.protocol_steps import STAGES, STEPS
from tests.collaboration.test_rehearsal import WIKI, play


@pytest.fixture(autouse=True)
def closed():
    yield
    pyplot.close("all")


def texts(figure):
    return [text.get_text() for text in figure.axes[0].texts]


def test_each_step_from_a_stage_is_drawn_and_told():
    drawn = " ".join(texts(protocol_figure()))
    for step in STEPS:
        assert step.source not in STAGES or (step.name in drawn and step.name in protocol_alt())


def test_the_stage_of_an_incident_stands_out():
    figure = protocol_figure("decision")
    bold = [text.get_text() for text in figure.axes[0].texts if text.get_weight() == "bold"]
    assert bold == ["decision"]


def test_a_stage_that_is_none():
    with pytest.raises(InvalidSetting, match="lunch"):
        protocol_figure("lunch")


def test_bars_are_as_long_as_the_week():
    played = play(WIKI)
    ends = [bar.get_x() + bar.get_width() for bar in rehearsal_figure(played).axes[0].patches[7:]]
    minutes = played.table["worked"] + played.table["waited"]
    assert ends == pytest.approx((minutes / 60).tolist())
    told = "Hours by activity: 3.6 worked, 64.2 waited; the longest wait, 64.2 hours, for 'decide on retraining'."
    assert rehearsal_alt(played) == told
