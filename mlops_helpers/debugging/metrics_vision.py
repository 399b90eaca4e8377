"""Metrics of pictures: are objects found where they are, and is a restored picture like the original?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import accumulate
from typing import TYPE_CHECKING, NamedTuple

from mlops_helpers.debugging.errors import EmptyData, InvalidSetting
from mlops_helpers.debugging.tables import extra, require_between

if TYPE_CHECKING:
    import numpy as np

ALL_POINTS, ELEVEN, COCO = "all", "voc2007", "coco"
POINTS = {ELEVEN: 10, COCO: 100}  # recall is read at 0, 1/n, … 1
ALIKE = 1e-9  # recalls that differ by rounding only are the same


class Box(NamedTuple):
    """A rectangle from its left upper to its right lower corner, in any one unit; y points down."""

    left: float
    top: float
    right: float
    bottom: float


class Detection(NamedTuple):
    """Where a model sees an object, in which picture, and how sure it is."""

    picture: str
    box: Box
    score: float


def iou(first: Box, second: Box) -> float:
    """Return the area that two boxes share, divided by the area they cover together (Jaccard's index), 0 to 1.

    Raises InvalidSetting for a box whose corners are the wrong way round, or that has no area.
    """
    one, two = _checked(first), _checked(second)
    width = min(one.right, two.right) - max(one.left, two.left)
    height = min(one.bottom, two.bottom) - max(one.top, two.top)
    shared = max(0.0, width) * max(0.0, height)
    return shared / (_area(one) + _area(two) - shared)


def _checked(box: Sequence[float]) -> Box:
    found = Box(*box)
    if not (found.left < found.right and found.top < found.bottom):
        expected = "left < right and top < bottom"
        raise InvalidSetting(f"box {tuple(found)}", expected, "Boxes are corners here, not corner, width and height.")
    return found


def _area(box: Box) -> float:
    return (box.right - box.left) * (box.bottom - box.top)


def average_precision(
    truth: Mapping[str, Sequence[Box]],
    detections: Sequence[Detection],
    *,
    overlap: float = 0.5,
    interpolation: str = ALL_POINTS,
) -> float:
    """Return the average precision of one class of objects, 0 to 1.

    truth          the boxes in each picture
    overlap        a detection is right if its IoU with the box it overlaps most is at least this, and no surer
                   detection took that box (the rule of Pascal VOC)
    interpolation  how the precision is averaged over recall: "all" points (Pascal VOC from 2010 on), "voc2007"
                   (11 points), or "coco" (101 points; COCO also averages over overlaps 0.5, 0.55 … 0.95)
    Raises EmptyData without a true box, InvalidSetting.
    """
    require_between(overlap, 0, 1, name="overlap")
    boxes = sum(len(found) for found in truth.values())
    return precision_area(matches(truth, detections, overlap=overlap), boxes, interpolation=interpolation)


def matches(truth: Mapping[str, Sequence[Box]], detections: Sequence[Detection], *, overlap: float) -> list[bool]:
    """Return, from the surest detection to the least sure, whether each is right."""
    taken: set[tuple[str, int]] = set()
    right = []
    for picture, box, _ in sorted(detections, key=lambda detection: -detection[2]):
        overlaps = [iou(box, true) for true in truth.get(picture, ())]
        best = max(range(len(overlaps)), key=overlaps.__getitem__, default=None)
        hit = best is not None and overlaps[best] >= overlap and (picture, best) not in taken
        if hit:
            taken.add((picture, best))
        right.append(hit)
    return right


def precision_area(right: Sequence[bool], boxes: int, *, interpolation: str = ALL_POINTS) -> float:
    """Return the area below precision over recall, where precision at a recall is the best at that recall or beyond.

    right   whether each detection is right, the surest first
    boxes   how many objects there are to be found
    """
    if boxes < 1:
        raise EmptyData("no true box", "at least one object to be found", "Precision over recall needs a recall.")
    if interpolation not in (ALL_POINTS, *POINTS):
        expected = f"one of {[ALL_POINTS, *POINTS]}"
        raise InvalidSetting(f"interpolation={interpolation!r}", expected, "Take the one your rivals report.")
    hits = list(accumulate(right, initial=0))[1:]
    precision = [hit / (place + 1) for place, hit in enumerate(hits)]
    best = list(accumulate(reversed(precision), max))[::-1]
    if interpolation == ALL_POINTS:
        return sum(value for value, hit in zip(best, right, strict=True) if hit) / boxes
    last = POINTS[interpolation]
    curve = [(hit / boxes, value) for hit, value in zip(hits, best, strict=True)]
    at = (next((value for recall, value in curve if recall >= step / last - ALIKE), 0.0) for step in range(last + 1))
    return sum(at) / (last + 1)


def psnr(original: np.ndarray, restored: np.ndarray, *, data_range: float) -> float:
    """Return the peak signal-to-noise ratio in decibels, by scikit-image; infinite for equal pictures.

    data_range   largest minus smallest possible value: 255 for bytes, 1 for fractions
    Raises InvalidSetting for pictures of different shapes, and MissingExtra without scikit-image.
    """
    import numpy as np

    _require_alike(original, restored, data_range)
    if np.array_equal(original, restored):
        return float("inf")
    metrics = extra("skimage.metrics", "scikit-image")
    return float(metrics.peak_signal_noise_ratio(original, restored, data_range=data_range))


def ssim(original: np.ndarray, restored: np.ndarray, *, data_range: float, channel_axis: int | None = None) -> float:
    """Return the structural similarity of two pictures, -1 to 1 (Wang et al., 2004), by scikit-image.

    With the settings of that paper: Gaussian weights of sigma 1.5 over 11 × 11 pixels.
    channel_axis   which axis holds the colours; None for grey pictures
    Raises InvalidSetting for different shapes or fewer than 11 pixels on a side, and MissingExtra.
    """
    _require_alike(original, restored, data_range)
    sides = [
        side for axis, side in enumerate(original.shape) if channel_axis is None or axis != channel_axis % original.ndim
    ]
    if min(sides) < 11:
        raise InvalidSetting(f"a picture of {sides} pixels", "at least 11 on each side", "Compare larger parts.")
    return float(
        extra("skimage.metrics", "scikit-image").structural_similarity(
            original,
            restored,
            data_range=data_range,
            channel_axis=channel_axis,
            gaussian_weights=True,
            sigma=1.5,
            use_sample_covariance=False,
        )
    )


def _require_alike(original: np.ndarray, restored: np.ndarray, data_range: float) -> None:
    if original.shape != restored.shape or original.size == 0:
        found = f"pictures of {original.shape} and {restored.shape} values"
        raise InvalidSetting(found, "two of one shape, not empty", "Scale or crop one of them first.")
    if not data_range > 0:
        raise InvalidSetting(f"data_range={data_range}", "a number above 0", "Take 255 for bytes, 1 for fractions.")
