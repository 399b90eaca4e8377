"""Figures that everybody can read: a picture is shown together with a sentence that says what it shows."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from .errors import MissingAltText

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MINIMUM_ALT, COLOURS = 15, 64


def show(figure: Figure, alt: str, *, dpi: int = 80) -> None:
    """Display a matplotlib figure with its text alternative and close it.

    The picture is stored as PNG with `alt` as metadata (the rendered lesson puts it into the page) and as the plain
    text beside it, so that a screen reader, a text-only viewer and a comparison of outputs all have the sentence.
    Raises `MissingAltText` when `alt` has fewer than 15 characters.
    """
    if not isinstance(alt, str) or len(alt.strip()) < MINIMUM_ALT:
        raise MissingAltText(alt)
    from IPython.display import display
    from matplotlib import pyplot

    picture = io.BytesIO()
    # Without the "Software" entry the file does not change with matplotlib's version number.
    figure.savefig(picture, format="png", dpi=dpi, bbox_inches="tight", metadata={"Software": None})
    pyplot.close(figure)  # or the notebook would show it a second time at the end of the cell
    bundle = {"image/png": _small(picture), "text/plain": f"Figure: {alt}"}
    display(bundle, raw=True, metadata={"image/png": {"alt": alt}})


def _small(picture: io.BytesIO) -> bytes:
    """The same PNG with at most 64 colours: a third of the bytes, and for lines, bars and text no difference to see."""
    from PIL import Image

    small = io.BytesIO()
    Image.open(picture).convert("RGB").quantize(COLOURS).save(small, format="png", optimize=True)
    return small.getvalue()
