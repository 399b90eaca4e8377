"""Metrics of pictures, against published examples and the formulas in the papers."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import jaccard_score

from mlops_helpers.debugging import Box, Detection, EmptyData, InvalidSetting, average_precision, iou, psnr, ssim
from mlops_helpers.debugging.metrics_vision import matches, precision_area

corner = st.integers(0, 8)
sides = st.integers(1, 6)
boxes = st.builds(lambda x, y, w, h: Box(x, y, x + w, y + h), corner, corner, sides, sides)
SEEN = "TFTFFFFFFTFTTTFFFFFFFFTF"  # of the example below: right and wrong, the surest first


def drawn(box):
    picture = np.zeros((16, 16), dtype=int)
    picture[box.top : box.bottom, box.left : box.right] = 1
    return picture.ravel()


@given(boxes, boxes)
def test_iou_is_the_jaccard_index_of_the_pixels(first, second):
    assert iou(first, second) == pytest.approx(jaccard_score(drawn(first), drawn(second)))
    assert iou(first, second) == iou(second, first)


def test_iou_by_hand():
    assert iou(Box(0, 0, 2, 2), Box(1, 1, 3, 3)) == pytest.approx(1 / 7)
    assert iou(Box(0, 0, 1, 1), Box(1, 0, 2, 1)) == 0


@pytest.mark.parametrize(("interpolation", "published"), [("all", 0.2456), ("voc2007", 0.2684)])
def test_the_example_of_padilla_and_others(interpolation, published):
    """24 detections of 15 objects, from their survey of object detection metrics (2020), which cuts the digits off."""
    found = precision_area([mark == "T" for mark in SEEN], 15, interpolation=interpolation)
    assert found == pytest.approx(published, abs=1e-4)


def test_coco_reads_the_same_curve_at_101_points():
    right, total = [mark == "T" for mark in SEEN], 15
    hits = np.cumsum(right)
    recall, precision = hits / total, hits / np.arange(1, len(right) + 1)
    at = [precision[recall >= step / 100 - 1e-9].max(initial=0) for step in range(101)]
    assert precision_area(right, total, interpolation="coco") == pytest.approx(np.mean(at))


@given(st.lists(st.booleans(), max_size=30), st.sampled_from(["all", "voc2007", "coco"]))
def test_average_precision_lies_between_0_and_1(right, interpolation):
    found = precision_area(right, max(1, sum(right)), interpolation=interpolation)
    assert 0 <= found <= 1 + 1e-12
    assert precision_area([True] * 3, 3, interpolation=interpolation) == pytest.approx(1)


def test_a_second_detection_of_one_object_is_wrong():
    truth = {"a": [Box(0, 0, 10, 10)], "b": []}
    detections = [
        Detection("a", Box(0, 0, 10, 9), 0.8),
        Detection("a", Box(0, 0, 10, 10), 0.9),
        Detection("b", Box(0, 0, 10, 10), 0.7),
        Detection("c", Box(0, 0, 10, 10), 0.6),
    ]
    assert matches(truth, detections, overlap=0.5) == [True, False, False, False]
    assert average_precision(truth, detections) == 1


def test_the_overlap_decides():
    truth, detections = {"a": [Box(0, 0, 10, 10)]}, [Detection("a", Box(0, 0, 10, 6), 0.9)]
    assert average_precision(truth, detections, overlap=0.6) == 1
    assert average_precision(truth, detections, overlap=0.61) == 0


def test_nothing_detected_scores_0():
    assert average_precision({"a": [Box(0, 0, 1, 1)]}, []) == 0


def test_psnr_of_an_error_of_one_in_bytes():
    """10 log10(255² / 1) = 48.13 dB."""
    original = np.full((16, 16), 100, dtype=np.uint8)
    assert psnr(original, original + 1, data_range=255) == pytest.approx(48.1308, abs=1e-4)
    assert psnr(original, original, data_range=255) == float("inf")


@given(st.floats(0, 1), st.floats(0, 1))
def test_ssim_of_even_pictures_by_the_formula_of_wang_and_others(first, second):
    """Without structure only the luminance is left: (2ab + C1) / (a² + b² + C1), C1 = 0.01²."""
    expected = (2 * first * second + 1e-4) / (first**2 + second**2 + 1e-4)
    found = ssim(np.full((12, 12), first), np.full((12, 12), second), data_range=1)
    assert found == pytest.approx(expected, abs=1e-6)


def test_ssim_tells_noise_from_a_change_of_light_of_the_same_size():
    rng = np.random.default_rng(0)
    picture = np.add.outer(np.linspace(0.2, 0.6, 32), 0.1 * np.sin(np.arange(32)))
    noisy, lighter = picture + rng.choice([-0.05, 0.05], picture.shape), picture + 0.05
    assert psnr(picture, noisy, data_range=1) == pytest.approx(psnr(picture, lighter, data_range=1))
    assert ssim(picture, noisy, data_range=1) < 0.9 < ssim(picture, lighter, data_range=1)
    assert ssim(picture, picture, data_range=1) == pytest.approx(1)


def test_ssim_of_colours():
    picture = np.random.default_rng(0).random((12, 14, 3))
    assert ssim(picture, picture, data_range=1, channel_axis=-1) == pytest.approx(1)


GREY = np.zeros((12, 12))


@pytest.mark.parametrize(
    ("call", "error", "match"),
    [
        (lambda: iou(Box(2, 0, 1, 1), Box(0, 0, 1, 1)), InvalidSetting, "not corner, width and height"),
        (lambda: average_precision({}, []), EmptyData, "no true box"),
        (lambda: average_precision({}, [], overlap=2), InvalidSetting, "overlap"),
        (lambda: precision_area([True], 1, interpolation="voc"), InvalidSetting, "voc2007"),
        (lambda: psnr(GREY, GREY[:4], data_range=1), InvalidSetting, "two of one shape"),
        (lambda: psnr(GREY, GREY, data_range=0), InvalidSetting, "a number above 0"),
        (lambda: ssim(GREY[:9], GREY[:9], data_range=1), InvalidSetting, "at least 11"),
    ],
)
def test_what_makes_no_sense_is_refused_by_name(call, error, match):
    with pytest.raises(error, match=match):
        call()
