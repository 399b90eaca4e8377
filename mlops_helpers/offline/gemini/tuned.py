"""Tuned models: a small, honest learner behind a real endpoint.

What is learnt is exactly what the examples show. If outputs repeat (labels), a naive Bayes classifier over words and
negated words chooses one; otherwise the answer of the nearest example is given. A request that shares no word with any
example is answered by the base model's simulator.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ..errors import invalid
from ..wire import Request, Response
from . import usage
from .answers import Answer
from .answers import answer as base_answer
from .decoding import body_of
from .generating import generate
from .models import count_body
from .places import missing, paged, place_of
from .prompts import find_subject
from .registry import ModelRow
from .requests import Ask
from .streaming import stream
from .words import sentiment_features

if TYPE_CHECKING:
    from .service import Gemini

SMOOTHING = 0.5
REPEATS = 2  # examples per output, on average, from which outputs count as labels


@dataclass
class Learner:
    """Learns from pairs of an input text and the wanted output."""

    examples: list[tuple[str, str]]
    _features: list[set[str]] = field(init=False)

    def __post_init__(self) -> None:
        self._features = [features(text) for text, _ in self.examples]
        self._outputs = Counter(output for _, output in self.examples)
        self._counts = {output: Counter() for output in self._outputs}
        for found, (_, output) in zip(self._features, self.examples, strict=True):
            self._counts[output].update(found)
        self._known = set().union(*self._features)

    @property
    def classifies(self) -> bool:
        """Whether outputs repeat often enough to be labels."""
        return len(self.examples) >= REPEATS * len(self._outputs)

    def answer(self, text: str) -> str | None:
        """The output for a text; None if it shares nothing with the examples."""
        found = features(text) & self._known
        if not found:
            return None
        if self.classifies:
            return max(sorted(self._outputs), key=lambda output: self._log_chance(output, found))
        overlap = [len(found & known) / math.sqrt(len(known) + 1) for known in self._features]
        return self.examples[overlap.index(max(overlap))][1]

    def _log_chance(self, output: str, found: set[str]) -> float:
        seen, counts = self._outputs[output], self._counts[output]
        chances = ((counts[feature] + SMOOTHING) / (seen + 2 * SMOOTHING) for feature in found)
        return math.log(seen / len(self.examples)) + sum(map(math.log, chances))

    def accuracy(self, examples: list[tuple[str, str]]) -> float:
        """The share of examples whose output is given exactly."""
        return sum(self.answer(text) == output for text, output in examples) / len(examples)


def features(prompt: str) -> set[str]:
    """What the learner sees of a prompt: the words of the text that it is about."""
    return set(sentiment_features(find_subject(prompt)[0]))


@dataclass
class Tuned:
    """A tuned model, the resource that shows it, and the endpoint that serves it ("" once that is deleted)."""

    resource: dict[str, Any]
    endpoint: str
    base: ModelRow
    learner: Learner

    @property
    def is_deployed(self) -> bool:
        """Whether the endpoint answers."""
        return "deployedModels" in self.resource

    def answer(self, ask: Ask, candidate: int = 0) -> Answer:
        """What the examples taught, or else the base model's answer."""
        found = self.learner.answer(ask.question)
        if found is None or ask.functions:
            return base_answer(ask, candidate)
        return Answer.of_text(found, "Learnt from the tuning examples.")


class TunedModels:
    """All tuned models of one cloud, by model and by endpoint."""

    def __init__(self, gemini: Gemini) -> None:
        self._gemini = gemini
        self._held: dict[str, Tuned] = {}

    def add(self, tuned: Tuned) -> None:
        """Serve a tuned model from now on."""
        self._held[tuned.resource["name"]] = tuned

    def of_model(self, name: str) -> Tuned:
        """By the model's full name. Raises ApiError 404."""
        if name not in self._held:
            raise missing("Model", name)
        return self._held[name]

    def of_endpoint(self, name: str) -> Tuned:
        """By the endpoint's full name. Raises ApiError 404."""
        for tuned in self._held.values():
            if tuned.endpoint == name:
                return tuned
        raise missing("Endpoint", name)

    def all(self, place: str) -> list[Tuned]:
        """Those of a project and location."""
        return [tuned for name, tuned in self._held.items() if name.startswith(f"{place}/")]

    def remove(self, name: str) -> None:
        """Stop serving. Raises ApiError 404."""
        self.of_model(name)
        del self._held[name]


