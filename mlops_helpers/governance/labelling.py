"""Labels by a model, held against people: agreement beyond chance, and a person for what is uncertain.

    prompt = LabelPrompt("sentiment", 2, "Label the customer's message as …", ("negative", "neutral", "positive"))
    labelled = label_items(client, messages, prompt, model=model)      # columns label, confidence
    agreement(people, labelled["label"])                               # Cohen's κ with its interval
    accepted, for_a_person = by_confidence(labelled, at_least=0.5)

A label is data: it carries the version of the prompt and the id of the model that made it.
"""

from __future__ import annotations

import hashlib
import io
import json
import logging
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mlops_helpers.governance.errors import EmptyData, InvalidSetting

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from google import genai
    from google.cloud.aiplatform import ImageDataset, TextDataset

# Two-sided quantiles of the normal distribution for the usual levels of confidence.
NORMAL = ((0.90, 1.6449), (0.95, 1.9600), (0.99, 2.5758))


@dataclass(frozen=True)
class LabelPrompt:
    """One version of a labelling prompt: what is asked, and the labels that may be answered."""

    name: str
    version: int
    instruction: str
    labels: tuple[str, ...]

    def __post_init__(self) -> None:
        """Refuse a prompt with fewer than two labels, or with one twice."""
        if len(set(self.labels)) < 2 or len(set(self.labels)) != len(self.labels):
            raise InvalidSetting(f"the labels {self.labels!r}", "two or more different labels")

    @property
    def id(self) -> str:
        """Return name, version and the start of the hash of everything asked: `sentiment-v2-3f2a…`."""
        asked = json.dumps([self.instruction, *self.labels])
        return f"{self.name}-v{self.version}-{hashlib.sha256(asked.encode()).hexdigest()[:8]}"

    @property
    def schema(self) -> dict:
        """Return the response schema: one of the labels, and how sure the model is, from 0 to 1."""
        label = {"type": "STRING", "enum": list(self.labels)}
        properties = {"label": label, "confidence": {"type": "NUMBER"}}
        return {"type": "OBJECT", "properties": properties, "required": ["label", "confidence"]}


def label_items(client: genai.Client, items: pd.Series, prompt: LabelPrompt, *, model: str) -> pd.DataFrame:
    """Ask the model for a label for each text (str) or PNG picture (bytes).

    Returns the columns label and confidence, indexed as `items`. Raises EmptyData if there is nothing to label; an
    answer that does not fit the schema raises ValueError from the JSON parser, naming nothing as labelled.
    """
    import pandas as pd
    from google.genai import types

    if items.empty:
        raise EmptyData("no items to label", "at least one text or picture")
    config = types.GenerateContentConfig(
        response_mime_type="application/json", response_schema=prompt.schema, system_instruction=prompt.instruction
    )
    answers = [_ask(client, item, model, config) for item in items]
    return pd.DataFrame(answers, index=items.index, columns=["label", "confidence"])


def _ask(client: genai.Client, item: str | bytes, model: str, config: object) -> dict:
    from google.genai import types

    content = types.Part.from_bytes(data=item, mime_type="image/png") if isinstance(item, bytes) else item
    return json.loads(client.models.generate_content(model=model, contents=[content], config=config).text)


@dataclass(frozen=True)
class Agreement:
    """Cohen's κ of two raters: 1 is full agreement, 0 what chance alone would give; `low` to `high` is its interval."""

    kappa: float
    low: float
    high: float
    observed: float
    n: int

    def __str__(self) -> str:
        """Say it in one line."""
        return f"kappa {self.kappa:.2f} ({self.low:.2f} to {self.high:.2f}), {self.observed:.0%} alike, n = {self.n}"


def agreement(first: pd.Series, second: pd.Series, *, confidence: float = 0.95) -> Agreement:
    """Return Cohen's κ with its large-sample interval (Fleiss, Cohen and Everitt 1969, eq. 13).

    The two series are compared by index label, where both have a value. Raises EmptyData if they share none, and
    InvalidSetting for a confidence other than 0.90, 0.95 or 0.99.
    """
    import pandas as pd

    quantile = dict(NORMAL).get(confidence)
    if quantile is None:
        raise InvalidSetting(f"confidence={confidence}", "0.90, 0.95 or 0.99")
    pairs = pd.concat([first.rename("first"), second.rename("second")], axis=1, join="inner").dropna()
    if pairs.empty:
        raise EmptyData("two raters who share no item", "labels of the same items, under the same index labels")
    names = sorted(set(pairs["first"]) | set(pairs["second"]))
    table = pd.crosstab(pairs["first"], pairs["second"]).reindex(index=names, columns=names, fill_value=0)
    kappa, error, observed = _kappa(table / len(pairs), len(pairs))
    spread = quantile * error
    return Agreement(kappa, max(-1.0, kappa - spread), min(1.0, kappa + spread), observed, len(pairs))


