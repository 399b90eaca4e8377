"""A figure is shown with its sentence, or not at all."""

import base64

import pytest
from matplotlib import pyplot
from matplotlib.figure import Figure

from mlops_helpers.learning import MissingAltText, show

ALT = "Bars: churn is 11 % on month-to-month contracts and 3 % on yearly ones."


@pytest.fixture
def published(monkeypatch, tmp_path):
    """What a notebook would receive, taken at IPython's own publisher."""
    from IPython.core.interactiveshell import InteractiveShell
    from traitlets.config import Config

    monkeypatch.setenv("IPYTHONDIR", str(tmp_path))
    shell = InteractiveShell.instance(config=Config({"HistoryManager": {"enabled": False}}))
    messages = []
    monkeypatch.setattr(shell.display_pub, "publish", lambda **message: messages.append(message))
    yield messages
    InteractiveShell.clear_instance()


def draw():
    figure, axes = pyplot.subplots(figsize=(2, 1))
    axes.bar(["monthly", "yearly"], [11, 3])
    return figure


def test_picture_text_and_alternative_travel_together(published):
    show(draw(), alt=ALT)
    (message,) = published
    assert message["metadata"]["image/png"]["alt"] == ALT
    assert message["data"]["text/plain"] == f"Figure: {ALT}"
    picture = message["data"]["image/png"]
    raw = picture if isinstance(picture, bytes) else base64.b64decode(picture)
    assert raw.startswith(b"\x89PNG")
    assert b"Software" not in raw


def test_the_figure_is_closed_so_that_it_appears_once(published):
    show(draw(), alt=ALT)
    assert pyplot.get_fignums() == []


@pytest.mark.parametrize("alt", ["", "   ", "chart", None])
def test_a_figure_without_a_sentence_is_refused(alt):
    with pytest.raises(MissingAltText, match="at least 15 characters"):
        show(Figure(), alt=alt)
