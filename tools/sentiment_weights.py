"""Train the offline Gemini's reader of sentiment and write its weights.

    python tools/sentiment_weights.py RATED_FOLDER      rewrites mlops_helpers/offline/gemini/sentiment.json
                                                        and the samples data/rated_sentiment*.csv

RATED_FOLDER holds `tweets.csv` and `amazonReviewSnippets.csv` (columns id, mean_rating, text, label): texts rated by 20
people each (Hutto & Gilbert 2014, MIT). Rows are split by a digest of their id: four in five train, the others are kept
out and become the samples in `data/`, on which lessons and tests measure. The model is a logistic regression over words
and pairs of words; the largest weights are kept, rounded.
"""

from __future__ import annotations

import csv
import hashlib
import json
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
LABELS = ("negative", "neutral", "positive")
SOURCES = {"tweets": "tweets.csv", "reviews": "amazonReviewSnippets.csv"}
SAMPLE_ROWS = {"tweets": 400, "reviews": 300}
FEATURES = 3000


def rows(folder: Path, source: str) -> list[dict[str, str]]:
    """The rated texts of one source."""
    with open(folder / SOURCES[source], encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def held_out(source: str, row: dict[str, str]) -> bool:
    """Whether a row is never trained on: one in five, by the digest of source and id."""
    return hashlib.sha256(f"{source}/{row['id']}".encode()).digest()[0] % 5 == 0


def train(texts: list[str], labels: list[str]) -> dict:
    """Fit, keep the features that matter most, and give the weights as JSON."""
    import numpy as np
    from sklearn.feature_extraction.text import CountVectorizer
    from sklearn.linear_model import LogisticRegression

    from mlops_helpers.offline.gemini.words import sentiment_features

    counter = CountVectorizer(analyzer=sentiment_features, min_df=3, binary=True)
    counts = counter.fit_transform(texts)
    spread = np.ptp(LogisticRegression(C=0.5, max_iter=500).fit(counts, labels).coef_, axis=0)
    kept = np.sort(np.argsort(-spread)[:FEATURES])
    fitted = LogisticRegression(C=0.5, max_iter=500).fit(counts[:, kept], labels)
    names = counter.get_feature_names_out()[kept]
    weights = {name: [round(float(w), 2) for w in column] for name, column in zip(names, fitted.coef_.T, strict=True)}
    return {
        "labels": list(fitted.classes_),
        "bias": [round(float(b), 3) for b in fitted.intercept_],
        "weights": weights,
    }


def write_sample(folder: Path, source: str) -> None:
    """The first kept-out rows of a source, as a small file that lessons read."""
    name = "rated_sentiment.csv" if source == "tweets" else "rated_sentiment_reviews.csv"
    chosen = [row for row in rows(folder, source) if held_out(source, row)][: SAMPLE_ROWS[source]]
    with open(ROOT / "data" / name, "w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, ["id", "mean_rating", "text", "label"], lineterminator="\n")
        writer.writeheader()
        writer.writerows({**row, "mean_rating": f"{float(row['mean_rating']):.2f}"} for row in chosen)


def main(folder: Path) -> None:
    """Train on what is not held out, and write weights and samples."""
    seen = [row for source in SOURCES for row in rows(folder, source) if not held_out(source, row)]
    found = train([row["text"] for row in seen], [row["label"] for row in seen])
    lines = ",\n".join(f"  {json.dumps(name)}: {json.dumps(values)}" for name, values in found.pop("weights").items())
    head = json.dumps(found)[1:-1]
    target = ROOT / "mlops_helpers" / "offline" / "gemini" / "sentiment.json"
    target.write_text(f'{{{head},\n "weights": {{\n{lines}\n }}}}\n', encoding="utf-8")
    for source in SOURCES:
        write_sample(folder, source)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
