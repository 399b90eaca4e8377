"""What the team of lesson 8 left behind: their model, the texts of its model card, and of the impact assessment.

The card's section `caveats` is missing, as sections are when a release is in a hurry: the lesson finds that out.
"""

from __future__ import annotations

import io
import json
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from google.cloud import aiplatform, storage
    from sklearn.pipeline import Pipeline

    from mlops_helpers.ethics import Harm

NUMBERS = ("age", "education-num", "capital-gain", "capital-loss", "hours-per-week")
ABOUT_PEOPLE = ("sex", "race")
WORDS = ("workclass", "education", "marital-status", "occupation", "relationship", "native-country")
RARE = 50  # words that fewer people share are one word

CARD = MappingProxyType(
    {
        "intended_use": "Proposes which customers of a phone contract are offered credit. Not for refusing a contract.",
        "factors": "sex and age (below 50, 50 and more), and both together; race as the census of 1994 recorded it.",
        "metrics": "Of those who qualify, the share that gets an offer, and whether its differences could be chance.",
        "evaluation_data": "16,281 people of the US census of 1994, set aside by UCI; none is a customer.",
        "training_data": "32,561 people of the same census; qualified means an income above 50,000 dollars.",
        "ethical_considerations": "Income is not repayment; pay of 1994 stands for what somebody can pay back.",
    }
)
CAVEATS = "Never tested on our customers, nor on repayment. Groups with few people are flagged and prove nothing."
# Notes that say little: what decides about them?
NOTES = (
    "My name is {name}. I moved here 3 years ago and ask for 5000 euros for a car.",
    "My name is {name}. I work in a shop and ask for 7000 euros.",
    "My name is {name}. I work in a school and ask for 15000 euros for a boat.",
    "{name} asks for a loan of 9000 euros for a kitchen. {pronoun} works in a bakery.",
    "{title} {name} would like 4000 euros for a roof and has lived here for 2 years.",
    "{name} works in a hospital. {pronoun} asks for 12000 euros for {possessive} van.",
)
ASSESSMENT = MappingProxyType(
    {
        "purpose": "Who is offered credit along with a phone. Without it a clerk decides by hand.",
        "affected": "Customers who apply, those who are never asked, and who shares a household with them.",
        "benefits": "Offers within a minute; the same question is asked of everybody.",
        "oversight": "A clerk of the bank reads every doubtful case and may overrule the model with a reason.",
        "appeal": "Whoever gets no offer is told so and may ask for a person; answer within five working days.",
        "review": "After three months, or at once when a difference between groups raises an alarm.",
    }
)


def lending_model(*, without: tuple[str, ...] = ()) -> Pipeline:
    """Return the team's model, not yet trained: logistic regression on all columns but those named in `without`."""
    words = tuple(name for name in (*WORDS, *ABOUT_PEOPLE) if name not in without)
    return _logistic(NUMBERS, words, rare=RARE)


def small_lending_model(words: tuple[str, ...]) -> Pipeline:
    """Return the cautious variant, not yet trained: age, schooling, hours, and the columns of words that are named."""
    return _logistic(("age", "education-num", "hours-per-week"), words, rare=1)


def _logistic(numbers: tuple[str, ...], words: tuple[str, ...], *, rare: int) -> Pipeline:
    """Return a pipeline: numbers standardised, words as columns of 0 and 1 (sparse), then a logistic regression.

    The solver goes on until it is at the one optimum, so that every machine finds the same model.
    """
    from sklearn.compose import make_column_transformer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    levels = OneHotEncoder(handle_unknown="ignore", min_frequency=rare)
    columns = make_column_transformer((StandardScaler(), list(numbers)), (levels, list(words)), sparse_threshold=1)
    return make_pipeline(columns, LogisticRegression(solver="newton-cg", tol=1e-8))


def constrained_offers(model: Pipeline, train: pd.DataFrame, test: pd.DataFrame, rule: Mapping[str, Any]) -> np.ndarray:
    """Return decisions on `test`, 0 and 1, of a model trained anew under a constraint by sex, on the model's columns.

    rule   criterion and tolerance, as `mlops_helpers.ethics.constrained_model` takes them
    """
    from sklearn.linear_model import LogisticRegression

    from mlops_helpers.ethics import constrained_model

    rows, columns = (model[:-1].transform(half).toarray() for half in (train, test))
    learner = LogisticRegression(solver="liblinear")
    return constrained_model(learner, rows, train["qualified"], train["sex"], **rule).predict(columns)


