"""Images in: facts that can be computed, and digits."""

import io

import numpy as np
import pytest
from google.genai import errors, types
from matplotlib.image import imsave
from sklearn.datasets import load_digits

from mlops_helpers.offline.gemini.images import read_digit, shrink

FLASH = "gemini-3.8-flash"


def image(pixels, kind="png", scale=1):
    """A part with these pixels (0..1), each drawn `scale` times as large."""
    file = io.BytesIO()
    imsave(file, np.kron(pixels, np.ones((scale, scale))), format=kind, cmap="gray", vmin=0, vmax=1)
    return types.Part.from_bytes(data=file.getvalue(), mime_type=f"image/{kind}")


@pytest.mark.parametrize(("kind", "scale"), [("png", 1), ("png", 8), ("jpeg", 16)])
def test_a_digit_is_read(client, kind, scale):
    digits = load_digits()
    picture = image(digits.images[1] / 16, kind, scale)
    answer = client.models.generate_content(model=FLASH, contents=[picture, "Which digit is this?"])
    assert answer.text == str(digits.target[1])


def test_digits_never_seen_are_mostly_read_right():
    digits = load_digits()
    found = [read_digit(picture / 16)[0] for picture in digits.images[1::2]]
    assert np.mean(found == digits.target[1::2]) > 0.93


def test_dark_ink_on_light_paper_reads_the_same():
    picture = load_digits().images[3] / 16
    assert read_digit(1 - picture)[0] == read_digit(picture)[0] == 3


def test_a_digit_into_a_schema(client):
    schema = {"type": "OBJECT", "properties": {"digit": {"type": "INTEGER"}, "confidence": {"type": "NUMBER"}}}
    config = {"response_mime_type": "application/json", "response_schema": schema}
    contents = [image(load_digits().images[0] / 16), "Read the digit"]
    found = client.models.generate_content(model=FLASH, contents=contents, config=config).parsed
    assert found["digit"] == 0
    assert 0 <= found["confidence"] <= 1


def test_a_picture_is_described_by_facts(client):
    contents = [image(np.zeros((20, 30))), "Describe this image"]
    text = client.models.generate_content(model=FLASH, contents=contents).text
    assert "30x20 pixels" in text
    assert "black" in text
    assert "[simulated]" in text


def test_an_image_counts_258_tokens(client):
    found = client.models.count_tokens(model=FLASH, contents=[image(np.zeros((8, 8)))])
    assert found.total_tokens == 258


def test_an_image_in_cloud_storage(client, bucket):
    part = image(load_digits().images[6] / 16)
    bucket.blob("six.png").upload_from_string(part.inline_data.data, "image/png")
    contents = [types.Part.from_uri(file_uri="gs://texts/six.png", mime_type="image/png"), "Which digit?"]
    assert client.models.generate_content(model=FLASH, contents=contents).text == "6"


def test_bytes_that_are_no_image_are_refused(client):
    broken = types.Part.from_bytes(data=b"not an image", mime_type="image/png")
    with pytest.raises(errors.ClientError, match="an image of type image/png"):
        client.models.generate_content(model=FLASH, contents=[broken, "What is it?"])


def test_other_media_are_refused_by_name(client):
    sound = types.Part.from_bytes(data=b"RIFF", mime_type="audio/wav")
    with pytest.raises(errors.ServerError, match="audio/wav"):
        client.models.generate_content(model=FLASH, contents=[sound, "What is it?"])


def test_shrinking_keeps_the_mean():
    grey = np.arange(64 * 64).reshape(64, 64) / 4096
    assert shrink(grey).mean() == pytest.approx(grey.mean())
