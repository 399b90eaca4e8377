"""Which requests are Gemini's: it shares `/v1beta1/projects/...` with the rest of Vertex AI.

Ids of what Gemini makes itself (batch jobs, tuned models and their endpoints) begin with `7700`, so that a later
request for one can be told from Vertex AI's by its path. A new batch job is Gemini's if its model is; a list of batch
jobs or of tuned models is, if Google's genai client asks for it.
"""

from __future__ import annotations

import re

from ..wire import Request

OWN_ID = "7700"
PLACE = r"/v1(?:beta1)?/projects/[^/]+/locations/[^/]+"
VERBS = "generateContent|streamGenerateContent|countTokens|computeTokens"
BY_PATH = re.compile(
    rf"(?:{PLACE}/(?:publishers/google/models/[^/]+:\w+|cachedContents(?:/.*)?|tuningJobs(?:/.*)?"
    rf"|(?:batchPredictionJobs|models|endpoints)/{OWN_ID}\d+(?:[@:].*)?|endpoints/[^/:]+:(?:{VERBS}))"
    r"|/v1(?:beta1)?/publishers/google/models(?:/.*)?|/v1(?:beta|alpha)/(?:models|cachedContents|tunedModels|batches|files)(?:[/:].*)?)"
)
NEW_BATCH = re.compile(rf"{PLACE}/batchPredictionJobs")
TUNED_MODELS = re.compile(rf"{PLACE}/models")
GEMINI_MODEL = re.compile(rf'"model"\s*:\s*"(?:publishers/google/models/|projects/[^"]+/models/{OWN_ID})')


def is_gemini(request: Request) -> bool:
    """Whether the offline Gemini answers this request."""
    if not request.path.startswith("/v1"):
        return False
    if BY_PATH.fullmatch(request.path):
        return True
    if NEW_BATCH.fullmatch(request.path):
        if request.method == "POST":
            return bool(GEMINI_MODEL.search(request.data().decode("utf-8", "replace")))
        return _from_genai(request)
    return bool(request.method == "GET" and TUNED_MODELS.fullmatch(request.path) and _from_genai(request))


def _from_genai(request: Request) -> bool:
    return "google-genai-sdk" in request.headers.get("x-goog-api-client", "")
