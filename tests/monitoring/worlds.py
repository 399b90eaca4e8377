"""Simulated customers for the tests of the diagnosis: one thing at a time can be changed, the rest stays."""

import numpy as np
import pandas as pd

FEATURES = ["age", "visits", "city", "price"]
CITIES = {"Boston": 0.5, "Lowell": 0.0, "Salem": -0.6}
NAMES = {"features": FEATURES, "score": "score", "label": "label"}


def log_odds(frame, meaning=1.0):
    """What the inputs say about the label; `meaning` turns the effect of age around, or away."""
    return -1 + 0.05 * meaning * (frame["age"] - 40) + 0.25 * (frame["visits"] - 3) + frame["city"].map(CITIES)


def customers(n=4000, *, seed=0, age=40, mix=(0.5, 0.3, 0.2), meaning=1.0, level=0.0):
    """Customers, the score of a model that knows the old meaning, and labels by the true one."""
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {
            "age": rng.normal(age, 10, n).round(),
            "visits": rng.poisson(3, n),
            "city": rng.choice(list(CITIES), n, p=mix),
            "price": rng.gamma(2, 20, n).round(2),
        }
    )
    frame["score"] = 1 / (1 + np.exp(-log_odds(frame)))
    truth = 1 / (1 + np.exp(-log_odds(frame, meaning) - level))
    return frame.assign(label=(rng.random(n) < truth).astype(int))


def with_positives(share, n=4000, *, seed=0):
    """Customers drawn by their label: P(y) is chosen, P(x | y) is that of `customers`."""
    crowd = customers(8 * n, seed=seed)
    positives = crowd[crowd["label"] == 1].head(int(share * n))
    negatives = crowd[crowd["label"] == 0].head(n - len(positives))
    return pd.concat([positives, negatives]).sample(frac=1, random_state=seed).reset_index(drop=True)