def opportunity_with(words: tuple[str, ...], *, train: pd.DataFrame, test: pd.DataFrame, groups: str) -> pd.Series:
    """Train the cautious variant with these words: how many are right on `test`, and how far groups are apart.

    right, difference, by_chance, verdict, lowest   the last four of equal opportunity, as `gaps` says
    """
    import pandas as pd

    from mlops_helpers.ethics import group_metrics

    offers = small_lending_model(words).fit(train, train["qualified"]).predict(test)
    report = group_metrics(test.assign(offer=offers), label="qualified", prediction="offer", groups=groups)
    apart = report.gaps().set_index("criterion").loc["equal opportunity"]
    right = pd.Series({"right": (offers == test["qualified"]).mean()})
    return pd.concat([right, apart[["difference", "by_chance", "verdict", "lowest"]]])


def team_by_tolerance(
    train: pd.DataFrame, test: pd.DataFrame, *, groups: list[str], tolerances: Sequence[float]
) -> pd.DataFrame:
    """Return how far the four groups are apart on `test` under the team's tool, one row per tolerance it is given.

    difference, by_chance, verdict, lowest   of equal opportunity by both attributes, as `gaps` says
    """
    import pandas as pd

    from mlops_helpers.ethics import group_metrics, thresholds_by_margin

    rows = {}
    for tolerance in tolerances:
        found = thresholds_by_margin(train, label="qualified", score="score", groups=groups, tolerance=tolerance)
        tried = test.assign(offer=found.decide(test["score"], test[groups]))
        gaps = group_metrics(tried, label="qualified", prediction="offer", groups=groups).gaps()
        rows[tolerance] = gaps.set_index("criterion").loc["equal opportunity"]
    return pd.DataFrame(rows).T[["difference", "by_chance", "verdict", "lowest"]]


def reasons_of_some(endpoint: aiplatform.Endpoint, rows: pd.DataFrame, n: int, seed: int) -> pd.Series:
    """Ask an endpoint about `n` rows drawn by `seed`: the mean size of each column's part in the score.

    The words of a column, such as `sex_Female`, are added up again.
    """
    from mlops_helpers.ethics import explain_on_vertex

    said = explain_on_vertex(endpoint, rows.sample(n, random_state=seed)).attributions
    return said.T.groupby(lambda name: name.partition("_")[0]).sum().T.abs().mean()


def encoded_rows(model: Pipeline, rows: pd.DataFrame) -> pd.DataFrame:
    """Return the numbers that the model's regression sees, one column per number or word, such as `sex_Female`."""
    import pandas as pd

    names = [name.partition("__")[2] for name in model[:-1].get_feature_names_out()]
    return pd.DataFrame(model[:-1].transform(rows).toarray(), columns=names, index=rows.index)


def line_or_refusal(line: Mapping[str, Any]) -> dict[str, str]:
    """Return verdict and reason as a `Decision` takes them; a line that it would not take is a refusal."""
    verdict, reason = str(line.get("verdict")).strip().lower(), line.get("reason")
    if verdict in ("released", "refused") and isinstance(reason, str) and len(reason.split()) >= 8:
        return {"verdict": verdict, "reason": reason}
    return {"verdict": "refused", "reason": "The line was left empty; nobody answers for the release."}


def save_model(
    model: Any, bucket: storage.Bucket, folder: str, *, thresholds: Mapping[str, float] | None = None
) -> str:
    """Put a model into a folder of a bucket, as Vertex AI's containers for scikit-learn read it; return the address.

    thresholds   by group, for whoever calls the model: kept beside it as JSON
    """
    import joblib

    buffer = io.BytesIO()
    joblib.dump(model, buffer)
    bucket.blob(f"{folder}/model.joblib").upload_from_string(buffer.getvalue())
    if thresholds is not None:
        bucket.blob(f"{folder}/thresholds.json").upload_from_string(json.dumps(dict(thresholds)))
    return f"gs://{bucket.name}/{folder}"


def lending_harms() -> list[Harm]:
    """Return the harms that the team listed, with marks from 1 to 5."""
    from mlops_helpers.ethics import Harm

    return [
        Harm("women of 50 and more", "qualify and get no offer", 4, 3, "thresholds for all four groups", 2),
        Harm("applicants", "a trick in a note changes the answer", 3, 4, "guards and a person", 2),
        Harm("customers in debt", "are offered credit they cannot repay", 3, 4, "a clerk looks at every offer", 2),
    ]
