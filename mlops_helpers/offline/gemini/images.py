"""Looking at a small image: facts that can be computed, and the digit it resembles most.

The digit: the image in grey, the strokes made bright, shrunk to 8x8 by averaging, and compared with six typical shapes
of each digit (`digits.json`, made by `tools/digit_templates.py`). No other thing is recognised.
"""

from __future__ import annotations

import io
import json
from dataclasses import dataclass
from functools import cache
from importlib import resources
from itertools import pairwise
from typing import TYPE_CHECKING

from .requests import Image, wrong

if TYPE_CHECKING:
    import numpy as np

SIDE, FULL = 8, 16
COLOURS = {
    "black": (0, 0, 0), "white": (1, 1, 1), "grey": (0.5, 0.5, 0.5), "red": (0.9, 0.1, 0.1), "green": (0.1, 0.7, 0.1),
    "blue": (0.1, 0.2, 0.9), "yellow": (0.95, 0.9, 0.1), "orange": (1, 0.55, 0), "purple": (0.5, 0.1, 0.6),
    "pink": (1, 0.6, 0.75), "brown": (0.5, 0.3, 0.1), "cyan": (0.1, 0.85, 0.9),
}  # fmt: skip


@dataclass(frozen=True)
class Seen:
    """What was seen: sides in pixels, mean brightness from 0 to 1, the commonest colour, digit and how near it is."""

    width: int
    height: int
    brightness: float
    colour: str
    digit: int
    confidence: float

    def sentence(self) -> str:
        """The facts as a sentence."""
        return (
            f"The image is {self.width}x{self.height} pixels, its mean brightness is {self.brightness:.2f} (0 is black,"
            f" 1 is white), and its dominant colour is {self.colour}."
        )


def look(image: Image) -> Seen:
    """Compute the facts. Raises ApiError 400 for bytes that are no PNG or JPEG image."""
    pixels = decode(image)
    grey = pixels.mean(axis=2)
    digit, confidence = read_digit(grey)
    return Seen(grey.shape[1], grey.shape[0], float(grey.mean()), dominant_colour(pixels), digit, confidence)


def decode(image: Image) -> np.ndarray:
    """Height x width x 3 numbers in 0..1. Transparent pixels count as they are coloured. Raises ApiError 400."""
    import numpy as np
    from matplotlib.image import imread

    try:
        pixels = imread(io.BytesIO(image.data), format=image.mime_type.partition("/")[2])
    except (OSError, SyntaxError, ValueError):
        raise wrong("contents.parts.inline_data", image.data[:8], f"an image of type {image.mime_type}") from None
    pixels = pixels / 255 if pixels.dtype == np.uint8 else pixels.astype(float)
    return np.repeat(pixels[:, :, None], 3, axis=2) if pixels.ndim == 2 else pixels[:, :, :3]


def dominant_colour(pixels: np.ndarray) -> str:
    """The name of the colour that most pixels are nearest to."""
    import numpy as np

    names, values = list(COLOURS), np.array(list(COLOURS.values()))
    step = max(1, int((pixels.shape[0] * pixels.shape[1] / 4096) ** 0.5))
    flat = pixels[::step, ::step].reshape(-1, 1, 3)
    nearest = ((flat - values) ** 2).sum(axis=2).argmin(axis=1)
    return names[np.bincount(nearest, minlength=len(names)).argmax()]


def read_digit(grey: np.ndarray) -> tuple[int, float]:
    """The digit of the nearest template, and a confidence from 0 to 1 (how much farther the next digit is)."""
    import numpy as np

    shapes, digits = _templates()
    small = shrink(grey)
    if small.mean() > 0.5:  # dark ink on light paper
        small = 1 - small
    spread = small.max() - small.min()
    scaled = (small - small.min()) / spread * FULL if spread else small * 0
    far = ((shapes - scaled.reshape(1, -1)) ** 2).sum(axis=1)
    nearest = np.array([far[digits == digit].min() for digit in range(10)])
    first, second = np.sort(nearest)[:2]
    return int(nearest.argmin()), round(float(1 - first / second), 3) if second else 0.0


def shrink(grey: np.ndarray) -> np.ndarray:
    """The image as 8x8 averages of its blocks; a smaller one is stretched."""
    import numpy as np

    def blocks(length: int) -> list[tuple[int, int]]:
        edges = [place * length // SIDE for place in range(SIDE + 1)]
        return [(start, max(stop, start + 1)) for start, stop in pairwise(edges)]

    rows, columns = blocks(grey.shape[0]), blocks(grey.shape[1])
    return np.array([[grey[top:bottom, left:right].mean() for left, right in columns] for top, bottom in rows])


@cache
def _templates() -> tuple[np.ndarray, np.ndarray]:
    import numpy as np

    raw = json.loads((resources.files(__package__) / "digits.json").read_text())
    shapes = [shape for digit in raw for shape in raw[digit]]
    return np.array(shapes, dtype=float), np.array([int(digit) for digit in raw for _ in raw[digit]])
