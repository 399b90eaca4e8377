"""A judge that is no judge: the offline Gemini rates a response by the rating scores that the metric defines.

The metric's prompt must define its scores, one a line (`5: answers the question in full`), as `MetricPromptBuilder`
writes them. The simulator picks the score whose definition shares most words with the response, like any label, and
slips now and then as it does with labels (see `offline.gemini`): small, repeatable work, no judgement of quality. Every
explanation begins with `[simulated]`. A prompt that defines no scores is refused by name: nothing to go by.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ..errors import unsupported
from .errors import bad_field

if TYPE_CHECKING:
    from .service import Vertex

RATING = re.compile(r"^\s*[-*]?\s*(-?\d+)\s*:\s+\S", re.MULTILINE)
FIELD = re.compile(r"\{\{?\s*([A-Za-z_]\w*)\s*\}?\}")
MOST_SAMPLES = 32


@dataclass(frozen=True)
class Judge:
    """Who rates: model, how often it is asked, its settings, its system instruction."""

    model: str = ""
    samples: int = 1
    settings: Mapping[str, Any] = field(default_factory=dict)
    system: str = ""

    @classmethod
    def of(cls, autorater: Mapping[str, Any], system: str = "") -> Judge:
        """From an `AutoraterConfig` as JSON. Raises ApiError 400."""
        samples = autorater.get("samplingCount", 1)
        if not 1 <= samples <= MOST_SAMPLES:
            raise bad_field("autorater_config.sampling_count", samples, f"1 to {MOST_SAMPLES}")
        model = autorater.get("autoraterModel", "").rpartition("/")[2]
        return cls(model, samples, autorater.get("generationConfig", {}), system)


def rate(vertex: Vertex, place: str, template: str, values: Mapping[str, str], judge: Judge) -> dict[str, Any]:
    """Score and explanation for one instance: the mean over the judge's samples.

    Raises ApiError 400 for a template with a field that the instance does not have, 501 for one without rating scores.
    """
    ratings = list(dict.fromkeys(RATING.findall(template)))
    if len(ratings) < 2:
        raise unsupported("Vertex AI: a judged metric whose prompt defines no rating scores (lines such as '5: ...')")
    prompt = fill(template, values)
    found = [float(_ask(vertex, place, prompt, ratings, judge, seed=seed)) for seed in range(judge.samples)]
    how = f"Chosen among {', '.join(ratings)} by the words that definition and response share, not by judgement."
    return {"score": sum(found) / len(found), "explanation": f"[simulated] {how}"}


def fill(template: str, values: Mapping[str, str]) -> str:
    """The template with the instance's texts in the place of `{field}`. Raises ApiError 400 for an unknown field."""

    def value(found: re.Match[str]) -> str:
        if found[1] not in values:
            raise bad_field("metric_prompt_template", found[0], f"one of {', '.join(sorted(values)) or 'no fields'}")
        return values[found[1]]

    return FIELD.sub(value, template)


def _ask(vertex: Vertex, place: str, prompt: str, ratings: list[str], judge: Judge, *, seed: int) -> str:
    from ..gemini import generating, registry, usage

    cloud = vertex.cloud
    model = registry.find_model(judge.model or _default(cloud), place, cloud.clock.now())
    settings = {"temperature": 0, **judge.settings, "seed": seed}
    wanted = {"responseMimeType": "text/x.enum", "responseSchema": {"type": "STRING", "enum": ratings}}
    asked = f"Choose one of: {', '.join(ratings)}. Answer only with the rating."
    system = f"{judge.system}\n\n{asked}" if judge.system else asked
    body = {
        "systemInstruction": {"parts": [{"text": system}]},
        "contents": [{"role": "user", "parts": [{"text": prompt}]}],
        "generationConfig": {**settings, **wanted},
    }
    with cloud.lock("gemini"):
        answer = generating.generate(cloud.service("gemini"), model, body, place)
        usage.bill(cloud, model.id, answer["usageMetadata"])
    parts = answer.get("candidates", [{}])[0].get("content", {}).get("parts", [])
    if not parts or parts[-1].get("text") not in ratings:
        raise unsupported("Vertex AI: judging a text that the safety filters block, or with too few output tokens")
    return parts[-1]["text"]


def _default(cloud: Any) -> str:
    """The first model of the registry that writes text and is neither a preview nor retired."""
    from ..gemini import registry

    names = registry.available(cloud.clock.now())
    rows = [registry.rows()[name] for name in names]
    return next(row.id for row in rows if not row.dimensions and not row.preview)