def of_request(gemini: Gemini, request: Request) -> Tuned:
    """The tuned model that the endpoint of a path serves. Raises ApiError 400 if it was undeployed, 404."""
    tuned = behind(gemini, request)
    if not tuned.is_deployed:
        raise invalid(f"Endpoint {tuned.endpoint} has no deployed model: tune again to get a new one.")
    return tuned


def behind(gemini: Gemini, request: Request) -> Tuned:
    """The tuned model that an endpoint was made for."""
    return gemini.tuned.of_endpoint(f"{place_of(request)}/endpoints/{request.params['endpoint']}")


def generate_content(gemini: Gemini, request: Request) -> dict[str, Any]:
    """`endpoints/ID:generateContent`."""
    tuned = of_request(gemini, request)
    body = body_of(request, "GenerateContentRequest")
    answer = generate(gemini, tuned.base, body, place_of(request), mind=tuned.answer)
    usage.bill(gemini.cloud, tuned.base.id, answer["usageMetadata"])
    return answer | {"modelVersion": tuned.resource["name"]}


def stream_content(gemini: Gemini, request: Request) -> Response:
    """`endpoints/ID:streamGenerateContent`."""
    return stream(generate_content(gemini, request), events=request.query("alt") == "sse")


def count_tokens(gemini: Gemini, request: Request) -> dict[str, Any]:
    """`endpoints/ID:countTokens`."""
    of_request(gemini, request)
    return count_body(body_of(request, "CountTokensRequest"))


def list_models(gemini: Gemini, request: Request) -> dict[str, Any]:
    """The tuned models of a project and location."""
    return paged(request, [tuned.resource for tuned in gemini.tuned.all(place_of(request))], "models")


def get(gemini: Gemini, request: Request) -> dict[str, Any]:
    """One tuned model; its labels tell the base model and the accuracy on the validation set."""
    return gemini.tuned.of_model(f"{place_of(request)}/models/{request.params['id'].partition('@')[0]}").resource


def delete(gemini: Gemini, request: Request) -> dict[str, Any]:
    """Delete a tuned model; its endpoint is gone with it."""
    gemini.tuned.remove(f"{place_of(request)}/models/{request.params['id']}")
    return {}


def get_endpoint(gemini: Gemini, request: Request) -> dict[str, Any]:
    """The endpoint of a tuned model, as any endpoint is shown."""
    tuned = behind(gemini, request)
    shown = {name: tuned.resource[name] for name in ("displayName", "createTime", "updateTime")}
    served = [
        {"id": deployed["deployedModelId"], "model": tuned.resource["name"], "modelVersionId": "1"}
        for deployed in tuned.resource.get("deployedModels", ())
    ]
    return {"name": tuned.endpoint, **shown} | ({"deployedModels": served} if served else {})


def undeploy(gemini: Gemini, request: Request) -> dict[str, Any]:
    """`endpoints/ID:undeployModel`: the endpoint stays, and answers no more."""
    of_request(gemini, request).resource.pop("deployedModels")
    return finished(gemini, request, "google.cloud.aiplatform.v1.UndeployModelResponse")


def delete_endpoint(gemini: Gemini, request: Request) -> dict[str, Any]:
    """Delete an endpoint. Raises ApiError 400 while a model is deployed."""
    tuned = behind(gemini, request)
    if tuned.is_deployed:
        raise invalid(f"Endpoint {tuned.endpoint} has a deployed model: undeploy it first.")
    tuned.endpoint = ""
    return finished(gemini, request, "google.protobuf.Empty")


def finished(gemini: Gemini, request: Request, kind: str) -> dict[str, Any]:
    """A long-running operation that is over."""
    name = f"{place_of(request)}/endpoints/{request.params['endpoint']}/operations/{gemini.new_id('operation')}"
    return {"name": name, "done": True, "response": {"@type": f"type.googleapis.com/{kind}"}}
