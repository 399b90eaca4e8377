"""What the churn pipeline is told, checked before anything is read or written.

    PipelineSettings.from_dict({"time_column": "recorded_at", "trials": 5}).to_dict()

A dictionary, because a pipeline's parameters are JSON; a dataclass, because a misspelt name must not be a silent
default. `PipelineRun` adds the places: where the table is, where models go.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from mlops_helpers.tooling.errors import InvalidSetting
from mlops_helpers.tooling.given import describe, is_number, need_kind

COLUMN = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,299}")
TABLE = re.compile(r"[\w-]+\.\w+\.\w+")
BUCKET = re.compile(r"[a-z0-9][a-z0-9._-]{1,220}[a-z0-9]")
MODEL = re.compile(r"[a-z][a-z0-9-]{0,30}")
IMAGE_NAME = re.compile(r"[a-z0-9][\w./-]*(:[\w.-]+)?(@sha256:[0-9a-f]{64})?")
MACHINE = re.compile(r"[a-z][a-z0-9]+(-[a-z0-9]+)+")
PLACES = HERE, CUSTOM_JOB, TUNING = "here", "custom-job", "tuning"
SHARES = ("holdout", "max_segment_loss", "max_gap")
NUMBERS = (*SHARES, "min_gain", "max_milliseconds")
LARGEST_GAIN = 0.5  # from guessing to never wrong
COUNTS = ("trials", "min_rows")


@dataclass(frozen=True)
class PipelineSettings:
    """Columns, limits and options, with the churn model's as defaults.

    `key` names a customer, `label` is 0 or 1, `time_column` (if any) says when a row was known: later rows than
    `train_until` are left out. `ranges` adds limits to the quality gate: `{"tenure_months": [0, 600]}`. `holdout` is
    the share of customers that no model sees before its evaluation; `trials` > 0 tunes the regularisation;
    `interactions` lets the effect of a column depend on each other column. `train_on` says where training runs: "here"
    (in the pipeline's step), as a "custom-job" of Vertex AI, or as its "tuning" job of `trials` trials; such a job runs
    in the container `image`, in which this package is installed, on a machine of the type `machine`.

    A challenger is deployed if its AUC exceeds the champion's by `min_gain`, if no segment with at least `min_rows`
    rows loses more than `max_segment_loss` of AUC, if the true positive rates of segments differ by at most `max_gap`,
    and if 95 of 100 predictions take at most `max_milliseconds`. With `automatic=False` a person has to approve.
    """

    model: str = "churn"
    project: str = ""
    location: str = "us-central1"
    key: str = "customer_id"
    label: str = "churned"
    numeric: tuple[str, ...] = ("age", "tenure_months", "monthly_charges", "support_calls", "data_gb")
    categorical: tuple[str, ...] = ("contract_type", "region", "channel")
    segment: str = "region"
    time_column: str = ""
    ranges: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    holdout: float = 0.25
    trials: int = 0
    interactions: bool = False
    train_on: str = "here"
    image: str = "python:3.11"
    machine: str = "n1-standard-4"
    min_gain: float = 0.0
    max_segment_loss: float = 0.05
    max_gap: float = 0.2
    max_milliseconds: float = 100.0
    min_rows: int = 50
    automatic: bool = True

    def __post_init__(self) -> None:
        """Raise InvalidSetting for a value that cannot be."""
        for name in ("numeric", "categorical"):
            object.__setattr__(self, name, tuple(getattr(self, name)))
        _check_names(self)
        _check_numbers(self)

    @property
    def features(self) -> list[str]:
        """The columns that the model takes, in this order."""
        return [*self.categorical, *self.numeric]

    @property
    def columns(self) -> list[str]:
        """The columns that are read from the table, each once."""
        extra = [self.time_column] if self.time_column else []
        return list(dict.fromkeys([self.key, *self.features, self.segment, *extra, self.label]))

    @classmethod
    def from_dict(cls, given: Mapping[str, Any]) -> PipelineSettings:
        """Settings from JSON. Raises InvalidSetting for an unknown name or a value that cannot be."""
        known = {item.name: item.type for item in fields(cls)}
        if unknown := sorted(set(given) - set(known)):
            found = f"the settings {', '.join(unknown)}"
            raise InvalidSetting(found, f"some of {', '.join(known)}", "Correct the spelling.")
        # JSON knows one kind of number: KFP hands 5 on as 5.0.
        whole = {name: int(value) for name, value in given.items() if known[name] == "int" and _is_whole(value)}
        return cls(**{**given, **whole})

    def to_dict(self) -> dict[str, Any]:
        """The settings as JSON-able values."""
        return json.loads(json.dumps(asdict(self)))


@dataclass(frozen=True)
class PipelineRun:
    """One run's places: the bucket, the BigQuery table, and the moment up to which rows count."""

    bucket: str
    table: str
    train_until: str
    settings: PipelineSettings
    source_version: str = ""

    def __post_init__(self) -> None:
        """Raise InvalidSetting for a place or a moment that cannot be."""
        for name in ("bucket", "table", "train_until"):
            value = getattr(self, name)
            expected = f"{name} as text"
            need_kind(value, str, expected, "Pass the name (bucket.name), or the moment as isoformat().")
        need_kind(self.settings, PipelineSettings, "PipelineSettings", "Make them with PipelineSettings.from_dict().")
        _require(TABLE.fullmatch(self.table), f"the table {self.table!r}", "project.dataset.table")
        _require(BUCKET.fullmatch(self.bucket), f"the bucket {self.bucket!r}", "a bucket's name, without gs://")
        _require(
            self.moment, f"train_until={self.train_until!r}", "a moment with its offset: 2026-10-01T00:00:00+00:00"
        )

    @property
    def project(self) -> str:
        """Where all of it happens: `settings.project`, or the table's project if that is empty."""
        return self.settings.project or self.table.partition(".")[0]

    @property
    def moment(self) -> dt.datetime | None:
        """`train_until` as an aware time; None if it is none."""
        try:
            found = dt.datetime.fromisoformat(self.train_until)
        except ValueError:
            return None
        return found if found.tzinfo is not None else None

    @property
    def staging(self) -> str:
        """The table that a run copies its rows to and drops again; the same for a run that is started again."""
        told = f"{self.table}|{self.train_until}|{','.join(self.settings.columns)}"
        return f"{self._dataset}.{self._word}_staging_{hashlib.sha256(told.encode()).hexdigest()[:12]}"

    @property
    def feature_table(self) -> str:
        """The table behind the feature group."""
        return f"{self._dataset}.{self._word}_features"

    @property
    def feature_group(self) -> str:
        """The feature group's id."""
        return f"{self._word}_customers"

    @classmethod
    def from_dict(cls, given: Mapping[str, Any]) -> PipelineRun:
        """A run from JSON, as `to_dict` writes it. Raises InvalidSetting."""
        return cls(**{**given, "settings": PipelineSettings.from_dict(given["settings"])})

    def to_dict(self) -> dict[str, Any]:
        """The run as JSON-able values."""
        return {**asdict(self), "settings": self.settings.to_dict()}

    @property
    def _dataset(self) -> str:
        return self.table.rpartition(".")[0]

    @property
    def _word(self) -> str:
        return self.settings.model.replace("-", "_")


def _check_names(settings: PipelineSettings) -> None:
    for name in settings.columns:
        _require(isinstance(name, str) and COLUMN.fullmatch(name), f"the column {name!r}", "letters, digits and _")
    for name in ("model", "project", "location", "train_on", "image", "machine"):
        _require(isinstance(getattr(settings, name), str), f"{name}: {describe(getattr(settings, name))}", "a text")
    _require(MODEL.fullmatch(settings.model), f"the model {settings.model!r}", "a-z, 0-9 and -, at most 31")
    _require(settings.features, "no features", "at least one column in `numeric` or `categorical`")
    twice = {settings.label, settings.key} & set(settings.features)
    _require(not twice, f"{', '.join(sorted(twice))} among the features", "features that are neither label nor key")
    _check_training(settings)
    strange = sorted(set(settings.ranges) - set(settings.numeric))
    _require(not strange, f"ranges for {', '.join(strange)}", f"ranges for {', '.join(settings.numeric)}")


def _check_training(settings: PipelineSettings) -> None:
    _require(settings.train_on in PLACES, f"train_on={settings.train_on!r}", f"one of {', '.join(PLACES)}")
    enough = settings.train_on != TUNING or settings.trials >= 2
    _require(enough, f"a tuning job with trials={settings.trials!r}", "at least 2 trials")
    _require(IMAGE_NAME.fullmatch(settings.image), f"the image {settings.image!r}", "a container image, with its tag")
    _require(MACHINE.fullmatch(settings.machine), f"the machine {settings.machine!r}", "a type like n1-standard-4")


def _check_numbers(settings: PipelineSettings) -> None:
    for name in NUMBERS:
        value = getattr(settings, name)
        _require(is_number(value), f"{name}={value!r}", "a number")
    _require(0.05 <= settings.holdout <= 0.5, f"holdout={settings.holdout}", "a share from 0.05 to 0.5")
    for name in SHARES:
        _require(0 <= getattr(settings, name) <= 1, f"{name}={getattr(settings, name)}", "a share from 0 to 1")
    gain = settings.min_gain
    _require(abs(gain) <= LARGEST_GAIN, f"min_gain={gain}", "a gain in AUC of 0.5 at most: one point is 0.01")
    for name in COUNTS:
        value = getattr(settings, name)
        _require(isinstance(value, int) and value >= 0, f"{name}={value!r}", "a whole number, 0 or more")
    _require(settings.max_milliseconds > 0, f"max_milliseconds={settings.max_milliseconds}", "more than 0")
    for name, pair in settings.ranges.items():
        _require(len(pair) == 2 and pair[0] <= pair[1], f"the range {pair} of {name}", "[smallest, largest]")


def _is_whole(value: Any) -> bool:
    return isinstance(value, float) and value.is_integer()


def _require(condition: Any, found: str, expected: str) -> None:
    if not condition:
        raise InvalidSetting(found, expected, "Correct it; nothing was read or written.")
