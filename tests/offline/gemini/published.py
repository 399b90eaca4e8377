"""Vertex AI's discovery document as a judge of the offline Gemini's answers."""

import json
from functools import cache

from jsonschema import Draft202012Validator

from tests.offline.discovery import shortened, strict
from tools.gemini_contract import PREFIX, document

ANSWERS = {
    "publishers.models.generateContent": "GenerateContentResponse",
    "publishers.models.streamGenerateContent": "GenerateContentResponse",
    "publishers.models.countTokens": "CountTokensResponse",
    "publishers.models.computeTokens": "ComputeTokensResponse",
    "publishers.models.embedContent": "EmbedContentResponse",
    "publishers.models.predict": "PredictResponse",
    "endpoints.generateContent": "GenerateContentResponse",
    "endpoints.streamGenerateContent": "GenerateContentResponse",
    "endpoints.countTokens": "CountTokensResponse",
    "endpoints.get": "Endpoint",
    "models.list": "ListModelsResponse",
    "models.get": "Model",
    "publishers.models.list": "ListPublisherModelsResponse",
    "publishers.models.get": "PublisherModel",
    "cachedContents.create": "CachedContent",
    "cachedContents.list": "ListCachedContentsResponse",
    "cachedContents.get": "CachedContent",
    "cachedContents.patch": "CachedContent",
    "batchPredictionJobs.create": "BatchPredictionJob",
    "batchPredictionJobs.list": "ListBatchPredictionJobsResponse",
    "batchPredictionJobs.get": "BatchPredictionJob",
    "tuningJobs.create": "TuningJob",
    "tuningJobs.list": "ListTuningJobsResponse",
    "tuningJobs.get": "TuningJob",
}


@cache
def validator(type_name):
    types = {name: strict(schema) for name, schema in document()["schemas"].items()}
    return Draft202012Validator({"$ref": f"#/$defs/{PREFIX}{type_name}", "$defs": types})


def faults(route, response):
    """What the published types say against an answer; empty if nothing."""
    type_name = ANSWERS.get(route.operation.removeprefix("gemini."))
    if not route.operation.startswith("gemini.") or type_name is None or response.status >= 300:
        return []
    found = [response.json] if response.json is not None else events(response.body)
    judged = [error for one in found for error in validator(type_name).iter_errors(shortened(one))]
    return [f"{route.operation} answers {error.json_path}: {error.message[:300]}" for error in judged]


def events(body):
    """The JSON of each server-sent event, or of each item of a list."""
    if body.startswith(b"["):
        return json.loads(body)
    return [json.loads(event.removeprefix(b"data: ")) for event in body.split(b"\r\n\r\n") if event]