def _kappa(shares: pd.DataFrame, n: int) -> tuple[float, float, float]:
    """Return κ, its standard error and the observed agreement of a table of shares."""
    import numpy as np

    p = shares.to_numpy()
    rows, columns, alike = p.sum(axis=1), p.sum(axis=0), np.diag(p)
    observed, chance = float(alike.sum()), float(rows @ columns)
    if math.isclose(chance, 1.0):
        return 1.0, 0.0, observed  # both raters know a single label
    kappa = (observed - chance) / (1 - chance)
    both = rows[:, None] + columns[None, :]
    on = (alike * (1 - (rows + columns) * (1 - kappa)) ** 2).sum()
    off = (1 - kappa) ** 2 * ((p * (columns[:, None] + rows[None, :]) ** 2).sum() - (alike * np.diag(both) ** 2).sum())
    variance = (on + off - (kappa - chance * (1 - kappa)) ** 2) / (n * (1 - chance) ** 2)
    return kappa, math.sqrt(max(0.0, variance)), observed


def by_confidence(labelled: pd.DataFrame, *, at_least: float) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the labels to accept and those a person should look at: less than `at_least` sure.

    Raises InvalidSetting for a threshold outside 0 to 1.
    """
    if not 0 <= at_least <= 1:
        remedy = f"pass {at_least / 100:g} for {at_least:g}%" if 1 < at_least <= 100 else "choose 0.5, for example"
        raise InvalidSetting(f"at_least={at_least}", "a threshold between 0 and 1", remedy)
    sure = labelled["confidence"] >= at_least
    return labelled[sure], labelled[~sure]


def import_lines(items: pd.Series, labels: pd.Series, prompt: LabelPrompt, *, kind: str = "text") -> str:
    """Return the JSON Lines that Vertex AI imports into a data set, each with the prompt that made its label.

    `items` are texts, or for kind="image" the `gs://` addresses of pictures; `labels` are indexed as they are.
    """
    field = _form(kind)[1]
    lines = [
        {
            field: items[item],
            "classificationAnnotation": {"displayName": label},
            "dataItemResourceLabels": {"prompt": prompt.id},
        }
        for item, label in labels.items()
    ]
    return "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)


def publish_dataset(name: str, uri: str, prompt: LabelPrompt, *, kind: str = "text") -> TextDataset | ImageDataset:
    """Import lines at `uri` (`gs://…jsonl`) into a new managed data set of Vertex AI, labelled with the prompt's id.

    `aiplatform.init` says where. Returns when the import is done; what the client would print on the way is left out.
    Raises InvalidSetting for a kind other than text and image.
    """
    from google.cloud import aiplatform

    class_name = _form(kind)[0]
    form = getattr(aiplatform.schema.dataset.ioformat, kind).single_label_classification
    before = logging.root.manager.disable
    logging.disable(logging.INFO)
    try:
        return getattr(aiplatform, class_name).create(
            display_name=name, gcs_source=uri, import_schema_uri=form, labels={"prompt": prompt.id}
        )
    finally:
        logging.disable(before)


def as_png(pixels: np.ndarray, *, scale: int = 8) -> bytes:
    """Return a grey picture (rows × columns) as PNG, each pixel enlarged to a square of `scale` pixels."""
    from matplotlib import pyplot

    picture = io.BytesIO()
    pyplot.imsave(picture, pixels.repeat(scale, axis=0).repeat(scale, axis=1), cmap="gray", format="png")
    return picture.getvalue()


def _form(kind: str) -> tuple[str, str]:
    """Return the client's class and the field of an import line for a kind of data set."""
    forms = {"text": ("TextDataset", "textContent"), "image": ("ImageDataset", "imageGcsUri")}
    if kind not in forms:
        raise InvalidSetting(f"kind={kind!r}", f"one of {', '.join(forms)}")
    return forms[kind]
