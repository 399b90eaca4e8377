"""Write the templates by which the offline Gemini reads a digit.

    python tools/digit_templates.py     rewrites mlops_helpers/offline/gemini/digits.json

Six typical shapes of each digit: the centres of a k-means (seeded) over every second image of scikit-learn's digits
(8x8 pixels, values 0..16; UCI, CC BY 4.0). The other images are for tests.
"""

from __future__ import annotations

import json
from pathlib import Path

TARGET = Path(__file__).resolve().parent.parent / "mlops_helpers" / "offline" / "gemini" / "digits.json"
SHAPES = 6


def templates() -> dict[str, list[list[int]]]:
    """`{digit: shapes}`, each shape 64 integers in 0..16, row by row."""
    import numpy as np
    from sklearn.cluster import KMeans
    from sklearn.datasets import load_digits

    digits = load_digits()
    images, labels = digits.data[::2], digits.target[::2]
    found = {}
    for digit in range(10):
        fitted = KMeans(SHAPES, n_init=4, random_state=0).fit(images[labels == digit])
        centres = np.rint(fitted.cluster_centers_).astype(int)
        found[str(digit)] = sorted(centres.tolist())
    return found


if __name__ == "__main__":
    rows = [
        f' "{digit}": [\n' + ",\n".join(f"  {shape}" for shape in shapes) + "]" for digit, shapes in templates().items()
    ]
    text = "{\n" + ",\n".join(rows) + "\n}\n"
    TARGET.write_text(json.dumps(json.loads(text)) and text)
