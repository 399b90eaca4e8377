"""Import files of text and image datasets: one line, one item with its labels.

JSON Lines name everything:

    {"textContent": "great", "classificationAnnotation": {"displayName": "positive"},
     "dataItemResourceLabels": {"aiplatform.googleapis.com/ml_use": "training"}}
    {"imageGcsUri": "gs://bucket/7.png", "classificationAnnotations": [{"displayName": "seven"}]}

CSV has the use (`training`, `validation`, `test`; may be left out), the text or the address, then the labels:

    training,gs://bucket/7.png,seven

Source: Vertex AI documentation, "Prepare text/image training data".
"""

from __future__ import annotations

import csv
import io
import json
import re
from dataclasses import dataclass, field
from typing import Any

from ..errors import ApiError, invalid, unsupported

ML_USE = "aiplatform.googleapis.com/ml_use"
USES = ("training", "validation", "test")
ANNOTATION_SCHEMA = "gs://google-cloud-aiplatform/schema/dataset/annotation/{kind}_1.0.0.yaml"
SCHEMA = re.compile(r"gs://google-cloud-aiplatform/schema/dataset/ioformat/(\w+)_io_format_[\d.]+\.yaml")

# What a line may hold under each import schema: the annotation's key, and whether it is a list.
ANNOTATIONS = {
    "text_classification_single_label": ("classificationAnnotation", "text_classification"),
    "text_classification_multi_label": ("classificationAnnotations", "text_classification"),
    "text_sentiment": ("sentimentAnnotation", "text_sentiment"),
    "text_extraction": ("textSegmentAnnotations", "text_extraction"),
    "image_classification_single_label": ("classificationAnnotation", "image_classification"),
    "image_classification_multi_label": ("classificationAnnotations", "image_classification"),
    "image_bounding_box": ("boundingBoxAnnotations", "image_bounding_box"),
}
CONTENT = {"text": ("textContent", "textGcsUri"), "image": ("imageGcsUri", "mimeType")}


@dataclass(frozen=True)
class Item:
    """A data item to be: its payload, its labels, and the annotations' payloads."""

    payload: dict[str, Any]
    labels: dict[str, str] = field(default_factory=dict)
    annotations: tuple[dict[str, Any], ...] = ()


@dataclass(frozen=True)
class Format:
    """What an import schema asks for, e.g. `text_classification_single_label`."""

    name: str

    @classmethod
    def of(cls, schema_uri: str) -> Format:
        """The format of an import schema. Raises ApiError 501 for one that is not imported here."""
        found = SCHEMA.fullmatch(schema_uri)
        if found is None or found[1] not in ANNOTATIONS:
            raise unsupported(f"Vertex AI: importing data by the schema {schema_uri!r}")
        return cls(found[1])

    @property
    def key(self) -> str:
        """The field of a JSON line that holds the annotation or annotations."""
        return ANNOTATIONS[self.name][0]

    @property
    def content(self) -> tuple[str, ...]:
        """The fields of a JSON line that may hold the content."""
        return CONTENT[self.name.partition("_")[0]]

    @property
    def annotation_schema(self) -> str:
        """The schema of an annotation's payload."""
        return ANNOTATION_SCHEMA.format(kind=ANNOTATIONS[self.name][1])


def read(form: Format, name: str, text: str) -> list[Item]:
    """The items of an import file. Raises ApiError 400 that names the file and up to five faulty lines."""
    by_csv = name.endswith(".csv")
    lines = list(csv.reader(io.StringIO(text))) if by_csv else text.splitlines()
    items, faults = [], []
    for number, line in enumerate(lines, start=1):
        if not line or (isinstance(line, str) and not line.strip()):
            continue
        try:
            items.append(from_csv(form, line) if by_csv else from_json(form, line))
        except ValueError as fault:
            faults.append(f"line {number}: {fault}")
    if faults:
        raise _refusal(name, faults)
    return items


def from_json(form: Format, line: str) -> Item:
    """One JSON line. Raises ValueError that says what is wrong."""
    found = json.loads(line)
    if not isinstance(found, dict):
        raise ValueError(f"found a JSON {type(found).__name__}, expected an object")
    known = {*form.content, form.key, "dataItemResourceLabels"}
    if strange := sorted(set(found) - known):
        raise ValueError(f"found {', '.join(strange)}, expected {', '.join(sorted(known))}")
    payload = {key: found[key] for key in form.content if key in found}
    if not any(key != "mimeType" for key in payload):
        raise ValueError(f"found no content, expected {' or '.join(form.content)}")
    given = found.get(form.key, [])
    annotations = given if isinstance(given, list) else [given]
    return Item(payload, _labels(found.get("dataItemResourceLabels", {})), tuple(_shaped(note) for note in annotations))


def from_csv(form: Format, row: list[str]) -> Item:
    """One CSV row. Raises ValueError that says what is wrong, ApiError 501 for formats that need JSON."""
    if not form.key.startswith("classification"):
        raise unsupported(f"Vertex AI: importing {form.name} from CSV (JSON Lines are read)")
    labels = {}
    if row[0].lower() in USES:
        labels, row = {ML_USE: row[0].lower()}, row[1:]
    if not row or not row[0]:
        raise ValueError("found no content, expected a text or a gs:// address")
    content, *names = row
    if form.key == "classificationAnnotation" and len([name for name in names if name]) > 1:
        raise ValueError(f"found labels {', '.join(names)}, expected one: the schema is for single labels")
    notes = tuple({"displayName": name} for name in names if name)
    address = content.startswith("gs://")
    if form.content == CONTENT["image"] and not address:
        raise ValueError(f"found {content!r}, expected the gs:// address of an image")
    key = form.content[0] if form.content == CONTENT["image"] else form.content[address]
    return Item({key: content}, labels, notes)


def to_json(form: Format, item: Item) -> str:
    """The JSON line of an item: what `from_json` reads back."""
    line: dict[str, Any] = dict(item.payload)
    if item.annotations:
        line[form.key] = list(item.annotations) if form.key.endswith("s") else item.annotations[0]
    if item.labels:
        line["dataItemResourceLabels"] = item.labels
    return json.dumps(line, ensure_ascii=False)


def _labels(found: Any) -> dict[str, str]:
    if not isinstance(found, dict) or not all(isinstance(value, str) for value in found.values()):
        raise ValueError(f"found dataItemResourceLabels {found!r}, expected an object of texts")
    if found.get(ML_USE, USES[0]) not in USES:
        raise ValueError(f"found the use {found[ML_USE]!r}, expected one of {', '.join(USES)}")
    return found


def _shaped(note: Any) -> dict[str, Any]:
    if not isinstance(note, dict) or not ({"displayName", "sentiment"} & set(note)):
        raise ValueError(f"found the annotation {note!r}, expected an object with a displayName")
    return note


def _refusal(name: str, faults: list[str]) -> ApiError:
    shown = "; ".join(faults[:5])
    return invalid(f"{name}: {len(faults)} of its lines cannot be imported, so nothing was. {shown}")
